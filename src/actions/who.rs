//! Who is calling: one of several people on a SIM, and whether the number still belongs to them.

use super::manifest::{fields, outcomes};
use super::{ActionCx, Fault, page};
use crate::market::{PersonId, person, phone_number, worker};
use crate::menu::manifest::{Field, FieldType, Value};
use crate::session::{Row, RowsWanted};

outcomes! { Who { Nobody = "nobody", One = "one", Several = "several", Doubted = "doubted" } }
outcomes! { Choice { Chosen = "chosen", Gone = "gone" } }
outcomes! { Owner { Same = "same", Other = "other" } }
outcomes! { NewOwner { Done = "done" } }
outcomes! { SomeoneElse { Done = "done" } }

/// Initials, never a name: the screen may be in anybody's hand.
pub(super) const PERSON_ROW: &[Field] = fields! { "initials": FieldType::Text(6) };

/// Looks who is on the number; a single person is taken to be the caller.
pub(super) fn who(cx: &mut ActionCx<'_, '_, '_>) -> Result<Who, Fault> {
    let number = cx.number()?;
    let persons = phone_number::persons_on(cx.tx, &number)?;
    if number.owner_doubted && !persons.is_empty() {
        return Ok(Who::Doubted);
    }
    Ok(match persons.as_slice() {
        [] => Who::Nobody,
        [person] => {
            cx.at.visit.person = Some(person.get());
            Who::One
        }
        _ => Who::Several,
    })
}

/// The people on the number.
pub(super) fn on_number(cx: &mut ActionCx<'_, '_, '_>, wanted: &RowsWanted) -> Result<(Vec<Row>, bool), Fault> {
    let number = cx.number()?;
    let persons = phone_number::persons_on(cx.tx, &number)?;
    let (mut rows, more) = page(
        &persons,
        wanted,
        |person| person.get(),
        |person| Row { id: person.get(), values: Vec::new(), exact: false },
    );
    for row in &mut rows {
        let name = person::name(cx.tx, &cx.at.host.keys, PersonId::new(row.id))?;
        let initials = name.map_or_else(|| "...".to_owned(), |name| person::initials(&name));
        row.values.push(Value::Text(initials));
    }
    Ok((rows, more))
}

/// The caller is one of the people on the number.
pub(super) fn choose(cx: &mut ActionCx<'_, '_, '_>) -> Result<Choice, Fault> {
    let chosen = cx.integer("person")?;
    let number = cx.number()?;
    let persons = phone_number::persons_on(cx.tx, &number)?;
    if persons.iter().all(|person| person.get() != chosen) {
        return Ok(Choice::Gone);
    }
    cx.at.visit.person = Some(chosen);
    Ok(Choice::Chosen)
}

/// A number that was silent for long: whoever tells the birth year of somebody on it is still there.
pub(super) fn confirm_owner(cx: &mut ActionCx<'_, '_, '_>) -> Result<Owner, Fault> {
    let told = cx.integer("birth_year")?;
    let number = cx.number()?;
    for person in phone_number::persons_on(cx.tx, &number)? {
        let known = worker::find(cx.tx, person)?;
        if known.is_some_and(|worker| worker.birth_year == told) {
            phone_number::confirm_owner(cx.tx, &cx.at.caller.number)?;
            return Ok(Owner::Same);
        }
    }
    Ok(Owner::Other)
}

/// The number has a new owner: nothing of the old one is shown to them.
pub(super) fn new_owner(cx: &mut ActionCx<'_, '_, '_>) -> Result<NewOwner, Fault> {
    phone_number::new_owner(cx.tx, &cx.at.caller.number, cx.at.now_ms)?;
    cx.at.visit.person = None;
    Ok(NewOwner::Done)
}

/// Somebody else takes the phone: the visit forgets who spoke.
pub(super) fn someone_else(cx: &mut ActionCx<'_, '_, '_>) -> Result<SomeoneElse, Fault> {
    cx.at.visit.forget();
    cx.at.visit.person = None;
    Ok(SomeoneElse::Done)
}
