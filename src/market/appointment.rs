//! Where an applicant is asked to come: to a trial with its task, to an interview with its place.

use super::pipeline::Refusal;
use super::vacancy::{read_day, read_minute};
use super::{ApplicationId, Fault, hold};
use crate::country::Country;
use crate::storage::{Column, Keys, Tx};
use crate::text::datetime::{Day, MINUTES_PER_DAY};
use crate::text::folding;

/// Characters of a place or a task: what stands on one screen beside day and time in every language. An SMS shows less of
/// it where its language needs the room.
pub const WORDS_CHARS_MAX: usize = 40;
/// How far ahead somebody may be invited, in days: more is a slip in the date.
const AHEAD_DAYS_MAX: i32 = 183;
/// Bytes of words that are worth cleaning.
const WORDS_BYTES_MAX: usize = WORDS_CHARS_MAX * 16;

const ASSESSMENT: Column = Column::new("appointment", "assessment");
const INTERVIEW: Column = Column::new("appointment", "interview");

coded! {
    /// What somebody is asked to come to.
    pub enum AppointmentKind {
        /// A trial, a test, questions.
        Assessment = "assessment",
        /// To talk.
        Interview = "interview",
    }
}

impl AppointmentKind {
    fn column(self) -> Column {
        match self {
            AppointmentKind::Assessment => ASSESSMENT,
            AppointmentKind::Interview => INTERVIEW,
        }
    }
}

/// An appointment.
#[derive(Clone, PartialEq, Eq)]
pub struct Appointment {
    /// What for.
    pub kind: AppointmentKind,
    /// The day; `None`: to be agreed.
    pub day: Option<Day>,
    /// The minute of the day; `None`: to be agreed.
    pub minute: Option<u16>,
    /// The place of an interview, the task of an assessment; cleaned.
    pub words: String,
}

/// Without the words.
impl std::fmt::Debug for Appointment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Appointment");
        shown.field("kind", &self.kind).field("day", &self.day).field("minute", &self.minute).finish_non_exhaustive()
    }
}

impl Appointment {
    /// An appointment as an employer gives it, checked: not over, not too far, with words that a phone can show and that
    /// neither ask for money nor carry a number.
    pub fn checked(
        country: &Country,
        kind: AppointmentKind,
        (day, minute): (Option<Day>, Option<u16>),
        words: &str,
        now_ms: i64,
    ) -> Result<Appointment, Refusal> {
        let words = checked_words(words)?;
        check_time(country, day, minute, now_ms)?;
        Ok(Appointment { kind, day, minute, words })
    }

    /// When it begins, in epoch milliseconds: of an unknown hour the last moment of the day; `None` for an unknown day.
    pub fn begins_ms(&self, country: &Country) -> Option<i64> {
        self.day.map(|day| moment_ms(country, day, self.minute))
    }
}

/// Words for an applicant, cleaned of all that is no text.
fn checked_words(words: &str) -> Result<String, Refusal> {
    if words.len() > WORDS_BYTES_MAX {
        return Err(Refusal::WordsTooLong);
    }
    let words = folding::clean(words);
    if !words.chars().any(char::is_alphanumeric) {
        return Err(Refusal::NoWords);
    }
    if words.chars().count() > WORDS_CHARS_MAX {
        return Err(Refusal::WordsTooLong);
    }
    // A phone with keys cannot follow a link, and a mail must not carry one that nobody looked at.
    if words.contains("://") || words.to_ascii_lowercase().contains("www.") {
        return Err(Refusal::Link);
    }
    match hold::reason(&words) {
        None => Ok(words),
        Some(hold::HoldReason::WorkerPays) => Err(Refusal::WorkerPays),
        Some(hold::HoldReason::PhoneNumber) => Err(Refusal::PhoneNumber),
    }
}

/// Whether a day and a time lie ahead, and not too far.
pub(super) fn check_time(country: &Country, day: Option<Day>, minute: Option<u16>, now_ms: i64) -> Result<(), Refusal> {
    if minute.is_some_and(|minute| minute >= MINUTES_PER_DAY) {
        return Err(Refusal::NoSuchTime);
    }
    let Some(day) = day else { return if minute.is_some() { Err(Refusal::NoDay) } else { Ok(()) } };
    if moment_ms(country, day, minute) <= now_ms {
        return Err(Refusal::Past);
    }
    let today = Day::from_ms(now_ms, &country.timezone);
    if day > today.plus(AHEAD_DAYS_MAX) { Err(Refusal::TooFar) } else { Ok(()) }
}

/// A minute of a day in epoch milliseconds; of an unknown one the end of the day.
fn moment_ms(country: &Country, day: Day, minute: Option<u16>) -> i64 {
    day.start_ms(&country.timezone) + i64::from(minute.unwrap_or(MINUTES_PER_DAY)) * 60_000
}

/// Keeps an appointment; an application has one of each kind.
pub fn set(
    tx: &mut Tx<'_>,
    keys: &Keys,
    application: ApplicationId,
    appointment: &Appointment,
    now_ms: i64,
) -> Result<(), Fault> {
    const SET: &str = "INSERT INTO appointment (application_id, kind, day, minute, words_sealed, set_ms) \
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (application_id, kind) DO UPDATE SET day = $3, minute = $4, \
        words_sealed = $5, set_ms = $6";
    let sealed = keys.seal(appointment.kind.column(), application.get(), appointment.words.as_bytes());
    let params = [
        application.into(),
        appointment.kind.code().into(),
        appointment.day.map(|day| i64::from(day.0)).into(),
        appointment.minute.map(i64::from).into(),
        (&sealed).into(),
        now_ms.into(),
    ];
    tx.execute(SET, &params)?;
    Ok(())
}

/// The appointment of a kind; `None` when there is none.
pub fn find(
    tx: &mut Tx<'_>,
    keys: &Keys,
    application: ApplicationId,
    kind: AppointmentKind,
) -> Result<Option<Appointment>, Fault> {
    const FIND: &str = "SELECT day, minute, words_sealed FROM appointment WHERE application_id = $1 AND kind = $2";
    Ok(tx.query_one(FIND, &[application.into(), kind.code().into()], |row| {
        Ok(Appointment {
            kind,
            day: read_day(row, 0)?,
            minute: read_minute(row, 1)?,
            words: keys.open_text(kind.column(), application.get(), row.bytes(2)?)?,
        })
    })?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fixture::{DAY_MS, NOW_MS, country};
    use super::*;

    fn today() -> Day {
        Day::from_ms(NOW_MS, &country().timezone)
    }

    fn at(day: Option<Day>, minute: Option<u16>, words: &str) -> Result<Appointment, Refusal> {
        Appointment::checked(country(), AppointmentKind::Interview, (day, minute), words, NOW_MS)
    }

    #[test]
    fn an_appointment_lies_ahead() {
        let today = today();
        // It is eight in the morning.
        assert!(at(Some(today), Some(481), "Office").is_ok() && at(Some(today), None, "Office").is_ok());
        assert_eq!(at(Some(today), Some(480), "Office").unwrap_err(), Refusal::Past);
        assert_eq!(at(Some(today.plus(-1)), None, "Office").unwrap_err(), Refusal::Past);
        assert_eq!(at(Some(Day(i32::MIN)), Some(0), "Office").unwrap_err(), Refusal::Past);
        assert!(at(Some(today.plus(AHEAD_DAYS_MAX)), Some(0), "Office").is_ok());
        assert_eq!(at(Some(today.plus(AHEAD_DAYS_MAX + 1)), Some(0), "Office").unwrap_err(), Refusal::TooFar);
        assert_eq!(at(Some(Day(i32::MAX)), Some(0), "Office").unwrap_err(), Refusal::TooFar);
        assert_eq!(at(Some(today), Some(1_440), "Office").unwrap_err(), Refusal::NoSuchTime);
        assert_eq!(at(None, Some(600), "Office").unwrap_err(), Refusal::NoDay);
        assert!(at(None, None, "Bring a trowel").is_ok());
    }

    #[test]
    fn it_begins_at_its_minute_or_by_the_end_of_its_day() {
        let begins = |minute| at(Some(today().plus(1)), minute, "Office").unwrap().begins_ms(country());
        assert_eq!(begins(Some(480)), Some(NOW_MS + DAY_MS));
        assert_eq!(begins(None), Some(NOW_MS + DAY_MS + 16 * 3_600_000));
    }

    #[test]
    fn words_are_cleaned_bounded_and_harmless() {
        let words = |words: &str| at(Some(today().plus(1)), Some(600), words).map(|appointment| appointment.words);
        assert_eq!(words("  KG 11\nAve\u{202E}, <b>Remera</b> 😀 ").unwrap(), "KG 11 Ave, <b>Remera</b>");
        assert_eq!(words("=cmd|' /C calc'!A0").unwrap(), "=cmd|' /C calc'!A0");
        assert_eq!(words("\u{200F}\u{202E} \u{0}").unwrap_err(), Refusal::NoWords);
        assert_eq!(words("...").unwrap_err(), Refusal::NoWords);
        assert_eq!(words(&"a".repeat(WORDS_CHARS_MAX)).unwrap().len(), WORDS_CHARS_MAX);
        for long in [WORDS_CHARS_MAX + 1, 5_000] {
            assert_eq!(words(&"a".repeat(long)).unwrap_err(), Refusal::WordsTooLong);
        }
        assert_eq!(words("Bring a deposit").unwrap_err(), Refusal::WorkerPays);
        assert_eq!(words("Call 0788 123 456").unwrap_err(), Refusal::PhoneNumber);
        assert_eq!(words("See https://pay.example").unwrap_err(), Refusal::Link);
    }

    proptest! {
        #[test]
        fn any_words_are_kept_short_and_printable_or_refused(words in any::<String>()) {
            if let Ok(found) = at(None, None, &words) {
                prop_assert!(found.words.chars().count() <= WORDS_CHARS_MAX);
                let unseen = |c: char| c.is_control() || c == '\u{202E}';
                prop_assert!(!found.words.chars().any(unseen), "{:?}", found.words);
            }
        }
    }
}
