//! Changes: one transaction each, carried out once however often it is asked for.
//!
//! With an `Idempotency-Key` the answer is kept in the transaction that did the work: who asks again gets the same answer.
//! While the first is under way the second is told so.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LOCATION, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::Api;
use super::asked::Order;
use super::guard::Caller;
use super::problem::{Problem, Refusal};
use crate::market::asked_before::{self, Asked, Before};
use crate::market::{self};
use crate::storage::{Error, IdBlock, Tx, Work};

/// Milliseconds within which a change must have begun.
const DEADLINE_MS: i64 = 10_000;
/// Times that a change is run, when others were first or its commit is uncertain.
const RUNS_MAX: u32 = 5;
/// Tells that an answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// An answer, as it is given and kept.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
    pub(super) etag: Option<String>,
    pub(super) location: Option<String>,
}

/// It may name people.
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer({})", self.status)
    }
}

impl Answer {
    /// A status and what is told with it.
    pub(super) fn of(status: StatusCode, body: &impl Serialize) -> Result<Answer, Refusal> {
        const FAULT: Error = Error::Corrupt { what: "an answer of the API is no JSON" };
        let body = serde_json::to_string(body).map_err(|_| FAULT)?;
        Ok(Answer { status: status.as_u16(), body, etag: None, location: None })
    }

    /// Done, with nothing to tell.
    pub(super) fn nothing() -> Answer {
        Answer { status: StatusCode::NO_CONTENT.as_u16(), body: String::new(), etag: None, location: None }
    }

    /// The answer as it leaves.
    pub(super) fn response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let headers = response.headers_mut();
        if !self.body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        // It is one employer's, and may name people.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in [(ETAG, self.etag), (LOCATION, self.location)] {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                headers.insert(name, value);
            }
        }
        *response.body_mut() = Body::from(self.body);
        response
    }
}

/// What is told when something was only looked up.
pub(super) fn told(body: &impl Serialize) -> Result<Response, Problem> {
    Ok(Answer::of(StatusCode::OK, body).map_err(Problem::from)?.response())
}

/// An answer, marked where it was given before.
pub(super) fn marked(mut response: Response, is_replayed: bool) -> Response {
    if is_replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// Keys under which something is under way on this node.
#[derive(Debug, Default)]
pub(super) struct Running(Mutex<HashSet<(i64, [u8; 32])>>);

/// Gives a key free again, whatever became of the work.
struct Underway<'a> {
    running: &'a Running,
    name: (i64, [u8; 32]),
}

impl Running {
    fn begin(&self, name: (i64, [u8; 32])) -> Option<Underway<'_>> {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Not made unless it is ours: its end would take the key from whoever has it.
        names.insert(name).then(|| Underway { running: self, name })
    }
}

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

/// What a change works with: the identifiers and the time that were made for it.
#[derive(Debug)]
pub(super) struct Cx {
    /// Identifiers.
    pub(super) ids: IdBlock,
    /// The time.
    pub(super) now_ms: i64,
}

impl Api {
    /// Carries out a change and answers.
    pub(super) async fn write<F>(&self, order: &Order, work: F) -> Result<Response, Problem>
    where
        F: Fn(&mut Tx<'_>, &mut Cx) -> Result<Answer, Refusal> + Send + Sync + 'static,
    {
        let (answer, is_replayed) = self.carry_out(&order.asked.caller, order.key.clone(), &order.whole, work).await?;
        Ok(marked(answer.response(), is_replayed))
    }

    /// Carries out a change, or finds what came of it before.
    pub(super) async fn carry_out<F>(
        &self,
        caller: &Caller,
        key: Option<String>,
        whole: &[u8],
        work: F,
    ) -> Result<(Answer, bool), Problem>
    where
        F: Fn(&mut Tx<'_>, &mut Cx) -> Result<Answer, Refusal> + Send + Sync + 'static,
    {
        let keys = &self.service.keys;
        let asked = key.map(|key| Asked::new(keys, caller.token.family, &key, whole));
        let _underway = match asked.map(|asked| self.running.begin(asked.name())) {
            Some(None) => {
                let detail = "A request with this Idempotency-Key is under way.";
                return Err(Problem::conflict("under-way", detail).with(RETRY_AFTER, "1"));
            }
            Some(underway) => underway,
            None => None,
        };
        let now_ms = self.service.clock.now_ms();
        let (ids, work) = (self.service.ids.block(now_ms), Arc::new(work));
        let mut runs = 0;
        loop {
            let (keys, ids, work) = (keys.clone(), ids.clone(), Arc::clone(&work));
            let once = move |tx: &mut Tx<'_>| {
                let mut cx = Cx { ids: ids.clone(), now_ms };
                let Some(asked) = &asked else { return Ok((work(tx, &mut cx)?, false)) };
                match asked_before::look(tx, &keys, &mut cx.ids, asked, now_ms)? {
                    Before::Answered(kept) => Ok((read(&kept)?, true)),
                    Before::Other => {
                        let detail = "This Idempotency-Key was used for another request within a day: use a new one.";
                        let status = StatusCode::UNPROCESSABLE_ENTITY;
                        Err(Problem::new(status, "key-reused", "The key was used before", detail).into())
                    }
                    Before::New { row } => {
                        let answer = work(tx, &mut cx)?;
                        let kept = serde_json::to_vec(&answer).map_err(|_| UNREADABLE)?;
                        asked_before::keep(tx, &keys, row, &kept)?;
                        Ok((answer, false))
                    }
                }
            };
            let done = self.service.store.transact(Work::interactive(now_ms + DEADLINE_MS), once).await;
            runs += 1;
            match done {
                Err(Refusal::Fault(market::Fault::Storage(Error::Conflict))) if runs < RUNS_MAX => {}
                // Its commit may be on the disk: with a key, looking again tells; without, nothing is done twice blindly.
                Err(Refusal::Fault(market::Fault::Storage(Error::Unavailable))) if runs < 2 && asked.is_some() => {}
                done => return done.map_err(Problem::from),
            }
        }
    }
}

const UNREADABLE: Error = Error::Corrupt { what: "a kept answer cannot be read" };

fn read(kept: &[u8]) -> Result<Answer, Refusal> {
    serde_json::from_slice(kept).map_err(|_| UNREADABLE.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_had_by_one_at_a_time_and_free_when_that_one_is_done() {
        let running = Running::default();
        let first = running.begin((1, [7; 32]));
        assert!(first.is_some() && running.begin((1, [7; 32])).is_none() && running.begin((1, [7; 32])).is_none());
        assert!(running.begin((2, [7; 32])).is_some());
        drop(first);
        assert!(running.begin((1, [7; 32])).is_some());
    }
}
