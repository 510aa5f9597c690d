//! The SMS that tells somebody of a new job that fits: what it says, and whom a wave tells.

use std::collections::HashSet;

use super::manifest::{CODE, fields};
use super::{Fault, Host, job, labels, message_text};
use crate::market::alert::{self, Addressee, Onward, Run, Tellable, Terms};
use crate::market::candidate::{self, Fitting};
use crate::market::person::Recipient;
use crate::market::vacancy::{self, NewVacancy, VacancyDetails};
use crate::market::{PersonId, VacancyId, employer, employer_check};
use crate::menu::Bundle;
use crate::menu::manifest::{Field, FieldType, Value};
use crate::outbox::{self, Class, Content, NewMessage, NewSms, Priority, SealedMessage};
use crate::storage::{IdBlock, Tx};
use crate::text::Language;
use crate::text::datetime::Day;

/// The template of the SMS: by it the check before sending knows an alert.
pub(super) const JOB_ALERT: &str = "job_alert";
/// That of work abroad.
pub(super) const JOB_ALERT_ABROAD: &str = "job_alert_abroad";
/// Both of them.
pub const JOB_ALERTS: [&str; 2] = [JOB_ALERT, JOB_ALERT_ABROAD];
/// People who are told in one transaction: a few ms of the writer's time, as a bulk closure may take.
const TOLD_TOGETHER: usize = 64;
/// An alert that could not be sent for so long is news no more.
const ALERT_EXPIRES_MS: i64 = 12 * 3_600_000;
/// How exactly the beginning of the quiet hours is known.
const QUARTER_MS: i64 = 15 * 60_000;
/// Candidates beyond those that a wave still tells, for those who may not be told just now.
const SPARE: i64 = 40;

/// What is dialled to ask for a job: `*567*48213#`.
pub(super) const JOB_CODE: FieldType = FieldType::Text(19);

/// What an alert says.
pub(super) const ALERT: &[Field] = fields! {
    "number": FieldType::Number(8),
    "trade": FieldType::Coded("trade"),
    "place": FieldType::Coded("area"),
    "pay": FieldType::Text(job::PAY_SEPTETS),
    "tier": FieldType::Word(&["phone_only", "id_seen", "village_leader", "registered_firm", "licensed_agency"]),
    "asked": FieldType::Number(3),
    "places": FieldType::Number(3),
    "dial": JOB_CODE,
    "code": CODE,
};

/// What an alert of work abroad says: where, and who answers for it.
pub(super) const ALERT_ABROAD: &[Field] = fields! {
    "trade": FieldType::Coded("trade"),
    "place": FieldType::Coded("area"),
    "pay": FieldType::Text(job::PAY_SEPTETS),
    "employer": FieldType::Text(job::EMPLOYER_SEPTETS),
    "licence": FieldType::Text(job::LICENCE_SEPTETS),
    "dial": JOB_CODE,
};

/// What is dialled to ask for a job.
pub(super) fn job_code(host: &Host, job_number: i64) -> String {
    format!("{}*{job_number}#", host.short_code.trim_end_matches('#'))
}

/// What a wave does next.
#[derive(Clone, Debug)]
pub enum Plan {
    /// Nobody is told now.
    Onward(Onward),
    /// These are told, the best first, until the wave has so many.
    Tell {
        /// Who fits, more than are told, since some may not be told just now.
        people: Vec<Fitting>,
        /// How many this wave may still tell.
        left: i64,
        /// Whether there may be others beside these.
        are_more: bool,
    },
}

/// Looks whom a wave tells. Only reads, and may take longer than a hop should wait: not for the writer.
#[expect(clippy::implicit_hasher, reason = "there is one kind of set in this program")]
pub fn plan(
    tx: &mut Tx<'_>,
    host: &Host,
    run: &Run,
    terms: &Terms,
    passed_over: &HashSet<PersonId>,
    now_ms: i64,
) -> Result<Plan, Fault> {
    let Some(found) = vacancy::details(tx, &host.keys, run.vacancy)?.filter(|found| found.is_open(now_ms)) else {
        return Ok(Plan::Onward(Onward::Over));
    };
    let (open_ms, left) = (host.when_open(now_ms), terms.wave(found.offer.openings) - run.told);
    if run.wave > terms.waves_max {
        return Ok(Plan::Onward(Onward::Over));
    }
    if open_ms > now_ms {
        return Ok(Plan::Onward(Onward::Later(open_ms)));
    }
    if terms.is_enough(&found) {
        return Ok(Plan::Onward(Onward::Later(now_ms + terms.wave_wait_ms)));
    }
    let wanted = usize::try_from(left + left / 4 + SPARE).unwrap_or_default();
    if left <= 0 {
        return Ok(Plan::Onward(after(run, terms, now_ms)));
    }
    let mut without = alert::told(tx, run.vacancy)?;
    without.extend(passed_over);
    let side = found.side(now_ms);
    let found = candidate::best(tx, &host.country, (run.vacancy, &side), wanted, without, now_ms)?;
    if found.people.is_empty() {
        return Ok(Plan::Onward(after(run, terms, now_ms)));
    }
    let (are_more, mut people) = (found.people.len() >= wanted, found.people);
    candidate::seat(&mut people, left, run.vacancy);
    Ok(Plan::Tell { people, left, are_more })
}

/// Takes from `people` those who are looked at and told together: as many as may still be told, or fewer. Nobody is looked at in
/// vain unless somebody before them may not be told.
pub fn together<'a>(people: &mut &'a [Fitting], left: i64) -> &'a [Fitting] {
    let most = usize::try_from(left).unwrap_or_default().min(TOLD_TOGETHER);
    let (now, later) = people.split_at(most.min(people.len()));
    *people = later;
    now
}

/// What follows a wave that is done.
pub fn after(run: &Run, terms: &Terms, now_ms: i64) -> Onward {
    if run.wave >= terms.waves_max { Onward::Over } else { Onward::NextWave(now_ms + terms.wave_wait_ms) }
}

/// Those who are told in one transaction, with their messages: all that can be found out and made before it.
#[derive(Debug)]
pub struct Batch {
    /// What the messages say of the vacancy; `None` where it takes nobody any more.
    offer: Option<NewVacancy>,
    day: Day,
    /// Who may be told, and by what.
    letters: Vec<(Addressee, SealedMessage)>,
    /// Who may be told of nothing, it seems.
    never: Vec<PersonId>,
}

impl Batch {
    /// How many it may tell.
    pub fn letters(&self) -> i64 {
        i64::try_from(self.letters.len()).unwrap_or(i64::MAX)
    }
}

/// Finds out who of `people` may be told, and makes their messages. Only reads: not for the writer.
pub fn batch(
    tx: &mut Tx<'_>,
    host: &Host,
    bundle: &Bundle,
    vacancy: VacancyId,
    people: &[(Fitting, IdBlock)],
    now_ms: i64,
) -> Result<Batch, Fault> {
    let Some(found) = vacancy::details(tx, &host.keys, vacancy)?.filter(|found| found.is_open(now_ms)) else {
        let day = Day::from_ms(now_ms, &host.country.timezone);
        return Ok(Batch { offer: None, day, letters: Vec::new(), never: Vec::new() });
    };
    let licence =
        if found.offer.place.is_abroad() { employer_check::licence(tx, &host.keys, found.employer)? } else { None };
    let words = Words::of(host, bundle, &found, &licence.unwrap_or_default(), now_ms);
    let persons: Vec<PersonId> = people.iter().map(|(fitting, _)| fitting.person).collect();
    let tellable = alert::tellable(tx, &host.keys, &persons, vacancy, now_ms)?;
    let (mut letters, mut never) = (Vec::with_capacity(people.len()), Vec::new());
    for ((fitting, ids), tellable) in people.iter().zip(tellable) {
        match tellable {
            Tellable::Yes(to, place) => {
                let message = ids.clone().next_id().ok_or(Fault::IdsUsedUp)?;
                let (number, generation) = (to.number, to.number_generation);
                let addressee = Addressee { message, fitting: *fitting, number, generation, place };
                letters.extend(words.to(host, &addressee, &to)?.map(|sealed| (addressee, sealed)));
            }
            Tellable::Knows => {}
            Tellable::Never => never.push(fitting.person),
        }
    }
    let day = words.day;
    Ok(Batch { offer: Some(found.offer), day, letters, never })
}

/// What came of telling some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// So many were told.
    Told(i64),
    /// The vacancy takes nobody any more.
    Over,
    /// Another node has the run, or the vacancy opened anew or offers something else by now: nothing was written. Who has the
    /// run when the lease is over goes on.
    Lost,
}

/// Tells the first of a batch who may still be told, at most `left`. Writes nothing where it answers [`Telling::Lost`].
/// `until_ms` is when the lease ends anew.
pub fn tell_some(
    tx: &mut Tx<'_>,
    host: &Host,
    (run, terms): (&Run, &Terms),
    batch: &Batch,
    left: i64,
    until_ms: i64,
    now_ms: i64,
) -> Result<Telling, Fault> {
    let Some(found) = vacancy::details(tx, &host.keys, run.vacancy)?.filter(|found| found.is_open(now_ms)) else {
        return Ok(if alert::go_on(tx, run, Onward::Told(0, until_ms))? { Telling::Over } else { Telling::Lost });
    };
    // The fence before all else: who has lost the run must find that out before they write.
    if batch.offer.as_ref() != Some(&found.offer) || !alert::go_on(tx, run, Onward::Told(0, until_ms))? {
        return Ok(Telling::Lost);
    }
    let (mut told, mut letters) = (0, &batch.letters[..]);
    while told < left && !letters.is_empty() {
        let wanted = usize::try_from(left - told).unwrap_or(usize::MAX).min(letters.len());
        let (now, later) = letters.split_at(wanted);
        letters = later;
        let people: Vec<&Addressee> = now.iter().map(|(addressee, _)| addressee).collect();
        let noted = alert::note(tx, run.vacancy, &people, (batch.day, terms.day_max), now_ms)?;
        let noted = now.iter().zip(noted).filter(|(_, is_noted)| *is_noted);
        let messages: Vec<&SealedMessage> = noted.map(|((_, message), _)| message).collect();
        told += i64::try_from(outbox::enqueue_sealed(tx, &messages, now_ms)?).unwrap_or(i64::MAX);
    }
    // Not looked at again until something of theirs changes: they would stand in the way of others each time.
    let never = alert::tellable(tx, &host.keys, &batch.never, run.vacancy, now_ms)?;
    for (person, tellable) in batch.never.iter().zip(never) {
        if matches!(tellable, Tellable::Never) {
            candidate::unlist(tx, *person)?;
        }
    }
    alert::go_on(tx, run, Onward::Told(told, until_ms))?;
    Ok(Telling::Told(told))
}

/// An alert in every language, made once for all who are told together.
struct Words<'a> {
    found: &'a VacancyDetails,
    template: &'static str,
    texts: [Option<String>; 4],
    fallback: Language,
    due_ms: i64,
    expires_ms: i64,
    day: Day,
}

impl<'a> Words<'a> {
    fn of(host: &Host, bundle: &Bundle, found: &'a VacancyDetails, licence: &str, now_ms: i64) -> Self {
        let is_abroad = found.offer.place.is_abroad();
        let template = if is_abroad { JOB_ALERT_ABROAD } else { JOB_ALERT };
        let text = |language: Language| {
            let values = if is_abroad {
                values_abroad(host, bundle, language, (found, licence))
            } else {
                values(host, bundle, language, found)
            };
            bundle.languages.contains(&language).then(|| message_text(bundle, host, language, template, &values))?
        };
        let due_ms = host.when_open(now_ms);
        let expires_ms = host.when_quiet(due_ms, due_ms + ALERT_EXPIRES_MS).min(found.offer.closes_ms);
        let day = Day::from_ms(due_ms, &host.country.timezone);
        Self {
            found,
            template,
            texts: Language::ALL.map(text),
            fallback: bundle.default_language(),
            due_ms,
            expires_ms,
            day,
        }
    }

    fn in_language(&self, language: Language) -> Option<&str> {
        let text = |language: Language| self.texts.get(language.index()).and_then(Option::as_deref);
        text(language).or_else(|| text(self.fallback))
    }

    /// The alert to one person; `None` where it has no words.
    fn to(&self, host: &Host, addressee: &Addressee, to: &Recipient) -> Result<Option<SealedMessage>, Fault> {
        let Some(text) = self.in_language(to.language) else { return Ok(None) };
        let (person, place) = (addressee.fitting.person.get(), addressee.place);
        let message = NewMessage {
            id: addressee.message,
            operation_key: &format!("alert/{}/{place}/{person}", self.found.vacancy.get()),
            content: Content::Sms(NewSms {
                to: &to.msisdn,
                generation: to.number_generation,
                route: &host.route(&to.msisdn, Class::Alert),
                text,
            }),
            person_id: Some(person),
            employer_id: Some(self.found.employer.get()),
            priority: Priority::Alert,
            class: Class::Alert,
            template: self.template,
            due_ms: self.due_ms,
            expires_ms: self.expires_ms,
        };
        Ok(Some(message.seal(&host.keys)?))
    }
}

fn values(host: &Host, bundle: &Bundle, language: Language, found: &VacancyDetails) -> Vec<Value> {
    let (offer, number) = (&found.offer, found.job_number.get());
    vec![
        Value::Number(number),
        Value::Coded("trade", i64::from(offer.trade.get())),
        Value::Coded("area", offer.place.get()),
        Value::Text(labels::pay_words(host, bundle, language, offer.pay)),
        Value::Word(employer::Tier::code(found.tier)),
        Value::Number(found.applications),
        Value::Number(offer.openings),
        Value::Text(job_code(host, number)),
        Value::Text(host.short_code.clone()),
    ]
}

fn values_abroad(
    host: &Host,
    bundle: &Bundle,
    language: Language,
    (found, licence): (&VacancyDetails, &str),
) -> Vec<Value> {
    let offer = &found.offer;
    vec![
        Value::Coded("trade", i64::from(offer.trade.get())),
        Value::Coded("area", offer.place.get()),
        Value::Text(labels::pay_words(host, bundle, language, offer.pay)),
        Value::Text(found.employer_name.clone()),
        Value::Text(licence.to_owned()),
        Value::Text(job_code(host, found.job_number.get())),
    ]
}

impl Host {
    /// The first moment from `now_ms` on, exact to a quarter of an hour, at which messages should wait; `latest_ms` if there
    /// is none before it.
    fn when_quiet(&self, now_ms: i64, latest_ms: i64) -> i64 {
        let mut at_ms = now_ms;
        while at_ms < latest_ms && self.when_open(at_ms) == at_ms {
            at_ms += QUARTER_MS - at_ms.rem_euclid(QUARTER_MS);
        }
        at_ms.min(latest_ms)
    }
}
