//! Endpoints over the API: public addresses alone, a secret that is shown once, an event that arrives.

use serde_json::json;

use super::{Office, body, pointers, world};

#[test]
fn an_endpoint_is_added_listed_told_rotated_and_deleted() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let given = json!({"url": "https://employer.example/hooks?key=hunter2", "kinds": ["application"]});
    let added = body(&office.post("/api/v1/webhooks", &given));
    assert!(added["secret"].as_str().unwrap().starts_with("whsec_"));
    let path = |rest: &str| format!("/api/v1/webhooks/{}{rest}", added["id"].as_str().unwrap());
    let listed = office.get("/api/v1/webhooks");
    assert_eq!(body(&listed)["items"][0]["url"], "https://employer.example/hooks");
    assert!(!listed.text().contains("whsec_"));
    let rotated = body(&office.call("POST", &path("/rotate")).send(&world));
    assert_ne!(rotated["secret"], added["secret"]);
    assert_eq!(office.call("POST", &path("/test")).send(&world).status, 202);
    assert!(world.messages().iter().any(|message| message["template"] == "event"));
    assert_eq!(office.call("DELETE", &path("")).send(&world).status, 204);
    assert_eq!(office.call("DELETE", &path("")).send(&world).status, 404);
}

/// Events tell who applied, to wherever an endpoint says: moving applications is not enough to say where.
#[test]
fn who_may_move_applications_may_not_say_where_events_go() {
    let world = world();
    let employer = super::employer(&world, "EMMA Ltd");
    let hook = json!({"url": "https://employer.example/hook"});
    for (scopes, status) in [("applicants:read,applicants:write", 403), ("webhooks:write", 201)] {
        let token = super::token(&world, &employer, scopes);
        let answer = super::Call::new("POST", "/api/v1/webhooks", Some(&token.text)).json(&hook).send(&world);
        assert_eq!(answer.status, status, "{scopes}: {answer:?}");
    }
}

#[test]
fn addresses_that_are_not_public_and_an_eleventh_endpoint_are_refused() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    for url in ["http://employer.example/", "https://127.0.0.1/", "https://10.0.0.1:8443/", "https://localhost/x", "x"]
    {
        let answer = office.post("/api/v1/webhooks", &json!({ "url": url }));
        assert_eq!((answer.status, pointers(&answer)), (422, vec!["/url".to_owned()]), "{url}");
    }
    let odd = json!({"url": "https://a.example/", "kinds": ["Application", 7], "contact": "nobody"});
    assert_eq!(pointers(&office.post("/api/v1/webhooks", &odd)), ["/contact", "/kinds", "/kinds"]);
    for at in 0..10 {
        let url = format!("https://employer.example/{at}");
        assert_eq!(office.post("/api/v1/webhooks", &json!({ "url": url })).status, 201);
    }
    assert_eq!(office.post("/api/v1/webhooks", &json!({"url": "https://a.example/"})).status, 409);
}
