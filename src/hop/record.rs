//! The session's rows: taken at the beginning of a hop, saved at its end. Each statement is written here, once.

use crate::clock::first_id_at;
use crate::storage::{Column, Error, Row, Tx};

use super::Prepared;

/// The sealed visit.
pub const VISIT: Column = Column::new("session", "visit");
/// The sealed answer.
pub const ANSWER: Column = Column::new("hop", "answer");
/// Sessions and their answers are forgotten this long after their last hop: past every redelivery, resume and question
/// of the help desk on the same day.
pub const KEEP_MS: i64 = 3 * 24 * 3_600_000;

/// A session as it was before this hop.
#[derive(Clone, Debug)]
pub struct Record {
    /// Our identifier.
    pub session_id: i64,
    /// Whether this hop made the row.
    pub is_new: bool,
    /// How often the gateway's id was dialled anew.
    pub generation: i64,
    /// This hop's number.
    pub seq: i64,
    /// The number of the generation's first answered hop.
    pub first_seq: i64,
    /// When the last hop was answered.
    pub last_ms: i64,
    /// Whether the session is over.
    pub ended: bool,
    /// The last answered hop, as its caller named it.
    pub hop_uid: i64,
    /// The last answered hop's number.
    pub hop_seq: i64,
    /// Bytes of the last cumulative text.
    pub text_len: i64,
    /// Its keyed hash.
    pub text_hash: Option<Vec<u8>>,
    /// The bundle of the visit.
    pub bundle_hash: Option<Vec<u8>>,
    /// The visit.
    pub visit_sealed: Option<Vec<u8>>,
}

impl Record {
    /// A new generation: nothing of the old one counts.
    pub(super) fn begin_again(&mut self) {
        self.generation += 1;
        self.first_seq = self.seq;
        self.ended = false;
    }
}

/// What a hop leaves behind.
pub(super) struct Saved<'a> {
    pub(super) text_len: i64,
    pub(super) bundle_hash: &'a [u8],
    pub(super) visit_sealed: &'a [u8],
    pub(super) answer_sealed: Option<&'a [u8]>,
    pub(super) state: &'a str,
    pub(super) end: bool,
    pub(super) resumable: bool,
}

/// Takes the session's row for this hop: made or counted up in one statement, which serialises the hops of a session.
pub(super) fn take(tx: &mut Tx<'_>, prepared: &Prepared, fresh_id: i64) -> Result<Record, Error> {
    const TAKE: &str = "INSERT INTO session (session_id, session_key, channel, number_hash, started_ms, last_ms) \
        VALUES ($1, $2, $3, $4, $5, $5) \
        ON CONFLICT (session_key) DO UPDATE SET seq = session.seq + 1 \
        RETURNING session_id, generation, seq, first_seq, last_ms, ended_ms, hop_uid, hop_seq, text_len, text_hash, \
        bundle_hash, visit_sealed";
    let params = [
        fresh_id.into(),
        (&prepared.session_key).into(),
        (&*prepared.hop.channel).into(),
        prepared.number.as_bytes().into(),
        prepared.now_ms.into(),
    ];
    let taken = tx.query_one(TAKE, &params, read)?;
    taken.ok_or(Error::Corrupt { what: "an upsert of a session gave no row" })
}

fn read(row: &Row<'_>) -> Result<Record, Error> {
    let hop_seq = row.integer(7)?;
    Ok(Record {
        session_id: row.integer(0)?,
        is_new: hop_seq == 0,
        generation: row.integer(1)?,
        seq: row.integer(2)?,
        first_seq: row.integer(3)?,
        last_ms: row.integer(4)?,
        ended: row.optional_integer(5)?.is_some(),
        hop_uid: row.integer(6)?,
        hop_seq,
        text_len: row.integer(8)?,
        text_hash: row.optional_bytes(9)?.map(<[u8]>::to_vec),
        bundle_hash: row.optional_bytes(10)?.map(<[u8]>::to_vec),
        visit_sealed: row.optional_bytes(11)?.map(<[u8]>::to_vec),
    })
}

/// Saves what the hop made: its answer and the session as it stands now.
pub(super) fn save(tx: &mut Tx<'_>, prepared: &Prepared, before: &Record, saved: &Saved<'_>) -> Result<(), Error> {
    const ANSWERED: &str = "INSERT INTO hop \
        (session_id, generation, seq, text_len, text_hash, state, answer_sealed, is_end, answered_ms) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    const MOVED: &str = "UPDATE session SET generation = $2, first_seq = $3, last_ms = $4, ended_ms = $5, \
        ended_why = $6, hop_uid = $7, hop_seq = $8, text_len = $9, text_hash = $10, bundle_hash = $11, \
        visit_sealed = $12, resumable = $13 WHERE session_id = $1";
    tx.execute(
        ANSWERED,
        &[
            before.session_id.into(),
            before.generation.into(),
            before.seq.into(),
            saved.text_len.into(),
            (&prepared.text_hash).into(),
            saved.state.into(),
            saved.answer_sealed.into(),
            saved.end.into(),
            prepared.now_ms.into(),
        ],
    )?;
    let first_seq = if before.is_new { before.seq } else { before.first_seq };
    tx.execute(
        MOVED,
        &[
            before.session_id.into(),
            before.generation.into(),
            first_seq.into(),
            prepared.now_ms.into(),
            saved.end.then_some(prepared.now_ms).into(),
            saved.end.then_some("screen").into(),
            prepared.hop_uid.into(),
            before.seq.into(),
            saved.text_len.into(),
            (&prepared.text_hash).into(),
            saved.bundle_hash.into(),
            saved.visit_sealed.into(),
            saved.resumable.into(),
        ],
    )?;
    Ok(())
}

/// A stored answer (absent if it was secret), and whether it was the last one.
pub(super) type StoredAnswer = (Option<Vec<u8>>, bool);

/// The stored answer of a hop.
pub(super) fn answer_of(tx: &mut Tx<'_>, before: &Record, seq: i64) -> Result<Option<StoredAnswer>, Error> {
    const ANSWER_OF: &str =
        "SELECT answer_sealed, is_end FROM hop WHERE session_id = $1 AND generation = $2 AND seq = $3";
    let params = [before.session_id.into(), before.generation.into(), seq.into()];
    tx.query_one(ANSWER_OF, &params, |row| Ok((row.optional_bytes(0)?.map(<[u8]>::to_vec), row.boolean(1)?)))
}

/// The earlier hop of this generation that had the same text.
pub(super) fn earlier(tx: &mut Tx<'_>, before: &Record, prepared: &Prepared) -> Result<Option<i64>, Error> {
    const EARLIER: &str = "SELECT seq FROM hop WHERE session_id = $1 AND generation = $2 AND text_hash = $3 \
        ORDER BY seq DESC LIMIT 1";
    let params = [before.session_id.into(), before.generation.into(), (&prepared.text_hash).into()];
    tx.query_one(EARLIER, &params, |row| row.integer(0))
}

/// The caller's visit that was dropped last, if it is young enough to be offered again.
pub(super) fn resumable(tx: &mut Tx<'_>, prepared: &Prepared, since_ms: i64) -> Result<Option<Record>, Error> {
    const RESUMABLE: &str = "SELECT session_id, generation, seq, first_seq, last_ms, ended_ms, hop_uid, hop_seq, \
        text_len, text_hash, bundle_hash, visit_sealed FROM session \
        WHERE number_hash = $1 AND channel = $2 AND resumable = 1 AND last_ms >= $3 ORDER BY last_ms DESC LIMIT 1";
    let params = [prepared.number.as_bytes().into(), (&*prepared.hop.channel).into(), since_ms.into()];
    tx.query_one(RESUMABLE, &params, read)
}

/// The visit goes on in another session: it is not offered twice.
pub(super) fn hand_over(tx: &mut Tx<'_>, session_id: i64) -> Result<(), Error> {
    const HAND_OVER: &str = "UPDATE session SET resumable = 0 WHERE session_id = $1";
    tx.execute(HAND_OVER, &[session_id.into()])?;
    Ok(())
}

/// Notes that the gateway ended a session. Unknown sessions and repeats change nothing.
pub(super) fn close(tx: &mut Tx<'_>, key: &[u8; 32], why: &'static str, now_ms: i64) -> Result<u64, Error> {
    const CLOSE: &str =
        "UPDATE session SET ended_ms = $2, ended_why = $3 WHERE session_key = $1 AND ended_ms IS NULL AND hop_seq > 0";
    tx.execute(CLOSE, &[key.into(), now_ms.into(), why.into()])
}

/// Forgets sessions that nobody can come back to, a few at a time; answers how many. For a bulk job.
///
/// Identifiers are made from the time, so the oldest sessions come first by their key: no index on time is kept up at
/// every hop for this.
pub fn forget(tx: &mut Tx<'_>, now_ms: i64) -> Result<u64, Error> {
    const HOPS: &str = "DELETE FROM hop WHERE session_id IN (SELECT session_id FROM session \
        WHERE session_id < $1 AND last_ms < $2 ORDER BY session_id LIMIT 50)";
    const SESSIONS: &str = "DELETE FROM session WHERE session_id IN (SELECT session_id FROM session \
        WHERE session_id < $1 AND last_ms < $2 ORDER BY session_id LIMIT 50)";
    let before_ms = now_ms - KEEP_MS;
    let before_id = first_id_at(before_ms);
    tx.execute(HOPS, &[before_id.into(), before_ms.into()])?;
    tx.execute(SESSIONS, &[before_id.into(), before_ms.into()])
}
