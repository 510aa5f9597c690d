//! Who is calling: one of several people on a SIM, and whether the number still belongs to them.

use super::manifest::{fields, outcomes};
use super::{ActionCx, Fault, page};
use crate::market::wrong_try::{self, Secret, Try};
use crate::market::{PersonId, number_move, person, phone_number, pin, worker};
use crate::menu::manifest::{Field, FieldType, Value};
use crate::session::{Row, RowsWanted};
use crate::storage::Tx;

outcomes! { Who { Nobody = "nobody", One = "one", Several = "several", Doubted = "doubted", Locked = "locked" } }
outcomes! { Choice { Chosen = "chosen", Gone = "gone", Locked = "locked" } }
outcomes! { Unlocked { Chosen = "chosen", Gone = "gone" } }
outcomes! { Owner { Same = "same", Other = "other", Locked = "locked" } }
outcomes! { NewOwner { Done = "done" } }
outcomes! { SomeoneElse { Done = "done" } }

/// Initials, never a name: the screen may be in anybody's hand.
pub(super) const PERSON_ROW: &[Field] = fields! { "initials": FieldType::Text(6) };

/// Looks who is on the number; a single person is taken to be the caller.
pub(super) fn who(cx: &mut ActionCx<'_, '_, '_>) -> Result<Who, Fault> {
    let number = cx.number()?;
    let persons = phone_number::persons_on(cx.tx, &number)?;
    if !persons.is_empty() {
        // Somebody still calls from here: whoever wants to take the person elsewhere by a PIN does not.
        number_move::stop(cx.tx, cx.at.ids, &number.hash, cx.at.now_ms)?;
    }
    if number.owner_doubted && !persons.is_empty() {
        for person in &persons {
            if worker::find(cx.tx, *person)?.is_some_and(|worker| worker.birth_year > 0) {
                return Ok(Who::Doubted);
            }
        }
        // Nobody has told a birth year that could be asked for: nothing of them is shown to whoever calls now.
        phone_number::new_owner(cx.tx, &number.hash, cx.at.now_ms)?;
        return Ok(Who::Nobody);
    }
    Ok(match persons.as_slice() {
        [] => Who::Nobody,
        [person] => {
            if is_locked(cx, *person)? {
                cx.set("person", person.get());
                return Ok(Who::Locked);
            }
            cx.at.visit.person = Some(person.get());
            Who::One
        }
        _ => Who::Several,
    })
}

/// Whether a person has the PIN asked for at each call, and has not told it in this one.
fn is_locked(cx: &mut ActionCx<'_, '_, '_>, person: PersonId) -> Result<bool, Fault> {
    let (visit, now_ms) = (cx.at.visit.id, cx.at.now_ms);
    Ok(pin::state(cx.tx, person)?.each_call && !pin::is_open(cx.tx, person, visit, now_ms)?)
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
    if is_locked(cx, PersonId::new(chosen))? {
        return Ok(Choice::Locked);
    }
    cx.at.visit.person = Some(chosen);
    Ok(Choice::Chosen)
}

/// The PIN was told: whoever was asked for it is the caller.
pub(super) fn unlock(cx: &mut ActionCx<'_, '_, '_>) -> Result<Unlocked, Fault> {
    Ok(if choose(cx)? == Choice::Chosen { Unlocked::Chosen } else { Unlocked::Gone })
}

/// A number that was silent for long: whoever tells the birth year of somebody on it is still there. Tries are counted: a year
/// is soon guessed.
pub(super) fn confirm_owner(cx: &mut ActionCx<'_, '_, '_>) -> Result<Owner, Fault> {
    let told = cx.integer("birth_year")?;
    let (number, now_ms) = (cx.number()?, cx.at.now_ms);
    let is_right = |tx: &mut Tx<'_>| {
        for person in phone_number::persons_on(tx, &number)? {
            if worker::find(tx, person)?.is_some_and(|worker| worker.birth_year == told) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    Ok(match wrong_try::attempt(cx.tx, &number.hash, (Secret::BirthYear, 0), is_right, now_ms)? {
        Try::Right => {
            phone_number::confirm_owner(cx.tx, &number.hash)?;
            Owner::Same
        }
        Try::Wrong => Owner::Other,
        Try::Locked { .. } => Owner::Locked,
    })
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
