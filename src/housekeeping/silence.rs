//! The alarm when a network falls silent: nobody has dialled from it for fifteen minutes, at a time of day at which
//! many do.
//!
//! What is usual is the median of the same quarter of the hour on the seven days before, of those days on which dials
//! were counted then; with fewer than three of them nothing is usual yet. Where the fifteen minutes lie in two
//! quarters, the smaller one counts: at the edge of the day it errs on the side of sleep. At night nothing is usual,
//! so nothing is silent.
//!
//! What could not be counted is no silence. A node judges only a time that it has itself watched without a gap: it
//! ran, and wrote down what it counted at least every three minutes ([`crate::hop::dials`]). So one that was started,
//! slept, or lost its database judges again 17 minutes later, and a service that was off judges nothing. Other
//! channels and networks need not be alive for it: when all fall silent at once, all are told. The other nodes' dials
//! are in the same rows.
//!
//! A silence is told once, over all nodes and restarts, and lasts until somebody dials: it does not end because
//! evening comes.

use std::collections::{BTreeMap, BTreeSet};

use super::alarm::{self, Alarm};
use super::desk::Desk;
use crate::hop::Service;
use crate::hop::dials::{self, Counted, QUARTER_MS, quarter_of};
use crate::storage::{Error, Tx, Work};

/// How long nobody may dial.
const WINDOW_MS: i64 = 15 * 60_000;
/// Dials in a quarter of an hour below which none is no news.
const USUAL_MIN: i64 = 20;
/// What is judged lies so far back: every node has written by then what it counted, and clocks differ a little.
const SETTLED_MS: i64 = 2 * 60_000;
/// Days that are looked back on, and how many of them must be known.
const DAYS: i64 = 7;
const DAYS_KNOWN_MIN: usize = 3;
/// Days of the clock: where clocks are put forward, what is usual is an hour off for a week.
const DAY_MS: i64 = 24 * 3_600_000;

/// What was counted: in the quarters of the judged time and since, and in the same quarters of the days before.
#[derive(Clone, Debug, Default)]
struct View {
    lately: Vec<Counted>,
    before: Vec<Counted>,
}

/// A channel and a network.
type Way<'a> = (&'a str, &'a str);

/// The two quarters that the judged time lies in, by their beginnings.
fn quarters(now_ms: i64) -> [i64; 2] {
    let until_ms = now_ms - SETTLED_MS;
    [quarter_of(until_ms - WINDOW_MS), quarter_of(until_ms)]
}

/// Reads what a judgement at `now_ms` needs.
fn look(tx: &mut Tx<'_>, now_ms: i64) -> Result<View, Error> {
    let [first, last] = quarters(now_ms);
    let mut view = View { lately: dials::series(tx, first, now_ms + QUARTER_MS)?, before: Vec::new() };
    for day in 1..=DAYS {
        view.before.extend(dials::series(tx, first - day * DAY_MS, last - day * DAY_MS + 1)?);
    }
    Ok(view)
}

/// What is news: silences that were not told yet, and those told that are over. `told` has channel, network and
/// beginning.
fn judge(view: &View, told: &[(String, String, i64)], watched_since_ms: i64, now_ms: i64) -> Vec<Alarm> {
    let silent_from_ms = now_ms - SETTLED_MS - WINDOW_MS;
    let mut last_dials: BTreeMap<Way<'_>, i64> = BTreeMap::new();
    for row in &view.lately {
        let last_ms = last_dials.entry((&row.channel, &row.network)).or_insert(row.last_ms);
        *last_ms = row.last_ms.max(*last_ms);
    }
    // The last dial, if it lies before what is judged or there is none.
    let last_before = |way: &Way<'_>| {
        let last_ms = last_dials.get(way).copied();
        last_ms.is_none_or(|last_ms| last_ms <= silent_from_ms).then_some(last_ms)
    };
    let mut news = Vec::new();
    for (channel, network, since_ms) in told {
        if last_before(&(channel, network)).is_none() {
            let (channel, network) = (channel.clone(), network.clone());
            news.push(Alarm::SilenceOver { channel, network, since_ms: *since_ms });
        }
    }
    if watched_since_ms > silent_from_ms {
        return news;
    }
    let mut counts: BTreeMap<i64, BTreeMap<Way<'_>, i64>> = BTreeMap::new();
    for row in &view.before {
        counts.entry(row.quarter_ms).or_default().insert((&row.channel, &row.network), row.dials);
    }
    let is_told = |way: Way<'_>| told.iter().any(|(channel, network, _)| (channel.as_str(), network.as_str()) == way);
    let ways: BTreeSet<Way<'_>> = counts.values().flat_map(BTreeMap::keys).copied().collect();
    for way in ways.into_iter().filter(|way| !way.0.is_empty() && !is_told(*way)) {
        let Some(last_ms) = last_before(&way) else { continue };
        // Of a number and none the smaller is none.
        let usual = quarters(now_ms).map(|quarter| usual(&counts, way, quarter)).into_iter().min().flatten();
        let Some(usual) = usual.filter(|usual| *usual >= USUAL_MIN) else { continue };
        let (channel, network) = (way.0.to_owned(), way.1.to_owned());
        news.push(Alarm::Silence { channel, network, usual, since_ms: last_ms.unwrap_or(silent_from_ms) });
    }
    news
}

/// Dials that are usual in a quarter: the median of the days before, the lower one of two. `None` while too little is
/// known.
fn usual(counts: &BTreeMap<i64, BTreeMap<Way<'_>, i64>>, way: Way<'_>, quarter_ms: i64) -> Option<i64> {
    let on = |day: i64| {
        let counted = counts.get(&(quarter_ms - day * DAY_MS))?;
        counted.contains_key(&("", "")).then(|| counted.get(&way).copied().unwrap_or_default())
    };
    let mut known: Vec<i64> = (1..=DAYS).filter_map(on).collect();
    known.sort_unstable();
    if known.len() < DAYS_KNOWN_MIN { None } else { known.get((known.len() - 1) / 2).copied() }
}

/// Writes down what was counted, judges, and raises what is news. Answers it.
pub(super) async fn watch(service: &Service, now_ms: i64) -> Result<Vec<Alarm>, Error> {
    let (taken, watched_since_ms) = (service.dials.take(), service.dials.watched_since(now_ms));
    let (rows, desk) = (taken.clone(), Desk::of(service));
    let work = move |tx: &mut Tx<'_>| {
        dials::add(tx, &rows, now_ms)?;
        let told = alarm::silences(tx)?;
        let mut news = Vec::new();
        for alarm in judge(&look(tx, now_ms)?, &told, watched_since_ms, now_ms) {
            if alarm.note(tx)? {
                desk.tell(tx, &alarm.news(), now_ms)?;
                news.push(alarm);
            }
        }
        Ok(news)
    };
    match service.store.transact(Work::bulk(), work).await {
        Ok(news) => {
            service.dials.written(now_ms);
            news.iter().for_each(Alarm::raise);
            if !news.is_empty() {
                service.enqueued.notify_one();
            }
            Ok(news)
        }
        Err(error) => {
            service.dials.put_back(&taken);
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::app::Core;
    use crate::clock::{Clock, SimulatedClock};
    use crate::storage::Store;
    use crate::{embedded, migrations, on_postgres};

    const MINUTE_MS: i64 = 60_000;
    /// A Sunday morning, ten minutes into a quarter: what is judged then lies in it and in the one before.
    const NOW_MS: i64 = 1_795_330_800_000 + 10 * MINUTE_MS;
    const FROM_MS: i64 = NOW_MS - SETTLED_MS - WINDOW_MS;

    fn row(quarter_ms: i64, network: &str, dials: i64, last_ms: i64) -> Counted {
        let channel = if network.is_empty() { String::new() } else { "demo".to_owned() };
        Counted { quarter_ms, channel, network: network.to_owned(), dials, last_ms }
    }

    /// What was counted in the two quarters on each of the days before, the latest first; `None` where nothing was.
    fn view(days: &[Option<(i64, i64)>]) -> View {
        let mut view = View::default();
        for (day, counted) in (1..).zip(days) {
            let [first, last] = quarters(NOW_MS).map(|quarter| quarter - day * DAY_MS);
            for (quarter, dials) in counted.iter().flat_map(|(one, two)| [(first, *one), (last, *two)]) {
                view.before.push(row(quarter, "", 0, quarter));
                // Where nobody dialled there is no row.
                view.before.extend((dials > 0).then(|| row(quarter, "Airtel", dials, quarter)));
            }
        }
        view
    }

    fn silence(usual: i64, since_ms: i64) -> Alarm {
        Alarm::Silence { channel: "demo".to_owned(), network: "Airtel".to_owned(), usual, since_ms }
    }

    #[test]
    fn a_network_is_silent_that_is_usually_not() {
        let news = |days: &[Option<(i64, i64)>]| judge(&view(days), &[], FROM_MS, NOW_MS);
        let usual = Some((130, 120));
        assert_eq!(news(&[usual, usual, usual]), [silence(120, FROM_MS)]);
        assert_eq!(news(&[usual, None, usual, None, None, usual]), [silence(120, FROM_MS)]);
        assert_eq!(news(&[usual, usual]), [], "two days are not known well enough");
        assert_eq!(news(&[Some((19, 120)); 7]), [], "the day began in the second quarter");
        assert_eq!(news(&[Some((120, 0)); 7]), [], "the day ended with the first");
        assert_eq!(news(&[Some((20, 20)); 7]), [silence(20, FROM_MS)]);
        // A busy day, and one on which the network was silent, decide nothing.
        assert_eq!(news(&[Some((900, 900)), Some((0, 0)), usual, usual]), [silence(120, FROM_MS)]);
        assert_eq!(news(&[Some((900, 900)), Some((0, 0)), Some((0, 0)), usual]), []);
    }

    #[test]
    fn the_last_dial_says_since_when() {
        let mut view = view(&[Some((120, 120)); 7]);
        let [first, _] = quarters(NOW_MS);
        view.lately = vec![row(first, "", 0, NOW_MS), row(first, "Airtel", 3, FROM_MS)];
        assert_eq!(judge(&view, &[], FROM_MS, NOW_MS), [silence(120, FROM_MS)]);
        view.lately[1].last_ms = FROM_MS + 1;
        assert_eq!(judge(&view, &[], FROM_MS, NOW_MS), [], "that is not quite fifteen minutes ago");
    }

    proptest! {
        #[test]
        fn what_is_told_is_what_was_said_above(
            days in proptest::collection::vec(proptest::option::of((0..60_i64, 0..60_i64)), 0..=7),
            last_dial in proptest::option::of(FROM_MS - 600_000..NOW_MS),
            watched_since in FROM_MS - 10..FROM_MS + 10,
            is_told in any::<bool>(),
        ) {
            let mut view = view(&days);
            let [first, _] = quarters(NOW_MS);
            view.lately.push(row(first, "", 0, NOW_MS));
            view.lately.extend(last_dial.map(|at| row(quarter_of(at).max(first), "Airtel", 1, at)));
            let told: Vec<_> = is_told.then(|| ("demo".to_owned(), "Airtel".to_owned(), 5)).into_iter().collect();
            let news = judge(&view, &told, watched_since, NOW_MS);
            let is_silent = last_dial.is_none_or(|at| at <= FROM_MS);
            // The lower middle one is at least twenty: fewer than half are less.
            let is_usual = |part: fn(&(i64, i64)) -> i64| {
                let known: Vec<i64> = days.iter().flatten().map(part).collect();
                known.len() >= 3 && known.iter().filter(|dials| **dials < 20).count() <= (known.len() - 1) / 2
            };
            let is_usual = is_usual(|day| day.0) && is_usual(|day| day.1);
            let codes: Vec<_> = news.iter().map(Alarm::code).collect();
            let wanted: &[&str] = match (is_told, is_silent) {
                (true, false) => &["silence_over"],
                (false, true) if is_usual && watched_since <= FROM_MS => &["silence"],
                _ => &[],
            };
            prop_assert_eq!(codes, wanted);
        }
    }

    /// Two nodes on one store, whose time is given.
    struct Nodes {
        runtime: tokio::runtime::Runtime,
        both: [Service; 2],
        now_ms: i64,
    }

    impl Nodes {
        fn on(store: Store, clock: Arc<dyn Clock>) -> Nodes {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let core = runtime.block_on(Core::invented(store, clock, embedded::menus())).unwrap();
            let one = core.service;
            let one = Service::clone(&one);
            let other = Service { dials: Arc::default(), ..one.clone() };
            Nodes { runtime, both: [one, other], now_ms: NOW_MS }
        }

        /// Three days on which both networks were dialled from as ever.
        fn three_days(&self) {
            let quarters = (0..96)
                .flat_map(|quarter| (1..=3).map(move |day| quarter_of(NOW_MS) + quarter * QUARTER_MS - day * DAY_MS));
            let write = move |tx: &mut Tx<'_>| {
                for quarter in quarters.clone() {
                    let rows = ["MTN", "Airtel"].map(|network| row(quarter, network, 120, quarter));
                    dials::add(tx, &rows, quarter)?;
                }
                Ok::<_, Error>(())
            };
            self.both[0].store.transact_blocking(Work::bulk(), write).unwrap();
        }

        /// Minutes in which these are dialled from, over the second node. Answers what both told.
        fn pass(&mut self, minutes: i64, networks: &[&str]) -> Vec<String> {
            let mut told = Vec::new();
            for _ in 0..minutes {
                self.now_ms += MINUTE_MS;
                for network in networks {
                    self.both[1].dials.count("demo", network, self.now_ms - 1);
                }
                for node in &self.both {
                    let news = self.runtime.block_on(watch(node, self.now_ms)).unwrap();
                    told.extend(news.iter().map(|alarm| format!("{} {alarm}", alarm.code())));
                }
            }
            told
        }

        fn start_anew(&mut self) {
            for node in &mut self.both {
                node.dials = Arc::default();
            }
        }
    }

    #[test]
    fn a_silence_is_told_once_over_all_nodes_and_so_is_its_end() {
        const SILENT: &str = "silence Airtel on channel demo is silent: no dials for 15 minutes, usual 120";
        const BACK: &str = "silence_over Airtel on channel demo is back";
        let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::at(NOW_MS));
        for store in [
            Store::inline(migrations::SQLITE, Arc::clone(&clock)).unwrap(),
            on_postgres::store(migrations::POSTGRES, &clock),
        ] {
            let mut nodes = Nodes::on(store, Arc::clone(&clock));
            nodes.three_days();
            // Nobody has watched for long enough, whatever was dialled.
            assert_eq!(nodes.pass(17, &["MTN"]), [""; 0]);
            assert_eq!(nodes.pass(1, &["MTN"]), [SILENT]);
            assert_eq!(nodes.pass(5, &["MTN"]), [""; 0]);
            // A restart, and a time in which the service was off, tell nothing again and nothing new.
            nodes.start_anew();
            nodes.now_ms += 30 * MINUTE_MS;
            assert_eq!(nodes.pass(5, &["MTN"]), [""; 0]);
            assert_eq!(nodes.pass(1, &["MTN", "Airtel"]), [BACK]);
            assert_eq!(nodes.pass(30, &["MTN", "Airtel"]), [""; 0]);
            // When all fall silent at once, all are told: the last dial is fifteen minutes and two ago.
            assert_eq!(nodes.pass(16, &[]), [""; 0]);
            let both = nodes.pass(1, &[]);
            assert_eq!((both.len(), both[0].as_str()), (2, SILENT));
            assert_eq!(nodes.pass(2, &["Airtel", "MTN"]).len(), 2);
            // Silent while nobody watched: it is judged only after that.
            nodes.now_ms += 40 * MINUTE_MS;
            assert_eq!(nodes.pass(17, &["MTN"]), [""; 0]);
            assert_eq!(nodes.pass(1, &["MTN"]), [SILENT]);
        }
    }

    #[test]
    fn what_could_not_be_written_is_written_later() {
        let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::at(NOW_MS));
        let store = Store::inline(migrations::SQLITE, Arc::clone(&clock)).unwrap();
        let nodes = Nodes::on(store.clone(), clock);
        nodes.both[0].dials.count("demo", "MTN", NOW_MS);
        let statement = |sql: &'static str| {
            store.transact_blocking(Work::bulk(), move |tx| tx.execute(sql, &[])).unwrap();
        };
        statement("ALTER TABLE dial_count RENAME TO away");
        nodes.runtime.block_on(watch(&nodes.both[0], NOW_MS)).unwrap_err();
        statement("ALTER TABLE away RENAME TO dial_count");
        nodes.runtime.block_on(watch(&nodes.both[0], NOW_MS)).unwrap();
        let rows = store.read_blocking(|tx| dials::series(tx, 0, NOW_MS)).unwrap();
        assert_eq!(rows.iter().map(|row| row.dials).collect::<Vec<_>>(), [0, 1]);
    }
}
