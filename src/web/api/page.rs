//! Pages of a list: a cursor says where the next one begins. It names the last row that was seen, so that rows which come
//! meanwhile neither push one out nor show one twice.

use std::fmt::Write as _;

use serde::Serialize;
use utoipa::ToSchema;

/// Bytes of a cursor: a list, and two numbers.
const CURSOR_BYTES_MAX: usize = 160;

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// What the list is ordered by, where that is not the row's number; else 0.
    pub(super) rank: i64,
    /// The last row that was seen.
    pub(super) row: i64,
}

impl Cursor {
    /// The cursor as a text, for the list of this name. Opaque: what is in it may change.
    pub(super) fn text(self, list: &str) -> String {
        let plain = format!("{list}\n{}\n{}", self.rank, self.row);
        plain.bytes().fold(String::new(), |mut text, byte| {
            // Writing into a text does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// The cursor that a text is, if it is one of this list.
    pub(super) fn read(text: &str, list: &str) -> Option<Cursor> {
        if text.len() > CURSOR_BYTES_MAX || !text.len().is_multiple_of(2) || !text.is_ascii() {
            return None;
        }
        let bytes = text.as_bytes().chunks(2).map(|pair| {
            let digit = |at: usize| pair.get(at).and_then(|byte| char::from(*byte).to_digit(16));
            u8::try_from(digit(0)? * 16 + digit(1)?).ok()
        });
        let plain = String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()?;
        let mut parts = plain.strip_prefix(list)?.strip_prefix('\n')?.split('\n');
        let (rank, row) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        parts.next().is_none().then_some(Cursor { rank, row })
    }
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// The rows.
    pub(super) items: Vec<T>,
    /// Where the next page begins (`?cursor=`); null: this is the last one.
    pub(super) next: Option<String>,
}

impl<T> Page<T> {
    /// A page of rows of which one more than `limit` was read, to know whether there is a next one.
    pub(super) fn of<R>(
        mut rows: Vec<R>,
        limit: i64,
        list: &str,
        cursor: impl Fn(&R) -> Cursor,
        item: impl Fn(&R) -> T,
    ) -> Page<T> {
        let limit = usize::try_from(limit).unwrap_or_default();
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| has_more).map(|last| cursor(last).text(list));
        Page { items: rows.iter().map(item).collect(), next }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_reads_back_in_its_own_list_alone(rank: i64, row: i64) {
            let cursor = Cursor { rank, row };
            let text = cursor.text("a/b");
            prop_assert_eq!(Cursor::read(&text, "a/b"), Some(cursor));
            prop_assert_eq!(Cursor::read(&text, "a"), None);
            prop_assert_eq!(Cursor::read(&text, "a/bc"), None);
        }

        #[test]
        fn any_text_is_read_without_fault(text: String) {
            prop_assert_eq!(Cursor::read(&text, "vacancies"), None);
        }
    }
}
