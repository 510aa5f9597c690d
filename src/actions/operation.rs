//! What one operation of the menus is: its declaration with the function behind it, and the macros that declare one.

use super::{ActionCx, Fault};
use crate::menu::Value;
use crate::menu::manifest::{Field, Operation, Role};
use crate::session::{Row, RowsWanted};

/// Declares the outcomes of an action or case: an enum and its words in flows, which cannot drift apart.
macro_rules! outcomes {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(in crate::actions) enum $name { $($variant),+ }

        impl $name {
            /// The words in flows, by number.
            pub(in crate::actions) const WORDS: &'static [&'static str] = &[$($word),+];
        }

        impl From<$name> for usize {
            fn from(outcome: $name) -> usize {
                outcome as usize
            }
        }
    };
}
pub(in crate::actions) use outcomes;

/// Named values of a show, a row or a message: name and type.
macro_rules! fields {
    ($($name:literal: $kind:expr),* $(,)?) => {
        &[$($crate::menu::manifest::Field { name: $name, kind: $kind }),*]
    };
}
pub(in crate::actions) use fields;

type Decides = fn(&mut ActionCx<'_, '_, '_>) -> Result<usize, Fault>;
type Shows = fn(&mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault>;
type Lists = fn(&mut ActionCx<'_, '_, '_>, &RowsWanted) -> Result<(Vec<Row>, bool), Fault>;

/// The function behind a name.
pub(in crate::actions) enum Run {
    /// An action or a case: the number of its outcome.
    Outcome(Decides),
    /// A show: its values.
    Show(Shows),
    /// Rows, and whether there are more.
    Rows(Lists),
}

/// An operation and what it runs.
pub(in crate::actions) type Entry = (Operation, Run);
type Names = &'static [&'static str];

/// A show.
pub(in crate::actions) const fn show(name: &'static str, needs: Names, gives: &'static [Field], run: Shows) -> Entry {
    (Operation { name, role: Role::Show, needs, sets: &[], outcomes: &[], gives }, Run::Show(run))
}

/// Rows of a list.
pub(in crate::actions) const fn rows(name: &'static str, needs: Names, gives: &'static [Field], run: Lists) -> Entry {
    (Operation { name, role: Role::Rows, needs, sets: &[], outcomes: &[], gives }, Run::Rows(run))
}

/// An action or case whose outcomes are an enum of [`outcomes!`].
macro_rules! decides {
    ($role:ident $name:literal $needs:expr, $sets:expr, $outcomes:ty, $run:path) => {
        (
            $crate::menu::manifest::Operation {
                name: $name,
                role: $crate::menu::manifest::Role::$role,
                needs: $needs,
                sets: $sets,
                outcomes: <$outcomes>::WORDS,
                gives: &[],
            },
            $crate::actions::operation::Run::Outcome(|cx| $run(cx).map(usize::from)),
        )
    };
}
pub(in crate::actions) use decides;
