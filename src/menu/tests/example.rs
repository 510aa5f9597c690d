//! A small clinic and market service: the menu language and the session know nothing of what they are used for.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use super::super::{Bundle, Field, FieldType, Labels, Manifest, MessageKind, Operation, Report, Role, Sources, build};
use crate::text::Language;

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        [$(($path, include_str!(concat!("example/", $path)))),*]
    };
}

/// The example's files.
pub(crate) const FILES: [(&str, &str); 11] = files![
    "bundle.toml",
    "flows/booking.toml",
    "flows/clinic.toml",
    "flows/clock.toml",
    "flows/help.toml",
    "flows/home.toml",
    "flows/market.toml",
    "flows/vault.toml",
    "flows/who.toml",
    "text/en.toml",
    "text/sw.toml",
];

const fn field(name: &'static str, kind: FieldType) -> Field {
    Field { name, kind }
}

const fn operation(name: &'static str, role: Role) -> Operation {
    Operation { name, role, needs: &[], sets: &[], outcomes: &[], gives: &[] }
}

/// What the example's host offers.
pub(crate) static MANIFEST: Manifest = Manifest {
    operations: &[
        Operation { outcomes: &["known", "several"], ..operation("visitor.who", Role::Case) },
        Operation { gives: &[field("name", FieldType::Text(8))], ..operation("visitor.on_number", Role::Rows) },
        Operation { needs: &["visitor"], outcomes: &["chosen", "gone"], ..operation("visitor.choose", Role::Action) },
        Operation {
            gives: &[field("name", FieldType::Coded("clinic")), field("open", FieldType::Clock)],
            ..operation("clinic.near", Role::Rows)
        },
        Operation {
            needs: &["clinic", "patient", "reason", "born", "day"],
            outcomes: &["booked", "full"],
            ..operation("clinic.book", Role::Action)
        },
        Operation {
            needs: &["clinic"],
            gives: &[field("number", FieldType::Number(6))],
            ..operation("clinic.slip", Role::Show)
        },
        Operation {
            gives: &[
                field("crop", FieldType::Coded("crop")),
                field("price", FieldType::Money),
                field("trend", FieldType::Word(&["up", "down"])),
            ],
            ..operation("market.crops", Role::Rows)
        },
        Operation {
            needs: &["crop_number"],
            sets: &[("found", "crop")],
            outcomes: &["found", "unknown"],
            ..operation("market.find", Role::Case)
        },
        Operation {
            needs: &["crop"],
            gives: &[field("price", FieldType::Money)],
            ..operation("market.price", Role::Show)
        },
        Operation { needs: &["crop", "price"], outcomes: &["posted"], ..operation("market.post", Role::Action) },
        Operation { gives: &[field("open", FieldType::Word(&["yes", "no"]))], ..operation("clinic.today", Role::Show) },
        Operation { needs: &["code"], outcomes: &["right", "wrong"], ..operation("vault.open", Role::Action) },
    ],
    messages: &[MessageKind {
        name: "slip",
        gives: &[
            field("clinic", FieldType::Coded("clinic")),
            field("day", FieldType::Day),
            field("number", FieldType::Number(6)),
        ],
    }],
    coded: &["clinic", "crop"],
    words: &["kilo"],
    answers: &[("day", "day"), ("crop_number", "number")],
};

/// The example's labels: clinics 1 to 30, crops 10 to 40.
pub(crate) struct ExampleLabels;

impl Labels for ExampleLabels {
    fn label(&self, coded: &str, code: i64, language: Language) -> Option<Cow<'_, str>> {
        match (coded, language) {
            ("clinic", Language::Sw) if (1..=30).contains(&code) => Some(Cow::Owned(format!("Kliniki {code}"))),
            ("clinic", _) if (1..=30).contains(&code) => Some(Cow::Owned(format!("Clinic {code}"))),
            ("crop", _) if (10..=40).contains(&code) => Some(Cow::Owned(format!("Beans of kind {code}"))),
            _ => None,
        }
    }

    fn widest_label(&self, coded: &str, language: Language) -> usize {
        (1..=40).filter_map(|code| self.label(coded, code, language)).map(|label| label.len()).max().unwrap_or_default()
    }

    fn money(&self, amount: i64, _: Language) -> String {
        amount.to_string()
    }

    fn parse_money(&self, typed: &str) -> Option<i64> {
        typed.trim_end_matches(" TZS").parse().ok()
    }

    fn money_max(&self) -> i64 {
        999_999
    }
}

/// The example's files with some text replaced.
pub(crate) fn sources_with(changes: &[(&str, &str, &str)]) -> Sources {
    let mut files: Vec<(String, String)> = FILES.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
    for (path, from, to) in changes {
        let (_, text) = files.iter_mut().find(|(found, _)| found == path).expect(path);
        assert!(text.contains(from), "{path} does not contain {from}");
        *text = text.replacen(from, to, 1);
    }
    Sources::new(files)
}

/// Builds the example with some text replaced.
pub(crate) fn build_with(changes: &[(&str, &str, &str)]) -> Result<Arc<Bundle>, Report> {
    build(&sources_with(changes), &MANIFEST, &ExampleLabels)
}

/// The example as it stands, built once.
pub(crate) fn bundle() -> &'static Bundle {
    static BUNDLE: OnceLock<Arc<Bundle>> = OnceLock::new();
    BUNDLE.get_or_init(|| build_with(&[]).unwrap_or_else(|report| panic!("{}", report.render())))
}
