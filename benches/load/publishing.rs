//! Publications while the service is under load: two bundles by turns, as an operator would, by the command.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};

/// Between two publications.
const EVERY: Duration = Duration::from_millis(500);

/// Publishes until it is stopped.
pub(crate) struct Publishing {
    stop: Arc<AtomicBool>,
    thread: thread::JoinHandle<Result<u32>>,
}

impl Publishing {
    /// Begins with the service on `data`; the bundles are made in `folder`.
    pub(crate) fn start(binary: &Path, data: &Path, folder: &Path) -> Result<Self> {
        let bundles = [bundle(folder, "even", "wrong_max = 3")?, bundle(folder, "odd", "wrong_max = 4")?];
        let (binary, data) = (binary.to_owned(), data.to_owned());
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let mut published = 0;
            for bundle in bundles.iter().cycle() {
                thread::sleep(EVERY);
                if stopped.load(Ordering::Acquire) {
                    break;
                }
                // The command is no part of the service: it gives way to it.
                let mut publish = Command::new("nice");
                publish
                    .args(["-n", "19"])
                    .arg(&binary)
                    .args(["menu", "publish"])
                    .arg(bundle)
                    .arg("--data")
                    .arg(&data)
                    .stdout(Stdio::null());
                ensure!(publish.status().context("the binary cannot be run")?.success(), "a publication was refused");
                published += 1;
            }
            Ok(published)
        });
        Ok(Self { stop, thread })
    }

    /// Ends it; answers how many there were.
    pub(crate) fn stop(self) -> Result<u32> {
        self.stop.store(true, Ordering::Release);
        self.thread.join().map_err(|_| anyhow!("the publisher panicked"))?
    }
}

/// The shipped menus with one number changed.
fn bundle(folder: &Path, name: &str, wrong_max: &str) -> Result<PathBuf> {
    let (from, to) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("menus"), folder.join(name));
    for part in ["", "flows", "text"] {
        std::fs::create_dir_all(to.join(part))?;
        for entry in std::fs::read_dir(from.join(part))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let text = std::fs::read_to_string(&path)?.replace("wrong_max = 3", wrong_max);
                std::fs::write(to.join(part).join(path.file_name().unwrap_or_default()), text)?;
            }
        }
    }
    Ok(to)
}
