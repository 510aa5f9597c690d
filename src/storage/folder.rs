//! The data folder: one node's database, keys and admin socket, used by one process at a time.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Why the data folder cannot be used: one line each, for the operator.
#[derive(Debug, thiserror::Error)]
pub enum FolderFault {
    /// It does not exist and cannot be made, or nothing can be written in it.
    #[error("the data folder {} is not writable: {source}", path.display())]
    NotWritable {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Another process holds its lock.
    #[error("the data folder {} is in use by another process: stop it, or talk to it through its admin socket", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
}

/// A data folder whose lock this process holds until the value is dropped.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    /// The operating system releases the lock when the file is closed, also after a crash.
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if need be (only its owner may look inside) and takes its lock.
    pub fn open(path: &Path) -> Result<Self, FolderFault> {
        let not_writable = |source| FolderFault::NotWritable { path: path.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(not_writable)?;
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path.join("lock"))
            .map_err(not_writable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(FolderFault::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(not_writable(source)),
        }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The `SQLite` database.
    pub fn database(&self) -> PathBuf {
        Self::database_in(&self.path)
    }

    /// The database of folder `path`: for who does not hold the lock.
    pub fn database_in(path: &Path) -> PathBuf {
        path.join("kaziline.db")
    }

    /// The key file, when the configuration names no other.
    pub fn keys(&self) -> PathBuf {
        Self::keys_in(&self.path)
    }

    fn keys_in(path: &Path) -> PathBuf {
        path.join("keys")
    }

    /// The socket on which the running service takes commands.
    pub fn admin_socket(&self) -> PathBuf {
        Self::admin_socket_in(&self.path)
    }

    /// Where the service that runs on folder `path` listens for commands: for a client, which does not hold the lock.
    pub fn admin_socket_in(path: &Path) -> PathBuf {
        path.join("admin.sock")
    }
}

/// Bytes that may still be written on the disk of `folder`.
pub fn bytes_free(folder: &Path) -> std::io::Result<u64> {
    let found = rustix::fs::statvfs(folder)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Where the files of a deployment lie: for those that look after them.
#[derive(Clone, Debug)]
pub struct Files {
    /// The data folder.
    pub folder: PathBuf,
    /// The database in it.
    pub database: PathBuf,
    /// The key file, there or elsewhere.
    pub keys: PathBuf,
}

impl Files {
    /// The files of data folder `folder` and, if it is not in there, key file `keys`.
    pub fn of(folder: &Path, keys: Option<&Path>) -> Self {
        Self {
            folder: folder.to_owned(),
            database: DataFolder::database_in(folder),
            keys: keys.map_or_else(|| DataFolder::keys_in(folder), Path::to_owned),
        }
    }
}
