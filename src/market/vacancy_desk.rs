//! What an employer does with its own vacancies: look, change, pause, close. Every statement names the employer, so that no
//! other one's row is found or changed, whoever asks.
//!
//! What people applied for stays what it was: trade, place and kind are not changed and pay is not lowered once somebody
//! asked. Each change is written down: which fields, from what to what, by which token.

use super::employer::{EmployerKind, Tier};
use super::employer_check::MayPost;
use super::job_number::JobNumber;
use super::kind::{JobKind, Weekdays};
use super::pay::{PaidWhen, Pay, read_means};
use super::place::{self, Place};
use super::quarantine::HoldWhy;
use super::vacancy::{DESCRIPTION, NewVacancy, VacancyStatus, read_day, read_minute};
use super::worker::read_pay;
use super::worker_trade::read_trade;
use super::{EmployerId, Fault, VacancyId, alert, employer_check, hold, quarantine, vacancy_change};
use crate::country::{PayMeans, PayUnit};
use crate::storage::{Error, IdBlock, Keys, Param, Row, Tx};

coded! {
    /// Where a vacancy stands, as its employer sees it.
    pub enum Standing {
        /// Takes applications until its closing time.
        Open = "open",
        /// Waits for a person's look.
        Held = "held",
        /// Takes none for a while, by the employer's wish.
        Paused = "paused",
        /// Everybody needed was found.
        Filled = "filled",
        /// Over.
        Closed = "closed",
    }
}

impl Standing {
    /// As stored: the status, and whether it is paused.
    pub(super) fn stored(self) -> (VacancyStatus, bool) {
        match self {
            Standing::Open => (VacancyStatus::Open, false),
            Standing::Held => (VacancyStatus::Held, false),
            Standing::Paused => (VacancyStatus::Held, true),
            Standing::Filled => (VacancyStatus::Filled, false),
            Standing::Closed => (VacancyStatus::Closed, false),
        }
    }

    fn of(status: VacancyStatus, paused: bool) -> Standing {
        match status {
            VacancyStatus::Open => Standing::Open,
            VacancyStatus::Held if paused => Standing::Paused,
            VacancyStatus::Held => Standing::Held,
            VacancyStatus::Filled => Standing::Filled,
            VacancyStatus::Closed => Standing::Closed,
        }
    }
}

/// A vacancy as its employer sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnVacancy {
    /// The vacancy.
    pub vacancy: VacancyId,
    /// Its number.
    pub job_number: JobNumber,
    /// Where it stands.
    pub standing: Standing,
    /// What it offers.
    pub offer: NewVacancy,
    /// Applications that were not taken back.
    pub applications: i64,
    /// Of them, those that ended in work.
    pub hired: i64,
    /// When it was posted, in epoch milliseconds.
    pub posted_ms: i64,
    /// When it last changed: later with every change, so that it tells two states apart.
    pub changed_ms: i64,
}

/// Without the description.
impl std::fmt::Debug for OwnVacancy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("OwnVacancy");
        shown.field("vacancy", &self.vacancy).field("standing", &self.standing).finish_non_exhaustive()
    }
}

fn read(row: &Row<'_>, keys: &Keys) -> Result<OwnVacancy, Error> {
    let vacancy = VacancyId::new(row.integer(0)?);
    let offer = NewVacancy {
        trade: read_trade(row, 4)?,
        place: Place::read(row, 5)?,
        town: place::read_town(row, keys, vacancy, 29)?,
        kind: JobKind::read(row, 6)?,
        openings: row.integer(7)?,
        start_day: read_day(row, 8)?,
        start_minute: read_minute(row, 9)?,
        duration_days: row.optional_integer(10)?,
        pay: read_pay(row.integer(11)?, row.text(12)?)?,
        paid: PaidWhen::read(row, 13)?,
        means: read_means(row, 28)?,
        food: row.boolean(14)?,
        transport: row.boolean(15)?,
        live_in: row.boolean(16)?,
        min_years: u8::try_from(row.integer(17)?).unwrap_or(u8::MAX),
        licence: row.boolean(18)?,
        days: Weekdays::from_bits(row.integer(19)?),
        closes_ms: row.integer(20)?,
        source: row.text(21)?.to_owned(),
        source_ref: row.text(22)?.to_owned(),
        description: keys.open_text(DESCRIPTION, vacancy.get(), row.bytes(23)?)?,
    };
    let job_number = JobNumber::from_value(row.integer(1)?);
    Ok(OwnVacancy {
        vacancy,
        job_number: job_number.ok_or(Error::Corrupt { what: "a stored job number is none" })?,
        standing: Standing::of(VacancyStatus::read(row, 2)?, row.boolean(3)?),
        offer,
        posted_ms: row.integer(24)?,
        changed_ms: row.integer(25)?,
        applications: row.integer(26)?,
        hired: row.integer(27)?,
    })
}

/// An employer's vacancy; `None` when it has none of this id.
pub fn find(
    tx: &mut Tx<'_>,
    keys: &Keys,
    employer: EmployerId,
    vacancy: VacancyId,
) -> Result<Option<OwnVacancy>, Fault> {
    const FIND: &str = "SELECT id, job_number, status, paused, trade, area_code, kind, openings, start_day, start_minute, \
        duration_days, pay_amount, pay_unit, paid, food, transport, live_in, min_years, licence, days, closes_ms, source, \
        source_ref, description_sealed, posted_ms, changed_ms, \
        (SELECT COUNT(*) FROM application WHERE application.vacancy_id = vacancy.id AND application.stage <> 'withdrawn'), \
        (SELECT COUNT(*) FROM application WHERE application.vacancy_id = vacancy.id AND application.stage = 'hired'), \
        pay_means, town_sealed FROM vacancy WHERE id = $1 AND employer_id = $2";
    Ok(tx.query_one(FIND, &[vacancy.into(), employer.into()], |row| read(row, keys))?)
}

/// An employer's vacancies before one of them, the newest first, at most `limit`; those that stand somewhere, or all.
pub fn list(
    tx: &mut Tx<'_>,
    keys: &Keys,
    employer: EmployerId,
    standing: Option<Standing>,
    before: VacancyId,
    limit: i64,
) -> Result<Vec<OwnVacancy>, Fault> {
    const LIST: &str = "SELECT id, job_number, status, paused, trade, area_code, kind, openings, start_day, start_minute, \
        duration_days, pay_amount, pay_unit, paid, food, transport, live_in, min_years, licence, days, closes_ms, source, \
        source_ref, description_sealed, posted_ms, changed_ms, \
        (SELECT COUNT(*) FROM application WHERE application.vacancy_id = vacancy.id AND application.stage <> 'withdrawn'), \
        (SELECT COUNT(*) FROM application WHERE application.vacancy_id = vacancy.id AND application.stage = 'hired'), \
        pay_means, town_sealed FROM vacancy WHERE employer_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
    const STANDING: &str = "SELECT id, job_number, status, paused, trade, area_code, kind, openings, start_day, start_minute, \
        duration_days, pay_amount, pay_unit, paid, food, transport, live_in, min_years, licence, days, closes_ms, source, \
        source_ref, description_sealed, posted_ms, changed_ms, \
        (SELECT COUNT(*) FROM application WHERE application.vacancy_id = vacancy.id AND application.stage <> 'withdrawn'), \
        (SELECT COUNT(*) FROM application WHERE application.vacancy_id = vacancy.id AND application.stage = 'hired'), \
        pay_means, town_sealed FROM vacancy WHERE employer_id = $1 AND id < $2 AND status = $4 AND paused = $5 ORDER BY id DESC LIMIT $3";
    let read = |row: &Row<'_>| read(row, keys);
    Ok(match standing.map(Standing::stored) {
        None => tx.query(LIST, &[employer.into(), before.into(), limit.into()], read)?,
        Some((status, paused)) => {
            let params = [employer.into(), before.into(), limit.into(), status.code().into(), paused.into()];
            tx.query(STANDING, &params, read)?
        }
    })
}

/// Who they are and what was checked of them; `None` when there is no such employer.
pub fn employer_of(tx: &mut Tx<'_>, employer: EmployerId) -> Result<Option<(EmployerKind, Tier)>, Fault> {
    const OF: &str = "SELECT kind, tier FROM employer WHERE id = $1";
    Ok(tx.query_one(OF, &[employer.into()], |row| Ok((EmployerKind::read(row, 0)?, Tier::read(row, 1)?)))?)
}

/// Why a change is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotChanged {
    /// It is closed or filled.
    Over,
    /// People applied for another trade, place or kind of work; the name of the field.
    OtherWork(&'static str),
    /// People applied for more pay.
    PayLowered,
    /// So many were hired already.
    FewerThanHired {
        /// How many.
        hired: i64,
    },
    /// Another vacancy of this employer has the reference.
    RefTaken,
    /// The work would be abroad, which this employer may not post.
    MayNot(MayPost),
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is made; the vacancy stands here now.
    Done(Standing),
    /// It is not, and this is why.
    Not(NotChanged),
}

/// Who changes what, and which texts changed: names of fields with what they were and became, as JSON.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// The vacancy as this transaction has read it.
    pub old: &'a OwnVacancy,
    /// What it is to offer, checked.
    pub new: &'a NewVacancy,
    /// The token.
    pub token: i64,
    /// For the record.
    pub fields: &'a str,
}

/// Changes what a vacancy offers. One that gets a text which a person has to read first is held. Uses two identifiers.
/// [`Error::Conflict`] when another transaction changed it meanwhile: run the work again.
pub fn change(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    employer: EmployerId,
    change: &Change<'_>,
    now_ms: i64,
) -> Result<Changed, Fault> {
    const CHANGE: &str = "UPDATE vacancy SET trade = $4, area_code = $5, district_code = $6, province_code = $7, \
        kind = $8, openings = $9, start_day = $10, start_minute = $11, duration_days = $12, pay_amount = $13, \
        pay_unit = $14, paid = $15, food = $16, transport = $17, live_in = $18, min_years = $19, licence = $20, \
        days = $21, closes_ms = $22, source_ref = $23, description_sealed = $24, status = $25, paused = $26, \
        changed_ms = $27, source = $29, pay_means = $30, town_sealed = $31 WHERE id = $1 AND employer_id = $2 AND changed_ms = $3 \
        AND (CAST($28 AS BIGINT) = 0 OR NOT EXISTS (SELECT 1 FROM application \
        WHERE application.vacancy_id = vacancy.id AND application.stage <> 'withdrawn'))";
    let Change { old, new, .. } = *change;
    let (takes_less, less) = takes_less(&old.offer, new);
    if matches!(old.standing, Standing::Closed | Standing::Filled) {
        return Ok(Changed::Not(NotChanged::Over));
    }
    if let Some(less) = less.filter(|_| old.applications > 0) {
        return Ok(Changed::Not(less));
    }
    if new.openings < old.hired {
        return Ok(Changed::Not(NotChanged::FewerThanHired { hired: old.hired }));
    }
    if (&new.source, &new.source_ref) != (&old.offer.source, &old.offer.source_ref)
        && super::vacancy::by_source(tx, &new.source, &new.source_ref)?.is_some()
    {
        return Ok(Changed::Not(NotChanged::RefTaken));
    }
    if new.place.is_abroad() {
        let may = employer_check::may_post(tx, employer, new.place, now_ms)?;
        if may != MayPost::Yes {
            return Ok(Changed::Not(NotChanged::MayNot(may)));
        }
    }
    // A text that asks for a look, and any other text of a vacancy that was held before, is read by a person first; of work
    // abroad whatever is changed.
    let why = match hold::reason(&new.description) {
        _ if new.place.is_abroad() => Some(HoldWhy::Abroad),
        _ if new.description == old.offer.description => None,
        Some(reason) => Some(reason.into()),
        None => quarantine::was_held(tx, old.vacancy)?,
    };
    let standing = if why.is_some() { Standing::Held } else { old.standing };
    let (status, paused) = standing.stored();
    let changed_ms = now_ms.max(old.changed_ms + 1);
    let town = place::seal_town(keys, old.vacancy, &new.town);
    let (district, province) = new.place.around().ok_or(Fault::Gone("district"))?;
    let (amount, unit) = new.pay.map_or((0, PayUnit::Day), |pay| (pay.amount, pay.unit));
    let sealed = keys.seal(DESCRIPTION, old.vacancy.get(), new.description.as_bytes());
    let params: [Param<'_>; 31] = [
        old.vacancy.into(),
        employer.into(),
        old.changed_ms.into(),
        i64::from(new.trade.get()).into(),
        new.place.get().into(),
        district.into(),
        province.into(),
        new.kind.code().into(),
        new.openings.into(),
        new.start_day.map(|day| i64::from(day.0)).into(),
        new.start_minute.map(i64::from).into(),
        new.duration_days.into(),
        amount.into(),
        unit.code().into(),
        new.paid.code().into(),
        new.food.into(),
        new.transport.into(),
        new.live_in.into(),
        i64::from(new.min_years).into(),
        new.licence.into(),
        new.days.bits().into(),
        new.closes_ms.into(),
        (&new.source_ref).into(),
        (&sealed).into(),
        status.code().into(),
        paused.into(),
        changed_ms.into(),
        takes_less.into(),
        (&new.source).into(),
        new.means.map(PayMeans::code).into(),
        town.as_ref().into(),
    ];
    if tx.execute(CHANGE, &params)? != 1 {
        return Err(Error::Conflict.into());
    }
    if let Some(why) = why {
        quarantine::note_held(tx, ids, old.vacancy, (why, ""), now_ms)?;
    }
    vacancy_change::note(tx, keys, ids, change, changed_ms)?;
    Ok(Changed::Done(standing))
}

/// Whether a change takes something from who applied, and what it is called.
fn takes_less(old: &NewVacancy, new: &NewVacancy) -> (bool, Option<NotChanged>) {
    let lowered = match (old.pay, new.pay) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(old), Some(new)) => old != new && !is_as_much(old, new),
    };
    let why = if old.trade != new.trade {
        Some(NotChanged::OtherWork("trade"))
    } else if (old.place, &old.town) != (new.place, &new.town) {
        Some(NotChanged::OtherWork(if old.place.is_abroad() { "country or town" } else { "area" }))
    } else if old.kind != new.kind {
        Some(NotChanged::OtherWork("kind"))
    } else if new.live_in && !old.live_in {
        Some(NotChanged::OtherWork("live_in"))
    } else {
        lowered.then_some(NotChanged::PayLowered)
    };
    (why.is_some(), why)
}

/// Amounts of one unit are compared as they are, since a rounded share would let a franc go.
fn is_as_much(old: Pay, new: Pay) -> bool {
    if old.unit == new.unit {
        return new.amount >= old.amount;
    }
    new.percent_of(old).is_some_and(|percent| percent >= 100)
}

/// What an employer wishes for a vacancy of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// No applications for a while. From open.
    Pause,
    /// Applications again. From paused, before its closing time, while the employer may post.
    Resume,
    /// No applications any more. From everything but the ends.
    Close,
}

/// Carries out a wish. False when the vacancy is not this employer's, or not where the wish can be carried out.
pub fn wish(tx: &mut Tx<'_>, employer: EmployerId, old: &OwnVacancy, wish: Wish, now_ms: i64) -> Result<bool, Fault> {
    const PAUSE: &str = "UPDATE vacancy SET status = 'held', paused = 1, changed_ms = $3 \
        WHERE id = $1 AND employer_id = $2 AND status = 'open'";
    const RESUME: &str = "UPDATE vacancy SET status = 'open', paused = 0, changed_ms = $3 \
        WHERE id = $1 AND employer_id = $2 AND status = 'held' AND paused = 1 AND closes_ms > $4";
    const CLOSE: &str = "UPDATE vacancy SET status = 'closed', paused = 0, changed_ms = $3 \
        WHERE id = $1 AND employer_id = $2 AND status IN ('open', 'held')";
    let (id, changed_ms) = (old.vacancy.into(), now_ms.max(old.changed_ms + 1).into());
    let changed = match wish {
        Wish::Pause => tx.execute(PAUSE, &[id, employer.into(), changed_ms])?,
        Wish::Resume if employer_check::may_post(tx, employer, old.offer.place, now_ms)? != MayPost::Yes => 0,
        Wish::Resume => tx.execute(RESUME, &[id, employer.into(), changed_ms, now_ms.into()])?,
        Wish::Close => tx.execute(CLOSE, &[id, employer.into(), changed_ms])?,
    };
    if changed == 1 && wish == Wish::Resume {
        alert::begin(tx, old.vacancy, now_ms)?;
    }
    if changed == 1 && wish == Wish::Close && old.standing == Standing::Held {
        // Nobody has looked at what people reported: closing it must not leave its offers standing.
        quarantine::withdraw(tx, old.vacancy, now_ms)?;
    }
    Ok(changed == 1)
}

#[cfg(test)]
#[path = "vacancy_desk_tests.rs"]
mod tests;
