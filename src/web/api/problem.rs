//! What is answered when something is not done: `application/problem+json` (RFC 9457), with every fault at once.
//!
//! A problem repeats what the asker sent, cut short, and nothing of anybody else.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{actions, market, outbox, storage};

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(super) struct Pointed {
    /// Where: a JSON pointer into the body, or `?name` for a parameter of the address.
    pub(super) pointer: String,
    /// What is wrong, and what would be right.
    pub(super) detail: String,
}

/// Why a request was not carried out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Problem {
    /// A name of the kind of problem that stays: `urn:kaziline:problem:` and a word.
    #[serde(rename = "type")]
    kind: String,
    /// The same in words.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// What is the matter this time.
    detail: String,
    /// Everything that is wrong with the request; left out where that is not the matter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Pointed>,
    #[serde(skip)]
    headers: Vec<(HeaderName, String)>,
}

impl Problem {
    /// A problem of a kind.
    pub(super) fn new(status: StatusCode, word: &str, title: &'static str, detail: impl Into<String>) -> Problem {
        Problem {
            kind: format!("urn:kaziline:problem:{word}"),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// With a header.
    #[must_use]
    pub(super) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Problem {
        self.headers.push((name, value.into()));
        self
    }

    /// What is not there, or is another employer's: which of the two is not told.
    pub(super) fn not_found(what: &str) -> Problem {
        let detail = format!("There is no such {what} of this employer.");
        Problem::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    }

    /// What cannot be done as things stand.
    pub(super) fn conflict(word: &str, detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::CONFLICT, word, "Not possible as things stand", detail)
    }

    /// Faults in what was sent.
    pub(super) fn invalid(errors: Vec<Pointed>) -> Problem {
        let detail = match errors.len() {
            1 => "One thing in the request cannot be used.".to_owned(),
            many => format!("{many} things in the request cannot be used."),
        };
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Problem { errors, ..Problem::new(status, "invalid", "The request cannot be used", detail) }
    }

    /// One fault at a place.
    pub(super) fn at(pointer: &str, detail: impl Into<String>) -> Problem {
        Problem::invalid(vec![Pointed { pointer: pointer.to_owned(), detail: detail.into() }])
    }

    /// The store cannot do it now; the same request may be sent again.
    pub(super) fn not_now() -> Problem {
        use axum::http::header::RETRY_AFTER;
        let detail = "The service cannot do this at present. Send the same request again; with an Idempotency-Key nothing \
            is done twice.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-now", "Not at present", detail).with(RETRY_AFTER, "2")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// Why a unit of work is undone: for the asker to mend, or a fault of the machine.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The asker is told.
    Told(Box<Problem>),
    /// The machine's.
    Fault(market::Fault),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Refusal::Told(Box::new(problem))
    }
}

impl From<market::Fault> for Refusal {
    fn from(fault: market::Fault) -> Self {
        Refusal::Fault(fault)
    }
}

impl From<actions::Fault> for Refusal {
    fn from(fault: actions::Fault) -> Self {
        const UNREADABLE: storage::Error = storage::Error::Corrupt { what: "a move cannot be told of" };
        match fault {
            actions::Fault::Storage(error) => error.into(),
            actions::Fault::Market(fault) => fault.into(),
            actions::Fault::Outbox(error) => error.into(),
            _ => UNREADABLE.into(),
        }
    }
}

impl From<storage::Error> for Refusal {
    fn from(error: storage::Error) -> Self {
        Refusal::Fault(error.into())
    }
}

impl From<outbox::Error> for Refusal {
    fn from(error: outbox::Error) -> Self {
        Refusal::Fault(match error {
            outbox::Error::Storage(error) => error.into(),
            outbox::Error::OutOfBounds(what) => market::Fault::Gone(what),
        })
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Told(problem) => *problem,
            Refusal::Fault(fault) => {
                let is_passing = matches!(&fault, market::Fault::Storage(error) if error.is_passing());
                if !is_passing {
                    tracing::error!(%fault, "a request of the API could not be carried out");
                }
                Problem::not_now()
            }
        }
    }
}
