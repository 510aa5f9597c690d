//! What a caller saw, for the help desk: the last calls of a number, hop by hop, with numbers and names exchanged.

use super::record::ANSWER;
use crate::storage::{Error, Keys, Row, Tx};
use crate::text::{folding, masking};

/// Calls that are told: what somebody may still speak of.
const CALLS_MAX: i64 = 5;
/// Hops of one call that are told, from its end.
const HOPS_MAX: usize = 64;

/// Letters from which a word is a name: shorter ones are parts of others.
const NAME_LETTERS_MIN: usize = 3;

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The channel.
    pub channel: String,
    /// When it was dialled.
    pub started_ms: i64,
    /// Why it ended, if that is known.
    pub ended_why: Option<String>,
    /// SHA-256 of its bundle.
    pub bundle_hash: Vec<u8>,
    /// Whether it is offered again on the next dial.
    pub resumable: bool,
    /// Its hops, in their order.
    pub hops: Vec<CallHop>,
}

/// One hop.
#[derive(Clone, PartialEq, Eq)]
pub struct CallHop {
    /// When it was answered.
    pub at_ms: i64,
    /// What it was to the screen before it.
    pub turn: String,
    /// The state that was shown.
    pub state: String,
    /// The screen, masked; `None` where it was secret.
    pub screen: Option<String>,
    /// Whether the call ended with it.
    pub is_end: bool,
}

/// Screens stay out of logs.
impl std::fmt::Debug for CallHop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CallHop({}, {})", self.state, self.turn)
    }
}

/// A call as it is stored, and its last hop.
struct Stored {
    call: Call,
    last_uid: i64,
}

/// The last calls of a number, newest first. `names` are of its persons, and are exchanged wherever they stand.
pub fn calls(tx: &mut Tx<'_>, keys: &Keys, number_hash: &[u8], names: &[String]) -> Result<Vec<Call>, Error> {
    const CALLS: &str = "SELECT channel, started_ms, ended_why, bundle_hash, resumable, hop_uid FROM session \
        WHERE number_hash = $1 ORDER BY session_id DESC LIMIT $2";
    let stored = tx.query(CALLS, &[number_hash.into(), CALLS_MAX.into()], |row| {
        let call = Call {
            channel: row.text(0)?.to_owned(),
            started_ms: row.integer(1)?,
            ended_why: row.optional_text(2)?.map(str::to_owned),
            bundle_hash: row.bytes(3)?.to_vec(),
            resumable: row.boolean(4)?,
            hops: Vec::new(),
        };
        Ok(Stored { call, last_uid: row.integer(5)? })
    })?;
    let mut calls = Vec::new();
    for Stored { mut call, last_uid } in stored {
        call.hops = hops(tx, keys, last_uid, names)?;
        calls.push(call);
    }
    Ok(calls)
}

fn hops(tx: &mut Tx<'_>, keys: &Keys, last_uid: i64, names: &[String]) -> Result<Vec<CallHop>, Error> {
    const HOP: &str =
        "SELECT previous_uid, answered_ms, turn, state, is_end, answer_sealed FROM hop WHERE hop_uid = $1";
    let mut hops = Vec::new();
    let mut hop_uid = last_uid;
    for _ in 0..HOPS_MAX {
        let read = |row: &Row<'_>| {
            let hop = CallHop {
                at_ms: row.integer(1)?,
                turn: row.text(2)?.to_owned(),
                state: row.text(3)?.to_owned(),
                screen: None,
                is_end: row.boolean(4)?,
            };
            Ok((row.integer(0)?, hop, row.optional_bytes(5)?.map(<[u8]>::to_vec)))
        };
        let Some((previous_uid, mut hop, sealed)) = tx.query_one(HOP, &[hop_uid.into()], read)? else { break };
        if let Some(sealed) = sealed {
            hop.screen = Some(masked(&keys.open_text(ANSWER, hop_uid, &sealed)?, names));
        }
        hops.push(hop);
        hop_uid = previous_uid;
    }
    hops.reverse();
    Ok(hops)
}

fn masked(screen: &str, names: &[String]) -> String {
    let mut text = masking::numbers(screen);
    for name in names {
        // As screens have it: in the phones' alphabet, and perhaps cut.
        let shown = folding::fold(name);
        for word in std::iter::once(name.as_str()).chain(shown.split_whitespace()) {
            let letters: Vec<char> = word.chars().collect();
            if letters.len() >= NAME_LETTERS_MIN {
                text = masking::exchange(&text, word, &masking::letters(word));
            }
            for cut in (NAME_LETTERS_MIN..letters.len()).rev() {
                let cut: String = letters.iter().take(cut).chain(&['.']).collect();
                text = masking::exchange(&text, &cut, &masking::letters(&cut));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_exchanged_as_screens_have_them() {
        let names = ["Ndayishimiye D’Arc".to_owned(), "Li".to_owned()];
        for (screen, shown) in [
            ("Ndayishimiye D'Arc, Mason", "Aaaaaaaaaaaa A'Aaa, Mason"),
            ("NDAYISHIMIYE: 7000/day", "Aaaaaaaaaaaa: 7000/day"),
            ("Ndayishimi. Remera", "Aaaaaaaaaa. Remera"),
            ("Call 0788 123 456", "Call 0788 199 999"),
            ("Lime, Kigali", "Lime, Kigali"),
        ] {
            assert_eq!(masked(screen, &names), shown);
        }
    }
}
