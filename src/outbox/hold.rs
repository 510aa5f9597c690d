//! Holding the queue: nothing leaves until an operator says so. The hold is a row, so that it outlives every process, and
//! each claim looks for it in its own transaction: once a hold is on the disk, no further message is taken.
//!
//! What was taken before is finished: it may be with the provider already. Messages are queued and expire as ever.

use super::Error;
use crate::storage::{self, Row, Tx};

/// Why the queue is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldReason {
    /// An operator has paused it.
    Paused,
    /// The database was restored: what was sent after the backup was taken would be sent again.
    Restored,
}

impl HoldReason {
    /// As it is stored.
    pub fn code(self) -> &'static str {
        match self {
            HoldReason::Paused => "paused",
            HoldReason::Restored => "restored",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        [HoldReason::Paused, HoldReason::Restored].into_iter().find(|reason| reason.code() == code)
    }
}

/// A queue that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Why.
    pub reason: HoldReason,
    /// Since when, in milliseconds since the epoch.
    pub since_ms: i64,
}

/// The hold, if the queue is held.
pub fn held(tx: &mut Tx<'_>) -> Result<Option<Hold>, Error> {
    Ok(tx.query_one("SELECT reason, since_ms FROM outbox_hold", &[], hold)?)
}

/// Pauses the queue. One that is held already stays as it is.
pub fn pause(tx: &mut Tx<'_>, now_ms: i64) -> Result<Hold, Error> {
    tx.execute(
        "INSERT INTO outbox_hold (id, reason, since_ms) VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING",
        &[HoldReason::Paused.code().into(), now_ms.into()],
    )?;
    let stands = held(tx)?;
    Ok(stands.ok_or(storage::Error::Corrupt { what: "a hold that was written is not there" })?)
}

/// Holds the queue of a restored database, whatever stood there when the backup was taken.
pub fn hold_restored(tx: &mut Tx<'_>, now_ms: i64) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO outbox_hold (id, reason, since_ms) VALUES (1, $1, $2)
         ON CONFLICT (id) DO UPDATE SET reason = excluded.reason, since_ms = excluded.since_ms",
        &[HoldReason::Restored.code().into(), now_ms.into()],
    )?;
    Ok(())
}

/// Lets messages leave again; answers the hold that was ended.
pub fn resume(tx: &mut Tx<'_>) -> Result<Option<Hold>, Error> {
    Ok(tx.query_one("DELETE FROM outbox_hold WHERE id = 1 RETURNING reason, since_ms", &[], hold)?)
}

fn hold(row: &Row<'_>) -> Result<Hold, storage::Error> {
    let reason = HoldReason::from_code(row.text(0)?).ok_or(storage::Error::Corrupt { what: "a hold's reason" })?;
    Ok(Hold { reason, since_ms: row.integer(1)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::rig::{NOW_MS, Rig, open_numbers, terms};
    use crate::outbox::{Class, Priority, take_off};

    fn taken(rig: &Rig) -> (bool, usize) {
        let terms = terms(rig, rig.ids.block(rig.now_ms()).first());
        let (report, _) = rig.tx(move |tx| take_off(tx, &terms, 0, open_numbers)).unwrap();
        (report.held, report.messages.len())
    }

    #[test]
    fn a_held_queue_gives_nothing_until_it_is_resumed() {
        let rig = Rig::new();
        rig.queue("hop1", Class::MustArrive, Priority::Interactive);
        let paused = rig.tx(|tx| pause(tx, NOW_MS)).unwrap();
        assert_eq!(paused, Hold { reason: HoldReason::Paused, since_ms: NOW_MS });
        assert_eq!(rig.tx(|tx| pause(tx, NOW_MS + 5)).unwrap(), paused, "a second pause changes nothing");
        assert_eq!(taken(&rig), (true, 0));
        rig.tx(|tx| hold_restored(tx, NOW_MS + 7)).unwrap();
        let restored = Hold { reason: HoldReason::Restored, since_ms: NOW_MS + 7 };
        assert_eq!((rig.tx(held).unwrap(), taken(&rig)), (Some(restored), (true, 0)));
        assert_eq!(rig.tx(|tx| pause(tx, NOW_MS + 9)).unwrap(), restored);
        assert_eq!(rig.tx(resume).unwrap(), Some(restored));
        assert_eq!((rig.tx(resume).unwrap(), rig.tx(held).unwrap()), (None, None));
        assert_eq!(taken(&rig), (false, 1));
    }
}
