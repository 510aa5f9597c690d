//! Days and clock times, read as typed and written per language.
//!
//! Kinyarwanda and Swahili count the hours from daybreak, so every clock time carries its part of day: 07:00 is *saa moya
//! za mugitondo*, one o'clock in the morning. Tables marked "draft" wait for a native speaker.

mod clock;
mod day;

pub use clock::{MINUTES_PER_DAY, TimeFault, clock, minute_of_day, parse_clock, widest_clock, widest_clock_every};
pub use day::{Day, DayFault, Weekday, short, utc, widest_day};
