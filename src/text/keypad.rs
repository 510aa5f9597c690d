//! What typing costs on a phone with keys: letters share a key and are pressed several times (ITU-T E.161, multi-tap).

/// The letters and signs of each key, in the order in which presses reach them; the digit itself comes last.
const KEYS: [&str; 10] = [" 0", ".,?!'-1", "abc2", "def3", "ghi4", "jkl5", "mno6", "pqrs7", "tuv8", "wxyz9"];
/// Presses for a sign that stands in the table of signs: opening it, and finding the sign.
const SIGN_PRESSES: usize = 4;

/// What has to be done with the thumb.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Typing {
    /// Presses of keys.
    pub presses: usize,
    /// Waits between two letters on the same key.
    pub waits: usize,
}

/// What `text` costs. Digits alone are typed as digits: one press each.
pub fn typing(text: &str) -> Typing {
    if text.chars().all(|character| matches!(character, '0'..='9' | '*' | '#')) {
        return Typing { presses: text.chars().count(), waits: 0 };
    }
    let mut typing = Typing::default();
    let mut before = None;
    for character in text.chars().flat_map(char::to_lowercase) {
        let found = KEYS.iter().enumerate().find_map(|(key, letters)| Some((key, letters.find(character)? + 1)));
        let (key, presses) = found.map_or((None, SIGN_PRESSES), |(key, presses)| (Some(key), presses));
        typing.presses += presses;
        typing.waits += usize::from(key.is_some() && key == before);
        before = key;
    }
    typing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_cost_by_their_place_on_the_key_and_digits_one_press() {
        let cost = |text: &str| (typing(text).presses, typing(text).waits);
        assert_eq!(cost("1990"), (4, 0));
        assert_eq!(cost("*567#"), (5, 0));
        assert_eq!(cost("abc"), (6, 2));
        assert_eq!(cost("Aline"), (1 + 3 + 3 + 2 + 2, 0));
        assert_eq!(cost("no 1"), (2 + 3 + 1 + 7, 1));
        assert_eq!(cost(""), (0, 0));
    }
}
