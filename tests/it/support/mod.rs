//! What the tests stand on: the real program in a folder of its own, and a phone that dials it.
//!
//! Nothing sleeps for luck: each wait is for a line that is printed, an answer, or an SMS, and ends with a fault.

pub(crate) mod cluster;
pub(crate) mod http;
mod output;
pub(crate) mod pair;
mod phone;
mod queue;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};

use cluster::until;
pub(crate) use http::{Answer, Request};
use kaziline::storage::Options;
pub(crate) use output::{PATIENCE, lines, texts};
pub(crate) use phone::TestPhone;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_kaziline");

/// A command of the program, with nothing of the caller's environment that could be a setting.
pub(crate) fn command(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(folder).env_clear();
    command
}

/// Runs a command to its end.
pub(crate) fn run(arguments: &[&str], folder: &Path) -> Output {
    command(arguments, folder).stdin(Stdio::null()).output().unwrap()
}

/// A folder that goes with the test.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Folder {
        Folder(tempfile::Builder::new().prefix("kaziline-it-").tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Where `serve --demo` keeps its data, when it is started here.
    pub(crate) fn data(&self) -> PathBuf {
        self.path().join("kaziline-demo")
    }
}

/// A service that was started and has not said yet that it is ready.
pub(crate) struct Starting {
    child: Child,
    out: Receiver<String>,
    log: Receiver<String>,
    folder: Folder,
}

impl Starting {
    pub(crate) fn at(listen: &str, folder: Folder, environment: &[(&str, &str)]) -> Starting {
        let mut serve = command(&["serve", "--demo", "--listen", listen], folder.path());
        serve.envs(environment.iter().copied()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = serve.spawn().unwrap();
        let (out, log) = (lines(child.stdout.take().unwrap()), lines(child.stderr.take().unwrap()));
        Starting { child, out, log, folder }
    }

    /// Waits for a line of the log.
    pub(crate) fn until_logged(&self, words: &str) {
        while !self.log.recv_timeout(PATIENCE).expect(words).contains(words) {}
    }

    /// Waits until hops are answered.
    pub(crate) fn ready(mut self) -> World {
        let mut greeting = Vec::new();
        while greeting.len() < 3 {
            match self.out.recv_timeout(PATIENCE) {
                Ok(line) => greeting.push(line),
                Err(fault) => {
                    self.child.kill().unwrap();
                    let said: Vec<String> = self.log.try_iter().collect();
                    panic!("the service did not become ready ({fault}): {greeting:?} {said:?}");
                }
            }
        }
        let address = greeting[0].strip_prefix("kaziline  listening on http://").unwrap().to_owned();
        World { child: self.child, greeting, address, log: Mutex::new(self.log), folder: self.folder }
    }
}

/// A running service. Ended hard when the test is over, whatever became of it.
pub(crate) struct World {
    child: Child,
    /// What it printed until it was ready.
    pub(crate) greeting: Vec<String>,
    /// `127.0.0.1:PORT`
    pub(crate) address: String,
    /// Behind a lock, so that threads can share a world.
    log: Mutex<Receiver<String>>,
    folder: Folder,
}

impl World {
    /// `serve --demo` on a free port in a folder of its own.
    pub(crate) fn demo() -> World {
        World::start_in(Folder::new(), &[])
    }

    /// The same with variables in its environment.
    pub(crate) fn demo_with(environment: &[(&str, &str)]) -> World {
        World::start_in(Folder::new(), environment)
    }

    /// `serve --demo` in `folder`, which may have been used before.
    pub(crate) fn start_in(folder: Folder, environment: &[(&str, &str)]) -> World {
        World::start_at("127.0.0.1:0", folder, environment)
    }

    /// The same at an address that others must know beforehand.
    pub(crate) fn start_at(listen: &str, folder: Folder, environment: &[(&str, &str)]) -> World {
        Starting::at(listen, folder, environment).ready()
    }

    pub(crate) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// One request, one answer, over a connection of its own.
    pub(crate) fn send(&self, request: &Request<'_>) -> Answer {
        http::exchange(&self.address, &request.bytes())
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send(&Request::get(path))
    }

    /// A hop as the africastalking dialect sends it, on the demo's channel. Who gets the apology sends it again, as callers
    /// do: on a machine that is taken away for seconds a hop can be late.
    pub(crate) fn hop(&self, session: &str, number: &str, text: &str) -> Answer {
        let mut answer = self.hop_once(session, number, text);
        until("an answer that is no apology", || {
            if answer.is_apology() {
                answer = self.hop_once(session, number, text);
            }
            !answer.is_apology()
        });
        answer
    }

    /// The same, whatever the answer is.
    pub(crate) fn hop_once(&self, session: &str, number: &str, text: &str) -> Answer {
        self.send(&Request::hop(session, number, text))
    }

    /// A phone of this service.
    pub(crate) fn phone(&self, number: &str) -> TestPhone {
        TestPhone::new(&self.address, number)
    }

    /// A command beside the running service, on its folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        run(arguments, self.folder.path())
    }

    /// The same, with something on its standard input.
    pub(crate) fn command_with(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = command(arguments, self.folder.path());
        let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// What was logged and not read yet, when nothing more can come.
    pub(crate) fn stop(mut self) -> Stopped {
        let id = i32::try_from(self.child.id()).unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        Stopped { code: status.code(), log: self.log.lock().unwrap().iter().collect() }
    }

    /// Ends it in order; the folder that it leaves behind.
    pub(crate) fn end(mut self) -> Folder {
        self.signal("-TERM");
        assert!(self.child.wait().unwrap().success());
        std::mem::replace(&mut self.folder, Folder::new())
    }

    /// The process stands still, with all its connections and locks, until it is told to [`World::go_on`].
    pub(crate) fn stand_still(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn go_on(&self) {
        self.signal("-CONT");
    }

    /// SIGHUP.
    pub(crate) fn hang_up(&self) {
        self.signal("-HUP");
    }

    /// Waits for a line of the log.
    pub(crate) fn until_logged(&self, words: &str) {
        let log = self.log.lock().unwrap();
        while !log.recv_timeout(PATIENCE).expect(words).contains(words) {}
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// `kill -9`, and the folder that it leaves behind.
    pub(crate) fn kill(mut self) -> Folder {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::mem::replace(&mut self.folder, Folder::new())
    }

    /// The process id of the service.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // Killed already, or never ended: either way it is gone after this.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a service came to its end.
pub(crate) struct Stopped {
    pub(crate) code: Option<i32>,
    pub(crate) log: Vec<String>,
}

/// How much of a drill is made: a part in every run, all of it with `KAZILINE_DRILL=full`.
#[expect(clippy::disallowed_methods, reason = "a setting of the tests and not of the program")]
pub(crate) fn drill<T>(part: T, full: T) -> T {
    if std::env::var_os("KAZILINE_DRILL").is_some_and(|value| value == "full") { full } else { part }
}

/// A bound in milliseconds: what is promised, in a full drill, which is made on a quiet machine. In every other run twenty
/// times that: what hangs is still found, and a machine that is taken away for seconds is no fault of the program.
pub(crate) fn bound_ms<T: From<u16> + std::ops::Mul<Output = T>>(promised_ms: T) -> T {
    promised_ms * T::from(drill(20, 1))
}

/// A store that waits for a server as no hop would: for tests that are not about that.
pub(crate) fn patient() -> Options {
    let patience_ms = u64::try_from(PATIENCE.as_millis()).unwrap();
    Options { connect_ms: patience_ms, statement_ms: patience_ms, ..Options::default() }
}

/// Waits for a program that should end by itself.
pub(crate) fn ends(child: Child) -> Output {
    let (sender, receiver) = channel();
    let id = child.id().to_string();
    std::thread::spawn(move || sender.send(child.wait_with_output().unwrap()));
    match receiver.recv_timeout(PATIENCE) {
        Ok(output) => output,
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            Command::new("kill").args(["-KILL", &id]).status().unwrap();
            panic!("the program did not end");
        }
    }
}

/// The repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The menus of the repository in a folder where they may be spoiled.
pub(crate) fn copy_menus(to: &Path) {
    for part in ["", "flows", "text"] {
        std::fs::create_dir_all(to.join(part)).unwrap();
        for file in std::fs::read_dir(repository().join("menus").join(part)).unwrap().map(Result::unwrap) {
            if file.file_type().unwrap().is_file() {
                std::fs::copy(file.path(), to.join(part).join(file.file_name())).unwrap();
            }
        }
    }
}
