//! Applicants over the API: who they are as far as they agreed, why they fit, and where they are moved to.

use serde_json::{Value, json};

use super::{Office, body, pointers, world};
use crate::support::Answer;

/// Workers of the demo's population.
const WORKERS: [u32; 4] = [2, 3, 5, 8];

fn with_applicants(office: &Office<'_>) -> (Value, Vec<Value>) {
    let posted = office.posted(json!({}));
    for worker in WORKERS {
        office.applied(worker, &posted);
    }
    let applicants = office.applicants(&posted);
    (posted, applicants)
}

fn moved(office: &Office<'_>, applicant: &Value, order: &Value) -> Answer {
    office.post(&format!("/api/v1/applications/{}/stage", applicant["id"].as_str().unwrap()), order)
}

#[test]
fn an_applicant_comes_with_score_reasons_and_the_number_that_was_given() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let (posted, all) = with_applicants(&office);
    assert_eq!(all.len(), 4);
    let numbers: Vec<&str> = all.iter().map(|one| one["number"].as_str().unwrap()).collect();
    assert_eq!(numbers, ["+250780000008", "+250780000005", "+250780000003", "+250780000002"], "the latest first");
    for one in &all {
        assert!(one["name"].as_str().unwrap().contains(' ') && one["is_there"] == true, "{one}");
        let score = &one["score"];
        let parts = score["parts"].as_array().unwrap();
        assert!(parts.iter().all(|part| part["points"].as_i64() <= part["of"].as_i64()) && parts.len() >= 2, "{score}");
        assert!(score["reasons"][0]["text"].is_string() && score["total"].as_i64().unwrap() <= 100);
    }
    let path = format!("/api/v1/vacancies/{}/applicants", posted["id"].as_str().unwrap());
    let (mut best, mut next) = (Vec::new(), String::new());
    loop {
        let page = body(&office.get(&format!("{path}?sort=score&limit=1{next}")));
        best.push(page["items"][0]["score"]["total"].as_i64().unwrap());
        let Some(cursor) = page["next"].as_str() else { break };
        next = format!("&cursor={cursor}");
    }
    assert!(best.len() == 4 && best.windows(2).all(|pair| pair[0] >= pair[1]), "{best:?}");
    let other = body(&office.get(&format!("{path}?limit=1")))["next"].as_str().unwrap().to_owned();
    let mixed = office.get(&format!("{path}?sort=score&cursor={other}"));
    assert_eq!((mixed.status, pointers(&mixed)), (422, vec!["?cursor".to_owned()]));
}

#[test]
fn moves_are_legal_told_and_made_once() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let (posted, all) = with_applicants(&office);
    let outcome = |answer: &Answer| (answer.status, body(answer)["outcome"].as_str().map(str::to_owned));
    let one = &all[0];
    let order = json!({"to": "shortlisted", "note": "=cmd|' /C calc'!A0 <b>good</b>"});
    assert_eq!(outcome(&moved(&office, one, &order)), (200, Some("moved".to_owned())));
    assert_eq!(outcome(&moved(&office, one, &order)), (200, Some("already".to_owned())));
    let notes = body(&office.get(&format!("/api/v1/applications/{}/notes", one["id"].as_str().unwrap())));
    assert_eq!(notes["items"].as_array().unwrap().len(), 1, "{notes}");
    let task = json!({"to": "assessment", "assessment": {"what": "Lay ten bricks"}});
    let back = moved(&office, one, &task);
    assert_eq!(back.status, 200);
    assert_eq!(moved(&office, one, &json!({"to": "shortlisted"})).status, 409);
    for theirs in ["hired", "withdrawn", "expired", "applied", "x"] {
        let refused = moved(&office, one, &json!({ "to": theirs }));
        assert_eq!((refused.status, pointers(&refused)), (422, vec!["/to".to_owned()]), "{theirs}");
    }
    let path = format!("/api/v1/vacancies/{}/applicants?stage=assessment", posted["id"].as_str().unwrap());
    assert_eq!(body(&office.get(&path))["items"].as_array().unwrap().len(), 1);
}

#[test]
fn an_interview_needs_a_day_and_an_offer_its_terms() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let (_, all) = with_applicants(&office);
    let one = &all[0];
    let refused = |order: Value| {
        let answer = moved(&office, one, &order);
        assert_eq!(answer.status, 422, "{answer:?}");
        pointers(&answer)
    };
    assert_eq!(refused(json!({"to": "interview"})), ["/interview"]);
    assert_eq!(refused(json!({"to": "rejected", "offer": {}})).len(), 5, "four that lack, and the offer itself");
    let past = json!({"to": "interview", "interview": {"day": "2020-01-01", "time": "25:00", "place": "x".repeat(61)}});
    assert_eq!(refused(past), ["/interview/day", "/interview/time", "/interview/place"]);
    let (soon, later) = (day(2), day(4));
    let late = json!({"to": "offered", "offer": {"pay": 7000, "pay_unit": "day", "start": soon, "answer_by": later}});
    assert_eq!(refused(late), ["/offer/answer_by"]);
    let bank = json!({"pay": 7000, "pay_unit": "day", "pay_means": "bank", "start": later, "answer_by": soon});
    assert_eq!(refused(json!({"to": "offered", "offer": bank})), ["/offer/pay_means"]);
    let interview = json!({"to": "interview", "interview": {"day": soon, "time": "09:00", "place": "Remera, gate 2"}});
    assert_eq!(moved(&office, one, &interview).status, 200);
    let offer = json!({"pay": 7000, "pay_unit": "day", "pay_means": "momo", "start": later, "answer_by": soon});
    let offer = json!({"to": "offered", "offer": offer});
    assert_eq!(moved(&office, one, &offer).status, 200);
}

/// A day from now, as the service counts: the demo runs on the machine's clock.
#[expect(clippy::disallowed_methods, reason = "a caller of the service has a calendar of its own")]
pub(crate) fn day(ahead: i64) -> String {
    let now_ms = i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis());
    let days = now_ms.unwrap() / 86_400_000 + ahead;
    kaziline::market::import::iso(kaziline::text::datetime::Day(i32::try_from(days).unwrap()))
}

#[test]
fn many_moves_are_each_told_and_asking_again_moves_nothing() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let (_, all) = with_applicants(&office);
    let mut moves: Vec<Value> =
        all.iter().map(|one| json!({"application": one["id"], "to": "rejected", "note": "too far"})).collect();
    moves.push(json!({"application": "7", "to": "rejected"}));
    let order = json!({ "moves": moves });
    let ask = || office.call("POST", "/api/v1/stage-moves").with("idempotency-key", "m1").json(&order).send(&world);
    let first = ask();
    let results = body(&first);
    assert_eq!((first.status, results["moved"].as_i64()), (200, Some(4)), "{results}");
    let outcomes: Vec<&str> =
        results["results"].as_array().unwrap().iter().map(|one| one["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["moved", "moved", "moved", "moved", "not_found"]);
    let replayed = ask();
    assert_eq!((&replayed.body, replayed.header("idempotency-replayed")), (&first.body, "true"));
    assert_eq!(first.header("idempotency-replayed"), "");
    let again = body(&office.post("/api/v1/stage-moves", &order));
    assert_eq!((again["moved"].as_i64(), again["results"][0]["outcome"].as_str()), (Some(0), Some("already")));
    let twice = json!({"moves": [moves[0], moves[0]]});
    assert_eq!(pointers(&office.post("/api/v1/stage-moves", &twice)), ["/moves/1/application"]);
    let many: Vec<Value> = (1..=101).map(|id| json!({"application": id.to_string(), "to": "rejected"})).collect();
    assert_eq!(pointers(&office.post("/api/v1/stage-moves", &json!({ "moves": many }))), ["/moves"]);
    let hundred: Vec<Value> = (1..=100).map(|id| json!({"application": id.to_string(), "to": "rejected"})).collect();
    let answer = office.post("/api/v1/stage-moves", &json!({ "moves": hundred }));
    assert_eq!(body(&answer)["results"].as_array().unwrap().len(), 100);
}

#[test]
fn two_people_who_move_one_application_do_not_both_win() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let (_, all) = with_applicants(&office);
    let one = &all[0];
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let asking: Vec<_> = ["rejected", "shortlisted", "rejected", "shortlisted"]
            .map(|to| {
                let office = &office;
                scope.spawn(move || moved(office, one, &json!({ "to": to })).status)
            })
            .into();
        asking.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    let stage = body(&office.get(&format!("/api/v1/applications/{}", one["id"].as_str().unwrap())));
    // Whoever was first, a rejection is the end of it, and nothing follows.
    assert_eq!(stage["stage"], "rejected");
}

#[test]
fn exports_have_every_row_and_no_formula() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let posted = office.posted(json!({"ref": "=1+1", "description": "=cmd|' /C calc'!A0"}));
    office.applied(2, &posted);
    let csv = office.get("/api/v1/export/vacancies");
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert!(csv.text().contains("'=1+1") && csv.text().contains("'=cmd") && !csv.text().contains(",=cmd"), "{csv:?}");
    let ndjson = office.get("/api/v1/export/vacancies?format=ndjson");
    let row: Value = serde_json::from_str(ndjson.text().lines().next().unwrap()).unwrap();
    let path = format!("/api/v1/vacancies/{}", posted["id"].as_str().unwrap());
    assert_eq!(row, body(&office.get(&path)));
    let applicants = office.get("/api/v1/export/applicants");
    assert!(applicants.text().contains("+250780000002") && applicants.text().lines().count() == 2, "{applicants:?}");
    let odd = office.get("/api/v1/export/applicants?format=xlsx");
    assert_eq!((odd.status, pointers(&odd)), (422, vec!["?format".to_owned()]));
}
