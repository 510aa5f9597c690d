//! Moving an application on: by its employer, by an operator, by the applicant. One function is the story: [`advance`].
//!
//! A move is one conditional update with an event beside it ([`pipeline::step`]), what goes with it (an appointment, an
//! offer), and what is said of it (`news`): an SMS and a mail to the applicant in their language, an event to the
//! employer's endpoints. All of it in the caller's transaction, so that it happened if and only if it was told.
//!
//! Callers: the API (single and in bulk, one transaction a move or a few), the flow `applications`, messages from phones.

mod answer;
mod event;
mod news;
mod order;
mod overdue;
mod rehearsal;

pub use answer::{Answer, Answered, Withdrawal, answer_offer, open_offers_on, withdraw};
pub use event::received;
pub use news::{Reached, told_by};
pub use order::{Advanced, Assessment, Interview, Offer, Order};
pub use overdue::{Overdue, end_overdue};
pub use rehearsal::{Unread, rehearse};

use super::{Fault, Host, post};
use crate::market::appointment::{self, Appointment, AppointmentKind};
use crate::market::offer::{self, OfferStatus, Terms};
use crate::market::person::{self, Status};
use crate::market::pipeline::{self, Move, Moved, NOTE_CHARS_MAX, Refusal, Subject};
use crate::market::stage::{Stage, may_move};
use crate::market::vacancy::{self, Decision, VacancyStatus};
use crate::market::{self, jobs, worker};
use crate::menu::Bundle;
use crate::storage::{IdBlock, Tx};
use crate::text::folding;
use news::News;
pub(super) use news::{MESSAGES, WORDS, clock_value, until_values};

pub use crate::market::pipeline::By;

/// Other jobs that somebody who was not chosen is told: what fits beside the news into one SMS.
const OTHER_JOBS: usize = 2;

/// Moves an application on the order of its employer, or of an operator for it or for the applicant, and tells of it.
/// Uses at most 13 identifiers. A bulk of orders is one call each: about a third of a millisecond.
pub fn advance(
    tx: &mut Tx<'_>,
    host: &Host,
    bundle: &Bundle,
    ids: &mut IdBlock,
    order: &Order<'_>,
    now_ms: i64,
) -> Result<Advanced, Fault> {
    let subject = pipeline::subject(tx, order.application)?.filter(|subject| subject.employer == order.employer);
    let Some(subject) = subject else { return Ok(Advanced::NotYours) };
    let note = match checked(order) {
        Ok(note) => note,
        Err(refusal) => return Ok(Advanced::Refused(refusal)),
    };
    if let Some(to) = pipeline::moved_before(tx, order.application, order.operation_key)? {
        // Whoever was first may have moved it since it was read.
        let stands = pipeline::subject(tx, order.application)?.map_or(subject.stage, |subject| subject.stage);
        return Ok(again(to, order.to, stands));
    }
    if !may_move(subject.stage, order.to) {
        return Ok(Advanced::Illegal { stage: subject.stage });
    }
    if order.to != Stage::Rejected {
        if subject.is_doubted {
            return Ok(Advanced::Held);
        }
        let person = person::find(tx, subject.person)?;
        if person.is_none_or(|person| person.status == Status::Closed) {
            return Ok(Advanced::Left);
        }
        if let Some(filled) = filled(tx, &subject, order)? {
            return Ok(filled);
        }
    }
    let news = match news_of(tx, host, &subject, order, now_ms)? {
        Ok(news) => news,
        Err(refusal) => return Ok(Advanced::Refused(refusal)),
    };
    let Order { by, operation_key, .. } = *order;
    let step = Change { to: order.to, by, note: note.as_deref(), operation_key };
    Ok(match change(tx, (host, bundle), ids, &subject, step, &news, now_ms)? {
        Changed::Now { event, told } => Advanced::Moved { event, told },
        Changed::Before { to } => again(to, order.to, order.to),
        Changed::Stands { stage } => Advanced::Illegal { stage },
    })
}

/// The same operation key again.
fn again(to: Stage, ordered: Stage, stage: Stage) -> Advanced {
    if to == ordered { Advanced::Already { stage } } else { Advanced::KeyReused }
}

/// What can be seen of an order without looking anywhere. Answers its note, cleaned.
fn checked(order: &Order<'_>) -> Result<Option<String>, Refusal> {
    if order.operation_key.is_empty() || order.operation_key.len() > pipeline::KEY_BYTES_MAX {
        return Err(Refusal::Key);
    }
    let theirs = match order.to {
        Stage::Expired => false,
        // The help desk writes down what the applicant says on the phone.
        Stage::Hired | Stage::Withdrawn => matches!(order.by, By::Operator(_)),
        _ => true,
    };
    if !theirs {
        return Err(Refusal::NotTheEmployers);
    }
    let note = order.note.filter(|note| !note.trim().is_empty());
    if note.is_some_and(|note| note.chars().take(NOTE_CHARS_MAX + 1).count() > NOTE_CHARS_MAX) {
        return Err(Refusal::NoteTooLong);
    }
    Ok(note.map(folding::clean).filter(|note| !note.is_empty()))
}

/// Whether the vacancy has no place left for this order.
fn filled(tx: &mut Tx<'_>, subject: &Subject, order: &Order<'_>) -> Result<Option<Advanced>, Fault> {
    let offers = order.to == Stage::Offered;
    let beyond = order.offer.is_some_and(|offer| offer.beyond_openings);
    let leads_on = matches!(order.to, Stage::Shortlisted | Stage::Assessment | Stage::Interview);
    if !(offers && !beyond || leads_on && subject.status == VacancyStatus::Filled) {
        return Ok(None);
    }
    let places = pipeline::places(tx, subject.vacancy)?.ok_or(market::Fault::Gone("vacancy"))?;
    let full = places.taken >= places.openings || places.status == VacancyStatus::Filled;
    Ok(full.then_some(Advanced::Filled { openings: places.openings, taken: places.taken }))
}

/// What is to be said of an order, with what goes with it, checked.
fn news_of(
    tx: &mut Tx<'_>,
    host: &Host,
    subject: &Subject,
    order: &Order<'_>,
    now_ms: i64,
) -> Result<Result<News, Refusal>, Fault> {
    let country = &host.country;
    let appointment = |kind, when, words: &str| Appointment::checked(country, kind, when, words, now_ms);
    Ok(match order.to {
        Stage::Shortlisted => Ok(News::Shortlisted),
        Stage::Assessment => match order.assessment {
            None => Err(Refusal::NoAssessment),
            Some(Assessment { what, day, minute }) => {
                appointment(AppointmentKind::Assessment, (day, minute), what).map(News::Invited)
            }
        },
        Stage::Interview => match order.interview {
            None => Err(Refusal::NoInterview),
            Some(Interview { day, minute, place }) => {
                appointment(AppointmentKind::Interview, (Some(day), Some(minute)), place).map(News::Invited)
            }
        },
        Stage::Offered => match order.offer {
            None => Err(Refusal::NoOffer),
            Some(Offer { pay, means, start_day, start_minute, until_ms, .. }) => {
                let vacancy = vacancy::details(tx, &host.keys, subject.vacancy)?;
                let vacancy = vacancy.ok_or(market::Fault::Gone("vacancy"))?.offer;
                let terms = (pay, means, start_day, start_minute);
                Terms::checked(country, &vacancy, terms, until_ms, now_ms).map(News::Offered)
            }
        },
        Stage::Hired => Ok(News::Hired(terms(tx, subject)?)),
        Stage::Rejected => Ok(News::Rejected(others(tx, host, subject, now_ms)?)),
        Stage::Withdrawn if subject.stage == Stage::Offered => Ok(News::Declined),
        Stage::Withdrawn | Stage::Applied | Stage::Expired => Ok(News::Withdrawn),
    })
}

/// What was offered to an applicant who stands on an offer.
fn terms(tx: &mut Tx<'_>, subject: &Subject) -> Result<Terms, Fault> {
    let offer = offer::find(tx, subject.application)?.ok_or(market::Fault::Gone("offer"))?;
    Ok(offer.0)
}

/// Other jobs that fit the applicant, the best first, by their numbers.
fn others(
    tx: &mut Tx<'_>,
    host: &Host,
    subject: &Subject,
    now_ms: i64,
) -> Result<Vec<market::job_number::JobNumber>, Fault> {
    let Some(worker) = worker::find(tx, subject.person)? else { return Ok(Vec::new()) };
    let found = jobs::for_worker(tx, &host.country, &worker, now_ms, OTHER_JOBS)?;
    let mut numbers = Vec::with_capacity(OTHER_JOBS);
    for job in found {
        numbers.extend(vacancy::job_number(tx, job.vacancy)?);
    }
    Ok(numbers)
}

/// A move that has been checked.
#[derive(Clone, Copy)]
struct Change<'a> {
    to: Stage,
    by: By,
    note: Option<&'a str>,
    operation_key: &'a str,
}

/// What came of it.
enum Changed {
    Now { event: i64, told: Reached },
    Before { to: Stage },
    Stands { stage: Stage },
}

/// Moves, keeps what goes with the move, and tells of it.
fn change(
    tx: &mut Tx<'_>,
    (host, bundle): (&Host, &Bundle),
    ids: &mut IdBlock,
    subject: &Subject,
    Change { to, by, note, operation_key }: Change<'_>,
    news: &News,
    now_ms: i64,
) -> Result<Changed, Fault> {
    let Subject { application, stage: from, vacancy, .. } = *subject;
    // Who is hired last must see all the others: the places are held before the move.
    let places = if to == Stage::Hired { pipeline::places(tx, vacancy)? } else { None };
    let step = Move { application, from, to, by, note, words: news.words(), operation_key };
    let event = match pipeline::step(tx, &host.keys, ids, &step, now_ms)? {
        Moved::Now { event } => event,
        Moved::Before { to } => return Ok(Changed::Before { to }),
        Moved::Stands { stage } => return Ok(Changed::Stands { stage }),
    };
    match news {
        News::Invited(appointment) => appointment::set(tx, &host.keys, application, appointment, now_ms)?,
        News::Offered(terms) => offer::make(tx, application, terms, now_ms)?,
        _ => {}
    }
    if from == Stage::Offered {
        let how = match to {
            Stage::Hired => OfferStatus::Accepted,
            Stage::Withdrawn => OfferStatus::Declined,
            Stage::Expired => OfferStatus::Lapsed,
            _ => OfferStatus::Withdrawn,
        };
        offer::end(tx, application, how, now_ms)?;
    }
    if places.is_some_and(|places| places.hired + 1 >= places.openings) {
        vacancy::decide(tx, vacancy, Decision::Fill, now_ms)?;
    }
    let told = news::spread(tx, host, bundle, ids, &news::Said { subject, to, by, news }, now_ms)?;
    // A client has no endpoints: they hear by SMS what was answered to them.
    let agreed = if let News::Hired(terms) = news { Some(terms) } else { None };
    post::answered(tx, (host, bundle), ids, (subject, to, agreed), now_ms)?;
    Ok(Changed::Now { event, told })
}

#[cfg(test)]
#[path = "stage/stage_tests.rs"]
mod tests;
