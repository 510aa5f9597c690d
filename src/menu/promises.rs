//! Promises: "free" and "reply" are said only where they are true.
//!
//! Whether a call costs nothing and whether an SMS can be answered is a matter of the contract with a network, not of the
//! menus. A text that says so on a channel where it is not true makes people spend money that they were told to keep, or
//! wait for an answer to a message that nobody got.

use super::fault::Fault;
use super::graph::Bundle;
use super::limits::Limits;
use super::source::{Word, Written};
use crate::text::Language;

/// A word that promises something, in a language.
struct Promise {
    language: Language,
    /// Small letters; whole words only.
    words: &'static [&'static str],
    kept: fn(&Limits) -> bool,
    what: &'static str,
    fix: &'static str,
}

const FREE: &str = "the caller pays nothing";
const FREE_FIX: &str = "leave it out, or write free = true under [limits] where the network bills the caller nothing";
const REPLY: &str = "a message can be answered";
const REPLY_FIX: &str = "say what to dial, or write two_way = true under [limits] where answers arrive";

const fn free(language: Language, words: &'static [&'static str]) -> Promise {
    Promise { language, words, kept: |limits| limits.free, what: FREE, fix: FREE_FIX }
}

const fn reply(language: Language, words: &'static [&'static str]) -> Promise {
    Promise { language, words, kept: |limits| limits.two_way, what: REPLY, fix: REPLY_FIX }
}

/// The words by which people understand either promise.
const PROMISES: [Promise; 8] = [
    free(Language::Rw, &["ubuntu", "ku buntu", "kubuntu"]),
    free(Language::En, &["free", "free of charge", "toll-free"]),
    free(Language::Fr, &["gratuit", "gratuite", "gratuits", "gratuites", "gratuitement"]),
    free(Language::Sw, &["bure", "bila malipo"]),
    reply(Language::Rw, &["subiza", "musubize", "usubize"]),
    reply(Language::En, &["reply", "respond", "text back"]),
    reply(Language::Fr, &["repondez", "repondez-nous"]),
    reply(Language::Sw, &["jibu sms", "jibu ujumbe", "jibu kwa"]),
];

/// Adds a fault for every promise that a channel does not keep.
pub fn check(bundle: &Bundle, written: &Written, faults: &mut Vec<Fault>) {
    for promise in &PROMISES {
        let Some((channel, _)) = bundle.all_limits().find(|(_, limits)| !(promise.kept)(limits)) else { continue };
        let texts = written.texts.iter().filter(|text| text.language == promise.language);
        for (_, text) in texts.flat_map(|text| &text.sections).flat_map(|(_, slots)| slots) {
            let said = promise.words.iter().find(|word| says(&text.value, word, &written.bundle.no_promise));
            let Some(said) = said else { continue };
            let whom = channel.map_or("of every channel".to_owned(), |name| format!("of `{name}`"));
            let what = format!("`{said}` says that {}, which is not known {whom}", promise.what);
            faults.push(Fault::new("E15", text.at, what).fix(format!(
                "{}; a phrase in which it means something else goes into no_promise in bundle.toml",
                promise.fix
            )));
        }
    }
}

/// Whether a text has these words, outside the phrases in which they mean something else.
fn says(text: &str, words: &str, elsewhere: &[Word]) -> bool {
    let mut text = plain(text);
    for phrase in elsewhere {
        text = text.replace(&plain(&phrase.value), "\n");
    }
    text.match_indices(words).any(|(start, found)| {
        let before = text.get(..start).and_then(|before| before.chars().next_back());
        let after = text.get(start + found.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(is_of_a_word) && !after.is_some_and(is_of_a_word)
    })
}

/// Small letters without the accents that phones have.
fn plain(text: &str) -> String {
    let plain = |character: char| match character {
        'é' | 'è' => 'e',
        'à' => 'a',
        'ù' => 'u',
        'ì' => 'i',
        'ò' => 'o',
        other => other,
    };
    text.to_lowercase().chars().map(plain).collect()
}

fn is_of_a_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '{'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::menu::fault::{At, Located};

    #[test]
    fn whole_words_count_and_phrases_of_another_meaning_do_not() {
        let none: &[Word] = &[];
        let phrase = [Located { value: "Free today".to_owned(), at: At::default() }];
        assert!(says("Dial for free.", "free", none) && says("FREE", "free", none));
        assert!(says("Répondez par 1", "repondez", none));
        assert!(!says("freedom, carefree, {free}", "free", none));
        assert!(!says("Free today: {free}", "free", &phrase));
        assert!(says("Free today, and free to dial", "free", &phrase));
    }
}
