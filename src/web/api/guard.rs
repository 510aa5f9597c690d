//! Who may ask: a token, looked up for every request, so that a revoked one opens nothing from that moment on; what it may
//! do, by the document that describes the API; and how much.
//!
//! The document decides: an address and method that it does not describe with a scope is open to nobody. So nothing new can be
//! reached without having said who may.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{ALLOW, AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use serde_json::Value;

use super::Api;
use super::problem::{Problem, Refusal};
use crate::clock::Clock;
use crate::delivery::pace::{Moment, Monotonic};
use crate::market::token::{self, Scope, Secret, Token};
use crate::market::{EmployerId, employer_check};
use crate::storage::{Tx, Work};
use crate::text::datetime::Day;

/// Who asks.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    /// The token, found and live.
    pub(super) token: Arc<Token>,
}

impl Caller {
    /// For whom the token speaks.
    pub(super) fn employer(&self) -> EmployerId {
        self.token.employer
    }
}

type Governor = RateLimiter<i64, HashMapStateStore<i64>, Monotonic, NoOpMiddleware<Moment>>;

/// How much each token may ask.
#[derive(Debug)]
pub(super) struct Meter {
    governor: Governor,
    clock: Monotonic,
}

impl Meter {
    /// So many requests a second, evenly, and so many at once. Tokens of a family share them.
    pub(super) fn new(requests_s: u32, burst: u32, clock: Arc<dyn Clock>) -> Meter {
        let at_least_one = |count: u32| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(at_least_one(requests_s)).allow_burst(at_least_one(burst));
        let clock = Monotonic(clock);
        Meter { governor: RateLimiter::hashmap_with_clock(quota, clock.clone()), clock }
    }

    /// Seconds to wait, at least 1; `None`: go on.
    fn wait_s(&self, family: i64) -> Option<u64> {
        let wait = self.governor.check_key(&family).err()?.wait_time_from(self.clock.now());
        Some(wait.as_secs() + 1)
    }
}

/// What each address and method needs, by the document.
#[derive(Debug)]
pub(super) struct Rules(BTreeMap<String, Vec<(Method, Need)>>);

/// What a token needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// To be live.
    Token,
    /// This scope too.
    Scope(Scope),
}

impl Rules {
    /// Reads the rules out of the document. What says nothing of tokens is left out: nobody may.
    pub(super) fn of(document: &Value) -> Rules {
        let mut rules: BTreeMap<String, Vec<(Method, Need)>> = BTreeMap::new();
        for (path, operations) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in operations.as_object().into_iter().flatten() {
                let Ok(method) = Method::from_bytes(method.to_ascii_uppercase().as_bytes()) else { continue };
                let scopes = operation.pointer("/security/0/token").and_then(Value::as_array);
                let Some(scopes) = scopes else { continue };
                let scopes: Option<Vec<Scope>> =
                    scopes.iter().map(|scope| scope.as_str().and_then(Scope::from_code)).collect();
                // One that is misspelt is one that nobody has.
                let Some(scopes) = scopes else { continue };
                rules
                    .entry(path.clone())
                    .or_default()
                    .push((method, scopes.first().map_or(Need::Token, |scope| Need::Scope(*scope))));
            }
        }
        Rules(rules)
    }

    fn methods(&self, path: &str) -> Vec<&Method> {
        self.0.get(path).into_iter().flatten().map(|(method, _)| method).collect()
    }

    fn find(&self, path: &str, method: &Method) -> Option<Need> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.0.get(path)?.iter().find(|(known, _)| known == method).map(|(_, need)| *need)
    }
}

/// Days on which tokens were noted to be used, by this node.
#[derive(Debug, Default)]
pub(super) struct Noted(Mutex<HashSet<(i64, i64)>>);

impl Noted {
    /// Whether this is news; from now on it is not.
    fn is_news(&self, token: i64, day: i64) -> bool {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Other days are over: the set stays as small as the tokens of a day are many.
        noted.retain(|(_, of)| *of == day);
        noted.insert((token, day))
    }
}

/// Lets a request pass that may.
pub(super) async fn guard(State(api): State<Arc<Api>>, mut request: Request, next: Next) -> Response {
    // A body cannot be shared between threads: only the head is looked at while the store is asked.
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let (method, secret) = (request.method().clone(), bearer(request.headers()));
    match admit(&api, &path, &method, secret).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn admit(api: &Arc<Api>, path: &str, method: &Method, secret: Option<Secret>) -> Result<Caller, Problem> {
    let Some(need) = api.rules.find(path, method) else {
        let methods = api.rules.methods(path).iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let detail = format!("This address takes {methods}.");
        let status = StatusCode::METHOD_NOT_ALLOWED;
        return Err(Problem::new(status, "method", "Another method", detail).with(ALLOW, methods));
    };
    let secret = secret.ok_or_else(|| unauthorized("Send `Authorization: Bearer kzl_...`."))?;
    let (keys, now_ms) = (api.service.keys.clone(), api.service.clock.now_ms());
    let find = move |tx: &mut Tx<'_>| {
        let Some(token) = token::of_secret(tx, &keys, &secret)? else { return Ok(None) };
        let standing = employer_check::standing(tx, token.employer)?;
        Ok::<_, Refusal>(Some((token, standing.is_none_or(|standing| standing.is_blocked()))))
    };
    let found = api.service.store.read(find).await.map_err(Problem::from)?;
    let (token, is_blocked) = found.unzip();
    let token = token.filter(|token| token.is_live(now_ms));
    let token = token.ok_or_else(|| unauthorized("This token opens nothing: unknown, revoked or over."))?;
    if is_blocked == Some(true) {
        let detail = "The service has blocked this employer: ask whoever runs it.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "blocked", "The employer is blocked", detail));
    }
    if let Some(wait_s) = api.meter.wait_s(token.family) {
        let detail = format!("Too many requests with this token: go on in {wait_s} s.");
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many", "Too many requests", detail);
        return Err(problem.with(RETRY_AFTER, wait_s.to_string()));
    }
    note(api, &token, now_ms);
    if let Need::Scope(scope) = need
        && !token.scopes.allow(scope)
    {
        let detail = format!("This needs a token with the scope `{}`.", scope.code());
        return Err(Problem::new(StatusCode::FORBIDDEN, "scope", "Not with this token", detail));
    }
    Ok(Caller { token: Arc::new(token) })
}

/// The token that was sent, if it has the form of one.
fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Secret::parse(token.trim())).flatten()
}

fn unauthorized(detail: &str) -> Problem {
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "token", "A token is needed", detail);
    problem.with(WWW_AUTHENTICATE, "Bearer realm=\"kaziline\"")
}

/// Notes the day, as work that nobody waits for: once for a token and a day.
fn note(api: &Arc<Api>, token: &Token, now_ms: i64) {
    let day = i64::from(Day::from_ms(now_ms, &api.service.host.country.timezone).0);
    if token.used_day >= day || !api.noted.is_news(token.id, day) {
        return;
    }
    let (store, id) = (api.service.store.clone(), token.id);
    tokio::spawn(async move {
        let noted = store.transact(Work::bulk(), move |tx| token::used_on(tx, id, day)).await;
        if let Err(error) = noted {
            tracing::warn!(%error, "the use of a token could not be noted");
        }
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clock::SimulatedClock;

    #[test]
    fn what_the_document_does_not_open_is_closed() {
        let rules = Rules::of(&json!({"paths": {"/a": {
            "get": {"security": [{"token": ["export"]}]},
            "post": {"security": [{"token": ["exprot"]}]},
            "put": {},
            "delete": {"security": [{"token": []}]},
        }}}));
        let find = |method| rules.find("/a", &method);
        assert_eq!(find(Method::GET), Some(Need::Scope(Scope::Export)));
        assert_eq!(find(Method::HEAD), Some(Need::Scope(Scope::Export)));
        assert_eq!((find(Method::POST), find(Method::PUT), find(Method::DELETE)), (None, None, Some(Need::Token)));
        assert_eq!(rules.find("/b", &Method::GET), None);
    }

    #[test]
    fn a_token_that_asks_too_much_waits_and_others_do_not() {
        let clock = Arc::new(SimulatedClock::at(0));
        let meter = Meter::new(2, 3, Arc::<SimulatedClock>::clone(&clock));
        assert!((0..3).all(|_| meter.wait_s(1).is_none()));
        assert_eq!(meter.wait_s(1), Some(1));
        assert_eq!(meter.wait_s(2), None);
        clock.advance(500);
        assert_eq!(meter.wait_s(1), None);
        assert!(meter.wait_s(1).is_some());
    }

    #[test]
    fn a_day_is_noted_once() {
        let noted = Noted::default();
        assert!(noted.is_news(1, 20_000) && !noted.is_news(1, 20_000) && noted.is_news(2, 20_000));
        assert!(noted.is_news(1, 20_001));
    }
}
