//! Why the service could not be started.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::{MenusFault, PID_FILE};
use crate::bundles::BundlesFault;
use crate::config::Fault as ConfigFault;
use crate::country::Fault as CountryFault;
use crate::market;
use crate::storage::OpenError;
use crate::transport::{LocalFault, smpp, smtp};

/// Why the service could not be started: a line or a report for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    /// Something is missing in the configuration.
    #[error("{}", lines(.0))]
    Config(Vec<ConfigFault>),
    /// The country pack.
    #[error("{}", lines(.0))]
    Country(Vec<CountryFault>),
    /// The menus could not be read.
    #[error(transparent)]
    MenuFiles(#[from] MenusFault),
    /// The menus have faults.
    #[error(transparent)]
    Menus(#[from] BundlesFault),
    /// Another service uses the data folder.
    #[error("the data folder {} is in use by {}: stop it first, or choose another folder with --data",
        path.display(), pid.as_deref().map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}")))]
    InUse {
        /// The folder.
        path: PathBuf,
        /// The process, if it has said so.
        pid: Option<String>,
    },
    /// Folder, keys or database.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The folder's database is on a server now.
    #[error("the database of {} was moved to a server: name it in [store] database. To go back to the file and what it \
        held then, remove {}", folder.display(), mark.display())]
    Moved {
        /// The folder.
        folder: PathBuf,
        /// The file that says so.
        mark: PathBuf,
    },
    /// No client for providers could be made.
    #[error("requests to providers cannot be made: {0}")]
    Transport(LocalFault),
    /// A session with an SMSC cannot be begun.
    #[error("channel {channel}: {fault}")]
    Session {
        /// The channel.
        channel: String,
        /// Why.
        fault: smpp::StartFault,
    },
    /// A mail server cannot be used as it is configured.
    #[error("channel {channel}: {fault}")]
    MailServer {
        /// The channel.
        channel: String,
        /// Why.
        fault: smtp::ServerFault,
    },
    /// The population could not be stored.
    #[error("the demo's population could not be stored: {0}")]
    Population(market::Fault),
    /// Invented people would be mixed with real ones.
    #[error("the data folder {} was not made with --demo: its people may be real, and invented ones must not come among them",
        path.display())]
    NotADemo {
        /// The folder.
        path: PathBuf,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}{}", if source.kind() == std::io::ErrorKind::AddrInUse {
        "; choose another with --listen"
    } else {
        ""
    })]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The admin socket cannot be made.
    #[error("cannot listen on the admin socket {}: {source}", path.display())]
    AdminSocket {
        /// The socket.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

impl StartFault {
    /// True when a start may succeed later without anything being changed: the database is away, or was in between.
    pub fn is_passing(&self) -> bool {
        match self {
            StartFault::Open(fault) => fault.is_passing(),
            StartFault::Menus(BundlesFault::Storage(error)) | StartFault::Population(market::Fault::Storage(error)) => {
                error.is_passing()
            }
            _ => false,
        }
    }

    /// The folder at `path` is in use: by which process, if it has said so.
    pub fn in_use(path: PathBuf) -> Self {
        let pid = std::fs::read_to_string(path.join(PID_FILE)).ok().map(|pid| pid.trim().to_owned());
        let is_pid = |pid: &String| !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit());
        StartFault::InUse { pid: pid.filter(is_pid), path }
    }
}

fn lines<T: std::fmt::Display>(faults: &[T]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
