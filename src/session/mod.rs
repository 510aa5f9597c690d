//! A caller's way through the menus, as pure functions: what was on the screen, what was typed, what comes next.
//!
//! [`visit`] is what is remembered between hops, [`step`] the one function that moves it, [`event`] what goes into it and
//! comes out, [`input`] reads what was typed, [`screen`] lays out what is shown. The step asks its host for actions,
//! decisions, values and rows as [`Effect`]s and is handed their results as [`Event`]s; it knows no clock, no database and
//! no network.

pub mod event;
pub mod input;
pub mod screen;
pub mod step;
pub mod visit;
pub mod wander;

#[cfg(test)]
mod tests;

pub use event::{Asked, Closures, Effect, Event, Row, RowsWanted, Scene, Screen, Turn};
pub use step::Engine;
pub use visit::Visit;
