//! Encrypted backups: a stream in chunks, each sealed, in an order that cannot be changed or cut short unnoticed.
//!
//! The file is a head of 49 bytes and then chunks:
//!
//! | bytes | what |
//! |---|---|
//! | 16 | `kaziline-backup` and a line feed |
//! | 1 | version of this layout: 1 |
//! | 1 | number of the key, as in the key file |
//! | 8 | key check: the first bytes of HMAC-SHA256 of `key check` under the backup key |
//! | 16 | salt, random |
//! | 7 | prefix of the nonces, random |
//! | 64 KiB + 16, the last one less | chunks: ciphertext and tag |
//!
//! The backup key is HKDF-SHA256 (salt `kaziline`, info `backup`) of the secret in the key file; the key of one file is
//! HMAC-SHA256 of `file key` and the salt under it. A chunk is AES-256-GCM with nonce `prefix | number of the chunk (4,
//! big-endian) | 1 if it is the last, else 0`, bound to the whole head. This is the STREAM construction (Hoang, Reyhanitabar,
//! Rogaway, Vizár 2015) in the layout that Tink uses. A key per file means that nonces need not be unique among files.

use std::io::{ErrorKind, Read, Write};

use aws_lc_rs::{aead, hmac};

use super::Keys;

/// How an encrypted backup begins.
const MAGIC: &[u8; 16] = b"kaziline-backup\n";
const VERSION: u8 = 1;
const CHECK_BYTES: usize = 8;
const SALT_BYTES: usize = 16;
const PREFIX_BYTES: usize = 7;
const HEAD_BYTES: usize = 16 + 1 + 1 + CHECK_BYTES + SALT_BYTES + PREFIX_BYTES;
/// Bytes of a chunk before it is sealed: small in memory, and its tag is a quarter of a thousandth of it.
const CHUNK_BYTES: usize = 64 << 10;

/// Random bytes that one encrypted file uses up: salt and nonce prefix. Never used for two files.
pub type Chance = [u8; SALT_BYTES + PREFIX_BYTES];

/// Why a stream was not sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum CipherFault {
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// It is not an encrypted backup.
    #[error("it is not an encrypted backup")]
    NotEncrypted,
    /// Another version of the layout.
    #[error("it was encrypted by a newer program")]
    Newer,
    /// It was sealed with another key.
    #[error("it was encrypted with another key")]
    OtherKey,
    /// A chunk does not open, or the end is missing.
    #[error("it is damaged or cut short in the 64 KiB that begin at byte {at}")]
    Damaged {
        /// Where the chunk begins in the file.
        at: u64,
    },
    /// More chunks than can be counted: 256 TiB.
    #[error("it is longer than an encrypted backup can be")]
    TooLong,
}

/// The key and the nonces of one file.
struct Stream {
    key: aead::LessSafeKey,
    head: [u8; HEAD_BYTES],
    chunk: u32,
}

impl Stream {
    fn new(keys: &Keys, head: [u8; HEAD_BYTES]) -> Self {
        let salt = part(&head, HEAD_BYTES - PREFIX_BYTES - SALT_BYTES, SALT_BYTES);
        let secret = hmac::sign(keys.backup(), &[b"file key", salt].concat());
        // A hash has the length of the key.
        let key = aead::UnboundKey::new(&aead::AES_256_GCM, secret.as_ref());
        let key = key.unwrap_or_else(|_| unreachable!("SHA-256 is as long as the key"));
        Self { key: aead::LessSafeKey::new(key), head, chunk: 0 }
    }

    fn nonce(&mut self, last: bool) -> Result<aead::Nonce, CipherFault> {
        let mut nonce = [0; aead::NONCE_LEN];
        let parts = [part(&self.head, HEAD_BYTES - PREFIX_BYTES, PREFIX_BYTES), &self.chunk.to_be_bytes()].concat();
        nonce.iter_mut().zip(parts.into_iter().chain([u8::from(last)])).for_each(|(to, from)| *to = from);
        self.chunk = self.chunk.checked_add(1).ok_or(CipherFault::TooLong)?;
        Ok(aead::Nonce::assume_unique_for_key(nonce))
    }

    fn seal(&mut self, chunk: &mut Vec<u8>, last: bool) -> Result<(), CipherFault> {
        let nonce = self.nonce(last)?;
        // Refuses only what is longer than any chunk.
        let sealed = self.key.seal_in_place_append_tag(nonce, aead::Aad::from(&self.head), chunk);
        sealed.map_err(|_| CipherFault::TooLong)
    }

    fn open<'c>(&mut self, chunk: &'c mut [u8], last: bool) -> Result<&'c [u8], CipherFault> {
        let begins = u64::from(self.chunk) * (CHUNK_BYTES + aead::MAX_TAG_LEN) as u64;
        let nonce = self.nonce(last)?;
        let opened = self.key.open_in_place(nonce, aead::Aad::from(&self.head), chunk);
        opened.map(|plain| &*plain).map_err(|_| CipherFault::Damaged { at: HEAD_BYTES as u64 + begins })
    }
}

fn part(head: &[u8; HEAD_BYTES], from: usize, bytes: usize) -> &[u8] {
    head.get(from..from + bytes).unwrap_or_default()
}

fn key_check(keys: &Keys) -> Vec<u8> {
    hmac::sign(keys.backup(), b"key check").as_ref().iter().copied().take(CHECK_BYTES).collect()
}

/// Seals all of `from` into `to`. `goes_on` is asked before each chunk.
pub(super) fn seal(
    keys: &Keys,
    chance: &Chance,
    mut from: impl Read,
    mut to: impl Write,
    mut goes_on: impl FnMut() -> std::io::Result<()>,
) -> Result<(), CipherFault> {
    let key_id = u8::try_from(keys.key_id()).unwrap_or(u8::MAX);
    let whole = [&MAGIC[..], &[VERSION, key_id], &key_check(keys), chance].concat();
    let mut head = [0; HEAD_BYTES];
    head.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
    to.write_all(&head)?;
    let mut stream = Stream::new(keys, head);
    let mut chunk = read_up_to(&mut from, CHUNK_BYTES)?;
    loop {
        goes_on()?;
        let next = read_up_to(&mut from, CHUNK_BYTES)?;
        stream.seal(&mut chunk, next.is_empty())?;
        to.write_all(&chunk)?;
        if next.is_empty() {
            return Ok(());
        }
        chunk = next;
    }
}

/// Opens what [`seal`] made. What is written before a fault is genuine but not whole: throw it away.
pub(super) fn open(keys: &Keys, mut from: impl Read, mut to: impl Write) -> Result<(), CipherFault> {
    const SEALED_BYTES: usize = CHUNK_BYTES + aead::MAX_TAG_LEN;
    let mut head = [0; HEAD_BYTES];
    from.read_exact(&mut head).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => CipherFault::Damaged { at: 0 },
        _ => CipherFault::Io(error),
    })?;
    let (magic, rest) = head.split_first_chunk().ok_or(CipherFault::NotEncrypted)?;
    match (magic == MAGIC, rest.first()) {
        (false, _) => return Err(CipherFault::NotEncrypted),
        (true, Some(&VERSION)) => {}
        (true, _) => return Err(CipherFault::Newer),
    }
    if part(&head, MAGIC.len() + 2, CHECK_BYTES) != key_check(keys) {
        return Err(CipherFault::OtherKey);
    }
    let mut stream = Stream::new(keys, head);
    let mut chunk = read_up_to(&mut from, SEALED_BYTES)?;
    loop {
        let next = read_up_to(&mut from, SEALED_BYTES)?;
        to.write_all(stream.open(&mut chunk, next.is_empty())?)?;
        if next.is_empty() {
            return Ok(());
        }
        chunk = next;
    }
}

/// Whether a file that begins with these bytes is an encrypted backup.
pub(super) fn is_sealed(beginning: &[u8]) -> bool {
    beginning.starts_with(MAGIC)
}

/// The next `bytes` bytes, or as many as there still are.
fn read_up_to(from: &mut impl Read, bytes: usize) -> std::io::Result<Vec<u8>> {
    let mut read = Vec::with_capacity(bytes + aead::MAX_TAG_LEN);
    from.by_ref().take(bytes as u64).read_to_end(&mut read)?;
    Ok(read)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CHANCE: Chance = [7; SALT_BYTES + PREFIX_BYTES];

    fn sealed(plain: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::new();
        seal(&Keys::of_no_secret(), &CHANCE, plain, &mut sealed, || Ok(())).unwrap();
        sealed
    }

    fn opened(keys: &Keys, sealed: &[u8]) -> Result<Vec<u8>, CipherFault> {
        let mut plain = Vec::new();
        open(keys, sealed, &mut plain).map(|()| plain)
    }

    #[test]
    fn streams_of_every_length_around_a_chunk_come_back() {
        for bytes in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES + 5] {
            let plain: Vec<u8> = (0..bytes).map(|at| u8::try_from(at % 251).unwrap()).collect();
            assert_eq!(opened(&Keys::of_no_secret(), &sealed(&plain)).unwrap(), plain, "{bytes}");
        }
    }

    #[test]
    fn another_key_another_version_and_another_file_are_told_apart() {
        let (file, keys) = (sealed(b"rows"), Keys::of_no_secret());
        let other = Keys::derive(1, b"another secret, also of no worth");
        assert!(matches!(opened(&other, &file), Err(CipherFault::OtherKey)));
        assert!(matches!(
            opened(&keys, b"SQLite format 3\0 and a long rest behind it, to fill a head"),
            Err(CipherFault::NotEncrypted)
        ));
        let mut newer = file.clone();
        newer[MAGIC.len()] = 2;
        assert!(matches!(opened(&keys, &newer), Err(CipherFault::Newer)));
        assert!(is_sealed(&file) && !is_sealed(b"SQLite format 3\0"));
    }

    #[test]
    fn chunks_cannot_change_places_or_be_left_out() {
        let chunk = CHUNK_BYTES + aead::MAX_TAG_LEN;
        let file = sealed(&vec![1; 3 * CHUNK_BYTES]);
        let (head, chunks) = file.split_at(HEAD_BYTES);
        let (first, rest) = chunks.split_at(chunk);
        let (second, third) = rest.split_at(chunk);
        for parts in
            [vec![second, first, third], vec![first, third], vec![first, second], vec![first, second, third, third]]
        {
            let spoiled = [head, &parts.concat()].concat();
            assert!(matches!(opened(&Keys::of_no_secret(), &spoiled), Err(CipherFault::Damaged { .. })));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

        #[test]
        fn any_changed_byte_and_any_cut_is_noticed(at in 0_usize..70_000, bit in 0_u8..8) {
            let file = sealed(&vec![3; 70_000]);
            let mut changed = file.clone();
            changed[at] ^= 1 << bit;
            prop_assert!(opened(&Keys::of_no_secret(), &changed).is_err());
            prop_assert!(opened(&Keys::of_no_secret(), &file[..at]).is_err());
        }
    }
}
