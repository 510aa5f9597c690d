//! Messages from phones: each is kept once, its parts are joined, and what it asks for is read.
//!
//! A repeat is known by the provider's name of it, or by [`repeat`]'s rule where it gives none: providers send again what
//! they think we have not got.

pub mod keywords;
pub mod parts;
pub mod repeat;
pub mod reply;
mod reply_words;
mod words;

use crate::gateway::sms::{Inbound, Part};
use crate::storage::{self, Column, Keys, Purpose, Row, Tx};
pub use keywords::{Asked, read};
pub use parts::PARTS_WAIT_MS;
use parts::{Parts, StoredPart};

/// The text, sealed.
pub(super) const BODY: Column = Column::new("inbound_sms", "body");

/// A message from a phone, ready to be kept.
#[derive(Debug)]
pub struct Arrived<'a> {
    /// Made by the caller of the transaction.
    pub id: i64,
    /// The channel that it came over.
    pub channel: &'a str,
    /// What came.
    pub sms: &'a Inbound,
    /// Keyed hash of the sender's number.
    pub msisdn_hmac: &'a [u8],
    /// When it came, in milliseconds since the epoch.
    pub received_ms: i64,
}

/// What came of keeping a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is whole; if it had parts, they are joined here.
    Whole {
        /// The text.
        text: String,
        /// What it asks for.
        asked: Asked,
    },
    /// Others of its parts are missing.
    Waits,
    /// It was there already.
    Repeat,
}

/// Keeps a message, once.
pub fn keep(tx: &mut Tx<'_>, keys: &Keys, arrived: &Arrived<'_>) -> Result<Kept, storage::Error> {
    let sms = arrived.sms;
    let asked = read(&sms.text);
    let part = sms.part.filter(|part| part.total > 1);
    let digest = keys.keyed_hash(
        Purpose::InboundSms,
        &repeat::digest(&repeat::Arrived {
            channel: arrived.channel,
            from: &sms.from,
            to: &sms.to,
            text: &sms.text,
            part: part.map(|part| (part.reference, part.number, part.total)),
        }),
    );
    if is_repeat(tx, arrived, &digest, asked)? {
        return Ok(Kept::Repeat);
    }
    let Some(part) = part else {
        write(tx, keys, arrived, &digest, code(asked), None)?;
        return Ok(Kept::Whole { text: sms.text.clone(), asked });
    };
    write(tx, keys, arrived, &digest, "part", Some(part))?;
    let joined = join(tx, keys, arrived)?;
    // Who wants to be left alone is not kept waiting for the rest of the sentence.
    if joined == Kept::Waits && part.number == 1 && asked == Asked::Stop {
        return Ok(Kept::Whole { text: sms.text.clone(), asked });
    }
    Ok(joined)
}

fn is_repeat(tx: &mut Tx<'_>, arrived: &Arrived<'_>, digest: &[u8], asked: Asked) -> Result<bool, storage::Error> {
    const SAME: &str = "SELECT received_ms FROM inbound_sms WHERE digest = $1 ORDER BY received_ms DESC LIMIT 1";
    const NAMED: &str = "SELECT received_ms FROM inbound_sms WHERE channel = $1 AND provider_id = $2 \
        AND provider_id <> ''";
    let received = |row: &Row<'_>| row.integer(0);
    if arrived.sms.id.is_empty() {
        let taken_ms = tx.query_one(SAME, &[digest.into()], received)?;
        return Ok(taken_ms.is_some_and(|taken_ms| repeat::is_repeat(asked, taken_ms, arrived.received_ms)));
    }
    let named = [arrived.channel.into(), arrived.sms.id.as_str().into()];
    Ok(tx.query_one(NAMED, &named, received)?.is_some())
}

fn write(
    tx: &mut Tx<'_>,
    keys: &Keys,
    arrived: &Arrived<'_>,
    digest: &[u8],
    asked: &'static str,
    part: Option<Part>,
) -> Result<(), storage::Error> {
    const WRITE: &str = "INSERT INTO inbound_sms (id, channel, provider_id, msisdn_hmac, digest, received_ms, asked, body, \
        part_reference, part_number, part_total) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
        ON CONFLICT (id) DO NOTHING";
    let (reference, number, total) =
        part.map_or((0, 0, 0), |part| (i64::from(part.reference), i64::from(part.number), i64::from(part.total)));
    let sealed = keys.seal(BODY, arrived.id, arrived.sms.text.as_bytes());
    let row = [
        arrived.id.into(),
        arrived.channel.into(),
        arrived.sms.id.as_str().into(),
        arrived.msisdn_hmac.into(),
        digest.into(),
        arrived.received_ms.into(),
        asked.into(),
        (&sealed).into(),
        reference.into(),
        number.into(),
        total.into(),
    ];
    tx.execute(WRITE, &row).map(|_| ())
}

/// Joins the sender's parts to what is complete now.
fn join(tx: &mut Tx<'_>, keys: &Keys, arrived: &Arrived<'_>) -> Result<Kept, storage::Error> {
    const PARTS: &str = "SELECT id, part_reference, part_number, part_total, body, received_ms FROM inbound_sms \
        WHERE asked = 'part' AND channel = $1 AND msisdn_hmac = $2 ORDER BY id";
    const JOINED: &str = "UPDATE inbound_sms SET asked = 'joined' WHERE id = $1";
    let corrupt = || storage::Error::Corrupt { what: "a part of a message from a phone" };
    let stored = tx.query(PARTS, &[arrived.channel.into(), arrived.msisdn_hmac.into()], |row| {
        let small = |column: usize| u8::try_from(row.integer(column)?).map_err(|_| corrupt());
        Ok(StoredPart {
            row: row.integer(0)?,
            reference: u16::try_from(row.integer(1)?).map_err(|_| corrupt())?,
            number: small(2)?,
            total: small(3)?,
            text: keys.open_text(BODY, row.integer(0)?, row.bytes(4)?)?,
            at_ms: row.integer(5)?,
        })
    })?;
    let mut kept = Kept::Waits;
    for joined in Parts::of(stored).ready(arrived.received_ms) {
        for row in &joined.rows {
            tx.execute(JOINED, &[(*row).into()])?;
        }
        // Without its beginning no first word decides.
        let asked = if joined.begins { read(&joined.text) } else { Asked::Other };
        kept = Kept::Whole { text: joined.text, asked };
    }
    Ok(kept)
}

/// Waits no longer for parts whose others have not come within a day. Answers how many rows that were.
pub fn give_up(tx: &mut Tx<'_>, now_ms: i64) -> Result<u64, storage::Error> {
    const GIVE_UP: &str = "UPDATE inbound_sms SET asked = 'joined' WHERE asked = 'part' AND received_ms <= $1";
    tx.execute(GIVE_UP, &[(now_ms - PARTS_WAIT_MS).into()])
}

fn code(asked: Asked) -> &'static str {
    match asked {
        Asked::Stop => "stop",
        Asked::Start => "start",
        Asked::Help => "help",
        Asked::Language(_) => "language",
        Asked::Other => "other",
    }
}

/// Whether a number has sent more than `most` messages since a time, in milliseconds since the epoch.
pub fn is_talkative(tx: &mut Tx<'_>, msisdn_hmac: &[u8], since_ms: i64, most: i64) -> Result<bool, storage::Error> {
    const SENT: &str = "SELECT COUNT(*) FROM (SELECT id FROM inbound_sms WHERE msisdn_hmac = $1 AND received_ms >= $2 \
        LIMIT $3) AS sent";
    let sent = tx.query_one(SENT, &[msisdn_hmac.into(), since_ms.into(), (most + 1).into()], |row| row.integer(0))?;
    Ok(sent.is_some_and(|sent| sent > most))
}

/// Forgets messages that came before `before_ms`, at most `limit`; answers how many went.
pub fn forget(tx: &mut Tx<'_>, before_ms: i64, limit: i64) -> Result<u64, storage::Error> {
    const FORGET: &str = "DELETE FROM inbound_sms WHERE id IN (SELECT id FROM inbound_sms WHERE received_ms < $1 \
        ORDER BY received_ms LIMIT $2)";
    tx.execute(FORGET, &[before_ms.into(), limit.into()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::rig::{NOW_MS, Rig};

    fn kept(rig: &Rig, id: &str, text: &str, part: Option<Part>, received_ms: i64) -> Kept {
        let (row, keys) = (rig.ids.block(rig.now_ms()).first(), rig.keys.clone());
        let sms = Inbound {
            id: id.to_owned(),
            from: "+250788000001".to_owned(),
            to: "567".to_owned(),
            text: text.to_owned(),
            network: String::new(),
            part,
        };
        rig.tx(move |tx| {
            let arrived = Arrived { id: row, channel: "mtn", sms: &sms, msisdn_hmac: &[1; 32], received_ms };
            Ok(keep(tx, &keys, &arrived)?)
        })
        .unwrap()
    }

    #[test]
    fn a_message_is_kept_once_whether_it_has_a_name_or_not() {
        for rig in Rig::on_each_engine() {
            let stop = Kept::Whole { text: "STOP".to_owned(), asked: Asked::Stop };
            assert_eq!(kept(&rig, "m1", "STOP", None, NOW_MS), stop);
            assert_eq!(kept(&rig, "m1", "STOP", None, NOW_MS + 86_400_000), Kept::Repeat);
            assert_eq!(kept(&rig, "m2", "STOP", None, NOW_MS), stop, "another name is another message");
            let other = Kept::Whole { text: "yego".to_owned(), asked: Asked::Other };
            assert_eq!(kept(&rig, "", "yego", None, NOW_MS), other);
            assert_eq!(kept(&rig, "", "yego", None, NOW_MS + 599_999), Kept::Repeat);
            assert_eq!(kept(&rig, "", "yego", None, NOW_MS + 600_000), other);
            assert_eq!(kept(&rig, "", "STOP", None, NOW_MS + 1), stop, "STOP is obeyed every time");
            assert_eq!(rig.tx(|tx| Ok(forget(tx, NOW_MS + 1, 9)?)).unwrap(), 3);
        }
    }

    #[test]
    fn parts_are_joined_in_their_order_when_the_last_has_come() {
        for rig in Rig::on_each_engine() {
            let part = |number: u8| Some(Part { reference: 7, number, total: 3 });
            assert_eq!(kept(&rig, "", "c", part(3), NOW_MS), Kept::Waits);
            assert_eq!(kept(&rig, "", "a", part(1), NOW_MS), Kept::Waits);
            assert_eq!(kept(&rig, "", "a", part(1), NOW_MS + 1), Kept::Repeat);
            let whole = Kept::Whole { text: "abc".to_owned(), asked: Asked::Other };
            assert_eq!(kept(&rig, "", "b", part(2), NOW_MS + 2), whole);
            assert_eq!(kept(&rig, "", "x", part(2), NOW_MS + 3), Kept::Waits, "the reference is used again");
            let stop = Kept::Whole { text: "STOP sending".to_owned(), asked: Asked::Stop };
            assert_eq!(kept(&rig, "", "STOP sending", part(1), NOW_MS + 4), stop, "at once");
            assert_eq!(rig.tx(|tx| Ok(give_up(tx, NOW_MS + 3 + PARTS_WAIT_MS)?)).unwrap(), 1);
        }
    }
}
