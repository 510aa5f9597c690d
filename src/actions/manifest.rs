//! The table of everything that a flow may name, with the function behind each name.

use super::{ActionCx, Fault, applications, details, help, home, job, jobs, place, rate, register, trade, who};
use crate::menu::Value;
use crate::menu::manifest::{Field, FieldType, Manifest, MessageKind, Operation, Role};
use crate::session::{Row, RowsWanted};

/// Declares the outcomes of an action or case: an enum and its words in flows, which cannot drift apart.
macro_rules! outcomes {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum $name { $($variant),+ }

        impl $name {
            /// The words in flows, by number.
            pub(super) const WORDS: &'static [&'static str] = &[$($word),+];
        }

        impl From<$name> for usize {
            fn from(outcome: $name) -> usize {
                outcome as usize
            }
        }
    };
}
pub(super) use outcomes;

/// Named values of a show, a row or a message: name and type.
macro_rules! fields {
    ($($name:literal: $kind:expr),* $(,)?) => {
        &[$($crate::menu::manifest::Field { name: $name, kind: $kind }),*]
    };
}
pub(super) use fields;

type Decides = fn(&mut ActionCx<'_, '_, '_>) -> Result<usize, Fault>;
type Shows = fn(&mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault>;
type Lists = fn(&mut ActionCx<'_, '_, '_>, &RowsWanted) -> Result<(Vec<Row>, bool), Fault>;

/// The function behind a name.
pub(super) enum Run {
    /// An action or a case: the number of its outcome.
    Outcome(Decides),
    /// A show: its values.
    Show(Shows),
    /// Rows, and whether there are more.
    Rows(Lists),
}

type Entry = (Operation, Run);
type Names = &'static [&'static str];

const fn show(name: &'static str, needs: Names, gives: &'static [Field], run: Shows) -> Entry {
    (Operation { name, role: Role::Show, needs, sets: &[], outcomes: &[], gives }, Run::Show(run))
}

const fn rows(name: &'static str, needs: Names, gives: &'static [Field], run: Lists) -> Entry {
    (Operation { name, role: Role::Rows, needs, sets: &[], outcomes: &[], gives }, Run::Rows(run))
}

/// An action or case whose outcomes are an enum of [`outcomes!`].
macro_rules! decides {
    ($role:ident $name:literal $needs:expr, $sets:expr, $outcomes:ty, $run:path) => {
        (
            Operation {
                name: $name,
                role: Role::$role,
                needs: $needs,
                sets: $sets,
                outcomes: <$outcomes>::WORDS,
                gives: &[],
            },
            Run::Outcome(|cx| $run(cx).map(usize::from)),
        )
    };
}

/// Who is calling is known and has agreed to be kept here.
const PERSON: &str = "@a known person";
/// And looks for work: at least a birth year is known.
const WORKER: &str = "@a registered worker";
/// Neither any more.
const NOBODY: &str = "-@a known person";
const NO_WORKER: &str = "-@a registered worker";

/// What outcomes say of the caller.
type Sets = &'static [(&'static str, &'static str)];
const BY_STATUS: Sets =
    &[("new", NOBODY), ("new", NO_WORKER), ("unfinished", PERSON), ("listed", PERSON), ("listed", WORKER)];
const BY_STEP: Sets = &[
    ("birth_year", PERSON),
    ("trade", PERSON),
    ("trade", WORKER),
    ("rate", PERSON),
    ("rate", WORKER),
    ("place", PERSON),
    ("place", WORKER),
    ("name", PERSON),
    ("name", WORKER),
    ("finish", PERSON),
    ("finish", WORKER),
];
const BY_YEAR: Sets = &[("saved", WORKER), ("too_young", NOBODY), ("too_young", NO_WORKER)];
const FORGOTTEN: Sets = &[("done", NOBODY), ("done", NO_WORKER)];

const TABLE: &[Entry] = &[
    decides!(Case "person.who" &[], &[], who::Who, who::who),
    rows("person.on_number", &[], who::PERSON_ROW, who::on_number),
    decides!(Action "person.choose" &["person"], &[("chosen", PERSON)], who::Choice, who::choose),
    decides!(Action "person.confirm_owner" &["birth_year"], &[], who::Owner, who::confirm_owner),
    decides!(Action "person.new_owner" &[], FORGOTTEN, who::NewOwner, who::new_owner),
    decides!(Action "person.someone_else" &[], FORGOTTEN, who::SomeoneElse, who::someone_else),
    decides!(Case "person.status" &[], BY_STATUS, home::Status, home::status),
    show("home.worker", &[WORKER], home::WORKER, home::worker),
    decides!(Action "worker.toggle_free" &[WORKER], &[], details::FreeToday, details::toggle_free),
    decides!(Action "language.set" &["language"], &[], home::LanguageSet, home::set_language),
    decides!(Case "worker.next_step" &[], BY_STEP, register::Step, register::next_step),
    decides!(Action "consent.give" &[], &[("given", PERSON)], register::Consent, register::give_consent),
    decides!(Action "worker.set_birth_year" &["birth_year", PERSON], BY_YEAR, register::BirthYear, register::set_birth_year),
    decides!(Action "person.set_name" &["name", PERSON], &[], register::Name, register::set_name),
    decides!(Action "worker.finish" &[WORKER], &[("listed", WORKER)], register::Finish, register::finish),
    show("worker.summary", &[WORKER], register::SUMMARY, register::summary),
    rows("trade.categories", &[], trade::CATEGORY_ROW, trade::categories),
    rows("trade.in_category", &["category"], trade::TRADE_ROW, trade::in_category),
    decides!(Action "worker.set_trade" &["trade", WORKER], &[], trade::Trade, trade::set_trade),
    show("worker.rate_question", &[WORKER], rate::QUESTION, rate::question),
    decides!(Action "worker.set_rate" &["rate", WORKER], &[], rate::RateSet, rate::set_rate),
    decides!(Action "worker.set_no_rate" &[WORKER], &[], rate::NoRate, rate::set_no_rate),
    rows("area.provinces", &[], place::AREA_ROW, place::provinces),
    rows("area.districts", &["province"], place::AREA_ROW, place::districts),
    rows("area.sectors", &["district"], place::AREA_ROW, place::sectors),
    decides!(Action "worker.set_sector" &["sector", WORKER], &[], place::Place, place::set_sector),
    decides!(Action "worker.set_district" &["district", WORKER], &[], place::Place, place::set_district),
    show("worker.details", &[WORKER], details::DETAILS, details::details),
    rows("jobs.for_me", &[WORKER], jobs::JOB_ROW, jobs::for_me),
    decides!(Case "job.find" &["job_number"], &[("found", "job")], job::Search, job::find),
    show("job.details", &["job"], job::DETAILS, job::details),
    show("job.reference", &["job"], job::REFERENCE, job::reference),
    decides!(Action "application.apply" &["job", WORKER], &[], job::Apply, job::apply),
    rows("applications.mine", &[PERSON], applications::APPLICATION_ROW, applications::mine),
    show("application.details", &["application", PERSON], applications::DETAILS, applications::details),
    decides!(Case "help.hotline" &[], &[], help::Hotline, help::any),
    show("help.hotline", &[], help::HOTLINE, help::hotline),
];

const MESSAGES: &[MessageKind] = &[
    MessageKind {
        name: "registered",
        gives: fields! { "trade": FieldType::Coded("trade"), "place": FieldType::Coded("area"), "code": CODE },
    },
    MessageKind {
        name: "applied",
        gives: fields! {
            "number": FieldType::Number(8),
            "trade": FieldType::Coded("trade"),
            "place": FieldType::Coded("area"),
            "code": CODE,
        },
    },
    MessageKind { name: "resume", gives: fields! { "code": RESUME_CODE } },
    MessageKind { name: "stop_confirmed", gives: fields! { "code": CODE } },
    MessageKind { name: "start_confirmed", gives: fields! { "code": CODE } },
    MessageKind { name: "help_sms", gives: fields! { "code": CODE } },
    MessageKind { name: "language_confirmed", gives: fields! { "code": CODE } },
    MessageKind { name: "unknown_sms", gives: fields! { "code": CODE } },
];

/// Our short code on a screen or in a message: `*567#` and longer ones.
pub(super) const CODE: FieldType = FieldType::Text(10);

/// What is dialled to go on with a dropped visit: our code with three digits more.
const RESUME_CODE: FieldType = FieldType::Text(14);

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which would refuse an index out of bounds")]
const OPERATIONS: [Operation; TABLE.len()] = {
    let mut operations =
        [Operation { name: "", role: Role::Show, needs: &[], sets: &[], outcomes: &[], gives: &[] }; TABLE.len()];
    let mut index = 0;
    while index < TABLE.len() {
        operations[index] = TABLE[index].0;
        index += 1;
    }
    operations
};

const MANIFEST: Manifest = Manifest {
    operations: &OPERATIONS,
    messages: MESSAGES,
    coded: &["trade", "category", "area"],
    words: &[
        "day_to_agree",
        "pay_to_agree",
        "no_end",
        "to_agree",
        "hour",
        "day",
        "month",
        "trip",
        "kg",
        "piece",
        "job",
    ],
    answers: &[
        ("person", "number"),
        ("birth_year", "year"),
        ("language", "word"),
        ("name", "name"),
        ("category", "category"),
        ("trade", "trade"),
        ("rate", "money"),
        ("province", "area"),
        ("district", "area"),
        ("sector", "area"),
        ("job", "number"),
        ("job_number", "number"),
        ("application", "number"),
    ],
};

/// Everything that a flow may name.
pub fn manifest() -> &'static Manifest {
    &MANIFEST
}

/// The function behind an operation's number.
pub(super) fn run(index: usize) -> Option<&'static Run> {
    TABLE.get(index).map(|(_, run)| run)
}
