//! Kaziline: the labour market for people whose phone has only keys.
//!
//! The tour, in the order in which a newcomer may read:
//!
//! 1. [`hop`]: a caller's key press becomes a screen, in one transaction. The first story.
//! 2. [`menu`] and [`session`]: menus are data that are proven before they are published; a pure step moves a visit
//!    through them.
//! 3. [`actions`]: what menus can do, each name bound to the [`market`].
//! 4. [`outbox`], [`delivery`], [`worker`]: how an SMS that a screen promised leaves the house. The second story.
//! 5. [`intake`]: what providers call us with, reports and messages from phones. The third story.
//! 6. [`storage`]: closures run where the data is, and are answered when they are on the disk.
//! 7. [`gateway`], [`transport`], [`web`]: the rim. Bytes in, bytes out.
//! 8. [`country`] and [`text`]: areas, trades, numbers, money; and how phones count text.
//!
//! `ARCHITECTURE.md` has the map and the rules that a test holds.

pub mod actions;
pub mod app;
pub mod bundles;
pub mod cli;
pub mod clock;
pub mod config;
pub mod country;
pub mod delivery;
pub mod doctor;
pub mod embedded;
pub mod gateway;
pub mod hop;
pub mod housekeeping;
pub mod intake;
pub mod market;
pub mod menu;
pub mod migrations;
#[cfg(test)]
mod on_postgres;
pub mod outbox;
pub mod phone;
pub mod session;
pub mod storage;
pub mod telemetry;
pub mod text;
pub mod transport;
pub mod web;
pub mod worker;
