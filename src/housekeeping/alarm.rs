//! What a person should know at once, and that it is over. One place raises it: whatever carries alarms further hangs
//! here.

use std::fmt;

use serde::Serialize;

use super::told;
use crate::outbox::operators::News;
use crate::storage::{Error, Tx};
use crate::text::datetime::utc;

/// News for operators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "alarm", rename_all = "snake_case")]
pub enum Alarm {
    /// Nobody dials from a network any more.
    Silence {
        /// The channel that its dials come by.
        channel: String,
        /// The network; empty where numbers tell none.
        network: String,
        /// Dials that are usual in a quarter of an hour at this time of day.
        usual: i64,
        /// The last dial, or the first moment that is known to be without one.
        since_ms: i64,
    },
    /// Somebody has dialled from it again.
    SilenceOver {
        /// The channel.
        channel: String,
        /// The network.
        network: String,
        /// Since when there was no dial.
        since_ms: i64,
    },
    /// Somebody waits longer for an answer than was promised.
    CaseOverdue {
        /// The case's number.
        case: i64,
        /// What it is about.
        kind: String,
        /// By when somebody should have answered.
        due_ms: i64,
    },
    /// Somebody who waits for an answer says that it is worse, or told it again.
    CaseUrged {
        /// The case's number.
        case: i64,
        /// What it is about.
        kind: String,
        /// When they said so.
        at_ms: i64,
    },
    /// A job is held and nobody has looked at it in time.
    JobHeldLate {
        /// The job's number.
        job: i64,
        /// Why it is held.
        why: String,
        /// By when somebody should have looked.
        due_ms: i64,
    },
    /// An agency's licence ends within thirty days.
    LicenceEnds {
        /// The employer.
        employer: i64,
        /// When.
        until_ms: i64,
    },
    /// An agency's licence is over: its open jobs are held.
    LicenceOver {
        /// The employer.
        employer: i64,
        /// Since when.
        until_ms: i64,
    },
}

impl Alarm {
    /// What a silence that was told is remembered by.
    pub(super) const SILENCE: &'static str = "silence";
    /// The same for a case without an answer.
    pub(super) const CASE_OVERDUE: &'static str = "case_overdue";
    /// For a case of which somebody says that it is worse.
    pub(super) const CASE_URGED: &'static str = "case_urged";
    /// For a held job.
    pub(super) const JOB_HELD_LATE: &'static str = "job_held_late";
    /// For a licence.
    pub(super) const LICENCE_ENDS: &'static str = "licence_ends";
    /// For one that is over.
    pub(super) const LICENCE_OVER: &'static str = "licence_over";

    /// A stable word, as in the log.
    pub fn code(&self) -> &'static str {
        match self {
            Alarm::Silence { .. } => Self::SILENCE,
            Alarm::SilenceOver { .. } => "silence_over",
            Alarm::CaseOverdue { .. } => Self::CASE_OVERDUE,
            Alarm::CaseUrged { .. } => Self::CASE_URGED,
            Alarm::JobHeldLate { .. } => Self::JOB_HELD_LATE,
            Alarm::LicenceEnds { .. } => Self::LICENCE_ENDS,
            Alarm::LicenceOver { .. } => Self::LICENCE_OVER,
        }
    }

    /// What it is about, so that the same is told once; another deadline is news again.
    pub(super) fn about(&self) -> String {
        match self {
            Alarm::Silence { channel, network, .. } | Alarm::SilenceOver { channel, network, .. } => {
                about(channel, network)
            }
            Alarm::CaseOverdue { case, due_ms, .. } => format!("{case}/{due_ms}"),
            Alarm::CaseUrged { case, at_ms, .. } => format!("{case}/{at_ms}"),
            Alarm::JobHeldLate { job, due_ms, .. } => format!("{job}/{due_ms}"),
            Alarm::LicenceEnds { employer, until_ms } | Alarm::LicenceOver { employer, until_ms } => {
                format!("{employer}/{until_ms}")
            }
        }
    }

    /// Since when it holds.
    fn since_ms(&self) -> i64 {
        match self {
            Alarm::Silence { since_ms, .. } | Alarm::SilenceOver { since_ms, .. } => *since_ms,
            Alarm::CaseOverdue { due_ms, .. } | Alarm::JobHeldLate { due_ms, .. } => *due_ms,
            Alarm::CaseUrged { at_ms, .. } => *at_ms,
            Alarm::LicenceEnds { until_ms, .. } | Alarm::LicenceOver { until_ms, .. } => *until_ms,
        }
    }

    /// Notes in a transaction that this is told; false when another node was first. [`Alarm::news`] belong in the same
    /// transaction: then they are queued once.
    pub(super) fn note(&self, tx: &mut Tx<'_>) -> Result<bool, Error> {
        match self {
            Alarm::SilenceOver { .. } => told::end(tx, Self::SILENCE, &self.about()),
            _ => self.note_since(tx, self.since_ms()),
        }
    }

    /// The same, remembered from a moment on: what still holds a month later is told again.
    pub(super) fn note_since(&self, tx: &mut Tx<'_>, since_ms: i64) -> Result<bool, Error> {
        told::begin(tx, self.code(), &self.about(), since_ms)
    }

    /// What operators are told of it.
    pub(super) fn news(&self) -> News {
        let see = match self {
            Alarm::Silence { .. } | Alarm::SilenceOver { .. } => "kaziline digest".to_owned(),
            Alarm::CaseOverdue { case, .. } | Alarm::CaseUrged { case, .. } => format!("kaziline case show {case}"),
            Alarm::JobHeldLate { job, .. } => format!("kaziline vacancy show {job}"),
            Alarm::LicenceEnds { employer, .. } | Alarm::LicenceOver { employer, .. } => {
                format!("kaziline employer show {employer}")
            }
        };
        News {
            kind: format!("alarm.{}", self.code()),
            cause: format!("{}/{}/{}", self.code(), self.about(), self.since_ms()),
            subject: format!("Kaziline: {self}"),
            words: format!("{self}.\n\nSee: {see}"),
            data: serde_json::to_value(self).unwrap_or_default(),
        }
    }

    /// Raises it, when what [`Alarm::note`] wrote is on the disk.
    pub(super) fn raise(&self) {
        match self {
            Alarm::Silence { channel, network, usual, .. } => {
                tracing::error!(alarm = self.code(), %channel, %network, usual, "{self}");
            }
            Alarm::SilenceOver { channel, network, .. } => {
                tracing::info!(alarm = self.code(), %channel, %network, "{self}");
            }
            Alarm::CaseOverdue { .. }
            | Alarm::CaseUrged { .. }
            | Alarm::JobHeldLate { .. }
            | Alarm::LicenceEnds { .. }
            | Alarm::LicenceOver { .. } => {
                tracing::error!(alarm = self.code(), "{self}");
            }
        }
    }
}

/// A sentence for a person.
impl fmt::Display for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Alarm::Silence { channel, network, usual, .. } => {
                let network = network_name(network);
                write!(f, "{network} on channel {channel} is silent: no dials for 15 minutes, usual {usual}")
            }
            Alarm::SilenceOver { channel, network, .. } => {
                write!(f, "{} on channel {channel} is back", network_name(network))
            }
            Alarm::CaseOverdue { case, kind, due_ms } => {
                write!(f, "case {case} ({kind}) was to be answered by {}", utc(*due_ms))
            }
            Alarm::CaseUrged { case, kind, at_ms } => {
                write!(f, "case {case} ({kind}) was told again as urgent at {}", utc(*at_ms))
            }
            Alarm::JobHeldLate { job, why, due_ms } => {
                write!(f, "job {job} is held ({why}) and was to be looked at by {}", utc(*due_ms))
            }
            Alarm::LicenceEnds { employer, until_ms } => {
                write!(f, "the licence of employer {employer} ends on {}", utc(*until_ms))
            }
            Alarm::LicenceOver { employer, until_ms } => {
                write!(f, "the licence of employer {employer} is over since {}: its open jobs are held", utc(*until_ms))
            }
        }
    }
}

/// A network's name in a sentence.
pub(super) fn network_name(network: &str) -> &str {
    if network.is_empty() { "network not known" } else { network }
}

/// What a silence is about. No channel has a `/` in its name.
fn about(channel: &str, network: &str) -> String {
    format!("{channel}/{network}")
}

/// Channel, network and beginning of each silence that was told and is not over.
pub(super) fn silences(tx: &mut Tx<'_>) -> Result<Vec<(String, String, i64)>, Error> {
    let standing = told::standing(tx, Alarm::SILENCE)?;
    let parts = standing.into_iter().filter_map(|(about, since_ms)| {
        let (channel, network) = about.split_once('/')?;
        Some((channel.to_owned(), network.to_owned(), since_ms))
    });
    Ok(parts.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_a_sentence_a_word_and_data() {
        let (channel, network) = ("mtn".to_owned(), "Airtel".to_owned());
        let silence = Alarm::Silence { channel, network, usual: 120, since_ms: 7 };
        assert_eq!(silence.to_string(), "Airtel on channel mtn is silent: no dials for 15 minutes, usual 120");
        let data = serde_json::to_value(&silence).unwrap();
        assert_eq!((&data["alarm"], &data["usual"]), (&silence.code().into(), &120.into()));
        let over = Alarm::SilenceOver { channel: "mtn".to_owned(), network: String::new(), since_ms: 7 };
        assert_eq!(over.to_string(), "network not known on channel mtn is back");
        assert_eq!(serde_json::to_value(&over).unwrap()["alarm"], over.code());
    }
}
