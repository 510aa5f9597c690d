//! What is sent by mistake or by malice: each gets a clear answer as a problem, and nothing happens.

use serde_json::json;

use super::{Call, Office, body, pointers, vacancy, world};

#[test]
fn what_is_no_request_of_this_api_is_told_as_a_problem() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let token = Some(office.token.text.as_str());
    let post = |content_type: Option<&'static str>, bytes: &[u8]| {
        let call = Call::new("POST", "/api/v1/vacancies", token);
        Call { content_type, body: bytes.to_vec(), ..call }.send(&world)
    };
    let json = Some("application/json");
    let cases = [
        (post(json, b"{\"trade\": "), 400),
        (post(json, b"\xff\xfe"), 400),
        (post(json, b"[1]"), 422),
        (post(Some("text/plain"), b"{}"), 415),
        (post(None, b"{}"), 415),
        (post(Some("application/json; charset=utf-8"), b"{}"), 422),
        (post(json, "[".repeat(10_000).as_bytes()), 400),
        (post(json, &vec![b' '; 300_000]), 413),
        (Call::new("DELETE", "/api/v1/vacancies", token).send(&world), 405),
        (Call::new("PUT", "/api/v1/me", None).send(&world), 405),
        (Call::new("GET", "/api/v1/nowhere", token).send(&world), 404),
        (Call::new("GET", "/api/v2/me", token).send(&world), 404),
        (Call::new("GET", "/api/v1/vacancies/7/nowhere", token).send(&world), 404),
        (office.get("/api/v1/vacancies?limit=0"), 422),
        (office.get("/api/v1/vacancies?limit=101"), 422),
        (office.get("/api/v1/vacancies?limit=1&limit=2"), 422),
        (office.get("/api/v1/vacancies?colour=red"), 422),
        (office.get("/api/v1/vacancies?cursor=zz"), 422),
        (office.get("/api/v1/vacancies?status=paid"), 422),
    ];
    for (at, (answer, status)) in cases.iter().enumerate() {
        assert_eq!(answer.status, *status, "case {at}: {answer:?}");
        pointers(answer);
        let problem = body(answer);
        assert!(problem["type"].as_str().unwrap().starts_with("urn:kaziline:problem:") && problem["title"].is_string());
    }
    assert_eq!(cases[8].0.header("allow"), "GET, POST");
    assert_eq!(body(&office.get("/api/v1/vacancies"))["items"].as_array().unwrap().len(), 0);
}

#[test]
fn texts_of_all_kinds_are_kept_as_texts() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    for (given, kept) in [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
        ("Walls\u{202e}loohcs a fo\u{202c}", "Wallsloohcs a fo"),
        ("'; DROP TABLE vacancy; --", "'; DROP TABLE vacancy; --"),
        ("\u{0}\u{7}a\r\n\tb", "a b"),
    ] {
        assert_eq!(office.posted(json!({ "description": given }))["description"], kept);
    }
    let mut long = vacancy();
    long["description"] = json!("x".repeat(5_000));
    let answer = office.post("/api/v1/vacancies", &long);
    assert_eq!((answer.status, pointers(&answer)), (422, vec!["/description".to_owned()]));
    assert!(answer.body.len() < 1_000, "what was sent is not sent back");
}

#[test]
fn a_note_is_kept_cleaned_and_bounded() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let posted = office.posted(json!({}));
    office.applied(2, &posted);
    let path = format!("/api/v1/applications/{}/notes", office.applicants(&posted)[0]["id"].as_str().unwrap());
    assert_eq!(office.post(&path, &json!({"text": "Good \u{202e}hands"})).status, 201);
    for bad in [json!({"text": "x".repeat(1_001)}), json!({"text": "\u{202e}"}), json!({"text": 7}), json!({})] {
        let answer = office.post(&path, &bad);
        assert_eq!((answer.status, pointers(&answer)), (422, vec!["/text".to_owned()]), "{answer:?}");
    }
    let notes = body(&office.get(&path));
    assert_eq!((notes["items"].as_array().unwrap().len(), notes["items"][0]["text"].as_str()), (1, Some("Good hands")));
    let log = world.stop().log.join("\n");
    assert!(!log.contains("hands"), "{log}");
}
