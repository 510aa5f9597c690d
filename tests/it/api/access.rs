//! Every address of the API with every kind of token and with everybody's rows, read from the document that describes it: a
//! new address is in this test when it is in the document, and open to nobody when it is not.

use serde_json::{Value, json};

use super::{ALL, Call, Made, Office, body, employer, pointers, token, vacancy, world};
use crate::support::World;

/// One operation of the document.
struct Operation {
    method: String,
    path: String,
    scope: Option<String>,
    body: Option<Value>,
}

fn operations(world: &World) -> Vec<Operation> {
    let document = body(&world.get("/api/openapi.json"));
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, about) in methods.as_object().unwrap() {
            let scopes = about["security"][0]["token"].as_array().unwrap();
            let schema = about["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str();
            let body = schema.map(|schema| {
                let schema = &document["components"]["schemas"][schema.rsplit('/').next().unwrap()];
                sample(&document, schema)
            });
            operations.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                scope: scopes.first().map(|scope| scope.as_str().unwrap().to_owned()),
                body,
            });
        }
    }
    assert!(operations.len() >= 30, "{}", operations.len());
    operations
}

/// A body with every field that the schema has, by its examples.
fn sample(document: &Value, schema: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str() {
        return sample(document, &document["components"]["schemas"][name.rsplit('/').next().unwrap()]);
    }
    if let Some(example) = schema.get("example") {
        return example.clone();
    }
    let one_of = schema["oneOf"].as_array().into_iter().flatten().find(|one| one["$ref"].is_string());
    if let Some(one) = one_of {
        return sample(document, one);
    }
    if let Some(properties) = schema["properties"].as_object() {
        let fields = properties.iter().map(|(name, field)| (name.clone(), sample(document, field)));
        return Value::Object(fields.collect());
    }
    match schema["type"].as_str().or(schema["type"][0].as_str()) {
        Some("array") => json!([sample(document, &schema["items"])]),
        Some("boolean") => json!(false),
        Some("integer") => json!(1),
        _ => json!("text"),
    }
}

/// One of each thing that an employer has.
struct Rows {
    vacancy: String,
    application: String,
    webhook: String,
    booking: String,
}

impl Rows {
    fn of(office: &Office<'_>) -> Rows {
        let posted = office.posted(json!({}));
        office.applied(2, &posted);
        let hook = office.post("/api/v1/webhooks", &json!({"url": "https://employer.example/hooks"}));
        assert_eq!(hook.status, 201, "{hook:?}");
        office.with_contact(&format!("+2507886{}", &office.employer[office.employer.len() - 5..]));
        let booked = office.post("/api/v1/bookings", &super::bookings::wanted());
        assert_eq!(booked.status, 201, "{booked:?}");
        Rows {
            vacancy: posted["id"].as_str().unwrap().to_owned(),
            application: office.applicants(&posted)[0]["id"].as_str().unwrap().to_owned(),
            webhook: body(&hook)["id"].as_str().unwrap().to_owned(),
            booking: body(&booked)["id"].as_str().unwrap().to_owned(),
        }
    }

    /// The address with the row that it is about; `None` when it is about none.
    fn path(&self, path: &str) -> Option<String> {
        let id = if path.contains("/vacancies/") {
            &self.vacancy
        } else if path.contains("/applications/") {
            &self.application
        } else if path.contains("/bookings/") {
            &self.booking
        } else {
            &self.webhook
        };
        path.contains("{id}").then(|| path.replace("{id}", id))
    }
}

fn send(world: &World, operation: &Operation, path: &str, token: Option<&str>) -> crate::support::Answer {
    let mut call = Call::new(&operation.method, path, token).with("if-match", "*");
    if let Some(body) = &operation.body {
        call = call.json(body);
    }
    call.send(world)
}

#[test]
fn no_address_opens_without_a_token_of_its_scope() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let rows = Rows::of(&office);
    let revoked = token(&world, &office.employer, ALL);
    assert!(world.command(&["token", "revoke", &revoked.id, "--data", "kaziline-demo"]).status.success());
    let by_scope: Vec<(&str, Made)> =
        ALL.split(',').map(|scope| (scope, token(&world, &office.employer, scope))).collect();
    let unknown = format!("kzl_{}", "0".repeat(64));
    for operation in operations(&world) {
        let Operation { method, path, scope, .. } = &operation;
        let at = rows.path(path).unwrap_or_else(|| path.clone());
        for wrong in [None, Some(unknown.as_str()), Some(revoked.text.as_str()), Some("x"), Some("")] {
            let answer = send(&world, &operation, &at, wrong);
            assert_eq!(answer.status, 401, "{method} {path}: {answer:?}");
            assert!(answer.header("www-authenticate").starts_with("Bearer"));
            pointers(&answer);
        }
        for (has, token) in &by_scope {
            let may = scope.as_deref().is_none_or(|scope| scope == *has);
            if may {
                continue;
            }
            let answer = send(&world, &operation, &at, Some(&token.text));
            assert_eq!(answer.status, 403, "{method} {path} with {has}: {answer:?}");
            assert!(body(&answer)["detail"].as_str().unwrap().contains(scope.as_deref().unwrap()));
        }
    }
}

#[test]
fn nobody_reads_or_changes_anothers_rows() {
    let world = world();
    let (ours, theirs) = (Office::new(&world, "EMMA Ltd"), Office::new(&world, "UBUMWE Ltd"));
    let rows = Rows::of(&theirs);
    let before =
        (theirs.get("/api/v1/vacancies"), theirs.get("/api/v1/webhooks"), theirs.get("/api/v1/export/applicants"));
    let nobodys =
        Rows { vacancy: "7".to_owned(), application: "7".to_owned(), webhook: "7".to_owned(), booking: "7".to_owned() };
    let odd = Rows {
        vacancy: "x%FF".to_owned(),
        application: "-1".to_owned(),
        webhook: "9".repeat(40),
        booking: "x".to_owned(),
    };
    for operation in operations(&world) {
        let Operation { method, path, .. } = &operation;
        for (whose, rows) in [("another's", &rows), ("nobody's", &nobodys), ("odd", &odd)] {
            let Some(path) = rows.path(path) else { continue };
            let answer = send(&world, &operation, &path, Some(&ours.token.text));
            assert_eq!(answer.status, 404, "{whose} {method} {path}: {answer:?}");
            pointers(&answer);
        }
        if !path.contains("{id}") && method == "GET" {
            let answer = send(&world, &operation, path, Some(&ours.token.text));
            assert_eq!(answer.status, 200, "{method} {path}: {answer:?}");
            for id in [&rows.vacancy, &rows.application, &rows.webhook, &rows.booking] {
                assert!(!answer.text().contains(id.as_str()), "{method} {path}: {answer:?}");
            }
        }
    }
    let moves = json!({"moves": [{"application": rows.application, "to": "rejected"}]});
    let answer = body(&ours.post("/api/v1/stage-moves", &moves));
    assert_eq!((answer["moved"].as_i64(), answer["results"][0]["outcome"].as_str()), (Some(0), Some("not_found")));
    let after =
        (theirs.get("/api/v1/vacancies"), theirs.get("/api/v1/webhooks"), theirs.get("/api/v1/export/applicants"));
    assert_eq!(before.0.text(), after.0.text());
    assert_eq!((before.1.text(), before.2.text()), (after.1.text(), after.2.text()));
}

#[test]
fn every_operation_does_its_work_with_the_bodies_that_the_document_shows() {
    let world = world();
    for operation in operations(&world) {
        // Rows of its own each time: some operations end what they are about.
        let office = Office::new(
            &world,
            &format!("{} {}", operation.method, operation.path).chars().take(60).collect::<String>(),
        );
        let rows = Rows::of(&office);
        let path = rows.path(&operation.path).unwrap_or_else(|| operation.path.clone());
        let answer = send(&world, &operation, &path, Some(&office.token.text));
        let (method, text) = (&operation.method, answer.text());
        // Days and references of the examples are not of this test; that every field is known is.
        assert!(!text.contains("unknown field"), "{method} {path}: {text}");
        assert!([200, 201, 202, 204, 409, 422].contains(&answer.status), "{method} {path}: {answer:?}");
        if operation.body.is_none() {
            assert!(answer.status < 300 || path.ends_with("/resume"), "{method} {path}: {answer:?}");
        } else {
            let mut odd = operation.body.clone().unwrap();
            odd["xyzzy"] = json!(1);
            let call = Call::new(method, &path, Some(&office.token.text)).with("if-match", "*").json(&odd);
            let answer = call.send(&world);
            assert_eq!(answer.status, 422, "{method} {path}: {answer:?}");
            assert!(pointers(&answer).contains(&"/xyzzy".to_owned()), "{method} {path}: {answer:?}");
        }
    }
}

#[test]
fn a_token_of_one_employer_posts_for_that_one_whatever_it_sends() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let other = employer(&world, "UBUMWE Ltd");
    let mut given = vacancy();
    given["employer_id"] = json!(other);
    given["employer"] = json!("UBUMWE Ltd");
    let answer = office.post("/api/v1/vacancies", &given);
    assert_eq!((answer.status, pointers(&answer)), (422, vec!["/employer".to_owned(), "/employer_id".to_owned()]));
}
