//! Vacancies over the API: posted once, changed by one at a time, paused and closed; what a worker sees follows.

use serde_json::{Value, json};

use super::{Office, body, dialled, pointers, vacancy, world};
use crate::support::Answer;

fn path(vacancy: &Value, rest: &str) -> String {
    format!("/api/v1/vacancies/{}{rest}", vacancy["id"].as_str().unwrap())
}

fn changed(office: &Office<'_>, vacancy: &Value, seen: &str, change: &Value) -> Answer {
    office.call("PATCH", &path(vacancy, "")).with("if-match", seen).json(change).send(office.world)
}

#[test]
fn what_is_posted_is_read_back_dialled_and_listed() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let posted = office.posted(
        json!({"ref": "J-7", "description": "Walls <b>of</b> a school", "days": "mon-fri", "pay_means": "momo"}),
    );
    assert_eq!((posted["status"].as_str(), posted["ref"].as_str()), (Some("open"), Some("J-7")));
    assert_eq!((posted["trade_name"].as_str(), posted["area_name"].as_str()), (Some("Mason"), Some("Gasabo/Remera")));
    assert_eq!((&posted["days"], &posted["pay_means"]), (&json!("mon,tue,wed,thu,fri"), &json!("momo")));
    let read = office.get(&path(&posted, ""));
    assert_eq!(body(&read), posted);
    assert!(read.header("etag").starts_with('"') && read.header("cache-control") == "no-store");
    assert_eq!(posted["dial"], format!("*567*{}#", posted["job_number"]));
    let screen = dialled(&world, "s1", 2, &posted);
    assert!(screen.contains("7000"), "{screen}");
    let again = office.post("/api/v1/vacancies", &json!({"ref": "J-7", "trade": 11, "area": 12, "kind": "training"}));
    assert_eq!(again.status, 409);
    assert!(body(&again)["detail"].as_str().unwrap().contains(posted["id"].as_str().unwrap()));
    for _ in 0..4 {
        office.posted(json!({}));
    }
    let (mut met, mut next) = (Vec::new(), "limit=2".to_owned());
    loop {
        let page = body(&office.get(&format!("/api/v1/vacancies?{next}")));
        met.extend(page["items"].as_array().unwrap().clone());
        // What is posted meanwhile pushes nothing out and shows nothing twice.
        office.posted(json!({}));
        let Some(cursor) = page["next"].as_str() else { break };
        next = format!("limit=2&cursor={cursor}");
    }
    let mut ids: Vec<&str> = met.iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 5);
    ids.dedup();
    assert_eq!((ids.len(), ids[4]), (5, posted["id"].as_str().unwrap()));
}

#[test]
fn an_employer_posts_so_many_on_a_day_and_is_told_when_to_go_on() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let first = office.posted(json!({"ref": "J-1"}));
    let file = rusqlite::Connection::open(world.folder().data().join("kaziline.db")).unwrap();
    file.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    // What a hundred and ninety-nine requests would do.
    assert_eq!(file.execute("UPDATE vacancy_day SET posts = 199", []).unwrap(), 1);
    office.posted(json!({}));
    let again = office.post("/api/v1/vacancies", &vacancy());
    assert_eq!(again.status, 429);
    assert!(pointers(&again).is_empty() && body(&again)["type"] == "urn:kaziline:problem:posts-a-day");
    assert!((1..=86_401).contains(&again.header("retry-after").parse::<i64>().unwrap()));
    // What is there is changed all the same, and another employer posts.
    assert_eq!(changed(&office, &first, "*", &json!({"openings": 4})).status, 200);
    Office::new(&world, "UBUMWE Ltd").posted(json!({}));
}

#[test]
fn one_key_posts_once_however_many_ask_at_once() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let ask = |given: &Value, key: &str| {
        office.call("POST", "/api/v1/vacancies").with("idempotency-key", key).json(given).send(&world)
    };
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..100).map(|_| scope.spawn(|| ask(&vacancy(), "order 7"))).collect();
        asking.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    let (done, waiting): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    assert!(!done.is_empty() && waiting.iter().all(|answer| answer.status == 409), "{waiting:?}");
    assert!(done.iter().all(|answer| answer.body == done[0].body), "{done:?}");
    let later = ask(&vacancy(), "order 7");
    assert_eq!((later.status, &later.body), (201, &done[0].body));
    assert_eq!((later.header("idempotency-replayed"), later.header("location")), ("true", done[0].header("location")));
    assert_eq!(body(&office.get("/api/v1/vacancies"))["items"].as_array().unwrap().len(), 1);
    let mut other = vacancy();
    other["openings"] = json!(4);
    let reused = ask(&other, "order 7");
    assert_eq!((reused.status, body(&reused)["type"].as_str()), (422, Some("urn:kaziline:problem:key-reused")));
    assert_eq!(ask(&other, "order 8").status, 201);
    assert_eq!(ask(&other, &"k".repeat(201)).status, 400);
}

#[test]
fn of_two_editors_the_second_is_told() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let posted = office.posted(json!({}));
    let seen = office.get(&path(&posted, "")).header("etag").to_owned();
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let edit = |openings: i64| {
            let (office, posted, seen) = (&office, &posted, &seen);
            scope.spawn(move || changed(office, posted, seen, &json!({ "openings": openings })))
        };
        [edit(4), edit(5)].map(|asked| asked.join().unwrap()).into()
    });
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412], "{answers:?}");
    assert_eq!(changed(&office, &posted, "*", &json!({"openings": 6})).status, 200);
    assert_eq!(office.call("PATCH", &path(&posted, "")).json(&json!({"openings": 7})).send(&world).status, 428);
    let changes = body(&office.get(&path(&posted, "/changes")));
    assert_eq!(changes["items"].as_array().unwrap().len(), 2);
    assert_eq!(changes["items"][0]["fields"]["openings"][1], "6");
    assert_eq!(changes["items"][0]["token"].as_str(), Some(&*office.token.id));
    assert_eq!(body(&office.get(&path(&posted, "")))["job_number"], posted["job_number"]);
}

#[test]
fn a_pause_hides_a_resume_shows_and_a_close_ends() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let posted = office.posted(json!({}));
    let go = |what: &str| office.call("POST", &path(&posted, what)).send(&world);
    let status = |answer: Answer| (answer.status, body(&answer)["status"].as_str().map(str::to_owned));
    let is = |word: &str| (200, Some(word.to_owned()));
    // Each time somebody else: a call that was cut is offered again to who made it.
    let screen = |worker| dialled(&world, "s1", worker, &posted);
    let open = screen(2);
    assert_eq!(status(go("/pause")), is("paused"));
    assert_eq!(status(go("/pause")), is("paused"));
    assert_ne!(screen(3), open);
    assert_eq!(body(&office.get("/api/v1/vacancies?status=paused"))["items"].as_array().unwrap().len(), 1);
    assert_eq!(status(go("/resume")), is("open"));
    assert_eq!(screen(5), open);
    assert_eq!(status(go("/close")), is("closed"));
    assert_eq!((go("/resume").status, go("/pause").status, go("/close").status), (409, 409, 200));
    assert_eq!(changed(&office, &posted, "*", &json!({"openings": 9})).status, 409);
}

#[test]
fn pay_falls_only_while_nobody_applied_and_a_text_about_fees_is_held() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let posted = office.posted(json!({}));
    assert_eq!(changed(&office, &posted, "*", &json!({"pay": 6500})).status, 200);
    office.applied(2, &posted);
    let lowered = changed(&office, &posted, "*", &json!({"pay": 6400}));
    assert_eq!((lowered.status, body(&lowered)["type"].as_str()), (409, Some("urn:kaziline:problem:pay-lowered")));
    assert_eq!(changed(&office, &posted, "*", &json!({"trade": 12})).status, 409);
    assert_eq!(changed(&office, &posted, "*", &json!({"pay": 8000, "openings": 9})).status, 200);
    let held = changed(&office, &posted, "*", &json!({"description": "Registration fee 2000"}));
    let held = body(&held);
    assert_eq!(
        (held["status"].as_str(), held["warnings"][0]["code"].as_str()),
        (Some("held"), Some("held_for_a_look"))
    );
    assert_eq!(office.call("POST", &path(&posted, "/resume")).send(&world).status, 409);
}

#[test]
fn pay_far_from_usual_is_told_and_posted() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    for _ in 0..5 {
        assert!(office.posted(json!({"trade": "91"}))["warnings"].is_null());
    }
    let far = office.posted(json!({"trade": "91", "pay": 70_000}));
    assert_eq!(
        (far["status"].as_str(), far["warnings"][0]["code"].as_str()),
        (Some("open"), Some("pay_far_from_usual"))
    );
    assert!(far["warnings"][0]["detail"].as_str().unwrap().contains("7000"));
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let bad = json!({"trade": "Astronaut", "area": "Nowhere", "kind": "short", "pay": 7000, "pay_unit": "week",
        "start": "2020-01-01", "closes": "2020-01-01", "description": "x".repeat(5_000), "wage": 1});
    let answer = office.post("/api/v1/vacancies", &bad);
    assert_eq!(answer.status, 422);
    let pointers = pointers(&answer);
    for field in ["/trade", "/area", "/pay_unit", "/closes", "/description", "/wage"] {
        assert!(pointers.contains(&field.to_owned()), "{field}: {pointers:?}");
    }
    let past = changed(&office, &office.posted(json!({})), "*", &json!({"start": "2020-01-01"}));
    assert_eq!((past.status, super::pointers(&past)), (422, vec!["/start".to_owned()]));
}

#[test]
fn work_abroad_is_for_agencies_whose_licence_is_in_force_and_is_looked_at_first() {
    let world = world();
    let firm = Office::new(&world, "EMMA Ltd");
    let abroad = |changes: Value| {
        let mut given = vacancy();
        given.as_object_mut().unwrap().remove("area");
        given.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        given
    };
    let refused = firm.post("/api/v1/vacancies", &abroad(json!({"abroad": "QA", "abroad_place": "Doha"})));
    assert_eq!((refused.status, body(&refused)["type"].as_str()), (403, Some("urn:kaziline:problem:may-not-post")));
    let both = firm.post("/api/v1/vacancies", &abroad(json!({"abroad": "QA", "area": "Gasabo"})));
    assert_eq!((both.status, pointers(&both)), (422, vec!["/area".to_owned()]));
    let unknown = firm.post("/api/v1/vacancies", &abroad(json!({"abroad": "XX"})));
    assert_eq!((unknown.status, pointers(&unknown)), (422, vec!["/abroad".to_owned()]));
    let here = firm.posted(json!({}));
    let moved = changed(&firm, &here, "*", &json!({"area": null, "abroad": "QA"}));
    assert_eq!(moved.status, 403);
    let file = rusqlite::Connection::open(world.folder().data().join("kaziline.db")).unwrap();
    file.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    // What `kaziline employer check --licence` would note of an agency.
    let agency =
        "UPDATE employer SET kind = 'agency', tier = 'licensed_agency', licence_until_ms = 9000000000000 WHERE id = ?1";
    assert_eq!(file.execute(agency, [firm.employer.parse::<i64>().unwrap()]).unwrap(), 1);
    let answer = firm.post("/api/v1/vacancies", &abroad(json!({"abroad": "QA", "abroad_place": "Doha"})));
    let posted = body(&answer);
    assert_eq!((answer.status, &posted["status"], &posted["area"]), (201, &json!("held"), &Value::Null));
    assert_eq!((&posted["abroad"], &posted["abroad_place"]), (&json!("QA"), &json!("Doha")));
    assert_eq!(posted["warnings"][0]["code"], "held_for_a_look");
}
