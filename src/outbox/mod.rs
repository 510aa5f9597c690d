//! The outbound queue: rows that are written in the transaction that causes them, and the statements that move them on.
//!
//! A hop that promises an SMS calls [`enqueue()`]; `delivery.rs` takes messages with [`claim()`], commits [`mark_sending`]
//! before the first byte leaves, and writes what became of it with [`settle()`]; [`reap()`] picks up what a crash left behind.
//! Rules and times are pure and stand in [`Status`] and [`retry`]; nothing here knows a clock or a socket.

pub mod caps;
mod claim;
mod enqueue;
pub mod explain;
mod hold;
pub mod hook_call;
pub mod inbound;
pub mod lane;
mod list;
mod mark;
mod message;
pub mod operate;
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
    Check, Claim, ClaimReport, Claimed, NumberCheck, NumberState, NumberStop, Opened, claim, next_due_ms,
    oldest_due_ms, refuse,
};
pub use enqueue::{Enqueued, NewMessage, enqueue};
pub use hold::{Hold, HoldReason, held, hold_restored, pause, resume};
pub use list::{AttemptLine, Depth, Listed, Shown, counts, depths, list, show};
pub use mark::{Marked, mark_sending, put_off};
pub use message::{Class, Error, Priority, Status};
pub use pause::{Pause, Why, pause_channel, pauses, resume_channel};
pub use reap::{Reaped, UNKNOWN_WAIT_MS, reap};
pub use settle::{Settled, Terms, Verdict, settle};

use crate::storage::Column;

/// The recipient, sealed.
const MSISDN: Column = Column::new("outbox", "msisdn");
/// The text, sealed.
const BODY: Column = Column::new("outbox", "body");
