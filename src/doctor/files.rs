//! What the doctor sees without opening the database: permissions, room on the disk, the length of the WAL.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::Finding;
use crate::storage::{Files, WAL_BYTES_MAX, bytes_free};

/// Bytes of free disk below which the service is about to stop: four times the WAL's bound, some minutes of a peak.
const FREE_BYTES_FAULT: u64 = 4 * WAL_BYTES_MAX;
/// Bytes of free disk, beside those of a copy of the database, below which somebody should make room: days of a peak.
const FREE_BYTES_WARN: u64 = 1 << 30;
/// Times the WAL's bound beyond which something is wrong: a backup may stretch it for a while, to a few times.
const WAL_TIMES_MAX: u64 = 16;

/// Permissions of others than the owner's group.
const OTHERS: u32 = 0o007;
/// Permissions of the owner's group.
const GROUP: u32 = 0o070;

pub(super) fn examine(files: &Files) -> Vec<Finding> {
    let mut findings = vec![wal(&files.database), disk(files)];
    findings.extend(permissions(files));
    findings
}

fn wal(database: &Path) -> Finding {
    const CHECK: &str = "wal";
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    // Where there is none, nothing waits in it.
    let bytes = std::fs::metadata(path).map_or(0, |wal| wal.len());
    let what = format!("{} KiB wait to be copied into the database, or have been", bytes >> 10);
    if bytes > WAL_TIMES_MAX * WAL_BYTES_MAX {
        let advice = "something reads the database without end: end other programs that have it open, or restart";
        Finding::fault(CHECK, what, advice)
    } else if bytes > 2 * WAL_BYTES_MAX {
        Finding::warning(CHECK, what, "it grows while a backup is made; look again after it")
    } else {
        Finding::ok(CHECK, what)
    }
}

fn disk(files: &Files) -> Finding {
    const CHECK: &str = "disk";
    let free = match bytes_free(&files.folder) {
        Ok(free) => free,
        Err(error) => {
            let what = format!("the room on the disk of {} is not known: {error}", files.folder.display());
            return Finding::warning(CHECK, what, "look at it by hand");
        }
    };
    let database = std::fs::metadata(&files.database).map_or(0, |database| database.len());
    let what = format!("{} MiB free, the database has {} MiB", free >> 20, database >> 20);
    if free < FREE_BYTES_FAULT {
        Finding::fault(CHECK, what, "make room now: without it nothing can be stored, and callers get an apology")
    } else if free < FREE_BYTES_WARN + database {
        Finding::warning(CHECK, what, "make room: a backup and some days of calls would fill it")
    } else {
        Finding::ok(CHECK, what)
    }
}

/// A file or folder with permissions that it must not have, and those that it should not have.
fn permissions(files: &Files) -> Vec<Finding> {
    const CHECK: &str = "permissions";
    // A mounted secret may belong to the service's group; everything else is its owner's alone.
    let rules = [
        (&files.folder, GROUP | OTHERS, 0, "chmod 700"),
        (&files.database, GROUP | OTHERS, 0, "chmod 600"),
        (&files.keys, OTHERS, GROUP, "chmod 600"),
    ];
    let mut findings = Vec::new();
    for (path, never, rather_not, advice) in rules {
        let mode = match std::fs::metadata(path) {
            Ok(found) => found.permissions().mode() & 0o777,
            Err(error) => {
                let what = format!("{} cannot be looked at: {error}", path.display());
                findings.push(Finding::fault(CHECK, what, "bring it back, or let this user look at it"));
                continue;
            }
        };
        let what = format!("{} has mode {mode:03o}", path.display());
        let advice = format!("only the service's user should reach it: {advice} {}", path.display());
        if mode & never != 0 {
            findings.push(Finding::fault(CHECK, what, &advice));
        } else if mode & rather_not != 0 {
            findings.push(Finding::warning(CHECK, what, &advice));
        }
    }
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, "folder, database and key file are their owner's alone"));
    }
    findings
}
