//! What operators and time do to cases and bookings while a transcript plays.

use std::sync::Arc;

use super::Core;
use crate::actions;
use crate::market::case::{self, CaseState, Desk, Filter};
use crate::storage::{Tx, Work};

/// Who answers in a transcript.
const OPERATOR: &str = "rehearsal";

impl Core {
    /// An operator answers the open case that is due first. A fault when there is none.
    pub async fn answer_case(&self, words: &str) -> Result<(), actions::Fault> {
        let (service, words, now_ms) = (self.service.clone(), words.to_owned(), self.service.clock.now_ms());
        let work = move |tx: &mut Tx<'_>| {
            let open = Filter { state: Some(CaseState::Open), kind: None };
            let Some(first) = case::list(tx, open, 1)?.pop() else { return Err(actions::Fault::Nobody) };
            let mut ids = service.ids.block(now_ms);
            case::desk(tx, &service.keys, &mut ids, first.case, (OPERATOR, Desk::Answer(&words)), now_ms)?;
            Ok(())
        };
        self.service.store.transact(Work::bulk(), work).await?;
        self.look_after().await
    }

    /// Does once what is done each minute for people with cases and bookings.
    pub async fn look_after(&self) -> Result<(), actions::Fault> {
        let (service, now_ms) = (self.service.clone(), self.service.clock.now_ms());
        let live = Arc::clone(&service.bundles.now().live);
        let work = move |tx: &mut Tx<'_>| {
            actions::follow_cases(tx, &service.host, &live, &mut service.ids.block(now_ms), now_ms)?;
            actions::tell_cases(tx, &service.host, &live, &mut service.ids.block(now_ms), now_ms)?;
            for round in actions::Round::ALL {
                actions::round(tx, &service.host, &live, &|| service.ids.block(now_ms), round, now_ms)?;
            }
            Ok::<_, actions::Fault>(())
        };
        self.service.store.transact(Work::bulk(), work).await
    }
}
