//! The log of what operators did with the menus, and what follows from it. Rows are only ever added; the newest say what
//! is served. Each statement is written here, once.

use std::collections::BTreeMap;

use crate::session::Closures;
use crate::storage::{Error, Row, Tx};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The service began with these menus, or found its folder changed.
    Started,
    /// An operator published.
    Published,
    /// An operator went back to an earlier bundle.
    RolledBack,
    /// A flow was closed.
    Frozen,
    /// It was opened again.
    Thawed,
    /// Maintenance began: every dial leads to the notice.
    NoticeOn,
    /// It is over.
    NoticeOff,
}

impl What {
    const ALL: [(What, &'static str); 7] = [
        (What::Started, "started"),
        (What::Published, "published"),
        (What::RolledBack, "rolled_back"),
        (What::Frozen, "frozen"),
        (What::Thawed, "thawed"),
        (What::NoticeOn, "notice_on"),
        (What::NoticeOff, "notice_off"),
    ];

    /// The word in the table.
    pub fn code(self) -> &'static str {
        What::ALL.iter().find(|(what, _)| *what == self).map_or("", |(_, code)| code)
    }

    fn from_code(code: &str) -> Result<Self, Error> {
        let found = What::ALL.iter().find(|(_, known)| *known == code);
        found.map(|(what, _)| *what).ok_or(Error::Corrupt { what: "a menu event of an unknown kind" })
    }

    /// Whether it changes which bundle is served.
    pub fn serves(self) -> bool {
        matches!(self, What::Started | What::Published | What::RolledBack)
    }
}

/// One row of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuEvent {
    /// Its identifier: later rows have larger ones.
    pub id: i64,
    /// What was done.
    pub what: What,
    /// Who did it.
    pub by: String,
    /// The flow that was closed or opened; else empty.
    pub flow: String,
    /// The bundle that was published; else empty.
    pub hash: Vec<u8>,
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
    /// When it holds.
    pub from_ms: i64,
}

/// What the log says at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The bundle that is served.
    pub live: Option<Vec<u8>>,
    /// Whether an operator chose it, rather than a start.
    pub chosen: bool,
    /// What is closed.
    pub closures: Closures,
    /// When the next row begins to hold, if one does not yet.
    pub next_ms: Option<i64>,
}

/// What `events`, oldest first, amount to at `now_ms`.
pub fn standing(events: &[MenuEvent], now_ms: i64) -> Standing {
    let mut standing = Standing::default();
    let mut frozen: BTreeMap<&str, bool> = BTreeMap::new();
    for event in events {
        if event.from_ms > now_ms {
            standing.next_ms = Some(standing.next_ms.map_or(event.from_ms, |next| next.min(event.from_ms)));
            continue;
        }
        match event.what {
            What::Started | What::Published | What::RolledBack => {
                standing.live = Some(event.hash.clone());
                standing.chosen = event.what != What::Started;
            }
            What::Frozen | What::Thawed => {
                frozen.insert(&event.flow, event.what == What::Frozen);
            }
            What::NoticeOn | What::NoticeOff => standing.closures.maintenance = event.what == What::NoticeOn,
        }
    }
    let frozen = frozen.into_iter().filter(|(_, frozen)| *frozen);
    standing.closures.flows = frozen.map(|(flow, _)| flow.to_owned()).collect();
    standing
}

/// The bundle to which a rollback leads: orders pile up bundles, and a rollback takes away what lies above the one that it
/// led to. Rows that do not hold yet count: they are what is rolled back.
pub(super) fn before_the_newest(events: &[MenuEvent]) -> Option<Vec<u8>> {
    let mut pile: Vec<&Vec<u8>> = Vec::new();
    for event in events.iter().filter(|event| event.what.serves()) {
        let below = pile.iter().rposition(|hash| **hash == event.hash).filter(|_| event.what == What::RolledBack);
        match below {
            Some(below) => pile.truncate(below + 1),
            None if pile.last() == Some(&&event.hash) => {}
            None => pile.push(&event.hash),
        }
    }
    pile.pop();
    pile.last().map(|hash| (*hash).clone())
}

/// Adds a row behind all others, whatever clock made its name. [`Error::Conflict`] when the newest is not `newest` any
/// more, where that matters.
pub(super) fn add(tx: &mut Tx<'_>, event: &MenuEvent, newest: Option<i64>) -> Result<(), Error> {
    const ADD: &str = "INSERT INTO menu_event (id, what, by_name, flow, bundle_hash, at_ms, from_ms) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING";
    let found = self::newest(tx)?;
    if newest.is_some_and(|newest| newest != found) {
        return Err(Error::Conflict);
    }
    let MenuEvent { id, what, by, flow, hash, at_ms, from_ms } = event;
    let row = [
        (*id).max(found + 1).into(),
        what.code().into(),
        by.as_str().into(),
        flow.as_str().into(),
        hash.into(),
        (*at_ms).into(),
        (*from_ms).into(),
    ];
    if tx.execute(ADD, &row)? == 0 { Err(Error::Conflict) } else { Ok(()) }
}

/// The newest row's identifier; 0 while there is none.
pub(super) fn newest(tx: &mut Tx<'_>) -> Result<i64, Error> {
    const NEWEST: &str = "SELECT id FROM menu_event ORDER BY id DESC LIMIT 1";
    Ok(tx.query_one(NEWEST, &[], |row| row.integer(0))?.unwrap_or(0))
}

/// Every row, oldest first. Operators make a few a week.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<MenuEvent>, Error> {
    const ALL: &str = "SELECT id, what, by_name, flow, bundle_hash, at_ms, from_ms FROM menu_event ORDER BY id";
    tx.query(ALL, &[], read)
}

fn read(row: &Row<'_>) -> Result<MenuEvent, Error> {
    Ok(MenuEvent {
        id: row.integer(0)?,
        what: What::from_code(row.text(1)?)?,
        by: row.text(2)?.to_owned(),
        flow: row.text(3)?.to_owned(),
        hash: row.bytes(4)?.to_vec(),
        at_ms: row.integer(5)?,
        from_ms: row.integer(6)?,
    })
}

/// Keeps a bundle, which may be there already.
pub(super) fn keep(tx: &mut Tx<'_>, kept: &Kept) -> Result<(), Error> {
    const KEEP: &str = "INSERT INTO bundle (hash, bytes, manifest_hash, published_ms) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (hash) DO UPDATE SET manifest_hash = excluded.manifest_hash, published_ms = excluded.published_ms";
    let row = [(&kept.hash).into(), (&kept.bytes).into(), (&kept.manifest_hash).into(), kept.now_ms.into()];
    tx.execute(KEEP, &row).map(|_| ())
}

/// A bundle on its way into the table.
pub(super) struct Kept {
    pub(super) hash: Vec<u8>,
    pub(super) bytes: Vec<u8>,
    pub(super) manifest_hash: Vec<u8>,
    pub(super) now_ms: i64,
}

/// The packed files of a bundle.
pub(super) fn bytes_of(tx: &mut Tx<'_>, hash: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    const BYTES: &str = "SELECT bytes FROM bundle WHERE hash = $1";
    tx.query_one(BYTES, &[hash.into()], |row| Ok(row.bytes(0)?.to_vec()))
}

/// A stored bundle: its hash and its packed files.
pub(super) type Stored = (Vec<u8>, Vec<u8>);

/// Bundles that a session still refers to, newest first.
pub(super) fn in_use(tx: &mut Tx<'_>) -> Result<Vec<Stored>, Error> {
    const IN_USE: &str = "SELECT hash, bytes FROM bundle \
        WHERE hash IN (SELECT bundle_hash FROM session) ORDER BY published_ms DESC";
    tx.query(IN_USE, &[], |row| Ok((row.bytes(0)?.to_vec(), row.bytes(1)?.to_vec())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: i64, what: What, flow: &str, from_ms: i64) -> MenuEvent {
        let hash = if what.serves() { vec![u8::try_from(id).unwrap()] } else { Vec::new() };
        MenuEvent { id, what, by: "A".into(), flow: flow.into(), hash, at_ms: 0, from_ms }
    }

    #[test]
    fn the_newest_rows_that_hold_say_what_is_served_and_what_is_closed() {
        let events = [
            event(1, What::Started, "", 0),
            event(2, What::Published, "", 10),
            event(3, What::Frozen, "job", 20),
            event(4, What::Frozen, "help", 20),
            event(5, What::NoticeOn, "", 30),
            event(6, What::Thawed, "job", 40),
            event(7, What::RolledBack, "", 50),
            event(8, What::NoticeOff, "", 60),
        ];
        let at = |now_ms| {
            let found = standing(&events, now_ms);
            let flows: Vec<String> = found.closures.flows.into_iter().collect();
            (found.live.unwrap()[0], found.chosen, flows.join(" "), found.closures.maintenance, found.next_ms)
        };
        assert_eq!(at(0), (1, false, String::new(), false, Some(10)));
        assert_eq!(at(20), (2, true, "help job".to_owned(), false, Some(30)));
        assert_eq!(at(45), (2, true, "help".to_owned(), true, Some(50)));
        assert_eq!(at(99), (7, true, "help".to_owned(), false, None));
        assert_eq!(standing(&[], 5), Standing::default());
    }

    #[test]
    fn rollbacks_go_further_back_and_never_to_what_was_rolled_away() {
        let served = |id: i64, what, hash: u8| MenuEvent { hash: vec![hash], ..event(id, what, "", 0) };
        let mut events = vec![served(1, What::Started, 1)];
        assert_eq!(before_the_newest(&events), None);
        events.extend([served(2, What::Published, 2), served(3, What::Published, 3)]);
        assert_eq!(before_the_newest(&events), Some(vec![2]));
        events.push(served(4, What::RolledBack, 2));
        assert_eq!(before_the_newest(&events), Some(vec![1]));
        events.push(served(5, What::RolledBack, 1));
        assert_eq!(before_the_newest(&events), None);
        events.extend([served(6, What::Published, 3), event(7, What::Frozen, "job", 0), served(8, What::Published, 3)]);
        assert_eq!(before_the_newest(&events), Some(vec![1]));
    }

    #[test]
    fn every_word_of_the_table_is_read_back() {
        for (what, code) in What::ALL {
            assert_eq!(What::from_code(code), Ok(what));
        }
        assert!(What::from_code("melted").is_err());
    }
}
