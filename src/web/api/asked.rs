//! What was asked: the head, the parameters of the address and the body of a request, read once for every resource.
//!
//! A body is one JSON object. Everything that is wrong in it is told at once, each with its place; a field that nobody
//! reads is refused by its name, since a misspelt one would be lost without a word.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

use super::Api;
use super::guard::Caller;
use super::page::Cursor;
use super::problem::{Pointed, Problem};
use crate::market::asked_before::KEY_CHARS_MAX;
use crate::text::folding;

/// Rows of a page when no number is asked for, and at most.
const PAGE_ROWS: i64 = 25;
const PAGE_ROWS_MAX: i64 = 100;
/// Characters of a word that a fault repeats.
const SHOWN_CHARS: usize = 40;

/// A request that only asks.
#[derive(Debug)]
pub(super) struct Asked {
    /// Who asks.
    pub(super) caller: Caller,
    /// The number in the address; `None` when there is none, or it is no number.
    pub(super) id: Option<i64>,
    /// What `If-Match` names.
    pub(super) if_match: Option<String>,
    params: Vec<(String, String)>,
}

impl Asked {
    async fn of(parts: &mut Parts, api: &Arc<Api>) -> Result<Asked, Problem> {
        // Set by the guard: a request that did not pass it has nobody behind it.
        let caller = parts.extensions.get::<Caller>().cloned().ok_or_else(|| Problem::not_found("resource"))?;
        let id = RawPathParams::from_request_parts(parts, api).await.ok();
        let id = id.and_then(|params| params.iter().find(|(name, _)| *name == "id").map(|(_, id)| number(id)));
        let params = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let params = params.map_err(|_| Problem::at("?", "the parameters of the address cannot be read"))?.0;
        let if_match = text_of(&parts.headers, IF_MATCH.as_str());
        Ok(Asked { caller, id: id.flatten(), if_match, params })
    }

    /// The parameters that this address knows, and a fault for every other one.
    pub(super) fn params(&self, known: &[&str]) -> Result<Params<'_>, Problem> {
        let mut errors: Vec<Pointed> = Vec::new();
        for (at, (name, _)) in self.params.iter().enumerate() {
            let shown = shown(name);
            if !known.contains(&name.as_str()) {
                let detail = format!("unknown parameter; known here: {}", known.join(", "));
                errors.push(Pointed { pointer: format!("?{shown}"), detail });
            } else if self.params.iter().take(at).any(|(before, _)| before == name) {
                errors.push(Pointed { pointer: format!("?{shown}"), detail: "given twice".to_owned() });
            }
        }
        if errors.is_empty() { Ok(Params { params: &self.params }) } else { Err(Problem::invalid(errors)) }
    }
}

/// Parameters of an address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Params<'a> {
    params: &'a [(String, String)],
}

impl<'a> Params<'a> {
    /// The text of one; `None` when it is not given.
    pub(super) fn text(self, name: &str) -> Option<&'a str> {
        self.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// One of some words.
    pub(super) fn word<T>(
        self,
        name: &str,
        allowed: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let read = |text: &str| {
            let detail = format!("`{}` cannot be used; allowed: {allowed}", shown(text));
            read(text).ok_or_else(|| Problem::at(&format!("?{name}"), detail))
        };
        self.text(name).map(read).transpose()
    }

    /// How many rows a page is to have.
    pub(super) fn limit(self) -> Result<i64, Problem> {
        let allowed = format!("a whole number from 1 to {PAGE_ROWS_MAX}");
        let limit =
            self.word("limit", &allowed, |text| text.parse().ok().filter(|rows| (1..=PAGE_ROWS_MAX).contains(rows)))?;
        Ok(limit.unwrap_or(PAGE_ROWS))
    }

    /// Where a page begins, in the list of this name.
    pub(super) fn cursor(self, list: &str) -> Result<Option<Cursor>, Problem> {
        self.word("cursor", "`next` of an earlier page of the same list", |text| Cursor::read(text, list))
    }
}

impl FromRequestParts<Arc<Api>> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        Asked::of(parts, api).await
    }
}

/// A request that changes something.
#[derive(Debug)]
pub(super) struct Order {
    /// Its head.
    pub(super) asked: Asked,
    /// `Idempotency-Key`
    pub(super) key: Option<String>,
    /// All of it, to be known again.
    pub(super) whole: Vec<u8>,
    /// The object that was sent; empty when no body was.
    pub(super) body: Map<String, Value>,
}

impl FromRequest<Arc<Api>> for Order {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Arc<Api>) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let asked = Asked::of(&mut parts, api).await?;
        let key = key(&parts.headers)?;
        let most = api.limits.body_bytes_max;
        let too_large = || {
            let detail = format!("A body has at most {most} bytes.");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large", detail)
        };
        let announced = text_of(&parts.headers, CONTENT_LENGTH.as_str()).and_then(|length| length.parse().ok());
        if announced.is_some_and(|length: usize| length > most) {
            return Err(too_large());
        }
        let limit = Duration::from_millis(api.limits.body_read_ms);
        let bytes = match tokio::time::timeout(limit, to_bytes(body, most)).await {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(_)) => return Err(too_large()),
            Err(_) => {
                let detail = "The body did not come in time.";
                return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "too-slow", "Too slow", detail));
            }
        };
        let body = if bytes.is_empty() { Map::new() } else { object(&parts.headers, &bytes)? };
        let mut whole = format!("{} {}\n", parts.method, parts.uri.path()).into_bytes();
        whole.extend_from_slice(&bytes);
        Ok(Order { asked, key, whole, body })
    }
}

/// `Idempotency-Key`, if it is there.
fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    const NAME: &str = "idempotency-key";
    let Some(value) = headers.get(NAME) else { return Ok(None) };
    let key = value.to_str().ok().map(str::trim).filter(|key| !key.is_empty() && key.len() <= KEY_CHARS_MAX);
    let refused = || {
        let detail = format!("Idempotency-Key has 1 to {KEY_CHARS_MAX} characters of ASCII.");
        Problem::new(StatusCode::BAD_REQUEST, "bad-key", "The key cannot be used", detail)
    };
    key.map(|key| Some(key.to_owned())).ok_or_else(refused)
}

fn object(headers: &HeaderMap, bytes: &Bytes) -> Result<Map<String, Value>, Problem> {
    let content_type = text_of(headers, CONTENT_TYPE.as_str()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        let detail = "Send the body as application/json.";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", "Another type of body", detail));
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Problem::at("", "the body must be one JSON object")),
        Err(error) => {
            let detail = format!("The body is no JSON from line {}, column {} on.", error.line(), error.column());
            Err(Problem::new(StatusCode::BAD_REQUEST, "malformed", "Malformed JSON", detail))
        }
    }
}

fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// An identifier as it stands in addresses and bodies.
pub(super) fn number(text: &str) -> Option<i64> {
    let is_plain = !text.is_empty() && text.len() <= 19 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

/// A word as a fault repeats it: short, on one line.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// An object as its fields are taken out of it.
#[derive(Debug)]
pub(super) struct Fields {
    object: Map<String, Value>,
    place: String,
    known: Vec<&'static str>,
    errors: Vec<Pointed>,
}

impl Fields {
    /// The fields of an object at a place; empty: the whole body.
    pub(super) fn of(object: Map<String, Value>, place: &str) -> Fields {
        Fields { object, place: place.to_owned(), known: Vec::new(), errors: Vec::new() }
    }

    /// Says that something is wrong with a field.
    pub(super) fn fault(&mut self, name: &str, detail: impl Into<String>) {
        let name = name.replace('~', "~0").replace('/', "~1");
        self.errors.push(Pointed { pointer: format!("{}/{name}", self.place), detail: detail.into() });
    }

    /// The value of a field; `None` when it is not given, or null.
    pub(super) fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.object.remove(name).filter(|value| !value.is_null())
    }

    /// A cleaned text of at most so many characters, which is not repeated in a fault.
    pub(super) fn text(&mut self, name: &'static str, chars_max: usize) -> Option<String> {
        let Value::String(text) = self.take(name)? else {
            self.fault(name, "must be a text");
            return None;
        };
        let text = folding::clean(&text);
        match text.chars().count() {
            0 => self.fault(name, format!("nothing is left of it; a text of at most {chars_max} characters")),
            chars if chars > chars_max => {
                self.fault(name, format!("it has {chars} characters; at most {chars_max}"));
            }
            _ => return Some(text),
        }
        None
    }

    /// What a text or a number stands for.
    pub(super) fn value<T>(
        &mut self,
        name: &'static str,
        allowed: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = match self.take(name)? {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(yes) => yes.to_string(),
            _ => String::new(),
        };
        let value = read(text.trim());
        if value.is_none() {
            self.fault(name, format!("`{}` cannot be used; allowed: {allowed}", shown(&text)));
        }
        value
    }

    /// Says that a field is missing, unless it was given and is wrong already.
    pub(super) fn need<T>(&mut self, name: &'static str, value: Option<T>, allowed: &str) -> Option<T> {
        let pointer = format!("{}/{name}", self.place);
        if value.is_none() && self.errors.iter().all(|error| error.pointer != pointer) {
            self.fault(name, format!("nothing is given; allowed: {allowed}"));
        }
        value
    }

    /// An object inside.
    pub(super) fn inside(&mut self, name: &'static str) -> Option<Fields> {
        if let Value::Object(object) = self.take(name)? {
            return Some(Fields::of(object, &format!("{}/{name}", self.place)));
        }
        self.fault(name, "must be an object");
        None
    }

    /// A list inside, of at most so many.
    pub(super) fn list(&mut self, name: &'static str, most: usize) -> Vec<Value> {
        match self.take(name) {
            None => Vec::new(),
            Some(Value::Array(list)) if list.len() <= most => list,
            Some(Value::Array(list)) => {
                self.fault(name, format!("it has {} elements; at most {most}", list.len()));
                Vec::new()
            }
            Some(_) => {
                self.fault(name, "must be a list");
                Vec::new()
            }
        }
    }

    /// Takes over the faults of an object inside, with its unknown fields.
    pub(super) fn close(&mut self, inside: Fields) {
        self.errors.extend(inside.all_errors());
    }

    /// Everything that is wrong, the fields that nobody took among it.
    pub(super) fn all_errors(mut self) -> Vec<Pointed> {
        let unknown: Vec<String> = self.object.keys().cloned().collect();
        let known = self.known.join(", ");
        for name in unknown {
            self.fault(&shown(&name), format!("unknown field; known here: {known}"));
        }
        self.errors
    }

    /// The result, if nothing is wrong.
    pub(super) fn end<T>(self, result: Option<T>) -> Result<T, Problem> {
        match (result, self.all_errors()) {
            (Some(result), errors) if errors.is_empty() => Ok(result),
            (_, errors) => Err(Problem::invalid(errors)),
        }
    }
}
