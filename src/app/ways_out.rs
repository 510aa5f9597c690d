//! The ways out as the configuration describes them: each channel with what carries its messages.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::StartFault;
use crate::config::{Outward, SmsChannel, WayOut};
use crate::country::Country;
use crate::delivery::{Carrier, Described, Events, Post, StopUrl};
use crate::gateway::sms::{Dialect, Peer};
use crate::market::mail_address::MailHash;
use crate::outbox::route;
use crate::storage::{Keys, Store};
use crate::transport::public_address::PublicTransport;
use crate::transport::smpp::{FromNetwork, Settings, Smpp};
use crate::transport::smtp::Smtp;
use crate::transport::{HttpTransport, Loopback, Transport};

/// What an SMSC tells in its session, by the channel's name.
pub(super) type Told = (String, mpsc::Receiver<FromNetwork>);

/// Every way out, and what those tell that tell by themselves. One client carries the requests to all providers; sessions
/// begin here, on the runtime that this is called on. `seed` spreads their repeated connections.
pub(super) fn ways_out(
    outward: &Outward,
    country: &Country,
    loopback: &Arc<Loopback>,
    (store, keys): (&Store, &Keys),
    seed: u64,
) -> Result<(Vec<Described>, Vec<Told>), StartFault> {
    let networks: Vec<&str> = country.phone.networks().collect();
    let mut way_out = WaysOut { loopback, http: None, seed, told: Vec::new() };
    let stop_url = stop_url(&outward.public_url, keys);
    let mut described = Vec::new();
    for channel in &outward.sms {
        let carrier = way_out.over_sms(channel)?;
        described.push(describe(&channel.way, carrier, channel.reach.routes(&networks)));
    }
    for channel in &outward.mail {
        let fault = |fault| StartFault::MailServer { channel: channel.way.name.clone(), fault };
        let smtp = Smtp::new(channel.server.clone()).map_err(fault)?;
        let post = Post { smtp, sender: channel.sender.clone(), stop_url: stop_url.clone() };
        described.push(describe(&channel.way, Carrier::Mail(Box::new(post)), vec![route::EMAIL.to_owned()]));
    }
    for channel in &outward.webhook {
        let transport = PublicTransport::new(channel.reach).map_err(StartFault::Transport)?;
        let events = Events { store: store.clone(), keys: keys.clone(), transport: Arc::new(transport) };
        described.push(describe(&channel.way, Carrier::Webhook(Box::new(events)), vec![route::WEBHOOK.to_owned()]));
    }
    Ok((described, way_out.told))
}

/// Where one click ends messages to a mail address: only where the address of this service is `https`, as mail programs
/// ask (RFC 8058).
fn stop_url(public_url: &str, keys: &Keys) -> Option<StopUrl> {
    let base = public_url.trim_end_matches('/').to_owned();
    let keys = keys.clone();
    base.starts_with("https://").then(|| -> StopUrl {
        Arc::new(move |address| format!("{base}/unsubscribe/{}", MailHash::of(&keys, address).stop_word(&keys)))
    })
}

struct WaysOut<'a> {
    loopback: &'a Arc<Loopback>,
    http: Option<Arc<HttpTransport>>,
    seed: u64,
    told: Vec<Told>,
}

impl WaysOut<'_> {
    fn over_sms(&mut self, channel: &SmsChannel) -> Result<Carrier, StartFault> {
        let name = &channel.way.name;
        match &channel.peer {
            Peer::Http(account) => {
                let transport: Arc<dyn Transport> = match account.dialect {
                    Dialect::Loopback => Arc::<Loopback>::clone(self.loopback),
                    _ => self.http()?,
                };
                Ok(Carrier::Http { account: account.clone(), transport })
            }
            Peer::Smpp(account) => {
                self.seed = self.seed.wrapping_add(1);
                let settings = Settings { window: channel.way.window, ..Settings::new(self.seed) };
                let session = Smpp::start(settings, (**account).clone());
                let (smpp, news) = session.map_err(|fault| StartFault::Session { channel: name.clone(), fault })?;
                self.told.push((name.clone(), news));
                Ok(Carrier::Smpp(smpp))
            }
        }
    }

    /// One client for all.
    fn http(&mut self) -> Result<Arc<HttpTransport>, StartFault> {
        if let Some(http) = &self.http {
            return Ok(Arc::clone(http));
        }
        let http = Arc::new(HttpTransport::new().map_err(StartFault::Transport)?);
        self.http = Some(Arc::clone(&http));
        Ok(http)
    }
}

fn describe(way: &WayOut, carrier: Carrier, routes: Vec<String>) -> Described {
    Described {
        name: way.name.clone(),
        carrier,
        routes,
        order: way.order,
        cost_micros: way.cost_micros,
        rate: way.rate_s,
        lanes: way.lanes,
        window: way.window,
        reports: way.reports,
        caps: way.caps,
    }
}
