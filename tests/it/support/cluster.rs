//! Throwaway PostgreSQL servers: each in a temporary folder, on a port of its own, gone with its owner.
//!
//! Nothing is needed but PostgreSQL's programs; a server that runs on the machine is neither used nor touched. PostgreSQL
//! refuses to run as root, so tests that do run as root hand their servers to an unprivileged user.
//!
//! Who cleans up is one small shell program beside each server, the *keeper*. It reads a pipe that the test program holds
//! open and that nobody writes to. When the pipe ends, because the [`Cluster`] was dropped, the test panicked, or the test
//! program was killed with -9, it kills the server and removes the folder.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use super::{PATIENCE, lines};

/// Who connects, and with which password. The server listens on the loopback only and lives for seconds.
const USER: &str = "kaziline";
const PASSWORD: &str = "throwaway";
/// Ports to choose from. Below 32768, where Linux begins to give ports to outgoing connections: a server that is started
/// again must find its port free.
const PORTS: std::ops::Range<u16> = 20_000..32_000;
/// Ports tried before a start fails: more would mean that something else is wrong.
const PORT_TRIES_MAX: usize = 50;
/// Between two looks at something that tells nobody when it changes, such as the state of a process.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// `/tmp` and not TMPDIR: the server's user must be able to enter it, and the path of a socket may have 107 bytes.
const FOLDERS: &str = "/tmp";

/// What differs from PostgreSQL's defaults. Durability is as in production, since that is what is tested.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
max_connections = 100
fsync = on
full_page_writes = on
synchronous_commit = on
wal_level = replica
hot_standby = on
max_wal_senders = 10
# Small, so that several servers fit beside a build.
shared_buffers = 32MB
# In the data folder, which is removed, and not in /dev/shm, where a killed server would leave files behind.
dynamic_shared_memory_type = mmap
timezone = 'UTC'
lc_messages = 'C'
";

/// The keeper. `$1` is the cluster's folder. It kills only a process whose command line names that folder.
const KEEPER: &str = r#"
trap '' HUP INT TERM
cat >/dev/null
folder=$1
lock=$folder/data/postmaster.pid
server=$(sed -n 1p "$lock" 2>/dev/null)
if [ -n "$server" ] && grep -qaF -e "$folder/data" "/proc/$server/cmdline" 2>/dev/null; then
  children=
  for status in $(grep -ls "^PPid:[[:space:]]*$server\$" /proc/[0-9]*/status); do
    child=${status#/proc/}
    children="$children ${child%/status}"
  done
  # A child that is born between the list and the kill ends by itself, as all do whose server is gone.
  kill -KILL "$server" $children
fi
# The seventh line has key and id of the shared memory by which servers notice each other; it outlives a kill.
memory=$(sed -n '7s/.* //p' "$lock" 2>/dev/null)
tries=0
while [ "$tries" -lt 500 ]; do
  tries=$((tries + 1))
  rm -rf "$folder" 2>/dev/null
  [ -e "$folder" ] || break
  sleep 0.01
done
[ -z "$memory" ] || ipcrm -m "$memory" 2>/dev/null
"#;

/// One PostgreSQL server. What kills or stops it wants `&mut`, so that nobody can do it to [`shared`].
pub(crate) struct Cluster {
    folder: PathBuf,
    port: u16,
    server: Option<Server>,
    keeper: Child,
}

/// A server that runs.
struct Server {
    /// The process that was started: PostgreSQL itself, or what handed it to another user.
    child: Child,
    /// The process id of PostgreSQL's first process.
    postmaster: u32,
}

/// The server that tests share. Take a database each: [`Cluster::create_database`].
pub(crate) fn shared() -> &'static Cluster {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    // Never dropped: its keeper sees the end of the test program.
    SHARED.get_or_init(Cluster::start)
}

impl Cluster {
    /// A new server that accepts connections.
    pub(crate) fn start() -> Cluster {
        Self::start_with("")
    }

    /// The same with other settings, as they stand in `postgresql.conf`.
    pub(crate) fn start_with(others: &str) -> Cluster {
        let cluster = Cluster::empty();
        let password = cluster.folder.join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        let mut initdb = cluster.program("initdb");
        initdb.arg("--pgdata").arg(cluster.data()).arg("--pwfile").arg(&password);
        initdb.args(["--username", USER, "--auth-host=scram-sha-256", "--auth-local=trust"]);
        initdb.args(["--encoding=UTF8", "--locale=C", "--data-checksums", "--no-sync"]);
        done(initdb);
        let settings = cluster.data().join("postgresql.conf");
        let text = std::fs::read_to_string(&settings).unwrap();
        std::fs::write(settings, text + SETTINGS + others).unwrap();
        cluster.up()
    }

    /// A new server that follows `primary` and may be promoted.
    pub(super) fn following(primary: &Cluster, name: &str) -> Cluster {
        let cluster = Cluster::empty();
        let mut backup = cluster.program("pg_basebackup");
        backup.arg("--pgdata").arg(cluster.data());
        backup.arg("--dbname").arg(format!("{}?application_name={name}", primary.url("postgres")));
        backup.args(["--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync"]);
        done(backup);
        cluster.up()
    }

    /// `postgres://user:password@127.0.0.1:PORT/database`
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://{USER}:{PASSWORD}@{}/{database}", self.address())
    }

    /// `127.0.0.1:PORT`
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// A new, empty database, and its URL.
    pub(crate) fn create_database(&self, name: &str) -> String {
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{name}");
        // template0 has no visitors, so that several tests can copy it at once.
        self.psql("postgres", &format!("CREATE DATABASE {name} TEMPLATE template0"));
        self.url(name)
    }

    /// What the statements return: a line a row, `|` between columns.
    pub(crate) fn psql(&self, database: &str, sql: &str) -> String {
        psql(&self.url(database), sql)
    }

    /// The server dies with all its processes at once, as when its machine loses power; the folder stays. (Open connections
    /// are reset. A machine that goes silent is [`Cluster::pause`].)
    pub(crate) fn kill(&mut self) {
        let mut server = self.server.take().unwrap();
        let family = server.stop();
        signal("KILL", &family);
        // `runuser` and `su` stood still with their child.
        signal("CONT", &[server.child.id()]);
        server.child.wait().unwrap();
        until("the processes of the server to be gone", || !family.iter().copied().any(lives));
    }

    /// Starts the server again after [`Cluster::kill`], on the same port; kills it first if it runs.
    pub(crate) fn restart(&mut self) {
        if self.server.is_some() {
            self.kill();
        }
        self.server = Some(self.serve().unwrap_or_else(|log| panic!("PostgreSQL did not start again:\n{log}")));
    }

    /// All processes stand still: connections stay open and nothing answers, as when the network swallows everything.
    pub(crate) fn pause(&mut self) {
        signal("STOP", &self.server.as_ref().unwrap().stop());
    }

    /// They go on.
    pub(crate) fn resume(&mut self) {
        let server = self.server.as_ref().unwrap();
        // `runuser` and `su` stood still with their child.
        signal("CONT", &[&[server.child.id()], self.processes().as_slice()].concat());
    }

    /// The processes of the server now.
    pub(crate) fn processes(&self) -> Vec<u32> {
        self.server.as_ref().unwrap().family()
    }

    /// One of PostgreSQL's programs, to be run in the cluster's folder by the user that owns it.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = as_server_user(&programs().join(name));
        command.current_dir(&self.folder).stdin(Stdio::null());
        command
    }

    /// The folder of its data, of which no other process may change anything.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// A folder with a keeper, and nothing in it.
    fn empty() -> Cluster {
        let folder = tempfile::Builder::new().prefix("kaziline-pg-").tempdir_in(FOLDERS).unwrap();
        if let Some(user) = server_user() {
            chown(folder.path(), Some(user.uid), Some(user.gid)).unwrap();
        }
        let mut keeper = as_server_user(Path::new("/bin/sh"));
        keeper.args(["-c", KEEPER, "keeper"]).arg(folder.path()).current_dir("/");
        // A group of its own: what ends the test program from the terminal must not end the keeper as well.
        keeper.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let keeper = keeper.spawn().unwrap();
        Cluster { folder: folder.keep(), port: 0, server: None, keeper }
    }

    /// The same with a server on a port that is free.
    fn up(mut self) -> Cluster {
        let mut log = String::new();
        for _ in 0..PORT_TRIES_MAX {
            self.port = free_port();
            match self.serve() {
                Ok(server) => {
                    self.server = Some(server);
                    return self;
                }
                // Somebody was faster.
                Err(said) if said.contains("Address already in use") => log = said,
                Err(said) => panic!("PostgreSQL did not start:\n{said}"),
            }
        }
        panic!("no port for PostgreSQL after {PORT_TRIES_MAX} tries:\n{log}");
    }

    /// Starts PostgreSQL and waits until it says that it accepts connections; its log if it ends before.
    fn serve(&self) -> Result<Server, String> {
        let mut postgres = self.program("postgres");
        postgres.arg("-D").arg(self.data()).arg("-k").arg(&self.folder).args(["-p", &self.port.to_string()]);
        let mut child = postgres.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = lines(child.stderr.take().unwrap());
        let mut said = Vec::new();
        while let Ok(line) = log.recv_timeout(PATIENCE) {
            // "... to accept connections", or "... to accept read-only connections" on a standby.
            let ready = line.contains("database system is ready to accept");
            said.push(line);
            if ready {
                let lock = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
                let postmaster = lock.lines().next().unwrap().parse().unwrap();
                return Ok(Server { child, postmaster });
            }
        }
        // It has ended, or it hangs; its children are the keeper's.
        let _ = child.kill();
        let _ = child.wait();
        Err(said.join("\n"))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
        if let Some(mut server) = self.server.take() {
            let _ = server.child.kill();
            let _ = server.child.wait();
        }
    }
}

impl Server {
    /// Stops the first process, so that it begets no more, and tells all of them.
    fn stop(&self) -> Vec<u32> {
        signal("STOP", &[self.postmaster]);
        until("the server to stand still", || matches!(state(self.postmaster), None | Some('T' | 'Z')));
        self.family()
    }

    /// The first process and its children.
    fn family(&self) -> Vec<u32> {
        let mut family = vec![self.postmaster];
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            if let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok())
                && status(id, "PPid:").is_some_and(|parent| parent == self.postmaster.to_string())
            {
                family.push(id);
            }
        }
        family
    }
}

/// Runs statements in one go, by PostgreSQL's own client; `url` may name several hosts.
pub(crate) fn psql(url: &str, sql: &str) -> String {
    let mut psql = Command::new(programs().join("psql"));
    psql.env_clear().env("LC_ALL", "C").stdin(Stdio::null());
    psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql]);
    done(psql).trim_end().to_owned()
}

/// Runs a program that must succeed; what it printed.
pub(crate) fn done(mut command: Command) -> String {
    let output = command.output().unwrap_or_else(|fault| panic!("{command:?}: {fault}"));
    let (out, err) = super::texts(&output);
    assert!(output.status.success(), "{command:?}: {}\n{out}{err}", output.status);
    out
}

/// Looks until something is so.
#[expect(clippy::disallowed_methods, reason = "the kernel tells nobody; the wait ends with what it waits for")]
pub(crate) fn until(what: &str, mut check: impl FnMut() -> bool) {
    for _ in 0..PATIENCE.as_millis() / LOOK_EVERY.as_millis() {
        if check() {
            return;
        }
        std::thread::sleep(LOOK_EVERY);
    }
    panic!("waited in vain for {what}");
}

/// A port that nobody listens on now. Each call begins further on, and each test program elsewhere.
fn free_port() -> u16 {
    static CALLS: AtomicU16 = AtomicU16::new(0);
    let (first, count) = (u32::from(PORTS.start), u32::from(PORTS.end - PORTS.start));
    for _ in PORTS {
        let call = u32::from(CALLS.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(first + (std::process::id().wrapping_mul(97) + call) % count).unwrap();
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port of {PORTS:?} is free");
}

/// The folder of PostgreSQL's programs: the newest of Debian's, or that of the `initdb` on the path.
pub(crate) fn programs() -> &'static Path {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let versions = versions.filter(|entry| entry.path().join("bin/initdb").exists());
        let newest = versions.max_by_key(|entry| entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()));
        if let Some(newest) = newest {
            return newest.path().join("bin");
        }
        let found = Command::new("sh").args(["-c", "command -v initdb"]).output().unwrap();
        let found = PathBuf::from(String::from_utf8(found.stdout).unwrap().trim_end());
        let found = std::fs::canonicalize(found);
        found.expect("PostgreSQL's programs are missing: scripts/test --setup").parent().unwrap().to_owned()
    })
}

/// Who the servers are run as when the tests run as root.
struct User {
    name: String,
    uid: u32,
    gid: u32,
}

/// PostgreSQL's user, or who else has no rights. `None` when the tests have none themselves.
fn server_user() -> Option<&'static User> {
    static USER: OnceLock<Option<User>> = OnceLock::new();
    let find = || {
        if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
            return None;
        }
        let accounts = std::fs::read_to_string("/etc/passwd").unwrap();
        let account = |name: &str| {
            let fields = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|all| all[0] == name)?;
            Some(User { name: name.to_owned(), uid: fields[2].parse().ok()?, gid: fields[3].parse().ok()? })
        };
        Some(account("postgres").or_else(|| account("nobody")).expect("neither `postgres` nor `nobody` is a user here"))
    };
    USER.get_or_init(find).as_ref()
}

/// A program that is run by [`server_user`], with nothing of the caller's environment.
fn as_server_user(program: &Path) -> Command {
    let there = |path: &str| Path::new(path).exists();
    let mut command = match server_user() {
        None => Command::new(program),
        Some(user) if there("/usr/bin/setpriv") => {
            let mut command = Command::new("/usr/bin/setpriv");
            command.args([format!("--reuid={}", user.uid), format!("--regid={}", user.gid)]);
            command.args(["--clear-groups", "--"]).arg(program);
            command
        }
        Some(user) if there("/usr/sbin/runuser") => {
            let mut command = Command::new("/usr/sbin/runuser");
            command.args(["-u", &user.name, "--"]).arg(program);
            command
        }
        Some(user) => {
            let mut command = Command::new("su");
            command.args(["-s", "/bin/sh", &user.name, "-c", r#"exec "$0" "$@""#, "--"]).arg(program);
            command
        }
    };
    command.env_clear().env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin").env("LC_ALL", "C");
    command
}

/// Sends a signal to processes, some of which may be gone. By the shell: a small system may lack the program `kill`.
fn signal(name: &str, processes: &[u32]) {
    let mut kill = Command::new("sh");
    kill.args(["-c", r#"kill -s "$@" 2>/dev/null || true"#, "kill", name]);
    assert!(kill.args(processes.iter().map(u32::to_string)).status().unwrap().success());
}

/// A field of a process' status, unless the process is gone.
fn status(process: u32, field: &str) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix(field)).map(|value| value.trim().to_owned())
}

/// `R`unning, `S`leeping, `T` for stopped, `Z` for dead and not yet fetched by its parent.
fn state(process: u32) -> Option<char> {
    status(process, "State:")?.chars().next()
}

/// Whether a process is there and not dead.
fn lives(process: u32) -> bool {
    state(process).is_some_and(|state| state != 'Z' && state != 'X')
}
