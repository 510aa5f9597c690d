//! Entries of the tables of operations: what is declared of a name, and the function behind it.

use super::{ActionCx, Fault};
use crate::menu::Value;
use crate::menu::manifest::{Field, Operation, Role};
use crate::session::{Row, RowsWanted};

/// Carries out an action or a case: the number of its outcome.
type Decides = fn(&mut ActionCx<'_, '_, '_>) -> Result<usize, Fault>;
/// Gives the values of a screen.
type Shows = fn(&mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault>;
/// Gives rows, and whether there are more.
type Lists = fn(&mut ActionCx<'_, '_, '_>, &RowsWanted) -> Result<(Vec<Row>, bool), Fault>;

/// The function behind a name.
pub(super) enum Run {
    /// An action or a case.
    Outcome(Decides),
    /// A show.
    Show(Shows),
    /// Rows.
    Rows(Lists),
}

/// A name with its function.
pub(super) type Entry = (Operation, Run);
type Names = &'static [&'static str];

/// An entry that gives the values of a screen.
pub(super) const fn show(name: &'static str, needs: Names, gives: &'static [Field], run: Shows) -> Entry {
    (Operation { name, role: Role::Show, needs, sets: &[], outcomes: &[], gives }, Run::Show(run))
}

/// An entry that gives rows.
pub(super) const fn rows(name: &'static str, needs: Names, gives: &'static [Field], run: Lists) -> Entry {
    (Operation { name, role: Role::Rows, needs, sets: &[], outcomes: &[], gives }, Run::Rows(run))
}

/// An action or case whose outcomes are an enum of [`outcomes!`](super::manifest).
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
            $crate::actions::entry::Run::Outcome(|cx| $run(cx).map(usize::from)),
        )
    };
}
pub(super) use decides;
