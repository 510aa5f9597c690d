//! Vacancies: work that is offered, found by its job number.

use super::employer::{EmployerKind, Tier};
use super::employer_check::MayPost;
use super::job_number::JobNumber;
use super::kind::{JobKind, Weekdays};
use super::matching::VacancySide;
use super::pay::{PaidWhen, Pay, read_means};
use super::place::{self, Place};
use super::quarantine::{self, HoldWhy};
use super::worker::read_pay;
use super::worker_trade::read_trade;
use super::{EmployerId, Fault, VacancyId, alert, employer, employer_check, hold};
use crate::country::{PayMeans, PayUnit, TradeCode};
use crate::storage::{Column, Error, IdBlock, Keys, Param, Row, Tx};
use crate::text::datetime::Day;

/// Characters of a description: three screens.
pub const DESCRIPTION_CHARS_MAX: usize = 400;
/// Characters of a vacancy's name at its source.
pub const SOURCE_REF_CHARS_MAX: usize = 64;
/// Openings of one vacancy: a tea estate's harvest.
pub const OPENINGS_MAX: i64 = 1_000;
/// Days that a vacancy may last: five years.
pub const DURATION_DAYS_MAX: i64 = 1_826;

pub(super) const DESCRIPTION: Column = Column::new("vacancy", "description");

coded! {
    /// Where a vacancy stands.
    pub enum VacancyStatus {
        /// Takes applications until its closing time.
        Open = "open",
        /// Over.
        Closed = "closed",
        /// Everybody needed was found.
        Filled = "filled",
        /// Waits for a person's look; see [`hold`].
        Held = "held",
    }
}

/// A vacancy as given by a form or a file, checked.
#[derive(Clone, PartialEq, Eq)]
pub struct NewVacancy {
    /// The trade.
    pub trade: TradeCode,
    /// Where.
    pub place: Place,
    /// The town, of work abroad alone; may be empty.
    pub town: String,
    /// The kind of work.
    pub kind: JobKind,
    /// How many people are needed, at least 1.
    pub openings: i64,
    /// The first day; `None`: as agreed.
    pub start_day: Option<Day>,
    /// Minute of the day at which work starts; `None`: as agreed.
    pub start_minute: Option<u16>,
    /// How many days it lasts; `None`: no end is set.
    pub duration_days: Option<i64>,
    /// What it pays; `None` when not stated, which only learning may be.
    pub pay: Option<Pay>,
    /// When it is handed over.
    pub paid: PaidWhen,
    /// By what; `None`: not said.
    pub means: Option<PayMeans>,
    /// Food is given.
    pub food: bool,
    /// The way is paid or provided.
    pub transport: bool,
    /// The worker lives at the place of work.
    pub live_in: bool,
    /// Years of experience asked; 0: none.
    pub min_years: u8,
    /// A licence is needed.
    pub licence: bool,
    /// Days of the week; none when not stated.
    pub days: Weekdays,
    /// From this moment on it takes no applications.
    pub closes_ms: i64,
    /// Where it comes from: a feed, a file, a form.
    pub source: String,
    /// Its name there.
    pub source_ref: String,
    /// Free text, cleaned; may be empty.
    pub description: String,
}

/// Without the description, which may name people.
impl std::fmt::Debug for NewVacancy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("NewVacancy");
        shown.field("source", &self.source).field("source_ref", &self.source_ref).field("trade", &self.trade);
        shown.field("place", &self.place).field("kind", &self.kind).field("pay", &self.pay).finish_non_exhaustive()
    }
}

/// What came of a posting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posted {
    /// It is there.
    Added {
        /// The vacancy.
        vacancy: VacancyId,
        /// Its number.
        job_number: JobNumber,
        /// Held or open.
        status: VacancyStatus,
    },
    /// Its source has posted one of this name before, which stays as it is.
    Duplicate {
        /// That one.
        vacancy: VacancyId,
    },
    /// The work is abroad, and this employer may not post it. Work here of who may not post is held.
    MayNot(MayPost),
}

/// Posts a vacancy: held when its text asks for a person's look, its employer may not post (see [`employer_check::may_post`])
/// or the work is abroad, else open. Uses one identifier, or two when it is held; `random` draws the job number.
pub fn post(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    employer: EmployerId,
    new: &NewVacancy,
    random: u64,
    now_ms: i64,
) -> Result<Posted, Fault> {
    const POST: &str = "INSERT INTO vacancy (id, job_number, employer_id, household, live_in, trade, area_code, \
        district_code, province_code, kind, openings, start_day, start_minute, duration_days, pay_amount, pay_unit, paid, \
        food, transport, min_years, licence, days, closes_ms, status, source, source_ref, description_sealed, posted_ms, \
        changed_ms, pay_means, town_sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, \
        $20, $21, $22, $23, $24, $25, $26, $27, $28, $28, $29, $30) ON CONFLICT DO NOTHING";
    if let Some(vacancy) = by_source(tx, &new.source, &new.source_ref)? {
        return Ok(Posted::Duplicate { vacancy });
    }
    let household = employer::kind(tx, employer)?.ok_or(Fault::Gone("employer"))? == EmployerKind::Household;
    let may = employer_check::may_post(tx, employer, new.place, now_ms)?;
    if new.place.is_abroad() && may != MayPost::Yes {
        return Ok(Posted::MayNot(may));
    }
    let why = quarantine::why_of(may).or_else(|| hold::reason(&new.description).map(HoldWhy::from));
    let why = why.or(new.place.is_abroad().then_some(HoldWhy::Abroad));
    let status = if why.is_some() { VacancyStatus::Held } else { VacancyStatus::Open };
    let vacancy = VacancyId::take(ids)?;
    let sealed = keys.seal(DESCRIPTION, vacancy.get(), new.description.as_bytes());
    let town = place::seal_town(keys, vacancy, &new.town);
    let (district, province) = new.place.around().ok_or(Fault::Gone("district"))?;
    let (amount, unit) = new.pay.map_or((0, PayUnit::Day), |pay| (pay.amount, pay.unit));
    for job_number in JobNumber::candidates(random) {
        let params: [Param<'_>; 30] = [
            vacancy.into(),
            job_number.get().into(),
            employer.into(),
            household.into(),
            new.live_in.into(),
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
            i64::from(new.min_years).into(),
            new.licence.into(),
            new.days.bits().into(),
            new.closes_ms.into(),
            status.code().into(),
            (&new.source).into(),
            (&new.source_ref).into(),
            (&sealed).into(),
            now_ms.into(),
            new.means.map(PayMeans::code).into(),
            town.as_ref().into(),
        ];
        if tx.execute(POST, &params)? == 1 {
            if status == VacancyStatus::Open {
                alert::begin(tx, vacancy, now_ms)?;
            }
            if let Some(why) = why {
                quarantine::note_held(tx, ids, vacancy, (why, ""), now_ms)?;
            }
            return Ok(Posted::Added { vacancy, job_number, status });
        }
        // Either the number was taken, or another has just posted the same.
        if let Some(vacancy) = by_source(tx, &new.source, &new.source_ref)? {
            return Ok(Posted::Duplicate { vacancy });
        }
    }
    Err(Fault::NoJobNumber)
}

pub(super) fn by_source(tx: &mut Tx<'_>, source: &str, source_ref: &str) -> Result<Option<VacancyId>, Fault> {
    const FIND: &str = "SELECT id FROM vacancy WHERE source = $1 AND source_ref = $2";
    Ok(tx.query_one(FIND, &[source.into(), source_ref.into()], |row| Ok(VacancyId::new(row.integer(0)?)))?)
}

/// The vacancy with this job number, whatever its status; `None` when no vacancy has it. A held one is not shown to
/// workers: look at its status.
pub fn by_job_number(tx: &mut Tx<'_>, job_number: JobNumber) -> Result<Option<VacancyId>, Fault> {
    const FIND: &str = "SELECT id FROM vacancy WHERE job_number = $1";
    Ok(tx.query_one(FIND, &[job_number.get().into()], |row| Ok(VacancyId::new(row.integer(0)?)))?)
}

/// The number of a vacancy; `None` when there is no such vacancy.
pub fn job_number(tx: &mut Tx<'_>, vacancy: VacancyId) -> Result<Option<JobNumber>, Fault> {
    const NUMBER: &str = "SELECT job_number FROM vacancy WHERE id = $1";
    Ok(tx.query_one(NUMBER, &[vacancy.into()], |row| row.integer(0))?.and_then(JobNumber::from_value))
}

/// A vacancy as the job's screen shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct VacancyDetails {
    /// The vacancy.
    pub vacancy: VacancyId,
    /// Its number.
    pub job_number: JobNumber,
    /// Where it stands; open may have passed `closes_ms`: see [`VacancyDetails::is_open`].
    pub status: VacancyStatus,
    /// What it offers. The source is left empty.
    pub offer: NewVacancy,
    /// Who offers it.
    pub employer: EmployerId,
    /// Their name.
    pub employer_name: String,
    /// Who they are.
    pub employer_kind: EmployerKind,
    /// What was checked of them.
    pub tier: Tier,
    /// How many asked for it and did not take it back: "12 asked, 2 places".
    pub applications: i64,
    /// Its employer takes no applications for a while: nobody has to look at it.
    pub paused: bool,
    /// Whoever applies is asked something.
    pub asks: bool,
}

/// Without names and texts.
impl std::fmt::Debug for VacancyDetails {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("VacancyDetails");
        shown.field("vacancy", &self.vacancy).field("job_number", &self.job_number).field("status", &self.status);
        shown.field("offer", &self.offer).field("applications", &self.applications).finish_non_exhaustive()
    }
}

impl VacancyDetails {
    /// Whether it takes applications.
    pub fn is_open(&self, now_ms: i64) -> bool {
        self.status == VacancyStatus::Open && now_ms < self.offer.closes_ms
    }

    /// Whether its employer has paused it, and may let it go on.
    pub fn is_paused(&self, now_ms: i64) -> bool {
        self.paused && self.status == VacancyStatus::Held && now_ms < self.offer.closes_ms
    }

    /// What the score looks at.
    pub fn side(&self, now_ms: i64) -> VacancySide {
        let offer = &self.offer;
        VacancySide {
            open: self.is_open(now_ms),
            trade: offer.trade,
            place: offer.place,
            household: self.employer_kind == EmployerKind::Household,
            live_in: offer.live_in,
            kind: offer.kind,
            pay: offer.pay,
            min_years: offer.min_years,
            licence: offer.licence,
            days: offer.days,
        }
    }
}

/// A vacancy with employer and odds; `None` when there is none.
pub fn details(tx: &mut Tx<'_>, keys: &Keys, vacancy: VacancyId) -> Result<Option<VacancyDetails>, Fault> {
    const DETAILS: &str = "SELECT vacancy.job_number, vacancy.status, vacancy.trade, vacancy.area_code, vacancy.kind, \
        vacancy.openings, vacancy.start_day, vacancy.start_minute, vacancy.duration_days, vacancy.pay_amount, \
        vacancy.pay_unit, vacancy.paid, vacancy.food, vacancy.transport, vacancy.live_in, vacancy.min_years, \
        vacancy.licence, vacancy.days, vacancy.closes_ms, vacancy.description_sealed, vacancy.employer_id, \
        employer.name_sealed, employer.kind, employer.tier, \
        (SELECT COUNT(*) FROM application WHERE application.vacancy_id = vacancy.id AND application.stage <> 'withdrawn'), \
        vacancy.paused, (SELECT COUNT(*) FROM vacancy_question WHERE vacancy_question.vacancy_id = vacancy.id), \
        vacancy.pay_means, vacancy.town_sealed FROM vacancy JOIN employer ON employer.id = vacancy.employer_id WHERE vacancy.id = $1";
    Ok(tx.query_one(DETAILS, &[vacancy.into()], |row| details_of(row, keys, vacancy))?)
}

fn details_of(row: &Row<'_>, keys: &Keys, vacancy: VacancyId) -> Result<VacancyDetails, Error> {
    let employer = EmployerId::new(row.integer(20)?);
    let offer = NewVacancy {
        trade: read_trade(row, 2)?,
        place: Place::read(row, 3)?,
        town: place::read_town(row, keys, vacancy, 28)?,
        kind: JobKind::read(row, 4)?,
        openings: row.integer(5)?,
        start_day: read_day(row, 6)?,
        start_minute: read_minute(row, 7)?,
        duration_days: row.optional_integer(8)?,
        pay: read_pay(row.integer(9)?, row.text(10)?)?,
        paid: PaidWhen::read(row, 11)?,
        means: read_means(row, 27)?,
        food: row.boolean(12)?,
        transport: row.boolean(13)?,
        live_in: row.boolean(14)?,
        min_years: u8::try_from(row.integer(15)?).unwrap_or(u8::MAX),
        licence: row.boolean(16)?,
        days: Weekdays::from_bits(row.integer(17)?),
        closes_ms: row.integer(18)?,
        source: String::new(),
        source_ref: String::new(),
        description: keys.open_text(DESCRIPTION, vacancy.get(), row.bytes(19)?)?,
    };
    let job_number = JobNumber::from_value(row.integer(0)?);
    Ok(VacancyDetails {
        vacancy,
        job_number: job_number.ok_or(Error::Corrupt { what: "a stored job number is none" })?,
        status: VacancyStatus::read(row, 1)?,
        offer,
        employer,
        employer_name: keys.open_text(employer::NAME, employer.get(), row.bytes(21)?)?,
        employer_kind: EmployerKind::read(row, 22)?,
        tier: Tier::read(row, 23)?,
        applications: row.integer(24)?,
        paused: row.boolean(25)?,
        asks: row.integer(26)? > 0,
    })
}

/// A stored day.
pub(super) fn read_day(row: &Row<'_>, column: usize) -> Result<Option<Day>, Error> {
    let day = |day| i32::try_from(day).map(Day).map_err(|_| Error::Corrupt { what: "a stored day is out of range" });
    row.optional_integer(column)?.map(day).transpose()
}

/// A stored minute of the day.
pub(super) fn read_minute(row: &Row<'_>, column: usize) -> Result<Option<u16>, Error> {
    let minute = |minute| u16::try_from(minute).map_err(|_| Error::Corrupt { what: "a stored minute is out of range" });
    row.optional_integer(column)?.map(minute).transpose()
}

/// What a person decided about a vacancy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A held one may be seen.
    Release,
    /// Everybody was found.
    Fill,
    /// It is over.
    Close,
}

/// Carries out a decision. False when the vacancy is not in a status from which it can be: held (and not paused by its
/// employer) for a release, open or closed for filled, open or held for closed.
pub fn decide(tx: &mut Tx<'_>, vacancy: VacancyId, decision: Decision, now_ms: i64) -> Result<bool, Fault> {
    const RELEASE: &str = "UPDATE vacancy SET status = 'open', changed_ms = $2 \
        WHERE id = $1 AND status = 'held' AND paused = 0";
    // Those who went on being considered after the time to apply are to be told as well.
    const FILL: &str = "UPDATE vacancy SET status = 'filled', changed_ms = $2, settle_ms = 0 \
        WHERE id = $1 AND status IN ('open', 'closed')";
    const CLOSE: &str = "UPDATE vacancy SET status = 'closed', changed_ms = $2 \
        WHERE id = $1 AND status IN ('open', 'held')";
    const HELD_NO_MORE: &str = "DELETE FROM vacancy_hold WHERE vacancy_id = $1";
    let sql = match decision {
        Decision::Release => RELEASE,
        Decision::Fill => FILL,
        Decision::Close => CLOSE,
    };
    let decided = tx.execute(sql, &[vacancy.into(), now_ms.into()])? == 1;
    if decided {
        tx.execute(HELD_NO_MORE, &[vacancy.into()])?;
    }
    if decided && decision == Decision::Release {
        alert::begin(tx, vacancy, now_ms)?;
    }
    Ok(decided)
}

/// Closes vacancies whose time is over, open or paused, at most a hundred (well under the 5 ms of a bulk closure); answers how
/// many. They take no applications in the meantime: their closing time is looked at everywhere.
pub fn close_expired(tx: &mut Tx<'_>, now_ms: i64) -> Result<u64, Fault> {
    const OPEN: &str = "UPDATE vacancy SET status = 'closed', changed_ms = $1 WHERE id IN \
        (SELECT id FROM vacancy WHERE status = 'open' AND closes_ms <= $1 ORDER BY closes_ms LIMIT 100)";
    const PAUSED: &str = "UPDATE vacancy SET status = 'closed', paused = 0, changed_ms = $1 WHERE id IN \
        (SELECT id FROM vacancy WHERE paused = 1 AND closes_ms <= $1 ORDER BY closes_ms LIMIT 100)";
    Ok(tx.execute(OPEN, &[now_ms.into()])? + tx.execute(PAUSED, &[now_ms.into()])?)
}

#[cfg(test)]
#[path = "vacancy_tests.rs"]
mod tests;
