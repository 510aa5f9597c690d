//! What a provider answered, as the attempt log keeps it: its own words, so that an operator sees why; never a number, what
//! people wrote, or how we log in.
//!
//! Providers repeat what they were sent, whole or in parts. So every word that left in the request (headers, query, fields,
//! the text itself) is covered wherever it stands in the answer, and so is whatever could be a number or a token:
//! digits in a row, long words, letters that are not ASCII.

use super::WireRequest;
use super::form::decode_form;

/// Characters kept of an answer: its status and reason stand at the beginning.
const SHOWN_CHARS_MAX: usize = 300;
/// Bytes of an answer that are looked at: more than is shown, as much of it may be blank.
const READ_BYTES_MAX: usize = 2_048;
/// Digits in a word that are shown: statuses and codes. More could be a part of a number.
const DIGITS_MAX: usize = 5;
/// Longest word that is shown, in characters: tokens and names of messages are longer.
const WORD_CHARS_MAX: usize = 24;
/// Shortest word that is covered because it left with the request, in characters: `to`, `id` and `ok` are in every answer.
const COVERED_CHARS_MIN: usize = 3;
/// Stands for what is covered.
const COVER: &str = "*";

/// What left with a request, in one text. Its words are looked for only where an answer has some.
pub(crate) struct Covered(String);

impl Covered {
    /// The words of a request and of what it carries, numbers and texts, as they were before they were encoded.
    pub(crate) fn of<'a>(request: &WireRequest, carried: impl Iterator<Item = &'a str>) -> Self {
        let mut said = String::new();
        carried.for_each(|one| add(&mut said, one));
        for (_, value) in &request.headers {
            add(&mut said, value);
        }
        let query = request.url.split_once('?').map_or("", |(_, query)| query);
        match serde_json::from_slice(&request.body) {
            Ok(json) => add_values(&mut said, &json),
            Err(_) => add_fields(&mut said, &request.body),
        }
        add_fields(&mut said, query.as_bytes());
        Self(said)
    }

    /// An answer's body, covered.
    pub(crate) fn show(&self, body: &[u8]) -> String {
        let read = without_numbers(&String::from_utf8_lossy(body.get(..READ_BYTES_MAX).unwrap_or(body)));
        let mut shown = String::new();
        for piece in pieces(&read) {
            if piece.chars().all(is_of_word) {
                shown.push_str(if self.covers(piece) { COVER } else { piece });
            } else if piece.chars().all(|c| c.is_whitespace() || c.is_control()) {
                shown.push(' ');
            } else {
                shown.push_str(piece);
            }
        }
        // What is cut is cut between characters; a word that is cut stays covered, for it is one by now.
        shown.chars().take(SHOWN_CHARS_MAX).collect::<String>().trim().to_owned()
    }

    fn left_with(&self, word: &str) -> bool {
        self.0.split(|c| !is_of_word(c)).any(|said| said.eq_ignore_ascii_case(word))
    }

    fn covers(&self, word: &str) -> bool {
        !word.is_ascii()
            || word.len() > WORD_CHARS_MAX
            || word.bytes().filter(u8::is_ascii_digit).count() > DIGITS_MAX
            || (word.len() >= COVERED_CHARS_MIN && self.left_with(word))
    }
}

/// Covers digits in a row, also those of a number that is written in groups: `+250 788-000-001`.
fn without_numbers(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let (word, behind) = from.split_at(from.find(|c: char| !is_of_word(c)).unwrap_or(from.len()));
        if out.ends_with(is_of_word) || word.contains(|c: char| !c.is_ascii_digit()) {
            // Among letters: the word is looked at as a whole.
            out.push_str(word);
            rest = behind;
            continue;
        }
        let end = from.find(|c: char| !c.is_ascii_digit() && !" -./()".contains(c)).unwrap_or(from.len());
        let (group, _) = from.split_at(end);
        let group = group.trim_end_matches(|c: char| !c.is_ascii_digit());
        let digits = group.bytes().filter(u8::is_ascii_digit).count();
        out.push_str(if digits > DIGITS_MAX { COVER } else { group });
        rest = from.strip_prefix(group).unwrap_or_default();
    }
    out + rest
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric()
}

/// Words, blanks, and single other characters.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let kind = |c: char| (is_of_word(c), c.is_whitespace() || c.is_control());
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = kind(rest.chars().next()?);
        let end = rest.char_indices().skip(1).find(|(_, c)| kind(*c) != first || first == (false, false));
        let (piece, behind) = rest.split_at_checked(end.map_or(rest.len(), |(at, _)| at))?;
        rest = behind;
        Some(piece)
    })
}

fn add(said: &mut String, one: &str) {
    said.push_str(one);
    said.push('\n');
}

/// The values of a form; as a whole what is none.
fn add_fields(said: &mut String, form: &[u8]) {
    match decode_form(form) {
        Ok(fields) if fields.iter().any(|(_, value)| !value.is_empty()) => {
            for (_, value) in &fields {
                add(said, value);
            }
        }
        _ => add(said, &String::from_utf8_lossy(form)),
    }
}

/// The values of JSON, without its names.
fn add_values(said: &mut String, json: &serde_json::Value) {
    match json {
        serde_json::Value::String(one) => add(said, one),
        serde_json::Value::Array(all) => all.iter().for_each(|one| add_values(said, one)),
        serde_json::Value::Object(all) => all.values().for_each(|one| add_values(said, one)),
        serde_json::Value::Number(number) => add(said, &number.to_string()),
        serde_json::Value::Bool(_) | serde_json::Value::Null => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Method;
    use super::*;

    const TO: &str = "250788000001";
    const TEXT: &str = "Kaziline: Aline, akazi 48213 ni akawe.";

    fn request(content_type: &str, body: &str) -> WireRequest {
        WireRequest {
            method: Method::Post,
            url: "https://sms.invalid/send?username=kaziline&password=hunter2%20x".to_owned(),
            headers: vec![("authorization", "Bearer s3cretkey".to_owned()), ("content-type", content_type.to_owned())],
            body: body.as_bytes().to_vec(),
        }
    }

    fn shown(body: &str, answer: &str) -> String {
        Covered::of(&request("application/json", body), [TO, TEXT].into_iter()).show(answer.as_bytes())
    }

    #[test]
    fn an_operator_reads_why_and_nothing_of_the_person() {
        let sent = r#"{"to":"250788000001","text":"Kaziline: Aline, akazi 48213 ni akawe.","sender":"KAZI"}"#;
        for (answer, expected) in [
            (
                r#"{"requestError":{"text":"Invalid sender KAZI for +250788000001","code":406}}"#,
                r#"{"requestError":{"text":"Invalid sender * for +*","code":406}}"#,
            ),
            ("0: Accepted for delivery", "0: Accepted for delivery"),
            ("ERR no credit, balance 0.50", "ERR no credit, balance 0.50"),
            ("<html>\n<h1>502 Bad Gateway</h1>\r\n</html>", "<html> <h1>502 Bad Gateway</h1> </html>"),
            ("wrong password hunter2 (s3cretkey)", "wrong password * (*)"),
            ("cannot send \"KAZILINE: Aline, AKAZI\" to 0788", "cannot send \"*: *, *\" to 0788"),
            ("id 9f8e7d6c5b4a39281706f5e4d3c2b1a0", "id *"),
            ("token 123456abcdef", "token *"),
            ("not a number: +250 788 000-001, 0788.000.001", "not a number: +*, *"),
            ("Mukamana é", "Mukamana *"),
            ("", ""),
        ] {
            assert_eq!(shown(sent, answer), expected, "{answer}");
        }
        assert_eq!(shown(sent, &"no ".repeat(500)).len(), 299);
    }

    #[test]
    fn what_left_in_a_form_is_covered_too() {
        let sent = "to=%2B250788000001&message=Murakoze+cyane&apiKey=q7w8e9r0";
        assert_eq!(shown(sent, "murakoze cyane q7w8e9r0 refused"), "* * * refused");
    }

    proptest! {
        #[test]
        fn no_number_and_no_word_that_was_sent_is_ever_shown(
            before in "[ -~]{0,60}",
            after in "\\PC{0,60}",
            number in "2507[0-9]{8}",
            text in "[a-z]{3,12}( [a-z]{3,12}){0,5}",
        ) {
            let covered = Covered::of(&request("text/plain", &text), [number.as_str()].into_iter());
            let shown = covered.show(format!("{before} {text} +{number} {after}").as_bytes());
            prop_assert!(!shown.contains(&number));
            let words: Vec<&str> = shown.split(|c: char| !c.is_alphanumeric()).collect();
            prop_assert!(text.split(' ').all(|word| !words.contains(&word)), "{shown}");
            prop_assert!(words.iter().all(|word| word.bytes().filter(u8::is_ascii_digit).count() <= DIGITS_MAX));
        }
    }
}
