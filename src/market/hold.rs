//! Which texts are held for a person's look before anybody sees the vacancy.
//!
//! Workers never pay. A text is held when it speaks of the *worker* paying, or carries a phone number, by which the fee
//! is asked for outside the service. How pay is handed over ("paid by mobile money") is no reason. Nothing is refused: a person
//! looks.

use super::phone_in_text;
use crate::text::folding;

/// Why a text is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldReason {
    /// It may ask the worker to pay.
    WorkerPays,
    /// It has a phone number in it.
    PhoneNumber,
}

/// Words by which the worker is made to pay, as [`words`] spells them, each between word boundaries. Kinyarwanda
/// `wishyure` is "that you pay", `wishyurwe` "that you be paid". Drafts for review: rw, sw.
const WORKER_PAYS: [&str; 46] = [
    // English
    "registration fee",
    "registration fees",
    "application fee",
    "training fee",
    "processing fee",
    "interview fee",
    "pay a fee",
    "pay the fee",
    "fee of",
    "pay first",
    "pay before",
    "you pay",
    "you must pay",
    "deposit",
    "send money",
    // Kinyarwanda
    "wishyure",
    "wishyura",
    "ubanze wishyure",
    "mwishyure",
    "kwishyura mbere",
    "kubanza kwishyura",
    "amafaranga yo kwiyandikisha",
    "tanga amafaranga",
    "utange amafaranga",
    "wohereze amafaranga",
    "ohereza amafaranga",
    "ingwate",
    // French
    "frais d inscription",
    "frais de dossier",
    "frais de formation",
    "payer d avance",
    "payez",
    "vous payez",
    "a payer par",
    "verser une caution",
    "une caution",
    "versez",
    "envoyez l argent",
    // Swahili
    "ada ya",
    "lipa kwanza",
    "utalipa",
    "ulipe",
    "malipo ya usajili",
    "tuma pesa",
    "tuma hela",
    "amana",
];

/// Words beside which a phrase above says that the worker does *not* pay, or that somebody else does. They are taken out before
/// the phrases are looked for, so that an honest "no registration fee" passes and a fee beside it does not. Drafts for
/// review: rw, sw.
const WORKER_DOES_NOT_PAY: [&str; 48] = [
    // English
    "no registration fee",
    "no registration fees",
    "no application fee",
    "no training fee",
    "no processing fee",
    "no interview fee",
    "no fee of",
    "no deposit",
    "without deposit",
    "without a deposit",
    "you pay nothing",
    "you never pay",
    "never pay first",
    "you do not pay",
    "you don t pay",
    "do not pay a fee",
    "never pay a fee",
    "do not send money",
    "never send money",
    "we deposit",
    "deposit your pay",
    "deposit your wages",
    "we send money",
    "we pay first",
    "we pay before",
    "pay first week",
    "pay first month",
    // Kinyarwanda
    "nta ngwate",
    "nta mafaranga yo kwiyandikisha",
    "si ngombwa kwishyura mbere",
    "twohereza amafaranga",
    "ntukohereze amafaranga",
    // French
    "pas de frais d inscription",
    "sans frais d inscription",
    "aucuns frais d inscription",
    "pas de frais de dossier",
    "sans frais de dossier",
    "pas de frais de formation",
    "sans frais de formation",
    "ne payez",
    "a payer par l employeur",
    "sans verser une caution",
    "pas une caution",
    "n envoyez l argent",
    // Swahili
    "hakuna ada ya",
    "bila ada ya",
    "hakuna amana",
    "usitume pesa",
];

/// Why a text must wait for a person's look; `None` when it need not.
pub fn reason(text: &str) -> Option<HoldReason> {
    if phone_in_text::is_in(text) {
        return Some(HoldReason::PhoneNumber);
    }
    phrase(text).map(|_| HoldReason::WorkerPays)
}

/// The phrase by which a text may ask the worker to pay, as it stands in the list here; for the person who looks.
pub fn phrase(text: &str) -> Option<&'static str> {
    let mut words = words(text);
    for harmless in WORKER_DOES_NOT_PAY {
        // From the end, so that what was found before keeps its place.
        let found: Vec<usize> = words.match_indices(harmless).map(|(at, _)| at).collect();
        for at in found.into_iter().rev().filter(|at| is_whole(&words, *at, harmless.len())).collect::<Vec<_>>() {
            words.replace_range(at..at + harmless.len(), "-");
        }
    }
    let stands = |phrase: &str| words.match_indices(phrase).any(|(at, _)| is_whole(&words, at, phrase.len()));
    WORKER_PAYS.into_iter().find(|phrase| stands(phrase))
}

/// Lower case without accents, one space where there is no letter or digit.
fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(|c: char| !c.is_alphanumeric()).map(folding::search_key).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word);
    }
    out
}

fn is_whole(words: &str, at: usize, length: usize) -> bool {
    let bytes = words.as_bytes();
    let ends = bytes.get(at + length).is_none_or(|byte| *byte == b' ');
    ends && (at == 0 || bytes.get(at - 1) == Some(&b' '))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_that_make_the_worker_pay_are_held_in_every_language() {
        for text in [
            "Bring the Registration Fee of 5000",
            "A DEPOSIT is asked",
            "Banza wishyure 2000",
            "Ohereza amafaranga kuri MoMo",
            "Frais d'inscription: 3000 F",
            "Il faut verser une caution",
            "Lipa kwanza, kisha uanze kazi",
            "Ada ya usajili 2000",
        ] {
            assert_eq!(reason(text), Some(HoldReason::WorkerPays), "{text}");
        }
    }

    #[test]
    fn numbers_are_held_however_they_are_written() {
        for text in
            ["Call 0788123456", "Hamagara 078 812-34-56.", "+250 (788) 123 456", "tel 0788.123.456", "٠٧٨٨١٢٣٤٥٦"]
        {
            assert_eq!(reason(text), Some(HoldReason::PhoneNumber), "{text}");
        }
    }

    #[test]
    fn honest_texts_pass() {
        for text in [
            "",
            "Paid daily by MoMo. Lunch is given.",
            "Uzishyurwa buri munsi kuri MoMo, wishyurwe 7000.",
            "Payé chaque mois par MoMo: 120 000 F. Travail avec précaution.",
            "Malipo kwa siku 7,000. Chakula kipo.",
            "Bricks for 3 houses, 24/11/2026, from 07:00 to 17:00, 1 500 000 RWF in all",
            "A feed of maize; depositors' bank; Amanah street",
        ] {
            assert_eq!(reason(text), None, "{text}");
        }
    }

    #[test]
    fn near_misses_pass_in_four_languages() {
        for text in [
            "No registration fee. You pay nothing, workers never pay.",
            "We deposit your pay on MoMo each Friday. We send money by MoMo.",
            "We pay before noon on the last day. Pay first week: 20 000 RWF.",
            "Coffee of good quality to pick; fees are ours.",
            "Nta ngwate isabwa. Ushaka akazi ntiyishyura. Twishyura kuri MoMo.",
            "Twohereza amafaranga kuri MoMo buri wa gatanu, uzishyurwe 5000.",
            "Pas de frais d'inscription. Vous ne payez rien, salaire à payer par l'employeur.",
            "Sans frais de dossier. Payé par MoMo.",
            "Hakuna ada ya usajili. Utalipwa kwa M-Pesa kila siku, ulipwe 500.",
            "Malipo kwa MoMo, 7000 kwa siku. Usitume pesa kwa mtu yeyote.",
        ] {
            assert_eq!(reason(text), None, "{text}: {:?}", phrase(text));
        }
    }

    #[test]
    fn an_honest_word_does_not_cover_a_fee_beside_it() {
        for (text, found) in [
            ("No registration fee. Training fee 5000.", "training fee"),
            ("You pay nothing today, you pay 5000 tomorrow", "you pay"),
            ("Pas de frais d'inscription, mais frais de dossier 3000", "frais de dossier"),
            ("Hakuna amana. Lipa kwanza 2000", "lipa kwanza"),
            ("Nta ngwate, banza wishyure 2000", "wishyure"),
            ("no no deposit: a deposit", "deposit"),
        ] {
            assert_eq!(phrase(text), Some(found), "{text}");
        }
    }

    #[test]
    fn every_phrase_is_spelled_as_texts_are_compared() {
        for phrase in WORKER_DOES_NOT_PAY {
            assert_eq!(words(phrase), phrase);
            assert_eq!(reason(phrase), None, "{phrase}");
        }
        for phrase in WORKER_PAYS {
            assert_eq!(words(phrase), phrase);
            assert_eq!(reason(&format!("Xyz, {}!", phrase.to_uppercase())), Some(HoldReason::WorkerPays));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_fault(text: String) {
            prop_assert!(reason(&text) == reason(&text.clone()));
        }

        #[test]
        fn a_number_hides_behind_no_text(before in "[a-z ]{0,20}", number in "07[0-9]{8}", after in "[a-z ]{0,20}") {
            prop_assert_eq!(reason(&format!("{before}{number}{after}")), Some(HoldReason::PhoneNumber));
        }
    }
}
