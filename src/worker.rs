//! The loop of one channel: when, how many and how fast. Woken by whoever queued a message, by an answer of the provider, or
//! by the time of the next message that is due.
//!
//! A turn takes what there is room for: lanes that this node holds, cells of their pace, a window that shrinks when the
//! provider fails. What takes off flies beside the loop, so that one slow answer holds up nobody.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::delivery::{self, Channel, Delivery, LEASE_MS, Landing, Pace, Report};
use crate::outbox::{self, Claim, Error, lane};
use crate::storage::Work;
use crate::text::datetime::Day;

/// How often left-behind messages are looked for, in milliseconds; also the longest sleep, so that a message which
/// another process queued is not overlooked, and a clock that was set back does no harm.
const REAP_EVERY_MS: i64 = 5_000;
/// How often the pauses are read, in milliseconds: what an operator says holds on every node within it.
const PAUSES_EVERY_MS: i64 = 1_000;
/// The shortest sleep between two rounds that found nothing, in milliseconds: the loop is never a busy one.
const WAIT_MS_MIN: i64 = 20;
/// The first wait after a failure of the store, in milliseconds; it doubles up to the last.
const FAILURE_WAIT_MS_FIRST: i64 = 500;
/// The longest wait after failures of the store, in milliseconds.
const FAILURE_WAIT_MS_LAST: i64 = 30_000;
/// The part of the window that alerts may fill, in quarters: the rest is for those who wait with the phone in hand.
const ALERT_QUARTERS: usize = 3;

/// What one turn did, and when the next is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// What was taken, and what landed since the last turn.
    pub report: Report,
    /// How long there is nothing to do, in milliseconds; 0 when more messages are due already.
    pub wait_ms: i64,
}

/// The worker of a channel between two turns.
#[derive(Debug)]
pub struct Worker {
    deps: Arc<Delivery>,
    channel: Arc<Channel>,
    /// Names this worker as the holder of lanes.
    holder: i64,
    pace: Pace,
    lanes_until_us: i64,
    renew_us: i64,
    pauses_ms: i64,
    reap_ms: i64,
    failures: u32,
    /// Whether the last claim took all that it might: then more is due, and is not looked for before it is claimed.
    was_full: bool,
    flights: JoinSet<Landing>,
    /// What has come back and is written down by the next turn.
    landed: Vec<Landing>,
    in_flight: usize,
    alerts_in_flight: usize,
}

impl Worker {
    /// A worker that looks for left-behind messages in its first turn.
    pub fn new(deps: Arc<Delivery>, channel: Arc<Channel>) -> Self {
        let holder = deps.ids.block(deps.clock.now_ms()).first();
        let pace = Pace::new(Arc::clone(&deps.clock));
        Self {
            deps,
            channel,
            holder,
            pace,
            lanes_until_us: i64::MIN,
            renew_us: i64::MIN,
            pauses_ms: i64::MIN,
            reap_ms: i64::MIN,
            failures: 0,
            was_full: false,
            flights: JoinSet::new(),
            landed: Vec::new(),
            in_flight: 0,
            alerts_in_flight: 0,
        }
    }

    /// One turn: picks up what was left behind, writes down what has landed and lets messages take off in its place, and says when
    /// to come again. The simulation calls this itself, on its own clock; [`Worker::run`] calls it in a loop.
    pub async fn turn(&mut self) -> Result<Turn, Error> {
        let mut report = Report::default();
        while let Some(landed) = self.flights.try_join_next() {
            report.add(&self.took_in(landed.ok()));
        }
        self.upkeep().await?;
        let now_ms = self.deps.clock.now_ms();
        let opening = self.opening(now_ms).await?;
        let wait_ms = match opening {
            Ok(room) => {
                let taken = self.take_off(room, now_ms).await?;
                self.was_full = taken.claimed >= u64::try_from(room).unwrap_or(u64::MAX);
                report.add(&taken);
                match taken {
                    // What is due in a held queue would keep the loop busy: whoever resumes it wakes the worker.
                    Report { held: true, .. } => REAP_EVERY_MS,
                    Report { claimed: 0, .. } => WAIT_MS_MIN,
                    _ => 0,
                }
            }
            Err(wait_ms) if self.landed.is_empty() => wait_ms,
            // What was written down may be due again before anything that waited.
            Err(_) => {
                report.add(&self.settle().await);
                0
            }
        };
        Ok(Turn { report, wait_ms: wait_ms.min(REAP_EVERY_MS) })
    }

    /// One turn, and everything that is on its way has landed: what there is room for at once.
    pub async fn deliver(&mut self) -> Result<Report, Error> {
        let mut report = self.turn().await?.report;
        report.add(&self.land().await);
        Ok(report)
    }

    /// Waits for everything that is on its way, and writes it down; answers what it came to.
    pub async fn land(&mut self) -> Report {
        let mut report = Report::default();
        while let Some(landed) = self.flights.join_next().await {
            report.add(&self.took_in(landed.ok()));
        }
        report.add(&self.settle().await);
        report
    }

    /// Takes a flight in that is over, for the next turn to write down. `None`: one that panicked. Its messages are unknown once
    /// their lease ends.
    fn took_in(&mut self, landed: Option<Landing>) -> Report {
        let Some(landing) = landed else {
            (self.in_flight, self.alerts_in_flight) = (self.flights.len(), self.flights.len());
            let lost = Report { unknown: 1, ..Report::default() };
            self.channel.count(&lost);
            return lost;
        };
        self.in_flight = self.in_flight.saturating_sub(landing.count());
        self.alerts_in_flight = self.alerts_in_flight.saturating_sub(landing.alerts());
        self.landed.push(landing);
        Report::default()
    }

    /// What has landed, to be written down, and what it came to.
    fn hand_in(&mut self) -> (Vec<Landing>, Report) {
        let (landed, mut report) = (std::mem::take(&mut self.landed), Report::default());
        for landing in &landed {
            report.add(&landing.report());
        }
        self.channel.count(&report);
        (landed, report)
    }

    /// Writes down what has landed.
    async fn settle(&mut self) -> Report {
        let (landed, report) = self.hand_in();
        if !landed.is_empty() {
            delivery::land(&self.deps, landed).await;
        }
        report
    }

    /// How many messages may take off now, or how long to wait until it is worth asking again.
    async fn opening(&mut self, now_ms: i64) -> Result<Result<usize, i64>, Error> {
        let room = match self.room(now_ms) {
            Ok(room) => room,
            wait_ms => return Ok(wait_ms),
        };
        let due_in_ms = if self.was_full { 0 } else { self.due_in_ms(now_ms).await? };
        if due_in_ms > 0 {
            return Ok(Err(due_in_ms.max(WAIT_MS_MIN)));
        }
        // Cells of the pace are only asked for when there is something to send: what is taken is used up.
        Ok(match self.pace.take(room) {
            0 => Err(self.pace.wait_ms()),
            room => Ok(room),
        })
    }

    /// What is done now and then, however much there is to send.
    async fn upkeep(&mut self) -> Result<(), Error> {
        let now_ms = self.deps.clock.now_ms();
        // A clock that was set back must not put off what is due by as much.
        if now_ms >= self.reap_ms || self.reap_ms.saturating_sub(now_ms) > REAP_EVERY_MS {
            let reaped = self.deps.store.transact(Work::bulk(), move |tx| outbox::reap(tx, now_ms)).await?;
            if reaped != outbox::Reaped::default() {
                tracing::warn!(?reaped, "messages were left behind by a sender");
            }
            self.reap_ms = if reaped.is_full() { now_ms } else { now_ms.saturating_add(REAP_EVERY_MS) };
        }
        if now_ms >= self.pauses_ms || self.pauses_ms.saturating_sub(now_ms) > PAUSES_EVERY_MS {
            let pauses = self.deps.store.read(outbox::pauses).await?;
            self.deps.channels.set_pauses(pauses);
            self.pauses_ms = now_ms.saturating_add(PAUSES_EVERY_MS);
        }
        let asked_us = self.deps.clock.monotonic_us();
        if asked_us >= self.renew_us {
            let (name, lanes, holder) = (self.channel.name.clone(), self.channel.lanes, self.holder);
            let is_alone = self.deps.is_alone;
            let hold = move |tx: &mut crate::storage::Tx<'_>| {
                let now_ms = tx.now_ms(now_ms)?;
                if is_alone {
                    lane::clear_others(tx, &name, holder)?;
                }
                lane::hold(tx, &name, lanes, holder, now_ms)
            };
            let held = self.deps.store.transact(Work::interactive(None), hold).await?;
            let share = u64::from(self.channel.rate) * held.lanes.unsigned_abs() / lanes.max(1).unsigned_abs();
            self.pace.set(u32::try_from(share).unwrap_or(u32::MAX), held.lanes > 0 && held.taken_over > 0);
            if held.lanes > 0 {
                self.lanes_until_us = asked_us.saturating_add((lane::LEASE_MS - lane::MARGIN_MS) * 1_000);
            }
            self.renew_us = asked_us.saturating_add(lane::RENEW_MS * 1_000);
        }
        Ok(())
    }

    /// How many messages may take off, or how long to wait until it is worth asking again.
    fn room(&self, now_ms: i64) -> Result<usize, i64> {
        if let Some(pause) = self.channel.pause(now_ms) {
            let until_ms = if pause.until_ms == 0 { i64::MAX } else { pause.until_ms };
            return Err(until_ms.saturating_sub(now_ms).clamp(WAIT_MS_MIN, PAUSES_EVERY_MS));
        }
        if !self.channel.carrier.is_ready() || self.deps.clock.monotonic_us() >= self.lanes_until_us {
            return Err(PAUSES_EVERY_MS);
        }
        let window = self.channel.health().window(self.channel.window, now_ms);
        let room = window.saturating_sub(self.in_flight);
        if room == 0 {
            // Whatever lands wakes the loop.
            return Err(if self.in_flight == 0 { PAUSES_EVERY_MS } else { REAP_EVERY_MS });
        }
        Ok(room)
    }

    async fn take_off(&mut self, room: usize, now_ms: i64) -> Result<Report, Error> {
        let alerts_max = (self.channel.window * ALERT_QUARTERS / 4).max(1).saturating_sub(self.alerts_in_flight);
        let today = Day::from_ms(now_ms, &self.deps.timezone);
        let terms = Claim {
            fence: self.deps.ids.block(now_ms).first(),
            now_ms,
            lease_ms: LEASE_MS,
            limit: i64::try_from(room).unwrap_or(i64::MAX),
            alerts_max: i64::try_from(alerts_max.min(room)).unwrap_or(i64::MAX),
            channel: self.channel.name.as_str().into(),
            routes: self.routes(now_ms).into(),
            holder: Some(self.holder),
            day: i64::from(today.0),
            tomorrow_ms: today.plus(1).start_ms(&self.deps.timezone),
            cost_micros: self.channel.line.cost_micros,
            caps: self.channel.caps,
        };
        let (landed, mut report) = self.hand_in();
        let (flights, taken) =
            delivery::take_off(&self.deps, &self.channel, landed, terms, self.lanes_until_us).await?;
        self.channel.count(&taken);
        report.add(&taken);
        for flight in flights {
            let (messages, alerts) = (flight.count(), flight.alerts());
            self.pace.owe(flight.segments().saturating_sub(u64::try_from(messages).unwrap_or_default()));
            self.in_flight += messages;
            self.alerts_in_flight += alerts;
            let (deps, channel) = (Arc::clone(&self.deps), Arc::clone(&self.channel));
            self.flights.spawn(delivery::fly(deps, channel, flight));
        }
        Ok(report)
    }

    fn routes(&self, now_ms: i64) -> Vec<String> {
        let channels = &self.deps.channels;
        channels.routing().routes_of(&self.channel.name, |other| channels.is_up(other, now_ms))
    }

    /// Milliseconds until a message is due, or something else is to be done; 0 or less when one is due.
    async fn due_in_ms(&self, now_ms: i64) -> Result<i64, Error> {
        let routes = self.routes(now_ms);
        let next_ms = self.deps.store.read(move |tx| outbox::next_due_ms(tx, &routes)).await?;
        let next_ms = match next_ms {
            Some(next_ms) if next_ms <= now_ms => return Ok(0),
            next_ms => next_ms.unwrap_or(i64::MAX).min(self.reap_ms),
        };
        Ok(next_ms.saturating_sub(now_ms).clamp(1, REAP_EVERY_MS))
    }

    /// Turns until `stop` becomes true (or its sender is gone), then returns: what is on its way is settled first, nothing
    /// more is claimed. `wake` is notified by whoever has committed a message.
    pub async fn run(mut self, wake: Arc<Notify>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow_and_update() {
            let turned = self.turn().await;
            let wait_ms = self.next_wait_ms(turned);
            let wait = tokio::time::sleep(Duration::from_millis(wait_ms.unsigned_abs()));
            let is_flying = !self.flights.is_empty();
            let landed = tokio::select! {
                biased;
                changed = stop.changed() => {
                    if changed.is_err() {
                        break;
                    }
                    None
                }
                landed = self.flights.join_next(), if is_flying => landed,
                // After a failure nobody wakes the worker: callers who queue would drive it against a store in trouble.
                () = wake.notified(), if self.failures == 0 => None,
                () = wait => None,
            };
            if let Some(landed) = landed {
                self.took_in(landed.ok());
            }
        }
        self.land().await;
        let (name, holder) = (self.channel.name.clone(), self.holder);
        let given_back = self.deps.store.transact(Work::bulk(), move |tx| lane::give_back(tx, &name, holder)).await;
        if let Err(error) = given_back {
            tracing::warn!(%error, "the lanes of a channel could not be given back; they are free when their lease ends");
        }
    }

    fn next_wait_ms(&mut self, turned: Result<Turn, Error>) -> i64 {
        match turned {
            Ok(turn) => {
                self.failures = 0;
                turn.wait_ms
            }
            Err(error) => {
                let wait_ms =
                    FAILURE_WAIT_MS_FIRST.saturating_mul(1 << self.failures.min(10)).min(FAILURE_WAIT_MS_LAST);
                self.failures += 1;
                tracing::error!(%error, wait_ms, channel = %self.channel.name, "the outbox cannot be worked on");
                wait_ms
            }
        }
    }
}

#[cfg(test)]
mod tests;
