//! Texts that are shown to others: what would name somebody is exchanged for something of the same shape.

/// Digits from which a number is somebody's: the shortest subscriber number of the countries is longer.
const PHONE_DIGITS_MIN: usize = 8;
/// Of a phone number, the digits that are kept: country and network.
const KEPT_DIGITS: usize = 5;

/// Nines in place of the digits of every phone number, behind its first ones; spaces and signs inside it stay.
pub fn numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|character: char| character.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| !(c.is_ascii_digit() || matches!(c, ' ' | '-' | '.'))).unwrap_or(from.len());
        let (run, behind) = from.split_at(end);
        let digits = run.chars().filter(char::is_ascii_digit).count();
        // A long run with spaces may as well be several numbers: two amounts do not make a phone number.
        let is_number = digits >= PHONE_DIGITS_MIN;
        out.push_str(before);
        let mut seen = 0;
        out.extend(run.chars().map(|character| {
            seen += usize::from(character.is_ascii_digit());
            if is_number && character.is_ascii_digit() && seen > KEPT_DIGITS { '9' } else { character }
        }));
        rest = behind;
    }
    out + rest
}

/// `Aaaaa` in place of every word.
pub fn letters(text: &str) -> String {
    let mut inside = false;
    let mask = |character: char| {
        let (is_letter, first) = (character.is_alphabetic(), !inside);
        inside = is_letter;
        match (is_letter, first) {
            (true, true) => 'A',
            (true, false) => 'a',
            _ => character,
        }
    };
    text.chars().map(mask).collect()
}

/// Every occurrence of `word`, in small or large letters, exchanged.
pub fn exchange(text: &str, word: &str, mask: &str) -> String {
    let (haystack, needle) = (text.to_lowercase(), word.to_lowercase());
    // A letter whose small form has another length would move the places: then only the word as typed is exchanged.
    if haystack.len() != text.len() || needle.is_empty() {
        return text.replace(word, mask);
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, found) in haystack.match_indices(&needle) {
        out.push_str(text.get(from..at).unwrap_or_default());
        out.push_str(mask);
        from = at + found.len();
    }
    out + text.get(from..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_names_and_their_capitals_are_exchanged() {
        assert_eq!(numbers("Call 0788 999 111, pay 7,000 on 24/11"), "Call 0788 999 999, pay 7,000 on 24/11");
        assert_eq!(numbers("0788.123.456, 7.000"), "0788.199.999, 7.000");
        assert_eq!(letters("Uwase Aline-M."), "Aaaaa Aaaaa-A.");
        assert_eq!(exchange("UWASE, uwase, Uwaseli", "Uwase", "A."), "A., A., A.li");
    }

    proptest! {
        #[test]
        fn no_digit_of_a_long_number_stays_behind_the_first(text in "[a-z0-9 +-]{0,40}") {
            let masked = numbers(&text);
            prop_assert_eq!(masked.len(), text.len());
            let long = |run: &str| run.len() >= PHONE_DIGITS_MIN;
            let kept = |run: &str| run.bytes().skip(KEPT_DIGITS).any(|digit| digit != b'9');
            prop_assert!(!masked.split(|c: char| !c.is_ascii_digit()).any(|run| long(run) && kept(run)));
        }

        #[test]
        fn any_text_is_masked_without_panic(text: String, word: String) {
            exchange(&numbers(&letters(&text)), &word, "A");
        }
    }
}
