//! The document and the page that shows it: whole, from here, and nothing from elsewhere.

use serde_json::Value;

use super::{body, world};

/// Follows every reference.
fn walk(document: &Value, value: &Value) {
    match value {
        Value::Object(fields) => {
            if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                let pointer = reference.strip_prefix('#').unwrap();
                assert!(document.pointer(pointer).is_some(), "{reference}");
            }
            fields.values().for_each(|value| walk(document, value));
        }
        Value::Array(list) => list.iter().for_each(|value| walk(document, value)),
        _ => {}
    }
}

#[test]
fn the_document_names_only_what_it_has() {
    let world = world();
    let document = body(&world.get("/api/openapi.json"));
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    walk(&document, &document);
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, about) in methods.as_object().unwrap() {
            assert!(about["summary"].is_string() && about["operationId"].is_string(), "{method} {path}");
            let problem = &about["responses"]["default"]["content"]["application/problem+json"];
            assert!(problem.is_object(), "{method} {path}");
        }
    }
}

#[test]
fn a_change_needs_no_field_and_a_posting_its_own() {
    let world = world();
    let document = body(&world.get("/api/openapi.json"));
    let shape = |path: &str, method: &str| {
        let schema = &document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        document.pointer(schema.as_str().unwrap().trim_start_matches('#')).unwrap().clone()
    };
    let (posted, changed) = (shape("/api/v1/vacancies", "post"), shape("/api/v1/vacancies/{id}", "patch"));
    assert_eq!(posted["required"], serde_json::json!(["trade", "kind"]));
    assert_eq!((&changed["required"], changed.to_string().contains("Required.")), (&Value::Null, false));
    let names = |shape: &Value| shape["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&posted), names(&changed));
}

#[test]
fn the_page_comes_from_here_alone() {
    let world = world();
    let page = world.get("/api/docs");
    assert_eq!(page.status, 200);
    assert!(page.header("content-security-policy").starts_with("default-src 'self'"));
    for file in ["/api/docs/docs.css", "/api/docs/docs.js"] {
        assert!(page.text().contains(file));
        assert_eq!(world.get(file).status, 200);
    }
    for file in ["/api/docs", "/api/docs/docs.css", "/api/docs/docs.js"] {
        let answer = world.get(file);
        assert!(!answer.text().contains("http://") && !answer.text().contains("https://"), "{file}");
        assert!(!answer.text().contains("innerHTML"), "{file}");
    }
}
