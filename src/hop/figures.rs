//! How screens fare: answered hops are counted, by screen, a few minutes after them.
//!
//! A bulk job folds them in the order of their names, which are made from the time; a mark says how far it is, so that no
//! hop is counted twice, whichever node does it. A call that was dropped is seen here as well: a hop without an end that
//! stayed the last of its session. (Where a gateway gives an old session's name to a new call within days, the drop of the
//! first is not seen.)

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::clock::first_id_at;
use crate::storage::{Error, Row, Tx};
use crate::text::datetime::Day;

/// When a hop is counted: no network lets a session live so long, so that what came after it is known.
pub const OVER_MS: i64 = 5 * 60_000;
/// Hops in one transaction: some milliseconds.
const HOPS_MAX: usize = 200;

/// A call that was dropped on a screen where it can go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The caller's number, as a keyed hash.
    pub number_hash: Vec<u8>,
    /// When the last screen was sent.
    pub at_ms: i64,
}

/// What one turn did.
#[derive(Debug, Default)]
pub struct Folded {
    /// Hops that were counted.
    pub hops: usize,
    /// Calls that were dropped and can go on.
    pub dropped: Vec<Dropped>,
}

/// What figures are kept by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    day: i64,
    bundle_hash: Vec<u8>,
    channel: String,
    language: String,
    state: String,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    shown: i64,
    answered: i64,
    wrong: i64,
    back: i64,
    dropped: i64,
    waited_ms: i64,
}

/// A hop, the one before it, and its session.
struct Seen {
    hop_uid: i64,
    key: Key,
    turn: String,
    is_end: bool,
    at_ms: i64,
    /// State, language and time of the hop before.
    before: Option<(String, String, i64)>,
    is_last: bool,
    resumable: bool,
    number_hash: Vec<u8>,
}

/// Counts the next hops. [`Error::Conflict`] when another node did so meanwhile.
pub fn fold(tx: &mut Tx<'_>, zone: &TimeZone, now_ms: i64) -> Result<Folded, Error> {
    const SEEN: &str = "SELECT h.hop_uid, h.state, h.language, h.turn, h.is_end, h.answered_ms, p.state, p.language, \
        p.answered_ms, s.bundle_hash, s.channel, s.hop_uid, s.resumable, s.number_hash \
        FROM hop h JOIN session s ON s.session_id = h.session_id LEFT JOIN hop p ON p.hop_uid = h.previous_uid \
        WHERE h.hop_uid > $1 AND h.hop_uid < $2 ORDER BY h.hop_uid LIMIT 200";
    const MARK: &str = "SELECT hop_uid FROM screen_stat_mark";
    const FIRST_MARK: &str = "INSERT INTO screen_stat_mark (id, hop_uid) VALUES (1, $1) ON CONFLICT (id) DO NOTHING";
    const MARKED: &str = "UPDATE screen_stat_mark SET hop_uid = $2 WHERE id = 1 AND hop_uid = $1";
    let Some(mark) = tx.query_one(MARK, &[], |row| row.integer(0))? else {
        // What was answered before there were marks has neither language nor turn.
        tx.execute(FIRST_MARK, &[first_id_at(now_ms - 2 * OVER_MS).into()])?;
        return fold(tx, zone, now_ms);
    };
    let until = first_id_at(now_ms - OVER_MS);
    let seen = tx.query(SEEN, &[mark.into(), until.into()], |row| read(row, zone))?;
    let Some(last) = seen.last() else { return Ok(Folded::default()) };
    let mut counts: BTreeMap<Key, Counts> = BTreeMap::new();
    let mut folded = Folded { hops: seen.len(), dropped: Vec::new() };
    for hop in &seen {
        let here = counts.entry(hop.key.clone()).or_default();
        here.shown += 1;
        if hop.is_last && !hop.is_end {
            here.dropped += 1;
            if hop.resumable {
                folded.dropped.push(Dropped { number_hash: hop.number_hash.clone(), at_ms: hop.at_ms });
            }
        }
        if let Some((state, language, at_ms)) = &hop.before {
            let day = i64::from(Day::from_ms(*at_ms, zone).0);
            let key = Key { day, state: state.clone(), language: language.clone(), ..hop.key.clone() };
            let before = counts.entry(key).or_default();
            match hop.turn.as_str() {
                "wrong" => before.wrong += 1,
                "back" | "home" => before.back += 1,
                _ => before.answered += 1,
            }
            before.waited_ms += (hop.at_ms - at_ms).clamp(0, OVER_MS);
        }
    }
    for (key, counts) in &counts {
        add(tx, key, counts)?;
    }
    if tx.execute(MARKED, &[mark.into(), last.hop_uid.into()])? == 0 { Err(Error::Conflict) } else { Ok(folded) }
}

/// Whether there may be more to count at once.
pub fn is_full(folded: &Folded) -> bool {
    folded.hops == HOPS_MAX
}

fn read(row: &Row<'_>, zone: &TimeZone) -> Result<Seen, Error> {
    let at_ms = row.integer(5)?;
    let before = match (row.optional_text(6)?, row.optional_text(7)?, row.optional_integer(8)?) {
        (Some(state), Some(language), Some(at_ms)) => Some((state.to_owned(), language.to_owned(), at_ms)),
        _ => None,
    };
    let hop_uid = row.integer(0)?;
    Ok(Seen {
        hop_uid,
        key: Key {
            day: i64::from(Day::from_ms(at_ms, zone).0),
            bundle_hash: row.bytes(9)?.to_vec(),
            channel: row.text(10)?.to_owned(),
            language: row.text(2)?.to_owned(),
            state: row.text(1)?.to_owned(),
        },
        turn: row.text(3)?.to_owned(),
        is_end: row.boolean(4)?,
        at_ms,
        before,
        is_last: row.integer(11)? == hop_uid,
        resumable: row.boolean(12)?,
        number_hash: row.bytes(13)?.to_vec(),
    })
}

fn add(tx: &mut Tx<'_>, key: &Key, counts: &Counts) -> Result<(), Error> {
    const ADD: &str = "INSERT INTO screen_stat (day, bundle_hash, channel, language, state, shown, answered, wrong, back, \
        dropped, waited_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
        ON CONFLICT (day, bundle_hash, channel, language, state) DO UPDATE SET \
        shown = screen_stat.shown + excluded.shown, answered = screen_stat.answered + excluded.answered, \
        wrong = screen_stat.wrong + excluded.wrong, back = screen_stat.back + excluded.back, \
        dropped = screen_stat.dropped + excluded.dropped, waited_ms = screen_stat.waited_ms + excluded.waited_ms";
    let Key { day, bundle_hash, channel, language, state } = key;
    let Counts { shown, answered, wrong, back, dropped, waited_ms } = *counts;
    let row = [
        (*day).into(),
        bundle_hash.into(),
        channel.as_str().into(),
        language.as_str().into(),
        state.as_str().into(),
        shown.into(),
        answered.into(),
        wrong.into(),
        back.into(),
        dropped.into(),
        waited_ms.into(),
    ];
    tx.execute(ADD, &row).map(|_| ())
}

/// The figures of one screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreenFigures {
    /// SHA-256 of the bundle.
    pub bundle_hash: Vec<u8>,
    /// The channel.
    pub channel: String,
    /// The language's code.
    pub language: String,
    /// `flow.state`.
    pub state: String,
    /// Times that it was shown.
    pub shown: i64,
    /// Times that it was answered.
    pub answered: i64,
    /// Times that what was typed meant nothing there.
    pub wrong: i64,
    /// Times that the caller went back or home.
    pub back: i64,
    /// Times that the call ended there without its end.
    pub dropped: i64,
    /// Milliseconds until something was typed, over all that typed.
    pub waited_ms: i64,
}

/// How many stand on a screen just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// `flow.state`.
    pub state: String,
    /// Calls under way.
    pub live: i64,
    /// Calls that were cut or given up, and may be taken up again.
    pub dropped: i64,
}

/// Where calls stand that had a hop since `since_ms`; those without one for as long as calls last at most are not under
/// way any more.
pub fn standing(tx: &mut Tx<'_>, now_ms: i64, since_ms: i64) -> Result<Vec<Standing>, Error> {
    const STANDING: &str = "SELECT h.state, \
        CAST(SUM(CASE WHEN s.ended_ms IS NULL AND s.last_ms >= $2 THEN 1 ELSE 0 END) AS BIGINT), \
        CAST(SUM(CASE WHEN s.ended_ms IS NULL AND s.last_ms >= $2 THEN 0 ELSE 1 END) AS BIGINT) \
        FROM session s JOIN hop h ON h.hop_uid = s.hop_uid WHERE s.resumable = 1 AND s.last_ms >= $1 \
        GROUP BY h.state ORDER BY h.state";
    tx.query(STANDING, &[since_ms.into(), (now_ms - OVER_MS).into()], |row| {
        Ok(Standing { state: row.text(0)?.to_owned(), live: row.integer(1)?, dropped: row.integer(2)? })
    })
}

/// The figures since a day, added up over the days.
pub fn since(tx: &mut Tx<'_>, day: i64) -> Result<Vec<ScreenFigures>, Error> {
    const SINCE: &str = "SELECT bundle_hash, channel, language, state, CAST(SUM(shown) AS BIGINT), \
        CAST(SUM(answered) AS BIGINT), CAST(SUM(wrong) AS BIGINT), CAST(SUM(back) AS BIGINT), \
        CAST(SUM(dropped) AS BIGINT), CAST(SUM(waited_ms) AS BIGINT) FROM screen_stat WHERE day >= $1 \
        GROUP BY bundle_hash, channel, language, state ORDER BY state, language, channel, bundle_hash";
    tx.query(SINCE, &[day.into()], |row| {
        Ok(ScreenFigures {
            bundle_hash: row.bytes(0)?.to_vec(),
            channel: row.text(1)?.to_owned(),
            language: row.text(2)?.to_owned(),
            state: row.text(3)?.to_owned(),
            shown: row.integer(4)?,
            answered: row.integer(5)?,
            wrong: row.integer(6)?,
            back: row.integer(7)?,
            dropped: row.integer(8)?,
            waited_ms: row.integer(9)?,
        })
    })
}
