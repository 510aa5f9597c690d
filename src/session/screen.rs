//! Lays out a screen: error line, prompt, options or rows, navigation; as many rows as fit, counted in septets.

use std::borrow::Cow;

use crate::menu::Labels;
use crate::menu::graph::{Answer, AnswerType, Bundle, EngineText, Slot};
use crate::menu::manifest::{Field, FieldType, Value};
use crate::menu::template::{Piece, Template};
use crate::text::datetime::{self, Day};
use crate::text::{Language, folding, gsm7};

use super::visit::Visit;

/// What texts are filled from.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    /// The menus.
    pub bundle: &'a Bundle,
    /// The host's labels.
    pub labels: &'a dyn Labels,
    /// The language.
    pub language: Language,
}

/// Named values, in the order of their declaration.
#[derive(Clone, Copy, Default)]
pub struct Given<'a> {
    /// Their types.
    pub fields: &'a [Field],
    /// The values.
    pub values: &'a [Value],
}

impl std::fmt::Debug for Words<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Words({:?})", self.language)
    }
}

impl std::fmt::Debug for Given<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Given({} values)", self.values.len())
    }
}

impl Words<'_> {
    /// A word of the engine's.
    pub fn engine(&self, text: EngineText) -> &str {
        self.bundle.engine_text(self.language, text)
    }

    /// Fills a text; the result is in the GSM alphabet.
    pub fn fill(&self, text: &Template<Slot>, visit: Option<&Visit>, shown: Given<'_>, row: Given<'_>) -> String {
        let mut out = String::with_capacity(160);
        self.fill_into(&mut out, text, visit, shown, row);
        match measured(&out) {
            (_, Cow::Borrowed(_)) => out,
            (_, Cow::Owned(folded)) => folded,
        }
    }

    /// Fills a text behind what `out` holds. What comes from outside is not yet folded: [`list`] and [`Words::fill`] do
    /// that for all of a text at once.
    pub(super) fn fill_into(
        &self,
        out: &mut String,
        text: &Template<Slot>,
        visit: Option<&Visit>,
        shown: Given<'_>,
        row: Given<'_>,
    ) {
        for piece in text {
            let (source, width) = match piece {
                Piece::Words(words) => {
                    out.push_str(words);
                    continue;
                }
                Piece::Slot { source, width } => (source, width),
            };
            let value = match source {
                Slot::Answer(answer) => visit.and_then(|visit| {
                    let declared = self.bundle.answers.get(answer.0)?;
                    Some(self.answer(&declared.kind, visit.answers.get(answer)?))
                }),
                Slot::Shown(index) => self.field(shown, *index),
                Slot::Row(index) | Slot::Given(index) => self.field(row, *index),
            };
            let value = value.unwrap_or_default();
            match width {
                Some(width) => out.push_str(&cut(&value, *width)),
                None => out.push_str(&value),
            }
        }
    }

    fn field<'v>(&'v self, given: Given<'v>, index: usize) -> Option<Cow<'v, str>> {
        Some(self.value(&given.fields.get(index)?.kind, given.values.get(index)?))
    }

    /// A value as it is read, never wider than its type declares.
    fn value<'v>(&'v self, kind: &FieldType, value: &'v Value) -> Cow<'v, str> {
        match value {
            Value::Text(text) => match kind {
                FieldType::Text(max) => cut(text, *max),
                _ => Cow::Borrowed(text),
            },
            Value::Number(number) => match kind {
                FieldType::Number(digits) => Cow::Owned(within_digits(*number, *digits).to_string()),
                _ => Cow::Owned(number.to_string()),
            },
            Value::Money(amount) => self.money(*amount, self.labels.money_max()),
            Value::Word(word) => Cow::Borrowed(self.bundle.word(self.language, word)),
            Value::Coded(coded, code) => self.label(coded, *code),
            Value::Day(day) => Cow::Owned(datetime::short(Day(*day), self.language)),
            Value::Clock(minute) => Cow::Owned(datetime::clock(*minute, self.language)),
        }
    }

    fn money(&self, amount: i64, max: i64) -> Cow<'static, str> {
        Cow::Owned(self.labels.money(amount.clamp(0, max.max(0)), self.language))
    }

    fn label(&self, coded: &str, code: i64) -> Cow<'_, str> {
        self.labels.label(coded, code, self.language).unwrap_or_default()
    }

    fn answer<'v>(&'v self, kind: &AnswerType, answer: &'v Answer) -> Cow<'v, str> {
        match (kind, answer) {
            (AnswerType::Name { max } | AnswerType::Text { max }, Answer::Text(text)) => cut(text, *max),
            (AnswerType::Money { max, .. }, Answer::Integer(amount)) => self.money(*amount, *max),
            (AnswerType::Coded(coded), Answer::Integer(code)) => self.label(coded, *code),
            (AnswerType::Day, Answer::Integer(day)) => {
                i32::try_from(*day).map(|day| Cow::Owned(datetime::short(Day(day), self.language))).unwrap_or_default()
            }
            (AnswerType::Time, Answer::Integer(minute)) => u16::try_from(*minute)
                .map(|minute| Cow::Owned(datetime::clock(minute, self.language)))
                .unwrap_or_default(),
            (AnswerType::Number { .. } | AnswerType::Year { .. }, Answer::Integer(number)) => {
                Cow::Owned(number.to_string())
            }
            _ => Cow::Borrowed(""),
        }
    }
}

/// A text in the GSM alphabet, and its septets: one look at each character where nothing is to be folded.
fn measured(text: &str) -> (usize, Cow<'_, str>) {
    if let Some(septets) = gsm7::septets(text) {
        return (septets, Cow::Borrowed(text));
    }
    let folded = folding::fold(text);
    (gsm7::septets(&folded).unwrap_or_default(), folded)
}

/// [`folding::cut`], at the price of a count where nothing is to be cut.
fn cut(text: &str, septets_max: usize) -> Cow<'_, str> {
    match gsm7::septets(text) {
        Some(septets) if septets <= septets_max => Cow::Borrowed(text),
        _ => folding::cut(text, septets_max),
    }
}

/// The number, or the nearest one that `digits` characters can write.
fn within_digits(number: i64, digits: usize) -> i64 {
    // The largest number of that many digits.
    let largest = |digits: usize| {
        u32::try_from(digits).ok().and_then(|digits| 10_i64.checked_pow(digits)).map_or(i64::MAX, |power| power - 1)
    };
    number.clamp(-largest(digits.saturating_sub(1)), largest(digits))
}

/// The parts of a screen before they are put together.
#[derive(Default)]
pub struct Parts {
    /// Why the last answer was not taken, and the prompt.
    pub above: String,
    /// Lines of options, each behind a line break.
    pub options: String,
    /// The line that leads back, behind a line break; or nothing.
    pub back: String,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Parts({} bytes)", self.above.len() + self.options.len() + self.back.len())
    }
}

/// The pages of a list.
#[derive(Clone, Copy, Debug)]
pub struct Pages<'a> {
    /// Rows from the beginning of the page; at least one more than fits if there are more.
    pub rows: usize,
    /// Whether there are rows beyond those.
    pub beyond: bool,
    /// The line to the next page, behind a line break.
    pub more: &'a str,
    /// The line to the page before, behind a line break; or nothing.
    pub previous: &'a str,
}

/// Rows of a page at most: the keys 1 to 9.
pub const ROWS_MAX: usize = 9;
/// The keys of rows.
const ROW_KEYS: [char; ROWS_MAX] = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];
/// Septets of a row's line break, key and space.
const ROW_KEY_SEPTETS: usize = 3;

/// Adds a line with a key in front.
pub fn push_line(out: &mut String, key: &str, label: &str) {
    out.push('\n');
    out.push_str(key);
    out.push(' ');
    out.push_str(label);
}

/// What a screen may take.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Septets.
    pub septets: usize,
    /// Lines, where the channel cuts what is longer.
    pub lines: Option<usize>,
}

/// Whether a screen without its list can take more than its room: then it would be cut.
pub fn is_too_wide(parts: &Parts, room: Room) -> bool {
    let septets = [&parts.above, &parts.options, &parts.back].map(|part| measured(part).0);
    septets.iter().sum::<usize>() > room.septets
}

/// A screen without a list.
pub fn plain(parts: &Parts, room: Room) -> String {
    let (text, _) = list(parts, Pages { rows: 0, beyond: false, more: "", previous: "" }, room, |_, _| ());
    text
}

/// The page as far as its lines go: with more rows than that, the line to the next page takes the place of one.
fn within_lines<'a>(parts: &Parts, pages: Pages<'a>, lines: usize) -> Pages<'a> {
    let breaks = |text: &str| text.matches('\n').count();
    let fixed = 1 + [&*parts.above, &parts.options, pages.previous, &parts.back].map(breaks).iter().sum::<usize>();
    let rows = lines.saturating_sub(fixed);
    if pages.rows < rows || (pages.rows == rows && !pages.beyond) {
        return pages;
    }
    Pages { rows: rows.saturating_sub(1).clamp(1, pages.rows.max(1)), beyond: true, ..pages }
}

/// A screen with a list: the text, and how many rows stand on it. `write` adds the row of a number to a text; it is
/// asked for no more rows than are needed to fill the screen.
pub fn list(
    parts: &Parts,
    mut pages: Pages<'_>,
    room: Room,
    mut write: impl FnMut(usize, &mut String),
) -> (String, usize) {
    let limit = room.septets;
    if let Some(lines) = room.lines.filter(|_| pages.rows > 0) {
        pages = within_lines(parts, pages, lines);
    }
    let (above_septets, above) = measured(&parts.above);
    let (more_septets, more) = measured(pages.more);
    let below = [&parts.options, pages.previous, &parts.back].map(measured);
    let fixed = above_septets + below.iter().map(|(septets, _)| septets).sum::<usize>();
    let mut text = String::with_capacity(2 * limit);
    text.push_str(&above);
    // With the line to the next page below them, this many rows fit; they end here.
    let (mut shown, mut end, mut shown_septets) = (0, text.len(), fixed);
    let (mut written, mut used) = (0, fixed);
    for (row, key) in ROW_KEYS.iter().enumerate().take(pages.rows) {
        let start = text.len();
        text.extend(['\n', *key, ' ']);
        write(row, &mut text);
        let (septets, folded) = measured(text.get(start..).unwrap_or_default());
        if let Cow::Owned(folded) = folded {
            text.truncate(start);
            text.push_str(&folded);
        }
        used += septets;
        if used > limit {
            break;
        }
        written += 1;
        if used + more_septets <= limit && shown + 1 == written {
            (shown, end, shown_septets) = (written, text.len(), used);
        }
    }
    if written == pages.rows && !pages.beyond {
        // All of them fit, and there is no next page.
        (shown, end, shown_septets) = (written, text.len(), used);
    } else if shown == 0 && pages.rows > 0 {
        // A row that is wider than its proof allowed is cut rather than left out: the list must go on.
        let mut row = String::new();
        write(0, &mut row);
        text.truncate(end);
        text.push_str("\n1 ");
        let left = limit.saturating_sub(fixed + more_septets + ROW_KEY_SEPTETS);
        text.push_str(&folding::cut(&row, left));
        (shown, end, shown_septets) = (1, text.len(), limit.max(fixed + more_septets + ROW_KEY_SEPTETS) - more_septets);
    }
    text.truncate(end);
    if shown < pages.rows || pages.beyond {
        text.push_str(&more);
        shown_septets += more_septets;
    }
    for (_, part) in &below {
        text.push_str(part);
    }
    // Only a host that breaks its manifest comes here: the rest is proven.
    if shown_septets > limit { (folding::cut(&text, limit).into_owned(), shown) } else { (text, shown) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts() -> Parts {
        Parts { above: "Jobs for you".into(), back: "\n0 Back".into(), ..Parts::default() }
    }

    /// A list of rows that are there already.
    fn listed(parts: &Parts, rows: &[String], previous: &str, beyond: bool, limit: usize) -> (String, usize) {
        let pages = Pages { rows: rows.len(), beyond, more: "\n98 More", previous };
        list(parts, pages, Room { septets: limit, lines: None }, |row, out| out.push_str(&rows[row]))
    }

    #[test]
    fn as_many_rows_as_fit_and_no_more() {
        let rows: Vec<String> = (0..12).map(|i| format!("Row number {i:02} abcdef")).collect();
        for limit in 60..=182 {
            let (text, shown) = listed(&parts(), &rows, "\n97 Previous", true, limit);
            let used = gsm7::septets(&text).unwrap();
            assert!(used <= limit, "{limit}: {text}");
            assert!(shown == ROWS_MAX || used + "\n1 Row number 00 abcdef".len() > limit, "{limit}: {text}");
            assert!(shown >= 1 && text.contains("98 More") && text.ends_with("\n97 Previous\n0 Back"), "{text}");
        }
    }

    #[test]
    fn the_last_page_has_no_more() {
        let rows = vec!["a".to_owned(), "b".to_owned()];
        let (text, shown) = listed(&Parts { above: "P".into(), ..Parts::default() }, &rows, "", false, 160);
        assert_eq!((text.as_str(), shown), ("P\n1 a\n2 b", 2));
    }

    #[test]
    fn rows_that_fit_without_more_are_not_torn_apart_by_it() {
        let rows = vec!["a".to_owned(), "b".to_owned()];
        let (text, shown) = listed(&Parts { above: "P".into(), ..Parts::default() }, &rows, "", false, 9);
        assert_eq!((text.as_str(), shown), ("P\n1 a\n2 b", 2));
    }

    #[test]
    fn a_row_that_is_too_wide_is_cut_and_the_list_goes_on() {
        let rows = vec!["a".repeat(200), "b".to_owned()];
        let (text, shown) = listed(&parts(), &rows, "", false, 60);
        assert_eq!((gsm7::septets(&text), shown), (Some(60), 1));
        assert!(text.contains("aa.\n98 More\n0 Back"), "{text}");
    }

    #[test]
    fn lines_end_a_page_as_septets_do() {
        let rows: Vec<String> = (0..12).map(|row| row.to_string()).collect();
        for (lines, beyond, shown) in [(5, false, 2), (8, true, 5), (14, false, 9), (14, true, 9)] {
            let pages = Pages { rows: rows.len(), beyond, more: "\n98 More", previous: "" };
            let room = Room { septets: 160, lines: Some(lines) };
            let (text, found) = list(&parts(), pages, room, |row, out| out.push_str(&rows[row]));
            assert_eq!(found, shown, "{lines}: {text}");
            assert!(text.lines().count() <= lines && text.contains("98 More"), "{text}");
        }
        let pages = Pages { rows: 3, beyond: false, more: "\n98 More", previous: "" };
        let (text, found) =
            list(&parts(), pages, Room { septets: 160, lines: Some(5) }, |row, out| out.push_str(&rows[row]));
        assert_eq!((found, text.lines().count(), text.contains("More")), (3, 5, false), "{text}");
    }

    #[test]
    fn numbers_keep_to_their_digits() {
        let known = [(7, 1, 7), (12, 1, 9), (-5, 1, 0), (-5, 2, -5), (-123, 3, -99), (i64::MAX, 30, i64::MAX)];
        for (number, digits, shown) in known.into_iter().chain([(i64::MIN, 2, -9), (5, 0, 0)]) {
            assert_eq!(within_digits(number, digits), shown, "{number} in {digits}");
        }
    }

    proptest! {
        #[test]
        fn a_list_never_passes_its_limit_and_shows_its_first_rows(
            above in ".{0,80}", options in "(\n[a-z€]{0,20}){0,3}", rows in prop::collection::vec(".{0,60}", 0..14),
            turned: bool, beyond: bool, limit in 20_usize..=182,
        ) {
            let parts = Parts { above, options, back: "\n0 Back".into() };
            let previous = if turned { "\n97 Previous" } else { "" };
            let (text, shown) = listed(&parts, &rows, previous, beyond, limit);
            prop_assert!(gsm7::septets(&text).is_some_and(|septets| septets <= limit), "{}", text);
            prop_assert!(shown <= rows.len().min(ROWS_MAX));
            prop_assert!(rows.is_empty() || shown >= 1);
        }

        #[test]
        fn the_rows_on_a_page_are_the_first_ones(
            rows in prop::collection::vec("[a-z]{1,30}", 1..14), beyond: bool, limit in 80_usize..=182,
        ) {
            let (text, shown) = listed(&parts(), &rows, "", beyond, limit);
            let mut wanted = "Jobs for you".to_owned();
            for (index, row) in rows.iter().take(shown).enumerate() {
                push_line(&mut wanted, &(index + 1).to_string(), row);
            }
            let more = shown < rows.len() || beyond;
            prop_assert_eq!(text, wanted + if more { "\n98 More" } else { "" } + "\n0 Back");
        }
    }
}
