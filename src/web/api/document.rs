//! The API described: `/api/openapi.json` for programs, and a page for people that shows that document and nothing from
//! elsewhere.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use utoipa::OpenApi;

use super::problem::Problem;
use super::{Api, applicants, bookings, export, me, notes, questions, schema, selection, stages, vacancies, webhooks};
use crate::web::simulator::Asset;

pub(super) const PAGE: Asset =
    Asset { content_type: "text/html; charset=utf-8", bytes: include_bytes!("docs/index.html") };
pub(super) const STYLE: Asset =
    Asset { content_type: "text/css; charset=utf-8", bytes: include_bytes!("docs/docs.css") };
pub(super) const SCRIPT: Asset =
    Asset { content_type: "text/javascript; charset=utf-8", bytes: include_bytes!("docs/docs.js") };

/// Every address of the API. One that is not here is open to nobody: `guard.rs` reads this document.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "Kaziline Employer API",
        version = "1",
        description = "Vacancies, applicants and bookings of one employer. Each request carries a token. Changes take an \
            Idempotency-Key, lists a cursor, and what goes wrong is told as application/problem+json."
    ),
    paths(
        me::me,
        vacancies::list,
        vacancies::create,
        vacancies::read,
        vacancies::change,
        vacancies::pause,
        vacancies::resume,
        vacancies::close,
        vacancies::changes,
        questions::read,
        questions::put,
        selection::read,
        applicants::list,
        applicants::read,
        stages::one,
        stages::many,
        notes::list,
        notes::add,
        bookings::list,
        bookings::create,
        bookings::read,
        bookings::cancel,
        bookings::pay,
        webhooks::list,
        webhooks::add,
        webhooks::remove,
        webhooks::rotate,
        webhooks::test,
        export::vacancies,
        export::applicants,
    ),
    components(schemas(Problem, schema::InterviewIn, schema::OfferIn, schema::MoveIn, schema::QuestionIn))
)]
struct Document;

/// The document.
pub(super) fn document() -> Value {
    // Derived from types: it is always JSON.
    let mut document = serde_json::to_value(Document::openapi()).unwrap_or_default();
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        let token = json!({"type": "http", "scheme": "bearer", "description":
            "A token of the form kzl_..., made by `kaziline token create`, with the scopes that an address names."});
        components.insert("securitySchemes".to_owned(), json!({ "token": token }));
    }
    describe_change(&mut document);
    let problem = json!({"description": "Why it was not done.", "content": {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}});
    let key = json!({"name": "Idempotency-Key", "in": "header", "required": false,
        "description": "A word of your own: the same request with it is carried out once within a day.",
        "schema": {"type": "string", "maxLength": crate::market::asked_before::KEY_CHARS_MAX}});
    let operations = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten();
    for (_, path) in operations {
        for (method, operation) in path.as_object_mut().into_iter().flatten() {
            if let Some(responses) = operation["responses"].as_object_mut() {
                responses.insert("default".to_owned(), problem.clone());
            }
            if method != "get" {
                match operation["parameters"].as_array_mut() {
                    Some(parameters) => parameters.push(key.clone()),
                    None => operation["parameters"] = json!([key]),
                }
            }
        }
    }
    document
}

/// A change of a vacancy has the fields of a vacancy, none of them required.
fn describe_change(document: &mut Value) {
    const BODY: &str = "/paths/~1api~1v1~1vacancies~1{id}/patch/requestBody/content/application~1json/schema/$ref";
    let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else { return };
    let Some(mut change) = schemas.get("VacancyIn").cloned() else { return };
    if let Some(shape) = change.as_object_mut() {
        shape.remove("required");
        let about = "What is to be changed in a vacancy: only that is sent, and `null` takes a value back.";
        shape.insert("description".to_owned(), json!(about));
    }
    for field in change.pointer_mut("/properties").and_then(Value::as_object_mut).into_iter().flatten() {
        if let Some(Value::String(about)) = field.1.get_mut("description") {
            *about = about.replace(" Required.", "");
        }
    }
    schemas.insert("VacancyChange".to_owned(), change);
    if let Some(reference) = document.pointer_mut(BODY) {
        *reference = json!("#/components/schemas/VacancyChange");
    }
}

/// `GET /api/openapi.json`
pub(super) async fn openapi(State(api): State<Arc<Api>>) -> Response {
    let mut response = api.document.clone().into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
