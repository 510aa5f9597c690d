//! Answers from phones: understood in four languages, and never as something else.

use std::collections::HashSet;

use proptest::prelude::*;

use super::super::keywords::{self, Asked};
use super::*;

fn every_word() -> Vec<(Meaning, &'static str)> {
    MEANINGS
        .iter()
        .flat_map(|(meaning, lists)| lists.iter().flat_map(|words| words.split(' ')).map(|w| (*meaning, w)))
        .collect()
}

/// `texts` stand between bars.
fn all_say(word: Option<Word>, numbers: &[i64], texts: &str) {
    for text in texts.split('|') {
        let said = read(text);
        assert_eq!((said.word, said.numbers.as_slice(), said.is_clear), (word, numbers, true), "{text:?}");
    }
}

fn none_is_clear(texts: &str) {
    for text in texts.split('|') {
        assert!(!read(text).is_clear, "{text:?}: {:?}", read(text));
    }
}

#[test]
fn a_job_number_is_found_however_it_is_written() {
    all_say(None, &[48213], "48213|JOB 48 213|akazi 48213|Job48213|48-213.|48.213|job no 48213|Job n° 48213|n°48213");
    all_say(None, &[48213], "*567*48213#|#48213|ndashaka akazi 48213|Naomba kazi namba 48213|offre numéro 48213");
    all_say(
        None,
        &[48213],
        "Je veux l'offre 48213 svp|I want to apply for job 48213 please|kazi 48213 tafadhali|(48213)",
    );
    all_say(None, &[48210], "4821O|4821o|48 210");
    all_say(None, &[681_630], "681630|68-16-30");
}

#[test]
fn yes_and_no_are_heard_in_four_languages_with_or_without_a_number() {
    all_say(
        Some(Word::Yes),
        &[],
        "YES|yes!|Yesss|Yes please|yego|YEGO rwose|Oui merci|ouiii|d'accord, oui|Ndiyo|ndio|ndemeye",
    );
    all_say(
        Some(Word::Yes),
        &[48213],
        "YES 48213|48213 yes|yego akazi 48213|Oui pour l'offre 48213|NDIYO, kazi 48213|yes48213",
    );
    all_say(Some(Word::No), &[], "NO|no thanks|Non merci|OYA|oyaaa|hapana asante|Nooo");
    all_say(Some(Word::No), &[48213], "NO 48213|oya 48 213|hapana kazi 48213|no, 48213");
    all_say(Some(Word::Yes), &[], "accpet|ndemye|nakubli");
    all_say(Some(Word::No), &[], "hapna|declne");
}

#[test]
fn jobs_and_status_are_heard_in_four_languages() {
    all_say(
        Some(Word::Jobs),
        &[],
        "JOBS|job|Jobs?|akazi|ndashaka akazi|KAZI|natafuta kazi|Emploi|OFFRES svp|je cherche un emploi|vacncies",
    );
    all_say(Some(Word::Status), &[], "STATUS|statut|Status?|hali|statsu|my status please|akazi kageze");
}

#[test]
fn what_is_not_wholly_understood_does_nothing() {
    none_is_clear(
        "No money was paid to me|yes and no|YES NO|no work today|yes but not on Monday|oya sinzi|I paid 25000 for it",
    );
    none_is_clear(
        "48213 68163|48213 2|7000 48213|25000 frw|Aline 48213|is 48213 still open?|cancel 48213|do not want 48213",
    );
    none_is_clear("1|2 3|call me|umukoresha ntiyanyishyuye|nilifanya kazi wiki mbili bila malipo");
    // A number of a phone is none of a job, whatever its parts are.
    for text in ["0788123456", "+250 788 123 456", "0788 123 456", "call 0788-123-456"] {
        assert_eq!(read(text).numbers, [0_i64; 0], "{text}");
    }
    assert_eq!(read("JOB 48 213 9").numbers, [482_139]);
    assert!(!read(&format!("48213 {}", "yes ".repeat(60))).is_clear);
}

#[test]
fn the_lists_are_in_the_form_that_is_compared_and_say_each_word_once() {
    let mut seen = HashSet::new();
    for (_, word) in every_word() {
        assert!(!word.is_empty() && folding::search_key(word) == word, "{word:?}");
        assert!(seen.insert(word), "{word} stands twice");
        assert!(unheld(word).is_none_or(|bare| !every_word().iter().any(|(_, other)| *other == bare)), "{word}");
    }
}

#[test]
fn no_word_of_an_answer_is_a_keyword() {
    for (_, word) in every_word() {
        assert_eq!(keywords::read(word), Asked::Other, "{word}");
        assert_eq!(keywords::read(&format!("{word} 48213")), Asked::Other, "{word}");
    }
}

/// A phone that sends our own words back must not answer anything with them.
#[test]
fn nothing_that_we_write_answers_anything() {
    for texts in
        ["rw", "en", "fr", "sw"].map(|language| format!("{}/menus/text/{language}.toml", env!("CARGO_MANIFEST_DIR")))
    {
        let texts: toml::Table = std::fs::read_to_string(texts).unwrap().parse().unwrap();
        for (name, message) in texts["sms"].as_table().unwrap() {
            let said = read(message["text"].as_str().unwrap());
            assert!(!said.is_clear || (said.word.is_none() && said.numbers.is_empty()), "{name}: {said:?}");
        }
    }
}

/// Who is asked for a place or a trade answers with its name.
#[test]
fn no_place_and_no_trade_says_yes_or_no() {
    let lists = [
        include_str!("../../../countries/rw/districts.csv"),
        include_str!("../../../countries/rw/sectors.csv"),
        include_str!("../../../countries/rw/cells.csv"),
        include_str!("../../../countries/trades.csv"),
    ];
    for cell in lists.into_iter().flat_map(str::lines).flat_map(|line| line.split(',')) {
        // A column of trades.csv says whether.
        if ["yes", "no"].contains(&cell) {
            continue;
        }
        let said = read(cell);
        assert!(!matches!((said.word, said.is_clear), (Some(Word::Yes | Word::No), true)), "{cell}: {said:?}");
    }
}

fn any_word() -> impl Strategy<Value = (Meaning, &'static str)> {
    prop::sample::select(every_word())
}

proptest! {
    #[test]
    fn any_text_is_read(text in any::<String>(), (_, word) in any_word()) {
        for text in [text.clone(), format!("{word}{text}"), format!("{text} {word} 48213")] {
            let said = read(&text);
            prop_assert!(said.numbers.len() <= NUMBERS_MAX);
            prop_assert!(said.numbers.iter().all(|number| (10_000..=99_999_999).contains(number)), "{said:?}");
        }
    }

    #[test]
    fn a_number_between_any_marks_is_that_number(
        number in 10_000_i64..=99_999_999,
        before in "[ #(\"'.,!\u{A0}\r\n-]{0,4}",
        after in "[ #)\"'.,!?\u{A0}\r\n]{0,4}",
    ) {
        let said = read(&format!("{before}{number}{after}"));
        prop_assert_eq!(said, Reply { word: None, numbers: vec![number], is_clear: true });
    }

    /// A slip is forgiven or not understood; it never means something else.
    #[test]
    fn a_slip_never_reads_as_another_answer(
        (meant, word) in any_word(), at in 0_usize..16, letter in prop::char::range('a', 'z'), kind in 0..3,
    ) {
        let mut typed: Vec<char> = word.chars().collect();
        let at = at % typed.len();
        match kind {
            0 => typed[at] = letter,
            1 => drop(typed.remove(at)),
            _ => typed.insert(at, letter),
        }
        let typed: String = typed.into_iter().collect();
        // What is typed is what is read: `oui` less a letter may be a word of its own.
        let all = every_word();
        let is_known = |typed: &str| all.iter().any(|(_, known)| *known == typed) || keywords::is_courtesy(typed);
        prop_assume!(!is_known(&typed) && !unheld(&typed).is_some_and(|bare| is_known(&bare)));
        prop_assert!(meaning(&typed).is_none_or(|found| found == meant), "{} for {}", typed, word);
    }

    #[test]
    fn a_word_alone_says_what_it_means_in_any_case(((meant, word), capitals) in (any_word(), any::<u32>())) {
        let cased = word.chars().enumerate();
        let cased: String = cased.map(|(at, c)| if capitals >> (at % 32) & 1 == 1 { c.to_ascii_uppercase() } else { c }).collect();
        let said = read(&cased);
        let expected = match meant {
            Meaning::Word(word) => Some(word),
            Meaning::Beside => None,
        };
        prop_assert_eq!((said.word, said.is_clear), (expected, true), "{}", word);
    }
}

#[test]
fn other_pay_is_read_with_a_number_or_behind_its_word_and_nowhere_else() {
    for (text, expected) in [
        ("88852 8000", Some((Some(88_852), 8_000))),
        ("88852 8,000 frw", Some((Some(88_852), 8_000))),
        ("88852 pay 8 000", Some((Some(88_852), 8_000))),
        ("88852 igiciro 8000frw", Some((Some(88_852), 8_000))),
        ("Igiciro 8000", Some((None, 8_000))),
        ("bei 12.500", Some((None, 12_500))),
        ("8000", None),
        ("88852", None),
        ("88852 0788123456", None),
        ("88852 8000 9000", None),
        ("88852 8000 hamagara", None),
        ("", None),
    ] {
        assert_eq!(other_pay(text), expected, "{text}");
    }
}

#[test]
fn a_short_answer_is_one_number_or_one_letter_and_nothing_beside_it() {
    for (text, expected) in [
        ("3", Some((None, Short::Number(3)))),
        (" 3. ", Some((None, Short::Number(3)))),
        ("3)", Some((None, Short::Number(3)))),
        ("007", Some((None, Short::Number(7)))),
        ("0", Some((None, Short::Number(0)))),
        ("901 !", Some((None, Short::Number(901)))),
        ("imyaka 3", Some((None, Short::Number(3)))),
        ("3 Années", Some((None, Short::Number(3)))),
        ("3years please", Some((None, Short::Number(3)))),
        ("a", Some((None, Short::Letter(1)))),
        ("D)", Some((None, Short::Letter(4)))),
        ("(b)", Some((None, Short::Letter(2)))),
        ("48213 3", Some((Some(48_213), Short::Number(3)))),
        ("Job 48213: b", Some((Some(48_213), Short::Letter(2)))),
        // A job's number, whole or in parts; two answers; what is no whole number; words.
        ("48213", None),
        ("48 213", None),
        ("4 8213", None),
        ("48213 52345 1", None),
        ("1 or 2", None),
        ("a b", None),
        ("a 3", None),
        ("1.5", None),
        ("2-3", None),
        ("-5", None),
        ("3 kids", None),
        ("no 3", None),
        ("e", None),
        ("three", None),
        ("*567*3#", None),
        ("0788123456", None),
        ("", None),
        (".", None),
    ] {
        assert_eq!(short(text), expected, "{text}");
    }
}
