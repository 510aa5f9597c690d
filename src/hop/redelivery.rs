//! What a hop is: the beginning of a session, an input, or something that was answered already. Pure.
//!
//! Gateways send a hop again when our answer was late or lost, some send a start twice, and networks reuse session ids.
//! Cumulative dialects (every input so far, joined by `*`) are recognised by the text itself; of the text only its length
//! and keyed hash are kept, since a PIN is in it.

use crate::gateway::ussd::UssdEvent;
use crate::storage::{Keys, Purpose};

use super::record::Record;

/// A gateway gives up on a hop within this time (15 s and 10 s to connect are the longest that is documented), so a
/// redelivery comes within it; what looks like one later is a reused session id.
pub const REDELIVERY_MS: i64 = 30_000;
/// No thumb reads a screen and answers it within this time: the same input again is the gateway's doing.
pub const THUMB_MS: i64 = 700;
/// A session lasts three minutes at the most generous gateway; one as old as this is over, told or not.
pub const SESSION_AGE_MAX_MS: i64 = 10 * 60_000;

/// What a hop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading<'t> {
    /// The start of a session, with what was dialled behind the code.
    Begin(&'t str),
    /// An input.
    Typed(&'t str),
    /// The last hop again.
    Repeat,
    /// A text that does not go on from the last one: an earlier hop again, if there was one like it.
    Earlier,
}

/// The keyed hash of a session's text.
pub fn hash(keys: &Keys, session_key: &[u8; 32], text: &str) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(session_key.len() + text.len());
    bytes.extend_from_slice(session_key);
    bytes.extend_from_slice(text.as_bytes());
    keys.keyed_hash(Purpose::SessionText, &bytes)
}

/// Whether the session's last hop is too old for a redelivery.
pub fn is_stale(before: &Record, now_ms: i64) -> bool {
    now_ms - before.last_ms > REDELIVERY_MS
}

/// Reads a hop in the light of what the session did before.
pub fn read<'t>(
    before: &Record,
    event: &'t UssdEvent,
    hop_id: Option<&str>,
    now_ms: i64,
    hash: impl Fn(&str) -> [u8; 32],
) -> Reading<'t> {
    let over = before.ended || now_ms - before.last_ms > SESSION_AGE_MAX_MS;
    let same = |text: &str| before.text_hash == hash(text);
    match event {
        UssdEvent::Cumulative(text) => {
            if before.is_new {
                return Reading::Begin(text);
            }
            let length = usize::try_from(before.text_len).unwrap_or(usize::MAX);
            if text.len() == length && same(text) {
                // The text of a first hop says nothing but "dialled": an ended session that is dialled again under its
                // old id looks the same as its redelivery, except that a person needs longer.
                let first = before.hops == 1;
                let again = match (first, before.ended) {
                    (true, true) => now_ms - before.last_ms <= THUMB_MS,
                    (true, false) | (false, true) => !is_stale(before, now_ms),
                    (false, false) => !over,
                };
                return if again { Reading::Repeat } else { Reading::Begin(text) };
            }
            if over {
                // A late redelivery may still come after the end; a plain dial under the old id is somebody dialling.
                let late = before.ended && !text.is_empty() && !is_stale(before, now_ms);
                return if late { Reading::Earlier } else { Reading::Begin(text) };
            }
            match text.split_at_checked(length) {
                Some((old, new)) if same(old) && (old.is_empty() || new.starts_with('*')) => {
                    Reading::Typed(if old.is_empty() { new } else { new.strip_prefix('*').unwrap_or(new) })
                }
                _ if is_stale(before, now_ms) => Reading::Begin(text),
                _ => Reading::Earlier,
            }
        }
        UssdEvent::Dial { extras } => {
            let again = !before.is_new && same(hop_id.unwrap_or(extras)) && !is_stale(before, now_ms);
            if again && before.hops == 1 && !before.ended { Reading::Repeat } else { Reading::Begin(extras) }
        }
        UssdEvent::Input(text) => {
            if before.is_new {
                return Reading::Begin("");
            }
            let again = match hop_id {
                Some(id) => same(id),
                None => same(text) && now_ms - before.last_ms <= THUMB_MS,
            };
            if again {
                Reading::Repeat
            } else if over {
                Reading::Begin("")
            } else {
                Reading::Typed(text)
            }
        }
        UssdEvent::Closed(_) => Reading::Repeat,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys_hash(text: &str) -> [u8; 32] {
        hash(&Keys::of_no_secret(), &[7; 32], text)
    }

    /// A session whose last hop had this text, this long ago.
    fn after(text: &str, ended: bool, first: bool) -> Record {
        Record {
            session_id: 1,
            is_new: false,
            revision: 4,
            started_ms: 0,
            last_ms: 0,
            ended,
            hop_uid: 9,
            hops: if first { 1 } else { 4 },
            text_len: i64::try_from(text.len()).unwrap(),
            text_hash: keys_hash(text),
            bundle_hash: [0; 32],
            visit_sealed: Vec::new(),
            resumable: false,
            anew: false,
        }
    }

    fn reading(before: &Record, text: &str, now_ms: i64) -> String {
        let event = UssdEvent::Cumulative(text.to_owned());
        format!("{:?}", read(before, &event, None, now_ms, keys_hash))
    }

    #[test]
    fn a_longer_text_is_one_input_even_with_stars_in_it() {
        assert_eq!(reading(&after("", false, true), "1", 5_000), "Typed(\"1\")");
        assert_eq!(reading(&after("1*2", false, false), "1*2*3", 5_000), "Typed(\"3\")");
        assert_eq!(reading(&after("1*2", false, false), "1*2*a*b", 5_000), "Typed(\"a*b\")");
        assert_eq!(reading(&after("1*2", false, false), "1*2*", 5_000), "Typed(\"\")");
    }

    #[test]
    fn the_same_text_is_the_same_hop_while_a_gateway_may_ask_again() {
        assert_eq!(reading(&after("1*2", false, false), "1*2", 20_000), "Repeat");
        assert_eq!(reading(&after("1*2", true, false), "1*2", 20_000), "Repeat");
        assert_eq!(reading(&after("", false, true), "", 20_000), "Repeat");
        assert_eq!(reading(&after("", false, true), "", 40_000), "Begin(\"\")");
    }

    #[test]
    fn an_old_or_ended_session_that_starts_again_is_a_new_one() {
        assert_eq!(reading(&after("1*2", true, false), "", 5_000), "Begin(\"\")");
        assert_eq!(reading(&after("", true, true), "", 5_000), "Begin(\"\")");
        assert_eq!(reading(&after("1*2", true, false), "1", 5_000), "Earlier");
        assert_eq!(reading(&after("1*2", true, false), "1", 50_000), "Begin(\"1\")");
        assert_eq!(reading(&after("1*2", false, false), "48213", SESSION_AGE_MAX_MS + 1), "Begin(\"48213\")");
    }

    #[test]
    fn a_text_that_does_not_go_on_never_moves_the_session() {
        assert_eq!(reading(&after("1*2*3", false, false), "1*2", 1_000), "Earlier");
        assert_eq!(reading(&after("1*2*3", false, false), "1*9*9*9", 1_000), "Earlier");
        assert_eq!(reading(&after("1*2", false, false), "1*23", 1_000), "Earlier");
        assert_eq!(reading(&after("12é", false, false), "12x", 1_000), "Earlier");
    }

    #[test]
    fn without_history_only_a_thumb_tells() {
        let before = after("1", false, false);
        let typed = UssdEvent::Input("1".into());
        assert_eq!(read(&before, &typed, None, 300, keys_hash), Reading::Repeat);
        assert_eq!(read(&before, &typed, None, 3_000, keys_hash), Reading::Typed("1"));
        let mut named = after("hop-7", false, false);
        assert_eq!(read(&named, &typed, Some("hop-7"), 9_000, keys_hash), Reading::Repeat);
        named.ended = true;
        assert_eq!(read(&named, &typed, Some("hop-8"), 9_000, keys_hash), Reading::Begin(""));
    }
}
