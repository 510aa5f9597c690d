//! The session's rows: taken at the beginning of a hop, saved at its end. Each statement is written here, once.

use crate::clock::first_id_at;
use crate::storage::{Column, Error, Row, Step, Tx};

use super::Prepared;

/// The sealed visit.
pub const VISIT: Column = Column::new("session", "visit");
/// The sealed answer.
pub const ANSWER: Column = Column::new("hop", "answer");
/// Sessions and their answers are forgotten this long after their last hop: past every redelivery, resume and question
/// of the help desk on the same day.
pub const KEEP_MS: i64 = 3 * 24 * 3_600_000;

/// Hops over which a redelivery is looked for backwards: more than a session of three minutes has, and it comes within
/// seconds.
const HOPS_BACK_MAX: usize = 64;

/// A session as it was before this hop.
#[derive(Clone, Debug)]
pub struct Record {
    /// Our identifier.
    pub session_id: i64,
    /// Whether this hop is the first that is heard of the session.
    pub is_new: bool,
    /// Writes so far: one that finds another number was overtaken.
    pub revision: i64,
    /// When it was dialled.
    pub started_ms: i64,
    /// When the last hop was answered.
    pub last_ms: i64,
    /// Whether the session is over.
    pub ended: bool,
    /// The last answered hop, as its caller named it; 0 while there is none.
    pub hop_uid: i64,
    /// Hops since the dial, which is the first.
    pub hops: i64,
    /// Bytes of the last cumulative text.
    pub text_len: i64,
    /// Its keyed hash.
    pub text_hash: [u8; 32],
    /// The bundle of the visit.
    pub bundle_hash: [u8; 32],
    /// The visit.
    pub visit_sealed: Vec<u8>,
    /// Whether the visit may be offered again on the next dial.
    pub resumable: bool,
    /// Whoever spoke is gone, joined to another registration: the next key begins the call anew.
    pub anew: bool,
}

impl Record {
    /// A session that was not heard of before.
    pub(super) fn of_nothing(session_id: i64, now_ms: i64) -> Self {
        Self {
            session_id,
            is_new: true,
            revision: 0,
            started_ms: now_ms,
            last_ms: now_ms,
            ended: false,
            hop_uid: 0,
            hops: 0,
            text_len: 0,
            text_hash: [0; 32],
            bundle_hash: [0; 32],
            visit_sealed: Vec::new(),
            resumable: false,
            anew: false,
        }
    }

    /// The gateway's id is dialled anew: nothing of what was before counts.
    pub(super) fn begin_again(&mut self, now_ms: i64) {
        self.started_ms = now_ms;
        self.hop_uid = 0;
        self.hops = 0;
        self.ended = false;
    }
}

/// What a hop leaves behind.
pub(super) struct Saved<'a> {
    pub(super) text_len: i64,
    pub(super) bundle_hash: [u8; 32],
    pub(super) visit_sealed: Vec<u8>,
    pub(super) answer_sealed: Option<&'a [u8]>,
    pub(super) state: &'a str,
    pub(super) language: &'a str,
    pub(super) turn: &'a str,
    pub(super) end: bool,
    pub(super) resumable: bool,
}

/// The session's row, or a fresh one. Nothing is locked: [`save`] notices when another hop of the session was first.
pub(super) fn load(tx: &mut Tx<'_>, prepared: &Prepared) -> Result<Record, Error> {
    const LOAD: &str = "SELECT session_id, revision, started_ms, last_ms, ended_ms, hop_uid, hops, text_len, text_hash, \
        bundle_hash, visit_sealed, resumable, anew FROM session WHERE session_key = $1";
    let found = tx.query_one(LOAD, &[(&prepared.session_key).into()], read)?;
    Ok(found.unwrap_or_else(|| Record::of_nothing(prepared.fresh_session_id, prepared.now_ms)))
}

fn read(row: &Row<'_>) -> Result<Record, Error> {
    Ok(Record {
        session_id: row.integer(0)?,
        is_new: false,
        revision: row.integer(1)?,
        started_ms: row.integer(2)?,
        last_ms: row.integer(3)?,
        ended: row.optional_integer(4)?.is_some(),
        hop_uid: row.integer(5)?,
        hops: row.integer(6)?,
        text_len: row.integer(7)?,
        text_hash: hash(row, 8)?,
        bundle_hash: hash(row, 9)?,
        visit_sealed: row.bytes(10)?.to_vec(),
        resumable: row.boolean(11)?,
        anew: row.boolean(12)?,
    })
}

fn hash(row: &Row<'_>, column: usize) -> Result<[u8; 32], Error> {
    row.bytes(column)?.try_into().map_err(|_| Error::Corrupt { what: "a session's hash is not 32 bytes long" })
}

/// Saves what the hop made: the session, which is given back as it stands now, and the answer. [`Error::Conflict`] when another hop of the
/// session was first: this one runs again and finds what that one left.
pub(super) fn save(tx: &mut Tx<'_>, prepared: &Prepared, before: &Record, saved: Saved<'_>) -> Result<Record, Error> {
    const BEGUN: &str = "INSERT INTO session (session_id, revision, started_ms, last_ms, ended_ms, ended_why, hop_uid, \
        hops, text_len, text_hash, bundle_hash, visit_sealed, resumable, session_key, channel, number_hash) \
        VALUES ($1, $2 + 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
        ON CONFLICT (session_key) DO NOTHING";
    const MOVED: &str = "UPDATE session SET revision = $2 + 1, started_ms = $3, last_ms = $4, ended_ms = $5, \
        ended_why = $6, hop_uid = $7, hops = $8, text_len = $9, text_hash = $10, bundle_hash = $11, \
        visit_sealed = $12, anew = 0 WHERE session_id = $1 AND revision = $2";
    // A statement that names the column rewrites its index, whatever the value: twice a visit instead of at every hop.
    const OFFERED: &str = "UPDATE session SET revision = $2 + 1, started_ms = $3, last_ms = $4, ended_ms = $5, \
        ended_why = $6, hop_uid = $7, hops = $8, text_len = $9, text_hash = $10, bundle_hash = $11, \
        visit_sealed = $12, resumable = $13, anew = 0 WHERE session_id = $1 AND revision = $2";
    const ANSWERED: &str = "INSERT INTO hop \
        (hop_uid, session_id, previous_uid, text_hash, state, answer_sealed, is_end, answered_ms, language, turn) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let session = [
        before.session_id.into(),
        before.revision.into(),
        before.started_ms.into(),
        prepared.now_ms.into(),
        saved.end.then_some(prepared.now_ms).into(),
        saved.end.then_some("screen").into(),
        prepared.hop_uid.into(),
        (before.hops + 1).into(),
        saved.text_len.into(),
        (&prepared.text_hash).into(),
        (&saved.bundle_hash).into(),
        (&saved.visit_sealed).into(),
        saved.resumable.into(),
        (&prepared.session_key).into(),
        (&*prepared.hop.channel).into(),
        prepared.number.as_bytes().into(),
    ];
    let answered = [
        prepared.hop_uid.into(),
        before.session_id.into(),
        before.hop_uid.into(),
        (&prepared.text_hash).into(),
        saved.state.into(),
        saved.answer_sealed.into(),
        saved.end.into(),
        prepared.now_ms.into(),
        saved.language.into(),
        saved.turn.into(),
    ];
    let moved: Step<'_> = if before.is_new {
        (BEGUN, &session)
    } else if before.resumable == saved.resumable {
        (MOVED, &session[..12])
    } else {
        (OFFERED, &session[..13])
    };
    let changed = tx.execute_each(&[moved, (ANSWERED, &answered)])?;
    if changed.first() == Some(&0) {
        return Err(Error::Conflict);
    }
    Ok(Record {
        session_id: before.session_id,
        is_new: false,
        revision: before.revision + 1,
        started_ms: before.started_ms,
        last_ms: prepared.now_ms,
        ended: saved.end,
        hop_uid: prepared.hop_uid,
        hops: before.hops + 1,
        text_len: saved.text_len,
        text_hash: prepared.text_hash,
        bundle_hash: saved.bundle_hash,
        visit_sealed: saved.visit_sealed,
        resumable: saved.resumable,
        anew: false,
    })
}

/// The stored answer of a hop (absent if it was secret), and whether it was the last one.
pub(super) type StoredAnswer = (Option<Vec<u8>>, bool);

/// The stored answer of a hop.
pub(super) fn answer_of(tx: &mut Tx<'_>, hop_uid: i64) -> Result<Option<StoredAnswer>, Error> {
    const ANSWER_OF: &str = "SELECT answer_sealed, is_end FROM hop WHERE hop_uid = $1";
    let read = |row: &Row<'_>| Ok((row.optional_bytes(0)?.map(<[u8]>::to_vec), row.boolean(1)?));
    tx.query_one(ANSWER_OF, &[hop_uid.into()], read)
}

/// The hop since the dial that had the same text, the latest if there are several.
pub(super) fn earlier(tx: &mut Tx<'_>, before: &Record, prepared: &Prepared) -> Result<Option<i64>, Error> {
    const ONE_BACK: &str = "SELECT previous_uid, text_hash FROM hop WHERE hop_uid = $1";
    let mut hop_uid = before.hop_uid;
    for _ in 0..HOPS_BACK_MAX {
        let read = |row: &Row<'_>| Ok((row.integer(0)?, row.bytes(1)? == prepared.text_hash));
        let Some((previous_uid, same)) = tx.query_one(ONE_BACK, &[hop_uid.into()], read)? else { break };
        if same {
            return Ok(Some(hop_uid));
        }
        hop_uid = previous_uid;
    }
    Ok(None)
}

/// The visit in the caller's newest session that was dropped, if it is young enough to be offered again.
pub(super) fn resumable(tx: &mut Tx<'_>, prepared: &Prepared, since_ms: i64) -> Result<Option<Record>, Error> {
    const RESUMABLE: &str = "SELECT session_id, revision, started_ms, last_ms, ended_ms, hop_uid, hops, text_len, \
        text_hash, bundle_hash, visit_sealed, resumable, anew FROM session \
        WHERE number_hash = $1 AND channel = $2 AND resumable = 1 AND last_ms >= $3 ORDER BY session_id DESC LIMIT 1";
    let params = [prepared.number.as_bytes().into(), (&*prepared.hop.channel).into(), since_ms.into()];
    tx.query_one(RESUMABLE, &params, read)
}

/// The visit goes on in another session: it is not offered twice.
pub(super) fn hand_over(tx: &mut Tx<'_>, session_id: i64) -> Result<(), Error> {
    const HAND_OVER: &str = "UPDATE session SET resumable = 0 WHERE session_id = $1 AND resumable = 1";
    if tx.execute(HAND_OVER, &[session_id.into()])? == 0 { Err(Error::Conflict) } else { Ok(()) }
}

/// Notes that the gateway ended a session. Unknown sessions and repeats change nothing.
pub(super) fn close(tx: &mut Tx<'_>, key: &[u8; 32], why: &'static str, now_ms: i64) -> Result<u64, Error> {
    const CLOSE: &str = "UPDATE session SET ended_ms = $2, ended_why = $3, revision = revision + 1 \
        WHERE session_key = $1 AND ended_ms IS NULL";
    tx.execute(CLOSE, &[key.into(), now_ms.into(), why.into()])
}

/// Forgets sessions that nobody can come back to, a few at a time; answers how many rows went. For a bulk job.
///
/// Identifiers are made from the time, so the oldest rows come first by their key: no index on time is kept up at every
/// hop for this.
pub fn forget(tx: &mut Tx<'_>, now_ms: i64) -> Result<u64, Error> {
    const HOPS: &str = "DELETE FROM hop WHERE hop_uid IN (SELECT hop_uid FROM hop \
        WHERE hop_uid < $1 ORDER BY hop_uid LIMIT 200)";
    const SESSIONS: &str = "DELETE FROM session WHERE session_id IN (SELECT session_id FROM session \
        WHERE session_id < $1 AND last_ms < $2 ORDER BY session_id LIMIT 50)";
    let before_ms = now_ms - KEEP_MS;
    let before_id = first_id_at(before_ms);
    let hops = tx.execute(HOPS, &[before_id.into()])?;
    Ok(hops + tx.execute(SESSIONS, &[before_id.into(), before_ms.into()])?)
}
