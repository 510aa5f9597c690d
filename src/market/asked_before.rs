//! What was asked under a key of the asker's own and what was answered, so that asking again does nothing twice.

use super::Fault;
use crate::storage::{Column, Error, IdBlock, Keys, Purpose, Tx};

/// How long an answer is kept: a day, in which a program that lost it asks again.
pub const KEEP_MS: i64 = 24 * 3_600_000;
/// Characters of a key.
pub const KEY_CHARS_MAX: usize = 200;
/// Answers that are put away at once, well under the 5 ms of a bulk closure.
const FORGOTTEN: i64 = 100;

const ANSWER: Column = Column::new("api_answer", "answer");

/// A request as it is known again.
#[derive(Clone, Copy)]
pub struct Asked {
    family: i64,
    key: [u8; 32],
    request: [u8; 32],
}

/// Hashes tell nothing.
impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Asked(..)")
    }
}

impl Asked {
    /// What a family of tokens asks under a key; `request` is all of it: method, address and body.
    pub fn new(keys: &Keys, family: i64, key: &str, request: &[u8]) -> Asked {
        let hash = |what: &str, bytes: &[u8]| {
            let mut text = format!("{what}\n{family}\n").into_bytes();
            text.extend_from_slice(bytes);
            keys.keyed_hash(Purpose::Token, &text)
        };
        Asked { family, key: hash("idempotency key", key.as_bytes()), request: hash("request", request) }
    }

    /// Tells it from others that are under way.
    pub fn name(&self) -> (i64, [u8; 32]) {
        (self.family, self.key)
    }
}

/// What is known of a request.
#[derive(Clone, PartialEq, Eq)]
pub enum Before {
    /// Nothing: it is to be carried out, and [`keep`] called.
    New {
        /// The row that waits for the answer.
        row: i64,
    },
    /// It was answered like this.
    Answered(Vec<u8>),
    /// Something else was asked under this key.
    Other,
}

/// Without the answer, which may name people.
impl std::fmt::Debug for Before {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Before::New { .. } => "New",
            Before::Answered(_) => "Answered",
            Before::Other => "Other",
        })
    }
}

/// Whether something was asked before. A key whose time is over is free again. Uses one identifier. The first of several
/// that ask at once goes on; the others wait for its transaction and find its answer.
pub fn look(tx: &mut Tx<'_>, keys: &Keys, ids: &mut IdBlock, asked: &Asked, now_ms: i64) -> Result<Before, Fault> {
    const FREE: &str = "DELETE FROM api_answer WHERE family_id = $1 AND key_hmac = $2 AND until_ms <= $3";
    const TAKE: &str = "INSERT INTO api_answer (id, family_id, key_hmac, request_hmac, answer_sealed, until_ms) \
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (family_id, key_hmac) DO NOTHING";
    const FIND: &str = "SELECT id, request_hmac, answer_sealed FROM api_answer WHERE family_id = $1 AND key_hmac = $2";
    let row = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    let (family, key) = (asked.family.into(), (&asked.key).into());
    tx.execute(FREE, &[family, key, now_ms.into()])?;
    let nothing = keys.seal(ANSWER, row, b"");
    let until_ms = now_ms.saturating_add(KEEP_MS);
    let taken = [row.into(), family, key, (&asked.request).into(), (&nothing).into(), until_ms.into()];
    if tx.execute(TAKE, &taken)? == 1 {
        return Ok(Before::New { row });
    }
    let known = tx.query_one(FIND, &[family, key], |row| {
        Ok((row.bytes(1)? == asked.request, keys.open(ANSWER, row.integer(0)?, row.bytes(2)?)?))
    })?;
    match known {
        Some((true, answer)) => Ok(Before::Answered(answer)),
        Some((false, _)) => Ok(Before::Other),
        None => Err(Error::Conflict.into()),
    }
}

/// Keeps the answer, in the transaction that carried the request out.
pub fn keep(tx: &mut Tx<'_>, keys: &Keys, row: i64, answer: &[u8]) -> Result<(), Fault> {
    const KEEP: &str = "UPDATE api_answer SET answer_sealed = $2 WHERE id = $1";
    tx.execute(KEEP, &[row.into(), (&keys.seal(ANSWER, row, answer)).into()])?;
    Ok(())
}

/// Forgets answers whose time is over; answers how many. For a bulk job.
pub fn forget(tx: &mut Tx<'_>, now_ms: i64) -> Result<u64, Fault> {
    const FORGET: &str = "DELETE FROM api_answer WHERE id IN \
        (SELECT id FROM api_answer WHERE until_ms <= $1 ORDER BY until_ms LIMIT $2)";
    Ok(tx.execute(FORGET, &[now_ms.into(), FORGOTTEN.into()])?)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, NOW_MS};
    use super::*;

    #[test]
    fn the_same_is_answered_the_same_another_is_told_and_a_day_later_all_is_new() {
        Fixture::new().run(|tx, f| {
            let ask = |family, body: &[u8]| Asked::new(&f.keys, family, "order 7", body);
            let (first, other, family) = (ask(1, b"a"), ask(1, b"b"), ask(2, b"a"));
            let before = look(tx, &f.keys, &mut f.ids(), &first, NOW_MS)?;
            let Before::New { row } = before else { panic!("{before:?}") };
            keep(tx, &f.keys, row, b"201 made")?;
            assert_eq!(look(tx, &f.keys, &mut f.ids(), &first, NOW_MS + 1)?, Before::Answered(b"201 made".to_vec()));
            assert_eq!(look(tx, &f.keys, &mut f.ids(), &other, NOW_MS + 1)?, Before::Other);
            assert!(matches!(look(tx, &f.keys, &mut f.ids(), &family, NOW_MS)?, Before::New { .. }));
            let later_ms = NOW_MS + KEEP_MS;
            assert!(matches!(look(tx, &f.keys, &mut f.ids(), &other, later_ms)?, Before::New { .. }));
            assert_eq!(forget(tx, later_ms)?, 1);
            assert_eq!(forget(tx, later_ms + KEEP_MS)?, 1);
            Ok(())
        });
    }
}
