//! What providers call us with, as it came: written down and only then acknowledged, read afterwards. A reader that has a
//! fault, or is away, loses nothing.

use serde::{Deserialize, Serialize};

use super::Error;
use crate::clock::first_id_at;
use crate::gateway::sms::{Hook, HookKind};
use crate::storage::{self, Column, Keys, Tx};

/// The whole call, sealed: numbers and texts are in it.
const REQUEST: Column = Column::new("hook_call", "request");
/// How long calls are kept at least: to read them again after a fault of ours was mended, and to answer a provider that asks.
pub const KEEP_MS: i64 = 7 * 24 * 3_600_000;

/// A call without its signature, which was checked when it came.
#[derive(Serialize, Deserialize)]
pub struct Call {
    method: String,
    query: String,
    content_type: String,
    body: Vec<u8>,
}

/// Numbers and texts stay out of logs.
impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Call({} {} B)", self.method, self.body.len())
    }
}

impl Call {
    /// What came.
    pub fn of(hook: &Hook<'_>) -> Self {
        let Hook { method, query, content_type, body, .. } = hook;
        let (method, query, content_type) = ((*method).to_owned(), (*query).to_owned(), (*content_type).to_owned());
        Self { method, query, content_type, body: body.to_vec() }
    }

    /// As a dialect reads it.
    pub fn hook(&self) -> Hook<'_> {
        let Self { method, query, content_type, body } = self;
        Hook { method, query, content_type, signature: "", body }
    }

    /// Sealed for the row `id`.
    pub fn seal(&self, keys: &Keys, id: i64) -> Vec<u8> {
        keys.seal(REQUEST, id, &postcard::to_allocvec(self).unwrap_or_default())
    }
}

/// A call that waits to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its row.
    pub id: i64,
    /// The channel that was called.
    pub channel: String,
    /// Which of its addresses.
    pub kind: HookKind,
    /// When, in milliseconds since the epoch.
    pub received_ms: i64,
    request: Vec<u8>,
}

impl Waiting {
    /// Unseals the call.
    pub fn open(&self, keys: &Keys) -> Result<Call, storage::Error> {
        let bytes = keys.open(REQUEST, self.id, &self.request)?;
        postcard::from_bytes(&bytes).map_err(|_| storage::Error::Corrupt { what: "a call of a provider" })
    }
}

fn code(kind: HookKind) -> &'static str {
    match kind {
        HookKind::Receipt => "receipt",
        HookKind::Inbound => "sms",
    }
}

/// Writes a call down; `request` was sealed for `id`.
pub fn keep(tx: &mut Tx<'_>, id: i64, channel: &str, kind: HookKind, request: &[u8], now_ms: i64) -> Result<(), Error> {
    const KEEP: &str = "INSERT INTO hook_call (id, channel, kind, received_ms, status, request) \
        VALUES ($1, $2, $3, $4, 'waiting', $5) ON CONFLICT (id) DO NOTHING";
    tx.execute(KEEP, &[id.into(), channel.into(), code(kind).into(), now_ms.into(), request.into()])?;
    Ok(())
}

/// The oldest calls of a kind that wait to be read.
pub fn waiting(tx: &mut Tx<'_>, kind: HookKind, limit: i64) -> Result<Vec<Waiting>, Error> {
    const WAITING: &str = "SELECT id, channel, received_ms, request FROM hook_call WHERE status = 'waiting' \
        AND kind = $1 ORDER BY id LIMIT $2";
    Ok(tx.query(WAITING, &[code(kind).into(), limit.into()], |row| {
        Ok(Waiting {
            id: row.integer(0)?,
            channel: row.text(1)?.to_owned(),
            kind,
            received_ms: row.integer(2)?,
            request: row.bytes(3)?.to_vec(),
        })
    })?)
}

/// Notes that a call was read, or could not be. False when somebody else has: then nothing of it may be done again.
pub fn done(tx: &mut Tx<'_>, id: i64, was_read: bool) -> Result<bool, Error> {
    const DONE: &str = "UPDATE hook_call SET status = $2 WHERE id = $1 AND status = 'waiting'";
    let status = if was_read { "read" } else { "refused" };
    Ok(tx.execute(DONE, &[id.into(), status.into()])? == 1)
}

/// Forgets calls that came before `before_ms`, at most `limit`; answers how many went.
pub fn forget(tx: &mut Tx<'_>, before_ms: i64, limit: i64) -> Result<u64, Error> {
    const FORGET: &str = "DELETE FROM hook_call WHERE id IN (SELECT id FROM hook_call \
        WHERE id < $1 AND status <> 'waiting' ORDER BY id LIMIT $2)";
    Ok(tx.execute(FORGET, &[first_id_at(before_ms).into(), limit.into()])?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::rig::{NOW_MS, Rig};

    #[test]
    fn a_call_is_kept_sealed_until_it_is_read_and_then_for_a_while() {
        for rig in Rig::on_each_engine() {
            let hook = Hook {
                method: "POST",
                query: "ref=kz1",
                content_type: "application/json",
                signature: "s",
                body: b"{\"from\":\"250788000001\"}",
            };
            let request = Call::of(&hook).seal(&rig.keys, 7);
            assert!(!request.windows(6).any(|window| window == b"250788"));
            rig.tx(move |tx| keep(tx, 7, "mtn", HookKind::Inbound, &request, NOW_MS)).unwrap();
            let found = rig.tx(|tx| waiting(tx, HookKind::Inbound, 9)).unwrap();
            assert!(rig.tx(|tx| waiting(tx, HookKind::Receipt, 9)).unwrap().is_empty(), "of another kind");
            assert_eq!((found.len(), found[0].kind, found[0].channel.as_str()), (1, HookKind::Inbound, "mtn"));
            let call = found[0].open(&rig.keys).unwrap();
            assert_eq!((call.hook().body, call.hook().query), (hook.body, "ref=kz1"));
            assert!(!format!("{call:?} {found:?}").contains("250788"));
            assert_eq!(rig.tx(|tx| forget(tx, NOW_MS + 1, 9)).unwrap(), 0, "what was not read is not forgotten");
            assert!(rig.tx(|tx| done(tx, 7, true)).unwrap());
            assert!(!rig.tx(|tx| done(tx, 7, true)).unwrap(), "once");
            assert!(rig.tx(|tx| waiting(tx, HookKind::Inbound, 9)).unwrap().is_empty());
            assert_eq!(rig.tx(|tx| forget(tx, NOW_MS + 1, 9)).unwrap(), 1);
        }
    }
}
