//! Agents: people of a cell's office, a cooperative or a school who register others who ask them to.
//!
//! An agent is a person whom an operator has made one, on the operator's own word of the organisation behind them. They act
//! from their own phone, as themselves. Whom they register is an [`agent_registration`](super::agent_registration).

use super::phone_number::MsisdnHash;
use super::{Fault, PersonId, person};
use crate::country::AreaCode;
use crate::storage::{Column, Error, IdBlock, Keys, Row, Tx};

/// Characters of an organisation's name: what an SMS carries beside what it has to say.
pub const ORGANISATION_CHARS_MAX: usize = 30;
/// Agents in one listing: a country's pilot, with room.
const LISTED_MAX: i64 = 1_000;
/// Who ended it, where the person left.
const BY_LEAVING: &str = "kaziline";

const ORGANISATION: Column = Column::new("agent", "organisation");

coded! {
    /// What kind of organisation an agent is of.
    pub enum AgentKind {
        /// The office of a cell or village.
        CellOffice = "cell_office",
        /// A cooperative or an association.
        Cooperative = "cooperative",
        /// A school or a training centre.
        School = "school",
        /// Another.
        Other = "other",
    }
}

/// An agent to be made.
#[derive(Clone)]
pub struct NewAgent {
    /// The person.
    pub person: PersonId,
    /// The organisation's name, at most [`ORGANISATION_CHARS_MAX`] characters.
    pub organisation: String,
    /// What kind it is.
    pub kind: AgentKind,
    /// Where it is.
    pub area: AreaCode,
}

/// The organisation stays out of logs: with its place it is often one person.
impl std::fmt::Debug for NewAgent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewAgent").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// An agent.
#[derive(Clone, PartialEq, Eq)]
pub struct Agent {
    /// The agent.
    pub id: i64,
    /// The person.
    pub person: PersonId,
    /// The organisation's name.
    pub organisation: String,
    /// What kind it is.
    pub kind: AgentKind,
    /// Where it is.
    pub area: i64,
    /// When they were made one, in epoch milliseconds.
    pub added_ms: i64,
    /// By which operator.
    pub added_by: String,
    /// When it ended, in epoch milliseconds; 0: it did not.
    pub ended_ms: i64,
}

/// As [`NewAgent`].
impl std::fmt::Debug for Agent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agent").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

fn read(keys: &Keys, row: &Row<'_>) -> Result<Agent, Error> {
    let id = row.integer(0)?;
    Ok(Agent {
        id,
        person: PersonId::new(row.integer(1)?),
        organisation: keys.open_text(ORGANISATION, id, row.bytes(2)?)?,
        kind: AgentKind::read(row, 3)?,
        area: row.integer(4)?,
        added_ms: row.integer(5)?,
        added_by: row.text(6)?.to_owned(),
        ended_ms: row.integer(7)?,
    })
}

/// What came of an order to make somebody an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// They are one now.
    Agent {
        /// The agent.
        id: i64,
    },
    /// They are one already: end that first.
    Already,
    /// There is no such person.
    Nobody,
}

/// Makes a person an agent. Uses one identifier.
pub fn add(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    (new, by): (&NewAgent, &str),
    now_ms: i64,
) -> Result<Added, Fault> {
    const ADD: &str = "INSERT INTO agent \
        (id, person_id, organisation_sealed, kind, area_code, added_ms, added_by, ended_ms, ended_by) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '') ON CONFLICT DO NOTHING";
    if person::find(tx, new.person)?.is_none_or(|found| found.status == person::Status::Closed) {
        return Ok(Added::Nobody);
    }
    let id = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    let sealed = keys.seal(ORGANISATION, id, new.organisation.as_bytes());
    let params = [
        id.into(),
        new.person.into(),
        (&sealed).into(),
        new.kind.code().into(),
        new.area.get().into(),
        now_ms.into(),
        by.into(),
    ];
    Ok(if tx.execute(ADD, &params)? == 1 { Added::Agent { id } } else { Added::Already })
}

/// Ends an agent: they register nobody any more. Whom they registered stays. False when there is no such agent, or none any
/// more.
pub fn end(tx: &mut Tx<'_>, id: i64, by: &str, now_ms: i64) -> Result<bool, Fault> {
    const END: &str = "UPDATE agent SET ended_ms = $2, ended_by = $3 WHERE id = $1 AND ended_ms = 0";
    Ok(tx.execute(END, &[id.into(), now_ms.into(), by.into()])? == 1)
}

/// The person is erased: they are no agent any more.
pub(super) fn leave(tx: &mut Tx<'_>, person: PersonId, now_ms: i64) -> Result<(), Fault> {
    const LEAVE: &str = "UPDATE agent SET ended_ms = $2, ended_by = $3 WHERE person_id = $1 AND ended_ms = 0";
    tx.execute(LEAVE, &[person.into(), now_ms.into(), BY_LEAVING.into()])?;
    Ok(())
}

/// The agent that a person is on a number; `None` when they are none, or none any more.
pub fn of_person(tx: &mut Tx<'_>, keys: &Keys, person: PersonId, number: &MsisdnHash) -> Result<Option<Agent>, Fault> {
    const OF: &str = "SELECT agent.id, agent.person_id, agent.organisation_sealed, agent.kind, agent.area_code, \
        agent.added_ms, agent.added_by, agent.ended_ms FROM agent JOIN person ON person.id = agent.person_id \
        WHERE agent.person_id = $1 AND agent.ended_ms = 0 AND person.status <> 'closed' \
        AND (person.msisdn_hmac = $2 OR EXISTS (SELECT 1 FROM linked_number \
        JOIN phone_number ON phone_number.msisdn_hmac = linked_number.msisdn_hmac \
        AND phone_number.generation = linked_number.number_generation \
        WHERE linked_number.person_id = person.id AND linked_number.msisdn_hmac = $2))";
    Ok(tx.query_one(OF, &[person.into(), number.as_bytes().into()], |row| read(keys, row))?)
}

/// The name of an agent's organisation, of one that has ended too.
pub fn organisation(tx: &mut Tx<'_>, keys: &Keys, agent: i64) -> Result<Option<String>, Fault> {
    const NAME: &str = "SELECT organisation_sealed FROM agent WHERE id = $1";
    Ok(tx.query_one(NAME, &[agent.into()], |row| keys.open_text(ORGANISATION, agent, row.bytes(0)?))?)
}

/// The newest agents, those of the past too, with how many people each has registered; at most a thousand.
pub fn list(tx: &mut Tx<'_>, keys: &Keys) -> Result<Vec<(Agent, i64)>, Fault> {
    const LIST: &str = "SELECT id, person_id, organisation_sealed, kind, area_code, added_ms, added_by, ended_ms, \
        (SELECT COUNT(*) FROM agent_registration WHERE agent_registration.agent_id = agent.id) \
        FROM agent ORDER BY id DESC LIMIT $1";
    Ok(tx.query(LIST, &[LISTED_MAX.into()], |row| Ok((read(keys, row)?, row.integer(8)?)))?)
}

#[cfg(test)]
mod tests {
    use super::super::data_event::{CALLER, DataEvent};
    use super::super::erasure;
    use super::super::fixture::{Fixture, NOW_MS, area};
    use super::super::phone_number;
    use super::*;

    fn new(person: PersonId) -> NewAgent {
        let organisation = "Koperative Abahuza".to_owned();
        NewAgent { person, organisation, kind: AgentKind::Cooperative, area: area(1201) }
    }

    #[test]
    fn a_person_is_an_agent_once_until_it_is_ended() {
        Fixture::new().run(|tx, f| {
            let person = f.worker(tx, 1, "Aline Uwera")?;
            let number = f.number(tx, 1)?.hash;
            assert_eq!(of_person(tx, &f.keys, person, &number)?, None);
            let Added::Agent { id } = add(tx, &f.keys, &mut f.ids(), (&new(person), "Ann"), NOW_MS)? else { panic!() };
            assert_eq!(add(tx, &f.keys, &mut f.ids(), (&new(person), "Ann"), NOW_MS)?, Added::Already);
            let nobody = new(PersonId::new(5));
            assert_eq!(add(tx, &f.keys, &mut f.ids(), (&nobody, "Ann"), NOW_MS)?, Added::Nobody);
            let found = of_person(tx, &f.keys, person, &number)?.unwrap();
            assert_eq!(
                (found.id, found.organisation.as_str(), found.added_by.as_str()),
                (id, "Koperative Abahuza", "Ann")
            );
            let other = f.number(tx, 2)?.hash;
            assert_eq!(of_person(tx, &f.keys, person, &other)?, None, "only on their own number");
            assert!(end(tx, id, "Ben", NOW_MS)? && !end(tx, id, "Ben", NOW_MS)?);
            assert_eq!(of_person(tx, &f.keys, person, &number)?, None);
            assert!(matches!(add(tx, &f.keys, &mut f.ids(), (&new(person), "Ann"), NOW_MS)?, Added::Agent { .. }));
            assert_eq!(list(tx, &f.keys)?.len(), 2, "both are kept");
            Ok(())
        });
    }

    #[test]
    fn who_is_erased_or_whose_number_is_somebody_elses_is_no_agent() {
        Fixture::new().run(|tx, f| {
            let (a, b) = (f.worker(tx, 1, "Aline Uwera")?, f.worker(tx, 2, "Ben")?);
            let (first, second) = (f.number(tx, 1)?.hash, f.number(tx, 2)?.hash);
            for person in [a, b] {
                add(tx, &f.keys, &mut f.ids(), (&new(person), "Ann"), NOW_MS)?;
            }
            erasure::erase(tx, &mut f.ids(), a, (DataEvent::Erased, CALLER), NOW_MS)?;
            phone_number::new_owner(tx, &second, NOW_MS)?;
            assert_eq!(of_person(tx, &f.keys, a, &first)?, None);
            assert_eq!(of_person(tx, &f.keys, b, &second)?, None);
            assert_eq!(list(tx, &f.keys)?.iter().filter(|(agent, _)| agent.ended_ms > 0).count(), 1);
            Ok(())
        });
    }
}
