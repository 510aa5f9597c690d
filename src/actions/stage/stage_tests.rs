//! Moves from both sides, and what everybody hears of them: once each, whatever is repeated or happens at the same time.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;

use super::*;
use crate::actions::manifest::manifest;
use crate::clock::{Clock, SimulatedClock};
use crate::country::PayMeans;
use crate::embedded;
use crate::gateway::email::{Email, Sender, compose};
use crate::gateway::webhook::WebhookSecret;
use crate::market::application::ApplyOutcome;
use crate::market::employer::{self, EmployerKind, NewEmployer};
use crate::market::ending::{ENDED_MAX, SETTLE_AFTER_MS, UNDER_WAY_MS};
use crate::market::fixture::{DAY_MS, Fixture, NOW_MS, country};
use crate::market::mail_address::{self, MailHash};
use crate::market::pay::Pay;
use crate::market::phone_number;
use crate::market::vacancy::NewVacancy;
use crate::market::{ApplicationId, EmployerId, PersonId, VacancyId, application};
use crate::migrations;
use crate::on_postgres;
use crate::outbox::endpoint::{self, NewEndpoint};
use crate::outbox::{Letter, MailAddress};
use crate::storage::{Column, Keys, Store, Work};
use crate::text::Language;
use crate::text::datetime::Day;

const HOUR_MS: i64 = 3_600_000;
const BODY: Column = Column::new("outbox", "body");

static HOST: LazyLock<Host> = LazyLock::new(|| Host::new(country().clone(), Keys::of_no_secret(), "*567#".to_owned()));
static BUNDLE: LazyLock<Arc<Bundle>> =
    LazyLock::new(|| crate::menu::build(&embedded::menus(), manifest(), &*HOST).unwrap());

fn clock() -> Arc<dyn Clock> {
    Arc::new(SimulatedClock::at(NOW_MS))
}

fn stores() -> [Store; 2] {
    [Store::inline(migrations::SQLITE, clock()).unwrap(), on_postgres::store(migrations::POSTGRES, &clock())]
}

/// Runs a test's body in one transaction of an empty store, on each engine.
fn run(body: impl Fn(&mut Tx<'_>, &Fixture) -> Result<(), Fault> + Send + Sync + 'static) {
    let body = Arc::new(body);
    for store in stores() {
        let (body, fixture) = (Arc::clone(&body), Fixture::new());
        store.transact_blocking(Work::interactive(None), move |tx| body(tx, &fixture.clone())).unwrap();
    }
}

/// A message of the queue, opened.
#[derive(Clone, Debug, PartialEq)]
struct Queued {
    template: String,
    route: String,
    priority: i64,
    segments: i64,
    due_ms: i64,
    expires_ms: i64,
    body: String,
}

fn queue(tx: &mut Tx<'_>) -> Vec<Queued> {
    let sql = "SELECT id, template, route, priority, segments, due_ms, expires_ms, body FROM outbox ORDER BY id";
    tx.query(sql, &[], |row| {
        Ok(Queued {
            template: row.text(1)?.to_owned(),
            route: row.text(2)?.to_owned(),
            priority: row.integer(3)?,
            segments: row.integer(4)?,
            due_ms: row.integer(5)?,
            expires_ms: row.integer(6)?,
            body: HOST.keys.open_text(BODY, row.integer(0)?, row.bytes(7)?)?,
        })
    })
    .unwrap()
}

fn sms(tx: &mut Tx<'_>) -> Vec<Queued> {
    queue(tx).into_iter().filter(|queued| queued.route.starts_with("RW")).collect()
}

fn mails(tx: &mut Tx<'_>) -> Vec<Letter> {
    let mails = queue(tx).into_iter().filter(|queued| queued.route == "email");
    mails.map(|queued| serde_json::from_str(&queued.body).unwrap()).collect()
}

fn told(tx: &mut Tx<'_>) -> Vec<(String, serde_json::Value)> {
    let events = queue(tx).into_iter().filter(|queued| queued.template == "event");
    let event = |queued: Queued| serde_json::from_str::<serde_json::Value>(&queued.body).unwrap();
    events.map(event).map(|event| (event["kind"].as_str().unwrap().to_owned(), event["data"].clone())).collect()
}

fn events(tx: &mut Tx<'_>) -> i64 {
    tx.query_one("SELECT COUNT(*) FROM application_event", &[], |row| row.integer(0)).unwrap().unwrap()
}

fn stage_of(tx: &mut Tx<'_>, application: ApplicationId) -> Stage {
    pipeline::subject(tx, application).unwrap().unwrap().stage
}

/// A vacancy with so many openings, and its employer.
fn vacancy(tx: &mut Tx<'_>, f: &Fixture, name: &str, openings: i64) -> Result<(VacancyId, EmployerId), Fault> {
    let new = NewVacancy { openings, means: Some(PayMeans::Momo), ..f.vacancy(11, 1201, name) };
    let (vacancy, _) = f.post(tx, EmployerKind::Organisation, &new)?;
    let employer = employer::known(tx, &f.keys, &mut f.ids(), &f.employer(EmployerKind::Organisation), NOW_MS)?;
    Ok((vacancy, employer))
}

fn applied(tx: &mut Tx<'_>, f: &Fixture, person: PersonId, vacancy: VacancyId) -> Result<ApplicationId, Fault> {
    let key = format!("{}/{}", person.get(), vacancy.get());
    match f.apply(tx, person, vacancy, &key, NOW_MS)? {
        ApplyOutcome::Applied { application, .. } => Ok(application),
        other => panic!("{other:?}"),
    }
}

fn offer(until_ms: i64) -> Offer {
    Offer::as_posted(until_ms)
}

/// An order with all that its stage needs.
fn order(employer: EmployerId, application: ApplicationId, to: Stage, key: &str) -> Order<'_> {
    let day = Day::from_ms(NOW_MS, &country().timezone).plus(2);
    Order {
        assessment: Some(Assessment { what: "Lay a corner of bricks", day: Some(day), minute: None }),
        interview: Some(Interview { day, minute: 570, place: "KG 11 Ave, Remera sector office" }),
        offer: Some(offer(NOW_MS + 2 * DAY_MS)),
        ..Order::new(employer, application, to, By::Token(7), key)
    }
}

fn go(tx: &mut Tx<'_>, f: &Fixture, order: &Order<'_>) -> Result<Advanced, Fault> {
    advance(tx, &HOST, &BUNDLE, &mut f.ids(), order, NOW_MS)
}

fn answered(tx: &mut Tx<'_>, f: &Fixture, answer: (ApplicationId, PersonId, bool, &str)) -> Result<Answered, Fault> {
    let (application, person, yes, operation_key) = answer;
    let answer = Answer { application, person, yes, operation_key };
    answer_offer(tx, &HOST, &BUNDLE, &mut f.ids(), &answer, NOW_MS)
}

fn settle(tx: &mut Tx<'_>, f: &Fixture, what: Overdue, now_ms: i64) -> Result<u64, Fault> {
    end_overdue(tx, &HOST, &BUNDLE, &|| f.ids(), what, now_ms)
}

fn is_moved(advanced: Advanced) -> bool {
    matches!(advanced, Advanced::Moved { .. })
}

#[test]
fn every_stage_is_told_in_one_segment_of_the_persons_language() {
    run(|tx, f| {
        let (vacancy, employer) = vacancy(tx, f, "a", 9)?;
        let words = ["Kaziline", "talk", "entretien", "mahojiano"];
        for (n, language) in (1..).zip(Language::ALL) {
            let person = f.worker(tx, n, "Aline Uwera")?;
            let number = f.number(tx, n)?;
            phone_number::set_language(tx, &number.hash, language)?;
            let application = applied(tx, f, person, vacancy)?;
            for to in [Stage::Shortlisted, Stage::Assessment, Stage::Interview, Stage::Offered] {
                let moved = go(tx, f, &order(employer, application, to, to.code()))?;
                assert!(matches!(moved, Advanced::Moved { told: Reached { sms: true, mail: false }, .. }), "{moved:?}");
            }
            assert_eq!(answered(tx, f, (application, person, true, "yes"))?, Answered::Accepted);
            assert_eq!(stage_of(tx, application), Stage::Hired);
            let said = sms(tx).split_off((usize::try_from(n).unwrap() - 1) * 5);
            let templates: Vec<&str> = said.iter().map(|said| said.template.as_str()).collect();
            let wanted = ["stage_shortlisted", "stage_assessment", "stage_interview", "stage_offered", "stage_hired"];
            assert_eq!(templates, wanted);
            assert!(said.iter().all(|said| said.segments == 1), "{said:#?}");
            assert!(said[2].body.contains(words[language.index()]), "{}", said[2].body);
            if language == Language::Rw {
                assert!(said[2].body.contains("Kuwa 2 24/11, saa tatu n'igice za mugitondo"), "{}", said[2].body);
            }
            if language == Language::En {
                assert!(said[2].body.contains("Tue 24/11, 9:30am (KG 11 Ave, Remera sector office)."));
                assert!(
                    said[3].body.contains("5000/day, MoMo, day to agree. Answer before Tue 24/11 8am:"),
                    "{}",
                    said[3].body
                );
                assert!(said[4].body.contains("Mason, 5000/day, MoMo, day to agree."), "{}", said[4].body);
            }
            // Who has just pressed a key is served first.
            assert_eq!(said.iter().map(|said| said.priority).collect::<Vec<_>>(), [1, 1, 1, 1, 0]);
        }
        let first = first_application(tx);
        let history = pipeline::history(tx, &f.keys, first)?;
        let by: Vec<By> = history.iter().map(|event| event.by).collect();
        assert_eq!(by[..4], [By::Token(7); 4]);
        assert!(matches!(by[4], By::Applicant(_)));
        assert_eq!(history[2].words.as_deref(), Some("KG 11 Ave, Remera sector office"));
        Ok(())
    });
}

fn first_application(tx: &mut Tx<'_>) -> ApplicationId {
    let sql = "SELECT id FROM application ORDER BY id LIMIT 1";
    tx.query_one(sql, &[], |row| Ok(ApplicationId::new(row.integer(0)?))).unwrap().unwrap()
}

#[test]
fn the_same_order_again_moves_and_tells_once() {
    run(|tx, f| {
        let (vacancy, employer) = vacancy(tx, f, "a", 2)?;
        let person = f.worker(tx, 1, "Aline Uwera")?;
        let application = applied(tx, f, person, vacancy)?;
        let shortlist = order(employer, application, Stage::Shortlisted, "k");
        assert!(is_moved(go(tx, f, &shortlist)?));
        assert_eq!(go(tx, f, &shortlist)?, Advanced::Already { stage: Stage::Shortlisted });
        assert_eq!(go(tx, f, &order(employer, application, Stage::Rejected, "k"))?, Advanced::KeyReused);
        assert!(is_moved(go(tx, f, &order(employer, application, Stage::Interview, "l"))?));
        assert_eq!(go(tx, f, &shortlist)?, Advanced::Already { stage: Stage::Interview });
        // Somebody else had the same thought.
        let late = order(employer, application, Stage::Shortlisted, "m");
        assert_eq!(go(tx, f, &late)?, Advanced::Illegal { stage: Stage::Interview });
        assert_eq!((events(tx), sms(tx).len()), (2, 2));
        // One cause may move many applications.
        let other = f.worker(tx, 2, "Ben")?;
        let second = applied(tx, f, other, vacancy)?;
        assert!(is_moved(go(tx, f, &order(employer, second, Stage::Shortlisted, "k"))?));
        Ok(())
    });
}

#[test]
fn anothers_application_is_not_told_from_none() {
    run(|tx, f| {
        let (vacancy, employer) = vacancy(tx, f, "a", 2)?;
        let stranger = NewEmployer { name: "Other Ltd".to_owned(), ..f.employer(EmployerKind::Organisation) };
        let stranger = employer::known(tx, &f.keys, &mut f.ids(), &stranger, NOW_MS)?;
        let person = f.worker(tx, 1, "Aline Uwera")?;
        let application = applied(tx, f, person, vacancy)?;
        assert!(is_moved(go(tx, f, &order(employer, application, Stage::Shortlisted, "k"))?));
        for (employer, application) in [(stranger, application), (employer, ApplicationId::new(1))] {
            for key in ["k", "l", ""] {
                let moved = go(tx, f, &order(employer, application, Stage::Interview, key))?;
                assert_eq!(moved, Advanced::NotYours);
            }
        }
        let other = f.worker(tx, 2, "Ben")?;
        assert_eq!(answered(tx, f, (application, other, true, "y"))?, Answered::NotYours);
        let wish = (application, other, "w");
        let withdrawn = withdraw(tx, &HOST, &BUNDLE, &mut f.ids(), wish, NOW_MS)?;
        assert_eq!(withdrawn, Withdrawal::NotYours);
        assert_eq!((events(tx), stage_of(tx, application)), (1, Stage::Shortlisted));
        Ok(())
    });
}

#[test]
fn what_is_wrong_with_an_order_changes_nothing() {
    run(|tx, f| {
        let (vacancy, employer) = vacancy(tx, f, "a", 2)?;
        let person = f.worker(tx, 1, "Aline Uwera")?;
        let application = applied(tx, f, person, vacancy)?;
        let today = Day::from_ms(NOW_MS, &country().timezone);
        let long = "x".repeat(5_000);
        let order = |to| order(employer, application, to, "k");
        let interview =
            |day, minute, place| Order { interview: Some(Interview { day, minute, place }), ..order(Stage::Interview) };
        let offers = |offer| Order { offer: Some(offer), ..order(Stage::Offered) };
        let until = NOW_MS + 2 * DAY_MS;
        let paid = |amount| Offer { pay: Some(Pay { amount, unit: crate::country::PayUnit::Day }), ..offer(until) };
        let wrong = [
            (interview(today.plus(-1), 600, "Office"), Refusal::Past),
            (interview(today, 480, "Office"), Refusal::Past),
            (interview(today.plus(400), 480, "Office"), Refusal::TooFar),
            (interview(today.plus(1), 1_440, "Office"), Refusal::NoSuchTime),
            (interview(today.plus(1), 600, "\u{202E} \u{200F}"), Refusal::NoWords),
            (interview(today.plus(1), 600, &long), Refusal::WordsTooLong),
            (interview(today.plus(1), 600, "Bring the registration fee"), Refusal::WorkerPays),
            (interview(today.plus(1), 600, "0788 123 456"), Refusal::PhoneNumber),
            (Order { interview: None, ..order(Stage::Interview) }, Refusal::NoInterview),
            (Order { assessment: None, ..order(Stage::Assessment) }, Refusal::NoAssessment),
            (Order { offer: None, ..order(Stage::Offered) }, Refusal::NoOffer),
            (offers(paid(1)), Refusal::PayOutOfBounds),
            (offers(paid(i64::MAX)), Refusal::PayOutOfBounds),
            (offers(Offer { start_day: Some(today.plus(-1)), ..offer(until) }), Refusal::Past),
            (offers(offer(NOW_MS + HOUR_MS - 1)), Refusal::TooSoon),
            (offers(offer(i64::MIN)), Refusal::TooSoon),
            (offers(offer(NOW_MS + 40 * DAY_MS)), Refusal::TooLate),
            (Order { note: Some(&long), ..order(Stage::Shortlisted) }, Refusal::NoteTooLong),
            (Order { operation_key: "", ..order(Stage::Shortlisted) }, Refusal::Key),
            (Order { operation_key: &long, ..order(Stage::Shortlisted) }, Refusal::Key),
            (order(Stage::Hired), Refusal::NotTheEmployers),
            (order(Stage::Withdrawn), Refusal::NotTheEmployers),
            (order(Stage::Expired), Refusal::NotTheEmployers),
        ];
        for (order, refusal) in wrong {
            assert_eq!(go(tx, f, &order)?, Advanced::Refused(refusal), "{order:?}");
        }
        let back = Order { to: Stage::Applied, ..order(Stage::Applied) };
        assert_eq!(go(tx, f, &back)?, Advanced::Illegal { stage: Stage::Applied });
        assert_eq!((events(tx), queue(tx).len(), stage_of(tx, application)), (0, 0, Stage::Applied));
        Ok(())
    });
}

#[test]
fn notes_and_places_are_cleaned_sealed_and_escaped() {
    run(|tx, f| {
        let (vacancy, employer) = vacancy(tx, f, "a", 2)?;
        let person = f.worker(tx, 1, "Aline Uwera")?;
        mail_address::set_of_person(tx, &f.keys, person, Some(&address("aline@example.org")), NOW_MS)?;
        let application = applied(tx, f, person, vacancy)?;
        let day = Day::from_ms(NOW_MS, &country().timezone).plus(1);
        let place = "=cmd|'x'!A0 <b>Remera</b>\u{202E}\u{0}";
        let order = Order {
            note: Some(" \u{202E}=HYPERLINK(\"x\") <script>\n good hands "),
            interview: Some(Interview { day, minute: 600, place }),
            ..order(employer, application, Stage::Interview, "k")
        };
        let moved = go(tx, f, &order)?;
        assert!(matches!(moved, Advanced::Moved { told: Reached { sms: true, mail: true }, .. }), "{moved:?}");
        let event = pipeline::history(tx, &f.keys, application)?.remove(0);
        assert_eq!(event.note.as_deref(), Some("=HYPERLINK(\"x\") <script> good hands"));
        assert_eq!(event.words.as_deref(), Some("=cmd|'x'!A0 <b>Remera</b>"));
        let sealed = tx.query("SELECT note_sealed, words_sealed FROM application_event", &[], |row| {
            Ok([row.bytes(0)?.to_vec(), row.bytes(1)?.to_vec()].concat())
        })?;
        assert!(!sealed.iter().any(|bytes| bytes.windows(6).any(|part| part == b"Remera" || part == b"script")));
        let said = sms(tx).remove(0);
        assert_eq!(said.segments, 1);
        assert!(said.body.contains("=cmd|'x'!A0 <b>Remera</b>") && !said.body.contains('\u{202E}'));
        // The note is the employer's own.
        let letter = mails(tx).remove(0);
        assert!(letter.text.contains("<b>Remera</b>") && !letter.text.contains("good hands") && letter.can_stop);
        assert_eq!(letter.to_name.as_deref(), Some("Aline Uwera"));
        let email = Email {
            to: "aline@example.org".to_owned(),
            to_name: letter.to_name.clone(),
            subject: letter.subject.clone(),
            text: letter.text.clone(),
            unsubscribe_url: None,
            client_ref: "kz-1".to_owned(),
            language: &letter.language,
        };
        let sender = Sender { address: address("jobs@kaziline.example"), name: "Kaziline".to_owned(), reply_to: None };
        let wire = String::from_utf8(compose(&email, &sender, NOW_MS).unwrap().bytes).unwrap();
        let html = wire.split_once("text/html").unwrap().1;
        assert!(html.contains("&lt;b&gt;Remera") && !html.contains("<b>"), "{html}");
        Ok(())
    });
}

fn address(text: &str) -> MailAddress {
    MailAddress::parse(text).unwrap()
}

#[test]
fn each_is_written_to_where_they_can_be() {
    run(|tx, f| {
        let (vacancy, employer) = vacancy(tx, f, "a", 9)?;
        let mut people = Vec::new();
        for n in 1..=5 {
            let person = f.worker(tx, n, "Aline Uwera")?;
            let mail = address(&format!("w{n}@example.org"));
            assert!(mail_address::set_of_person(tx, &f.keys, person, Some(&mail), NOW_MS)?);
            people.push((person, applied(tx, f, person, vacancy)?));
        }
        let number = |tx: &mut Tx<'_>, n| f.number(tx, n).map(|number| number.hash);
        // 1: a stopped number. 2: a stopped address. 3: both. 4: is closed. 5: the address is taken away.
        for n in [1, 3] {
            let hash = number(tx, n)?;
            phone_number::stop(tx, &hash, NOW_MS)?;
        }
        for n in [2, 3] {
            mail_address::stop(tx, &MailHash::of(&f.keys, &format!("w{n}@example.org")), NOW_MS)?;
        }
        tx.execute("UPDATE person SET status = 'closed' WHERE id = $1", &[people[3].0.into()])?;
        mail_address::set_of_person(tx, &f.keys, people[4].0, None, NOW_MS)?;
        let reached = |sms, mail| Reached { sms, mail };
        let wanted = [reached(false, true), reached(true, false), reached(false, false)];
        for ((_, application), wanted) in people.iter().zip(wanted) {
            let moved = go(tx, f, &order(employer, *application, Stage::Interview, "k"))?;
            assert!(matches!(moved, Advanced::Moved { told, .. } if told == wanted), "{moved:?}");
        }
        assert_eq!(go(tx, f, &order(employer, people[3].1, Stage::Interview, "k"))?, Advanced::Left);
        let rejected = go(tx, f, &order(employer, people[3].1, Stage::Rejected, "l"))?;
        assert!(matches!(rejected, Advanced::Moved { told: Reached { sms: false, mail: false }, .. }), "{rejected:?}");
        let last = go(tx, f, &order(employer, people[4].1, Stage::Interview, "k"))?;
        assert!(matches!(last, Advanced::Moved { told: Reached { sms: true, mail: false }, .. }), "{last:?}");
        // Erased: nothing of the pipeline stays, and nobody is written to.
        pipeline::erase_of(tx, people[0].0)?;
        assert_eq!(pipeline::history(tx, &f.keys, people[0].1)?, []);
        assert_eq!((sms(tx).len(), mails(tx).len()), (2, 1));
        Ok(())
    });
}

#[test]
fn who_is_not_chosen_hears_of_two_other_jobs_that_fit() {
    run(|tx, f| {
        let (vacancy, employer) = vacancy(tx, f, "a", 1)?;
        let mut numbers = Vec::new();
        for (other, others) in ["none", "one", "two", "three"].into_iter().zip(0..) {
            let n = others + 1;
            if others > 0 {
                let (_, number) = f.post(tx, EmployerKind::Organisation, &f.vacancy(11, 1201, other))?;
                numbers.push(number.get().to_string());
            }
            let person = f.worker(tx, n, "Aline Uwera")?;
            let application = applied(tx, f, person, vacancy)?;
            assert!(is_moved(go(tx, f, &order(employer, application, Stage::Rejected, "k"))?));
            let said = sms(tx).pop().unwrap();
            let template = ["stage_rejected", "stage_rejected_one", "stage_rejected_two", "stage_rejected_two"];
            assert_eq!((said.template.as_str(), said.segments), (template[others as usize], 1));
            let named = numbers.iter().filter(|number| said.body.contains(number.as_str())).count();
            assert_eq!(named, (others as usize).min(2), "{}", said.body);
        }
        Ok(())
    });
}

#[test]
fn no_more_offers_than_openings_unless_the_employer_says_so() {
    run(|tx, f| {
        let (vacancy, employer) = vacancy(tx, f, "a", 1)?;
        let mut all = Vec::new();
        for n in 1..=4 {
            let person = f.worker(tx, n, "Aline Uwera")?;
            all.push((person, applied(tx, f, person, vacancy)?));
        }
        let offered = |n: usize| order(employer, all[n].1, Stage::Offered, "offer");
        assert!(is_moved(go(tx, f, &offered(0))?));
        let full = Advanced::Filled { openings: 1, taken: 1 };
        assert_eq!(go(tx, f, &offered(1))?, full);
        let beyond = Offer { beyond_openings: true, ..offer(NOW_MS + DAY_MS) };
        assert!(is_moved(go(tx, f, &Order { offer: Some(beyond), ..offered(1) })?));
        // A no makes room only when both are answered: two were offered one place.
        assert_eq!(answered(tx, f, (all[0].1, all[0].0, false, "no"))?, Answered::Declined);
        assert_eq!(go(tx, f, &offered(2))?, full);
        assert_eq!(answered(tx, f, (all[1].1, all[1].0, true, "yes"))?, Answered::Accepted);
        assert_eq!(answered(tx, f, (all[1].1, all[1].0, true, "yes"))?, Answered::Accepted);
        let again = answered(tx, f, (all[1].1, all[1].0, false, "other"))?;
        assert_eq!(again, Answered::Nothing { stage: Stage::Hired });
        // The last opening is taken: the vacancy is filled, who still waits is told, once.
        let details = vacancy::details(tx, &f.keys, vacancy)?.unwrap();
        assert_eq!(details.status, VacancyStatus::Filled);
        assert_eq!(go(tx, f, &order(employer, all[3].1, Stage::Shortlisted, "s"))?, full);
        let soon = NOW_MS + SETTLE_AFTER_MS;
        assert_eq!(settle(tx, f, Overdue::Vacancies, soon - 1)?, 0, "somebody may just be asking for it");
        assert_eq!(settle(tx, f, Overdue::Vacancies, soon)?, 2);
        assert_eq!(settle(tx, f, Overdue::Vacancies, soon)?, 0);
        assert_eq!([2, 3].map(|n: usize| stage_of(tx, all[n].1)), [Stage::Expired; 2]);
        let filled = sms(tx).iter().filter(|said| said.template == "stage_filled").count();
        assert_eq!(filled, 2);
        Ok(())
    });
}

#[test]
fn who_waits_for_a_closed_vacancy_is_told_once_and_a_few_at_a_time() {
    run(|tx, f| {
        let (vacancy, employer) = vacancy(tx, f, "a", 2)?;
        let waiting = ENDED_MAX * 2 + 3;
        let mut all = Vec::new();
        for n in 0..waiting {
            let person = f.worker(tx, u32::try_from(n).unwrap(), "Aline Uwera")?;
            all.push((person, applied(tx, f, person, vacancy)?));
        }
        assert!(is_moved(go(tx, f, &order(employer, all[0].1, Stage::Interview, "k"))?));
        assert!(is_moved(go(tx, f, &order(employer, all[1].1, Stage::Offered, "k"))?));
        assert!(vacancy::decide(tx, vacancy, Decision::Close, NOW_MS)?);
        let soon = NOW_MS + SETTLE_AFTER_MS;
        let mut turns = Vec::new();
        while turns.last() != Some(&0) {
            turns.push(settle(tx, f, Overdue::Vacancies, soon)?);
        }
        assert_eq!(turns, [16, 16, 2, 0]);
        let closed = sms(tx).iter().filter(|said| said.template == "stage_closed").count();
        assert_eq!(closed, waiting - 1);
        // An offer is a promise: it can still be answered, and that does not open anything.
        assert_eq!(answered(tx, f, (all[1].1, all[1].0, true, "yes"))?, Answered::Accepted);
        assert_eq!(settle(tx, f, Overdue::Vacancies, soon + UNDER_WAY_MS)?, 0);
        let stages = application::mine(tx, all[2].0)?;
        assert_eq!(stages[0].stage, Stage::Expired);
        Ok(())
    });
}

#[test]
fn after_the_time_to_apply_the_employer_goes_on_choosing_for_a_month() {
    run(|tx, f| {
        let (vacancy, employer) = vacancy(tx, f, "a", 2)?;
        let mut all = Vec::new();
        for n in 1..=2 {
            let person = f.worker(tx, n, "Aline Uwera")?;
            all.push(applied(tx, f, person, vacancy)?);
        }
        assert!(is_moved(go(tx, f, &order(employer, all[0], Stage::Shortlisted, "k"))?));
        let closes_ms = NOW_MS + 10 * DAY_MS;
        assert_eq!(vacancy::close_expired(tx, closes_ms)?, 1);
        let soon = closes_ms + SETTLE_AFTER_MS;
        assert_eq!((settle(tx, f, Overdue::Vacancies, soon)?, settle(tx, f, Overdue::Vacancies, soon)?), (1, 0));
        assert_eq!((stage_of(tx, all[0]), stage_of(tx, all[1])), (Stage::Shortlisted, Stage::Expired));
        assert!(is_moved(go(tx, f, &order(employer, all[0], Stage::Interview, "l"))?));
        let over = closes_ms + UNDER_WAY_MS;
        assert_eq!(settle(tx, f, Overdue::Vacancies, over - 1)?, 0);
        assert_eq!((settle(tx, f, Overdue::Vacancies, over)?, settle(tx, f, Overdue::Vacancies, over)?), (1, 0));
        assert_eq!(stage_of(tx, all[0]), Stage::Expired);
        Ok(())
    });
}

#[test]
fn who_is_still_considered_is_told_when_the_last_place_is_taken_after_the_time_to_apply() {
    run(|tx, f| {
        let (vacancy, employer) = vacancy(tx, f, "a", 1)?;
        let mut all = Vec::new();
        for n in 1..=2 {
            let person = f.worker(tx, n, "Aline Uwera")?;
            let application = applied(tx, f, person, vacancy)?;
            assert!(is_moved(go(tx, f, &order(employer, application, Stage::Shortlisted, "k"))?));
            all.push((person, application));
        }
        let closes_ms = NOW_MS + 10 * DAY_MS;
        vacancy::close_expired(tx, closes_ms)?;
        let later = closes_ms + DAY_MS;
        assert_eq!((settle(tx, f, Overdue::Vacancies, later)?, settle(tx, f, Overdue::Vacancies, later)?), (1, 0));
        let (person, application) = all[0];
        let offers = Order { offer: Some(offer(later + DAY_MS)), ..order(employer, application, Stage::Offered, "l") };
        assert!(is_moved(advance(tx, &HOST, &BUNDLE, &mut f.ids(), &offers, later)?));
        let yes = Answer { application, person, yes: true, operation_key: "yes" };
        let given = answer_offer(tx, &HOST, &BUNDLE, &mut f.ids(), &yes, later)?;
        assert_eq!(given, Answered::Accepted);
        assert_eq!(settle(tx, f, Overdue::Vacancies, later + SETTLE_AFTER_MS)?, 1);
        assert_eq!(sms(tx).last().unwrap().template, "stage_filled");
        assert_eq!(stage_of(tx, all[1].1), Stage::Expired);
        Ok(())
    });
}

#[test]
fn an_offer_that_nobody_answers_lapses() {
    run(|tx, f| {
        let (vacancy, employer) = vacancy(tx, f, "a", 1)?;
        let person = f.worker(tx, 1, "Aline Uwera")?;
        let application = applied(tx, f, person, vacancy)?;
        assert!(is_moved(go(tx, f, &order(employer, application, Stage::Offered, "k"))?));
        let hash = f.number(tx, 1)?.hash;
        let open = open_offers_on(tx, &hash)?;
        assert_eq!(
            open.iter().map(|open| (open.application, open.person)).collect::<Vec<_>>(),
            [(application, person)]
        );
        assert_eq!(pipeline::waiting_for(tx, person, NOW_MS)?, 1);
        // The offer ends on the full hour.
        let until_ms = NOW_MS + 2 * DAY_MS;
        assert_eq!(open[0].terms.until_ms, until_ms);
        assert_eq!(settle(tx, f, Overdue::Offers, until_ms - 1)?, 0);
        let late = Answer { application, person, yes: true, operation_key: "late" };
        let late = answer_offer(tx, &HOST, &BUNDLE, &mut f.ids(), &late, until_ms)?;
        assert_eq!(late, Answered::TooLate);
        assert_eq!((settle(tx, f, Overdue::Offers, until_ms)?, settle(tx, f, Overdue::Offers, until_ms)?), (1, 0));
        assert_eq!(stage_of(tx, application), Stage::Expired);
        assert_eq!(offer::find(tx, application)?.unwrap().1, OfferStatus::Lapsed);
        assert_eq!(sms(tx).last().unwrap().template, "stage_lapsed");
        assert_eq!((open_offers_on(tx, &hash)?.len(), pipeline::waiting_for(tx, person, NOW_MS)?), (0, 0));
        let other = f.worker(tx, 2, "Ben")?;
        let other = applied(tx, f, other, vacancy)?;
        assert!(is_moved(go(tx, f, &order(employer, other, Stage::Offered, "k"))?), "the place is free again");
        Ok(())
    });
}

#[test]
fn nobody_is_woken_but_for_what_would_come_too_late() {
    run(|tx, f| {
        let (vacancy, employer) = vacancy(tx, f, "a", 9)?;
        // Ten in the evening; quiet ends at eight.
        let night = NOW_MS + 14 * HOUR_MS;
        let tomorrow = Day::from_ms(night, &country().timezone).plus(1);
        for (n, minute, due_ms) in [(1, 600, NOW_MS + 24 * HOUR_MS), (2, 450, night)] {
            let person = f.worker(tx, n, "Aline Uwera")?;
            let application = applied(tx, f, person, vacancy)?;
            let order = Order {
                interview: Some(Interview { day: tomorrow, minute, place: "Office" }),
                ..order(employer, application, Stage::Interview, "k")
            };
            assert!(is_moved(advance(tx, &HOST, &BUNDLE, &mut f.ids(), &order, night)?));
            let said = sms(tx).pop().unwrap();
            assert_eq!(said.due_ms, due_ms, "{minute}");
            assert_eq!(said.expires_ms, tomorrow.start_ms(&country().timezone) + i64::from(minute) * 60_000);
        }
        Ok(())
    });
}

#[test]
fn a_held_vacancy_writes_to_nobody() {
    run(|tx, f| {
        let (vacancy, employer) = vacancy(tx, f, "a", 2)?;
        let person = f.worker(tx, 1, "Aline Uwera")?;
        let application = applied(tx, f, person, vacancy)?;
        tx.execute("UPDATE vacancy SET status = 'held' WHERE id = $1", &[vacancy.into()])?;
        assert_eq!(go(tx, f, &order(employer, application, Stage::Offered, "k"))?, Advanced::Held);
        assert_eq!(queue(tx), []);
        assert!(is_moved(go(tx, f, &order(employer, application, Stage::Rejected, "l"))?));
        Ok(())
    });
}

#[test]
fn the_help_desk_says_yes_for_who_has_said_it_on_the_phone() {
    run(|tx, f| {
        let (vacancy, employer) = vacancy(tx, f, "a", 1)?;
        let person = f.worker(tx, 1, "Aline Uwera")?;
        let application = applied(tx, f, person, vacancy)?;
        assert!(is_moved(go(tx, f, &order(employer, application, Stage::Offered, "k"))?));
        let hire = Order { by: By::Operator(3), ..order(employer, application, Stage::Hired, "l") };
        assert!(is_moved(go(tx, f, &hire)?));
        assert_eq!(offer::find(tx, application)?.unwrap().1, OfferStatus::Accepted);
        assert_eq!(vacancy::details(tx, &f.keys, vacancy)?.unwrap().status, VacancyStatus::Filled);
        assert_eq!(pipeline::history(tx, &f.keys, application)?[1].by, By::Operator(3));
        Ok(())
    });
}

#[test]
fn the_employers_endpoints_hear_of_each_move_and_of_a_number_only_where_it_was_given() {
    run(|tx, f| {
        let (vacancy, employer) = vacancy(tx, f, "a", 3)?;
        let secret = WebhookSecret::from_key(&[7; 24]).unwrap();
        for (id, owner_id) in [(1, employer.get()), (2, employer.get()), (3, 99)] {
            let url = "https://employer.example/hooks";
            let new = NewEndpoint { id, owner_id, url, secret: &secret, kinds: &[], contact: None };
            assert!(endpoint::add(tx, &f.keys, &new, NOW_MS)?);
        }
        let phone = format!("+{}", f.msisdn(1).as_str());
        let person = f.worker(tx, 1, "Aline Uwera")?;
        let shared = applied(tx, f, person, vacancy)?;
        let other = f.worker(tx, 2, "Ben")?;
        let withheld = applied(tx, f, other, vacancy)?;
        tx.execute("UPDATE application SET share_number = 0 WHERE id = $1", &[withheld.into()])?;
        for application in [shared, withheld] {
            received(tx, &HOST, &mut f.ids(), (employer, application), NOW_MS)?;
            received(tx, &HOST, &mut f.ids(), (employer, application), NOW_MS)?;
        }
        assert!(is_moved(go(tx, f, &order(employer, shared, Stage::Offered, "k"))?));
        assert!(is_moved(go(tx, f, &order(employer, withheld, Stage::Offered, "k"))?));
        answered(tx, f, (shared, person, true, "y"))?;
        answered(tx, f, (withheld, other, false, "n"))?;
        let told = told(tx);
        let kinds: Vec<&str> = told.iter().step_by(2).map(|(kind, _)| kind.as_str()).collect();
        let received = "application.received";
        let moved = "application.moved";
        assert_eq!(kinds, [received, received, moved, moved, "offer.accepted", "offer.declined"]);
        assert_eq!(told.len(), 12, "each of two endpoints once");
        for (kind, data) in &told {
            let of_shared = data["application"].as_str() == Some(shared.get().to_string().as_str());
            let with_phone = of_shared && ["application.received", "offer.accepted"].contains(&kind.as_str());
            assert_eq!(data["applicant"]["phone"].as_str(), with_phone.then_some(phone.as_str()), "{kind}");
            assert_eq!(data.to_string().contains("Aline"), with_phone, "{kind}");
            assert!(!data.to_string().contains("Ben"));
        }
        assert_eq!(told[4].1["to"], "offered");
        let agreed = serde_json::json!({ "pay": 5_000, "pay_unit": "day", "pay_means": "momo", "start": null });
        assert_eq!((&told[8].1["offer"], &told[4].1["offer"]), (&agreed, &serde_json::Value::Null));
        assert_eq!(told[4].1["by"], "token");
        Ok(())
    });
}

#[test]
fn an_application_is_taken_back_from_wherever_it_stands() {
    run(|tx, f| {
        let (vacancy, employer) = vacancy(tx, f, "a", 3)?;
        for (n, to) in (1..).zip([None, Some(Stage::Shortlisted), Some(Stage::Interview), Some(Stage::Offered)]) {
            let person = f.worker(tx, n, "Aline Uwera")?;
            let application = applied(tx, f, person, vacancy)?;
            if let Some(to) = to {
                assert!(is_moved(go(tx, f, &order(employer, application, to, "k"))?));
            }
            for key in ["w", "w"] {
                let wish = (application, person, key);
                let withdrawn = withdraw(tx, &HOST, &BUNDLE, &mut f.ids(), wish, NOW_MS)?;
                assert_eq!(withdrawn, Withdrawal::Withdrawn);
            }
            let again = withdraw(tx, &HOST, &BUNDLE, &mut f.ids(), (application, person, "x"), NOW_MS)?;
            assert_eq!(again, Withdrawal::Over { stage: Stage::Withdrawn });
            let template = if to == Some(Stage::Offered) { "stage_declined" } else { "stage_withdrawn" };
            assert_eq!(sms(tx).last().unwrap().template, template);
            let late = go(tx, f, &order(employer, application, Stage::Offered, "z"))?;
            assert_eq!(late, Advanced::Illegal { stage: Stage::Withdrawn });
        }
        Ok(())
    });
}

/// What one of many does at the same time as the others.
type Act = Arc<dyn Fn(&mut Tx<'_>, i64, usize) -> Result<bool, Fault> + Send + Sync>;

/// Runs `act` for each of `many` at the same time; answers how many it was done by.
fn at_once(store: &Store, many: usize, act: &Act) -> usize {
    static FIRST_ID: AtomicI64 = AtomicI64::new(1_000_000);
    std::thread::scope(|scope| {
        let run = |index: usize| {
            let act = Arc::clone(act);
            let first_id = FIRST_ID.fetch_add(16, Ordering::Relaxed);
            store.transact_blocking(Work::interactive(None), move |tx| act(tx, first_id, index)).unwrap()
        };
        let all: Vec<_> = (0..many).map(|index| scope.spawn(move || run(index))).collect();
        all.into_iter().filter_map(|done| done.join().unwrap().then_some(())).count()
    })
}

/// A store with one vacancy and its applicants.
fn applicants(store: &Store, openings: i64, many: u32) -> (EmployerId, Vec<(PersonId, ApplicationId)>) {
    let fixture = Fixture::new();
    let work = move |tx: &mut Tx<'_>| {
        let f = fixture.clone();
        let (vacancy, employer) = vacancy(tx, &f, "a", openings)?;
        let mut all = Vec::new();
        for n in 1..=many {
            let person = f.worker(tx, n, "Aline Uwera")?;
            all.push((person, applied(tx, &f, person, vacancy)?));
        }
        Ok::<_, Fault>((employer, all))
    };
    store.transact_blocking(Work::interactive(None), work).unwrap()
}

#[test]
fn of_many_who_move_one_application_at_once_one_wins() {
    for store in stores() {
        let (employer, all) = applicants(&store, 1, 1);
        let (person, application) = all[0];
        let shortlist: Act = Arc::new(move |tx, first_id, index| {
            let key = format!("k{index}");
            let order = order(employer, application, Stage::Shortlisted, &key);
            let moved = advance(tx, &HOST, &BUNDLE, &mut IdBlock::new(first_id, 16), &order, NOW_MS)?;
            assert!(is_moved(moved) || moved == Advanced::Illegal { stage: Stage::Shortlisted }, "{moved:?}");
            Ok(is_moved(moved))
        });
        assert_eq!(at_once(&store, 8, &shortlist), 1);
        // The same request, delivered by two hands: both are told that it is done.
        let interview: Act = Arc::new(move |tx, first_id, _| {
            let order = order(employer, application, Stage::Interview, "same");
            let moved = advance(tx, &HOST, &BUNDLE, &mut IdBlock::new(first_id, 16), &order, NOW_MS)?;
            assert!(is_moved(moved) || moved == Advanced::Already { stage: Stage::Interview }, "{moved:?}");
            Ok(is_moved(moved))
        });
        assert_eq!(at_once(&store, 8, &interview), 1);
        // A yes, and the employer who takes the offer back.
        let offered: Act = Arc::new(move |tx, first_id, _| {
            let order = order(employer, application, Stage::Offered, "offer");
            Ok(is_moved(advance(tx, &HOST, &BUNDLE, &mut IdBlock::new(first_id, 16), &order, NOW_MS)?))
        });
        assert_eq!(at_once(&store, 1, &offered), 1);
        let both: Act = Arc::new(move |tx, first_id, index| {
            let mut ids = IdBlock::new(first_id, 16);
            if index == 0 {
                let order = order(employer, application, Stage::Rejected, "no");
                return Ok(is_moved(advance(tx, &HOST, &BUNDLE, &mut ids, &order, NOW_MS)?));
            }
            let answer = Answer { application, person, yes: true, operation_key: "yes" };
            Ok(answer_offer(tx, &HOST, &BUNDLE, &mut ids, &answer, NOW_MS)? == Answered::Accepted)
        });
        assert_eq!(at_once(&store, 2, &both), 1);
        let counted = store.transact_blocking(Work::interactive(None), |tx| {
            let first = first_application(tx);
            Ok::<_, Fault>((events(tx), sms(tx).len(), offer::find(tx, first)?))
        });
        let (events, sms, offer) = counted.unwrap();
        assert_eq!((events, sms), (4, 4));
        assert_ne!(offer.unwrap().1, OfferStatus::Open);
    }
}

#[test]
fn the_last_places_are_offered_and_taken_once_each() {
    for store in stores() {
        let (employer, all) = applicants(&store, 2, 8);
        let people = all.clone();
        let offers: Act = Arc::new(move |tx, first_id, index| {
            let order = order(employer, people[index].1, Stage::Offered, "offer");
            let moved = advance(tx, &HOST, &BUNDLE, &mut IdBlock::new(first_id, 16), &order, NOW_MS)?;
            assert!(is_moved(moved) || moved == Advanced::Filled { openings: 2, taken: 2 }, "{moved:?}");
            Ok(is_moved(moved))
        });
        assert_eq!(at_once(&store, 8, &offers), 2);
        let accepts: Act = Arc::new(move |tx, first_id, index| {
            let (person, application) = all[index];
            let answer = Answer { application, person, yes: true, operation_key: "yes" };
            let mut ids = IdBlock::new(first_id, 16);
            Ok(answer_offer(tx, &HOST, &BUNDLE, &mut ids, &answer, NOW_MS)? == Answered::Accepted)
        });
        assert_eq!(at_once(&store, 8, &accepts), 2);
        let status = store.transact_blocking(Work::interactive(None), |tx| {
            Ok::<_, Fault>(tx.query_one("SELECT status FROM vacancy", &[], |row| Ok(row.text(0)?.to_owned()))?)
        });
        assert_eq!(status.unwrap().as_deref(), Some("filled"));
    }
}

/// Something that happens to a vacancy with two openings and four applicants.
#[derive(Clone, Copy, Debug)]
enum Happens {
    Ordered { who: usize, to: usize, key: u8, beyond: bool },
    Answered { who: usize, yes: bool, key: u8 },
    Withdrawn { who: usize, key: u8 },
    Closed,
    Waited(i64),
    Settled,
}

fn happens() -> impl Strategy<Value = Happens> {
    let who = 0..4_usize;
    prop_oneof![
        8 => (who.clone(), 0..9_usize, 0..6_u8, any::<bool>())
            .prop_map(|(who, to, key, beyond)| Happens::Ordered { who, to, key, beyond }),
        3 => (who.clone(), any::<bool>(), 6..9_u8).prop_map(|(who, yes, key)| Happens::Answered { who, yes, key }),
        1 => (who, 9..11_u8).prop_map(|(who, key)| Happens::Withdrawn { who, key }),
        1 => Just(Happens::Closed),
        1 => prop_oneof![Just(SETTLE_AFTER_MS), Just(DAY_MS), Just(3 * DAY_MS)].prop_map(Happens::Waited),
        2 => Just(Happens::Settled),
    ]
}

/// Plays what happens, and holds after each step what must hold always.
fn play(tx: &mut Tx<'_>, f: &Fixture, script: &[Happens]) -> Result<(), Fault> {
    let (vacancy, employer) = vacancy(tx, f, "a", 2)?;
    let secret = WebhookSecret::from_key(&[7; 24]).unwrap();
    let (id, owner_id, url) = (1, employer.get(), "https://employer.example/hooks");
    endpoint::add(tx, &f.keys, &NewEndpoint { id, owner_id, url, secret: &secret, kinds: &[], contact: None }, NOW_MS)?;
    let mut all = Vec::new();
    for n in 1..=4 {
        let person = f.worker(tx, n, "Aline Uwera")?;
        mail_address::set_of_person(tx, &f.keys, person, Some(&address("a@example.org")), NOW_MS)?;
        all.push((person, applied(tx, f, person, vacancy)?));
    }
    let (mut now_ms, mut moves, mut beyond_allowed) = (NOW_MS, 0_usize, false);
    let mut stages: Vec<Stage> = vec![Stage::Applied; 4];
    for happens in script {
        let mut done = false;
        match *happens {
            Happens::Ordered { who, to, key, beyond } => {
                let (key, to) = (format!("k{key}"), Stage::ALL[to]);
                let day = Day::from_ms(now_ms, &country().timezone).plus(2);
                let mut order = order(employer, all[who].1, to, &key);
                order.interview = Some(Interview { day, minute: 600, place: "Office" });
                order.assessment = None;
                order.offer = Some(Offer { beyond_openings: beyond, ..offer(now_ms + 2 * DAY_MS) });
                let moved = advance(tx, &HOST, &BUNDLE, &mut f.ids(), &order, now_ms)?;
                done = is_moved(moved);
                assert!(!done || may_move(stages[who], to), "{:?} {to:?}", stages[who]);
                beyond_allowed |= done && beyond && to == Stage::Offered;
            }
            Happens::Answered { who, yes, key } => {
                let key = format!("k{key}");
                let (person, application) = all[who];
                let answer = Answer { application, person, yes, operation_key: &key };
                let given = answer_offer(tx, &HOST, &BUNDLE, &mut f.ids(), &answer, now_ms)?;
                done = stages[who] == Stage::Offered && matches!(given, Answered::Accepted | Answered::Declined);
            }
            Happens::Withdrawn { who, key } => {
                let key = format!("k{key}");
                let wish = (all[who].1, all[who].0, key.as_str());
                let taken = withdraw(tx, &HOST, &BUNDLE, &mut f.ids(), wish, now_ms)?;
                done = taken == Withdrawal::Withdrawn && !stages[who].is_final();
            }
            Happens::Closed => drop(vacancy::decide(tx, vacancy, Decision::Close, now_ms)?),
            Happens::Waited(ms) => now_ms += ms,
            Happens::Settled => {
                settle(tx, f, Overdue::Offers, now_ms)?;
                settle(tx, f, Overdue::Vacancies, now_ms)?;
            }
        }
        let now: Vec<Stage> = all.iter().map(|(_, application)| stage_of(tx, *application)).collect();
        let changed = now.iter().zip(&stages).filter(|(now, before)| now != before).count();
        assert!(now.iter().zip(&stages).all(|(now, before)| now == before || may_move(*before, *now)), "{now:?}");
        assert!(!done || changed == 1, "{happens:?}");
        assert!(done || changed == 0 || matches!(happens, Happens::Settled), "{happens:?}");
        moves += changed;
        stages = now;
        // Nothing is doubled and nothing lost: an event, an SMS, a mail and a call of the endpoint for each move.
        assert_eq!(events(tx), i64::try_from(moves).unwrap());
        assert_eq!((sms(tx).len(), mails(tx).len(), told(tx).len()), (moves, moves, moves), "{happens:?}");
        for ((_, application), stage) in all.iter().zip(&stages) {
            let open = offer::find(tx, *application)?.is_some_and(|(_, status)| status == OfferStatus::Open);
            assert_eq!(open, *stage == Stage::Offered);
        }
        let taken = stages.iter().filter(|stage| matches!(stage, Stage::Offered | Stage::Hired)).count();
        assert!(taken <= 2 || beyond_allowed);
    }
    assert!(sms(tx).iter().all(|said| said.segments == 1));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_each_move_is_legal_and_told_once(script in prop::collection::vec(happens(), 1..40)) {
        let store = Store::inline(migrations::SQLITE, clock()).unwrap();
        let work = move |tx: &mut Tx<'_>| play(tx, &Fixture::new(), &script);
        store.transact_blocking(Work::interactive(None), work).unwrap();
    }
}

#[test]
fn a_plain_yes_answers_what_has_left_and_a_number_says_what_is_meant() {
    run(|tx, f| {
        let (vacancy, employer) = vacancy(tx, f, "a", 2)?;
        let person = f.worker(tx, 1, "Aline Uwera")?;
        let application = applied(tx, f, person, vacancy)?;
        assert!(is_moved(go(tx, f, &order(employer, application, Stage::Offered, "k"))?));
        let msisdn = f.msisdn(1);
        let say = |tx: &mut Tx<'_>, text: &str| {
            let letter = crate::actions::Letter {
                msisdn: &msisdn,
                asked: crate::outbox::inbound::Asked::Other,
                text,
                id: f.ids().first(),
            };
            crate::actions::answer_letter(tx, &HOST, &BUNDLE, letter, &mut f.ids(), NOW_MS).unwrap();
        };
        say(tx, "YES");
        assert_eq!(stage_of(tx, application), Stage::Offered, "nobody can have read of it yet");
        tx.execute("UPDATE outbox SET status = 'accepted' WHERE template = 'stage_offered'", &[])?;
        say(tx, "Yes please");
        assert_eq!(stage_of(tx, application), Stage::Hired);
        // Two questions: nothing is done until a number says which.
        let mut open = Vec::new();
        for name in ["b", "c"] {
            let (vacancy, employer) = self::vacancy(tx, f, name, 1)?;
            let application = applied(tx, f, person, vacancy)?;
            assert!(is_moved(go(tx, f, &order(employer, application, Stage::Offered, name))?));
            open.push(pipeline::subject(tx, application)?.unwrap());
        }
        tx.execute("UPDATE outbox SET status = 'accepted' WHERE template = 'stage_offered'", &[])?;
        say(tx, "NO");
        assert!(open.iter().all(|open| stage_of(tx, open.application) == Stage::Offered));
        let asked = "SELECT COUNT(*) FROM outbox WHERE template = 'answer_which'";
        assert_eq!(tx.query_one(asked, &[], |row| row.integer(0))?, Some(1));
        say(tx, &format!("NO {}", open[0].job_number.get()));
        let stages = [Stage::Withdrawn, Stage::Offered];
        assert!(open.iter().zip(stages).all(|(open, stage)| stage_of(tx, open.application) == stage));
        Ok(())
    });
}
