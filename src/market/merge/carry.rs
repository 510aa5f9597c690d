//! What goes from the dropped registration to the kept one, table by table. Where both have a row and one may be, the kept
//! one's stays, but for what counts: that is added. What is left over goes with the rest of the dropped registration
//! (`erasure::empty`).

use crate::market::booking::record::{self, Side};
use crate::market::booking::{bookable, client};
use crate::market::erasure::of_outbox;
use crate::market::phone_number::{self, PhoneNumber};
use crate::market::stage::Stage;
use crate::market::worker_trade;
use crate::market::{ApplicationId, EmployerId, Fault, PersonId, alert, candidate, case, mail_address, person};
use crate::outbox::{erase as messages, of_person};
use crate::storage::{IdBlock, Keys, Row, Tx};

/// `$1` keeps, `$2` is dropped.
const ROWS: &[&str] = &[
    "UPDATE booking SET worker_id = $1 WHERE worker_id = $2",
    "UPDATE pay_day SET worker_id = $1 WHERE worker_id = $2",
    // Days of the past that both have worked are taken once; of days to come there are none.
    "UPDATE booking_day SET worker_id = $1 WHERE worker_id = $2 AND NOT EXISTS (SELECT 1 FROM booking_day AS kept \
     WHERE kept.worker_id = $1 AND kept.day = booking_day.day AND kept.slot = booking_day.slot)",
    "DELETE FROM booking_day WHERE worker_id = $2 AND worker_id <> $1",
    "UPDATE booking_block SET person_id = $1 WHERE person_id = $2 AND NOT EXISTS (SELECT 1 FROM booking_block AS kept \
     WHERE kept.person_id = $1 AND kept.blocked_id = booking_block.blocked_id)",
    "UPDATE booking_block SET blocked_id = $1 WHERE blocked_id = $2 AND NOT EXISTS (SELECT 1 FROM booking_block AS kept \
     WHERE kept.blocked_id = $1 AND kept.person_id = booking_block.person_id)",
    "DELETE FROM booking_block WHERE (person_id = $2 OR blocked_id = $2) AND person_id <> $1",
    "UPDATE booking_report SET reporter_id = $1 WHERE reporter_id = $2",
    "UPDATE booking_report SET about_id = $1 WHERE about_id = $2",
    // Nobody leads themselves.
    "DELETE FROM group_member WHERE (leader_id = $1 AND member_id = $2) OR (leader_id = $2 AND member_id = $1)",
    "UPDATE group_member SET leader_id = $1 WHERE leader_id = $2 AND NOT EXISTS (SELECT 1 FROM group_member AS kept \
     WHERE kept.leader_id = $1 AND kept.member_id = group_member.member_id)",
    "UPDATE group_member SET member_id = $1 WHERE member_id = $2 AND NOT EXISTS (SELECT 1 FROM group_member AS kept \
     WHERE kept.member_id = $1 AND kept.leader_id = group_member.leader_id)",
    "UPDATE quiz SET person_id = $1 WHERE person_id = $2 AND NOT EXISTS (SELECT 1 FROM quiz AS kept \
     WHERE kept.person_id = $1 AND kept.trade = quiz.trade)",
    // A second number stays the human being's, unless the kept one has one, or is on it.
    "UPDATE linked_number SET person_id = $1 WHERE person_id = $2 \
     AND NOT EXISTS (SELECT 1 FROM linked_number AS kept WHERE kept.person_id = $1) \
     AND NOT EXISTS (SELECT 1 FROM person WHERE person.id = $1 AND person.msisdn_hmac = linked_number.msisdn_hmac)",
    "UPDATE help_case SET person_id = $1 WHERE person_id = $2",
    "UPDATE application_event SET by_id = $1 WHERE by_id = $2 AND by_kind = 'applicant' \
     AND application_id IN (SELECT id FROM application WHERE person_id = $2)",
    // Whoever they moved had applied for what they posted, which is the kept one's by now.
    "UPDATE application_event SET by_id = $1 WHERE by_id = $2 AND by_kind = 'client' AND application_id IN \
     (SELECT application.id FROM client JOIN vacancy ON vacancy.employer_id = client.employer_id \
     JOIN application ON application.vacancy_id = vacancy.id WHERE client.person_id = $1)",
];

/// Carries all that is kept of one person to another.
pub(super) fn carry(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    (kept, number): (PersonId, &PhoneNumber),
    dropped: PersonId,
    now_ms: i64,
) -> Result<(), Fault> {
    cases(tx, dropped, number)?;
    work(tx, kept, dropped)?;
    clients(tx, keys, ids, kept, dropped, now_ms)?;
    messages_of(tx, kept, dropped)?;
    for sql in ROWS {
        tx.execute(sql, &[kept.into(), dropped.into()])?;
    }
    applications(tx, ids, kept, dropped)?;
    records(tx, kept, dropped)?;
    agents(tx, kept, dropped, now_ms)?;
    if person::name(tx, keys, kept)?.is_none()
        && let Some(name) = person::name(tx, keys, dropped)?
    {
        person::set_name(tx, keys, kept, &name, now_ms)?;
    }
    if mail_address::of_person(tx, keys, kept)?.is_none()
        && let Some(to) = mail_address::of_person(tx, keys, dropped)?
    {
        mail_address::set_of_person(tx, keys, kept, Some(&to.address), now_ms)?;
    }
    candidate::relist(tx, kept)?;
    bookable::refresh(tx, kept)
}

/// What was written to them. Of a vacancy of which both were told one alert stays known; the other is empty.
fn messages_of(tx: &mut Tx<'_>, kept: PersonId, dropped: PersonId) -> Result<(), Fault> {
    let alerts = alert::messages_to(tx, dropped)?;
    of_person::carry(tx, kept.get(), (dropped.get(), &alerts))?;
    for twice in alert::carry(tx, kept, &alerts)? {
        messages::empty(tx, twice).map_err(of_outbox)?;
    }
    Ok(())
}

/// Cases, and what the number has reported when nobody else is on it, belong to the number that stays.
fn cases(tx: &mut Tx<'_>, dropped: PersonId, to: &PhoneNumber) -> Result<(), Fault> {
    const REPORTS: &str = "UPDATE vacancy_report SET msisdn_hmac = $1, number_generation = $2 \
        WHERE msisdn_hmac = $3 AND number_generation = $4 AND NOT EXISTS (SELECT 1 FROM vacancy_report AS kept \
        WHERE kept.vacancy_id = vacancy_report.vacancy_id AND kept.msisdn_hmac = $1 AND kept.number_generation = $2)";
    let Some(found) = person::find(tx, dropped)?.filter(|found| found.number != to.hash) else { return Ok(()) };
    case::carry(tx, dropped, to)?;
    let Some(from) = phone_number::find(tx, &found.number)? else { return Ok(()) };
    if phone_number::persons_on(tx, &from)? == [dropped] {
        let params =
            [to.hash.as_bytes().into(), to.generation.into(), from.hash.as_bytes().into(), from.generation.into()];
        tx.execute(REPORTS, &params)?;
    }
    Ok(())
}

/// What was told as a worker: what the kept one has not told is filled in.
fn work(tx: &mut Tx<'_>, kept: PersonId, dropped: PersonId) -> Result<(), Fault> {
    const BEGIN: &str = "INSERT INTO worker (person_id, birth_year, area_code, district_code, will_move, rate_kind, \
        rate_amount, rate_unit, kinds, days, licence, free_on_day, changed_ms, scored, birth_year_corrected, alert_place) \
        SELECT $1, birth_year, area_code, district_code, will_move, rate_kind, rate_amount, rate_unit, kinds, days, \
        licence, free_on_day, changed_ms, scored, birth_year_corrected, alert_place FROM worker WHERE person_id = $2 \
        ON CONFLICT (person_id) DO NOTHING";
    const PLACE: &str = "UPDATE worker SET area_code = other.area_code, district_code = other.district_code, \
        alert_place = COALESCE(worker.alert_place, other.alert_place) \
        FROM worker AS other WHERE worker.person_id = $1 AND other.person_id = $2 AND worker.area_code IS NULL";
    const RATE: &str = "UPDATE worker SET rate_kind = other.rate_kind, rate_amount = other.rate_amount, \
        rate_unit = other.rate_unit FROM worker AS other \
        WHERE worker.person_id = $1 AND other.person_id = $2 AND worker.rate_kind = 'unset'";
    // A wish not to be scored holds, and a birth year is corrected once in a life.
    const REST: &str = "UPDATE worker SET licence = COALESCE(worker.licence, other.licence), \
        sex = CASE WHEN worker.sex = '' THEN other.sex ELSE worker.sex END, \
        scored = CASE WHEN other.scored = 0 THEN 0 ELSE worker.scored END, birth_year_corrected = CASE \
        WHEN other.birth_year_corrected > 0 THEN other.birth_year_corrected ELSE worker.birth_year_corrected END \
        FROM worker AS other WHERE worker.person_id = $1 AND other.person_id = $2";
    const IS_ONE: &str = "SELECT COUNT(*) FROM worker WHERE person_id = $1";
    for sql in [BEGIN, PLACE, RATE, REST] {
        tx.execute(sql, &[kept.into(), dropped.into()])?;
    }
    if tx.query_one(IS_ONE, &[kept.into()], |row| row.integer(0))?.unwrap_or_default() > 0 {
        worker_trade::join(tx, kept, dropped)?;
    }
    Ok(())
}

/// Whom they asked to come, and what they posted, as the household that the kept one is from now on.
fn clients(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    kept: PersonId,
    dropped: PersonId,
    now_ms: i64,
) -> Result<(), Fault> {
    const CALLS: &[&str] = &[
        "UPDATE hiring SET client_id = $1 WHERE client_id = $2",
        "UPDATE booking SET client_id = $1 WHERE client_id = $2",
        "UPDATE pay_day SET client_id = $1 WHERE client_id = $2",
        "UPDATE client SET asked_since_hired = client.asked_since_hired + other.asked_since_hired, \
         area_code = COALESCE(client.area_code, other.area_code) FROM client AS other \
         WHERE client.person_id = $1 AND other.person_id = $2",
        "DELETE FROM client WHERE person_id = $2 AND person_id <> $1",
    ];
    const POSTED: &[&str] = &[
        "UPDATE hiring SET employer_id = $1 WHERE employer_id = $2",
        "UPDATE vacancy SET employer_id = $1 WHERE employer_id = $2",
        "UPDATE employer_check SET employer_id = $1 WHERE employer_id = $2",
        "UPDATE token SET employer_id = $1 WHERE employer_id = $2",
        "UPDATE webhook_endpoint SET owner_id = $1 WHERE owner_id = $2",
        "INSERT INTO vacancy_day (employer_id, day, posts) SELECT $1, day, posts FROM vacancy_day WHERE employer_id = $2 \
         ON CONFLICT (employer_id, day) DO UPDATE SET posts = vacancy_day.posts + excluded.posts",
        "DELETE FROM vacancy_day WHERE employer_id = $2 AND employer_id <> $1",
    ];
    // Who was no household yet is the one that was checked.
    const TIER: &str = "UPDATE employer SET tier = other.tier FROM employer AS other \
        WHERE employer.id = $1 AND other.id = $2";
    let Some(other) = client::find(tx, dropped)? else { return Ok(()) };
    let was = client::find(tx, kept)?;
    let own: EmployerId = client::begin(tx, keys, ids, kept, now_ms)?.employer;
    for sql in CALLS {
        tx.execute(sql, &[kept.into(), dropped.into()])?;
    }
    for sql in POSTED {
        tx.execute(sql, &[own.into(), other.employer.into()])?;
    }
    if was.is_none() {
        tx.execute(TIER, &[own.into(), other.employer.into()])?;
    }
    Ok(())
}

/// Applications. Of two for one vacancy the further one is kept; the other stays with the empty row, where it ends untold.
fn applications(tx: &mut Tx<'_>, ids: &mut IdBlock, kept: PersonId, dropped: PersonId) -> Result<(), Fault> {
    const BOTH: &str = "SELECT mine.id, mine.stage, theirs.id, theirs.stage FROM application AS mine \
        JOIN application AS theirs ON theirs.vacancy_id = mine.vacancy_id \
        WHERE mine.person_id = $1 AND theirs.person_id = $2 ORDER BY mine.id";
    const CARRY: &str = "UPDATE application SET person_id = $1 WHERE person_id = $2 AND NOT EXISTS \
        (SELECT 1 FROM application AS kept WHERE kept.person_id = $1 AND kept.vacancy_id = application.vacancy_id)";
    // Two cannot change places under a unique key: the lesser ones wait with an empty person, who goes again.
    const PLACE: &str = "INSERT INTO person (id, msisdn_hmac, number_generation, language, status, created_ms, changed_ms) \
        SELECT $1, msisdn_hmac, 0, language, 'closed', created_ms, changed_ms FROM person WHERE id = $2";
    const ASIDE: &str = "UPDATE application SET person_id = $1 WHERE id = $2";
    const BACK: &str = "UPDATE application SET person_id = $1 WHERE person_id = $2";
    const GONE: &str = "DELETE FROM person WHERE id = $1";
    let read = |row: &Row<'_>| Ok((ApplicationId::new(row.integer(0)?), Stage::read(row, 1)?, Stage::read(row, 3)?));
    let both = tx.query(BOTH, &[kept.into(), dropped.into()], read)?;
    let place = PersonId::take(ids)?;
    tx.execute(PLACE, &[place.into(), dropped.into()])?;
    for (mine, _, _) in both.into_iter().filter(|(_, mine, theirs)| reached(*theirs) > reached(*mine)) {
        tx.execute(ASIDE, &[place.into(), mine.into()])?;
    }
    tx.execute(CARRY, &[kept.into(), dropped.into()])?;
    tx.execute(BACK, &[dropped.into(), place.into()])?;
    tx.execute(GONE, &[place.into()])?;
    Ok(())
}

/// How far an application has come; one that ended without the work, least.
fn reached(stage: Stage) -> Option<Stage> {
    Some(stage).filter(|stage| !matches!(stage, Stage::Rejected | Stage::Withdrawn | Stage::Expired))
}

/// Jobs, pay and absences of both count from now on as one person's.
fn records(tx: &mut Tx<'_>, kept: PersonId, dropped: PersonId) -> Result<(), Fault> {
    const GONE: &str = "DELETE FROM booking_record WHERE person_id = $1";
    for side in Side::ALL {
        let more = record::of(tx, dropped, *side)?;
        if more != record::Record::default() {
            record::add(tx, kept, *side, more)?;
        }
    }
    tx.execute(GONE, &[dropped.into()])?;
    Ok(())
}

/// Whom they registered as an agent stays with the agent that they were; nobody is two at once.
fn agents(tx: &mut Tx<'_>, kept: PersonId, dropped: PersonId, now_ms: i64) -> Result<(), Fault> {
    const END: &str = "UPDATE agent SET ended_ms = $3, ended_by = 'kaziline' WHERE person_id = $2 AND ended_ms = 0 \
        AND EXISTS (SELECT 1 FROM agent AS kept WHERE kept.person_id = $1 AND kept.ended_ms = 0)";
    const CARRY: &str = "UPDATE agent SET person_id = $1 WHERE person_id = $2";
    tx.execute(END, &[kept.into(), dropped.into(), now_ms.into()])?;
    tx.execute(CARRY, &[kept.into(), dropped.into()])?;
    Ok(())
}
