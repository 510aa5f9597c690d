//! Messages that come twice from a provider that gives them no name.
//!
//! A provider repeats a call that it got no 200 for. Where it names its messages, the name tells; where it does not,
//! the same text between the same numbers within ten minutes is taken for a repeat.
//!
//! No time goes into [`digest()`]: with the number of a ten-minute bucket in it, a repeat at 10:00:01 of a message of
//! 9:59:59 would pass, and to look into the bucket before as well lets two copies pass that arrive together at the
//! edge. Instead the time stands beside the hash, and one statement decides and remembers, so that two copies at once
//! cannot both pass:
//!
//! ```sql
//! INSERT INTO inbound_seen (digest, taken_ms) VALUES (?1, ?2)
//! ON CONFLICT (digest) DO UPDATE SET taken_ms = excluded.taken_ms
//!   WHERE abs(excluded.taken_ms - inbound_seen.taken_ms) >= 600000
//! RETURNING taken_ms -- no row: a repeat
//! ```
//!
//! Ten minutes count from the message that was taken, not from its last repeat: who sends YES every nine minutes is
//! heard again, and so is a provider that repeats for an hour. Older rows may go at any time.
//!
//! STOP is obeyed even as a repeat ([`is_repeat`]): STOP, START, STOP within ten minutes must end in silence. The
//! other way round, a late repeat of START after a STOP is dropped. What changes nothing needs no second answer.

use std::fmt;

use super::keywords::Asked;

/// Within this long of a message the same again is a repeat, in milliseconds. Providers repeat within minutes; what
/// people send again later, they mean.
pub const REPEAT_MS: u64 = 10 * 60 * 1_000;

/// Part of every digest: another way to make them begins with another.
const LABEL: &[u8] = b"inbound/1";

/// A message, or a part of one, as it arrived.
#[derive(Clone, Copy)]
pub struct Arrived<'a> {
    /// The name of the channel.
    pub channel: &'a str,
    /// The sender's number, with or without `+`.
    pub from: &'a str,
    /// The number or code that it was sent to, likewise.
    pub to: &'a str,
    /// The text as it came: a repeat is the same to the last space.
    pub text: &'a str,
    /// Reference, number and total of a part. Two parts of one message may read the same.
    pub part: Option<(u16, u8, u8)>,
}

/// Numbers and text stay out of logs.
impl fmt::Debug for Arrived<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrived").field("bytes", &self.text.len()).field("part", &self.part).finish_non_exhaustive()
    }
}

/// What is to be hashed with a key: the same for a repeat, different for any other message.
///
/// With a key, since numbers and the usual answers are few enough to try them all.
pub fn digest(arrived: &Arrived<'_>) -> Vec<u8> {
    let from = arrived.from.strip_prefix('+').unwrap_or(arrived.from);
    let to = arrived.to.strip_prefix('+').unwrap_or(arrived.to);
    let mut bytes = Vec::with_capacity(LABEL.len() + arrived.text.len() + 80);
    bytes.extend_from_slice(LABEL);
    // Lengths go before fields, so that none runs into the next.
    for field in [arrived.channel, from, to, arrived.text] {
        bytes.extend_from_slice(&u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
        bytes.extend_from_slice(field.as_bytes());
    }
    if let Some((reference, number, total)) = arrived.part {
        bytes.extend_from_slice(&reference.to_be_bytes());
        bytes.extend_from_slice(&[number, total]);
    }
    bytes
}

/// Whether a message is to be dropped of which the same was taken at `taken_ms`. Never STOP.
///
/// A clock that was set back by more than ten minutes makes messages new, not repeats: it must not silence anybody.
pub fn is_repeat(asked: Asked, taken_ms: i64, now_ms: i64) -> bool {
    asked != Asked::Stop && now_ms.abs_diff(taken_ms) < REPEAT_MS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const YES: Arrived<'_> = Arrived { channel: "pindo", from: "+250788000001", to: "7878", text: "YEGO", part: None };

    #[test]
    fn a_repeat_has_the_same_digest_with_or_without_a_plus() {
        assert_eq!(digest(&YES), digest(&Arrived { from: "250788000001", ..YES }));
        assert_eq!(digest(&YES), digest(&Arrived { to: "+7878", ..YES }));
    }

    #[test]
    fn whatever_differs_makes_another_digest() {
        let others = [
            Arrived { channel: "pind", ..YES },
            Arrived { from: "250788000002", ..YES },
            Arrived { to: "7879", ..YES },
            Arrived { text: "YEGO ", ..YES },
            Arrived { text: "yego", ..YES },
            Arrived { part: Some((7, 1, 2)), ..YES },
            Arrived { part: Some((7, 2, 2)), ..YES },
            // The same bytes in a row, divided otherwise.
            Arrived { to: "787", text: "8YEGO", ..YES },
            Arrived { channel: "pindo2", from: "50788000001", ..YES },
        ];
        let mut digests: Vec<_> = others.iter().chain([&YES]).map(digest).collect();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), others.len() + 1);
    }

    /// Stored hashes must be found again after an upgrade.
    #[test]
    fn the_form_is_fixed() {
        let part = Arrived { channel: "c", from: "+1", to: "2", text: "t", part: Some((0x0102, 3, 4)) };
        let one = |letter: u8| [0, 0, 0, 0, 0, 0, 0, 1, letter];
        let fields = [one(b'c'), one(b'1'), one(b'2'), one(b't')].concat();
        assert_eq!(digest(&part), [LABEL, &fields, &[1, 2, 3, 4]].concat());
    }

    #[test]
    fn ten_minutes_count_without_edges() {
        let taken = 1_763_800_799_999;
        for (after_ms, repeat) in
            [(0, true), (2, true), (599_999, true), (600_000, false), (-2, true), (-600_000, false)]
        {
            assert_eq!(is_repeat(Asked::Other, taken, taken + after_ms), repeat, "{after_ms}");
        }
        assert!(is_repeat(Asked::Start, taken, taken + 1));
    }

    #[test]
    fn stop_is_obeyed_as_often_as_it_comes() {
        assert!(!is_repeat(Asked::Stop, 5, 6));
    }

    proptest! {
        #[test]
        fn fields_never_run_into_each_other(
            (a, b) in ("[0-9a]{0,3}", "[0-9a]{0,3}"), (c, d) in ("[0-9a]{0,3}", "[0-9a]{0,3}"),
        ) {
            let arrived = |to, text| Arrived { channel: "c", from: "1", to, text, part: None };
            let same = (&a, &b) == (&c, &d);
            prop_assert_eq!(digest(&arrived(&a, &b)) == digest(&arrived(&c, &d)), same);
        }

        #[test]
        fn any_times_can_be_compared(taken_ms in any::<i64>(), now_ms in any::<i64>()) {
            prop_assert_eq!(is_repeat(Asked::Other, taken_ms, now_ms), is_repeat(Asked::Other, now_ms, taken_ms));
        }
    }
}
