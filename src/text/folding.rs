//! Brings any text into the GSM alphabet, cleans what people type, and cuts it to a width.
//!
//! One curly apostrophe pasted from a word processor halves a screen, so punctuation and accents that the alphabet lacks
//! are folded to what it has. The accents that it has (é è à ù) stay.

use std::borrow::Cow;

use super::gsm7;

/// What stands for a character that nothing else fits.
const UNKNOWN: char = '?';

/// The mark of a cut.
const CUT_MARK: char = '.';

/// Groups of characters and what each of them folds to. Only characters outside the GSM alphabet stand here.
const FOLDS: [(&str, &str); 48] = [
    ("\u{2018}\u{2019}\u{201A}\u{201B}\u{2032}\u{02B9}\u{02BB}\u{02BC}\u{02BD}\u{02C8}`´", "'"),
    ("\u{201C}\u{201D}\u{201E}\u{201F}\u{2033}«»", "\""),
    ("‹", "<"),
    ("›", ">"),
    ("\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}\u{2022}·", "-"),
    ("…", "..."),
    ("\t\u{A0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}", " "),
    ("\u{200A}\u{202F}\u{205F}\u{3000}\u{2028}\u{2029}", " "),
    ("áâãāăąǎª", "a"),
    ("ÀÁÂÃĀĂĄǍ", "A"),
    ("çćĉċč¢", "c"),
    ("ĆĈĊČ", "C"),
    ("ďđð", "d"),
    ("ĎĐÐ", "D"),
    ("êëēĕėęěɛẽ", "e"),
    ("ÈÊËĒĔĖĘĚƐẼ", "E"),
    ("ĝğġģǧ", "g"),
    ("ĜĞĠĢǦ", "G"),
    ("ĥħ", "h"),
    ("ĤĦ", "H"),
    ("íîïĩīĭįıǐ", "i"),
    ("ÌÍÎÏĨĪĬĮİǏ", "I"),
    ("ĵ", "j"),
    ("Ĵ", "J"),
    ("ķ", "k"),
    ("Ķ", "K"),
    ("ĺļľŀł", "l"),
    ("ĹĻĽĿŁ", "L"),
    ("ńņňŉ", "n"),
    ("ŃŅŇ", "N"),
    ("óôõōŏőǒɔº°", "o"),
    ("ÒÓÔÕŌŎŐǑƆ", "O"),
    ("ŕŗř", "r"),
    ("ŔŖŘ", "R"),
    ("śŝşšș", "s"),
    ("ŚŜŞŠȘ", "S"),
    ("ţťŧț", "t"),
    ("ŢŤŦȚ", "T"),
    ("úûũūŭůűųǔ", "u"),
    ("ÙÚÛŨŪŬŮŰŲǓ", "U"),
    ("ŵ", "w"),
    ("Ŵ", "W"),
    ("ýÿŷ", "y"),
    ("ÝŸŶ", "Y"),
    ("źżž", "z"),
    ("ŹŻŽ", "Z"),
    ("×", "x"),
    ("÷", ":"),
];

/// Characters that become several.
const LONG_FOLDS: [(char, &str); 10] = [
    ('œ', "oe"),
    ('Œ', "OE"),
    ('ŋ', "ng'"),
    ('Ŋ', "Ng'"),
    ('þ', "th"),
    ('Þ', "Th"),
    ('№', "No"),
    ('½', "1/2"),
    ('¼', "1/4"),
    ('¾', "3/4"),
];

/// Base letter and combining mark that the alphabet has as one letter; other marks are dropped.
const COMPOSED: [(char, char, char); 15] = [
    ('e', '\u{301}', 'é'),
    ('E', '\u{301}', 'É'),
    ('e', '\u{300}', 'è'),
    ('a', '\u{300}', 'à'),
    ('u', '\u{300}', 'ù'),
    ('i', '\u{300}', 'ì'),
    ('o', '\u{300}', 'ò'),
    ('a', '\u{308}', 'ä'),
    ('o', '\u{308}', 'ö'),
    ('u', '\u{308}', 'ü'),
    ('A', '\u{308}', 'Ä'),
    ('O', '\u{308}', 'Ö'),
    ('U', '\u{308}', 'Ü'),
    ('n', '\u{303}', 'ñ'),
    ('N', '\u{303}', 'Ñ'),
];

/// Takes no room and means nothing on a phone: zero-width characters, joiners, direction marks, variation selectors.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E0FFF}')
}

/// A mark that modifies the character before it.
fn is_combining(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}')
}

/// Emoji and other pictures, private-use characters, and the mark of a broken decoding.
fn is_picture(character: char) -> bool {
    matches!(character,
        '©' | '®' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{21FF}' | '\u{2300}'..='\u{2BFF}'
        | '\u{3030}' | '\u{303D}' | '\u{3297}' | '\u{3299}'
        | '\u{E000}'..='\u{F8FF}' | '\u{FFFC}'..='\u{FFFF}' | '\u{1F000}'..='\u{1FBFF}' | '\u{F0000}'..='\u{10FFFF}')
}

/// What cleaning takes out without a trace.
fn is_dropped(character: char) -> bool {
    is_invisible(character) || is_picture(character)
}

/// Appends what one character folds to.
fn push_folded(out: &mut String, character: char) {
    if gsm7::septets_of(character).is_some() {
        out.push(character);
    } else if is_combining(character) {
        if let Some(last) = out.chars().next_back()
            && let Some(&(.., composed)) = COMPOSED.iter().find(|(base, mark, _)| *base == last && *mark == character)
        {
            out.pop();
            out.push(composed);
        }
    } else if is_invisible(character) {
        // Dropped.
    } else if character.is_control() {
        out.push(' ');
    } else if let Some((_, to)) = FOLDS.iter().find(|(from, _)| from.contains(character)) {
        out.push_str(to);
    } else if let Some((_, to)) = LONG_FOLDS.iter().find(|(from, _)| *from == character) {
        out.push_str(to);
    } else {
        out.push(UNKNOWN);
    }
}

/// The text in the GSM alphabet: always measurable by [`gsm7::septets`]. What it has stays, unknown characters become `?`.
pub fn fold(text: &str) -> Cow<'_, str> {
    if gsm7::septets(text).is_some() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        push_folded(&mut out, character);
    }
    Cow::Owned(out)
}

/// What a person typed, ready to keep and to print: no control or invisible characters, no emoji, spaces squeezed and
/// trimmed. Letters of any script stay as typed; [`fold`] brings them to a phone.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for character in text.chars() {
        if character.is_whitespace() || character.is_control() {
            gap = true;
        } else if !is_dropped(character) && (!is_combining(character) || !out.is_empty()) {
            if gap && !out.is_empty() {
                out.push(' ');
            }
            gap = false;
            out.push(character);
        }
    }
    out
}

/// The text folded and cut to at most `septets_max`; a cut ends in `.` and never inside a character.
pub fn cut(text: &str, septets_max: usize) -> Cow<'_, str> {
    let folded = fold(text);
    let mut used = 0;
    // Where the text may end so that the mark still fits behind it.
    let mut end = 0;
    for (at, character) in folded.char_indices() {
        if used < septets_max {
            end = at;
        }
        used += gsm7::septets_of(character).unwrap_or(1);
        if used > septets_max {
            if septets_max == 0 {
                return Cow::Borrowed("");
            }
            let (kept, _) = folded.split_at(end);
            let mut out = kept.trim_end_matches([' ', CUT_MARK]).to_owned();
            out.push(CUT_MARK);
            return Cow::Owned(out);
        }
    }
    folded
}

/// The key that carries a letter, typed once: `b` is on 2. Digits stand for themselves; other characters have no key.
pub fn keypad_digit(character: char) -> Option<char> {
    match character.to_ascii_lowercase() {
        'a'..='c' => Some('2'),
        'd'..='f' => Some('3'),
        'g'..='i' => Some('4'),
        'j'..='l' => Some('5'),
        'm'..='o' => Some('6'),
        'p'..='s' => Some('7'),
        't'..='v' => Some('8'),
        'w'..='z' => Some('9'),
        digit @ '0'..='9' => Some(digit),
        _ => None,
    }
}

/// A name as the keys that spell it, one press a letter: `Kimironko` is `546476656`. Spaces and apostrophes are skipped.
pub fn keypad_digits(text: &str) -> String {
    search_key(text).chars().filter_map(keypad_digit).collect()
}

/// A name as it is compared in searches: folded, accents dropped, lower case, letters and digits only.
pub fn search_key(text: &str) -> String {
    fold(text).chars().map(plain_letter).filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The letter without the accent that the GSM alphabet keeps.
fn plain_letter(character: char) -> char {
    match character {
        'à' | 'ä' | 'å' => 'a',
        'Ä' | 'Å' => 'A',
        'è' | 'é' => 'e',
        'É' => 'E',
        'ì' => 'i',
        'ò' | 'ö' | 'ø' => 'o',
        'Ö' | 'Ø' => 'O',
        'ù' | 'ü' => 'u',
        'Ü' => 'U',
        'ñ' => 'n',
        'Ñ' => 'N',
        'Ç' => 'C',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn french_and_typographic_text_comes_into_the_alphabet() {
        assert_eq!(fold("Maçon à l’hôtel…"), "Macon à l'hotel...");
        assert_eq!(fold("« Prêt ? » – oui\u{202F}!"), "\" Pret ? \" - oui !");
        assert_eq!(fold("cœur, Œuvre, Noël, île, sûr"), "coeur, OEuvre, Noel, ile, sur");
        assert_eq!(fold("z\u{2019}igitondo"), "z'igitondo");
        assert_eq!(fold("ŋŋanda, ɛ, ɔ"), "ng'ng'anda, e, o");
    }

    #[test]
    fn what_the_alphabet_has_stays_and_borrows() {
        assert!(matches!(fold("é è à ù É Ç ñ ü €{}"), Cow::Borrowed(_)));
    }

    #[test]
    fn decomposed_letters_are_composed_or_lose_their_mark() {
        assert_eq!(fold("e\u{301}te\u{300} c\u{327}a o\u{302}"), "étè ca o");
    }

    #[test]
    fn every_fold_is_outside_the_alphabet_and_lands_inside() {
        let single = FOLDS.iter().flat_map(|(from, to)| from.chars().map(move |c| (c, *to)));
        for (from, to) in single.chain(LONG_FOLDS) {
            assert_eq!(gsm7::septets_of(from), None, "{from} needs no fold");
            assert!(gsm7::septets(to).is_some(), "{from} folds to {to}");
            assert!(!is_picture(from) || from == '№', "{from}");
        }
    }

    #[test]
    fn cleaning_leaves_a_printable_name() {
        assert_eq!(clean("  Uwase\r\n\tMarie \u{200B}Claire 👩🏾\u{200D}🌾 "), "Uwase Marie Claire");
        assert_eq!(clean("👍😀"), "");
        assert_eq!(clean("\u{0}\u{1B}[31mEmma\u{7F}"), "[31mEmma");
        assert_eq!(clean("Jean❤️Paul"), "JeanPaul");
        assert_eq!(clean("😀 Emma"), "Emma");
        assert_eq!(clean("\u{301}"), "");
    }

    #[test]
    fn a_cut_is_marked_and_fits() {
        assert_eq!(cut("Nyarugenge", 10), "Nyarugenge");
        assert_eq!(cut("Nyarugenge", 9), "Nyarugen.");
        assert_eq!(cut("Uwase Marie", 7), "Uwase.");
        assert_eq!(cut("€€€", 4), "€.");
        assert_eq!(cut("€€€", 5), "€€.");
        assert_eq!(cut("abc", 1), ".");
        assert_eq!(cut("abc", 0), "");
        assert_eq!(cut("Ltd. Kigali", 5), "Ltd.");
    }

    #[test]
    fn keys_spell_names() {
        assert_eq!(keypad_digits("Kimironko"), "546476656");
        assert_eq!(keypad_digits("Nyamata y' Umujyi"), "69262829868594");
        assert_eq!(search_key("Réceptionniste d'hôtel"), "receptionnistedhotel");
    }

    proptest! {
        #[test]
        fn folding_always_lands_in_the_alphabet(text in any::<String>()) {
            prop_assert!(gsm7::septets(&fold(&text)).is_some());
        }

        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            let once = fold(&text).into_owned();
            prop_assert_eq!(fold(&once).into_owned(), once.clone());
        }

        #[test]
        fn cleaning_twice_changes_nothing(text in any::<String>()) {
            let once = clean(&text);
            prop_assert!(!once.chars().any(char::is_control));
            prop_assert!(!once.contains("  ") && once.trim() == once);
            prop_assert_eq!(clean(&once), once.clone());
        }

        #[test]
        fn a_cut_never_exceeds_its_width(text in "[a-z€{ \u{2019}😀ê.]{0,40}", max in 0_usize..30) {
            let short = cut(&text, max);
            prop_assert!(gsm7::septets(&short).unwrap() <= max);
            if gsm7::septets(&fold(&text)).unwrap() <= max {
                prop_assert_eq!(short, fold(&text));
            }
        }
    }
}
