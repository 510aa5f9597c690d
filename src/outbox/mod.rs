//! The outbound queue: rows that are written in the transaction that causes them, and the statements that move them on.
//!
//! A hop that promises an SMS calls [`enqueue()`]; `delivery.rs` takes messages with [`take_off`], whose mark is on the disk
//! before the first byte leaves, and writes what became of it with [`settle()`]; [`reap()`] picks up what a crash left behind.
//! Rules and times are pure and stand in [`Status`] and [`retry`]; nothing here knows a clock or a socket.

pub mod caps;
mod claim;
mod content;
pub mod day;
pub mod endpoint;
mod enqueue;
pub mod erase;
pub mod explain;
mod hold;
pub mod hook_call;
pub mod inbound;
pub mod keep;
pub mod lane;
mod late;
mod list;
mod mark;
mod message;
pub mod of_person;
pub mod operate;
pub mod operators;
mod pause;
mod reap;
pub mod receipt;
pub mod retry;
#[cfg(test)]
pub(crate) mod rig;
pub mod route;
mod settle;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod walk;

pub use caps::Caps;
pub use claim::{
    Check, Claim, ClaimReport, Claimed, RecipientCheck, RecipientState, RecipientStop, next_due_ms, oldest_due_ms,
};
pub use content::{Content, Event, Letter, NewSms, Opened};
pub use enqueue::{Enqueued, NewMessage, SealedMessage, enqueue, enqueue_sealed};
pub use hold::{Hold, HoldReason, held, hold_restored, pause, resume};
pub use keep::Keep;
pub use late::{Late, late};
pub use list::{AttemptLine, Depth, Listed, Shown, counts, depths, list, show};
pub use mark::{Marked, take_off};
pub use message::{Class, Error, Priority, Status};
pub use pause::{Pause, Why, pause_channel, pauses, resume_channel};
pub use reap::{Reaped, UNKNOWN_WAIT_MS, reap};
pub use settle::{Settled, Terms, Verdict, settle};

pub use crate::gateway::email::MailAddress;
use crate::storage::Column;

/// The recipient, sealed. The seal is bound to the name that the column had when there was nothing but SMS.
const ADDRESS: Column = Column::new("outbox", "msisdn");
/// What is said, sealed.
const BODY: Column = Column::new("outbox", "body");
