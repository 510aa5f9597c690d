//! Backups: a whole, verified copy of the database under its name, or nothing.
//!
//! A copy is written beside its name, as a draft that only its owner can read; it is checked, put on the disk, and only
//! then given the name. A draft goes when its work fails. An encrypted backup is copied into the data folder first, so
//! that what is not encrypted never stands where the backup goes. The keys are in no backup: who finds one cannot read the
//! personal data in it, and who restores one needs the key file too.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::digest;

use super::backup_cipher::{self, Chance, CipherFault};
use super::migrate::{Migration, pending};
use super::pace::Pace;
use super::sqlite_snapshot::{CopyFault, Snapshot, Stop, Tables};
use super::{DataFolder, Keys, MigrationFault, OpenError};
use crate::clock::Clock;

/// How a database file begins.
const SQLITE_MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Bytes read at once when a file is hashed.
const HASH_BYTES: usize = 64 << 10;

/// Why a backup was not written or not read: one line each, for the operator.
#[derive(Debug, thiserror::Error)]
pub enum BackupFault {
    /// There is a file of this name.
    #[error("{} is there already: it is not overwritten", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Somebody writes the same backup, or somebody's attempt was killed.
    #[error("{} is there: another backup writes it, or one was killed and left it; then remove it", path.display())]
    BeingWritten {
        /// The draft.
        path: PathBuf,
    },
    /// A file or folder cannot be used.
    #[error("{} cannot be used: {reason}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        reason: std::io::Error,
    },
    /// The engine could not copy.
    #[error("the database could not be copied: {what}")]
    Copy {
        /// The engine's reason.
        what: String,
    },
    /// Whoever asked for it has gone, or the service stops.
    #[error("the backup was stopped before it was done")]
    Stopped,
    /// The copy is not what was copied.
    #[error("the copy does not hold what the database holds, and was thrown away")]
    Differs,
    /// The file is neither a database nor an encrypted backup.
    #[error("{} is not a backup", path.display())]
    NotABackup {
        /// The file.
        path: PathBuf,
    },
    /// The backup is not whole.
    #[error("the backup {} is damaged or cut short ({what}): use another one", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first finding.
        what: String,
    },
    /// An encrypted backup does not open.
    #[error("the backup {} cannot be opened: {fault}", path.display())]
    Cipher {
        /// The file.
        path: PathBuf,
        /// Why.
        fault: CipherFault,
    },
    /// The folder has a database, or what is left of one.
    #[error("{} is there already: restore into a folder without a database", path.display())]
    HasDatabase {
        /// The file that was found.
        path: PathBuf,
    },
    /// The backup and this program do not go together.
    #[error(transparent)]
    Migration(#[from] MigrationFault),
    /// The database cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
}

fn file_fault(path: &Path) -> impl Fn(std::io::Error) -> BackupFault {
    move |reason| BackupFault::File { path: path.to_owned(), reason }
}

/// A file on its way to its name. It goes, with what the engine put beside it, unless it is installed.
#[derive(Debug)]
struct Draft {
    path: PathBuf,
    file: File,
    keep: bool,
}

impl Draft {
    /// An empty draft that was not there before, its owner's alone.
    fn create(path: PathBuf) -> Result<Self, BackupFault> {
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path);
        match file {
            Ok(file) => Ok(Self { path, file, keep: false }),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(BackupFault::BeingWritten { path }),
            Err(reason) => Err(BackupFault::File { path, reason }),
        }
    }

    /// The same in the data folder, whose lock says that whoever left one there is gone.
    fn replace(path: PathBuf) -> Result<Self, BackupFault> {
        for left in with_companions(&path) {
            match std::fs::remove_file(&left) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(BackupFault::File { path: left, reason: error });
                }
                _ => {}
            }
        }
        Self::create(path)
    }

    /// Puts the draft on the disk and gives it its name, at which nothing may stand.
    fn install(mut self, to: &Path) -> Result<(), BackupFault> {
        self.file.sync_all().map_err(file_fault(&self.path))?;
        // Looked at once more, since the copy took its time. A link would refuse by itself, but many a stick and share
        // that backups go to knows no links.
        refuse_existing(to)?;
        std::fs::rename(&self.path, to).map_err(file_fault(to))?;
        self.keep = true;
        let folder = folder_of(to);
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(file_fault(folder))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.keep {
            // What cannot be removed is told by the next attempt, which finds it there.
            for path in with_companions(&self.path) {
                drop(std::fs::remove_file(path));
            }
        }
    }
}

/// A database file and the files that the engine may put beside it.
fn with_companions(path: &Path) -> [PathBuf; 4] {
    ["", "-wal", "-shm", "-journal"].map(|end| named(path, end))
}

fn named(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn refuse_existing(path: &Path) -> Result<(), BackupFault> {
    match path.symlink_metadata() {
        Ok(_) => Err(BackupFault::Exists { path: path.to_owned() }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(reason) => Err(BackupFault::File { path: path.to_owned(), reason }),
    }
}

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The number of the newest migration in it.
    pub version: i64,
    /// Rows of each table.
    pub tables: Tables,
    /// Bytes of the file.
    pub bytes: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Whether it is encrypted.
    pub is_encrypted: bool,
}

/// Copies the database `source` into the new file `to`, encrypted if `sealing` says with what. Whoever calls it holds the
/// data folder and has no other backup under way. With `clock` it keeps a pace beside others who use the disk, else it is
/// as fast as it goes. Blocks: never on a thread of the runtime.
pub fn write(
    source: &Path,
    to: &Path,
    known: &[Migration],
    sealing: Option<(&Keys, &Chance)>,
    clock: Option<&Arc<dyn Clock>>,
    stop: &Stop,
) -> Result<Contents, BackupFault> {
    refuse_existing(to)?;
    let mut named_draft = Draft::create(named(to, ".partial"))?;
    let copy = match sealing {
        None => None,
        Some(_) => Some(Draft::replace(named(source, ".backup"))?),
    };
    let copied = copy.as_ref().map_or(&*named_draft.path, |copy| &*copy.path);

    let mut original = Snapshot::open(source)?;
    let path = copied.to_str().ok_or_else(|| BackupFault::Copy { what: "its name is not Unicode".to_owned() })?;
    let pace =
        |file: &Draft| clock.map(|clock| Pace::of(&file.file, clock)).transpose().map_err(file_fault(&file.path));
    let copying = pace(copy.as_ref().unwrap_or(&named_draft))?;
    original.copy_into(path, copying, stop).map_err(|fault| match fault {
        CopyFault::Stopped => BackupFault::Stopped,
        CopyFault::Engine(what) => BackupFault::Copy { what },
    })?;
    let applied = original.recorded(source)?;
    drop(original);

    let found = Snapshot::open(copied)?;
    found.check_integrity(copied)?;
    if found.recorded(copied)? != applied {
        return Err(BackupFault::Differs);
    }
    pending(&applied, known)?;
    let version = applied.last().map_or(0, |newest| newest.number);
    let tables = found.tables(copied)?;
    drop(found);

    if let (Some((keys, chance)), Some(copy)) = (sealing, &copy) {
        let cipher = |fault| match fault {
            CipherFault::Io(error) if stop.is_asked() && error.kind() == ErrorKind::Interrupted => BackupFault::Stopped,
            CipherFault::Io(reason) => BackupFault::File { path: named_draft.path.clone(), reason },
            fault => BackupFault::Cipher { path: to.to_owned(), fault },
        };
        let mut sealing = pace(&named_draft)?;
        let goes_on = || {
            if stop.is_asked() {
                return Err(ErrorKind::Interrupted.into());
            }
            sealing.as_mut().map_or(Ok(()), Pace::keep)
        };
        let plain = File::open(&copy.path).map_err(file_fault(&copy.path))?;
        backup_cipher::seal(keys, chance, plain, &named_draft.file, goes_on).map_err(cipher)?;
        // Read back: what cannot be opened now cannot be opened when it is needed.
        named_draft.file.rewind().map_err(file_fault(&named_draft.path))?;
        backup_cipher::open(keys, &named_draft.file, std::io::sink()).map_err(cipher)?;
    }
    let (bytes, sha256) = hash(&mut named_draft.file).map_err(file_fault(&named_draft.path))?;
    if stop.is_asked() {
        return Err(BackupFault::Stopped);
    }
    named_draft.install(to)?;
    Ok(Contents { version, tables, bytes, sha256, is_encrypted: sealing.is_some() })
}

/// A backup that was found to be one.
#[derive(Debug)]
pub struct Backup {
    path: PathBuf,
    file: File,
    is_encrypted: bool,
}

impl Backup {
    /// Opens the file at `path` and looks at how it begins.
    pub fn open(path: &Path) -> Result<Self, BackupFault> {
        let mut file = File::open(path).map_err(file_fault(path))?;
        let mut beginning = Vec::new();
        let read = file.by_ref().take(SQLITE_MAGIC.len() as u64).read_to_end(&mut beginning);
        read.and_then(|_| file.rewind()).map_err(file_fault(path))?;
        let is_encrypted = backup_cipher::is_sealed(&beginning);
        if is_encrypted || beginning == SQLITE_MAGIC {
            return Ok(Self { path: path.to_owned(), file, is_encrypted });
        }
        Err(BackupFault::NotABackup { path: path.to_owned() })
    }

    /// Whether a key is needed to read it.
    pub fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// Unpacks it, decrypted with `keys` if need be, into a draft in `folder`, which has no database yet, and checks that
    /// it is whole and that this program knows its migrations.
    pub fn unpack(mut self, folder: &DataFolder, keys: &Keys, known: &[Migration]) -> Result<Unpacked, BackupFault> {
        let database = folder.database();
        for path in with_companions(&database) {
            if path.symlink_metadata().is_ok() {
                return Err(BackupFault::HasDatabase { path });
            }
        }
        let mut draft = Draft::replace(named(&database, ".restoring"))?;
        let (bytes, sha256) = hash(&mut self.file).map_err(file_fault(&self.path))?;
        if self.is_encrypted {
            backup_cipher::open(keys, &self.file, &draft.file).map_err(|fault| match fault {
                CipherFault::Io(reason) => BackupFault::File { path: draft.path.clone(), reason },
                fault => BackupFault::Cipher { path: self.path.clone(), fault },
            })?;
        } else {
            std::io::copy(&mut self.file, &mut draft.file).map_err(file_fault(&draft.path))?;
        }
        let examined = || {
            let found = Snapshot::open(&draft.path)?;
            found.check_integrity(&draft.path)?;
            Ok((found.recorded(&draft.path)?, found.tables(&draft.path)?))
        };
        let (applied, tables) = examined().map_err(|fault| match fault {
            OpenError::Damaged { what, .. } | OpenError::Database { what, .. } => {
                BackupFault::Damaged { path: self.path.clone(), what }
            }
            fault => BackupFault::Open(fault),
        })?;
        pending(&applied, known)?;
        let version = applied.last().map_or(0, |newest| newest.number);
        let contents = Contents { version, tables, bytes, sha256, is_encrypted: self.is_encrypted };
        Ok(Unpacked { draft, database, contents })
    }
}

/// A backup in a data folder, not yet under the database's name.
#[derive(Debug)]
pub struct Unpacked {
    draft: Draft,
    database: PathBuf,
    contents: Contents,
}

impl Unpacked {
    /// Where it lies. Stores that are opened on it are closed before it is installed.
    pub fn path(&self) -> &Path {
        &self.draft.path
    }

    /// Makes it the folder's database.
    pub fn install(self) -> Result<Contents, BackupFault> {
        let [_, wal, ..] = with_companions(&self.draft.path);
        // A WAL that was left would not go along: what was written last would be lost.
        if wal.exists() {
            return Err(BackupFault::BeingWritten { path: wal });
        }
        self.draft.install(&self.database)?;
        Ok(self.contents)
    }
}

/// Length and SHA-256 of a file, which is left at its beginning.
fn hash(file: &mut File) -> std::io::Result<(u64, String)> {
    file.rewind()?;
    let mut context = digest::Context::new(&digest::SHA256);
    let mut buffer = vec![0; HASH_BYTES];
    let mut bytes: u64 = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        context.update(buffer.get(..read).unwrap_or_default());
        bytes += read as u64;
    }
    file.rewind()?;
    Ok((bytes, context.finish().as_ref().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))))
}
