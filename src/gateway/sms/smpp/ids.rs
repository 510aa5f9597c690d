//! Message ids in one form, so that the id of a receipt finds the id of a response.
//!
//! SMSCs write the same id in capitals here and in small letters there, with leading zeros or without, in hexadecimal
//! in the response and in decimal in the receipt (jsmpp issue 56 collects them). Letter case and zeros never matter;
//! the base has to be said, since `10` is a number in both.

/// The longest id that is kept, in characters. SMPP 3.4 has 64; more than twice as much is no id.
pub const PROVIDER_ID_CHARACTERS_MAX: usize = 128;

/// In which bases an SMSC writes its ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdForm {
    /// The same on both sides, or no number at all.
    #[default]
    AsIs,
    /// Hexadecimal in `submit_sm_resp`, decimal in receipts: the usual difference.
    ResponseHexReceiptDecimal,
    /// Decimal in `submit_sm_resp`, hexadecimal in receipts.
    ResponseDecimalReceiptHex,
}

impl IdForm {
    /// The form of this name in the configuration: `as_is`, `response_hex` or `response_decimal`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "as_is" => Some(Self::AsIs),
            "response_hex" => Some(Self::ResponseHexReceiptDecimal),
            "response_decimal" => Some(Self::ResponseDecimalReceiptHex),
            _ => None,
        }
    }
}

/// Where an id was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdFrom {
    /// `submit_sm_resp`.
    Response,
    /// A receipt: its text or its TLV.
    Receipt,
}

/// The form of an id in which both sides are equal: small letters, no leading zeros, hexadecimal where bases differ.
///
/// An id that is no number of its base, or one above 128 bits, is only brought to small letters without leading zeros:
/// a prefix that some SMSCs put before the number is on both sides. An id that is too long to be one becomes empty.
pub fn canonical_id(raw: &str, form: IdForm, from: IdFrom) -> String {
    let plain = raw.chars().filter(|c| !c.is_whitespace() && !c.is_control());
    let id: String = plain.map(|c| c.to_ascii_lowercase()).collect();
    if id.len() > PROVIDER_ID_CHARACTERS_MAX {
        return String::new();
    }
    let number = match (form, from) {
        (IdForm::AsIs, _) => None,
        (IdForm::ResponseHexReceiptDecimal, IdFrom::Response)
        | (IdForm::ResponseDecimalReceiptHex, IdFrom::Receipt) => {
            u128::from_str_radix(id.strip_prefix("0x").unwrap_or(&id), 16).ok()
        }
        (IdForm::ResponseHexReceiptDecimal, IdFrom::Receipt)
        | (IdForm::ResponseDecimalReceiptHex, IdFrom::Response) => id.parse::<u128>().ok(),
    };
    if let Some(number) = number {
        return format!("{number:x}");
    }
    match id.trim_start_matches('0') {
        "" if !id.is_empty() => "0".to_owned(),
        significant => significant.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn both(response: &str, receipt: &str, form: IdForm) -> (String, String) {
        (canonical_id(response, form, IdFrom::Response), canonical_id(receipt, form, IdFrom::Receipt))
    }

    #[test]
    fn the_two_sides_of_known_smscs_are_equal() {
        for (response, receipt, form) in [
            ("0A1B2C3D", "a1b2c3d", IdForm::AsIs),
            ("00012345", "12345", IdForm::AsIs),
            ("6f1c0d52-9c1e-4b0e-a7d0-1f8a6f0e1b11", "6F1C0D52-9C1E-4B0E-A7D0-1F8A6F0E1B11", IdForm::AsIs),
            ("0A1B2C3D", "169552957", IdForm::ResponseHexReceiptDecimal),
            ("0x0a1b2c3d", "0169552957", IdForm::ResponseHexReceiptDecimal),
            ("169552957", "0A1B2C3D", IdForm::ResponseDecimalReceiptHex),
            ("msg-7", "MSG-7", IdForm::ResponseHexReceiptDecimal),
            (" 17 ", "17", IdForm::AsIs),
            ("000", "0", IdForm::AsIs),
        ] {
            let (a, b) = both(response, receipt, form);
            assert_eq!(a, b, "{response} {receipt}");
            assert!(!a.is_empty());
        }
    }

    #[test]
    fn different_ids_stay_different() {
        let (a, b) = both("10", "10", IdForm::ResponseHexReceiptDecimal);
        assert_eq!((a.as_str(), b.as_str()), ("10", "a"));
        let (a, b) = both("1000", "100", IdForm::AsIs);
        assert_ne!(a, b);
    }

    #[test]
    fn what_is_too_long_for_an_id_is_none() {
        let just = "7".repeat(PROVIDER_ID_CHARACTERS_MAX);
        assert_eq!(canonical_id(&just, IdForm::AsIs, IdFrom::Response), just);
        assert_eq!(canonical_id(&format!("{just}7"), IdForm::AsIs, IdFrom::Response), "");
        assert_eq!(canonical_id("", IdForm::AsIs, IdFrom::Response), "");
    }

    #[test]
    fn forms_are_found_by_their_names() {
        assert_eq!(IdForm::from_name("as_is"), Some(IdForm::AsIs));
        assert_eq!(IdForm::from_name("response_hex"), Some(IdForm::ResponseHexReceiptDecimal));
        assert_eq!(IdForm::from_name("response_decimal"), Some(IdForm::ResponseDecimalReceiptHex));
        assert_eq!(IdForm::from_name("hex"), None);
    }

    proptest! {
        #[test]
        fn a_number_is_the_same_in_both_bases(number in any::<u128>(), zeros in 0..4_usize, capitals in any::<bool>()) {
            let hex = if capitals { format!("{number:X}") } else { format!("{number:x}") };
            let (hex, decimal) = ("0".repeat(zeros) + &hex, "0".repeat(zeros) + &number.to_string());
            let (a, b) = both(&hex, &decimal, IdForm::ResponseHexReceiptDecimal);
            prop_assert_eq!(&a, &b);
            let (c, d) = both(&decimal, &hex, IdForm::ResponseDecimalReceiptHex);
            prop_assert_eq!(&a, &c);
            prop_assert_eq!(c, d);
        }

        #[test]
        fn any_id_has_one_form(raw in ".{0,140}", receipt in any::<bool>()) {
            let from = if receipt { IdFrom::Receipt } else { IdFrom::Response };
            let once = canonical_id(&raw, IdForm::AsIs, from);
            prop_assert_eq!(canonical_id(&once, IdForm::AsIs, from), once);
        }
    }
}
