//! Caps: how much may be sent on a day to one number, to its neighbours, for one employer and over one channel. Against
//! loops of our own, against people who make a form send to numbers they earn from, and against a bill without end.
//!
//! What is counted is a message that is about to leave, in the transaction that lets it leave.

use crate::storage::{self, Tx};

/// Caps of a day. 0: none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// Messages to one number.
    pub number: i64,
    /// Messages to numbers that share their first digits ([`PREFIX_DIGITS`] of the national number's beginning).
    pub prefix: i64,
    /// Messages for one employer.
    pub employer: i64,
    /// Messages over the channel.
    pub channel: i64,
    /// Money over the channel, in millionths of the currency.
    pub channel_cost_micros: i64,
}

/// Digits of E.164 that neighbours share: country, network and two more; 10,000 to 100,000 numbers.
pub const PREFIX_DIGITS: usize = 7;

/// What is counted for one message.
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a> {
    /// Days since the epoch, where the country's clocks say so.
    pub day: i64,
    /// Keyed hash of the recipient.
    pub address_hmac: &'a [u8],
    /// Keyed hash of its first digits.
    pub prefix_hmac: &'a [u8],
    /// 0: nobody.
    pub employer_id: i64,
    /// The channel's name.
    pub channel: &'a str,
    /// SMS segments.
    pub segments: i64,
    /// What they cost.
    pub cost_micros: i64,
}

/// What is at its cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capped {
    /// The number: this message alone waits.
    Number,
    /// Its neighbours.
    Prefix,
    /// The employer.
    Employer,
    /// The channel's count.
    Channel,
    /// The channel's money.
    Money,
}

impl Capped {
    /// A stable word for the record.
    pub fn reason(self) -> &'static str {
        match self {
            Capped::Number => "number_cap",
            Capped::Prefix => "prefix_cap",
            Capped::Employer => "employer_cap",
            Capped::Channel => "count_cap",
            Capped::Money => "money_cap",
        }
    }
}

/// Counts a message; answers what is at its cap, and then the message must not leave. What was counted before the cap was
/// found stays counted: a cap errs on the side of less.
pub fn count(tx: &mut Tx<'_>, counted: &Counted<'_>, caps: &Caps) -> Result<Option<Capped>, storage::Error> {
    // The channel first: at its cap nothing else is counted for nothing.
    let employer = counted.employer_id.to_be_bytes();
    let scopes = [
        ("channel", counted.channel.as_bytes(), caps.channel, caps.channel_cost_micros, Capped::Channel),
        ("employer", &employer[..], caps.employer, 0, Capped::Employer),
        ("prefix", counted.prefix_hmac, caps.prefix, 0, Capped::Prefix),
        ("number", counted.address_hmac, caps.number, 0, Capped::Number),
    ];
    for (scope, key, messages_max, cost_max, capped) in scopes {
        let is_counted = match scope {
            "employer" => counted.employer_id != 0,
            "prefix" => !key.is_empty(),
            _ => true,
        };
        if !is_counted || (messages_max == 0 && cost_max == 0 && scope != "channel") {
            continue;
        }
        if !add(tx, counted, scope, key, (messages_max, cost_max))? {
            let is_money = cost_max > 0 && (messages_max == 0 || messages(tx, counted, scope, key)? < messages_max);
            return Ok(Some(if is_money { Capped::Money } else { capped }));
        }
    }
    Ok(None)
}

/// Adds one message unless that would be more than may be.
fn add(
    tx: &mut Tx<'_>,
    counted: &Counted<'_>,
    scope: &'static str,
    key: &[u8],
    (messages_max, cost_max): (i64, i64),
) -> Result<bool, storage::Error> {
    const ADD: &str = "INSERT INTO sent_count (day, scope, counted, messages, segments, cost_micros) \
        VALUES ($1, $2, $3, 1, $4, $5) ON CONFLICT (day, scope, counted) DO UPDATE SET \
        messages = sent_count.messages + 1, segments = sent_count.segments + excluded.segments, \
        cost_micros = sent_count.cost_micros + excluded.cost_micros \
        WHERE (sent_count.messages < $6 OR $6 = 0) \
        AND (sent_count.cost_micros + excluded.cost_micros <= $7 OR $7 = 0)";
    let row = [
        counted.day.into(),
        scope.into(),
        key.into(),
        counted.segments.into(),
        counted.cost_micros.into(),
        messages_max.into(),
        cost_max.into(),
    ];
    Ok(tx.execute(ADD, &row)? == 1)
}

/// Takes back what was counted for a message that did not leave after all.
pub fn take_back(tx: &mut Tx<'_>, counted: &Counted<'_>) -> Result<(), storage::Error> {
    const TAKE_BACK: &str = "UPDATE sent_count SET messages = messages - 1, segments = segments - $4, \
        cost_micros = cost_micros - $5 WHERE day = $1 AND scope = $2 AND counted = $3 AND messages > 0";
    let employer = counted.employer_id.to_be_bytes();
    let scopes = [
        ("channel", counted.channel.as_bytes()),
        ("employer", &employer[..]),
        ("prefix", counted.prefix_hmac),
        ("number", counted.address_hmac),
    ];
    for (scope, key) in scopes {
        let (segments, cost) = (counted.segments, counted.cost_micros);
        tx.execute(TAKE_BACK, &[counted.day.into(), scope.into(), key.into(), segments.into(), cost.into()])?;
    }
    Ok(())
}

fn messages(tx: &mut Tx<'_>, counted: &Counted<'_>, scope: &'static str, key: &[u8]) -> Result<i64, storage::Error> {
    const SENT: &str = "SELECT messages FROM sent_count WHERE day = $1 AND scope = $2 AND counted = $3";
    let sent = tx.query_one(SENT, &[counted.day.into(), scope.into(), key.into()], |row| row.integer(0))?;
    Ok(sent.unwrap_or_default())
}

/// Messages, segments and cost over each channel on a day.
pub fn of_channels(tx: &mut Tx<'_>, day: i64) -> Result<Vec<(String, [i64; 3])>, storage::Error> {
    const CHANNELS: &str = "SELECT counted, messages, segments, cost_micros FROM sent_count \
        WHERE day = $1 AND scope = 'channel' ORDER BY counted";
    tx.query(CHANNELS, &[day.into()], |row| {
        let name = String::from_utf8_lossy(row.bytes(0)?).into_owned();
        Ok((name, [row.integer(1)?, row.integer(2)?, row.integer(3)?]))
    })
}

/// Forgets the counts of days before `day`; answers how many rows went.
pub fn forget(tx: &mut Tx<'_>, day: i64) -> Result<u64, storage::Error> {
    tx.execute("DELETE FROM sent_count WHERE day < $1", &[day.into()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::rig::Rig;

    const CAPS: Caps = Caps { number: 2, prefix: 4, employer: 3, channel: 9, channel_cost_micros: 70 };

    fn counted(rig: &Rig, number: u8, employer_id: i64, cost_micros: i64) -> Option<Capped> {
        rig.tx(move |tx| {
            let number = [number; 32];
            let counted = Counted {
                day: 20_000,
                address_hmac: &number,
                prefix_hmac: &[7; 32],
                employer_id,
                channel: "mtn",
                segments: 2,
                cost_micros,
            };
            Ok(count(tx, &counted, &CAPS)?)
        })
        .unwrap()
    }

    #[test]
    fn each_cap_holds_and_says_which_it_was() {
        for rig in Rig::on_each_engine() {
            assert_eq!(counted(&rig, 1, 5, 10), None);
            assert_eq!(counted(&rig, 1, 5, 10), None);
            assert_eq!(counted(&rig, 1, 5, 10), Some(Capped::Number));
            assert_eq!(counted(&rig, 2, 5, 10), Some(Capped::Employer), "three were for that employer");
            assert_eq!(counted(&rig, 2, 0, 10), None);
            assert_eq!(counted(&rig, 3, 0, 10), Some(Capped::Prefix));
            assert_eq!(counted(&rig, 4, 0, 20), Some(Capped::Money));
            let sent = rig.tx(|tx| Ok(of_channels(tx, 20_000)?)).unwrap();
            assert_eq!(sent, [("mtn".to_owned(), [6, 12, 60])]);
            assert_eq!(rig.tx(|tx| Ok(forget(tx, 20_001)?)).unwrap(), 5);
        }
    }

    #[test]
    fn without_caps_a_channel_is_counted_all_the_same() {
        let rig = Rig::new();
        let none = Caps { number: 0, prefix: 0, employer: 0, channel: 0, channel_cost_micros: 0 };
        for _ in 0..50 {
            let capped = rig.tx(move |tx| {
                let counted = Counted {
                    day: 1,
                    address_hmac: &[1; 32],
                    prefix_hmac: &[],
                    employer_id: 1,
                    channel: "mtn",
                    segments: 1,
                    cost_micros: 5,
                };
                Ok(count(tx, &counted, &none)?)
            });
            assert_eq!(capped.unwrap(), None);
        }
        assert_eq!(rig.tx(|tx| Ok(of_channels(tx, 1)?)).unwrap()[0].1, [50, 50, 250]);
    }
}
