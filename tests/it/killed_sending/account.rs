//! What came of it: the store is held against the ledger.

use std::collections::{BTreeMap, HashMap};

use kaziline::outbox::Class;
use kaziline::storage::{Keys, Purpose};

use super::outside::{Outside, Promise};
use super::place::{Place, Queued};

/// A message as the store has it in the end.
struct Row {
    class: String,
    template: String,
    status: String,
    is_marked: bool,
    address_hmac: Vec<u8>,
}

fn rows(place: &Place) -> BTreeMap<String, Row> {
    let file = place.open();
    let sql = "SELECT id, class, template, status, possible_duplicate, address_hmac FROM outbox";
    let mut select = file.prepare(sql).unwrap();
    let rows = select.query_map([], |row| {
        let is_marked = row.get::<_, i64>(4)? == 1;
        let (class, template, status) = (row.get(1)?, row.get(2)?, row.get(3)?);
        Ok((
            format!("kz{:x}", row.get::<_, i64>(0)?),
            Row { class, template, status, is_marked, address_hmac: row.get(5)? },
        ))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// What came of the drill.
#[derive(Default)]
pub(super) struct Account {
    /// Acknowledged work that is not there, or not there as it was acknowledged.
    pub(super) lost: Vec<String>,
    /// Alerts that the provider got twice.
    pub(super) alerts_doubled: usize,
    /// Alerts whose fate is not known.
    pub(super) alerts_unknown: usize,
    /// Alerts that the provider never got.
    alerts_missing: usize,
    /// Messages that must arrive and were sent again after an unknown outcome.
    pub(super) marked: usize,
    /// Those that came twice without a mark.
    pub(super) unmarked: usize,
    /// Those that came twice, by the life of the service in which they came before.
    pub(super) doubled_by_life: BTreeMap<usize, usize>,
}

impl std::fmt::Display for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "lost {}, alerts doubled {}, alerts unknown {} ({} never came), must-arrive sent again and marked {}, \
             doubled {} (at most {} a kill), doubled without a mark {}",
            self.lost.len(),
            self.alerts_doubled,
            self.alerts_unknown,
            self.alerts_missing,
            self.marked,
            self.doubled_by_life.values().sum::<usize>(),
            self.doubled_by_life.values().max().unwrap_or(&0),
            self.unmarked,
        )
    }
}

/// Holds what the store has against what the world outside knows.
pub(super) fn account(outside: &Outside, keys: &Keys, queued: &BTreeMap<String, Queued>, place: &Place) -> Account {
    let (rows, taken) = (rows(place), outside.taken.lock().unwrap());
    let mut account = Account::default();
    let lost = &mut account.lost;
    for (name, message) in queued {
        let row = rows.get(name);
        if row.is_none_or(|row| row.class != message.class.code()) {
            lost.push(format!("{name}: it was queued, and has no row"));
        }
        if taken.get(name).is_some_and(|sms| sms.to != message.number || sms.text != message.text) {
            lost.push(format!("{name}: another text or number than was queued"));
        }
    }
    for name in taken.keys().filter(|name| !rows.contains_key(*name)) {
        lost.push(format!("{name}: it was sent, and has no row"));
    }
    for (name, row) in &rows {
        let lives = taken.get(name).map_or(&[][..], |sms| &sms.lives);
        let is_known = row.status == "accepted" || row.status == "delivered";
        let is_alert = row.class == Class::Alert.code();
        if is_known == lives.is_empty() && !(is_alert && row.status == "unknown") {
            lost.push(format!("{name}: {} {}, and the provider got it {} times", row.class, row.status, lives.len()));
        }
        if is_alert {
            account.alerts_doubled += usize::from(lives.len() > 1);
            account.alerts_unknown += usize::from(!is_known);
            account.alerts_missing += usize::from(lives.is_empty());
        } else {
            if !is_known {
                lost.push(format!("{name}: it must arrive, and is {}", row.status));
            }
            account.marked += usize::from(row.is_marked);
            account.unmarked += usize::from(lives.len() > 1 && !row.is_marked);
            for life in lives.iter().rev().skip(1) {
                *account.doubled_by_life.entry(*life).or_default() += 1;
            }
        }
    }

    // Each promise has one row and nothing else has one; and what was sent to the number names the job.
    let promises = outside.promises.lock().unwrap();
    let mut promised: BTreeMap<(Vec<u8>, &str), usize> = BTreeMap::new();
    let mut sent: HashMap<&str, Vec<&str>> = HashMap::new();
    taken.values().for_each(|sms| sent.entry(sms.to.as_str()).or_default().push(sms.text.as_str()));
    for Promise { number, job } in promises.iter() {
        let template = if job.is_some() { "applied" } else { "registered" };
        let hash = keys.keyed_hash(Purpose::Msisdn, number.as_bytes()).to_vec();
        *promised.entry((hash, template)).or_default() += 1;
        let texts = sent.get(number.as_str()).map_or(&[][..], Vec::as_slice);
        if job.as_ref().is_some_and(|job| !texts.iter().any(|text| text.contains(job.as_str()))) {
            lost.push(format!("{number}: no message on job {job:?}"));
        }
    }
    let mut queued_by_hops: BTreeMap<(Vec<u8>, &str), usize> = BTreeMap::new();
    for row in rows.values().filter(|row| ["applied", "registered"].contains(&row.template.as_str())) {
        *queued_by_hops.entry((row.address_hmac.clone(), &row.template)).or_default() += 1;
    }
    if promised != queued_by_hops {
        lost.push(format!("{} promises, {} kept", promised.len(), queued_by_hops.len()));
    }

    let file = place.open();
    let mut select = file.prepare("SELECT about, message_id FROM receipt WHERE message_id > 0").unwrap();
    let reported = select.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))).unwrap();
    let reported: BTreeMap<String, i64> = reported.map(Result::unwrap).collect();
    for name in outside.acknowledged.lock().unwrap().iter() {
        let is_there = reported.get(&format!("o:{name}")).is_some_and(|id| format!("kz{id:x}") == *name);
        if !is_there || rows.get(name).is_none_or(|row| row.status != "delivered") {
            lost.push(format!("{name}: its report was acknowledged, and did not move it"));
        }
    }
    account
}
