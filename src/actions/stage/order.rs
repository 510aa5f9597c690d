//! Orders to move an application, and what comes of them.

use super::{By, Reached};
use crate::country::PayMeans;
use crate::market::pay::Pay;
use crate::market::pipeline::Refusal;
use crate::market::stage::Stage;
use crate::market::{ApplicationId, EmployerId};
use crate::text::datetime::Day;

/// Where and when to talk.
#[derive(Clone, Copy)]
pub struct Interview<'a> {
    /// The day.
    pub day: Day,
    /// The minute of the day, in the country's time.
    pub minute: u16,
    /// Where, in at most [`crate::market::appointment::WORDS_CHARS_MAX`] characters.
    pub place: &'a str,
}

/// Without the place.
impl std::fmt::Debug for Interview<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Interview").field("day", &self.day).field("minute", &self.minute).finish_non_exhaustive()
    }
}

/// What is looked at before a decision.
#[derive(Clone, Copy)]
pub struct Assessment<'a> {
    /// What it is, in at most [`crate::market::appointment::WORDS_CHARS_MAX`] characters: "build a corner of bricks".
    pub what: &'a str,
    /// The day; `None`: to be agreed.
    pub day: Option<Day>,
    /// The minute of the day; `None`: to be agreed.
    pub minute: Option<u16>,
}

/// Without the task.
impl std::fmt::Debug for Assessment<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Assessment").field("day", &self.day).field("minute", &self.minute).finish_non_exhaustive()
    }
}

/// What is offered. What is left open is as the vacancy states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What it pays.
    pub pay: Option<Pay>,
    /// By what.
    pub means: Option<PayMeans>,
    /// The first day.
    pub start_day: Option<Day>,
    /// The minute of the day at which work starts.
    pub start_minute: Option<u16>,
    /// It may be answered before this time, in epoch milliseconds; cut to the full hour.
    pub until_ms: i64,
    /// The employer knows that more people may say yes than there are openings, and will take them.
    pub beyond_openings: bool,
}

impl Offer {
    /// The work as its vacancy states it.
    pub fn as_posted(until_ms: i64) -> Offer {
        Offer { pay: None, means: None, start_day: None, start_minute: None, until_ms, beyond_openings: false }
    }
}

/// An order to move an application.
#[derive(Clone, Copy)]
pub struct Order<'a> {
    /// Who orders, or for whom an operator does.
    pub employer: EmployerId,
    /// What is moved.
    pub application: ApplicationId,
    /// Where to.
    pub to: Stage,
    /// By whom.
    pub by: By,
    /// For the employer's own use: never shown to the applicant.
    pub note: Option<&'a str>,
    /// With [`Stage::Assessment`] alone.
    pub assessment: Option<Assessment<'a>>,
    /// With [`Stage::Interview`] alone.
    pub interview: Option<Interview<'a>>,
    /// With [`Stage::Offered`] alone.
    pub offer: Option<Offer>,
    /// What causes the order: the same cause moves an application once. Many applications may be moved by one cause.
    pub operation_key: &'a str,
}

impl<'a> Order<'a> {
    /// An order without anything beside it.
    pub fn new(
        employer: EmployerId,
        application: ApplicationId,
        to: Stage,
        by: By,
        operation_key: &'a str,
    ) -> Order<'a> {
        Order {
            employer,
            application,
            to,
            by,
            note: None,
            assessment: None,
            interview: None,
            offer: None,
            operation_key,
        }
    }
}

/// Without what was written.
impl std::fmt::Debug for Order<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Order");
        shown.field("application", &self.application).field("to", &self.to).field("by", &self.by);
        shown.finish_non_exhaustive()
    }
}

/// What came of an order. Only [`Advanced::Moved`] has changed anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advanced {
    /// It is there now, and this was said.
    Moved {
        /// The event's identifier.
        event: i64,
        /// How the applicant is told.
        told: Reached,
    },
    /// The same order again: it was carried out before.
    Already {
        /// Where the application stands now.
        stage: Stage,
    },
    /// The operation key has moved this application to another stage before.
    KeyReused,
    /// It stands where this move is not legal: somebody was first, or it never was.
    Illegal {
        /// Where it stands.
        stage: Stage,
    },
    /// There is no such application among this employer's: another's is not told from none.
    NotYours,
    /// Every opening is offered or hired. For an offer: it can be made all the same with `beyond_openings`.
    Filled {
        /// How many were needed.
        openings: i64,
        /// How many have an offer or are hired.
        taken: i64,
    },
    /// The vacancy waits for a person's look: nobody is written to for it meanwhile.
    Held,
    /// The applicant is not with the service any more. The application can be rejected, which tells nobody.
    Left,
    /// Something is wrong with the order itself.
    Refused(Refusal),
}
