//! Groups by keypad: asking somebody in, answering, leaving, and asking one's people for work that needs more of them.

use super::super::manifest::{fields, outcomes};
use super::super::tell::{Notice, Told, tell};
use super::super::{ActionCx, Fault, page};
use super::notices::{Desk, EXPIRES_MS, REQUESTS};
use super::{INITIALS, PATH_CODE, chosen, initials, notices, path_code};
use crate::market::booking;
use crate::market::booking::group::{self, Invited, Member, MemberState};
use crate::market::phone_number::{self, MsisdnHash};
use crate::market::{self, PersonId};
use crate::menu::Value;
use crate::menu::manifest::{Field, FieldType, MessageKind};
use crate::outbox::{Class, Priority};
use crate::session::{Row, RowsWanted};
use crate::storage::{IdBlock, Tx};

outcomes! { Is { Invited = "invited", Led = "led", In = "in" } }
outcomes! { Invite { Sent = "sent", Bad = "bad", Full = "full" } }
outcomes! { Done { Done = "done" } }

/// The message by which somebody is asked in.
pub(super) const INVITED: MessageKind =
    MessageKind { name: "group_invited", gives: fields! { "initials": INITIALS, "code": PATH_CODE } };
/// People of a group asked by one hop: each costs an identifier for the booking and one for the message.
const ASKED_AT_ONCE: usize = 5;
/// How somebody stands, in a word.
const STATE: FieldType = FieldType::Word(&["g_invited", "g_agreed", "g_leader", "g_asks_you"]);

pub(in crate::actions) const ROW: &[Field] = fields! { "initials": INITIALS, "state": STATE };

/// The other of the two, seen by the caller.
fn other(found: &Member, caller: PersonId) -> PersonId {
    if found.leader == caller { found.member } else { found.leader }
}

fn state_word(found: &Member, caller: PersonId) -> Value {
    Value::Word(match (found.state, found.leader == caller) {
        (MemberState::Invited, false) => "g_asks_you",
        (_, false) => "g_leader",
        (MemberState::Invited, true) => "g_invited",
        (_, true) => "g_agreed",
    })
}

/// A row's identifier: two people may lead each other, so the side is in it.
fn row_id(found: &Member, caller: PersonId) -> i64 {
    other(found, caller).get().wrapping_mul(2).wrapping_add(i64::from(found.leader == caller))
}

/// Whom the caller leads, and who leads or asks them.
pub(in crate::actions) fn rows(cx: &mut ActionCx<'_, '_, '_>, wanted: &RowsWanted) -> Result<(Vec<Row>, bool), Fault> {
    let person = cx.known_person()?;
    let mut all = Vec::new();
    for found in group::of(cx.tx, person)? {
        let name = initials(cx.tx, cx.at.host, other(&found, person))?;
        let values = vec![Value::Text(name), state_word(&found, person)];
        all.push(Row { id: row_id(&found, person), values, exact: false });
    }
    Ok(page(&all, wanted, |row| row.id, Row::clone))
}

fn on_screen(cx: &mut ActionCx<'_, '_, '_>) -> Result<(Member, PersonId), Fault> {
    let (person, id) = (cx.known_person()?, cx.integer("member")?);
    let found = group::of(cx.tx, person)?.into_iter().find(|found| row_id(found, person) == id);
    Ok((found.ok_or(market::Fault::Gone("member"))?, person))
}

/// Which screen the chosen one has.
pub(in crate::actions) fn is(cx: &mut ActionCx<'_, '_, '_>) -> Result<Is, Fault> {
    let (found, person) = on_screen(cx)?;
    Ok(match (found.state, found.leader == person) {
        (_, true) => Is::Led,
        (MemberState::Invited, false) => Is::Invited,
        (_, false) => Is::In,
    })
}

/// The chosen one.
pub(in crate::actions) fn details(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let (found, person) = on_screen(cx)?;
    let name = initials(cx.tx, cx.at.host, other(&found, person))?;
    Ok(vec![Value::Text(name), state_word(&found, person)])
}

/// Asks somebody in by their number. Whether anybody is registered on it is not told.
pub(in crate::actions) fn invite(cx: &mut ActionCx<'_, '_, '_>) -> Result<Invite, Fault> {
    let (leader, typed, host) = (cx.known_person()?, cx.text("member_phone")?.to_owned(), cx.at.host);
    let Ok(msisdn) = host.country.phone.parse(&typed) else { return Ok(Invite::Bad) };
    let number = phone_number::find(cx.tx, &MsisdnHash::of(&host.keys, &msisdn))?;
    let Some(number) = number.filter(|number| !number.owner_doubted && !number.stopped) else {
        return Ok(Invite::Sent);
    };
    // Of several on a number nobody can tell who is meant.
    let &[member] = phone_number::persons_on(cx.tx, &number)?.as_slice() else { return Ok(Invite::Sent) };
    match group::invite(cx.tx, leader, member, cx.at.now_ms)? {
        Invited::Asked => {
            notices::from_hop(cx, |desk, tx, ids| invited(desk, tx, ids, (leader, member)))?;
            Ok(Invite::Sent)
        }
        Invited::Not => Ok(Invite::Sent),
        Invited::Full => Ok(Invite::Full),
    }
}

/// The caller joins the group that they were asked into.
pub(in crate::actions) fn join(cx: &mut ActionCx<'_, '_, '_>) -> Result<Done, Fault> {
    let (found, person) = on_screen(cx)?;
    group::answer(cx.tx, found.leader, person, true, cx.at.now_ms)?;
    Ok(Done::Done)
}

/// The caller leaves, does not join, or takes the other out.
pub(in crate::actions) fn part(cx: &mut ActionCx<'_, '_, '_>) -> Result<Done, Fault> {
    let (found, _) = on_screen(cx)?;
    group::part(cx.tx, found.leader, found.member, cx.at.now_ms)?;
    Ok(Done::Done)
}

/// The caller, who has taken work that needs more people, has those of their own people asked who are free.
pub(in crate::actions) fn bring(cx: &mut ActionCx<'_, '_, '_>) -> Result<Done, Fault> {
    let (found, person) = (chosen(cx)?, cx.known_person()?);
    if found.worker != person {
        return Ok(Done::Done);
    }
    let asked = group::bring(cx.tx, &cx.at.host.country, cx.at.ids, &found, ASKED_AT_ONCE, cx.at.now_ms)?;
    for id in &asked {
        if let Some(next) = booking::find(cx.tx, *id)? {
            notices::asked(cx, &next)?;
        }
    }
    Ok(Done::Done)
}

/// Whether the caller has taken work for which their people can be asked.
pub(super) fn can_bring(cx: &mut ActionCx<'_, '_, '_>, found: &booking::Booking) -> Result<bool, Fault> {
    Ok(found.worker == cx.known_person()? && group::can_bring(cx.tx, found)?)
}

/// Somebody is asked into a group.
fn invited(
    desk: &Desk<'_>,
    tx: &mut Tx<'_>,
    ids: &mut IdBlock,
    (leader, member): (PersonId, PersonId),
) -> Result<bool, Fault> {
    let initials = initials(tx, desk.host, leader)?;
    let due_ms = desk.host.when_open(desk.now_ms);
    let notice = Notice {
        id: ids.next_id().ok_or(Fault::IdsUsedUp)?,
        person: member,
        template: INVITED.name,
        values: &|_| vec![Value::Text(initials.clone()), Value::Text(path_code(desk.host, REQUESTS))],
        operation_key: &format!("group/{}/{}/{}", leader.get(), member.get(), desk.now_ms),
        employer_id: None,
        priority: Priority::Interactive,
        class: Class::MustArrive,
        due_ms,
        expires_ms: due_ms.saturating_add(EXPIRES_MS),
    };
    Ok(tell(tx, desk.host, desk.bundle, &notice, desk.now_ms)? == Told::Queued)
}
