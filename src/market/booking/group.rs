//! Groups: people who work together. A leader asks others in, and each says yes or no; when the leader has taken work that needs
//! more people, one key asks them too. Nobody is booked by somebody else's yes, and no number is given.

use std::collections::BTreeSet;

use super::request::{self, Ask, Order};
use super::{Booking, HiringStatus, client};
use crate::country::Country;
use crate::market::worker::today;
use crate::market::{BookingId, Fault, PersonId, person};
use crate::storage::{IdBlock, Row, Tx};

/// People whom one leads: a lorry's load, and as many as one call may need.
pub const MEMBERS_MAX: i64 = 12;
/// People who may be asked into groups by one leader on a day: the people one knows are few.
pub const INVITED_A_DAY_MAX: i64 = 6;
/// Groups that somebody is in, or is asked into.
pub const GROUPS_MAX: i64 = 5;
/// After a no the same leader asks the same person again after so long at the soonest, in milliseconds.
const ASK_AGAIN_MS: i64 = 90 * 24 * 3_600_000;
const DAY_MS: i64 = 24 * 3_600_000;

coded! {
    /// How somebody stands to a leader.
    pub enum MemberState {
        /// Asked, and has not answered.
        Invited = "invited",
        /// In the group.
        Agreed = "agreed",
        /// Said no, or left.
        Refused = "refused",
    }
}

/// Somebody in a group, or asked into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who leads.
    pub leader: PersonId,
    /// Who is led.
    pub member: PersonId,
    /// How they stand.
    pub state: MemberState,
}

/// What came of asking somebody in. What the leader is told is the same for all of it but the last: whether somebody is
/// registered is nobody's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invited {
    /// They are asked now.
    Asked,
    /// They were asked before, are in, have said no lately, or are in many groups.
    Not,
    /// The group is full, or the leader has asked many today.
    Full,
}

/// A leader asks somebody in.
pub fn invite(tx: &mut Tx<'_>, leader: PersonId, member: PersonId, now_ms: i64) -> Result<Invited, Fault> {
    const LED: &str = "SELECT COUNT(*) FROM group_member WHERE leader_id = $1 AND state <> 'refused'";
    const TODAY: &str = "SELECT COUNT(*) FROM group_member WHERE leader_id = $1 AND invited_ms > $2";
    const IN: &str = "SELECT COUNT(*) FROM group_member WHERE member_id = $1 AND state <> 'refused'";
    const INVITE: &str = "INSERT INTO group_member (leader_id, member_id, state, invited_ms, changed_ms) \
        VALUES ($1, $2, 'invited', $3, $3) ON CONFLICT (leader_id, member_id) DO UPDATE SET state = 'invited', \
        invited_ms = $3, changed_ms = $3 WHERE group_member.state = 'refused' AND group_member.changed_ms < $4";
    let mut count = |sql, params: &[_]| Ok::<_, Fault>(tx.query_one(sql, params, |row| row.integer(0))?.unwrap_or(0));
    if count(LED, &[leader.into()])? >= MEMBERS_MAX
        || count(TODAY, &[leader.into(), now_ms.saturating_sub(DAY_MS).into()])? >= INVITED_A_DAY_MAX
    {
        return Ok(Invited::Full);
    }
    let full = count(IN, &[member.into()])? >= GROUPS_MAX;
    let listed = person::find(tx, member)?.is_some_and(|found| found.status == person::Status::Listed);
    if full || !listed || leader == member || super::block::is_blocked(tx, leader, member)? {
        return Ok(Invited::Not);
    }
    let params = [leader.into(), member.into(), now_ms.into(), now_ms.saturating_sub(ASK_AGAIN_MS).into()];
    Ok(if tx.execute(INVITE, &params)? == 1 { Invited::Asked } else { Invited::Not })
}

/// The person who was asked says yes or no. False when there is nothing to answer any more.
pub fn answer(tx: &mut Tx<'_>, leader: PersonId, member: PersonId, yes: bool, now_ms: i64) -> Result<bool, Fault> {
    const ANSWER: &str = "UPDATE group_member SET state = $3, changed_ms = $4 \
        WHERE leader_id = $1 AND member_id = $2 AND state = 'invited'";
    let state = if yes { MemberState::Agreed } else { MemberState::Refused };
    Ok(tx.execute(ANSWER, &[leader.into(), member.into(), state.code().into(), now_ms.into()])? == 1)
}

/// Either of the two ends it: the member leaves, or the leader takes them out.
pub fn part(tx: &mut Tx<'_>, leader: PersonId, member: PersonId, now_ms: i64) -> Result<(), Fault> {
    const PART: &str = "UPDATE group_member SET state = 'refused', changed_ms = $3 \
        WHERE leader_id = $1 AND member_id = $2 AND state <> 'refused'";
    tx.execute(PART, &[leader.into(), member.into(), now_ms.into()])?;
    Ok(())
}

/// Somebody leaves for good, or their number has a new owner: they lead nobody and are in no group.
pub(super) fn forget(tx: &mut Tx<'_>, person: PersonId) -> Result<(), Fault> {
    const LED: &str = "DELETE FROM group_member WHERE leader_id = $1";
    const IN: &str = "DELETE FROM group_member WHERE member_id = $1";
    tx.execute(LED, &[person.into()])?;
    tx.execute(IN, &[person.into()])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Member, crate::storage::Error> {
    Ok(Member {
        leader: PersonId::new(row.integer(0)?),
        member: PersonId::new(row.integer(1)?),
        state: MemberState::read(row, 2)?,
    })
}

/// Whom a person leads, and whose groups they are in or asked into; at most a screen's three pages.
pub fn of(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<Member>, Fault> {
    const LED: &str = "SELECT leader_id, member_id, state FROM group_member WHERE leader_id = $1 AND state <> 'refused' \
        ORDER BY member_id LIMIT 12";
    const IN: &str = "SELECT leader_id, member_id, state FROM group_member WHERE member_id = $1 AND state <> 'refused' \
        ORDER BY leader_id LIMIT 5";
    let mut all = tx.query(IN, &[person.into()], read)?;
    all.extend(tx.query(LED, &[person.into()], read)?);
    Ok(all)
}

/// Whether a leader who has taken this work can ask their people too.
pub fn can_bring(tx: &mut Tx<'_>, booking: &Booking) -> Result<bool, Fault> {
    const LEADS: &str = "SELECT COUNT(*) FROM group_member WHERE leader_id = $1 AND state = 'agreed'";
    let places = booking.first_come && booking.hiring_status == HiringStatus::Open && booking.hired < booking.needed;
    let leads = if places { tx.query_one(LEADS, &[booking.worker.into()], |row| row.integer(0))? } else { None };
    Ok(booking.state.holds_the_day() && leads.is_some_and(|leads| leads > 0))
}

/// Asks the leader's people for the places that are left, at most so many: each answers for themselves. Answers their bookings. Uses
/// an identifier for each.
pub fn bring(
    tx: &mut Tx<'_>,
    country: &Country,
    ids: &mut IdBlock,
    booking: &Booking,
    most: usize,
    now_ms: i64,
) -> Result<Vec<BookingId>, Fault> {
    const ASKED: &str = "SELECT worker_id FROM booking WHERE hiring_id = $1 LIMIT 400";
    if !can_bring(tx, booking)? {
        return Ok(Vec::new());
    }
    let before: BTreeSet<PersonId> =
        tx.query(ASKED, &[booking.hiring.into()], |row| Ok(PersonId::new(row.integer(0)?)))?.into_iter().collect();
    let order = Order {
        trade: booking.trade,
        area: booking.area,
        day: booking.day,
        pay: booking.pay,
        needed: booking.needed,
        pass_on: false,
        means: booking.means,
    };
    let mut asked = Vec::new();
    for found in of(tx, booking.worker)? {
        let is_led = found.leader == booking.worker && found.state == MemberState::Agreed;
        if !is_led || before.contains(&found.member) || asked.len() >= most {
            continue;
        }
        let may = request::may_be_asked(tx, country, booking.client, found.member, &order, now_ms)?;
        if may != Ask::Yes || !client::count_asked(tx, booking.client, today(country, now_ms))? {
            continue;
        }
        let to = (booking.hiring, booking.client);
        asked.extend(request::ask(tx, country, ids, to, found.member, (&order, booking.start_minute), now_ms)?);
    }
    Ok(asked)
}
