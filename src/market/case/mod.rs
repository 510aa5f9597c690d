//! Cases: somebody has a problem, and somebody answers.
//!
//! A case belongs to the number that told it, and to a person where one was known: who is not registered can report too.
//! It has a number that people can say, a deadline, and a log that only grows. This file holds the words and the legal
//! moves; `open.rs` begins a case, `step.rs` moves it, `read.rs` finds and counts.

mod open;
mod read;
mod step;
#[cfg(test)]
mod tests;

pub(super) use open::carry;
pub use open::{NewCase, Opened, open};
pub use read::{
    Ask, Case, Count, EventLine, Filter, MyCase, Urged, ask_about, by_number, counts, events, find, last_answer, list,
    mine, overdue, overdue_count, overdue_unsafe, silent, to_ask, untold, urged,
};
pub use step::{
    Desk, Stepped, Word, anonymise, ask_by_sms, close_silent, desk, forget_number, mark_asked, mark_told,
    note_contact_seen, say,
};

coded! {
    /// What a case is about.
    pub enum CaseKind {
        /// Work that was not paid, or not all of it.
        Unpaid = "unpaid",
        /// Somebody is in danger.
        Unsafe = "unsafe",
        /// Somebody asked a worker to pay.
        Fraud = "fraud",
        /// What is kept of the person.
        MyData = "my_data",
        /// Anything else.
        Other = "other",
    }
}

coded! {
    /// Where a case stands.
    pub enum CaseState {
        /// Nobody has answered since the person last said something.
        Open = "open",
        /// An operator has answered.
        Answered = "answered",
        /// An operator has asked something: it waits for the person.
        Waiting = "waiting",
        /// Another office works on it.
        HandedOver = "handed_over",
        /// It came to a good end.
        Settled = "settled",
        /// It came to an end.
        Closed = "closed",
    }
}

impl CaseState {
    /// Whether nothing follows.
    pub fn is_over(self) -> bool {
        matches!(self, CaseState::Settled | CaseState::Closed)
    }
}

coded! {
    /// When the person wants to be called.
    pub enum CallPart {
        /// Not at all.
        None = "none",
        /// As soon as somebody can.
        Now = "now",
        /// Before noon.
        Morning = "morning",
        /// After noon.
        Afternoon = "afternoon",
        /// In the evening.
        Evening = "evening",
    }
}

coded! {
    /// What happened to a case.
    pub enum CaseEvent {
        /// It was told.
        Opened = "opened",
        /// The same problem was told again.
        Joined = "joined",
        /// A note was added.
        Noted = "noted",
        /// The person says that it is worse.
        Worse = "worse",
        /// An operator works on it.
        Taken = "taken",
        /// An operator answered.
        Answered = "answered",
        /// An operator asked something.
        Asked = "asked",
        /// It was handed over to another office.
        HandedOver = "handed_over",
        /// It is settled.
        Settled = "settled",
        /// It is closed.
        Closed = "closed",
        /// The person was asked whether it is settled.
        SettledAsked = "settled_asked",
        /// An operator looked at the person's number.
        ContactSeen = "contact_seen",
        /// The person asked for an SMS.
        SmsWanted = "sms_wanted",
    }
}

/// Who did something to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By<'a> {
    /// The person whose case it is.
    Person,
    /// An operator, by name.
    Operator(&'a str),
    /// The service, when its time had come.
    Service,
}

impl By<'_> {
    fn kind(self) -> &'static str {
        match self {
            By::Person => "person",
            By::Operator(_) => "operator",
            By::Service => "service",
        }
    }

    fn name(&self) -> &str {
        match self {
            By::Operator(name) => name,
            By::Person | By::Service => "",
        }
    }
}

/// Whether somebody may move a case from one state to another.
///
/// An end is final. The person can open it again or say that it is settled, and nothing else. An operator cannot end or
/// close what nobody has answered: a case does not go away by itself. The service only closes what stayed silent.
pub fn may_move(from: CaseState, to: CaseState, by: By<'_>) -> bool {
    use CaseState::{Answered, Closed, HandedOver, Open, Settled, Waiting};
    if from.is_over() {
        return false;
    }
    match (by, to) {
        (By::Person, Open) | (By::Operator(_), Settled | Closed) => from != Open,
        (By::Person, Settled) | (By::Operator(_), Answered | Waiting | HandedOver) => true,
        (By::Service, Closed) => matches!(from, Answered | Waiting | HandedOver),
        _ => false,
    }
}

/// Cases of one number that are not over: more than one person's real problems, fewer than a prank.
pub const OPEN_MAX: i64 = 5;
/// The same for somebody in danger, who finds a place when there is none for anything else.
pub const OPEN_UNSAFE_MAX: i64 = 8;
/// Characters of a note, in what an operator writes: a page of a letter.
pub const NOTE_CHARS_MAX: usize = 1_000;
/// Characters of an answer or a question to the person: one screen.
pub const ANSWER_CHARS_MAX: usize = 110;
/// After so long without a word the person is asked whether it is settled, in milliseconds: three days.
pub const ASK_AFTER_MS: i64 = 3 * 24 * 3_600_000;
/// After so long without an answer to that, or to an operator's question, a case closes: two weeks.
pub const CLOSE_AFTER_MS: i64 = 14 * 24 * 3_600_000;

/// Between two alarms on one case in which somebody is in danger, in milliseconds: time to call back.
pub const URGED_UNSAFE_EVERY_MS: i64 = 15 * 60_000;
/// The same for any other: once a day, whoever presses the key however often.
pub const URGED_EVERY_MS: i64 = 24 * 3_600_000;

/// Who urged before this moment may be heard again.
fn urged_before_ms(kind: CaseKind, now_ms: i64) -> i64 {
    now_ms - if kind == CaseKind::Unsafe { URGED_UNSAFE_EVERY_MS } else { URGED_EVERY_MS }
}

const NOTE: crate::storage::Column = crate::storage::Column::new("help_case_event", "note");

/// A note ready to keep: without control characters, marks that turn the direction of writing, emoji and needless spaces.
/// `None` when nothing is left, or it is longer than [`NOTE_CHARS_MAX`].
pub fn checked_note(typed: &str) -> Option<String> {
    // What is longer by far is not worth cleaning.
    if typed.len() > NOTE_CHARS_MAX * 16 {
        return None;
    }
    let note = crate::text::folding::clean(typed);
    (!note.is_empty() && note.chars().count() <= NOTE_CHARS_MAX).then_some(note)
}
