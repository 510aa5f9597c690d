//! Questions, ranks and selection rates over the API: what an employer asks, what people answer by keypad, and in which order
//! they are listed for it.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::{Office, body, pointers, world};
use crate::support::{Answer, Request, World};

fn path(vacancy: &Value, rest: &str) -> String {
    format!("/api/v1/vacancies/{}/{rest}", vacancy["id"].as_str().unwrap())
}

fn put(office: &Office<'_>, vacancy: &Value, questions: &Value) -> Answer {
    office.call("PUT", &path(vacancy, "questions")).json(&json!({ "questions": questions })).send(office.world)
}

/// One of each kind, with what is hoped for of the first two.
fn three() -> Value {
    json!([
        {"kind": "yes_no", "ask": {"en": "Do you have your own tools?", "rw": "Ufite ibikoresho byawe?"}, "wanted": "yes"},
        {"kind": "number", "ask": "Imyaka / years?", "at_least": 2},
        {"kind": "choice", "ask": "When?", "options": ["Week", {"en": "Weekend", "rw": "Impera"}, "Both"]},
    ])
}

/// Somebody of the population applies by dialling the job's number, and presses these keys from the next screen on; the last
/// screen.
fn answered(office: &Office<'_>, worker: u32, vacancy: &Value, keys: &str) -> String {
    let job = vacancy["job_number"].as_i64().unwrap();
    let (session, number) = (format!("q-{job}-{worker}"), format!("+25078{worker:07}"));
    let mut typed = job.to_string();
    let mut screen = office.world.hop(&session, &number, &typed).text().to_owned();
    for key in ["1"].into_iter().chain(keys.split_whitespace()) {
        typed = format!("{typed}*{key}");
        screen = office.world.hop(&session, &number, &typed).text().to_owned();
    }
    screen
}

fn database(world: &World) -> Connection {
    let database = Connection::open(world.folder().data().join("kaziline.db")).unwrap();
    database.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    database
}

#[test]
fn questions_are_put_read_back_and_answered_by_keypad() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let posted = office.posted(json!({}));
    let none = body(&office.get(&path(&posted, "questions")));
    assert_eq!(none, json!({"questions": [], "answered": false, "status": "open"}));
    let there = put(&office, &posted, &three());
    assert_eq!((there.status, &body(&there)["questions"]), (200, &three()));
    let read = body(&office.get(&path(&posted, "questions")));
    assert_eq!(read["questions"], three(), "what is read can be put");
    let changes = body(&office.get(&path(&posted, "changes")));
    assert_eq!(changes["items"][0]["fields"]["questions"][1], three());
    assert_eq!(body(&put(&office, &posted, &three())), read, "the same again changes nothing");
    assert_eq!(body(&office.get(&path(&posted, "changes")))["items"].as_array().unwrap().len(), 1);
    // A worker of the population speaks Kinyarwanda: yes, seven years, at the weekend.
    let asked = answered(&office, 2, &posted, "1");
    assert!(asked.contains("1/3 Ufite ibikoresho byawe?"), "{asked}");
    let last = answered_on(&office, 2, &posted, "1 1 7 2");
    assert!(last.starts_with("CON ") && last.contains("Murakoze"), "{last}");
    let one = &office.applicants(&posted)[0];
    let said: Vec<(i64, &str, Value)> = one["answers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| (answer["answer"].as_i64().unwrap(), answer["text"].as_str().unwrap(), answer["wanted"].clone()))
        .collect();
    assert_eq!(said, [(1, "yes", json!(true)), (7, "7", json!(true)), (2, "Weekend", Value::Null)]);
    let alone = body(&office.get(&format!("/api/v1/applications/{}", one["id"].as_str().unwrap())));
    assert_eq!(alone["answers"], one["answers"]);
    // From the first answer on they stay.
    let late = put(&office, &posted, &json!([]));
    assert_eq!((late.status, body(&late)["type"].as_str()), (409, Some("urn:kaziline:problem:people-answered")));
    assert_eq!(body(&office.get(&path(&posted, "questions")))["answered"], true);
    assert_eq!(office.post(&path(&posted, "close"), &json!({})).status, 200);
    assert_eq!(put(&office, &posted, &json!([])).status, 409);
}

/// As [`answered`], in the session that it began.
fn answered_on(office: &Office<'_>, worker: u32, vacancy: &Value, keys: &str) -> String {
    let job = vacancy["job_number"].as_i64().unwrap();
    let (session, number) = (format!("q-{job}-{worker}"), format!("+25078{worker:07}"));
    let keys: Vec<&str> = keys.split_whitespace().collect();
    let mut screen = String::new();
    for to in 2..=keys.len() {
        let typed = format!("{job}*1*{}", keys[..to].join("*"));
        screen = office.world.hop(&session, &number, &typed).text().to_owned();
    }
    screen
}

#[test]
fn what_cannot_be_asked_is_told_with_its_place_and_changes_nothing() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let posted = office.posted(json!({}));
    let ask = |ask: Value| json!([{"kind": "yes_no", "ask": ask}]);
    let choice = |options: Value| json!([{"kind": "choice", "ask": "When?", "options": options}]);
    let six = Value::Array(vec![json!({"kind": "yes_no", "ask": "Tools?"}); 6]);
    for (questions, place) in [
        (ask(json!("x".repeat(61))), "/questions/0/ask"),
        (ask(json!("x".repeat(5_000))), "/questions/0/ask"),
        (ask(json!("\u{202e}\u{0}")), "/questions/0/ask"),
        (ask(json!("工具")), "/questions/0/ask"),
        (ask(json!({"en": "Tools?", "de": "Werkzeug?"})), "/questions/0/ask"),
        (ask(json!({"en": "Tools?", "rw": "x".repeat(61)})), "/questions/0/ask"),
        (ask(json!({})), "/questions/0/ask"),
        (ask(json!(7)), "/questions/0/ask"),
        (json!([{"kind": "yes_no"}]), "/questions/0/ask"),
        (json!([{"kind": "words", "ask": "Why?", "options": []}]), "/questions/0/kind"),
        (json!([{"kind": "yes_no", "ask": "Tools?", "options": ["a", "b"]}]), "/questions/0/options"),
        (json!([{"kind": "yes_no", "ask": "Tools?", "wanted": "perhaps"}]), "/questions/0/wanted"),
        (json!([{"kind": "number", "ask": "Years?", "at_least": 901}]), "/questions/0/at_least"),
        (json!([{"kind": "number", "ask": "Years?", "at_least": 5, "at_most": 2}]), "/questions/0/at_most"),
        (choice(json!(["a"])), "/questions/0/options"),
        (choice(json!(["a", "b", "c", "d", "e"])), "/questions/0/options"),
        (choice(json!(["a", "x".repeat(13)])), "/questions/0/options"),
        (json!([{"kind": "choice", "ask": "When?", "options": ["a", "b"], "wanted": [3]}]), "/questions/0/wanted"),
        (json!(["Tools?"]), "/questions"),
        (json!("Tools?"), "/questions"),
        (six, "/questions"),
    ] {
        let refused = put(&office, &posted, &questions);
        assert_eq!(refused.status, 422, "{questions}: {refused:?}");
        assert_eq!(pointers(&refused), [place], "{refused:?}");
        assert!(refused.body.len() < 1_500, "what was sent is not sent back: {refused:?}");
    }
    assert_eq!(
        pointers(&office.call("PUT", &path(&posted, "questions")).json(&json!({})).send(&world)),
        ["/questions"]
    );
    assert_eq!(body(&office.get(&path(&posted, "questions")))["questions"], json!([]));
    // Markup is text, and direction marks are gone.
    let odd = put(&office, &posted, &ask(json!("<b>Tools\u{202e}</b>  & \"nails\"?")));
    assert_eq!(body(&odd)["questions"][0]["ask"], "<b>Tools</b> & \"nails\"?");
}

#[test]
fn a_question_about_money_waits_for_a_look() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let posted = office.posted(json!({}));
    let held =
        put(&office, &posted, &json!([{"kind": "yes_no", "ask": {"en": "Ready?", "rw": "Hamagara 0788 123 456"}}]));
    assert_eq!((held.status, body(&held)["status"].as_str()), (200, Some("held")));
    assert_eq!(body(&office.get(&format!("/api/v1/vacancies/{}", posted["id"].as_str().unwrap())))["status"], "held");
    let job = posted["job_number"].as_i64().unwrap().to_string();
    let show = super::told(&world, &["vacancy", "show", &job]);
    assert_eq!(
        (show["has_number"].as_bool(), show["questions"][0].as_str()),
        (Some(true), Some("Ready? = Hamagara 0788 123 456"))
    );
}

#[test]
fn applicants_stand_in_the_order_of_their_ranks_page_by_page() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let posted = office.posted(json!({}));
    assert_eq!(put(&office, &posted, &three()).status, 200);
    for (worker, keys) in [(2, "1 1 7 2"), (3, "1 2 1 9"), (5, "2"), (8, "1 9 999 9")] {
        answered(&office, worker, &posted, keys);
    }
    let list = path(&posted, "applicants");
    let whole = body(&office.get(&format!("{list}?sort=rank")));
    let all = whole["items"].as_array().unwrap();
    let totals: Vec<i64> = all.iter().map(|one| one["rank"]["total"].as_i64().unwrap()).collect();
    assert!(all.len() == 4 && totals.is_sorted_by(|a, b| a >= b), "{totals:?}");
    for one in all {
        let parts = one["rank"]["parts"].as_array().unwrap();
        let sum = |what: &str| parts.iter().map(|part| part[what].as_i64().unwrap()).sum::<i64>();
        assert_eq!(
            (sum("points"), sum("of")),
            (one["rank"]["points"].as_i64().unwrap(), one["rank"]["of"].as_i64().unwrap())
        );
        let number = one["number"].as_str().unwrap();
        let answers = parts.iter().find(|part| part["name"] == "answers");
        let points =
            answers.map(|part| (part["points"].as_i64().unwrap(), part["reason"].as_str().unwrap().to_owned()));
        let expected = match number {
            "+250780000002" => Some((25, "2 of 2 answers are as you hope.".to_owned())),
            "+250780000003" => Some((0, "0 of 2 answers are as you hope.".to_owned())),
            _ => None,
        };
        assert_eq!(points, expected, "{number}: what was passed over is left out");
    }
    let (mut met, mut next) = (Vec::new(), String::new());
    loop {
        let page = body(&office.get(&format!("{list}?sort=rank&limit=1{next}")));
        met.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["next"].as_str() else { break };
        next = format!("&cursor={cursor}");
    }
    assert_eq!(&met, all);
    let other = body(&office.get(&format!("{list}?sort=score&limit=1")))["next"].as_str().unwrap().to_owned();
    assert_eq!(office.get(&format!("{list}?sort=rank&cursor={other}")).status, 422, "a cursor is of one order");
    assert!(office.applicants(&posted).iter().all(|one| one["rank"].is_null()), "ranks are of that order alone");
    assert_eq!(office.get(&format!("{list}?sort=rank&stage=hired")).status, 200);
    let stages = body(&office.get(&list));
    assert!(stages["items"].as_array().unwrap().iter().all(|one| one["stage"] == "applied"), "nothing moves by a rank");
}

#[test]
fn groups_that_agreed_to_be_counted_are_told_and_small_ones_are_not() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let posted = office.posted(json!({}));
    for worker in [2, 3, 5, 8, 9, 10, 11, 12] {
        answered(&office, worker, &posted, "");
    }
    let none = body(&office.get(&path(&posted, "selection")));
    let nobody = json!({"by_age": [], "by_sex": []});
    assert_eq!((&none["vacancy"], &none["twelve_months"]), (&nobody, &nobody), "nobody has agreed");
    assert_eq!(none["shown_from"].as_i64(), Some(5));
    let database = database(&world);
    let applied = "(SELECT person_id FROM application)";
    for sql in [
        format!("UPDATE worker SET birth_year = 1980, sex = 'woman' WHERE person_id IN {applied}"),
        format!(
            "INSERT INTO consent (id, person_id, purpose, text_version, language, channel, hop_uid, given_ms) \
             SELECT id + 1000000000, id, 'statistics', 'x', 'rw', 'demo', 0, 0 FROM person WHERE id IN {applied}"
        ),
    ] {
        database.execute(&sql, []).unwrap();
    }
    let mine = "SELECT COUNT(*) FROM application JOIN vacancy ON vacancy.id = application.vacancy_id WHERE vacancy.job_number = ?1";
    let count: i64 = database.query_row(mine, [posted["job_number"].as_i64().unwrap()], |row| row.get(0)).unwrap();
    assert!(count >= 5, "{count} of eight may do the work");
    let told = body(&office.get(&path(&posted, "selection")));
    let group = &told["vacancy"]["by_age"][0];
    assert_eq!((group["group"].as_str(), group["applied"].as_i64()), (Some("31+"), Some(count)), "{told}");
    assert_eq!(told["vacancy"]["by_sex"], json!([]), "the men would be all others");
    assert_eq!(group["hired"], json!({"people": 0, "percent": 0, "below_four_fifths": false}));
    assert_eq!(told["twelve_months"], told["vacancy"], "it is the only vacancy");
}

#[test]
fn who_applies_by_sms_is_told_where_the_questions_are() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let posted = office.posted(json!({}));
    assert_eq!(put(&office, &posted, &three()).status, 200);
    let (number, job) = ("+250780000002", posted["job_number"].as_i64().unwrap().to_string());
    let letter = json!({"id": "q1", "from": number, "to": "567", "text": job}).to_string().into_bytes();
    let content_type = Some("application/json");
    let path = "/hooks/demo_sms/demo/sms";
    let sent = world.send(&Request { method: "POST", path, content_type, body: letter, headers: &[] });
    assert_eq!(sent.status, 200);
    let told = world.phone(number).told("ibibazo bigufi", 1);
    assert!(told.contains(&job) && told.contains("*567#, 5"), "{told}");
    assert_eq!(
        office.applicants(&posted)[0]["answers"],
        json!([]),
        "the application is there, and nothing was answered"
    );
}

/// A worker of the population, who speaks English, and a service whose SMS can be answered.
struct Texting<'a> {
    world: &'a World,
    number: &'static str,
    sent: std::cell::Cell<u32>,
}

impl<'a> Texting<'a> {
    fn world() -> World {
        World::demo_with(&[
            ("KAZILINE_API_REQUESTS_S", "10000"),
            ("KAZILINE_API_BURST", "10000"),
            ("KAZILINE_CHANNEL_HOOKS_KIND", "webhook"),
            ("KAZILINE_CHANNEL_DEMO_SMS_TWO_WAY", "true"),
        ])
    }

    fn new(world: &'a World) -> Self {
        let texting = Self { world, number: "+250780000002", sent: std::cell::Cell::new(0) };
        texting.says("english");
        texting.hears("", 1);
        texting
    }

    fn says(&self, text: &str) {
        let at = self.sent.get() + 1;
        self.sent.set(at);
        self.says_as(&format!("t{at}"), text);
    }

    fn says_as(&self, id: &str, text: &str) {
        let letter = json!({"id": id, "from": self.number, "to": "567", "text": text}).to_string().into_bytes();
        let content_type = Some("application/json");
        let path = "/hooks/demo_sms/demo/sms";
        let sent = self.world.send(&Request { method: "POST", path, content_type, body: letter, headers: &[] });
        assert_eq!(sent.status, 200);
    }

    /// The last of so many messages with these words, once that many are there.
    fn hears(&self, words: &str, count: usize) -> String {
        self.world.phone(self.number).told(words, count)
    }

    /// How many messages there are, once those of everything said so far have come.
    fn heard(&self) -> usize {
        let database = database(self.world);
        let count = "SELECT COUNT(*) FROM outbox WHERE template LIKE 'question%' OR template = 'unknown_sms'";
        database.query_row(count, [], |row| row.get::<_, i64>(0)).unwrap().try_into().unwrap()
    }
}

fn answers(office: &Office<'_>, vacancy: &Value) -> Vec<i64> {
    let all = &office.applicants(vacancy)[0]["answers"];
    all.as_array().unwrap().iter().map(|answer| answer["answer"].as_i64().unwrap()).collect()
}

fn job_of(vacancy: &Value) -> String {
    vacancy["job_number"].as_i64().unwrap().to_string()
}

#[test]
fn questions_are_answered_by_sms_one_after_the_other() {
    let world = Texting::world();
    let office = Office::new(&world, "EMMA Ltd");
    let posted = office.posted(json!({}));
    assert_eq!(put(&office, &posted, &three()).status, 200);
    let (texting, job) = (Texting::new(&world), job_of(&posted));
    texting.says(&job);
    let confirmed = texting.hears("you asked for job", 1);
    assert!(!confirmed.contains("questions"), "nothing is to be dialled: {confirmed}");
    let first = texting.hears("own tools", 1);
    assert_eq!(first, format!("Kaziline, job {job}: Do you have your own tools? Answer by SMS: YES or NO."));
    texting.says("  yEs ");
    texting.hears("Answer by SMS with a number", 1);
    assert_eq!(answers(&office, &posted), [1]);
    texting.says(" 7 years.");
    let choice = texting.hears("When?", 1);
    assert_eq!(choice, format!("Kaziline {job}: When? 1=Week 2=Weekend 3=Both. Answer by SMS: 1-3"));
    texting.says("B)");
    let done = texting.hears("has your answers", 1);
    assert!(done.contains(&job), "{done}");
    assert_eq!(answers(&office, &posted), [1, 7, 2]);
    // Nothing waits any more: a word answers nothing, a number is none of ours.
    texting.says("no");
    texting.hears("no question waits", 1);
    texting.says("1");
    texting.hears("did not understand", 1);
    assert_eq!(answers(&office, &posted), [1, 7, 2]);
    texting.says(&job);
    texting.hears("already asked", 1);
}

#[test]
fn what_is_no_answer_is_asked_once_more_then_told_what_to_dial_and_then_nothing() {
    let world = Texting::world();
    let office = Office::new(&world, "EMMA Ltd");
    let posted = office.posted(json!({}));
    assert_eq!(put(&office, &posted, &json!([three()[1].clone()])).status, 200);
    let (texting, job) = (Texting::new(&world), job_of(&posted));
    texting.says(&job);
    texting.hears("Imyaka / years?", 1);
    texting.says("three years");
    texting.hears("Imyaka / years?", 2);
    texting.says("901");
    let dial = texting.hears("to answer about job", 1);
    assert!(dial.contains(&job) && dial.contains("*567#, 5"), "{dial}");
    assert_eq!((answers(&office, &posted), texting.heard()), (vec![], 3));
    texting.says("YES");
    texting.says("b");
    texting.says("thank you");
    // Commands and the job's own number are what they always are.
    texting.says("STATUS");
    texting.hears(&format!("job {job}: sent"), 1);
    assert!(texting.heard() <= 4, "what was said after that is answered by nothing, or as what nobody understands");
    assert_eq!(answers(&office, &posted), [0; 0]);
    // The same message twice is one; what is right is taken all the same.
    texting.says_as("again", "3");
    texting.says_as("again", "3");
    texting.hears("has your answers", 1);
    assert_eq!(answers(&office, &posted), [3]);
}

#[test]
fn with_several_jobs_that_ask_the_number_says_which() {
    let world = Texting::world();
    let office = Office::new(&world, "EMMA Ltd");
    let (first, second) = (office.posted(json!({})), office.posted(json!({})));
    for posted in [&first, &second] {
        assert_eq!(put(&office, posted, &json!([three()[1].clone()])).status, 200);
    }
    let texting = Texting::new(&world);
    texting.says(&job_of(&first));
    texting.hears("years?", 1);
    texting.says(&job_of(&second));
    texting.hears("years?", 2);
    texting.says("3");
    texting.hears("Send its number and your answer", 1);
    assert_eq!((answers(&office, &first), answers(&office, &second)), (vec![], vec![]));
    texting.says(&format!("{} 4", job_of(&second)));
    texting.hears("has your answers", 1);
    assert_eq!((answers(&office, &first), answers(&office, &second)), (vec![], vec![4]));
    texting.says("3");
    texting.hears("has your answers", 2);
    assert_eq!(answers(&office, &first), [3]);
}

#[test]
fn a_question_that_was_changed_or_closed_is_told_so_and_an_offer_is_not_taken_for_it() {
    let world = Texting::world();
    let office = Office::new(&world, "EMMA Ltd");
    let posted = office.posted(json!({}));
    assert_eq!(put(&office, &posted, &three()).status, 200);
    let (texting, job) = (Texting::new(&world), job_of(&posted));
    texting.says(&job);
    texting.hears("own tools", 1);
    let other = json!([{"kind": "yes_no", "ask": "Ready at six?"}, {"kind": "yes_no", "ask": "A bicycle?"}]);
    assert_eq!(put(&office, &posted, &other).status, 200);
    texting.says("YES");
    texting.hears("not asked any more", 1);
    texting.hears("Ready at six?", 1);
    assert_eq!(answers(&office, &posted), [0; 0]);
    // An offer of the same job: a YES could be for either.
    let application = office.applicants(&posted)[0]["id"].as_str().unwrap().to_owned();
    let day = super::applicants::day;
    let terms = json!({"pay": 7000, "pay_unit": "day", "start": day(4), "answer_by": day(2)});
    let path = format!("/api/v1/applications/{application}/stage");
    let offered = office.post(&path, &json!({"to": "offered", "offer": terms}));
    assert_eq!(offered.status, 200, "{offered:?}");
    texting.says(&format!("YES {job}"));
    texting.hears("to answer about job", 1);
    let database = database(&world);
    let stage = || database.query_row("SELECT stage FROM application", [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!((stage().as_str(), answers(&office, &posted)), ("offered", vec![]));
    let over = office.post(&path, &json!({"to": "rejected"}));
    assert_eq!(over.status, 200, "{over:?}");
    texting.says("yes");
    texting.hears("not asked any more", 2);
    assert_eq!(office.applicants(&posted)[0]["answers"], json!([]));
}

#[test]
fn who_has_stopped_or_taken_the_consent_back_is_asked_nothing() {
    let world = Texting::world();
    let office = Office::new(&world, "EMMA Ltd");
    let posted = office.posted(json!({}));
    assert_eq!(put(&office, &posted, &three()).status, 200);
    let texting = Texting::new(&world);
    texting.says(&job_of(&posted));
    texting.hears("own tools", 1);
    texting.says("STOP");
    texting.hears("START", 1);
    // What is written meanwhile may be answered after START or not at all, as the queue is looked at: it is no part of this.
    texting.says("start");
    texting.hears("get our messages again", 1);
    let database = database(&world);
    let back = "UPDATE consent SET withdrawn_ms = 1 WHERE purpose = 'matching' AND person_id = \
        (SELECT person_id FROM application)";
    assert!(database.execute(back, []).unwrap() > 0);
    texting.says("Yes!");
    texting.hears("no question waits", 1);
    assert_eq!((answers(&office, &posted), texting.heard()), (vec![], 1));
}
