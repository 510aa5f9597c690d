//! Sessions as their last hop left them on this node, so that the next hop need not ask the store.
//!
//! What is found here may be out of date: another node, the help desk or a redelivery can have moved the session since. That is
//! noticed when the hop is saved, which names the revision that it goes on from; then it runs again from what is stored. So
//! nothing here has to be right, and forgetting costs one question to the store.
//!
//! Only sealed visits and keyed hashes are held.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::record::Record;

/// Sessions held, at most, in each of two halves: a thousand hops a second, eight seconds apart, are eight thousand sessions. A
/// few MB.
const HALF_MAX: usize = 4_096;

/// See the module.
#[derive(Default)]
pub struct RecentSessions {
    halves: Mutex<Halves>,
}

/// What is kept goes to the young half; when that is full it becomes the old one, and the old one is forgotten.
#[derive(Default)]
struct Halves {
    young: HashMap<[u8; 32], Record>,
    old: HashMap<[u8; 32], Record>,
}

impl std::fmt::Debug for RecentSessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecentSessions").finish_non_exhaustive()
    }
}

impl RecentSessions {
    /// Takes a session out: of two hops that come at once, one alone goes on from here.
    pub(super) fn take(&self, session_key: &[u8; 32]) -> Option<Record> {
        let mut guard = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        let halves = &mut *guard;
        halves.young.remove(session_key).or_else(|| halves.old.remove(session_key))
    }

    /// Keeps a session as it is on the disk. One that is over has no next hop.
    pub(super) fn keep(&self, session_key: [u8; 32], session: Record) {
        if session.ended {
            return;
        }
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        if halves.young.len() >= HALF_MAX {
            halves.old = std::mem::take(&mut halves.young);
        }
        halves.young.insert(session_key, session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> [u8; 32] {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&number.to_be_bytes());
        key
    }

    fn session(number: usize) -> Record {
        Record { session_id: i64::try_from(number).unwrap(), ..Record::of_nothing(0, 0) }
    }

    #[test]
    fn a_session_is_given_out_once_and_an_ended_one_never() {
        let recent = RecentSessions::default();
        recent.keep(key(1), session(1));
        recent.keep(key(2), Record { ended: true, ..session(2) });
        assert_eq!(recent.take(&key(1)).map(|session| session.session_id), Some(1));
        assert!(recent.take(&key(1)).is_none() && recent.take(&key(2)).is_none());
    }

    #[test]
    fn the_oldest_are_forgotten_and_the_latest_never() {
        let recent = RecentSessions::default();
        for number in 0..10 * HALF_MAX {
            recent.keep(key(number), session(number));
            let halves = recent.halves.lock().unwrap();
            assert!(halves.young.len() + halves.old.len() <= 2 * HALF_MAX);
        }
        let last = 10 * HALF_MAX - 1;
        assert!((last - HALF_MAX + 1..=last).all(|number| recent.take(&key(number)).is_some()));
        assert!(recent.take(&key(0)).is_none());
    }
}
