//! A network inside the process: hops are function calls, SMS are delivered when they are asked for.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Call, Network, Operator, PhoneFault, Sms};
use crate::actions::{self, Fault, Host, stage};
use crate::app::Core;
use crate::clock::SimulatedClock;
use crate::country::{Hotline, Msisdn};
use crate::gateway::ussd::{ClosedWhy, UssdAnswer, UssdEvent};
use crate::hop::{self, Hop};
use crate::session::Asked;
use crate::storage::{Tx, Work};
use crate::worker::Worker;

/// Rounds of delivery before what is still due is left alone: each sends a batch, and a retry comes later anyhow.
const ROUNDS_MAX: usize = 64;

/// A network around a service without sockets.
#[derive(Debug)]
pub struct InProcess {
    core: Core,
    /// What sends messages, one for each way out.
    workers: Vec<Worker>,
    channel: Arc<str>,
    clock: Option<Arc<SimulatedClock>>,
    asked: Option<Asked>,
}

impl InProcess {
    /// A network to `core`. With the simulated clock that `core` runs on, time can be moved.
    pub fn new(core: Core, channel: &str, clock: Option<Arc<SimulatedClock>>) -> Self {
        let workers = core.workers().collect();
        Self { core, workers, channel: channel.into(), clock, asked: None }
    }

    /// The service behind the network.
    pub fn core(&self) -> &Core {
        &self.core
    }

    fn msisdn(&self, number: &str) -> Result<Msisdn, PhoneFault> {
        let phone = &self.core.service.host.country.phone;
        phone.parse(number).or_else(|_| Msisdn::parse_e164(number)).map_err(|_| PhoneFault::Number)
    }

    async fn carry(&mut self, call: &Call, event: UssdEvent) -> Result<UssdAnswer, PhoneFault> {
        let hop = Hop {
            channel: Arc::clone(&self.channel),
            session: call.session.clone(),
            msisdn: self.msisdn(&call.number)?,
            service_code: call.service_code.clone(),
            event,
            hop_id: None,
        };
        let answered = hop::answer(&self.core.service, hop).await;
        self.asked = answered.asked;
        Ok(answered.answer)
    }
}

impl Network for InProcess {
    async fn hop(&mut self, call: &Call) -> Result<UssdAnswer, PhoneFault> {
        self.carry(call, UssdEvent::Cumulative(call.text())).await
    }

    async fn closed(&mut self, call: &Call) -> Result<(), PhoneFault> {
        self.carry(call, UssdEvent::Closed(ClosedWhy::Incomplete)).await.map(|_| ())
    }

    async fn messages(&mut self, number: &str, after: u64) -> Result<Vec<Sms>, PhoneFault> {
        let number = self.msisdn(number)?;
        for _ in 0..ROUNDS_MAX {
            let mut claimed = 0;
            for worker in &mut self.workers {
                let report = worker.deliver().await.map_err(|fault| PhoneFault::Network(fault.to_string()))?;
                claimed += report.claimed;
            }
            if claimed == 0 {
                break;
            }
        }
        let received = self.core.loopback.messages_to(number.as_str(), after);
        Ok(received.into_iter().map(|sms| Sms { id: sms.id, text: sms.text }).collect())
    }

    async fn later(&mut self) -> bool {
        false
    }

    fn septets(&self) -> (usize, usize) {
        let menus = self.core.service.bundles.now();
        let limits = menus.live.limits_of(&self.channel);
        (limits.screen_septets, limits.opening_septets)
    }

    async fn operate(&mut self, what: Operator<'_>) -> Result<(), PhoneFault> {
        let service = &self.core.service;
        let mut closures = service.bundles.now().closures.clone();
        match what {
            Operator::Freeze { flow, is_frozen: true } => drop(closures.flows.insert(flow.to_owned())),
            Operator::Freeze { flow, is_frozen: false } => drop(closures.flows.remove(flow)),
            Operator::Notice(is_on) => closures.maintenance = is_on,
            Operator::Hotline { name, number } => {
                let Host { mut country, keys, short_code, .. } = Host::clone(&service.host);
                country.hotlines.insert(0, Hotline::invented(name, number));
                Arc::make_mut(&mut self.core.service).host = Arc::new(Host::new(country, keys, short_code));
                return Ok(());
            }
            Operator::Answer(words) => return self.core.answer_case(words).await.map_err(|_| PhoneFault::Operator),
            Operator::Agent { number, organisation } => {
                let (msisdn, organisation) = (self.msisdn(number)?, organisation.to_owned());
                let (host, ids, now_ms) = (Arc::clone(&service.host), Arc::clone(&service.ids), service.clock.now_ms());
                let work = move |tx: &mut Tx<'_>| {
                    actions::rehearse_agent(tx, &host, &mut ids.block(now_ms), (&msisdn, &organisation), now_ms)
                };
                let done: Result<_, Fault> = service.store.transact(Work::interactive(None), work).await;
                return if done.is_ok_and(|done| done) { Ok(()) } else { Err(PhoneFault::Operator) };
            }
            Operator::Look => return self.core.look_after().await.map_err(|_| PhoneFault::Operator),
            Operator::Fault => {
                let rehearsal = service.rehearsal.as_ref().ok_or(PhoneFault::Operator)?;
                rehearsal.fails.store(true, Ordering::Release);
            }
        }
        service.bundles.close(closures);
        Ok(())
    }

    async fn employer(&mut self, number: &str, does: &str) -> Result<Option<String>, PhoneFault> {
        let (msisdn, does) = (self.msisdn(number)?, does.to_owned());
        let service = &self.core.service;
        let (host, live) = (Arc::clone(&service.host), Arc::clone(&service.bundles.now().live));
        let (ids, now_ms) = (Arc::clone(&service.ids), service.clock.now_ms());
        let work =
            move |tx: &mut Tx<'_>| stage::rehearse(tx, &host, &live, &|| ids.block(now_ms), (&msisdn, &does), now_ms);
        let done: Result<_, Fault> = service.store.transact(Work::interactive(None), work).await;
        let done = done.map_err(|fault| PhoneFault::Network(fault.to_string()))?;
        Ok(done.err().map(|stage::Unread(why)| why))
    }

    fn asked(&self) -> Option<Asked> {
        self.asked
    }

    fn wait(&mut self, ms: i64) -> Result<(), PhoneFault> {
        self.clock.as_ref().ok_or(PhoneFault::Time).map(|clock| clock.advance(ms))
    }
}
