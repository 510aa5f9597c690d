//! Whatever stands in a file of a bundle: it is refused with a report, or accepted and then never faults.
#![no_main]

use std::sync::LazyLock;

use kaziline::actions::{self, Host};
use kaziline::app::demo_host;
use kaziline::embedded;
use kaziline::menu::{self, Sources};
use kaziline::session::wander::{Ground, wander};
use libfuzzer_sys::fuzz_target;

static HOST: LazyLock<Host> = LazyLock::new(|| demo_host().expect("the country pack is compiled in"));
static SHIPPED: LazyLock<Sources> = LazyLock::new(embedded::menus);

/// Walks over an accepted bundle, and hops of each.
const WALKS: usize = 50;
const HOPS: usize = 10;

// The first byte names the file, the second and third where its text is cut open; the rest is put in there.
fuzz_target!(|data: &[u8]| {
    let [file, high, low, rest @ ..] = data else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let mut sources = SHIPPED.clone();
    let file = usize::from(*file) % sources.files.len();
    let old = &mut sources.files[file].text;
    let at = old.floor_char_boundary(usize::from(u16::from_be_bytes([*high, *low])) % (old.len() + 1));
    let end = old.ceil_char_boundary((at + text.len()).min(old.len()));
    old.replace_range(at..end, text);
    let examined = menu::examine(&sources, actions::manifest(), &*HOST);
    match examined.bundle {
        None => assert!(!examined.report.render().is_empty()),
        Some(bundle) => {
            let ground = Ground { bundle: &bundle, manifest: actions::manifest(), labels: &*HOST };
            wander(ground, u64::from(*low), WALKS, HOPS).expect("an accepted bundle never faults");
        }
    }
});
