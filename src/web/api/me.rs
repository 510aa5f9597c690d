//! `/api/v1/me`: who a token speaks for, and what it may.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::Asked;
use super::problem::{Problem, Refusal};
use super::vacancy_shape::stamp;
use super::{Api, write};
use crate::market::employer;

/// Who asks.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    /// The employer that the token speaks for.
    employer: EmployerOut,
    /// The token.
    token: TokenOut,
    /// How much it may ask.
    limits: LimitsOut,
}

/// An employer.
#[derive(Serialize, ToSchema)]
struct EmployerOut {
    /// Its number.
    id: String,
    /// Its name.
    name: String,
    /// `organisation`, `household` or `agency`
    kind: &'static str,
    /// What was checked: `phone_only`, `id_seen`, `village_leader`, `registered_firm` or `licensed_agency`
    tier: &'static str,
}

/// A token, without its secret.
#[derive(Serialize, ToSchema)]
struct TokenOut {
    /// Its number.
    id: String,
    /// What it is called.
    name: String,
    /// How it begins.
    prefix: String,
    /// What it may do.
    scopes: Vec<&'static str>,
    /// When it ends; null: it does not.
    expires: Option<String>,
}

/// Limits.
#[derive(Serialize, ToSchema)]
struct LimitsOut {
    /// Requests a second, evenly.
    requests_per_second: u32,
    /// Requests at once.
    burst: u32,
    /// Bytes of a body.
    body_bytes: usize,
}

/// Who the token speaks for, and what it may
#[utoipa::path(get, path = "/api/v1/me", tag = "me", operation_id = "me",
    responses((status = 200, description = "The employer, the token and its limits.", body = Me)),
    security(("token" = [])))]
pub(super) async fn me(State(api): State<Arc<Api>>, asked: Asked) -> Result<Response, Problem> {
    asked.params(&[])?;
    let (keys, id) = (api.service.keys.clone(), asked.caller.employer());
    let found = api.service.store.read(move |tx| Ok::<_, Refusal>(employer::find(tx, &keys, id)?)).await?;
    let found = found.ok_or_else(|| Problem::not_found("employer"))?;
    let token = &asked.caller.token;
    write::told(&Me {
        employer: EmployerOut {
            id: id.get().to_string(),
            name: found.name,
            kind: found.kind.code(),
            tier: found.tier.code(),
        },
        token: TokenOut {
            id: token.id.to_string(),
            name: token.name.clone(),
            prefix: token.prefix.clone(),
            scopes: token.scopes.codes(),
            expires: (token.expires_ms != 0).then(|| stamp(token.expires_ms)),
        },
        limits: LimitsOut {
            requests_per_second: api.limits.requests_s,
            burst: api.limits.burst,
            body_bytes: api.limits.body_bytes_max,
        },
    })
}
