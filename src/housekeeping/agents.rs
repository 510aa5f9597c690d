//! Whom agents registered and who has said nothing to it for three days: they are listed, where the message reached them.

use crate::hop::Service;
use crate::market::{self, agent_registration};
use crate::storage::{Tx, Work};

/// People of one turn: listing one is a few rows.
const LISTED_MAX: i64 = 8;

/// One turn; answers how many were looked at.
pub(super) async fn turn(service: &Service, now_ms: i64) -> Result<u64, market::Fault> {
    let list = move |tx: &mut Tx<'_>| agent_registration::list_silent(tx, now_ms, LISTED_MAX);
    service.store.transact(Work::bulk(), list).await
}
