//! What programs that tests start say, and how long tests wait for them.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Output;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Far beyond a healthy start (3 s) or stop, so that only a real fault runs into it, also where the machine is given to
/// others for most of the time.
pub(crate) const PATIENCE: Duration = Duration::from_mins(3);

/// The standard output and error of a command.
pub(crate) fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

/// The lines of a stream, read on a thread of their own so that the program never waits for its reader.
pub(crate) fn lines(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
            if sender.send(line.trim_end().to_owned()).is_err() {
                // The test is over: read on so that the program can end as it likes.
                let _ = reader.read_to_end(&mut Vec::new());
                return;
            }
            line.clear();
        }
    });
    receiver
}
