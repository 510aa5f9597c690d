//! The service without its sockets: what answers hops and what sends messages, on a store and a clock of the caller's.
//!
//! [`super::App`] puts listeners and loops around it; `dial` and the transcripts use it as it is.

use std::sync::Arc;

use tokio::sync::Notify;

use super::StartFault;
use super::population;
use super::recipient_check::{recipient_check, recipient_stop};
use super::ways_out::ways_out;
use crate::actions::Host;
use crate::bundles::{Bundles, Given, Watcher};
use crate::clock::{Clock, IdSource};
use crate::config::{Config, Outward, demo_flags};
use crate::country::{Country, Quizzes, TradeCode};
use crate::delivery::{Channels, Delivery};
use crate::gateway::sms::Peer;
use crate::hop::Service;
use crate::hop::rehearsal::Rehearsal;
use crate::intake::{Intake, Listener};
use crate::menu::Sources;
use crate::migrations;
use crate::storage::{Keys, Store};
use crate::transport::Loopback;
use crate::web::admin::Admin;
use crate::worker::Worker;

/// What a service is made of.
#[derive(Debug)]
pub struct Parts {
    /// An open store whose keys are checked.
    pub store: Store,
    /// Its keys.
    pub keys: Keys,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The country pack.
    pub country: Country,
    /// What people dial.
    pub short_code: String,
    /// The menus that it is started with.
    pub menus: Given,
    /// The ways out.
    pub outward: Outward,
    /// Fill the store with an invented population.
    pub population: bool,
    /// This node's number among those on one database.
    pub node: u8,
}

/// A service that can be called.
#[derive(Clone, Debug)]
pub struct Core {
    /// Who the channels for SMS speak to, by their names.
    peers: Arc<[(String, Peer)]>,
    /// Answers hops.
    pub service: Arc<Service>,
    /// Sends messages.
    pub delivery: Arc<Delivery>,
    /// The simulated phones that the loop-back provider sends to.
    pub loopback: Arc<Loopback>,
}

/// A Sunday morning in November 2026, 07:00 in UTC: transcripts play from here, so that they read the same on every day.
pub const DEMO_NOW_MS: i64 = 1_795_330_800_000;
/// The trade that has a quiz in transcripts: masons.
const REHEARSED_TRADE: u8 = 11;

impl Core {
    /// Proves and stores the menus, fills a new store with a population if that is wanted, and puts the parts together.
    /// What listens to sessions beside it is for the caller to run.
    pub async fn open(parts: Parts) -> Result<(Core, Vec<Listener>), StartFault> {
        let Parts { store, keys, clock, country, short_code, menus, outward, population, node } = parts;
        let ids = Arc::new(IdSource::for_node(node));
        let networks: Vec<&str> = country.phone.networks().collect();
        let two_way = outward.two_way_routes(&networks);
        let host = Arc::new(Host::new(country, keys.clone(), short_code).two_way_on(two_way));
        let missing: Vec<&str> = host.country.help.missing().map(|office| office.id.as_str()).collect();
        if !missing.is_empty() {
            let offices = missing.join(", ");
            tracing::info!(%offices, "cases cannot be handed over there: no number is confirmed in the country pack");
        }
        let now_ms = clock.now_ms();
        let event_id = ids.block(now_ms).next_id().unwrap_or_default();
        let bundles = Bundles::open(&store, menus, &host, now_ms, event_id).await?;
        if population {
            population::store(&store, &keys, &host, clock.now_ms()).await.map_err(StartFault::Population)?;
        }
        let service = Arc::new(Service {
            store: store.clone(),
            keys: keys.clone(),
            clock: Arc::clone(&clock),
            ids: Arc::clone(&ids),
            host,
            bundles: Arc::new(bundles),
            enqueued: Arc::new(Notify::new()),
            rehearsal: None,
            operators: outward.operators.clone().into(),
            keep: outward.keep,
            alerts: outward.alerts,
            ranking: outward.ranking,
            dials: Arc::default(),
            recent: Arc::default(),
        });
        let loopback = Arc::new(Loopback::new(Arc::clone(&clock)));
        let timezone = service.host.country.timezone.clone();
        let seed = ids.block(now_ms).first().unsigned_abs();
        let (described, told) = ways_out(&outward, &service.host.country, &loopback, (&store, &keys), seed)?;
        let channels = Channels::new(described, clock.now_ms());
        let is_alone = !store.is_shared();
        let delivery = Delivery {
            store,
            keys,
            clock,
            ids,
            channels,
            is_alone,
            schedule: outward.schedule.clone(),
            operators: Arc::clone(&service.operators),
            timezone,
            recipient_check,
            recipient_stop,
        };
        let delivery = Arc::new(delivery);
        let peers = outward.sms.into_iter().map(|channel| (channel.way.name, channel.peer)).collect();
        let heard = |(name, news)| {
            let channel = delivery.channels.all().iter().find(|channel| channel.name == name)?;
            Some(Listener::new(Arc::clone(&delivery), Arc::clone(channel), news))
        };
        let listeners = told.into_iter().filter_map(heard).collect();
        Ok((Core { peers, service, delivery, loopback }, listeners))
    }

    /// What commands on the store work with.
    pub fn admin(&self) -> Admin {
        let Service { store, keys, clock, ids, host, enqueued, bundles, .. } = Service::clone(&self.service);
        let delivery = Some(Arc::clone(&self.delivery));
        Admin { store, keys, clock, ids, host, enqueued, bundles: Some(bundles), delivery }
    }

    /// Notes from now on which ways callers take, and can be told to fail. Quizzes ask invented sums: a transcript reads the
    /// same whatever the country's data says.
    pub fn rehearse(&mut self) -> Arc<Rehearsal> {
        let mut host = Host::clone(&self.service.host);
        if let Some(mason) = TradeCode::new(REHEARSED_TRADE) {
            host.country.quizzes = Quizzes::invented(mason);
        }
        let service = Arc::make_mut(&mut self.service);
        service.host = Arc::new(host);
        let rehearsal = Arc::new(Rehearsal::default());
        service.rehearsal = Some(Arc::clone(&rehearsal));
        rehearsal
    }

    /// What reads the calls of providers.
    pub fn intake(&self) -> Intake {
        let Service { store, keys, clock, ids, host, bundles, enqueued, .. } = Service::clone(&self.service);
        Intake { store, keys, clock, ids, peers: Arc::clone(&self.peers), host, bundles, enqueued }
    }

    /// A worker for each way out; the first is the only one where there is one channel.
    pub fn workers(&self) -> impl Iterator<Item = Worker> {
        let channels = self.delivery.channels.all().iter();
        channels.map(|channel| Worker::new(Arc::clone(&self.delivery), Arc::clone(channel)))
    }

    /// What looks for other menus.
    pub fn watcher(&self) -> Watcher {
        let Service { store, clock, host, bundles, .. } = Service::clone(&self.service);
        Watcher::new(store, host, clock, bundles)
    }

    /// A service in memory with the demo's population, on a clock of the caller's: nothing is left behind.
    pub async fn in_memory(clock: Arc<dyn Clock>, menus: Sources) -> Result<Core, StartFault> {
        let store = Store::inline(migrations::SQLITE, Arc::clone(&clock))?;
        Self::invented(store, clock, menus).await
    }

    /// A service with the demo's population on an empty store that holds nobody's data.
    pub async fn invented(store: Store, clock: Arc<dyn Clock>, menus: Sources) -> Result<Core, StartFault> {
        let Host { country, keys, short_code, .. } = demo_host()?;
        let outward = Config::of_layers(None, [], &demo_flags()).map_err(StartFault::Config)?.outward;
        let menus = Given { sources: menus, from_folder: false };
        let parts = Parts { store, keys, clock, country, short_code, menus, outward, population: true, node: 0 };
        Ok(Self::open(parts).await?.0)
    }
}

/// What menus are proven against without a service: the demo's country and code. Its keys are no secret; what they seal
/// is invented and gone in a moment.
pub fn demo_host() -> Result<Host, StartFault> {
    let country = Country::embedded("RW").map_err(StartFault::Country)?;
    Ok(Host::new(country, Keys::of_no_secret(), "*567#".to_owned()))
}

/// What commands on a store work with, without the service around it.
pub fn store_host(config: &Config, keys: Keys) -> Result<Host, StartFault> {
    let country = Country::embedded(&config.country).map_err(StartFault::Country)?;
    Ok(Host::new(country, keys, config.short_code.clone()))
}
