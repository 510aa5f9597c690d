//! Everything that is reached over HTTP. This page is the whole map.
//!
//! | address | what | where |
//! |---|---|---|
//! | `POST /hooks/{channel}/{secret}/ussd` | a hop, in the channel's dialect | `hooks.rs` |
//! | `/hooks/{channel}/{secret}/receipt`, `/sms` | a provider's report, or a message from a phone | `provider_hooks.rs` |
//! | `/unsubscribe/{word}` | ends e-mail to an address | `unsubscribe.rs` |
//! | `GET /simulator` and its files | a phone in the browser, with `--demo` or `--simulator` alone | `simulator.rs` |
//! | `GET /simulator/config`, `/simulator/inbox` | what that page asks for | `simulator.rs` |
//! | `/api/v1/...`, `/api/openapi.json`, `/api/docs` | employers' own programs | `api/mod.rs` has its map |
//! | `GET /health/live`, `/health/ready`, `/metrics` | for whoever runs the service | `health.rs` |
//! | over the admin socket only | commands on a live store | `admin.rs`, `queue.rs`, `cases.rs`, `trust.rs`, `employers.rs`, `employer_checks.rs`, `tokens.rs`, `endpoints.rs`, `menus.rs`, `visits.rs`, `persons.rs`, `agents.rs`, `digest.rs`, `upkeep.rs` |
//!
//! `listener.rs` takes connections and bounds their times (`pulse.rs`).

pub mod admin;
pub mod agents;
pub mod api;
pub mod cases;
pub mod digest;
pub mod employer_checks;
pub mod employers;
pub mod endpoints;
mod health;
pub mod hooks;
pub mod listener;
pub mod menus;
pub mod persons;
pub mod provider_hooks;
mod pulse;
pub mod queue;
pub mod simulator;
pub mod tokens;
pub mod trust;
mod unsubscribe;
pub mod upkeep;
pub mod visits;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::{any, get};

use crate::delivery::Delivery;
use crate::hop::Service;
use crate::transport::Loopback;
use hooks::Channel;
use provider_hooks::Provider;
use simulator::{ICON, PAGE, SCRIPT, STYLE};

/// Limits of requests.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the body of a USSD hook.
    pub ussd_body_bytes_max: usize,
    /// Milliseconds for a body.
    pub body_read_ms: u64,
}

/// What handlers work with.
#[derive(Debug)]
pub struct Web {
    /// Answers hops.
    pub service: Arc<Service>,
    /// The channels on which gateways call.
    pub channels: Vec<Channel>,
    /// The channels on which providers of SMS call.
    pub providers: Vec<Provider>,
    /// What sends messages, for its figures.
    pub delivery: Arc<Delivery>,
    /// Limits of requests.
    pub limits: Limits,
    /// The simulator's phones, if there is a simulator.
    pub inbox: Option<Arc<Loopback>>,
    unknown_hooks: AtomicU64,
}

impl Web {
    /// A web surface that has not been asked anything yet.
    pub fn new(
        (service, delivery): (Arc<Service>, Arc<Delivery>),
        channels: Vec<Channel>,
        providers: Vec<Provider>,
        limits: Limits,
        inbox: Option<Arc<Loopback>>,
    ) -> Self {
        Self { service, channels, providers, delivery, limits, inbox, unknown_hooks: AtomicU64::new(0) }
    }
}

/// The public map. Layers are left out on purpose: what a hop costs besides the store is paid on every key press.
pub fn routes(web: Web) -> Router {
    let simulator = web.inbox.is_some();
    // Any method: the dialect says which one it takes, and a wrong one tells nothing about a secret.
    let mut routes = Router::new()
        .route("/hooks/{channel}/{secret}/ussd", any(hooks::ussd))
        .route("/hooks/{channel}/{secret}/receipt", any(provider_hooks::receipt))
        .route("/hooks/{channel}/{secret}/sms", any(provider_hooks::sms))
        .route("/unsubscribe/{word}", get(unsubscribe::ask).post(unsubscribe::stop))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(health::metrics));
    if simulator {
        routes = routes
            .route("/simulator", get(|asked: HeaderMap| async move { PAGE.answer(&asked) }))
            .route("/simulator/simulator.css", get(|asked: HeaderMap| async move { STYLE.answer(&asked) }))
            .route("/simulator/simulator.js", get(|asked: HeaderMap| async move { SCRIPT.answer(&asked) }))
            .route("/simulator/icon.svg", get(|asked: HeaderMap| async move { ICON.answer(&asked) }))
            .route("/simulator/config", get(simulator::config))
            .route("/simulator/inbox", get(simulator::inbox));
    }
    routes.with_state(Arc::new(web))
}
