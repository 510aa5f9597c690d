//! Everything that was written to one person, and by one number: for whoever asks what is kept of them.

use super::content::Opened;
use super::inbound;
use crate::storage::{self, Keys, Row, Tx};

/// A message to or from a phone.
#[derive(Clone, PartialEq, Eq)]
pub struct Words {
    /// When it was written or came, in milliseconds since the epoch.
    pub at_ms: i64,
    /// Its template, or what it asked for.
    pub kind: String,
    /// Where it stands; empty for one that came.
    pub status: String,
    /// The words.
    pub text: String,
}

/// The words stay out of logs.
impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Words").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// What was written to a person, the oldest first. `alerts`: the messages by which they were told of vacancies, which are not
/// looked for by the person.
pub fn to_person(
    tx: &mut Tx<'_>,
    keys: &Keys,
    (person_id, alerts): (i64, &[i64]),
) -> Result<Vec<Words>, storage::Error> {
    const TO: &str = "SELECT id, created_ms, template, status, route, address, body FROM outbox \
        WHERE person_id = $1 AND person_id > 0 AND template <> 'job_alert' AND template <> 'job_alert_abroad' ORDER BY id";
    const ALERT: &str =
        "SELECT id, created_ms, template, status, route, address, body FROM outbox WHERE id = $1 AND person_id > 0";
    let words = |row: &Row<'_>| {
        let opened = Opened::open(keys, row.integer(0)?, row.text(4)?, row.bytes(5)?, row.bytes(6)?)?;
        let text = match opened {
            Opened::Sms { text, .. } => text,
            Opened::Mail { letter, .. } => format!("{}\n{}", letter.subject, letter.text),
            Opened::Event(event) => event.kind,
        };
        let (kind, status) = (row.text(2)?.to_owned(), row.text(3)?.to_owned());
        Ok(Words { at_ms: row.integer(1)?, kind, status, text })
    };
    let mut all = tx.query(TO, &[person_id.into()], words)?;
    for alert in alerts {
        all.extend(tx.query_one(ALERT, &[(*alert).into()], words)?);
    }
    all.sort_by_key(|one| one.at_ms);
    Ok(all)
}

/// The messages of one registration are another's of the same human being, `alerts` among them. What waits to be sent goes where it
/// was going.
pub fn carry(tx: &mut Tx<'_>, kept: i64, (dropped, alerts): (i64, &[i64])) -> Result<(), storage::Error> {
    const CARRY: &str = "UPDATE outbox SET person_id = $1 WHERE person_id = $2 AND person_id > 0 \
        AND template <> 'job_alert' AND template <> 'job_alert_abroad'";
    const ALERT: &str = "UPDATE outbox SET person_id = $1 WHERE id = $2 AND person_id > 0";
    tx.execute(CARRY, &[kept.into(), dropped.into()])?;
    for alert in alerts {
        tx.execute(ALERT, &[kept.into(), (*alert).into()])?;
    }
    Ok(())
}

/// The causes of messages to a person that were written since a time and have left, as far as they begin like `what/`:
/// whoever they are for may have read them. The newest first, at most forty; alerts are none of them.
pub fn causes_left(tx: &mut Tx<'_>, person_id: i64, what: &str, since_ms: i64) -> Result<Vec<String>, storage::Error> {
    const LEFT: &str = "SELECT operation_key FROM outbox WHERE person_id = $1 AND person_id > 0 \
        AND template <> 'job_alert' AND template <> 'job_alert_abroad' \
        AND operation_key > $2 AND operation_key < $3 AND created_ms >= $4 \
        AND status NOT IN ('queued', 'cancelled', 'failed', 'undelivered') ORDER BY id DESC LIMIT 40";
    // What comes after `/` in the alphabet is `0`.
    let (from, to) = (format!("{what}/"), format!("{what}0"));
    let params = [person_id.into(), (&from).into(), (&to).into(), since_ms.into()];
    tx.query(LEFT, &params, |row| Ok(row.text(0)?.to_owned()))
}

/// What a number wrote, the oldest first.
pub fn from_number(tx: &mut Tx<'_>, keys: &Keys, msisdn_hmac: &[u8]) -> Result<Vec<Words>, storage::Error> {
    const FROM: &str =
        "SELECT id, received_ms, asked, body FROM inbound_sms WHERE msisdn_hmac = $1 ORDER BY received_ms, id";
    tx.query(FROM, &[msisdn_hmac.into()], |row| {
        let text = keys.open_text(inbound::BODY, row.integer(0)?, row.bytes(3)?)?;
        Ok(Words { at_ms: row.integer(1)?, kind: row.text(2)?.to_owned(), status: String::new(), text })
    })
}
