//! The outbound queue: rows that are written in the transaction that causes them, and the statements that move them on.
//!
//! A hop that promises an SMS calls [`enqueue()`]; `delivery.rs` takes messages with [`claim()`], commits [`mark_sending`]
//! before the first byte leaves, and writes what became of it with [`settle()`]; [`reap()`] picks up what a crash left behind.
//! Rules and times are pure and stand in [`Status`] and [`retry`]; nothing here knows a clock or a socket.

mod claim;
mod enqueue;
mod hold;
mod list;
mod message;
mod reap;
pub mod retry;
#[cfg(test)]
pub(crate) mod rig;
mod settle;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod walk;

pub use claim::{
    Check, Claim, ClaimReport, Claimed, NumberCheck, NumberState, Opened, claim, mark_sending, next_due_ms, refuse,
};
pub use enqueue::{Enqueued, NewMessage, enqueue};
pub use hold::{Hold, HoldReason, held, hold_restored, pause, resume};
pub use list::{AttemptLine, Listed, Shown, counts, list, show};
pub use message::{Class, Error, Priority, Status};
pub use reap::{Reaped, UNKNOWN_WAIT_MS, reap};
pub use settle::{Settled, Verdict, settle};

use crate::storage::Column;

/// The recipient, sealed.
const MSISDN: Column = Column::new("outbox", "msisdn");
/// The text, sealed.
const BODY: Column = Column::new("outbox", "body");
