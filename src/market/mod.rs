//! The labour market: who looks for work, who offers it, and what fits.
//!
//! A [`phone_number`] dials; behind it stand one or more [`person`]s, each from the moment of a [`consent`]. A person who
//! wants work becomes a [`worker`] with trades, a place and a rate, as far as [`age`] allows. An [`employer`] posts a
//! [`vacancy`], which gets a [`job_number`]; [`matching`] says how well the two fit and why, [`jobs`] finds what fits one
//! worker, and an [`application`] joins them. Who may be told of a new one is a [`candidate`]; an [`alert`] tells them.
//! An application moves through its [`stage`]s in the [`pipeline`], with an [`appointment`] or an [`offer`] on the way,
//! until an answer or the vacancy's [`ending`]. Employers ask applicants short questions by [`screening`], workers show what
//! they know in a [`quiz`]; [`ranking`] orders who applied, and [`selection`] tells how groups of them fared. A client asks workers to come by [`booking`], or has people
//! apply by [`posting`]. Vacancies come in by
//! [`import`], read by a person first where [`hold`] says
//! so; [`demo`] makes a population to try it all on.
//!
//! What is kept of a person is theirs: [`correction`], [`disclosure`] (who was given the number), [`pin`] with [`wrong_try`],
//! [`number_move`] (another SIM), [`linked_number`] (a second one), [`merge`] (two registrations of one), [`erasure`] and [`retention`]; a [`data_event`] says what was done.
//! An [`agent`] registers others, who are asked for their word on it ([`agent_registration`]).
//! Who needs help opens a [`case`]; who saw a bad job makes a [`report`], and [`quarantine`] keeps it from others until a
//! person has looked. [`employer_check`] is what was checked of employers, and what they may do.
//!
//! Each file holds the types, the rules and the statements of its noun. Operations run inside the caller's transaction
//! and take time, identifiers and chance as arguments. What may happen to honest people (too young, applied already) is
//! an outcome, not an error; a [`Fault`] is the machine's.

/// An enum that is stored, imported and named in menus by a stable word.
macro_rules! coded {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The stable word, as stored.
            pub fn code(self) -> &'static str {
                match self { $($name::$variant => $code,)+ }
            }

            /// The value with this word.
            pub fn from_code(code: &str) -> Option<$name> {
                match code { $($code => Some($name::$variant),)+ _ => None }
            }

            /// The value in a column of a row.
            pub fn read(row: &crate::storage::Row<'_>, column: usize) -> Result<$name, crate::storage::Error> {
                $name::from_code(row.text(column)?)
                    .ok_or(crate::storage::Error::Corrupt { what: concat!("a stored ", stringify!($name), " is unknown") })
            }
        }
    };
}

pub mod age;
pub mod agent;
pub mod agent_registration;
pub mod alert;
pub mod applicants;
pub mod application;
pub mod appointment;
pub mod asked_before;
pub mod booking;
pub mod candidate;
pub mod case;
pub mod case_number;
pub mod consent;
pub mod correction;
pub mod data_event;
pub mod day;
pub mod demo;
pub mod disclosure;
pub mod employer;
pub mod employer_check;
pub mod ending;
pub mod erasure;
pub mod export;
pub mod hold;
pub mod import;
pub mod job_number;
pub mod jobs;
pub mod kind;
pub mod linked_number;
pub mod mail_address;
pub mod matching;
pub mod merge;
pub mod note;
pub mod number_move;
pub mod offer;
pub mod pay;
pub mod person;
mod phone_in_text;
pub mod phone_number;
pub mod pin;
pub mod pipeline;
pub mod place;
pub mod post_day;
pub mod posting;
pub mod quarantine;
pub mod quiz;
pub mod ranking;
pub mod report;
pub mod retention;
pub mod screening;
pub mod selection;
pub mod sex;
pub mod stage;
pub mod token;
pub mod usual_pay;
pub mod vacancy;
pub mod vacancy_change;
pub mod vacancy_desk;
pub mod worker;
pub mod worker_trade;
pub mod wrong_try;

#[cfg(test)]
pub(crate) mod fixture;

use crate::storage;

/// Why an operation of the market could not be carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The store refused; its error says whether the same work may be tried again.
    #[error(transparent)]
    Storage(#[from] storage::Error),
    /// The row is not there, or not in a state in which this can be done: erased or changed since it was shown.
    #[error("this {0} is not there any more")]
    Gone(&'static str),
    /// The caller's block of identifiers is used up: a fault of the program.
    #[error("the block of identifiers is used up")]
    IdsUsedUp,
    /// No job number was free among those tried; other randomness may find one.
    #[error("no free job number was found")]
    NoJobNumber,
    /// No case number was free among those tried; other randomness may find one.
    #[error("no free case number was found")]
    NoCaseNumber,
    /// An operation key came back with another person or vacancy: a fault of the program.
    #[error("an operation key was used for two different operations")]
    OperationKeyReused,
}

/// An identifier of one kind of row, so that one kind is never taken for another.
macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// The identifier with this value.
            pub const fn new(value: i64) -> Self {
                Self(value)
            }

            /// Its value, as stored.
            pub const fn get(self) -> i64 {
                self.0
            }

            /// A new identifier of the caller's block.
            pub fn take(ids: &mut storage::IdBlock) -> Result<Self, Fault> {
                ids.next_id().map(Self).ok_or(Fault::IdsUsedUp)
            }
        }

        impl From<$name> for storage::Param<'_> {
            fn from(id: $name) -> Self {
                storage::Param::Integer(id.0)
            }
        }
    )+};
}

identifiers! {
    /// A person.
    PersonId
    /// An employer.
    EmployerId
    /// A vacancy.
    VacancyId
    /// An application of a person to a vacancy.
    ApplicationId
    /// What a client wants workers for.
    HiringId
    /// One worker who was asked.
    BookingId
    /// A problem that somebody told us of.
    CaseId
}
