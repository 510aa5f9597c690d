//! Commands on tokens of the API, over the admin socket. A token is told once, to who made it.

use std::sync::Arc;

use aws_lc_rs::rand;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::admin::{Admin, refused};
use super::queue::said;
use crate::market::EmployerId;
use crate::market::token::{self, EXPIRES_DAYS_MAX, NAME_CHARS_MAX, NewToken, Rotated, Scope, Scopes, Secret, Token};
use crate::storage::{Tx, Work};
use crate::text::folding;

const DAY_MS: i64 = 86_400_000;

/// The map of these commands.
pub fn routes(admin: Admin) -> Router {
    Router::new()
        .route("/tokens", get(list).post(create))
        .route("/tokens/{id}/rotate", post(rotate))
        .route("/tokens/{id}/revoke", post(revoke))
        .with_state(Arc::new(admin))
}

/// A token to be made.
#[derive(Debug, Serialize, Deserialize)]
pub struct TokenOrder {
    /// For which employer.
    pub employer: i64,
    /// What it is called.
    pub name: String,
    /// Scopes with commas between.
    pub scopes: String,
    /// For so many days; else without an end.
    pub expires_days: Option<i64>,
}

/// A token, with the secret that is told this once.
#[derive(Serialize, Deserialize)]
pub struct MadeToken {
    /// Its number, as a text.
    pub id: String,
    /// `kzl_...`
    pub token: String,
}

/// The secret stays out of logs.
impl std::fmt::Debug for MadeToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MadeToken").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A token as operators see it.
#[derive(Debug, Serialize, Deserialize)]
pub struct TokenLine {
    /// Its number.
    pub id: String,
    /// For which employer.
    pub employer: String,
    /// What it is called.
    pub name: String,
    /// How it begins.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Whether it opens anything now.
    pub is_live: bool,
    /// When it was made, in milliseconds since the epoch.
    pub created_ms: i64,
    /// When it ends; 0: it does not.
    pub expires_ms: i64,
    /// When it was revoked; 0: it was not.
    pub revoked_ms: i64,
    /// The last day on which it was used, counted from 1970-01-01; 0: never.
    pub used_day: i64,
}

fn line(token: Token, now_ms: i64) -> TokenLine {
    TokenLine {
        id: token.id.to_string(),
        employer: token.employer.get().to_string(),
        is_live: token.is_live(now_ms),
        scopes: token.scopes.codes().into_iter().map(str::to_owned).collect(),
        name: token.name,
        prefix: token.prefix,
        created_ms: token.created_ms,
        expires_ms: token.expires_ms,
        revoked_ms: token.revoked_ms,
        used_day: token.used_day,
    }
}

async fn list(State(admin): State<Arc<Admin>>) -> Response {
    let now_ms = admin.clock.now_ms();
    match admin.store.read(token::list).await {
        Ok(tokens) => Json(tokens.into_iter().map(|token| line(token, now_ms)).collect::<Vec<_>>()).into_response(),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}

fn new_secret() -> Result<Secret, &'static str> {
    let mut random = [0; token::TOKEN_BYTES];
    rand::fill(&mut random).map_err(|_| "the system gives no random bytes")?;
    Ok(Secret::from_random(&random))
}

fn checked(order: &TokenOrder, now_ms: i64) -> Result<NewToken, String> {
    let name = folding::clean(&order.name);
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(format!("the name must have 1 to {NAME_CHARS_MAX} characters"));
    }
    let all = Scope::ALL.iter().map(|scope| scope.code()).collect::<Vec<_>>().join(", ");
    let scopes = Scopes::parse(&order.scopes).map_err(|word| format!("`{word}` is no scope; there are {all}"))?;
    let scopes = scopes.ok_or_else(|| format!("a token needs a scope; there are {all}"))?;
    let expires_ms = match order.expires_days {
        None => 0,
        Some(days) if (1..=EXPIRES_DAYS_MAX).contains(&days) => now_ms + days * DAY_MS,
        Some(_) => return Err(format!("a token is made for 1 to {EXPIRES_DAYS_MAX} days")),
    };
    Ok(NewToken { employer: EmployerId::new(order.employer), name, scopes, expires_ms })
}

async fn create(State(admin): State<Arc<Admin>>, Json(order): Json<TokenOrder>) -> Response {
    let now_ms = admin.clock.now_ms();
    let (new, secret) = match (checked(&order, now_ms), new_secret()) {
        (Ok(new), Ok(secret)) => (new, secret),
        (Err(fault), _) => return refused(StatusCode::UNPROCESSABLE_ENTITY, fault),
        (_, Err(fault)) => return refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    };
    let (keys, ids, kept) = (admin.keys.clone(), admin.ids.block(now_ms), secret.clone());
    let write = move |tx: &mut Tx<'_>| token::create(tx, &keys, &mut ids.clone(), &new, &kept, now_ms);
    match admin.store.transact(Work::interactive(None), write).await {
        Ok(Some(id)) => made(id, &secret),
        Ok(None) => refused(StatusCode::NOT_FOUND, format!("there is no employer {}", order.employer)),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}

fn made(id: i64, secret: &Secret) -> Response {
    tracing::info!(token = id, "a token of the API was made by an operator");
    Json(MadeToken { id: id.to_string(), token: secret.text().to_owned() }).into_response()
}

async fn rotate(State(admin): State<Arc<Admin>>, Path(id): Path<i64>) -> Response {
    let secret = match new_secret() {
        Ok(secret) => secret,
        Err(fault) => return refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    };
    let now_ms = admin.clock.now_ms();
    let (keys, ids, kept) = (admin.keys.clone(), admin.ids.block(now_ms), secret.clone());
    let write = move |tx: &mut Tx<'_>| token::rotate(tx, &keys, &mut ids.clone(), id, &kept, now_ms);
    match admin.store.transact(Work::interactive(None), write).await {
        Ok(Rotated::New { id }) => made(id, &secret),
        Ok(Rotated::NotLive) => {
            refused(StatusCode::UNPROCESSABLE_ENTITY, format!("token {id} is over: make a new one"))
        }
        Ok(Rotated::Unknown) => refused(StatusCode::NOT_FOUND, format!("there is no token {id}")),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}

async fn revoke(State(admin): State<Arc<Admin>>, Path(id): Path<i64>) -> Response {
    let now_ms = admin.clock.now_ms();
    match admin.store.transact(Work::interactive(None), move |tx| token::revoke(tx, id, now_ms)).await {
        Ok(true) => {
            tracing::info!(token = id, "a token of the API was revoked by an operator");
            said(format!("token {id} opens nothing any more"))
        }
        Ok(false) => refused(StatusCode::NOT_FOUND, format!("there is no live token {id}")),
        Err(fault) => refused(StatusCode::SERVICE_UNAVAILABLE, fault),
    }
}
