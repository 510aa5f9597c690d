//! What is over by itself: offers that nobody answered, and vacancies that closed or were filled while people waited. Done
//! beside the hops, a few at a time; each person is told once.

use super::news::News;
use super::{By, Change, change};
use crate::actions::{Fault, Host};
use crate::market::ending::{self, Why};
use crate::market::pipeline::{self, Subject};
use crate::market::stage::Stage;
use crate::market::{ApplicationId, offer};
use crate::menu::Bundle;
use crate::storage::{IdBlock, Tx};

/// What can be over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overdue {
    /// Offers.
    Offers,
    /// Vacancies.
    Vacancies,
}

/// Ends the applications of the next few that are over, and tells their people; answers how many were ended, or looked
/// through: 0 when there is nothing left. `block` gives identifiers, a block for each application.
pub fn end_overdue(
    tx: &mut Tx<'_>,
    host: &Host,
    bundle: &Bundle,
    block: &dyn Fn() -> IdBlock,
    what: Overdue,
    now_ms: i64,
) -> Result<u64, Fault> {
    match what {
        Overdue::Offers => {
            let lapsed = offer::lapsed(tx, now_ms)?;
            for application in &lapsed {
                end(tx, host, bundle, &mut block(), (*application, Stage::Offered), &News::Lapsed, now_ms)?;
            }
            Ok(count(lapsed.len()))
        }
        Overdue::Vacancies => {
            let Some(ending) = ending::next(tx, now_ms)? else { return Ok(0) };
            let news = match ending.why {
                Why::Filled => News::Filled,
                Why::Closed => News::Closed,
                Why::TakenBack => News::TakenBack,
            };
            for (application, stage) in &ending.waiting {
                end(tx, host, bundle, &mut block(), (*application, *stage), &news, now_ms)?;
            }
            ending::settled(tx, &ending)?;
            Ok(count(ending.waiting.len()).max(1))
        }
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// Ends one application that stands where it was seen to. One that cannot be told of is ended untold: it would be tried for
/// ever, with everybody else behind it.
fn end(
    tx: &mut Tx<'_>,
    host: &Host,
    bundle: &Bundle,
    ids: &mut IdBlock,
    (application, stage): (ApplicationId, Stage),
    news: &News,
    now_ms: i64,
) -> Result<(), Fault> {
    let Some(subject) = pipeline::subject(tx, application)?.filter(|subject| subject.stage == stage) else {
        return Ok(());
    };
    let key = format!("over/{}", application.get());
    let step = Change { to: Stage::Expired, by: By::System, note: None, operation_key: &key };
    let told = tx.attempt(|tx| change(tx, (host, bundle), ids, &subject, step, news, now_ms).map(drop));
    match told {
        Ok(()) => Ok(()),
        Err(fault) if fault.passing().is_some() => Err(fault),
        Err(fault) => {
            tracing::error!(error = %fault, "an application that is over could not be told of");
            end_untold(tx, host, ids, &subject, &key, now_ms)
        }
    }
}

fn end_untold(
    tx: &mut Tx<'_>,
    host: &Host,
    ids: &mut IdBlock,
    subject: &Subject,
    operation_key: &str,
    now_ms: i64,
) -> Result<(), Fault> {
    let Subject { application, stage: from, .. } = *subject;
    let (to, by) = (Stage::Expired, By::System);
    let step = pipeline::Move { application, from, to, by, note: None, words: None, operation_key };
    pipeline::step(tx, &host.keys, ids, &step, now_ms)?;
    if from == Stage::Offered {
        offer::end(tx, application, offer::OfferStatus::Lapsed, now_ms)?;
    }
    Ok(())
}
