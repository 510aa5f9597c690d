//! `step` over the menus that are shipped: from what was typed to the finished screen, without a host behind it.

use std::hint::black_box;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, ensure};
use kaziline::actions::{self, Host};
use kaziline::country::Country;
use kaziline::menu::{self, Bundle, Value};
use kaziline::session::input::Today;
use kaziline::session::{Closures, Effect, Engine, Event, Row, Scene, Screen, Visit};
use kaziline::storage::Keys;
use kaziline::text::Language;
use kaziline::text::datetime::Day;

use crate::times::{Times, timed};

/// A Sunday in November 2026.
const TODAY: Day = Day(20_779);

/// One hop: a visit that stands somewhere, what is typed, and the rows that the host gives if it is asked.
struct Hop {
    what: &'static str,
    from: &'static str,
    typed: &'static str,
    rows: Vec<Row>,
    /// Must be on the screen.
    expected: &'static str,
}

pub(crate) fn measure(times: usize) -> Result<Vec<String>> {
    let country = Country::embedded("RW").map_err(|_| anyhow!("the country pack has faults"))?;
    let host = Host::new(country, Keys::of_no_secret(), "*567#".to_owned());
    let sources = kaziline::embedded::menus();
    let bundle = menu::build(&sources, actions::manifest(), &host);
    let bundle = bundle.map_err(|report| anyhow!("the menus have faults:\n{}", report.render()))?;
    let category = |code| Row { id: code, values: vec![Value::Coded("category", code)], exact: false };
    let hops = [
        Hop { what: "step: a menu", from: "home.new", typed: "4", rows: Vec::new(), expected: "5 " },
        Hop {
            what: "step: a question, answered wrongly",
            from: "register.birth_year",
            typed: "tomorrow",
            rows: Vec::new(),
            expected: "1990",
        },
        Hop {
            what: "step: a list of nine rows",
            from: "trade.adults_only",
            typed: "1",
            rows: (1..=9).map(category).collect(),
            expected: "1 ",
        },
    ];
    hops.iter().map(|hop| one(&host, &bundle, hop, times)).collect()
}

fn one(host: &Host, bundle: &Arc<Bundle>, hop: &Hop, times: usize) -> Result<String> {
    let at = *bundle.names.get(hop.from).with_context(|| format!("there is no state {}", hop.from))?;
    let mut start = Visit::new(1, Language::En, None);
    (start.at, start.hop) = (at, 3);
    let today = Today { day: TODAY, year: TODAY.year() };
    let closures = Closures::default();
    let (limits, manifest) = (&bundle.limits, actions::manifest());
    let scene = Scene { bundle, limits, closures: &closures, manifest, labels: host, today, fresh_visit_id: 2 };
    let mut nanoseconds = Vec::with_capacity(times);
    for _ in 0..times {
        let (mut visit, typed, rows) = (start.clone(), hop.typed.to_owned(), hop.rows.clone());
        let (taken, screen) = timed(|| step(scene, black_box(&mut visit), typed, rows));
        let screen = screen.with_context(|| format!("{} made no screen", hop.what))?;
        ensure!(screen.text.contains(hop.expected), "{} made another screen: {:?}", hop.what, screen.text);
        nanoseconds.push(taken);
    }
    Ok(Times::of(nanoseconds).line(hop.what, "<= 5 us"))
}

fn step(scene: Scene<'_>, visit: &mut Visit, typed: String, rows: Vec<Row>) -> Option<Screen> {
    let mut engine = Engine::new(scene, visit);
    let mut effect = engine.step(Event::Input(typed));
    if matches!(effect, Effect::Fetch(..)) {
        effect = engine.step(Event::Rows(rows, false));
    }
    match effect {
        Effect::Screen(screen) => Some(screen),
        _ => None,
    }
}
