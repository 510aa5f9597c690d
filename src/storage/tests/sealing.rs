//! Sealed values: they open where they were sealed, unchanged, and nowhere else.

use proptest::prelude::*;

use crate::storage::{Column, Error, Keys, Purpose};

const NAME: Column = Column::new("person", "name");

#[test]
fn a_value_opens_only_in_its_own_table_column_and_row() {
    let keys = Keys::of_no_secret();
    let sealed = keys.seal(NAME, 7, b"Uwimana");
    assert_eq!(keys.open_text(NAME, 7, &sealed), Ok("Uwimana".to_owned()));
    let elsewhere = [
        (NAME, 8),
        (Column::new("person", "note"), 7),
        (Column::new("worker", "name"), 7),
        (Column::new("perso", "nname"), 7),
    ];
    for (column, row_id) in elsewhere {
        assert!(matches!(keys.open(column, row_id, &sealed), Err(Error::Corrupt { .. })), "{column:?} {row_id}");
        assert_ne!(keys.seal(column, row_id, b"Uwimana"), sealed);
    }
}

#[test]
fn text_that_is_not_text_and_values_of_other_keys_are_refused() {
    let keys = Keys::of_no_secret();
    assert!(keys.open_text(NAME, 7, &keys.seal(NAME, 7, &[0xff])).is_err());
    let mut other_key = keys.seal(NAME, 7, b"x");
    other_key[0] = 2;
    let expected = Error::Corrupt { what: "a sealed value was sealed with another key" };
    assert_eq!(keys.open(NAME, 7, &other_key), Err(expected));
}

#[test]
fn hashes_of_different_purposes_differ() {
    let keys = Keys::of_no_secret();
    let purposes = [Purpose::Msisdn, Purpose::SessionText, Purpose::Refusal, Purpose::Token];
    let mut hashes = purposes.map(|purpose| keys.keyed_hash(purpose, b"250788000001")).to_vec();
    assert_eq!(hashes[0], keys.clone().keyed_hash(Purpose::Msisdn, b"250788000001"));
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), purposes.len());
}

/// Stored values must stay readable: a change of the derivation or of the format shows here.
#[test]
fn the_format_is_fixed() {
    let keys = Keys::of_no_secret();
    let hex = |bytes: &[u8]| bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    assert_eq!(hex(&keys.seal(NAME, 7, b"Uwimana")), "01f294101e2b01500589c95c729b7218992e144df2d26018");
    assert_eq!(
        hex(&keys.keyed_hash(Purpose::Msisdn, b"250788000001")),
        "b1aae55abc8ea12bc2d9adde3d0d0a2540d860743c3a32a7e3af7261fd281b0b"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn sealing_is_repeatable_and_opens(plain in prop::collection::vec(any::<u8>(), 0..200), row_id in any::<i64>()) {
        let keys = Keys::of_no_secret();
        let sealed = keys.seal(NAME, row_id, &plain);
        prop_assert_eq!(&keys.seal(NAME, row_id, &plain), &sealed);
        prop_assert_eq!(sealed.len(), plain.len() + 17);
        prop_assert_eq!(keys.open(NAME, row_id, &sealed), Ok(plain));
    }

    #[test]
    fn any_tampering_is_noticed(plain in prop::collection::vec(any::<u8>(), 0..60), at in any::<usize>(), flip in 1_u8..) {
        let keys = Keys::of_no_secret();
        let mut sealed = keys.seal(NAME, 7, &plain);
        let at = at % sealed.len();
        let shorter = keys.open(NAME, 7, &sealed[..at]);
        prop_assert!(matches!(shorter, Err(Error::Corrupt { .. })), "cut");
        sealed[at] ^= flip;
        prop_assert!(matches!(keys.open(NAME, 7, &sealed), Err(Error::Corrupt { .. })), "changed");
    }
}
