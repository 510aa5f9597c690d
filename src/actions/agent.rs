//! Registering somebody else: an agent reads the consent aloud, presses the keys, and answers the questions of the
//! registration for the person beside them. And what that person says to it on their own phone, by key or by SMS.
//!
//! The questions are those of `register.toml`, called from the state [`HELPING`]. While that call lasts, and no longer, "the
//! person" of every operation is who is helped, never the agent.

use super::data::RECEIPT_KEEP_MS;
use super::details::{YES_NO, place_of, trade_of};
use super::manifest::{CODE, fields, outcomes};
use super::register::{self, Finish};
use super::tell::{self, Notice, Told};
use super::{ActionCx, Fault, Host, page};
use crate::country::Msisdn;
use crate::market::agent::{self, Added, Agent, AgentKind, NewAgent};
use crate::market::agent_registration::{self as registration, Begun, Looked, Shown};
use crate::market::consent::{self, Purpose};
use crate::market::phone_number::{self, MsisdnHash};
use crate::market::{PersonId, erasure, linked_number, person, worker};
use crate::menu::Bundle;
use crate::menu::manifest::{Field, FieldType, MessageKind, Value};
use crate::outbox::{self, Class, Priority};
use crate::session::visit::Frame;
use crate::session::{Row, RowsWanted};
use crate::storage::{IdBlock, Tx};
use crate::text::datetime::Day;

/// The state whose call of the registration is for somebody else.
const HELPING: &str = "agent.register";
/// Version of the consent that `agent.consent` and `agent.consent_ask` have read aloud. Change it with them.
const CONSENT_TEXT_VERSION: &str = "agent-2026-12";

outcomes! { Who { Agent = "agent", Other = "other" } }
outcomes! {
    Look {
        Open = "open",
        Taken = "taken",
        Own = "own",
        Wrong = "wrong",
        Unusable = "unusable",
        TooMany = "too_many",
        Ended = "ended",
    }
}
outcomes! { Begin { Begun = "begun", Unusable = "unusable", TooMany = "too_many", Ended = "ended" } }
outcomes! { Finished { Done = "done" } }
outcomes! { Question { Asked = "asked", None = "none" } }
outcomes! { Confirm { Confirmed = "confirmed" } }
outcomes! { Object { Erased = "erased" } }

/// An organisation's name on a screen or in a message.
const ORGANISATION: FieldType = FieldType::Text(agent::ORGANISATION_CHARS_MAX);
/// For whom the agent acts, and how many they may still register today.
pub(super) const TODAY: &[Field] = fields! { "organisation": ORGANISATION, "left": FieldType::Number(2) };
/// Who was registered just now.
pub(super) const DONE: &[Field] = fields! { "initials": FieldType::Text(6), "code": CODE };
/// One of those whom the agent registered.
pub(super) const ROW: &[Field] = fields! { "initials": FieldType::Text(6), "confirmed": YES_NO };
/// The same, with the day.
pub(super) const ONE: &[Field] =
    fields! { "initials": FieldType::Text(6), "confirmed": YES_NO, "day": FieldType::Day, "code": CODE };
/// How many in thirty days, and how many said yes.
pub(super) const COUNTS: &[Field] = fields! { "registered": FieldType::Number(3), "confirmed": FieldType::Number(3) };
/// Who registered the caller.
pub(super) const QUESTION: &[Field] = fields! { "organisation": ORGANISATION };

/// What is written to whom an agent registered.
pub(super) const MESSAGES: &[MessageKind] =
    &[MessageKind { name: "agent_registered", gives: fields! { "organisation": ORGANISATION, "code": CODE } }];

impl ActionCx<'_, '_, '_> {
    /// Whether the questions on the screen are somebody else's: the visit is inside the call that an agent began.
    pub(super) fn is_helping(&self) -> bool {
        let name = |site| self.at.bundle.state(site).is_some_and(|state| state.name == HELPING);
        self.at.visit.stack.iter().any(|frame| matches!(frame, Frame::Call(site) if name(*site)))
    }

    /// Who is helped.
    pub(super) fn helped(&self) -> Option<PersonId> {
        self.integer("helped").ok().map(PersonId::new)
    }
}

/// Nothing is asked or done for who is helped but while their registration lasts and the agent is one: a call that was cut and
/// is taken up later changes nothing of somebody who has said yes meanwhile.
pub(super) fn require_begun(cx: &mut ActionCx<'_, '_, '_>) -> Result<(), Fault> {
    let person = cx.helped().ok_or(Fault::Nobody)?;
    if registration::is_begun(cx.tx, person)? { Ok(()) } else { Err(Fault::Nobody) }
}

/// The agent who is calling.
fn me(cx: &mut ActionCx<'_, '_, '_>) -> Result<Option<Agent>, Fault> {
    let Some(person) = cx.person() else { return Ok(None) };
    Ok(agent::of_person(cx.tx, &cx.at.host.keys, person, &cx.at.caller.number)?)
}

fn known_agent(cx: &mut ActionCx<'_, '_, '_>) -> Result<Agent, Fault> {
    me(cx)?.ok_or(Fault::Nobody)
}

/// Whether the caller is an agent.
pub(super) fn who(cx: &mut ActionCx<'_, '_, '_>) -> Result<Who, Fault> {
    Ok(if me(cx)?.is_some() { Who::Agent } else { Who::Other })
}

/// For whom they act.
pub(super) fn today(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let agent = known_agent(cx)?;
    let left = registration::left_today(cx.tx, agent.id, cx.at.today.day)?;
    Ok(vec![Value::Text(agent.organisation), Value::Number(left)])
}

/// The number that was typed for the person who is helped; `None` when it is none of this country.
fn typed(cx: &ActionCx<'_, '_, '_>) -> Result<Option<Msisdn>, Fault> {
    let phone = &cx.at.host.country.phone;
    Ok(phone.parse(cx.text("helped_number")?).ok().filter(|msisdn| phone.is_own(msisdn)))
}

/// Looks at a number. Each that is typed counts.
pub(super) fn look(cx: &mut ActionCx<'_, '_, '_>) -> Result<Look, Fault> {
    let Some(agent) = me(cx)? else { return Ok(Look::Ended) };
    if !registration::count_number(cx.tx, agent.id, cx.at.today.day)? {
        return Ok(Look::TooMany);
    }
    let Some(msisdn) = typed(cx)? else { return Ok(Look::Wrong) };
    let keys = &cx.at.host.keys;
    let hash = MsisdnHash::of(keys, &msisdn);
    // Who has no phone of their own names the number of somebody they trust: the agent would hold both ends.
    if linked_number::all_of(cx.tx, agent.person)?.iter().any(|own| own.hash == hash) {
        return Ok(Look::Own);
    }
    Ok(match registration::look(cx.tx, keys, agent.id, &hash, cx.at.now_ms)? {
        Looked::Open => Look::Open,
        Looked::Taken => Look::Taken,
        Looked::Unusable => Look::Unusable,
    })
}

/// The person has heard the text and agreed: they begin, with the consent and who read it.
pub(super) fn begin(cx: &mut ActionCx<'_, '_, '_>) -> Result<Begin, Fault> {
    let Some(agent) = me(cx)? else { return Ok(Begin::Ended) };
    let msisdn = typed(cx)?.filter(|msisdn| msisdn != cx.at.caller.msisdn).ok_or(Fault::Answer("helped_number"))?;
    let given = register::given(cx, CONSENT_TEXT_VERSION);
    let (keys, day, now_ms) = (&cx.at.host.keys, cx.at.today.day, cx.at.now_ms);
    Ok(match registration::begin(cx.tx, keys, cx.at.ids, (&agent, &msisdn), (&given, day), now_ms)? {
        Begun::Person(person) => {
            cx.set("helped", person.get());
            Begin::Begun
        }
        Begun::Unusable => Begin::Unusable,
        Begun::TooMany => Begin::TooMany,
    })
}

/// All is answered for who is helped: they are written to. They are listed when they say yes to it.
pub(super) fn finish(cx: &mut ActionCx<'_, '_, '_>) -> Result<Finish, Fault> {
    let (person, now_ms) = (cx.known_person()?, cx.at.now_ms);
    if worker::missing(cx.tx, person)?.is_some() || !consent::in_force(cx.tx, person, Purpose::Matching)? {
        return Ok(Finish::Missing);
    }
    let Some(id) = registration::tell(cx.tx, person, now_ms)? else { return Ok(Finish::Listed) };
    let speaking = cx.at.visit.person.map(PersonId::new).ok_or(Fault::Nobody)?;
    let agent = agent::of_person(cx.tx, &cx.at.host.keys, speaking, &cx.at.caller.number)?.ok_or(Fault::Nobody)?;
    let code = cx.at.host.short_code.clone();
    let notice = Notice {
        id: cx.at.ids.next_id().ok_or(Fault::IdsUsedUp)?,
        person,
        template: "agent_registered",
        values: &|_| vec![Value::Text(agent.organisation.clone()), Value::Text(code.clone())],
        operation_key: &registration::told_by(id),
        employer_id: None,
        priority: Priority::Interactive,
        class: Class::MustArrive,
        due_ms: now_ms,
        expires_ms: now_ms + registration::LISTS_MS,
    };
    if tell::tell(cx.tx, cx.at.host, cx.at.bundle, &notice, now_ms)? == Told::Queued {
        *cx.at.enqueued = true;
    }
    Ok(Finish::Listed)
}

/// Nothing leads back to the questions of who was helped.
pub(super) fn finished(_: &mut ActionCx<'_, '_, '_>) -> Result<Finished, Fault> {
    Ok(Finished::Done)
}

/// Who was registered just now.
pub(super) fn done(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let name = match cx.helped() {
        Some(person) => person::name(cx.tx, &cx.at.host.keys, person)?,
        None => None,
    };
    let initials = name.map_or_else(|| "...".to_owned(), |name| person::initials(&name));
    Ok(vec![Value::Text(initials), Value::Text(cx.at.host.short_code.clone())])
}

fn all(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Shown>, Fault> {
    let agent = known_agent(cx)?;
    Ok(registration::of_agent(cx.tx, &cx.at.host.keys, agent.id, cx.at.now_ms)?)
}

fn yes_no(is_so: bool) -> Value {
    Value::Word(if is_so { "yes" } else { "no" })
}

/// Whom the agent registered: initials, and whether they said yes.
pub(super) fn mine(cx: &mut ActionCx<'_, '_, '_>, wanted: &RowsWanted) -> Result<(Vec<Row>, bool), Fault> {
    let row = |shown: &Shown| Row {
        id: shown.id,
        values: vec![Value::Text(shown.initials.clone()), yes_no(shown.is_confirmed)],
        exact: false,
    };
    Ok(page(&all(cx)?, wanted, |shown| shown.id, row))
}

/// How many they are.
pub(super) fn counts(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let all = all(cx)?;
    let number = |count: usize| Value::Number(i64::try_from(count).unwrap_or_default());
    Ok(vec![number(all.len()), number(all.iter().filter(|shown| shown.is_confirmed).count())])
}

/// One of them.
pub(super) fn one(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let id = cx.integer("registration")?;
    let found = all(cx)?.into_iter().find(|shown| shown.id == id).ok_or(Fault::Answer("registration"))?;
    let day = Value::Day(Day::from_ms(found.told_ms, &cx.at.host.country.timezone).0);
    let code = Value::Text(cx.at.host.short_code.clone());
    Ok(vec![Value::Text(found.initials), yes_no(found.is_confirmed), day, code])
}

/// Whether the caller was registered by an agent and has not said yet whether that is right.
pub(super) fn question(cx: &mut ActionCx<'_, '_, '_>) -> Result<Question, Fault> {
    let waiting = match cx.person() {
        Some(person) => registration::waiting(cx.tx, person)?,
        None => None,
    };
    Ok(if waiting.is_some() { Question::Asked } else { Question::None })
}

/// For which organisation.
pub(super) fn asker(cx: &mut ActionCx<'_, '_, '_>) -> Result<Vec<Value>, Fault> {
    let person = cx.known_person()?;
    let by = registration::waiting(cx.tx, person)?.map(|(_, agent)| agent);
    let found = match by {
        Some(agent) => agent::organisation(cx.tx, &cx.at.host.keys, agent)?,
        None => None,
    };
    Ok(vec![Value::Text(found.unwrap_or_default())])
}

/// It is right: the caller is listed.
pub(super) fn confirm(cx: &mut ActionCx<'_, '_, '_>) -> Result<Confirm, Fault> {
    let (person, now_ms) = (cx.known_person()?, cx.at.now_ms);
    let key = cx.operation_key("registered");
    say(cx, &Said { person, yes: true, operation_key: &key }, now_ms)?;
    Ok(Confirm::Confirmed)
}

/// It is not: what was kept goes.
pub(super) fn object(cx: &mut ActionCx<'_, '_, '_>) -> Result<Object, Fault> {
    let (person, now_ms) = (cx.known_person()?, cx.at.now_ms);
    let key = cx.operation_key("data_erased");
    say(cx, &Said { person, yes: false, operation_key: &key }, now_ms)?;
    cx.at.visit.answers.clear();
    cx.at.visit.history.clear();
    cx.at.visit.person = None;
    Ok(Object::Erased)
}

fn say(cx: &mut ActionCx<'_, '_, '_>, said: &Said<'_>, now_ms: i64) -> Result<(), Fault> {
    if answered(cx.tx, (cx.at.host, cx.at.bundle), cx.at.ids, said, now_ms)? {
        *cx.at.enqueued = true;
    }
    Ok(())
}

/// What somebody says to their registration.
pub(super) struct Said<'a> {
    pub(super) person: PersonId,
    pub(super) yes: bool,
    pub(super) operation_key: &'a str,
}

/// Does what somebody says to their registration, and writes to them. False when nothing waits for it, or nobody can be
/// written to. Uses two identifiers.
pub(super) fn answered(
    tx: &mut Tx<'_>,
    (host, bundle): (&Host, &Bundle),
    ids: &mut IdBlock,
    said: &Said<'_>,
    now_ms: i64,
) -> Result<bool, Fault> {
    // Found before it is done: of who is erased nobody is left to write to.
    let to = person::recipient(tx, &host.keys, said.person)?;
    let done = if said.yes {
        registration::confirm(tx, said.person, now_ms)?
    } else {
        registration::object(tx, ids, said.person, now_ms)?
    };
    let Some(to) = to.filter(|_| done) else { return Ok(false) };
    let code = Value::Text(host.short_code.clone());
    let values = match worker::find(tx, said.person)? {
        Some(worker) if said.yes => vec![trade_of(&worker), place_of(&worker), code],
        _ => vec![code],
    };
    let notice = Notice {
        id: ids.next_id().ok_or(Fault::IdsUsedUp)?,
        person: said.person,
        template: if said.yes { "registered" } else { "data_erased" },
        values: &|_| values.clone(),
        operation_key: said.operation_key,
        employer_id: None,
        priority: Priority::Interactive,
        class: Class::MustArrive,
        due_ms: now_ms,
        expires_ms: now_ms + super::CONFIRMATION_EXPIRES_MS,
    };
    let told = tell::queue(tx, host, bundle, (&to, said.yes.then_some(said.person)), &notice, now_ms)?;
    if !said.yes && told == Told::Queued {
        erasure::note_receipt(tx, notice.id, now_ms + RECEIPT_KEEP_MS)?;
    }
    Ok(told == Told::Queued)
}

/// Whether somebody was registered by an agent and the message about it has left: then a YES or NO by SMS answers it.
pub(super) fn is_asked(tx: &mut Tx<'_>, person: PersonId) -> Result<bool, Fault> {
    let Some((id, _)) = registration::waiting(tx, person)? else { return Ok(false) };
    Ok(outbox::operate::has_left(tx, &registration::told_by(id))?)
}

/// Makes the one person on a number an agent: what an operator does while a transcript plays. False when nobody or several
/// are on it.
pub fn rehearse(
    tx: &mut Tx<'_>,
    host: &Host,
    ids: &mut IdBlock,
    (msisdn, organisation): (&Msisdn, &str),
    now_ms: i64,
) -> Result<bool, Fault> {
    let Some(number) = phone_number::find(tx, &MsisdnHash::of(&host.keys, msisdn))? else { return Ok(false) };
    let persons = phone_number::persons_on(tx, &number)?;
    let (&[person], Some(area)) = (persons.as_slice(), host.country.areas.provinces().first().copied()) else {
        return Ok(false);
    };
    let new = NewAgent { person, organisation: organisation.to_owned(), kind: AgentKind::Cooperative, area };
    Ok(matches!(agent::add(tx, &host.keys, ids, (&new, "transcript"), now_ms)?, Added::Agent { .. }))
}
