//! What a message from a phone answers, where it is no keyword: the number of a job, YES or NO, JOBS, STATUS.
//!
//! People send `48213`, `JOB 48 213`, `akazi 48213`, `yego 48213 murakoze`, `*567*48213#`. What follows from an answer
//! cannot be taken back as easily as it is sent: an employer gets a number, a job goes to somebody else. So an answer
//! counts only when every word of the message is known ([`Reply::is_clear`]); in any other, a number is a mention.
//!
//! Which number is a job's is for the market to say, which knows the check digit.

use super::keywords::{self, within_one_slip};
use super::reply_words::{BESIDE, JOBS, MONEY, NO, NUMBER, PAY, STATUS, UNITS, YES};
use crate::text::folding;

/// Characters that are read: what answers is short.
const CHARACTERS_READ: usize = 160;
/// Words that are read.
const WORDS_READ: usize = 16;
/// Digits of a job number.
const JOB_DIGITS: std::ops::RangeInclusive<usize> = 5..=8;
/// Digits from which on a number is a phone's or an account's.
const PHONE_DIGITS_MIN: usize = 9;
/// Numbers that are kept of one message.
const NUMBERS_MAX: usize = 4;
/// Letters of the shortest word that a slip is forgiven in.
const SLIP_LETTERS_MIN: usize = 5;

/// A word that answers or asks for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Word {
    /// Yes to what was asked.
    Yes,
    /// No to it.
    No,
    /// Which jobs fit.
    Jobs,
    /// How what I asked for stands.
    Status,
}

/// What a message says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The word, if there is one; a number beside words for work is no question for jobs.
    pub word: Option<Word>,
    /// Numbers that may be a job's, the likeliest first.
    pub numbers: Vec<i64>,
    /// Nothing stands in it that is not understood, and nothing twice.
    pub is_clear: bool,
}

/// What a message says.
pub fn read(text: &str) -> Reply {
    let text: String = text.trim().chars().take(CHARACTERS_READ + 1).collect();
    let is_whole = text.chars().count() <= CHARACTERS_READ;
    // "n°" is no "no".
    let text = ["n°", "N°", "nº", "Nº", "№"].into_iter().fold(text, |text, sign| text.replace(sign, " "));
    let pieces = pieces(&folding::fold(&text).to_lowercase());
    let (numbers, numbers_clear) = numbers(&pieces);
    let words: Vec<&str> = pieces.iter().filter_map(Piece::word).collect();
    let mut reply = Reply { word: None, numbers, is_clear: is_whole && numbers_clear && words.len() <= WORDS_READ };
    let mut heard = Vec::new();
    for (at, word) in words.iter().take(WORDS_READ).enumerate() {
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        // "job no 48213"
        let is_sign = *word == "no" && before.is_some_and(|before| is_one_of(JOBS, before));
        match meaning(word) {
            _ if is_sign => {}
            Some(Meaning::Word(word)) => heard.push(word),
            Some(Meaning::Beside) => {}
            None => reply.is_clear = false,
        }
    }
    heard.sort_unstable_by_key(|word| *word as u8);
    heard.dedup();
    // Words for work stand beside everything.
    let has_jobs = heard.contains(&Word::Jobs);
    heard.retain(|word| *word != Word::Jobs);
    match heard.as_slice() {
        [] => reply.word = (has_jobs && reply.numbers.is_empty()).then_some(Word::Jobs),
        [word] => {
            reply.word = Some(*word);
            // "No work today" is a complaint.
            reply.is_clear &= !(*word == Word::No && has_jobs && reply.numbers.is_empty());
        }
        _ => reply.is_clear = false,
    }
    reply
}

/// Other pay that is asked for: `88852 8000`, `88852 pay 8 000 frw`, `igiciro 8000`. The number that it stands beside, if any, and the
/// amount; `None` for anything else.
pub fn other_pay(text: &str) -> Option<(Option<i64>, i64)> {
    let text: String = text.trim().chars().take(CHARACTERS_READ + 1).collect();
    let (mut numbers, mut has_word) = (Vec::<String>::new(), false);
    let mut before_was_digits = false;
    for token in folding::fold(&text).to_lowercase().split_whitespace() {
        let bare = token.trim_matches(|c: char| !c.is_alphanumeric());
        let digits: String = bare.chars().filter(|c| !matches!(c, '.' | ',')).collect();
        let (value, unit) = digits.split_at(digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len()));
        let is_amount = !value.is_empty() && (unit.is_empty() || is_one_of(MONEY, unit));
        match numbers.last_mut() {
            // "8 000"
            Some(last) if is_amount && before_was_digits && value.len() == 3 && last.len() <= 3 => last.push_str(value),
            _ if is_amount => numbers.push(value.to_owned()),
            _ if is_one_of(PAY, bare) => has_word = true,
            _ if is_one_of(MONEY, bare) || meaning(bare) == Some(Meaning::Beside) => {}
            _ => return None,
        }
        before_was_digits = is_amount;
    }
    let value = |digits: &String| digits.parse::<i64>().ok().filter(|_| digits.len() < PHONE_DIGITS_MIN);
    match numbers.as_slice() {
        [amount] if has_word => Some((None, value(amount)?)),
        [number, amount] if JOB_DIGITS.contains(&number.len()) => Some((Some(value(number)?), value(amount)?)),
        _ => None,
    }
}

/// A number or a choice, as it is said to a short question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Short {
    /// `3`, `3.`, `3 years`: a number, or the number of a choice.
    Number(i64),
    /// `b`, `b)`: the letter of a choice, counted from 1.
    Letter(i64),
}

/// Digits of a number that answers a question: fewer than a job's.
const SHORT_DIGITS: std::ops::RangeInclusive<usize> = 1..=4;

/// The number or the letter that answers a short question, with the number of the job that it may stand beside; `None`
/// where anything else is said, or two things. YES and NO are words, and read by [`read`].
pub fn short(text: &str) -> Option<(Option<i64>, Short)> {
    let text = text.trim();
    if text.chars().nth(CHARACTERS_READ).is_some() {
        return None;
    }
    let (mut job, mut said) = (None, None);
    for token in folding::fold(text).to_lowercase().split_whitespace() {
        let bare = token.trim_start_matches(['(', '"', '\'', '#']);
        let bare = bare.trim_end_matches(|c: char| c.is_ascii_punctuation());
        let (digits, word) = bare.split_at(bare.find(|c: char| !c.is_ascii_digit()).unwrap_or(bare.len()));
        let word = folding::search_key(word);
        let is_unit = is_one_of(UNITS, &word);
        let heard = match (digits.len(), word.as_str()) {
            (0, "a") => Short::Letter(1),
            (0, "b") => Short::Letter(2),
            (0, "c") => Short::Letter(3),
            (0, "d") => Short::Letter(4),
            (0, _) if is_unit || matches!(meaning(&word), Some(Meaning::Beside | Meaning::Word(Word::Jobs))) => {
                continue;
            }
            (length, "") if JOB_DIGITS.contains(&length) && job.is_none() => {
                job = digits.parse().ok();
                continue;
            }
            (length, word) if SHORT_DIGITS.contains(&length) && (word.is_empty() || is_unit) => {
                Short::Number(digits.parse().ok()?)
            }
            _ => return None,
        };
        if said.replace(heard).is_some() {
            return None;
        }
    }
    said.map(|said| (job, said))
}

/// A word, or digits with what stands before them.
enum Piece {
    Word(String),
    Digits { digits: String, before: String },
}

impl Piece {
    fn word(&self) -> Option<&str> {
        match self {
            Piece::Word(word) => Some(word),
            Piece::Digits { .. } => None,
        }
    }
}

/// Words and digits in their order; `job48213` is both, and the letters O and l among digits are digits.
fn pieces(text: &str) -> Vec<Piece> {
    let (mut pieces, mut before, mut rest) = (Vec::new(), String::new(), text);
    while let Some(first) = rest.chars().next() {
        if !first.is_alphanumeric() {
            before.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
            continue;
        }
        let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let (token, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
        rest = behind;
        for run in runs(&as_digits(token)) {
            let before = std::mem::take(&mut before);
            pieces.push(if run.starts_with(|c: char| c.is_ascii_digit()) {
                Piece::Digits { digits: run, before }
            } else {
                Piece::Word(folding::search_key(&run))
            });
        }
    }
    pieces
}

/// `4821O` is a number.
fn as_digits(token: &str) -> String {
    let like = |c: char| match c {
        'o' => '0',
        'l' | 'i' => '1',
        other => other,
    };
    let digits = token.chars().filter(char::is_ascii_digit).count();
    let typed = digits >= 3 && token.chars().all(|c| c.is_ascii_digit() || matches!(c, 'o' | 'l' | 'i'));
    if typed { token.chars().map(like).collect() } else { token.to_owned() }
}

/// A token in runs of digits and of other letters.
fn runs(token: &str) -> Vec<String> {
    let mut runs: Vec<String> = Vec::new();
    for c in token.chars() {
        match runs.last_mut().filter(|run| run.ends_with(|last: char| last.is_ascii_digit() == c.is_ascii_digit())) {
            Some(run) => run.push(c),
            None => runs.push(c.to_string()),
        }
    }
    runs
}

/// The numbers that may be a job's, and whether every digit belongs to the one that there is.
fn numbers(pieces: &[Piece]) -> (Vec<i64>, bool) {
    let (mut found, mut is_clear, mut phrases) = (Vec::new(), true, Vec::<Vec<&str>>::new());
    let mut is_open = false;
    for piece in pieces {
        let Piece::Digits { digits, before } = piece else {
            is_open = false;
            continue;
        };
        let belongs = is_open && before.chars().all(|c| matches!(c, ' ' | '.' | '-')) && before.len() <= 2;
        is_open = true;
        // Our own code in front of a job's number, as it is dialled.
        if before.ends_with('*') && digits.len() < *JOB_DIGITS.start() {
            is_open = false;
            continue;
        }
        match phrases.last_mut().filter(|_| belongs) {
            Some(phrase) => phrase.push(digits),
            None => phrases.push(vec![digits]),
        }
    }
    for phrase in phrases {
        let whole = phrase.concat();
        let is_phone = whole.len() >= PHONE_DIGITS_MIN && (whole.starts_with('0') || whole.starts_with("25"));
        let may_be = |digits: &&str| JOB_DIGITS.contains(&digits.len()) && !digits.starts_with('0');
        let alone = phrase.iter().copied().filter(|_| phrase.len() > 1 && !is_phone);
        let before = found.len();
        let these = std::iter::once(whole.as_str()).chain(alone).filter(may_be);
        found.extend(these.filter_map(|digits| digits.parse::<i64>().ok()));
        // A part of what stands together is a guess.
        is_clear &= found.len() == before + 1 && may_be(&whole.as_str());
    }
    is_clear &= found.len() <= 1;
    found.truncate(NUMBERS_MAX);
    (found, is_clear)
}

/// What a word means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Word(Word),
    /// Changes nothing.
    Beside,
}

const MEANINGS: [(Meaning, &[&str]); 6] = [
    (Meaning::Word(Word::Yes), YES),
    (Meaning::Word(Word::No), NO),
    (Meaning::Word(Word::Jobs), JOBS),
    (Meaning::Word(Word::Status), STATUS),
    (Meaning::Beside, NUMBER),
    (Meaning::Beside, BESIDE),
];

fn meaning(word: &str) -> Option<Meaning> {
    if word.is_empty() {
        return Some(Meaning::Beside);
    }
    let known = |word: &str| MEANINGS.iter().find(|(_, words)| is_one_of(words, word)).map(|(meaning, _)| *meaning);
    known(word).or_else(|| known(&unheld(word)?)).or_else(|| nearly(word)).or_else(|| {
        // Courtesies and greetings, which keywords know.
        keywords::is_courtesy(word).then_some(Meaning::Beside)
    })
}

/// `yesss` without what was held too long.
fn unheld(word: &str) -> Option<String> {
    let last = word.chars().next_back()?;
    let bare = word.trim_end_matches(last);
    (word.len() > bare.len() + last.len_utf8()).then(|| format!("{bare}{last}"))
}

/// The word that this one is a slip away from, if nothing of another meaning is as near.
fn nearly(word: &str) -> Option<Meaning> {
    let initial = word.chars().next().filter(|_| word.len() + 1 >= SLIP_LETTERS_MIN)?;
    let near = || {
        let all = MEANINGS
            .iter()
            .flat_map(|(meaning, words)| words.iter().flat_map(|words| words.split(' ')).map(move |w| (*meaning, w)));
        all.filter(|(_, known)| within_one_slip(word, known))
    };
    let long = |known: &str| known.len() >= SLIP_LETTERS_MIN && known.starts_with(initial);
    let (found, _) = near().find(|(meaning, known)| *meaning != Meaning::Beside && long(known))?;
    (near().all(|(meaning, _)| meaning == found) && !keywords::is_near_keyword(word)).then_some(found)
}

fn is_one_of(lists: &[&str], word: &str) -> bool {
    lists.iter().flat_map(|words| words.split(' ')).any(|known| known == word)
}

#[cfg(test)]
#[path = "reply_tests.rs"]
mod tests;
