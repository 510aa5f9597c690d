//! How many SMS a text costs, and where it is cut into them.
//!
//! One segment holds 160 septets or 70 UCS-2 units; in a longer text each part gives six octets to its header and holds
//! 153 or 67. An escape pair and a surrogate pair are never separated, so a part may stay one unit short.

use super::gsm7;

/// Septets of a text that is sent alone.
pub const GSM7_SINGLE: usize = 160;
/// Septets of each part of a longer text (8-bit reference: six octets of header).
pub const GSM7_PART: usize = 153;
/// UCS-2 units of a text that is sent alone.
pub const UCS2_SINGLE: usize = 70;
/// UCS-2 units of each part of a longer text.
pub const UCS2_PART: usize = 67;

/// The alphabet that a text is sent in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Seven bits a character.
    Gsm7,
    /// Sixteen bits a unit; a character outside the basic plane (an emoji) takes two.
    Ucs2,
}

impl Encoding {
    /// Units of a text that is sent alone.
    pub fn single(self) -> usize {
        match self {
            Encoding::Gsm7 => GSM7_SINGLE,
            Encoding::Ucs2 => UCS2_SINGLE,
        }
    }

    /// Units of each part of a longer text.
    pub fn part(self) -> usize {
        match self {
            Encoding::Gsm7 => GSM7_PART,
            Encoding::Ucs2 => UCS2_PART,
        }
    }

    /// Units of one character in this alphabet. A character outside GSM-7 counts as one there; it never occurs.
    fn cost(self, character: char) -> usize {
        match self {
            Encoding::Gsm7 => gsm7::septets_of(character).unwrap_or(1),
            Encoding::Ucs2 => character.len_utf16(),
        }
    }
}

/// What a text costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The alphabet: GSM-7 when every character is in it, else UCS-2 for the whole text.
    pub encoding: Encoding,
    /// Length of the text: septets, or UTF-16 units.
    pub units: usize,
    /// SMS needed; an empty text is one.
    pub segments: usize,
    /// Units still free in the last one.
    pub left: usize,
}

/// What this text costs as SMS.
pub fn plan(text: &str) -> Plan {
    let (encoding, units) = match gsm7::septets(text) {
        Some(septets) => (Encoding::Gsm7, septets),
        None => (Encoding::Ucs2, text.chars().map(char::len_utf16).sum()),
    };
    if units <= encoding.single() {
        return Plan { encoding, units, segments: 1, left: encoding.single() - units };
    }
    let (mut segments, mut used) = (1, 0);
    for character in text.chars() {
        let cost = encoding.cost(character);
        if used + cost > encoding.part() {
            segments += 1;
            used = 0;
        }
        used += cost;
    }
    Plan { encoding, units, segments, left: encoding.part() - used }
}

/// The text in the parts that [`plan`] counts. Together they are the text; an empty text is one empty part.
pub fn split(text: &str) -> Vec<&str> {
    let plan = plan(text);
    if plan.segments == 1 {
        return vec![text];
    }
    let mut parts = Vec::with_capacity(plan.segments);
    let mut rest = text;
    let mut used = 0;
    let mut end = 0;
    for character in text.chars() {
        let cost = plan.encoding.cost(character);
        if used + cost > plan.encoding.part() {
            let (part, remainder) = rest.split_at(end);
            parts.push(part);
            rest = remainder;
            (used, end) = (0, 0);
        }
        used += cost;
        end += character.len_utf8();
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn edges_of_the_plain_alphabet() {
        assert_eq!(plan(""), Plan { encoding: Encoding::Gsm7, units: 0, segments: 1, left: 160 });
        assert_eq!(plan(&"a".repeat(160)).segments, 1);
        assert_eq!(plan(&"a".repeat(161)), Plan { encoding: Encoding::Gsm7, units: 161, segments: 2, left: 145 });
        assert_eq!(plan(&"a".repeat(306)).segments, 2);
        assert_eq!(plan(&"a".repeat(307)).segments, 3);
    }

    #[test]
    fn an_escape_pair_is_not_cut_at_the_edge_of_a_part() {
        let text = format!("{}€{}", "a".repeat(152), "b".repeat(20));
        assert_eq!(split(&text)[0], "a".repeat(152));
        // 306 septets would fill two parts, but the pair that straddles the edge moves on: three.
        let tight = format!("{}€{}", "a".repeat(152), "b".repeat(152));
        assert_eq!(plan(&tight).units, 306);
        assert_eq!(plan(&tight).segments, 3);
    }

    #[test]
    fn one_foreign_character_turns_the_whole_text() {
        assert_eq!(plan("z\u{2019}igitondo").encoding, Encoding::Ucs2);
        assert_eq!(plan(&"ê".repeat(70)).segments, 1);
        assert_eq!(plan(&"ê".repeat(71)).segments, 2);
    }

    #[test]
    fn an_emoji_is_two_units_and_stays_whole() {
        assert_eq!(plan("😀"), Plan { encoding: Encoding::Ucs2, units: 2, segments: 1, left: 68 });
        let text = format!("{}😀{}", "a".repeat(66), "b".repeat(10));
        assert_eq!(split(&text)[0], "a".repeat(66));
    }

    proptest! {
        #[test]
        fn parts_make_up_the_text_and_fit(text in "[a-z€\\^{}ê😀’ ]{0,600}") {
            let plan = plan(&text);
            let parts = split(&text);
            prop_assert_eq!(parts.len(), plan.segments);
            prop_assert_eq!(parts.concat(), text.clone());
            let limit = if plan.segments == 1 { plan.encoding.single() } else { plan.encoding.part() };
            let mut units = 0;
            for part in &parts {
                let length = match plan.encoding {
                    Encoding::Gsm7 => gsm7::encode(part).unwrap().len(),
                    Encoding::Ucs2 => part.encode_utf16().count(),
                };
                prop_assert!(length <= limit);
                units += length;
            }
            prop_assert_eq!(units, plan.units);
            prop_assert!(plan.left <= limit);
        }

        #[test]
        fn no_part_ends_in_a_lone_escape(text in "[a-z€{}]{150,500}") {
            for part in split(&text) {
                let codes = gsm7::encode(part).unwrap();
                let escapes = codes.split(|code| *code == gsm7::ESC).count() - 1;
                prop_assert_eq!(escapes, part.chars().filter(|c| gsm7::septets_of(*c) == Some(2)).count());
                prop_assert_ne!(codes.last(), Some(&gsm7::ESC));
            }
        }
    }
}
