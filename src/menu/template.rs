//! Texts with placeholders: `{name}`, or `{name:12}` for at most twelve septets.

use super::fault::{At, Fault, Located};

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<S> {
    /// Words.
    Words(String),
    /// A value, cut to `width` septets if one is written.
    Slot {
        /// What fills it.
        source: S,
        /// Septets at most.
        width: Option<usize>,
    },
}

/// A text cut into words and placeholders.
pub type Template<S> = Vec<Piece<S>>;

/// Cuts a text; placeholders keep their names. A brace that is no placeholder is a fault.
pub fn parse(text: &Located<String>, faults: &mut Vec<Fault>) -> Template<String> {
    let mut pieces = Vec::new();
    let mut rest = text.value.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        words(before, text.at, &mut pieces, faults);
        let Some((inside, behind)) = after.split_once('}') else {
            faults.push(bad_brace(text.at, "`{` without `}`"));
            return pieces;
        };
        let (name, width) = match inside.split_once(':') {
            None => (inside, Some(None)),
            Some((name, width)) => (name, width.parse().ok().filter(|width| *width > 0).map(Some)),
        };
        let named = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        match width {
            Some(width) if named => pieces.push(Piece::Slot { source: name.to_owned(), width }),
            _ => faults.push(bad_brace(text.at, &format!("`{{{inside}}}` is no placeholder"))),
        }
        rest = behind;
    }
    words(rest, text.at, &mut pieces, faults);
    pieces
}

fn words(words: &str, at: At, pieces: &mut Template<String>, faults: &mut Vec<Fault>) {
    if words.contains('}') {
        faults.push(bad_brace(at, "`}` without `{`"));
    }
    if !words.is_empty() {
        pieces.push(Piece::Words(words.to_owned()));
    }
}

fn bad_brace(at: At, what: &str) -> Fault {
    Fault::new("E08", at, what).fix("write {name} or {name:12}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> (Template<String>, usize) {
        let mut faults = Vec::new();
        let pieces = parse(&Located { value: text.to_owned(), at: At::default() }, &mut faults);
        (pieces, faults.len())
    }

    #[test]
    fn words_and_placeholders_are_told_apart() {
        let (pieces, faults) = parsed("Job {job}, {name:12}.");
        let slot = |name: &str, width| Piece::Slot { source: name.to_owned(), width };
        let words = |words: &str| Piece::Words(words.to_owned());
        let wanted = vec![words("Job "), slot("job", None), words(", "), slot("name", Some(12)), words(".")];
        assert_eq!((pieces, faults), (wanted, 0));
    }

    #[test]
    fn stray_braces_are_faults() {
        for text in ["{", "}", "{a", "a}", "{}", "{A}", "{a:}", "{a:0}", "{a b}", "a} {b}", "{a{b}", "{a:-1}"] {
            assert!(parsed(text).1 > 0, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_of_a_text_without_faults_is_lost(text in "([a-zé\\n {}:]|\\{[a-z]{1,3}(:[0-9]{1,2})?\\}){0,12}") {
            let (pieces, faults) = parsed(&text);
            let back: String = pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Words(words) => words.clone(),
                    Piece::Slot { source, width: None } => format!("{{{source}}}"),
                    Piece::Slot { source, width: Some(width) } => format!("{{{source}:{width}}}"),
                })
                .collect();
            prop_assert!(faults > 0 || back == text || text.contains(":0"), "{} became {}", text, back);
        }

        #[test]
        fn any_text_is_read_without_panic(text: String) {
            parsed(&text);
        }
    }
}
