//! Wrong answers to what only one person should know: a PIN, or the birth year behind a number that was silent for long.
//!
//! A try is counted *before* it is looked at, in a row of its own, so that answers which come at once are counted as those
//! that come one by one. Three wrong ones lock the number, and each further one locks it longer. A right answer forgets the
//! wrong ones about the same person alone: on a shared phone nobody can win tries at another's PIN by telling their own.

use super::Fault;
use super::phone_number::MsisdnHash;
use crate::storage::Tx;

/// Tries before the number is locked: a slip of the thumb, and another one.
pub const FREE_TRIES: i64 = 3;
/// A wrong try is forgotten after this long without another. A thief who waits for that gets two tries a month.
pub const KEEP_MS: i64 = 30 * 24 * HOUR_MS;
const HOUR_MS: i64 = 3_600_000;
/// How long the number is locked after the third wrong PIN and each one behind it: the last of them for all further ones.
const PIN_WAITS_MS: [i64; 5] = [HOUR_MS / 4, HOUR_MS, 4 * HOUR_MS, 16 * HOUR_MS, 24 * HOUR_MS];
/// A birth year is one of forty that are likely: three tries, then one a day.
const BIRTH_YEAR_WAIT_MS: i64 = 24 * HOUR_MS;

coded! {
    /// What is guessed.
    pub enum Secret {
        /// A PIN.
        Pin = "pin",
        /// A birth year of somebody on the number.
        BirthYear = "birth_year",
    }
}

/// How long a number is locked after so many wrong tries, in milliseconds; 0: not at all.
pub fn wait_ms(secret: Secret, tries: i64) -> i64 {
    let Ok(beyond) = usize::try_from(tries - FREE_TRIES) else { return 0 };
    match secret {
        Secret::Pin => PIN_WAITS_MS.get(beyond).or(PIN_WAITS_MS.last()).copied().unwrap_or_default(),
        Secret::BirthYear => BIRTH_YEAR_WAIT_MS,
    }
}

/// Until when the number is locked, in epoch milliseconds; `None` while it is not.
pub fn locked_until(tx: &mut Tx<'_>, number: &MsisdnHash, secret: Secret, now_ms: i64) -> Result<Option<i64>, Fault> {
    const LOCKED: &str = "SELECT locked_until_ms FROM wrong_try \
        WHERE msisdn_hmac = $1 AND what = $2 AND locked_until_ms > $3 ORDER BY locked_until_ms DESC LIMIT 1";
    let params = [number.as_bytes().into(), secret.code().into(), now_ms.into()];
    Ok(tx.query_one(LOCKED, &params, |row| row.integer(0))?)
}

/// How a try came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Try {
    /// Right; wrong ones about the same are forgotten.
    Right,
    /// Wrong, and counted.
    Wrong,
    /// Not looked at: the number is locked until this time, in epoch milliseconds.
    Locked {
        /// When.
        until_ms: i64,
    },
}

/// Counts a try and looks at it. `about` is the person whose secret it is, 0 where it is the number's.
pub fn attempt(
    tx: &mut Tx<'_>,
    number: &MsisdnHash,
    (secret, about): (Secret, i64),
    is_right: impl FnOnce(&mut Tx<'_>) -> Result<bool, Fault>,
    now_ms: i64,
) -> Result<Try, Fault> {
    const COUNT: &str = "INSERT INTO wrong_try (msisdn_hmac, what, about, tries, locked_until_ms, last_ms) \
        VALUES ($1, $2, $3, 1, 0, $4) ON CONFLICT (msisdn_hmac, what, about) DO UPDATE \
        SET tries = wrong_try.tries + 1, last_ms = $4 WHERE wrong_try.locked_until_ms <= $4 RETURNING tries";
    const LOCK: &str = "UPDATE wrong_try SET locked_until_ms = $4 WHERE msisdn_hmac = $1 AND what = $2 AND about = $3";
    const FORGET: &str = "DELETE FROM wrong_try WHERE msisdn_hmac = $1 AND what = $2 AND about = $3";
    if let Some(until_ms) = locked_until(tx, number, secret, now_ms)? {
        return Ok(Try::Locked { until_ms });
    }
    let key = [number.as_bytes().into(), secret.code().into(), about.into()];
    let counted = [number.as_bytes().into(), secret.code().into(), about.into(), now_ms.into()];
    let Some(tries) = tx.query_one(COUNT, &counted, |row| row.integer(0))? else {
        // Another call's try has locked it between the look and the count.
        let until_ms = locked_until(tx, number, secret, now_ms)?.unwrap_or(now_ms);
        return Ok(Try::Locked { until_ms });
    };
    if is_right(tx)? {
        tx.execute(FORGET, &key)?;
        return Ok(Try::Right);
    }
    let wait_ms = wait_ms(secret, tries);
    if wait_ms > 0 {
        let until_ms = now_ms.saturating_add(wait_ms);
        tx.execute(LOCK, &[number.as_bytes().into(), secret.code().into(), about.into(), until_ms.into()])?;
    }
    Ok(Try::Wrong)
}

/// Forgets what was tried at one person's secrets on a number.
pub fn forget_about(tx: &mut Tx<'_>, number: &MsisdnHash, about: i64) -> Result<(), Fault> {
    const ABOUT: &str = "DELETE FROM wrong_try WHERE msisdn_hmac = $1 AND about = $2";
    tx.execute(ABOUT, &[number.as_bytes().into(), about.into()])?;
    Ok(())
}

/// Forgets all that was tried on a number.
pub fn forget_number(tx: &mut Tx<'_>, number: &MsisdnHash) -> Result<(), Fault> {
    const NUMBER: &str = "DELETE FROM wrong_try WHERE msisdn_hmac = $1";
    tx.execute(NUMBER, &[number.as_bytes().into()])?;
    Ok(())
}

/// Forgets tries whose time is over; answers how many rows went. For a bulk job.
pub fn forget_old(tx: &mut Tx<'_>, now_ms: i64) -> Result<u64, Fault> {
    const OLD: &str = "DELETE FROM wrong_try WHERE last_ms <= $1";
    Ok(tx.execute(OLD, &[now_ms.saturating_sub(KEEP_MS).into()])?)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, NOW_MS};
    use super::*;

    #[test]
    fn waits_grow_and_the_first_tries_are_free() {
        let minutes = [1, 2, 3, 4, 5, 6, 7, 8].map(|tries| wait_ms(Secret::Pin, tries) / 60_000);
        assert_eq!(minutes, [0, 0, 15, 60, 240, 960, 1_440, 1_440]);
        assert_eq!([2, 3, 9].map(|tries| wait_ms(Secret::BirthYear, tries) / HOUR_MS), [0, 24, 24]);
    }

    #[test]
    fn three_wrong_ones_lock_the_number_and_a_right_one_is_not_looked_at_then() {
        Fixture::new().run(|tx, f| {
            let number = f.number(tx, 1)?.hash;
            let mut go = |about, right, now_ms| attempt(tx, &number, (Secret::Pin, about), |_| Ok(right), now_ms);
            assert_eq!([go(7, false, NOW_MS)?, go(7, false, NOW_MS)?], [Try::Wrong; 2]);
            // Another person's right PIN on the same phone forgets nothing of it.
            assert_eq!(go(8, true, NOW_MS)?, Try::Right);
            assert_eq!(go(7, false, NOW_MS)?, Try::Wrong);
            let until_ms = NOW_MS + HOUR_MS / 4;
            assert_eq!(go(7, true, until_ms - 1)?, Try::Locked { until_ms });
            // The whole number is locked.
            assert_eq!(go(8, true, NOW_MS)?, Try::Locked { until_ms });
            assert_eq!(go(7, false, until_ms)?, Try::Wrong);
            assert_eq!(go(7, true, until_ms + 1)?, Try::Locked { until_ms: until_ms + HOUR_MS });
            assert_eq!(go(7, true, until_ms + HOUR_MS)?, Try::Right);
            assert_eq!(go(7, false, until_ms + HOUR_MS)?, Try::Wrong);
            let birth = attempt(tx, &number, (Secret::BirthYear, 0), |_| Ok(false), NOW_MS)?;
            assert_eq!(birth, Try::Wrong, "another secret has tries of its own");
            assert_eq!(forget_old(tx, NOW_MS)?, 0);
            assert_eq!(forget_old(tx, until_ms + HOUR_MS + KEEP_MS)?, 2);
            Ok(())
        });
    }
}
