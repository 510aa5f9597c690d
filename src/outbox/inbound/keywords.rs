//! What a message from a phone asks for, where a word says it: STOP and its like, in four languages.
//!
//! People send `STOP PLEASE`, `"Stop"`, `stop.` and `S T O P`, with accents, quotes and whatever a phone puts around
//! them; a gateway that wants the word alone keeps writing to all of them. So case, accents and punctuation do not
//! count, and the first word that is no courtesy decides. The price would be sentences that only begin like a keyword
//! ("end of month", "cancel the booking of tomorrow"), so a word counts by its strength (`words.rs`).
//!
//! One wrong letter is forgiven under narrow conditions (`nearly`): in four letters it is not, where `reka`, `acha`
//! and `toka` are each one letter from everyday words (`seka`, `achat`, `soka`). The slips of STOP itself stand in the
//! table.
//!
//! Traps: folding turns what a phone's alphabet lacks into `?`, so a question mark counts as a request for help only
//! where it was typed; and the first part of a message whose beginning is lost says nothing about how it began.

use std::iter;

use super::words::{ANSWERS, ASIDES, Keywords, NEIGHBOURS, Strength, TABLE, WORK, Words};
use crate::text::{Language, folding};

/// Characters of a message that are read: three segments. What asks for something says so before.
const CHARACTERS_READ: usize = 480;
/// Words that are read, for the same reason.
const WORDS_READ: usize = 12;
/// Letters of the shortest keyword that a slip is forgiven in. Of five, `start` is one from `smart` and Stuart,
/// `aider` from `aimer`, `optin` from `option`.
const SLIP_LETTERS_MIN: usize = 6;
/// The same for Kinyarwanda and Swahili, where syllables are few and every short word is a letter from another: of six
/// letters, `mureke` is one from the sectors and villages Murehe, Muneke and Museke, `kureka` from Kireka.
const BANTU_SLIP_LETTERS_MIN: usize = 7;
/// Letters of the shortest keyword whose last may be held too long (`stoppp`), or that may be glued to a number
/// (`stop48213`) or spelled out (`s.t.o.p`).
const LOOSE_LETTERS_MIN: usize = 4;
/// Letters of the shortest keyword that may be written in two: `opt-in`.
const SPLIT_LETTERS_MIN: usize = 5;
/// Digits of the shortest number that may be a job's.
const JOB_DIGITS_MIN: usize = 5;

/// What a message asks for.
///
/// Whoever asked a question looks at an answer first: in the middle of a booking CANCEL and END are about the booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asked {
    /// No more messages.
    Stop,
    /// Messages again.
    Start,
    /// What this is, and how it is used.
    Help,
    /// To be written to in this language.
    Language(Language),
    /// Nothing that we know: perhaps an answer that the market waits for.
    Other,
}

/// What a message asks for.
pub fn read(text: &str) -> Asked {
    if is_question_mark(text) {
        return Asked::Help;
    }
    find(text).map_or(Asked::Other, |keyword| keyword.asked)
}

/// The language that the keyword of a message belongs to, to answer a number that we know nothing about. `None`
/// without a keyword, and where every language borrows it: `STOP` tells nothing.
pub fn language_of(text: &str) -> Option<Language> {
    find(text).and_then(|keyword| keyword.language)
}

fn find(text: &str) -> Option<&'static Keywords> {
    let said = Said::of(text);
    let mut rest = said.words.as_slice();
    // Courtesies go before the keyword, too; `en` is both one and a keyword.
    while let Some((first, behind)) = rest.split_first() {
        if let Some(keyword) = said.begins_with_keyword(first, behind) {
            return Some(keyword);
        }
        if !is_aside(first) {
            return None;
        }
        rest = behind;
    }
    None
}

/// Question marks and nothing else, as they were typed.
fn is_question_mark(text: &str) -> bool {
    let typed = folding::clean(head(text).0);
    typed.contains(['?', '\u{FF1F}', '\u{61F}'])
        && typed.chars().all(|c| matches!(c, '?' | '\u{FF1F}' | '\u{61F}' | '¿' | '!' | '.' | ' ' | '"' | '\''))
}

/// The part of a text that is read, and whether that is all of it.
fn head(text: &str) -> (&str, bool) {
    let text = text.trim_start();
    let cut = text.char_indices().nth(CHARACTERS_READ).and_then(|(at, _)| text.get(..at));
    (cut.unwrap_or(text), cut.is_none())
}

/// A message as it is compared.
struct Said {
    /// Small letters and digits, without accents; no word is empty.
    words: Vec<String>,
    /// Whether these are all of its words.
    whole: bool,
}

impl Said {
    fn of(text: &str) -> Said {
        let (head, mut whole) = head(text);
        let folded = folding::fold(head);
        let split = folded.split(|c: char| !c.is_alphanumeric()).map(folding::search_key);
        let mut words: Vec<String> =
            split.flat_map(without_number).filter(|word| !word.is_empty()).take(WORDS_READ + 1).collect();
        if words.len() > WORDS_READ {
            whole = false;
        } else if words.len() >= LOOSE_LETTERS_MIN && words.iter().all(|word| is_letter(word)) {
            words = vec![words.concat()];
        }
        Said { words, whole }
    }

    /// The keyword at the beginning of these words, if what follows lets it count.
    fn begins_with_keyword(&self, first: &str, behind: &[String]) -> Option<&'static Keywords> {
        if let Some(keyword) = exactly(first) {
            return self.counts(keyword, behind).then_some(keyword);
        }
        if let Some((second, further)) = behind.split_first()
            && first.len() + second.len() >= SPLIT_LETTERS_MIN
            && let Some(keyword) = exactly(&format!("{first}{second}"))
        {
            return self.counts(keyword, further).then_some(keyword);
        }
        nearly(first).filter(|_| self.are_asides(behind))
    }

    fn counts(&self, keyword: &Keywords, behind: &[String]) -> bool {
        match keyword.strength {
            Strength::Firm => true,
            // Two words: articles stand between ("arretez les offres").
            Strength::Plain => {
                !behind.iter().take(2).any(|word| is_one_of(WORK, word))
                    && !behind.iter().any(|word| is_job_number(word))
            }
            Strength::Weak => self.are_asides(behind),
        }
    }

    /// Whether nothing is said but courtesies; another keyword among them (`sw en`) makes it a riddle.
    fn are_asides(&self, behind: &[String]) -> bool {
        self.whole && behind.iter().all(|word| is_aside(word) && exactly(word).is_none())
    }
}

/// The keyword as it stands in the table, or with its last letter held too long.
fn exactly(word: &str) -> Option<&'static Keywords> {
    let known = |word: &str| TABLE.iter().find(|keyword| keyword.words.has(word));
    known(word).or_else(|| {
        let last = word.chars().next_back()?;
        let end = word.trim_end_matches(last).len() + last.len_utf8();
        known(word.get(..end).filter(|_| end >= LOOSE_LETTERS_MIN)?)
    })
}

/// The keyword that a word is one slip away from: a letter wrong, missing, too many, or two swapped.
///
/// Never the first letter, which makes another person of a Bantu verb (`ahagarika`, "he stops"), and thumbs rarely
/// miss. Never where words of another meaning are as near: a keyword, an answer of the market, or a word that people
/// use.
fn nearly(word: &str) -> Option<&'static Keywords> {
    let initial = word.chars().next().filter(|_| word.len() + 1 >= SLIP_LETTERS_MIN)?;
    let is_near = |words: Words| words.all().any(|known| within_one_slip(word, known));
    let near = || TABLE.iter().filter(|keyword| is_near(keyword.words));
    let found = near().filter(|keyword| keyword.forgiving).find(|keyword| {
        let is_long = |known: &str| known.len() >= slip_letters_min(keyword);
        keyword.words.all().any(|known| is_long(known) && known.starts_with(initial) && within_one_slip(word, known))
    })?;
    let alone = near().all(|keyword| keyword.asked == found.asked);
    let unlike = [WORK, ANSWERS, ASIDES, NEIGHBOURS].into_iter().flatten().all(|others| !is_near(*others));
    (alone && unlike).then_some(found)
}

fn slip_letters_min(keyword: &Keywords) -> usize {
    match (keyword.asked, keyword.language) {
        (Asked::Stop | Asked::Start | Asked::Help, Some(Language::Rw | Language::Sw)) => BANTU_SLIP_LETTERS_MIN,
        _ => SLIP_LETTERS_MIN,
    }
}

/// Whether one slip at most leads from one to the other.
pub(super) fn within_one_slip(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len().abs_diff(other.len()) > 1 {
        return false;
    }
    let alike = |(a, b): &(&u8, &u8)| a == b;
    let front = one.iter().zip(other).take_while(alike).count();
    let (one, other) = (one.get(front..).unwrap_or_default(), other.get(front..).unwrap_or_default());
    let back = one.iter().rev().zip(other.iter().rev()).take_while(alike).count();
    let until = |rest: &[u8]| rest.len().saturating_sub(back);
    match (one.get(..until(one)).unwrap_or_default(), other.get(..until(other)).unwrap_or_default()) {
        ([] | [_], [] | [_]) => true,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    }
}

/// `stop48213` as two words; numbers and short words stay whole.
fn without_number(word: String) -> impl Iterator<Item = String> {
    let letters = word.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (first, second) = match word.split_at_checked(letters) {
        Some((first, second)) if letters >= LOOSE_LETTERS_MIN => (first.to_owned(), second.to_owned()),
        _ => (word, String::new()),
    };
    iter::once(first).chain(iter::once(second))
}

fn is_letter(word: &str) -> bool {
    word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn is_job_number(word: &str) -> bool {
    word.len() >= JOB_DIGITS_MIN && word.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_one_of(lists: &[Words], word: &str) -> bool {
    lists.iter().any(|words| words.has(word))
}

fn is_aside(word: &str) -> bool {
    is_one_of(ASIDES, word)
}

/// Whether a word is a courtesy, in the form that is compared.
pub(super) fn is_courtesy(word: &str) -> bool {
    is_aside(word)
}

/// Whether a word is a keyword, or a slip away from one.
pub(super) fn is_near_keyword(word: &str) -> bool {
    TABLE.iter().any(|keyword| keyword.words.all().any(|known| within_one_slip(word, known)))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use Asked::{Help, Other, Start, Stop};

    /// `texts` stand between bars.
    fn all_are(asked: Asked, texts: &str) {
        for text in texts.split('|') {
            assert_eq!(read(text), asked, "{text:?}");
        }
    }

    fn every_keyword() -> Vec<(Asked, &'static str)> {
        TABLE.iter().flat_map(|keyword| keyword.words.all().map(|word| (keyword.asked, word))).collect()
    }

    fn words_of(lists: &[Words]) -> impl Iterator<Item = &'static str> {
        lists.iter().flat_map(|words| words.all())
    }

    #[test]
    fn stop_is_heard_however_it_is_written() {
        all_are(Stop, "STOP|stop.|\"Stop\"|« stop »| \u{201C}STOP\u{201D}!!|STOP PLEASE|Please stop|sTOPPP|'stop'");
        all_are(Stop, "S T O P|s.t.o.p.|S\u{200B}TOP|\u{FEFF}stop|STOP👍|STOP🛑now|\n\t\u{A0}stop|St0p|STPO|STOP\r\n");
        all_are(Stop, "STOP48213|stop 48213|STOPALL|Stop-all|STOP/UNSUBSCRIBE|Kaziline: STOP|Hello, stop|SMS stop");
        all_are(
            Stop,
            "Stop sending me these messages, I found work|STOP cancel end|stop kunyoherereza akazi|STOP START",
        );
    }

    #[test]
    fn stop_is_heard_in_four_languages() {
        all_are(Stop, "OPT OUT|opt-out|Un-subscribe|UNSUBSCRIBE ME|cancel sms|End.|QUIT|Remove me please|stopped");
        all_are(
            Stop,
            "ARRET|Arrêt svp|ARRE\u{302}TE|Arrêtez de m'envoyer des SMS tous les jours|s'il vous plaît, arrêter",
        );
        all_are(Stop, "Désabonner|se désabonner|désinscription de vos offres");
        all_are(
            Stop,
            "HAGARIKA|Ndasaba guhagarika|Hagarika kunyoherereza ubutumwa bwanyu sinshaka|Muhagarike|hagarara",
        );
        all_are(Stop, "REKA|Reka kunyandikira|Guhagarika ubutumwa bw'akazi");
        all_are(
            Stop,
            "simamisha|Tafadhali sitisha ujumbe wenu|ACHA|Acha kunitumia ujumbe tafadhali|TOKA|ondoka|Niondoe",
        );
    }

    #[test]
    fn a_sentence_that_only_begins_like_a_keyword_is_none() {
        all_are(
            Other,
            "END of month|Cancel the booking of tomorrow|cancel booking|Quit my job yesterday|cancel, I have work",
        );
        all_are(Other, "Cancel 48213|cancel48213|Stopped working at Remera|Remove my name|Arrêt maladie demain");
        all_are(
            Other,
            "Reka ndebe|Reka nkore|Acha nione|acha kazi|Toka Kigali|Ondoka kazini|kuacha kazi|Rekera aho nkore",
        );
        all_are(
            Other,
            "Hagarika akazi kanjye|hagarika 48213|Simamisha kazi yangu|Arrêtez mon travail|Arrêtez les offres",
        );
        all_are(Other, "Start work when?|Tangira akazi ryari|anza upya|Tangira bundi bushya|START STOP|start 48213");
        all_are(
            Other,
            "Aide-maçon|aide cuisinier|Saidia fundi|Info about job 48213|N'arrête pas|Don't stop|Mfasha akazi",
        );
        all_are(Other, "en cours|SW EN|I speak English|english or french|The stop is far|Nonstop|stopover|Reka\nndebe");
    }

    #[test]
    fn start_help_and_languages_are_heard() {
        all_are(Start, "START|start sms please|Unstop|un stop|TANGIRA|Gusubukura ubutumwa|Anza|reprendre|opt in");
        all_are(Help, "HELP|help!|Help me my employer did not pay|?| ?? |¿?|\u{FF1F}|\"?\"|Info|INFOS|helpp");
        all_are(Help, "Ubufasha|Nyabuneka ubufasha|MSAADA|Naomba msaada|Msaada wa kazi|Aide|Aidez-moi|Mumfashe");
        all_are(Asked::Language(Language::Rw), "RW|Kinyarwanda|IKINYARWANDA|mu Kinyarwanda");
        all_are(Asked::Language(Language::En), "en|English please|Icyongereza|anglais|Kiingereza|in English");
        all_are(
            Asked::Language(Language::Fr),
            "FR|Français|FRANCAIS|igifaransa|en français|Kifaransa|messages en francais",
        );
        all_are(Asked::Language(Language::Sw), "sw|SWAHILI|Kiswahili|igiswahili|Lugha: Kiswahili");
    }

    #[test]
    fn answers_to_the_market_are_left_to_the_market() {
        all_are(Other, "| |48213|1|*567#|👍|...|!|Да|سلام|0788 000 001|1.|7000frw|OK|Uwimana Marie|Resumé|Résumé");
        for word in words_of(ANSWERS).chain(words_of(WORK)) {
            let capitals = word.to_uppercase();
            all_are(
                Other,
                &format!("{word}|{capitals}|{word}!|{word} please|Muraho, {word}|{word} 48213|{word}{word}"),
            );
        }
    }

    #[test]
    fn one_slip_is_forgiven_in_a_long_word() {
        all_are(Stop, "UNSUSCRIBE|unsubcribe|Hagarka|HAGARIKE|desaboner|Simamsha|simamiha|cancle|Unsuscribe me please");
        all_are(Start, "Tangiraa|tangria|subscibe|Reprandre");
        all_are(Help, "msada|Ubufasa|ubufashaa|infoss|informations");
        all_are(Asked::Language(Language::En), "Englich|icyongeleza");
        all_are(Asked::Language(Language::Sw), "igiswahiri|Kiswaili");
    }

    #[test]
    fn a_slip_is_not_forgiven_where_another_word_is_as_near() {
        all_are(Other, "cancer|remote|commenter|simamia|tangara|Umufasha|François|Francis");
        // Too short, or another first letter.
        all_are(
            Other,
            "achat|chat|toma|seka|soka|stoop|stone|shopping|smart|Stuart|option|hello|fasta|Murehe|Remera|ahagarika",
        );
        // Two slips; a slip in a sentence.
        all_are(Other, "unsusribe|hagrka|unsuscribe from what|Englich teacher");
    }

    #[test]
    fn every_neighbour_is_near_and_unheard() {
        for word in words_of(NEIGHBOURS) {
            assert_eq!(read(word), Other, "{word}");
            let forgiving = TABLE.iter().filter(|keyword| keyword.forgiving);
            let mut long =
                forgiving.flat_map(|keyword| keyword.words.all().filter(|w| w.len() >= slip_letters_min(keyword)));
            let near = long.any(|known| within_one_slip(word, known));
            assert!(near, "{word} is near nothing: leave it out");
        }
    }

    #[test]
    fn the_lists_are_in_the_form_that_is_compared_and_say_each_word_once() {
        let keywords = every_keyword().into_iter().map(|(_, word)| word);
        let mut seen = HashSet::new();
        for word in keywords.chain(words_of(ANSWERS)).chain(words_of(WORK)).chain(words_of(NEIGHBOURS)) {
            assert!(!word.is_empty() && folding::search_key(word) == word, "{word:?}");
            assert!(seen.insert(word), "{word} stands twice");
        }
        let mut asides = HashSet::new();
        assert!(words_of(ASIDES).all(|word| folding::search_key(word) == word && asides.insert(word)));
        // "en", the French preposition.
        assert_eq!(seen.intersection(&asides).collect::<Vec<_>>(), [&"en"]);
    }

    #[test]
    fn the_language_of_a_keyword_is_told_where_it_has_one() {
        assert_eq!(language_of("STOP"), None);
        assert_eq!(language_of("Hagarika."), Some(Language::Rw));
        assert_eq!(language_of("arrêtez"), Some(Language::Fr));
        assert_eq!(language_of("icyongereza"), Some(Language::En));
        assert_eq!(language_of("ndashaka akazi"), None);
    }

    /// A phone that forwards or quotes us must not stop anybody, and an answer to an answer never ends.
    #[test]
    fn nothing_that_we_write_is_read_as_a_keyword() {
        let languages = [
            include_str!("../../../menus/text/rw.toml"),
            include_str!("../../../menus/text/en.toml"),
            include_str!("../../../menus/text/fr.toml"),
            include_str!("../../../menus/text/sw.toml"),
        ];
        for texts in languages {
            let texts: toml::Table = texts.parse().unwrap();
            let messages = texts["sms"].as_table().unwrap();
            assert!(!messages.is_empty());
            for (name, message) in messages {
                assert_eq!(read(message["text"].as_str().unwrap()), Other, "{name}");
            }
        }
    }

    /// Who is asked for their place or trade answers with its name.
    #[test]
    fn no_place_and_no_trade_is_a_keyword() {
        let lists = [
            include_str!("../../../countries/rw/provinces.csv"),
            include_str!("../../../countries/rw/districts.csv"),
            include_str!("../../../countries/rw/sectors.csv"),
            include_str!("../../../countries/rw/cells.csv"),
            include_str!("../../../countries/rw/villages.csv"),
            include_str!("../../../countries/trades.csv"),
            include_str!("../../../countries/trade_categories.csv"),
        ];
        let cells = lists.into_iter().flat_map(str::lines).flat_map(|line| line.split(','));
        let names: HashSet<&str> = cells.filter(|cell| !cell.starts_with(|c: char| c.is_ascii_digit())).collect();
        assert!(names.contains("Kimironko") && names.contains("Umwubatsi"));
        let heard: Vec<_> = names.into_iter().filter(|name| read(name) != Other).collect();
        assert!(heard.is_empty(), "{heard:?}");
    }

    fn any_keyword() -> impl Strategy<Value = (Asked, &'static str)> {
        prop::sample::select(every_keyword())
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in any::<String>(), (_, word) in any_keyword()) {
            for text in [text.clone(), format!("{word}{text}"), format!("{word} {text}")] {
                let asked = read(&text);
                prop_assert!(language_of(&text).is_none() || asked != Other);
            }
        }

        #[test]
        fn every_keyword_is_heard_in_any_case_and_between_any_marks(
            (asked, word) in any_keyword(),
            capitals in any::<u32>(),
            before in "[ \"'.,!?()*_\u{2018}-\u{201E}\u{AB}\u{BB}\u{A0}\u{200B}\u{FEFF}\r\n-]{0,6}",
            after in "[ \"'.,!?()*_\u{2018}-\u{201E}\u{AB}\u{BB}\u{A0}\u{200B}\u{FEFF}\r\n-]{0,6}",
        ) {
            let cased = word.chars().enumerate();
            let cased = cased.map(|(at, c)| if capitals >> (at % 32) & 1 == 1 { c.to_ascii_uppercase() } else { c });
            prop_assert_eq!(read(&format!("{before}{}{after}", cased.collect::<String>())), asked);
        }

        #[test]
        fn numbers_are_no_keywords(text in "[ *#+.,]{0,3}[0-9]{1,20}([ *#.,?-]{1,3}[0-9]{1,9}){0,4}[ .#?]{0,2}") {
            prop_assert_eq!(read(&text), Other);
        }

        #[test]
        fn whatever_follows_stop_it_stays_stop(text in any::<String>()) {
            prop_assert_eq!(read(&format!("STOP {text}")), Stop);
        }

        #[test]
        fn a_slip_never_reads_as_something_else(
            (asked, word) in any_keyword(), at in 0_usize..16, letter in prop::char::range('a', 'z'), kind in 0..3,
        ) {
            let mut typed: Vec<char> = word.chars().collect();
            let at = at % typed.len();
            match kind {
                0 => typed[at] = letter,
                1 => drop(typed.remove(at)),
                _ => typed.insert(at, letter),
            }
            let typed: String = typed.into_iter().collect();
            // Two-letter codes are a letter from each other, and what is typed is what is read.
            prop_assume!(exactly(&typed).is_none());
            prop_assert!([asked, Other].contains(&read(&typed)), "{} for {}", typed, word);
        }
    }
}
