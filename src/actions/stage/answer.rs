//! What an applicant says: yes or no to an offer, or that the application is taken back.

use super::news::News;
use super::{By, Change, Changed, change, terms};
use crate::actions::{Fault, Host};
use crate::market::offer::{self, OpenOffer};
use crate::market::phone_number::MsisdnHash;
use crate::market::pipeline;
use crate::market::stage::Stage;
use crate::market::{ApplicationId, PersonId};
use crate::menu::Bundle;
use crate::storage::{IdBlock, Tx};

/// The open offers to everybody on a number, the first to end first: whom a YES or NO may be meant for.
pub fn open_offers_on(tx: &mut Tx<'_>, number: &MsisdnHash) -> Result<Vec<OpenOffer>, Fault> {
    Ok(offer::open_on(tx, number)?)
}

/// An applicant's answer to an offer.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The application.
    pub application: ApplicationId,
    /// Who answers: whose application it must be.
    pub person: PersonId,
    /// Yes or no.
    pub yes: bool,
    /// What causes it: a key press, a message. The same cause answers once.
    pub operation_key: &'a str,
}

/// What came of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// Hired: an SMS with the terms follows. The same answer again, too.
    Accepted,
    /// Declined: an SMS confirms it. The same answer again, too.
    Declined,
    /// The time to answer is over.
    TooLate,
    /// There is nothing to answer: answered before, taken back, or never offered.
    Nothing {
        /// Where the application stands.
        stage: Stage,
    },
    /// This person has no such application.
    NotYours,
}

/// Answers an offer. Uses at most 13 identifiers.
pub fn answer_offer(
    tx: &mut Tx<'_>,
    host: &Host,
    bundle: &Bundle,
    ids: &mut IdBlock,
    answer: &Answer<'_>,
    now_ms: i64,
) -> Result<Answered, Fault> {
    let subject = pipeline::subject(tx, answer.application)?.filter(|subject| subject.person == answer.person);
    let Some(subject) = subject else { return Ok(Answered::NotYours) };
    let done = |to| match to {
        Stage::Hired => Answered::Accepted,
        Stage::Withdrawn => Answered::Declined,
        stage => Answered::Nothing { stage },
    };
    if let Some(to) = pipeline::moved_before(tx, subject.application, answer.operation_key)? {
        return Ok(done(to));
    }
    if subject.stage != Stage::Offered {
        return Ok(Answered::Nothing { stage: subject.stage });
    }
    let terms = terms(tx, &subject)?;
    // The time of an offer never changes: what is read here holds.
    if terms.until_ms <= now_ms {
        return Ok(Answered::TooLate);
    }
    let (to, news) = if answer.yes { (Stage::Hired, News::Hired(terms)) } else { (Stage::Withdrawn, News::Declined) };
    let by = By::Applicant(answer.person);
    let step = Change { to, by, note: None, operation_key: answer.operation_key };
    Ok(match change(tx, (host, bundle), ids, &subject, step, &news, now_ms)? {
        Changed::Now { .. } => done(to),
        Changed::Before { to } => done(to),
        Changed::Stands { stage } => Answered::Nothing { stage },
    })
}

/// What came of taking an application back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawal {
    /// It is taken back: an SMS confirms it. The same wish again, too.
    Withdrawn,
    /// It has come to an end before.
    Over {
        /// Which end.
        stage: Stage,
    },
    /// This person has no such application.
    NotYours,
}

/// Takes an application back; an open offer is declined with it. Uses at most 13 identifiers.
pub fn withdraw(
    tx: &mut Tx<'_>,
    host: &Host,
    bundle: &Bundle,
    ids: &mut IdBlock,
    (application, person, operation_key): (ApplicationId, PersonId, &str),
    now_ms: i64,
) -> Result<Withdrawal, Fault> {
    let Some(mut subject) = pipeline::subject(tx, application)?.filter(|subject| subject.person == person) else {
        return Ok(Withdrawal::NotYours);
    };
    // The employer may move it meanwhile: the wish holds from wherever it stands then.
    loop {
        let news = if subject.stage == Stage::Offered { News::Declined } else { News::Withdrawn };
        let step = Change { to: Stage::Withdrawn, by: By::Applicant(person), note: None, operation_key };
        match change(tx, (host, bundle), ids, &subject, step, &news, now_ms)? {
            Changed::Now { .. } | Changed::Before { .. } => return Ok(Withdrawal::Withdrawn),
            Changed::Stands { stage } if stage.is_final() || stage == subject.stage => {
                return Ok(Withdrawal::Over { stage });
            }
            Changed::Stands { stage } => subject.stage = stage,
        }
    }
}
