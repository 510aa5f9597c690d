//! Receipts: a `deliver_sm` whose TLVs or whose text tell where a message is.
//!
//! `id:0A1B2C3D sub:001 dlvrd:001 submit date:2603010814 done date:2603010815 stat:DELIVRD err:000 text:Muraho`
//!
//! The standard shows this form as an example, and SMSCs take it as one: fields are missing or in another order, `err`
//! has letters, `text` a capital. The TLVs are preferred. What stands behind `text:` is the beginning of the message
//! itself: a field is looked for there only when it is nowhere before.

use super::delivered::{Delivered, MESSAGE_STATE, NETWORK_ERROR_CODE, RECEIPTED_MESSAGE_ID, latin1};
use super::{IdFrom, Profile, canonical_id};
use crate::gateway::sms::{About, Answered, Receipt, Reported, SendOutcome};

/// The states of a message in the TLV (SMPP 3.4, 5.2.28; 0 and 9 are of 5.0), and their words in the text.
const STATES: [(u8, &str, Reported); 10] = [
    (0, "SCHEDULED", Reported::InFlight),
    (1, "ENROUTE", Reported::InFlight),
    (2, "DELIVRD", Reported::Delivered),
    (3, "EXPIRED", Reported::Expired),
    (4, "DELETED", Reported::Undelivered),
    (5, "UNDELIV", Reported::Undelivered),
    // Taken by the network on behalf of the phone: no delivery.
    (6, "ACCEPTD", Reported::InFlight),
    (7, "UNKNOWN", Reported::Unclear),
    (8, "REJECTD", Reported::Undelivered),
    (9, "SKIPPED", Reported::Undelivered),
];

/// Words that are not in the standard: whole words where SMSCs do not shorten, and what some add.
const OTHER_WORDS: [(&str, Reported); 7] = [
    ("DELIVERED", Reported::Delivered),
    ("UNDELIVERABLE", Reported::Undelivered),
    ("ACCEPTED", Reported::InFlight),
    ("BUFFRED", Reported::InFlight),
    ("BUFFERED", Reported::InFlight),
    ("REJECTED", Reported::Undelivered),
    ("FAILED", Reported::Undelivered),
];

impl Profile {
    /// The receipt that this tells; `None` when it names no message, so that nothing can be done with it.
    pub(super) fn receipt(&self, delivered: &Delivered) -> Option<Receipt> {
        let text = latin1(&delivered.message);
        let fields = Fields::of(&text);
        let tlv_id =
            delivered.tlv(RECEIPTED_MESSAGE_ID).and_then(|id| id.split(|octet| *octet == 0).next()).map(latin1);
        let raw = tlv_id.filter(|id| !id.trim().is_empty()).or_else(|| fields.named("id").map(str::to_owned))?;
        let id = canonical_id(&raw, self.id_form, IdFrom::Receipt);
        if id.is_empty() {
            return None;
        }
        let state = delivered.tlv(MESSAGE_STATE).and_then(<[u8]>::first);
        let (reported, word) = match state.and_then(|state| STATES.iter().find(|(known, _, _)| known == state)) {
            Some((_, word, reported)) => (*reported, (*word).to_owned()),
            None => by_word(fields.named("stat").unwrap_or_default()),
        };
        let error = match delivered.tlv(NETWORK_ERROR_CODE) {
            Some(&[network, high, low]) => Some(format!("{network}-{}", u16::from_be_bytes([high, low]))),
            _ => fields.named("err").map(str::to_owned),
        };
        let says_more = error.filter(|error| error.bytes().any(|byte| byte != b'0'));
        let detail = says_more.map_or_else(|| word.clone(), |error| format!("{word}.{error}"));
        let detail = Answered::with(SendOutcome::Unknown, &detail).detail;
        Some(Receipt { about: About::ProviderId(id), reported, detail })
    }
}

fn by_word(word: &str) -> (Reported, String) {
    let word = word.to_ascii_uppercase();
    let standard = STATES.iter().map(|(_, known, reported)| (*known, *reported));
    let reported = standard.chain(OTHER_WORDS).find(|(known, _)| *known == word);
    (reported.map_or(Reported::Unclear, |(_, reported)| reported), word)
}

/// The fields of a receipt's text: those before `text:`, and what stands behind it.
struct Fields<'t> {
    before: &'t str,
    behind: &'t str,
}

impl<'t> Fields<'t> {
    fn of(text: &'t str) -> Self {
        let (before, behind) = position(text, "text").and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""));
        Self { before, behind }
    }

    fn named(&self, name: &str) -> Option<&'t str> {
        value(self.before, name).or_else(|| value(self.behind, name))
    }
}

/// Where `name:` stands as a word of its own, in any letter case.
fn position(text: &str, name: &str) -> Option<usize> {
    let is_field = |rest: &str| {
        rest.get(..name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name))
            && rest.get(name.len()..).is_some_and(|rest| rest.starts_with(':'))
    };
    let mut word_begins = true;
    for (at, character) in text.char_indices() {
        if word_begins && text.get(at..).is_some_and(is_field) {
            return Some(at);
        }
        word_begins = is_gap(character);
    }
    None
}

/// The value of `name:`, without a space before it; `None` when it is empty.
fn value<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let rest = text.get(position(text, name)?..)?;
    let (_, rest) = rest.split_once(':')?;
    let value = rest.trim_start_matches(' ').split(is_gap).next()?;
    Some(value).filter(|value| !value.is_empty() && !value.contains(':'))
}

/// Between fields: spaces, and what some SMSCs put in their place.
fn is_gap(character: char) -> bool {
    character.is_whitespace() || character.is_control() || ",;".contains(character)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::IdForm;
    use super::super::pdu::{DELIVER_SM, Frame};
    use super::*;

    /// A `deliver_sm` with this text and these TLVs.
    fn delivered(text: &[u8], tlvs: &[(u16, &[u8])]) -> Delivered {
        let mut body = b"\0\x01\x01250788000001\0\x03\x008282\0\x04\0\0\0\0\0\0\0\0".to_vec();
        body.push(u8::try_from(text.len()).unwrap());
        body.extend(text);
        for (tag, value) in tlvs {
            body.extend(tag.to_be_bytes());
            body.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
            body.extend(*value);
        }
        Delivered::read(&Frame { command: DELIVER_SM, status: 0, sequence: 1, body }).unwrap()
    }

    fn of(text: &str, tlvs: &[(u16, &[u8])]) -> Option<(String, Reported, String)> {
        let receipt = Profile::for_sender("K").receipt(&delivered(text.as_bytes(), tlvs))?;
        let About::ProviderId(id) = receipt.about else { panic!("by the provider's id") };
        Some((id, receipt.reported, receipt.detail))
    }

    fn told(id: &str, reported: Reported, detail: &str) -> (String, Reported, String) {
        (id.to_owned(), reported, detail.to_owned())
    }

    #[test]
    fn the_text_is_read_as_the_standard_shows_it_and_as_smscs_write_it() {
        for (text, expected) in [
            (
                "id:0A1B2C3D sub:001 dlvrd:001 submit date:2603010814 done date:2603010815 stat:DELIVRD err:000 text:t",
                Some(told("a1b2c3d", Reported::Delivered, "DELIVRD")),
            ),
            ("id:12 stat:UNDELIV err:034", Some(told("12", Reported::Undelivered, "UNDELIV.034"))),
            ("stat:EXPIRED err:A1F id:12 Text:x", Some(told("12", Reported::Expired, "EXPIRED.A1F"))),
            ("ID: 12 STAT: delivrd", Some(told("12", Reported::Delivered, "DELIVRD"))),
            ("id:12,sub:001,stat:REJECTD,err:8", Some(told("12", Reported::Undelivered, "REJECTD.8"))),
            ("id:12 stat:ACCEPTD err:000 text:", Some(told("12", Reported::InFlight, "ACCEPTD"))),
            ("id:12 stat:ENROUTE", Some(told("12", Reported::InFlight, "ENROUTE"))),
            ("id:12 stat:FAILED err:", Some(told("12", Reported::Undelivered, "FAILED"))),
            ("id:12 stat:Delivered", Some(told("12", Reported::Delivered, "DELIVERED"))),
            ("id:12 stat:UNKNOWN", Some(told("12", Reported::Unclear, "UNKNOWN"))),
            ("id:12 stat:BUFFRED", Some(told("12", Reported::InFlight, "BUFFRED"))),
            ("id:12 stat:DELIVRDX", Some(told("12", Reported::Unclear, "DELIVRDX"))),
            ("id:12", Some(told("12", Reported::Unclear, ""))),
            ("text:Muraho id:12 stat:DELETED", Some(told("12", Reported::Undelivered, "DELETED"))),
            ("stat:DELIVRD", None),
            ("id: stat:DELIVRD", None),
            ("Muraho", None),
            ("", None),
        ] {
            assert_eq!(of(text, &[]), expected, "{text}");
        }
    }

    #[test]
    fn the_words_of_the_message_are_not_taken_for_the_receipts() {
        let text = "id:12 stat:UNDELIV err:001 text:id:99 stat:DELIVRD";
        assert_eq!(of(text, &[]), Some(told("12", Reported::Undelivered, "UNDELIV.001")));
        // `valid:` is no `id:`.
        assert_eq!(of("valid:7 id:12 stat:DELIVRD", &[]), Some(told("12", Reported::Delivered, "DELIVRD")));
    }

    #[test]
    fn tlvs_are_preferred_to_the_text() {
        let id: (u16, &[u8]) = (RECEIPTED_MESSAGE_ID, b"0A1B\0");
        let text = "id:77 stat:ENROUTE err:000";
        assert_eq!(of(text, &[id, (MESSAGE_STATE, &[2])]), Some(told("a1b", Reported::Delivered, "DELIVRD")));
        assert_eq!(of("", &[id, (MESSAGE_STATE, &[5])]), Some(told("a1b", Reported::Undelivered, "UNDELIV")));
        let error: (u16, &[u8]) = (NETWORK_ERROR_CODE, &[3, 0, 27]);
        assert_eq!(
            of("", &[id, (MESSAGE_STATE, &[5]), error]),
            Some(told("a1b", Reported::Undelivered, "UNDELIV.3-27"))
        );
        // A state that is none: the text may know better. An id without its NUL, or an empty one.
        assert_eq!(of(text, &[id, (MESSAGE_STATE, &[77])]), Some(told("a1b", Reported::InFlight, "ENROUTE")));
        assert_eq!(of("", &[(RECEIPTED_MESSAGE_ID, b"0A1B")]), Some(told("a1b", Reported::Unclear, "")));
        assert_eq!(of(text, &[(RECEIPTED_MESSAGE_ID, b"\0")]), Some(told("77", Reported::InFlight, "ENROUTE")));
        let every = (0..=9).map(|state| of("", &[id, (MESSAGE_STATE, &[state])]).unwrap().1).collect::<Vec<_>>();
        let (flight, lost) = (Reported::InFlight, Reported::Undelivered);
        let expected =
            [flight, flight, Reported::Delivered, Reported::Expired, lost, lost, flight, Reported::Unclear, lost, lost];
        assert_eq!(every, expected);
    }

    #[test]
    fn a_decimal_id_finds_the_hexadecimal_one_of_the_response() {
        let profile = Profile { id_form: IdForm::ResponseHexReceiptDecimal, ..Profile::for_sender("K") };
        let receipt = profile.receipt(&delivered(b"id:169552957 stat:DELIVRD", &[])).unwrap();
        let response = canonical_id("0A1B2C3D", profile.id_form, IdFrom::Response);
        assert_eq!(receipt.about, About::ProviderId(response));
    }

    #[test]
    fn a_detail_never_repeats_a_number() {
        assert_eq!(of("id:12 stat:DELIVRD err:250788000001", &[]), Some(told("12", Reported::Delivered, "")));
    }

    proptest! {
        #[test]
        fn fields_are_found_in_any_order(
            order in Just(["id:0c0ffee", "sub:001", "dlvrd:000", "stat:UNDELIV", "err:0x5"]).prop_shuffle(),
            tail in "( text:[ -~]{0,20})?",
        ) {
            let text = order.join(" ") + &tail;
            prop_assert_eq!(of(&text, &[]), Some(told("c0ffee", Reported::Undelivered, "UNDELIV.0x5")));
        }

        #[test]
        fn any_text_is_read_or_not(text in prop::collection::vec(any::<u8>(), 0..200), state in any::<u8>()) {
            let profile = Profile::for_sender("K");
            profile.receipt(&delivered(&text, &[(MESSAGE_STATE, &[state])]));
        }
    }
}
