//! Lanes: shares of a channel's rate. A node sends over the lanes that it holds, and only while it holds them, so that any
//! number of nodes together keep to what a provider allows.
//!
//! Leases count in the time of the database, which all nodes share. A holder measures its own lease from before it asked,
//! on a clock that never jumps, and gives up [`MARGIN_MS`] early: it has stopped before another may begin.

use super::Error;
use crate::storage::{self, Tx};

/// How long a lane is held without being renewed. A node that dies keeps its share from the others for so long.
pub const LEASE_MS: i64 = 15_000;
/// How often a holder renews: two renewals may fail.
pub const RENEW_MS: i64 = 5_000;
/// How long before its end a holder stops to use a lease: the time that an answer of the database may take, and to spare.
pub const MARGIN_MS: i64 = 2_000;

/// Lanes that are held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// How many.
    pub lanes: i64,
    /// Those among them that another held before: it may have used up its share of this second.
    pub taken_over: i64,
}

/// Takes and renews a fair part of the lanes `0..lanes` of a channel for `holder`, a number above 0 that no other process has.
/// Lanes beyond that part are given back, so that a node that joins gets its own.
pub fn hold(tx: &mut Tx<'_>, channel: &str, lanes: i64, holder: i64, now_ms: i64) -> Result<Held, Error> {
    const TAKE: &str = "INSERT INTO lane (channel, number, holder, lease_until_ms) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (channel, number) DO UPDATE SET holder = excluded.holder, lease_until_ms = excluded.lease_until_ms \
        WHERE lane.holder = excluded.holder OR lane.lease_until_ms <= $5";
    const NODES: &str = "SELECT COUNT(*) FROM lane WHERE channel = $1 AND number < 0 AND lease_until_ms > $2";
    const LANES: &str = "SELECT number, holder, lease_until_ms FROM lane WHERE channel = $1 AND number >= 0";
    const GIVE_BACK: &str = "UPDATE lane SET lease_until_ms = $4 WHERE channel = $1 AND number = $2 AND holder = $3";
    let until_ms = now_ms.saturating_add(LEASE_MS);
    tx.execute(TAKE, &[channel.into(), (-holder).into(), holder.into(), until_ms.into(), now_ms.into()])?;
    let nodes = tx.query_one(NODES, &[channel.into(), now_ms.into()], |row| row.integer(0))?.unwrap_or(1).max(1);
    let part = (lanes + nodes - 1) / nodes;
    let known = tx.query(LANES, &[channel.into()], |row| Ok((row.integer(0)?, row.integer(1)?, row.integer(2)?)))?;
    let of = |number: i64| known.iter().find(|(known, ..)| *known == number).copied();
    let is_mine = |number: i64| of(number).is_some_and(|(_, who, until)| who == holder && until > now_ms);
    let mut held = Held::default();
    // Those that are held are renewed before others are taken.
    let (mine, others): (Vec<i64>, Vec<i64>) = (0..lanes).partition(|number| is_mine(*number));
    for number in mine.into_iter().chain(others) {
        if held.lanes == part {
            if is_mine(number) {
                tx.execute(GIVE_BACK, &[channel.into(), number.into(), holder.into(), now_ms.into()])?;
            }
            continue;
        }
        let row = [channel.into(), number.into(), holder.into(), until_ms.into(), now_ms.into()];
        if tx.execute(TAKE, &row)? == 1 {
            held.lanes += 1;
            held.taken_over += i64::from(of(number).is_some_and(|(_, who, _)| who != holder));
        }
    }
    Ok(held)
}

/// Whether a holder holds lanes of a channel still: asked in the transaction that lets messages leave.
pub fn is_held(tx: &mut Tx<'_>, channel: &str, holder: i64, now_ms: i64) -> Result<bool, storage::Error> {
    const HELD: &str = "SELECT COUNT(*) FROM lane WHERE channel = $1 AND holder = $2 AND number >= 0 \
        AND lease_until_ms > $3";
    let held = tx.query_one(HELD, &[channel.into(), holder.into(), now_ms.into()], |row| row.integer(0))?;
    Ok(held.is_some_and(|held| held > 0))
}

/// Forgets the holders before `holder`, on a store that one process has to itself: whoever held a lane is gone.
pub fn clear_others(tx: &mut Tx<'_>, channel: &str, holder: i64) -> Result<(), Error> {
    const CLEAR: &str = "DELETE FROM lane WHERE channel = $1 AND holder <> $2";
    tx.execute(CLEAR, &[channel.into(), holder.into()])?;
    Ok(())
}

/// Gives lanes back, for a node that stops in order.
pub fn give_back(tx: &mut Tx<'_>, channel: &str, holder: i64) -> Result<(), Error> {
    const GIVE_BACK: &str = "UPDATE lane SET lease_until_ms = 0 WHERE channel = $1 AND holder = $2";
    tx.execute(GIVE_BACK, &[channel.into(), holder.into()])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::rig::{NOW_MS, Rig};

    fn hold_at(rig: &Rig, holder: i64, now_ms: i64) -> (i64, i64) {
        let held = rig.tx(move |tx| hold(tx, "mtn", 2, holder, now_ms)).unwrap();
        (held.lanes, held.taken_over)
    }

    fn is_held_at(rig: &Rig, holder: i64, now_ms: i64) -> bool {
        rig.tx(move |tx| Ok(is_held(tx, "mtn", holder, now_ms)?)).unwrap()
    }

    #[test]
    fn lanes_have_one_holder_until_its_lease_ends() {
        for rig in Rig::on_each_engine() {
            assert_eq!(hold_at(&rig, 1, NOW_MS), (2, 0));
            assert_eq!(hold_at(&rig, 2, NOW_MS), (0, 0), "all are held still");
            assert_eq!(hold_at(&rig, 1, NOW_MS + 5_000), (1, 0), "a node that joins gets its part");
            assert_eq!(hold_at(&rig, 2, NOW_MS + 5_000), (1, 1));
            assert_eq!(hold_at(&rig, 1, NOW_MS + 10_000), (1, 0), "renewed");
            assert!(is_held_at(&rig, 1, NOW_MS + LEASE_MS) && is_held_at(&rig, 2, NOW_MS + LEASE_MS));
            // The second is gone: its lane is free when its lease ends.
            let end = NOW_MS + 5_000 + LEASE_MS;
            assert!(!is_held_at(&rig, 2, end));
            assert_eq!(hold_at(&rig, 1, end), (2, 1), "taken over from another");
            rig.tx(|tx| give_back(tx, "mtn", 1)).unwrap();
            assert_eq!(hold_at(&rig, 3, end).0, 2);
        }
    }
}
