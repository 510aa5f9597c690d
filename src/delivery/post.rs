//! E-mail, from the words in the queue to the mail server that takes them over.

use std::fmt;
use std::sync::Arc;

use super::cargo::Mail;
use crate::gateway::email::{Email, Sender, compose};
use crate::gateway::sms::{Answered, SendOutcome};
use crate::transport::smtp::Smtp;

/// Makes the address at which one click ends messages to a mail address; `None` where nobody can be reached.
pub type StopUrl = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// The way to one mail server.
pub struct Post {
    /// The mail server.
    pub smtp: Smtp,
    /// Who messages are from.
    pub sender: Sender,
    /// Where messages are ended; `None` while this service has no public address.
    pub stop_url: Option<StopUrl>,
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post").field("smtp", &self.smtp).finish_non_exhaustive()
    }
}

impl Post {
    /// Sends one message, dated `now_ms`.
    pub(super) async fn carry(&self, mail: &Mail, now_ms: i64) -> (Answered, String) {
        let Mail { to, letter, client_ref } = mail;
        let stop_url = self.stop_url.as_ref().filter(|_| letter.can_stop);
        let email = Email {
            to: to.clone(),
            to_name: letter.to_name.clone(),
            subject: letter.subject.clone(),
            text: letter.text.clone(),
            unsubscribe_url: stop_url.map(|url| url(to)),
            client_ref: client_ref.clone(),
            language: &letter.language,
        };
        match compose(&email, &self.sender, now_ms) {
            Ok(mail) => {
                let asked = mail.masked();
                (self.smtp.send(&mail).await, asked)
            }
            Err(fault) => {
                let reason = if fault.field() == "to" { "address" } else { "text" };
                (Answered::with(SendOutcome::Permanent { reason }, fault.field()), String::new())
            }
        }
    }
}
