//! Mail addresses: whose they are, which of them want no more messages, and the word by which one of them says so.

use super::phone_number::{NAME, read_language};
use super::{Fault, PersonId};
use crate::outbox::MailAddress;
use crate::storage::{Column, Error, Keys, Purpose, Row, Tx};
use crate::text::Language;

const MAIL: Column = Column::new("person", "mail");

/// Keyed hash of an address: finds it without being it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MailHash([u8; 32]);

/// Shows nothing, as the hash of a number does not.
impl std::fmt::Debug for MailHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MailHash(..)")
    }
}

/// Bytes of the proof that a word was made by us: 128 bits.
const PROOF_BYTES: usize = 16;

impl MailHash {
    /// The hash of an address in its normal form.
    pub fn of(keys: &Keys, address: &str) -> MailHash {
        MailHash(keys.keyed_hash(Purpose::MailAddress, address.as_bytes()))
    }

    /// The hash as another table holds it.
    pub fn stored(bytes: &[u8]) -> Result<MailHash, Error> {
        bytes.try_into().map(MailHash).map_err(|_| Error::Corrupt { what: "a keyed hash has another length" })
    }

    /// The word that ends messages to this address: it stands in each of them, and nobody can make one for another.
    pub fn stop_word(&self, keys: &Keys) -> String {
        let proof = keys.keyed_hash(Purpose::MailStop, &self.0);
        let bytes = self.0.iter().chain(proof.iter().take(PROOF_BYTES));
        bytes.fold(String::new(), |word, byte| word + &format!("{byte:02x}"))
    }

    /// The address of a word; `None` for one that is not ours.
    pub fn of_stop_word(keys: &Keys, word: &str) -> Option<MailHash> {
        let digits = word.as_bytes().chunks(2).map(|pair| {
            let pair = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(pair, 16).ok()
        });
        let bytes = digits.collect::<Option<Vec<u8>>>()?;
        let hash = MailHash(*bytes.first_chunk()?);
        // Compared as words, whose making costs the same whatever was asked; what is guessed is 128 bits.
        (hash.stop_word(keys) == word).then_some(hash)
    }
}

/// No more messages to this address. False when it was stopped already.
pub fn stop(tx: &mut Tx<'_>, hash: &MailHash, now_ms: i64) -> Result<bool, Fault> {
    const STOP: &str = "INSERT INTO mail_stop (address_hmac, stopped_ms) VALUES ($1, $2) \
        ON CONFLICT (address_hmac) DO NOTHING";
    Ok(tx.execute(STOP, &[(&hash.0).into(), now_ms.into()])? == 1)
}

/// Messages are welcome again. False when it was not stopped.
pub fn start(tx: &mut Tx<'_>, hash: &MailHash) -> Result<bool, Fault> {
    Ok(tx.execute("DELETE FROM mail_stop WHERE address_hmac = $1", &[(&hash.0).into()])? == 1)
}

/// Whether an address wants no more messages.
pub fn is_stopped(tx: &mut Tx<'_>, hash: &MailHash) -> Result<bool, Error> {
    const STOPPED: &str = "SELECT stopped_ms FROM mail_stop WHERE address_hmac = $1";
    Ok(tx.query_one(STOPPED, &[(&hash.0).into()], |row| row.integer(0))?.is_some())
}

/// Keeps the address that a person has given; `None` takes it away. False when the person is closed or erased.
///
/// Nobody else's mail is told by it: an address may be a family's.
pub fn set_of_person(
    tx: &mut Tx<'_>,
    keys: &Keys,
    person: PersonId,
    address: Option<&MailAddress>,
    now_ms: i64,
) -> Result<bool, Fault> {
    const SET: &str = "UPDATE person SET mail_sealed = $2, mail_hmac = $3, changed_ms = $4 \
        WHERE id = $1 AND status <> 'closed'";
    let sealed = address.map(|address| keys.seal(MAIL, person.get(), address.as_str().as_bytes()));
    let hash = address.map(|address| MailHash::of(keys, address.as_str()));
    let hash: Option<&[u8]> = hash.as_ref().map(|hash| hash.0.as_slice());
    Ok(tx.execute(SET, &[person.into(), sealed.as_deref().into(), hash.into(), now_ms.into()])? == 1)
}

/// Whom a mail to a person goes to.
#[derive(Clone, PartialEq, Eq)]
pub struct MailTo {
    /// The address.
    pub address: MailAddress,
    /// Their name, where they gave one.
    pub name: Option<String>,
    /// The language of their number.
    pub language: Language,
}

/// Without the name.
impl std::fmt::Debug for MailTo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailTo").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Whom a mail to this person goes to; `None` when they gave no address, are closed or erased, or the address has
/// stopped. A number that has stopped says nothing of the address.
pub fn of_person(tx: &mut Tx<'_>, keys: &Keys, person: PersonId) -> Result<Option<MailTo>, Fault> {
    const FIND: &str = "SELECT person.mail_sealed, person.name_sealed, phone_number.language FROM person \
        JOIN phone_number ON phone_number.msisdn_hmac = person.msisdn_hmac \
        WHERE person.id = $1 AND person.status <> 'closed' AND person.mail_hmac IS NOT NULL";
    let unread = |_| Error::Corrupt { what: "a stored mail address is none" };
    let found = tx.query_one(FIND, &[person.into()], |row: &Row<'_>| {
        let name = row.optional_bytes(1)?.map(|sealed| keys.open_text(NAME, person.get(), sealed)).transpose()?;
        let address = keys.open_text(MAIL, person.get(), row.bytes(0)?)?;
        Ok(MailTo { address: MailAddress::parse(&address).map_err(unread)?, name, language: read_language(row, 2)? })
    })?;
    let Some(to) = found else { return Ok(None) };
    let stopped = is_stopped(tx, &MailHash::of(keys, to.address.as_str()))?;
    Ok((!stopped).then_some(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_word_names_its_own_address_and_none_can_be_made_up() {
        let keys = Keys::of_no_secret();
        let (one, other) = (MailHash::of(&keys, "a@example.org"), MailHash::of(&keys, "b@example.org"));
        let word = one.stop_word(&keys);
        assert_eq!(MailHash::of_stop_word(&keys, &word), Some(one));
        assert_ne!(word, other.stop_word(&keys));
        let (other_head, (_, tail)) = (other.stop_word(&keys), word.split_at(64));
        let mixed = other_head.split_at(64).0.to_owned() + tail;
        let (cut, half) = (word.split_at(1).1, word.split_at(64).0);
        for bad in ["", "zz", "+f", cut, half, &word.to_uppercase(), &mixed, &format!("{word}00"), "\u{e9}"] {
            assert_eq!(MailHash::of_stop_word(&keys, bad), None, "{bad}");
        }
    }
}
