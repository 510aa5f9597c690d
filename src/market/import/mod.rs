//! Vacancies from a file: every bad row is reported, the good ones are kept.
//!
//! [`parse`] is pure: bytes in, checked rows and faults out. [`store`] writes checked rows in chunks that are short enough
//! for the writer; reading the same file again adds nothing, since a vacancy is known by its source and its name there.

mod check;
mod one;
mod read;

use std::fmt;

pub(super) use check::contact;
pub use one::{fields, iso, one, texts};

use super::Fault;
use super::employer::{self, NewEmployer};
use super::vacancy::{self, NewVacancy, Posted, VacancyStatus};
use crate::country::Country;
use crate::storage::{IdBlock, Keys, Tx};

/// Bytes of a file: the largest feed of the region is a tenth of it.
pub const BYTES_MAX: usize = 16 << 20;
/// Rows of a file: more than all the vacancies a country publishes in a month.
pub const ROWS_MAX: usize = 50_000;
/// Rows of one call of [`store`]: about 2 ms of the writer's time, of the 5 that a bulk closure has.
pub const ROWS_PER_CHUNK: usize = 16;

coded! {
    /// A column of a CSV file, or a key of a JSON object.
    pub enum Field {
        /// The vacancy's name at its source; required.
        Ref = "ref",
        /// Employer's name; required.
        Employer = "employer",
        /// `organisation`, `household` or `agency`; required.
        EmployerKind = "employer_kind",
        /// What was checked of the employer; `phone_only` when left out.
        EmployerTier = "employer_tier",
        /// Employer's number or e-mail address; required.
        EmployerContact = "employer_contact",
        /// Trade by its code or English name; required.
        Trade = "trade",
        /// Area by its code, or `District/Sector`, or a district's name; required where the work is not abroad.
        Area = "area",
        /// Another country, as its two letters: instead of an area; for licensed agencies alone.
        Abroad = "abroad",
        /// The town in that country.
        AbroadPlace = "abroad_place",
        /// Kind of work; required.
        Kind = "kind",
        /// How many people are needed; 1 when left out.
        Openings = "openings",
        /// First day, as 2026-11-24.
        Start = "start",
        /// Clock time at which work starts, as 07:00.
        StartTime = "start_time",
        /// How many days it lasts.
        DurationDays = "duration_days",
        /// Amount in whole units of the currency; may be left out where one learns.
        Pay = "pay",
        /// For how much work the amount is.
        PayUnit = "pay_unit",
        /// When it is handed over; by the unit when left out.
        Paid = "paid",
        /// By what it is handed over, `cash` or `momo`; may be left out.
        PayMeans = "pay_means",
        /// Whether food is given.
        Food = "food",
        /// Whether the way is paid or provided.
        Transport = "transport",
        /// Whether the worker lives at the place of work.
        LiveIn = "live_in",
        /// Years of experience asked.
        MinYears = "min_years",
        /// Whether a licence is needed; as the trade has it when left out.
        Licence = "licence",
        /// Days of the week, as `mon-fri` or `mon, wed`.
        Days = "days",
        /// Last day on which one may apply; thirty days from now when left out.
        Closes = "closes",
        /// Free text.
        Description = "description",
    }
}

/// Where a row stands in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Line, counted from 1.
    Line(u64),
    /// Element of a JSON array, counted from 1.
    Element(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(line) => write!(f, "line {line}"),
            Place::Element(element) => write!(f, "element {element}"),
        }
    }
}

/// One thing that is wrong in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// The column or key; empty when the row as a whole is wrong.
    pub field: String,
    /// What is wrong. Names, contacts and descriptions are not repeated.
    pub what: String,
    /// What would be right.
    pub allowed: String,
}

impl fmt::Display for FieldFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colon = if self.field.is_empty() { "" } else { ": " };
        write!(f, "{}{colon}{}; allowed: {}", self.field, self.what, self.allowed)
    }
}

/// A row that was not taken, with everything that is wrong in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// Where it stands.
    pub place: Place,
    /// What is wrong, at least one.
    pub faults: Vec<FieldFault>,
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults = self.faults.iter().enumerate();
        faults.into_iter().try_for_each(|(at, fault)| {
            let end = if at == 0 { "" } else { "\n" };
            write!(f, "{end}{}: {fault}", self.place)
        })
    }
}

/// A file that cannot be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileFault {
    /// More than [`BYTES_MAX`].
    #[error("the file has {bytes} bytes; at most {BYTES_MAX} are read")]
    TooLarge {
        /// Its bytes.
        bytes: usize,
    },
    /// More than [`ROWS_MAX`].
    #[error("the file has more than {ROWS_MAX} rows: split it")]
    TooManyRows,
    /// Not UTF-8.
    #[error("the file is not UTF-8: the first wrong byte is on line {line}")]
    NotUtf8 {
        /// Counted from 1.
        line: usize,
    },
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// A CSV file with columns that nobody reads: misspelled, they would be lost without a word.
    #[error("unknown columns: {}; known are {}", names.join(", "), known_fields())]
    UnknownColumns {
        /// Their names.
        names: Vec<String>,
    },
    /// A CSV file that lacks a required column, or has one twice.
    #[error("{what}")]
    Columns {
        /// Which, and how.
        what: String,
    },
    /// A JSON array that is broken.
    #[error("not a JSON array: {what} on line {line}, column {column}")]
    Json {
        /// What the reader met.
        what: &'static str,
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
}

/// The names of all columns.
fn known_fields() -> String {
    Field::ALL.iter().map(|field| field.code()).collect::<Vec<_>>().join(", ")
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JSON array of objects, or one object a line.
    Json,
    /// CSV with a header.
    Csv,
}

impl Format {
    /// By the first character that is not a space.
    pub fn of(bytes: &[u8]) -> Format {
        let bytes = bytes.strip_prefix(read::BYTE_ORDER_MARK).unwrap_or(bytes);
        match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'[' | b'{') => Format::Json,
            _ => Format::Csv,
        }
    }
}

/// What a row is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Its areas, trades, numbers, currency and days.
    pub country: &'a Country,
    /// Name of the feed or file, by which a vacancy is known again.
    pub source: &'a str,
    /// Now.
    pub now_ms: i64,
}

/// A checked row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRow {
    /// Where it stood.
    pub place: Place,
    /// Who offers.
    pub employer: NewEmployer,
    /// What.
    pub vacancy: NewVacancy,
}

/// Reads and checks a whole file. The rows come in the order of the file.
pub fn parse(
    bytes: &[u8],
    format: Format,
    context: &Context<'_>,
) -> Result<Vec<Result<ImportRow, RowFault>>, FileFault> {
    let rows = match format {
        Format::Json => read::json(bytes)?,
        Format::Csv => read::csv(bytes)?,
    };
    Ok(rows.into_iter().map(|row| check::row(&row?, context)).collect())
}

/// A checked row with what the caller makes for it, since the transaction may run again.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The row.
    pub row: ImportRow,
    /// Its identifiers: two are used.
    pub ids: IdBlock,
    /// Draws its job number.
    pub random: u64,
}

/// What became of a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// Vacancies that were added, those held among them.
    pub added: u32,
    /// Of them, how many wait for a person's look.
    pub held: u32,
    /// Rows whose vacancy was there already; it stays as it is.
    pub duplicates: u32,
    /// Rows of work abroad whose employer may not post it.
    pub refused: Vec<RowFault>,
}

impl Stored {
    /// Both together.
    #[must_use]
    pub fn and(mut self, other: Stored) -> Stored {
        self.refused.extend(other.refused);
        Stored {
            refused: self.refused,
            added: self.added + other.added,
            held: self.held + other.held,
            duplicates: self.duplicates + other.duplicates,
        }
    }
}

/// Stores a chunk of at most [`ROWS_PER_CHUNK`] rows.
pub fn store(tx: &mut Tx<'_>, keys: &Keys, chunk: &[Planned], now_ms: i64) -> Result<Stored, Fault> {
    let mut stored = Stored::default();
    for planned in chunk {
        let (row, mut ids) = (&planned.row, planned.ids.clone());
        let employer = employer::known(tx, keys, &mut ids, &row.employer, now_ms)?;
        match vacancy::post(tx, keys, &mut ids, employer, &row.vacancy, planned.random, now_ms)? {
            Posted::Duplicate { .. } => stored.duplicates += 1,
            Posted::MayNot(_) => stored.refused.push(not_theirs(row.place)),
            Posted::Added { status, .. } => {
                stored.added += 1;
                stored.held += u32::from(status == VacancyStatus::Held);
            }
        }
    }
    Ok(stored)
}

/// Whoever brings the file cannot see the licences of those in it.
fn not_theirs(place: Place) -> RowFault {
    let what = "this employer may not post work abroad".to_owned();
    let allowed = "an agency whose licence was seen and is in force".to_owned();
    RowFault { place, faults: vec![FieldFault { field: Field::Abroad.code().to_owned(), what, allowed }] }
}

#[cfg(test)]
mod tests;
