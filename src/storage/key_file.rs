//! The key file: the one secret from which all keys are derived, kept outside the database.
//!
//! Three lines of text: a heading, `key ID HEX`, and a checksum over the two, so that a damaged or half-copied file is
//! told from a wrong one.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use aws_lc_rs::{digest, rand};

use super::DataFolder;
use super::sealed::{Keys, SECRET_BYTES};

const HEADING: &str = "kaziline-keys 1";
const CHECKSUM_BYTES: usize = 8;
/// Bytes read at most: the file has 120, and a wrong path may name anything.
const FILE_BYTES_MAX: u64 = 4_096;
/// The key with which a new deployment begins.
const FIRST_KEY_ID: u8 = 1;

/// Why the keys cannot be used: one line each, for the operator.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// There is no key file though there is a database.
    #[error("the key file {} is missing: without it the database's personal data cannot be read; restore it", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The file cannot be read or written.
    #[error("the key file {} cannot be used: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file's text is not that of a key file, or its checksum does not agree.
    #[error("the key file {} is damaged or is not a key file: restore it from its backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The keys are whole but another database's.
    #[error("the key file belongs to another database: this database's personal data were sealed with other keys")]
    OtherDatabase,
    /// The system gave no randomness for a new key.
    #[error("the system gives no random bytes for a new key")]
    NoRandomness,
}

impl Keys {
    /// Reads the keys in file `path`.
    pub fn load(path: &Path) -> Result<Self, KeyFault> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(KeyFault::Missing { path: path.to_owned() });
            }
            Err(source) => return Err(KeyFault::File { path: path.to_owned(), source }),
        };
        let text = std::io::read_to_string(std::io::Read::take(file, FILE_BYTES_MAX));
        let damaged = || KeyFault::Damaged { path: path.to_owned() };
        let text = text.map_err(|source| match source.kind() {
            ErrorKind::InvalidData => damaged(),
            _ => KeyFault::File { path: path.to_owned(), source },
        })?;
        let (key_id, secret) = parse(&text).ok_or_else(damaged)?;
        Ok(Keys::derive(key_id, &secret))
    }

    /// Makes a new key file; a file that is already there is never touched.
    pub fn create(path: &Path) -> Result<Self, KeyFault> {
        let mut secret = [0; SECRET_BYTES];
        rand::fill(&mut secret).map_err(|_| KeyFault::NoRandomness)?;
        write_whole(path, &format(FIRST_KEY_ID, &secret))
            .map_err(|source| KeyFault::File { path: path.to_owned(), source })?;
        Ok(Keys::derive(FIRST_KEY_ID, &secret))
    }

    /// Copies a key file to where another program will look for it; a file that is already there is never touched, and is
    /// as good if it holds the same keys, which the caller has seen to.
    pub fn copy_file(from: &Path, to: &Path) -> Result<(), KeyFault> {
        let fault = |path: &Path| {
            let path = path.to_owned();
            move |source| KeyFault::File { path, source }
        };
        let text = std::fs::read_to_string(from).map_err(fault(from))?;
        match write_whole(to, &text) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            written => written.map_err(fault(to)),
        }
    }

    /// The keys of a data folder; a folder without a database yet is given new ones.
    pub fn in_folder(folder: &DataFolder) -> Result<Self, KeyFault> {
        let path = folder.keys();
        match Self::load(&path) {
            Err(KeyFault::Missing { .. }) if !folder.database().exists() => Self::create(&path),
            loaded => loaded,
        }
    }
}

/// Writes beside `path` and links the finished file to its name: it appears whole, or not at all, or was there already.
fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    let draft = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| std::fs::hard_link(&draft, path));
    std::fs::remove_file(&draft)?;
    linked?;
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn format(key_id: u8, secret: &[u8; SECRET_BYTES]) -> String {
    let body = format!("{HEADING}\nkey {key_id} {}\n", hex(secret));
    let checksum = checksum(&body);
    body + "checksum " + &checksum + "\n"
}

fn parse(text: &str) -> Option<(u8, [u8; SECRET_BYTES])> {
    let mut lines = text.lines();
    let (heading, key, sum) = (lines.next()?, lines.next()?, lines.next()?);
    let whole = heading == HEADING
        && sum.strip_prefix("checksum ")? == checksum(&format!("{heading}\n{key}\n"))
        && lines.next().is_none();
    let (key_id, digits) = key.strip_prefix("key ")?.split_once(' ')?;
    let mut secret = [0; SECRET_BYTES];
    let well_formed = whole && digits.len() == 2 * SECRET_BYTES;
    for (byte, pair) in secret.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    well_formed.then_some((key_id.parse().ok()?, secret))
}

fn checksum(body: &str) -> String {
    let digest = digest::digest(&digest::SHA256, body.as_bytes());
    hex(digest.as_ref().get(..CHECKSUM_BYTES).unwrap_or_default())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
