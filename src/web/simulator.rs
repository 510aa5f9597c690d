//! `/simulator`: the phone page, and the two answers that it asks for. Only with `--demo` or `--simulator`: everybody who
//! can reach it reads everybody's SMS.

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::digest;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::header::{HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::Web;
use crate::text::segments;

/// How often the page asks for new messages, in milliseconds: an SMS is felt to come at once.
const SMS_POLL_MS: u32 = 1_000;

/// What every page of ours sends along: nothing from elsewhere, no guessing of types, no address told to others.
const PAGE_HEADERS: [(HeaderName, &str); 3] = [
    (CONTENT_SECURITY_POLICY, "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
];

/// One file of the page, compiled in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asset {
    pub(super) content_type: &'static str,
    pub(super) bytes: &'static [u8],
}

pub(super) const PAGE: Asset =
    Asset { content_type: "text/html; charset=utf-8", bytes: include_bytes!("../../simulator/index.html") };
pub(super) const STYLE: Asset =
    Asset { content_type: "text/css; charset=utf-8", bytes: include_bytes!("../../simulator/simulator.css") };
pub(super) const SCRIPT: Asset =
    Asset { content_type: "text/javascript; charset=utf-8", bytes: include_bytes!("../../simulator/simulator.js") };
pub(super) const ICON: Asset =
    Asset { content_type: "image/svg+xml", bytes: include_bytes!("../../simulator/icon.svg") };

impl Asset {
    /// The file, or 304 when the browser has it: it asks each time, so that a new program's page is seen at once.
    pub(super) fn answer(self, asked: &HeaderMap) -> Response {
        let hash = digest::digest(&digest::SHA256, self.bytes);
        let hash = hash.as_ref().first_chunk().map_or(0, |head| u64::from_be_bytes(*head));
        let tag = format!("\"{hash:016x}\"");
        let known = asked.get(IF_NONE_MATCH).and_then(|tags| tags.to_str().ok()).unwrap_or_default();
        let mut response = if known.split(',').any(|known| known.trim().trim_start_matches("W/") == tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            self.bytes.into_response()
        };
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(ETAG, tag);
        }
        with_page_headers(response)
    }
}

fn with_page_headers(mut response: Response) -> Response {
    for (name, value) in PAGE_HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// What the page needs to know of the service.
#[derive(Serialize)]
struct PageConfig {
    service_code: String,
    country_code: String,
    suggested_number: String,
    sms_poll_ms: u32,
}

/// `/simulator/config`
pub(super) async fn config(State(web): State<Arc<Web>>) -> Response {
    let phone = &web.service.host.country.phone;
    let config = PageConfig {
        service_code: web.service.host.short_code.clone(),
        country_code: phone.calling_code.clone(),
        suggested_number: suggested_number(&phone.calling_code, phone.national_digits, phone.operators.first()),
        sms_poll_ms: SMS_POLL_MS,
    };
    private(Json(config).into_response())
}

/// A number of the country's first network that looks invented: its prefix, zeros, and a one.
fn suggested_number(calling_code: &str, national_digits: usize, operator: Option<&crate::country::Operator>) -> String {
    let prefix = operator.and_then(|operator| operator.prefixes.first()).map_or("", String::as_str);
    let zeros = national_digits.saturating_sub(prefix.len() + 1);
    format!("+{calling_code}{prefix}{}1", "0".repeat(zeros))
}

/// `/simulator/inbox?number=...&after=...`
#[derive(Deserialize)]
pub(super) struct InboxQuery {
    number: String,
    #[serde(default)]
    after: u64,
}

/// One SMS on a phone of the simulator.
#[derive(Debug, Serialize, Deserialize)]
pub struct Sms {
    /// Counts up over all phones.
    pub id: u64,
    /// The whole text.
    pub text: String,
    /// When it came, in milliseconds since the epoch.
    pub at_ms: i64,
    /// SMS segments.
    pub segments: usize,
}

/// The messages to a number, oldest first: what the page and `dial --url` read.
pub(super) async fn inbox(State(web): State<Arc<Web>>, Query(query): Query<InboxQuery>) -> Response {
    let phone = &web.service.host.country.phone;
    let Ok(number) = phone.parse(&query.number) else {
        return private((StatusCode::BAD_REQUEST, "This is not a phone number.\n").into_response());
    };
    let received = web.inbox.as_ref().map(|inbox| inbox.messages_to(number.as_str(), query.after)).unwrap_or_default();
    let messages: Vec<Sms> = received
        .into_iter()
        .map(|sms| Sms { segments: segments::plan(&sms.text).segments, id: sms.id, at_ms: sms.at_ms, text: sms.text })
        .collect();
    private(Json(HashMap::from([("messages", messages)])).into_response())
}

/// What belongs to one phone is kept by nobody on the way.
fn private(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    with_page_headers(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_file_is_not_sent_again() {
        let first = SCRIPT.answer(&HeaderMap::new());
        assert_eq!((first.status(), first.headers()[CACHE_CONTROL].as_bytes()), (StatusCode::OK, &b"no-cache"[..]));
        assert!(first.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("default-src 'self'"));
        let tag = first.headers()[ETAG].clone();
        let again = HeaderMap::from_iter([(IF_NONE_MATCH, tag.clone())]);
        assert_eq!(SCRIPT.answer(&again).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(STYLE.answer(&again).status(), StatusCode::OK);
    }

    #[test]
    fn the_suggested_number_is_whole() {
        let operator = crate::country::Operator { name: "MTN".into(), prefixes: vec!["78".into()] };
        assert_eq!(suggested_number("250", 9, Some(&operator)), "+250780000001");
    }
}
