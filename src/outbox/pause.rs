//! Channels that do not send for now: paused by an operator, out of credit, refused, throttled, or at a cap. A row, so that
//! every node knows, and so that it outlives every process.

use super::Error;
use crate::storage::{self, Row, Tx};

/// Why a channel does not send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// An operator has said so.
    Operator,
    /// The provider has too much from us.
    Throttled,
    /// The account is out of credit.
    NoCredit,
    /// The provider refuses the account, its sender or its address.
    Credentials,
    /// As much money was spent today as may be.
    MoneyCap,
    /// As much was sent today as may be.
    CountCap,
    /// It fails: nobody is reached, or nobody answers.
    Down,
}

impl Why {
    const ALL: [Why; 7] =
        [Why::Operator, Why::Throttled, Why::NoCredit, Why::Credentials, Why::MoneyCap, Why::CountCap, Why::Down];

    /// As stored and as shown to operators.
    pub fn code(self) -> &'static str {
        match self {
            Why::Operator => "operator",
            Why::Throttled => "throttled",
            Why::NoCredit => "no_credit",
            Why::Credentials => "credentials",
            Why::MoneyCap => "money_cap",
            Why::CountCap => "count_cap",
            Why::Down => "down",
        }
    }

    fn from_code(code: &str) -> Option<Why> {
        Why::ALL.into_iter().find(|why| why.code() == code)
    }

    /// Whether a person has to do something about it.
    pub fn is_alarm(self) -> bool {
        !matches!(self, Why::Operator | Why::Throttled)
    }
}

/// A channel that does not send for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Which.
    pub channel: String,
    /// Why.
    pub why: Why,
    /// Who paused it; empty where the service did.
    pub by: String,
    /// Since when, in milliseconds since the epoch.
    pub since_ms: i64,
    /// Until when; 0: until somebody resumes it.
    pub until_ms: i64,
}

impl Pause {
    /// Whether it still holds.
    pub fn holds(&self, now_ms: i64) -> bool {
        self.until_ms == 0 || self.until_ms > now_ms
    }
}

/// Every pause that is written down, those that have run out included.
pub fn pauses(tx: &mut Tx<'_>) -> Result<Vec<Pause>, Error> {
    const PAUSES: &str = "SELECT channel, why, by_whom, since_ms, until_ms FROM channel_pause ORDER BY channel";
    Ok(tx.query(PAUSES, &[], pause_of)?)
}

/// Pauses a channel. An operator's pause is never shortened by the service, and one that holds is only made longer.
/// Answers whether it did not hold before, or for another reason: whether that is news.
pub fn pause_channel(tx: &mut Tx<'_>, pause: &Pause, now_ms: i64) -> Result<bool, Error> {
    const ONE: &str = "SELECT channel, why, by_whom, since_ms, until_ms FROM channel_pause WHERE channel = $1";
    const WRITE: &str = "INSERT INTO channel_pause (channel, why, by_whom, since_ms, until_ms) VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (channel) DO UPDATE SET why = excluded.why, by_whom = excluded.by_whom, \
        since_ms = excluded.since_ms, until_ms = excluded.until_ms";
    let standing = tx.query_one(ONE, &[pause.channel.as_str().into()], pause_of)?;
    let standing = standing.filter(|standing| standing.holds(now_ms));
    if let Some(standing) = &standing {
        let is_longer = standing.until_ms == 0 || (pause.until_ms != 0 && pause.until_ms <= standing.until_ms);
        let is_operators = standing.why == Why::Operator && pause.why != Why::Operator;
        if is_operators || (is_longer && pause.why != Why::Operator) {
            return Ok(false);
        }
    }
    let is_news = standing.as_ref().is_none_or(|standing| standing.why != pause.why);
    let since_ms = standing.filter(|_| !is_news).map_or(pause.since_ms, |standing| standing.since_ms);
    let row = [
        pause.channel.as_str().into(),
        pause.why.code().into(),
        pause.by.as_str().into(),
        since_ms.into(),
        pause.until_ms.into(),
    ];
    tx.execute(WRITE, &row)?;
    Ok(is_news)
}

/// Lets a channel send again; answers the pause that was ended.
pub fn resume_channel(tx: &mut Tx<'_>, channel: &str) -> Result<Option<Pause>, Error> {
    const RESUME: &str = "DELETE FROM channel_pause WHERE channel = $1 \
        RETURNING channel, why, by_whom, since_ms, until_ms";
    Ok(tx.query_one(RESUME, &[channel.into()], pause_of)?)
}

fn pause_of(row: &Row<'_>) -> Result<Pause, storage::Error> {
    Ok(Pause {
        channel: row.text(0)?.to_owned(),
        why: Why::from_code(row.text(1)?).ok_or(storage::Error::Corrupt { what: "why a channel is paused" })?,
        by: row.text(2)?.to_owned(),
        since_ms: row.integer(3)?,
        until_ms: row.integer(4)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::rig::{NOW_MS, Rig};

    fn pause(why: Why, until_ms: i64) -> Pause {
        Pause { channel: "mtn".to_owned(), why, by: String::new(), since_ms: NOW_MS, until_ms }
    }

    fn paused(rig: &Rig, why: Why, until_ms: i64) -> bool {
        rig.tx(move |tx| pause_channel(tx, &pause(why, until_ms), NOW_MS)).unwrap()
    }

    fn standing(rig: &Rig) -> (Why, i64) {
        let all = rig.tx(pauses).unwrap();
        (all[0].why, all[0].until_ms)
    }

    #[test]
    fn a_pause_is_made_longer_and_is_news_once() {
        for rig in Rig::on_each_engine() {
            assert!(paused(&rig, Why::Throttled, NOW_MS + 10));
            assert!(!paused(&rig, Why::Throttled, NOW_MS + 5));
            assert_eq!(standing(&rig), (Why::Throttled, NOW_MS + 10));
            assert!(!paused(&rig, Why::Throttled, NOW_MS + 20));
            assert!(paused(&rig, Why::NoCredit, NOW_MS + 30));
            assert_eq!(standing(&rig), (Why::NoCredit, NOW_MS + 30));
            assert!(paused(&rig, Why::Operator, 0));
            assert!(!paused(&rig, Why::Credentials, NOW_MS + 90), "an operator's stands");
            assert_eq!(standing(&rig), (Why::Operator, 0));
            let ended = rig.tx(|tx| resume_channel(tx, "mtn")).unwrap().unwrap();
            assert_eq!((ended.why, rig.tx(pauses).unwrap().len()), (Why::Operator, 0));
            assert_eq!(rig.tx(|tx| resume_channel(tx, "mtn")).unwrap(), None);
        }
    }
}
