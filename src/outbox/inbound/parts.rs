//! Joins the parts of a long message where the provider hands them over one by one.
//!
//! Parts come in any order, twice, or not at all. The reference that ties them together has eight bits on most phones,
//! so within a day one phone may use it for two messages: a part that does not fit what is there begins another
//! message, rather than a text of two halves. What never becomes complete is handed on after a day as it is, with a
//! mark where something is missing, since the rest may still say enough.
//!
//! Pure: rows are arguments, and the caller deletes the rows of what it took in the transaction that stores the
//! message. Repeats are best dropped before they are stored ([`super::repeat`]): one that comes after its message was
//! joined would wait a day and be handed on as a torn message. A first part is best read for STOP when it arrives
//! ([`super::keywords::read`]): that cannot wait a day for the second.

use std::collections::BTreeMap;
use std::fmt;

/// How long parts wait for the others, in milliseconds: a day. Networks try for so long to deliver a part.
pub const PARTS_WAIT_MS: i64 = 24 * 3_600 * 1_000;
/// Parts that wait for one sender, channel and number of ours: two messages of the greatest length. Of more, the oldest
/// are handed on as they are.
pub const WAITING_MAX: usize = 2 * 255;

/// Stands where parts are missing.
const GAP: &str = " [...] ";

/// A part that waits in storage.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredPart {
    /// The caller's name of its row.
    pub row: i64,
    /// The same for all parts of one message.
    pub reference: u16,
    /// Counts from 1.
    pub number: u8,
    /// How many there are.
    pub total: u8,
    /// The text.
    pub text: String,
    /// When it arrived, in milliseconds since the epoch.
    pub at_ms: i64,
}

/// The text stays out of logs.
impl fmt::Debug for StoredPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "StoredPart({}: {}/{} of {}, {} B)",
            self.row,
            self.number,
            self.total,
            self.reference,
            self.text.len()
        )
    }
}

/// A message that waits no longer.
#[derive(Clone, PartialEq, Eq)]
pub struct Joined {
    /// The rows that it was made from, repeats among them: to be deleted.
    pub rows: Vec<i64>,
    /// The text, with ` [...] ` wherever parts are missing.
    pub text: String,
    /// When its first part arrived, in milliseconds since the epoch.
    pub at_ms: i64,
    /// How many parts are missing; 0 of a complete message.
    pub missing: u8,
    /// Whether its beginning is there. Without it no first word decides what is asked for.
    pub begins: bool,
}

/// The text stays out of logs.
impl fmt::Debug for Joined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Joined { rows, text, at_ms, missing, begins } = self;
        let mut shown = f.debug_struct("Joined");
        shown.field("rows", rows).field("bytes", &text.len()).field("at_ms", at_ms).field("missing", missing);
        shown.field("begins", begins).finish()
    }
}

/// The parts of one sender on one channel to one number of ours, sorted into messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// In the order in which their first parts arrived.
    messages: Vec<Message>,
}

impl Parts {
    /// Sorts what is stored. The order of `stored` does not matter.
    pub fn of(mut stored: Vec<StoredPart>) -> Parts {
        stored.sort_by_key(|part| (part.at_ms, part.row));
        let mut parts = Parts::default();
        for part in stored {
            parts.put(part);
        }
        parts
    }

    /// The messages that wait no longer, oldest first: complete ones, those whose first part came a day ago, and the
    /// oldest of too many.
    pub fn ready(&self, now_ms: i64) -> Vec<Joined> {
        let is_due = |message: &Message| message.is_complete() || now_ms >= message.due_ms();
        let waiting = self.messages.iter().filter(|message| !is_due(message));
        let mut too_many = waiting.map(|message| message.rows.len()).sum::<usize>().saturating_sub(WAITING_MAX);
        let mut ready = Vec::new();
        for message in &self.messages {
            let due = is_due(message);
            if due || too_many > 0 {
                ready.push(message.joined());
            }
            if !due {
                too_many = too_many.saturating_sub(message.rows.len());
            }
        }
        ready
    }

    /// When the next message is due of those that are not complete, in milliseconds since the epoch.
    pub fn next_due_ms(&self) -> Option<i64> {
        self.messages.iter().filter(|message| !message.is_complete()).map(Message::due_ms).min()
    }

    /// Puts a part where it belongs. The newest message that lacks it is the likeliest, but a repeat belongs to the
    /// one that has it.
    fn put(&mut self, part: StoredPart) {
        let repeated = self.messages.iter().rposition(|message| message.has(&part));
        let lacking = || self.messages.iter().rposition(|message| message.lacks(&part));
        let at = repeated.or_else(lacking);
        match at.and_then(|at| self.messages.get_mut(at)) {
            Some(message) => {
                message.rows.push(part.row);
                message.texts.insert(part.number, part.text);
            }
            None => self.messages.push(Message::begun_by(part)),
        }
    }
}

#[derive(Clone, PartialEq, Eq)]
struct Message {
    reference: u16,
    total: u8,
    at_ms: i64,
    rows: Vec<i64>,
    /// By the number of the part.
    texts: BTreeMap<u8, String>,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({} of {} parts of {})", self.texts.len(), self.total, self.reference)
    }
}

impl Message {
    /// A part that cannot be right (`0/3`, `4/3`, `1/0`) is a message of its own: its text is not lost, and nothing
    /// waits.
    fn begun_by(part: StoredPart) -> Message {
        let StoredPart { row, reference, number, total, text, at_ms } = part;
        let total = if (1..=total).contains(&number) { total } else { 0 };
        Message { reference, total, at_ms, rows: vec![row], texts: BTreeMap::from([(number, text)]) }
    }

    fn may_own(&self, part: &StoredPart) -> bool {
        (self.reference, self.total) == (part.reference, part.total)
            && (1..=part.total).contains(&part.number)
            && part.at_ms < self.due_ms()
    }

    fn has(&self, part: &StoredPart) -> bool {
        self.may_own(part) && self.texts.get(&part.number) == Some(&part.text)
    }

    fn lacks(&self, part: &StoredPart) -> bool {
        self.may_own(part) && !self.texts.contains_key(&part.number)
    }

    fn missing(&self) -> u8 {
        self.total.saturating_sub(u8::try_from(self.texts.len()).unwrap_or(u8::MAX))
    }

    fn is_complete(&self) -> bool {
        self.missing() == 0
    }

    fn due_ms(&self) -> i64 {
        self.at_ms.saturating_add(PARTS_WAIT_MS)
    }

    fn joined(&self) -> Joined {
        let mut text = String::with_capacity(self.texts.values().map(|text| text.len() + GAP.len()).sum());
        let mut before = 0;
        for (number, part) in &self.texts {
            if self.total > 0 && *number > before + 1 {
                text.push_str(GAP);
            }
            text.push_str(part);
            before = *number;
        }
        if before < self.total {
            text.push_str(GAP);
        }
        let text = if self.is_complete() { text } else { text.trim_matches(' ').to_owned() };
        let begins = self.total == 0 || self.texts.contains_key(&1);
        Joined { rows: self.rows.clone(), text, at_ms: self.at_ms, missing: self.missing(), begins }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A part that arrived at `row` milliseconds.
    fn part(row: i64, reference: u16, number: u8, total: u8, text: &str) -> StoredPart {
        StoredPart { row, reference, number, total, text: text.to_owned(), at_ms: row }
    }

    fn texts(stored: Vec<StoredPart>, now_ms: i64) -> Vec<String> {
        Parts::of(stored).ready(now_ms).into_iter().map(|joined| joined.text).collect()
    }

    #[test]
    fn a_complete_message_is_joined_in_order() {
        let stored = vec![part(1, 7, 3, 3, "c"), part(2, 7, 1, 3, "a "), part(3, 7, 2, 3, " b")];
        let parts = Parts::of(stored);
        let joined = Joined { rows: vec![1, 2, 3], text: "a  bc".to_owned(), at_ms: 1, missing: 0, begins: true };
        assert_eq!((parts.ready(3), parts.next_due_ms()), (vec![joined], None));
    }

    #[test]
    fn what_is_incomplete_waits_a_day_and_then_goes_with_a_mark() {
        let stored = vec![part(5, 7, 2, 5, "b"), part(9, 7, 4, 5, "d")];
        let parts = Parts::of(stored);
        assert_eq!((parts.ready(5 + PARTS_WAIT_MS - 1), parts.next_due_ms()), (vec![], Some(5 + PARTS_WAIT_MS)));
        let ready = parts.ready(5 + PARTS_WAIT_MS);
        let text = "[...] b [...] d [...]".to_owned();
        assert_eq!(ready, [Joined { rows: vec![5, 9], text, at_ms: 5, missing: 3, begins: false }]);
        assert_eq!(texts(vec![part(1, 7, 1, 2, "STOP now ")], PARTS_WAIT_MS + 1), ["STOP now  [...]"]);
    }

    #[test]
    fn repeats_are_dropped_and_their_rows_go_too() {
        let stored = vec![part(1, 7, 1, 2, "a"), part(2, 7, 1, 2, "a"), part(3, 7, 2, 2, "b"), part(4, 7, 2, 2, "b")];
        let ready = Parts::of(stored).ready(4);
        assert_eq!((ready[0].text.as_str(), ready[0].rows.as_slice(), ready.len()), ("ab", [1, 2, 3, 4].as_slice(), 1));
    }

    #[test]
    fn parts_that_contradict_each_other_are_separate_messages() {
        let totals = vec![part(1, 7, 1, 2, "a"), part(2, 7, 2, 3, "x"), part(3, 7, 2, 2, "b")];
        assert_eq!(texts(totals.clone(), 3), ["ab"]);
        assert_eq!(texts(totals, 2 + PARTS_WAIT_MS), ["ab", "[...] x [...]"]);
        let references = vec![part(1, 7, 1, 2, "a"), part(2, 8, 2, 2, "b")];
        assert_eq!(texts(references, 2), Vec::<String>::new());
        // The reference came round: the second first part begins a message, and the second part is its.
        let reused = vec![part(1, 7, 1, 2, "a"), part(2, 7, 1, 2, "A"), part(3, 7, 2, 2, "B")];
        assert_eq!(texts(reused.clone(), 3), ["AB"]);
        assert_eq!(texts(reused, 1 + PARTS_WAIT_MS), ["a [...]", "AB"]);
    }

    #[test]
    fn a_part_that_comes_after_a_day_begins_anew() {
        let stored = vec![part(1, 7, 1, 2, "a"), part(1 + PARTS_WAIT_MS, 7, 2, 2, "b")];
        assert_eq!(texts(stored, 1 + PARTS_WAIT_MS), ["a [...]"]);
    }

    #[test]
    fn parts_that_cannot_be_right_are_handed_on_alone_and_at_once() {
        let stored = vec![part(1, 7, 0, 2, "x"), part(2, 7, 3, 2, "y"), part(3, 7, 1, 0, "z"), part(4, 7, 1, 1, "w")];
        let ready = Parts::of(stored).ready(4);
        assert_eq!(ready.iter().map(|joined| joined.text.as_str()).collect::<Vec<_>>(), ["x", "y", "z", "w"]);
        assert!(ready.iter().all(|joined| joined.missing == 0 && joined.begins && joined.rows.len() == 1));
    }

    #[test]
    fn of_too_many_the_oldest_are_handed_on() {
        let lone = |row: usize| part(i64::try_from(row).unwrap(), u16::try_from(row).unwrap(), 1, 2, "a");
        assert_eq!(texts((0..WAITING_MAX).map(lone).collect(), 600).len(), 0);
        let ready = Parts::of((0..WAITING_MAX + 2).map(lone).collect()).ready(600);
        assert_eq!(ready.iter().map(|joined| joined.at_ms).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn the_longest_message_is_joined() {
        let stored = (1..=255).map(|number| part(i64::from(number), 7, number, 255, "a")).collect();
        assert_eq!(texts(stored, 300), ["a".repeat(255)]);
    }

    fn any_parts() -> impl Strategy<Value = Vec<StoredPart>> {
        let one = (0_u16..3, 0_u8..5, 0_u8..5, "[ab]{0,2}", 0_i64..4);
        prop::collection::vec(one, 0..40).prop_map(|parts| {
            let part = |(row, (reference, number, total, text, day)): (usize, (u16, u8, u8, String, i64))| StoredPart {
                row: i64::try_from(row).unwrap(),
                reference,
                number,
                total,
                text,
                at_ms: day * PARTS_WAIT_MS / 2,
            };
            parts.into_iter().enumerate().map(part).collect()
        })
    }

    proptest! {
        #[test]
        fn in_the_end_every_row_is_handed_on_once(stored in any_parts()) {
            let mut rows: Vec<_> = Parts::of(stored.clone()).ready(i64::MAX).into_iter().flat_map(|m| m.rows).collect();
            rows.sort_unstable();
            prop_assert_eq!(rows, (0..i64::try_from(stored.len()).unwrap()).collect::<Vec<_>>());
        }

        #[test]
        fn the_order_of_rows_does_not_matter(stored in any_parts(), seed in any::<u64>()) {
            let mut shuffled = stored.clone();
            shuffled.sort_by_key(|part| u64::try_from(part.row).unwrap().wrapping_mul(seed | 1).rotate_left(17));
            prop_assert_eq!(Parts::of(stored), Parts::of(shuffled));
        }

        #[test]
        fn no_time_and_no_numbers_are_too_strange(
            strange in prop::collection::vec(any::<(i64, u16, u8, u8, String, i64)>(), 0..20), now_ms in any::<i64>(),
        ) {
            let stored = strange.into_iter().map(|(row, reference, number, total, text, at_ms)| {
                StoredPart { row, reference, number, total, text, at_ms }
            });
            let parts = Parts::of(stored.collect());
            parts.next_due_ms();
            for joined in parts.ready(now_ms) {
                prop_assert!(joined.missing == 0 || joined.text.contains(GAP.trim()));
            }
        }
    }
}
