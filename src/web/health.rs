//! `/health/live`, `/health/ready` and `/metrics`: for whoever keeps the service running.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::Web;
use crate::market::{case, quarantine};
use crate::outbox::{self, caps, receipt};
use crate::storage;
use crate::telemetry::{self, Figure};
use crate::text::datetime::Day;

/// The process runs.
pub(super) async fn live() -> &'static str {
    "live\n"
}

/// The store answers a read and took the last write: hops can be answered.
pub(super) async fn ready(State(web): State<Arc<Web>>) -> Response {
    let store = &web.service.store;
    let read = store.read::<_, storage::Error, _>(|tx| tx.query_one("SELECT 1", &[], |row| row.integer(0))).await;
    match read {
        Ok(Some(1)) if store.is_available() => "ready\n".into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response(),
    }
}

/// Counters in Prometheus' text format.
pub(super) async fn metrics(State(web): State<Arc<Web>>) -> Response {
    let mut text = telemetry::render(web.channels.iter().map(|channel| &channel.counter), &web.unknown_hooks);
    text.push_str(&messages(&web).await);
    text.push_str(&help_desk(&web).await);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

/// Figures of the help desk: cases by kind and state, those that are late, jobs that are held. Nobody can be found in them.
async fn help_desk(web: &Web) -> String {
    let now_ms = web.service.clock.now_ms();
    let read = web.service.store.read(move |tx| {
        Ok::<_, storage::Error>((case::counts(tx)?, case::overdue_count(tx, now_ms)?, quarantine::held_count(tx)?))
    });
    let Ok((counts, overdue, held)) = read.await else { return String::new() };
    let mut cases = Figure::gauge("kaziline_cases", "Cases that are not over, by kind and state.");
    for of in counts {
        cases.add(&[("kind", of.kind.code()), ("state", of.state.code())], of.cases);
    }
    let mut late = Figure::gauge("kaziline_cases_overdue", "Cases that should have been answered by now.");
    late.add(&[], overdue);
    let mut jobs = Figure::gauge("kaziline_jobs_held", "Jobs that wait for a person's look.");
    jobs.add(&[], held);
    [cases, late, jobs].iter().map(Figure::text).collect()
}

/// Figures of the queue: what waits and for how long, what came of what was sent, segments and money of the day, pauses.
/// Nothing of them when the store does not answer: then other figures say so.
async fn messages(web: &Web) -> String {
    let now_ms = web.service.clock.now_ms();
    let today = i64::from(Day::from_ms(now_ms, &web.service.host.country.timezone).0);
    let read = web.service.store.read(move |tx| {
        let sent = caps::of_channels(tx, today)?;
        Ok::<_, outbox::Error>((outbox::depths(tx)?, sent, outbox::pauses(tx)?, receipt::parked(tx)?))
    });
    let Ok((depths, sent, pauses, parked)) = read.await else { return String::new() };
    let mut waiting = Figure::gauge("kaziline_messages_waiting", "Messages in the queue, due or not, by class.");
    let mut age =
        Figure::gauge("kaziline_messages_oldest_seconds", "How long the message has been due that is due longest.");
    for depth in depths {
        waiting.add(&[("class", &depth.class)], depth.waiting);
        age.add(&[("class", &depth.class)], now_ms.saturating_sub(depth.oldest_due_ms).max(0) / 1_000);
    }
    let mut came =
        Figure::counter("kaziline_messages_total", "Messages by channel and what came of them, on this node.");
    let mut rests = Figure::gauge("kaziline_channel_rests", "1 while a channel does not send, by the reason.");
    for channel in web.delivery.channels.all() {
        let tally = channel.tally();
        let outcomes = [
            ("accepted", tally.accepted),
            ("temporary", tally.temporary),
            ("permanent", tally.permanent),
            ("unknown", tally.unknown),
            ("blocked", tally.blocked),
            ("capped", tally.capped),
            ("cancelled", tally.cancelled),
            ("expired", tally.expired),
        ];
        for (outcome, count) in outcomes {
            let labels = [("channel", channel.name.as_str()), ("outcome", outcome)];
            came.add(&labels, i64::try_from(count).unwrap_or(i64::MAX));
        }
        let why = pauses.iter().find(|pause| pause.channel == channel.name && pause.holds(now_ms));
        let why = why.map_or("", |pause| pause.why.code());
        rests.add(&[("channel", channel.name.as_str()), ("why", why)], i64::from(!why.is_empty()));
    }
    let mut today =
        Figure::gauge("kaziline_sent_today", "Messages, segments and millionths of the currency, by channel.");
    for (channel, [messages, segments, cost]) in sent {
        for (what, count) in [("messages", messages), ("segments", segments), ("cost_micros", cost)] {
            today.add(&[("channel", channel.as_str()), ("what", what)], count);
        }
    }
    let mut reports = Figure::gauge("kaziline_receipts_parked", "Reports that wait for their message.");
    reports.add(&[], parked);
    [waiting, age, came, rests, today, reports].iter().map(Figure::text).collect()
}
