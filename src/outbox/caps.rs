//! Caps: how much may be sent on a day to one number, to its neighbours, for one employer and over one channel. Against
//! loops of our own, against people who make a form send to numbers they earn from, and against a bill without end.
//!
//! What is counted is a message that is about to leave, in the transaction that lets it leave.

use std::collections::BTreeMap;

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

/// Bytes of a number's hash under which it is counted: each message writes such a row somewhere among all of the day's, and twice as
/// many of them stand on a page. Two of a million numbers a day share a row once in a hundred thousand years.
const NUMBER_BYTES: usize = 8;

impl<'a> Counted<'a> {
    fn number(&self) -> &'a [u8] {
        self.address_hmac.get(..NUMBER_BYTES).unwrap_or(self.address_hmac)
    }
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

/// What many messages share, as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    Channel,
    Employer,
    Prefix,
}

impl Scope {
    fn code(self) -> &'static str {
        match self {
            Scope::Channel => "channel",
            Scope::Employer => "employer",
            Scope::Prefix => "prefix",
        }
    }
}

/// A count of the day as it was found, and what was added since.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    found: i64,
    found_micros: i64,
    messages: i64,
    segments: i64,
    cost_micros: i64,
}

impl Count {
    fn add(&mut self, counted: &Counted<'_>, sign: i64) {
        self.messages += sign;
        self.segments += sign * counted.segments;
        self.cost_micros += sign * counted.cost_micros;
    }
}

/// Counts messages that leave together: what they share is read once and written once, however many they are. A count that was
/// read is ours until the transaction ends: another node that counts the same waits for it.
#[derive(Debug)]
pub struct Tally {
    day: i64,
    caps: Caps,
    shared: BTreeMap<(Scope, Vec<u8>), Count>,
}

impl Tally {
    /// Of a day.
    pub fn new(day: i64, caps: Caps) -> Self {
        Self { day, caps, shared: BTreeMap::new() }
    }

    /// Counts a message; answers what is at its cap, and then the message must not leave and is not counted.
    pub fn count(&mut self, tx: &mut Tx<'_>, counted: &Counted<'_>) -> Result<Option<Capped>, storage::Error> {
        for (scope, key) in self.shared_by(counted) {
            let found = match self.shared.get(&(scope, key.clone())) {
                Some(found) => *found,
                None => *self.shared.entry((scope, key.clone())).or_insert(find(tx, self.day, scope, &key)?),
            };
            let is_at = |messages_max: i64| messages_max > 0 && found.found + found.messages >= messages_max;
            let cost = found.found_micros + found.cost_micros + counted.cost_micros;
            let capped = match scope {
                Scope::Channel if is_at(self.caps.channel) => Some(Capped::Channel),
                Scope::Channel if self.caps.channel_cost_micros > 0 && cost > self.caps.channel_cost_micros => {
                    Some(Capped::Money)
                }
                Scope::Employer if is_at(self.caps.employer) => Some(Capped::Employer),
                Scope::Prefix if is_at(self.caps.prefix) => Some(Capped::Prefix),
                _ => None,
            };
            if capped.is_some() {
                return Ok(capped);
            }
        }
        if self.caps.number > 0 && !add_to_number(tx, counted, self.caps.number)? {
            return Ok(Some(Capped::Number));
        }
        self.add(counted, 1);
        Ok(None)
    }

    /// A message that was counted does not leave after all.
    pub fn uncount(&mut self, tx: &mut Tx<'_>, counted: &Counted<'_>) -> Result<(), storage::Error> {
        self.add(counted, -1);
        take_from_number(tx, counted)
    }

    /// Writes down what was added.
    pub fn write(&self, tx: &mut Tx<'_>) -> Result<(), storage::Error> {
        const WRITE: &str = "UPDATE sent_count SET messages = messages + $4, segments = segments + $5, \
            cost_micros = cost_micros + $6 WHERE day = $1 AND scope = $2 AND counted = $3";
        for ((scope, key), count) in self.shared.iter().filter(|(_, count)| count.messages != 0) {
            let (messages, segments, cost) = (count.messages, count.segments, count.cost_micros);
            let row = [self.day.into(), scope.code().into(), key.into(), messages.into(), segments.into(), cost.into()];
            tx.execute(WRITE, &row)?;
        }
        Ok(())
    }

    fn add(&mut self, counted: &Counted<'_>, sign: i64) {
        for shared in self.shared_by(counted) {
            if let Some(count) = self.shared.get_mut(&shared) {
                count.add(counted, sign);
            }
        }
    }

    /// What is counted for a message besides its number, where there is a cap to hold; the channel always.
    fn shared_by(&self, counted: &Counted<'_>) -> impl Iterator<Item = (Scope, Vec<u8>)> + use<> {
        let employer = self.caps.employer > 0 && counted.employer_id != 0;
        let prefix = self.caps.prefix > 0 && !counted.prefix_hmac.is_empty();
        // The channel first: two nodes that send over the same one wait for each other there. Over different ones they may wait for
        // each other's employers crosswise: the server ends one of them, and it is run again.
        [
            Some((Scope::Channel, counted.channel.as_bytes().to_vec())),
            employer.then(|| (Scope::Employer, counted.employer_id.to_be_bytes().to_vec())),
            prefix.then(|| (Scope::Prefix, counted.prefix_hmac.to_vec())),
        ]
        .into_iter()
        .flatten()
    }
}

/// A count as it is now, kept from others until the transaction ends.
fn find(tx: &mut Tx<'_>, day: i64, scope: Scope, key: &[u8]) -> Result<Count, storage::Error> {
    const FIND: &str = "INSERT INTO sent_count (day, scope, counted, messages, segments, cost_micros) \
        VALUES ($1, $2, $3, 0, 0, 0) ON CONFLICT (day, scope, counted) DO UPDATE SET \
        messages = sent_count.messages RETURNING messages, cost_micros";
    let found = tx.query_one(FIND, &[day.into(), scope.code().into(), key.into()], |row| {
        Ok(Count { found: row.integer(0)?, found_micros: row.integer(1)?, ..Count::default() })
    })?;
    Ok(found.unwrap_or_default())
}

/// Counts one message more to its number unless that would be more than may be: numbers are seldom the same, and nobody asks what
/// they cost.
fn add_to_number(tx: &mut Tx<'_>, counted: &Counted<'_>, messages_max: i64) -> Result<bool, storage::Error> {
    const ADD: &str = "INSERT INTO sent_count (day, scope, counted, messages, segments, cost_micros) \
        VALUES ($1, 'number', $2, 1, 0, 0) ON CONFLICT (day, scope, counted) DO UPDATE SET \
        messages = sent_count.messages + 1 WHERE sent_count.messages < $3";
    Ok(tx.execute(ADD, &[counted.day.into(), counted.number().into(), messages_max.into()])? == 1)
}

fn take_from_number(tx: &mut Tx<'_>, counted: &Counted<'_>) -> Result<(), storage::Error> {
    const TAKE_BACK: &str = "UPDATE sent_count SET messages = messages - 1 \
        WHERE day = $1 AND scope = 'number' AND counted = $2 AND messages > 0";
    tx.execute(TAKE_BACK, &[counted.day.into(), counted.number().into()])?;
    Ok(())
}

/// Takes back what was counted for a message that did not leave after all.
pub fn take_back(tx: &mut Tx<'_>, counted: &Counted<'_>) -> Result<(), storage::Error> {
    let employer = counted.employer_id.to_be_bytes();
    take_from(tx, counted, "channel", counted.channel.as_bytes())?;
    take_from(tx, counted, "employer", &employer)?;
    take_from(tx, counted, "prefix", counted.prefix_hmac)?;
    take_from_number(tx, counted)
}

fn take_from(tx: &mut Tx<'_>, counted: &Counted<'_>, scope: &'static str, key: &[u8]) -> Result<(), storage::Error> {
    const TAKE_BACK: &str = "UPDATE sent_count SET messages = messages - 1, segments = segments - $4, \
        cost_micros = cost_micros - $5 WHERE day = $1 AND scope = $2 AND counted = $3 AND messages > 0";
    let (segments, cost) = (counted.segments, counted.cost_micros);
    tx.execute(TAKE_BACK, &[counted.day.into(), scope.into(), key.into(), segments.into(), cost.into()])?;
    Ok(())
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

    fn counted_alone(
        tx: &mut Tx<'_>,
        counted: &Counted<'_>,
        caps: Caps,
    ) -> Result<Option<Capped>, crate::outbox::Error> {
        let mut tally = Tally::new(counted.day, caps);
        let capped = tally.count(tx, counted)?;
        tally.write(tx)?;
        Ok(capped)
    }

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
            counted_alone(tx, &counted, CAPS)
        })
        .unwrap()
    }

    #[test]
    fn each_cap_holds_and_says_which_it_was() {
        for rig in Rig::on_each_engine() {
            assert_eq!(counted(&rig, 1, 5, 10), None);
            assert_eq!(counted(&rig, 1, 5, 10), None);
            assert_eq!(counted(&rig, 1, 5, 10), Some(Capped::Number));
            assert_eq!(counted(&rig, 2, 5, 10), None, "what does not leave is not counted");
            assert_eq!(counted(&rig, 2, 5, 10), Some(Capped::Employer));
            assert_eq!(counted(&rig, 2, 0, 10), None);
            assert_eq!(counted(&rig, 3, 0, 10), Some(Capped::Prefix));
            assert_eq!(counted(&rig, 3, 0, 40), Some(Capped::Money));
            let sent = rig.tx(|tx| Ok(of_channels(tx, 20_000)?)).unwrap();
            assert_eq!(sent, [("mtn".to_owned(), [4, 8, 40])]);
            assert_eq!(rig.tx(|tx| Ok(forget(tx, 20_001)?)).unwrap(), 5);
        }
    }

    #[test]
    fn messages_of_one_claim_are_counted_together_and_one_that_stays_is_taken_back() {
        for rig in Rig::on_each_engine() {
            let all = rig.tx(|tx| {
                let mut tally = Tally::new(20_000, CAPS);
                let mut all = Vec::new();
                for number in 1..=5 {
                    let number = [number; 32];
                    let counted = Counted {
                        day: 20_000,
                        address_hmac: &number,
                        prefix_hmac: &[7; 32],
                        employer_id: 5,
                        channel: "mtn",
                        segments: 1,
                        cost_micros: 10,
                    };
                    all.push(tally.count(tx, &counted)?);
                    if number[0] == 2 {
                        tally.uncount(tx, &counted)?;
                    }
                }
                tally.write(tx)?;
                Ok(all)
            });
            assert_eq!(all.unwrap(), [None, None, None, None, Some(Capped::Employer)]);
            let sent = rig.tx(|tx| Ok(of_channels(tx, 20_000)?)).unwrap();
            assert_eq!(sent, [("mtn".to_owned(), [3, 3, 30])]);
            // The next claim finds what the first has left.
            assert_eq!(counted(&rig, 2, 5, 10), Some(Capped::Employer));
            assert_eq!(counted(&rig, 2, 0, 10), None);
            assert_eq!(counted(&rig, 6, 0, 10), Some(Capped::Prefix));
        }
    }

    #[test]
    fn what_many_count_at_once_stays_at_the_cap() {
        const CAPS: Caps = Caps { number: 0, prefix: 0, employer: 20, channel: 30, channel_cost_micros: 0 };
        for rig in Rig::on_each_engine() {
            let sender = |employer_id: i64| {
                let messages = 0..25;
                let count = move |tx: &mut Tx<'_>| {
                    let counted = Counted {
                        day: 20_000,
                        address_hmac: &[1; 32],
                        prefix_hmac: &[],
                        employer_id,
                        channel: "mtn",
                        segments: 1,
                        cost_micros: 0,
                    };
                    counted_alone(tx, &counted, CAPS)
                };
                messages.map(|_| rig.tx(count).unwrap()).collect::<Vec<_>>()
            };
            let all = std::thread::scope(|scope| {
                let threads = [5, 5, 6, 7].map(|employer_id| scope.spawn(move || sender(employer_id)));
                threads.map(|thread| thread.join().unwrap()).concat()
            });
            assert_eq!(all.len(), 100);
            assert_eq!(all.iter().filter(|capped| capped.is_none()).count(), 30, "{all:?}");
            assert!(all.iter().flatten().all(|capped| matches!(capped, Capped::Channel | Capped::Employer)));
            assert_eq!(rig.tx(|tx| Ok(of_channels(tx, 20_000)?)).unwrap()[0].1, [30, 30, 0]);
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
                counted_alone(tx, &counted, none)
            });
            assert_eq!(capped.unwrap(), None);
        }
        assert_eq!(rig.tx(|tx| Ok(of_channels(tx, 1)?)).unwrap()[0].1, [50, 50, 250]);
    }
}
