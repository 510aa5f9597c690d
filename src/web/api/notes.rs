//! `/api/v1/applications/{id}/notes`: what the employer wrote down about an application. The worker never sees it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::{Asked, Fields, Order};
use super::problem::{Problem, Refusal};
use super::schema::NoteIn;
use super::vacancy_shape::stamp;
use super::write::{Answer, Cx};
use super::{Api, write};
use crate::market::note::{self, Added, NOTES_MAX, Note, TEXT_CHARS_MAX};
use crate::market::{ApplicationId, applicants};
use crate::storage::Tx;

/// A note.
#[derive(Serialize, ToSchema)]
struct NoteOut {
    /// Its number.
    id: String,
    /// What it says.
    text: String,
    /// The token by which it was written.
    token: String,
    /// When.
    written: String,
}

/// The notes on an application.
#[derive(Serialize, ToSchema)]
struct Notes {
    /// The newest first, at most fifty.
    items: Vec<NoteOut>,
}

fn shown(note: Note) -> NoteOut {
    NoteOut { id: note.id.to_string(), text: note.text, token: note.token.to_string(), written: stamp(note.created_ms) }
}

fn id_of(asked: &Asked) -> Result<ApplicationId, Problem> {
    asked.id.map(ApplicationId::new).ok_or_else(|| Problem::not_found("application"))
}

/// Notes on an application, the newest first
#[utoipa::path(get, path = "/api/v1/applications/{id}/notes", tag = "notes", operation_id = "listNotes",
    params(("id" = String, Path, description = "The application.")),
    responses((status = 200, description = "The notes.", body = Notes)),
    security(("token" = ["applicants:read"])))]
pub(super) async fn list(State(api): State<Arc<Api>>, asked: Asked) -> Result<Response, Problem> {
    asked.params(&[])?;
    let (keys, employer, id) = (api.service.keys.clone(), asked.caller.employer(), id_of(&asked)?);
    let read = move |tx: &mut Tx<'_>| {
        let is_there = applicants::find(tx, &keys, employer, id)?.is_some();
        Ok::<_, Refusal>(is_there.then_some(note::list(tx, &keys, employer, id)?))
    };
    let notes = api.service.store.read(read).await?.ok_or_else(|| Problem::not_found("application"))?;
    write::told(&Notes { items: notes.into_iter().map(shown).collect() })
}

/// Write a note on an application
#[utoipa::path(post, path = "/api/v1/applications/{id}/notes", tag = "notes", operation_id = "addNote",
    params(("id" = String, Path, description = "The application.")),
    request_body = NoteIn,
    responses((status = 201, description = "It is kept.", body = NoteOut)),
    security(("token" = ["applicants:write"])))]
pub(super) async fn add(State(api): State<Arc<Api>>, order: Order) -> Result<Response, Problem> {
    order.asked.params(&[])?;
    let (keys, caller, id) = (api.service.keys.clone(), order.asked.caller.clone(), id_of(&order.asked)?);
    let mut fields = Fields::of(order.body.clone(), "");
    let text = fields.text("text", TEXT_CHARS_MAX);
    let text = fields.need("text", text, "a text");
    let text = fields.end(text);
    let work = move |tx: &mut Tx<'_>, cx: &mut Cx| {
        let (employer, token) = (caller.employer(), caller.token.id);
        if applicants::find(tx, &keys, employer, id)?.is_none() {
            return Err(Problem::not_found("application").into());
        }
        let text = text.clone()?;
        match note::add(tx, &keys, &mut cx.ids, (employer, id), (token, &text), cx.now_ms)? {
            Added::Note { id } => {
                let note = Note { id, text, token, created_ms: cx.now_ms };
                Answer::of(StatusCode::CREATED, &shown(note))
            }
            Added::Full => {
                let detail = format!("An application has at most {NOTES_MAX} notes.");
                Err(Problem::conflict("full", detail).into())
            }
            Added::Unknown => Err(Problem::not_found("application").into()),
        }
    };
    api.write(&order, work).await
}
