//! `/unsubscribe/{word}`: one click in a message ends messages to its address (RFC 8058). Mail programs POST here; a person
//! who follows the link sees a button first, since what only looks at links must not end anything.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::Web;
use super::hooks::text;
use crate::market::mail_address::{self, MailHash};
use crate::storage::{Tx, Work};

/// What is asked, in the languages of the menus: who wrote is not known here, and each line is short.
const ASK: &str = include_str!("../../mail/unsubscribe.html");
/// What is said afterwards.
const DONE: &str = include_str!("../../mail/unsubscribed.html");

/// A person looks.
pub(super) async fn ask(State(web): State<Arc<Web>>, Path(word): Path<String>) -> Response {
    match MailHash::of_stop_word(&web.service.keys, &word) {
        Some(_) => Html(ASK).into_response(),
        None => text(StatusCode::NOT_FOUND, "Not found.\n"),
    }
}

/// A person, or their mail program, says so. Said twice it is the same.
pub(super) async fn stop(State(web): State<Arc<Web>>, Path(word): Path<String>) -> Response {
    let Some(hash) = MailHash::of_stop_word(&web.service.keys, &word) else {
        return text(StatusCode::NOT_FOUND, "Not found.\n");
    };
    let now_ms = web.service.clock.now_ms();
    let stop = move |tx: &mut Tx<'_>| mail_address::stop(tx, &hash, now_ms);
    match web.service.store.transact(Work::interactive(None), stop).await {
        Ok(_) => Html(DONE).into_response(),
        Err(error) => {
            tracing::error!(%error, "a mail address could not be stopped");
            text(StatusCode::SERVICE_UNAVAILABLE, "Try again later.\n")
        }
    }
}
