//! Channels: those that callers come in by, and every way out.

use std::collections::BTreeSet;

use super::channel::{SECRET_RULE, hook_secret, sms_channel};
use super::layers::{Fault, Layers, Origin};
use super::mail_channel::mail_channel;
use super::webhook_channel::webhook_channel;
use super::{MailChannel, Secret, SmsChannel, UssdChannel, WebhookChannel, one_of};
use crate::gateway::email::MailAddress;
use crate::gateway::ussd;
use crate::market::{alert, ranking};
use crate::outbox::Keep;
use crate::outbox::retry::Schedule;

/// Every way out, by what leaves over it.
#[derive(Clone, Debug, Default)]
pub struct Outward {
    /// SMS.
    pub sms: Vec<SmsChannel>,
    /// E-mail.
    pub mail: Vec<MailChannel>,
    /// Webhooks.
    pub webhook: Vec<WebhookChannel>,
    /// When a message that was not taken is tried again.
    pub schedule: Schedule,
    /// How long traces of messages are kept.
    pub keep: Keep,
    /// How people are told of jobs.
    pub alerts: alert::Terms,
    /// What the parts of a rank count for.
    pub ranking: ranking::Weights,
    /// Who gets alarms and the morning digest by mail.
    pub operators: Vec<MailAddress>,
    /// The address at which providers and people reach this service; empty: none was given.
    pub public_url: String,
}

impl Outward {
    /// The routes of SMS on which every channel that may carry a message takes answers, among the networks of a phone plan.
    /// A second channel that takes none is enough that nobody is asked to write back.
    pub fn two_way_routes(&self, networks: &[&str]) -> BTreeSet<String> {
        let of = |two_way: bool| {
            let channels = self.sms.iter().filter(move |channel| channel.two_way == two_way);
            channels.flat_map(|channel| channel.reach.routes(networks)).collect::<BTreeSet<_>>()
        };
        &of(true) - &of(false)
    }
}

/// All channels of a configuration.
pub(super) fn channels(layers: &mut Layers) -> (Vec<UssdChannel>, Outward) {
    let channel = |name: &String| Some(name.strip_prefix("channel.")?.split_once('.')?.0.to_owned());
    let names: BTreeSet<String> = layers.values.keys().filter_map(channel).collect();
    let demo = layers.flag("demo.population");
    let public_url = layers.text("service.public_url");
    let (mut ussd, mut outward) = (
        Vec::new(),
        Outward {
            public_url,
            schedule: schedule(layers),
            operators: operators(layers),
            keep: keep(layers),
            alerts: alerts(layers),
            ranking: ranking(layers),
            ..Outward::default()
        },
    );
    for name in names {
        let key = |key: &str| format!("channel.{name}.{key}");
        match layers.text(&key("kind")).as_str() {
            "ussd" => {
                let secret = hook_secret(layers, &key("secret"), demo).unwrap_or_default();
                if secret.is_empty() {
                    layers.refuse(&key("secret"), SECRET_RULE);
                }
                match ussd::Dialect::from_name(&layers.text(&key("dialect"))) {
                    Some(dialect) => ussd.push(UssdChannel { name, dialect, secret: Secret(secret) }),
                    None => layers.refuse(&key("dialect"), &one_of(ussd::Dialect::ALL.map(ussd::Dialect::name))),
                }
            }
            "sms" => outward.sms.extend(sms_channel(layers, &name, demo)),
            "email" => outward.mail.extend(mail_channel(layers, &name)),
            "webhook" => outward.webhook.push(webhook_channel(layers, &name)),
            _ => {
                let origin = layers.values.iter().find(|(full, _)| full.starts_with(&key("")));
                let origin = origin.map_or(Origin::Default, |(_, entry)| entry.origin.clone());
                let what =
                    format!("`channel.{name}` needs a kind: write kind = \"ussd\", \"sms\", \"email\" or \"webhook\"");
                layers.faults.push(Fault { origin, what });
            }
        }
    }
    (ussd, outward)
}

/// When a message that was not taken is tried again: the longest wait before each repetition.
fn schedule(layers: &mut Layers) -> Schedule {
    const NAME: &str = "delivery.retry_waits_s";
    let waits = layers.text(NAME);
    let waits =
        waits.split([' ', ',']).filter(|wait| !wait.is_empty()).map(str::parse).collect::<Result<Vec<i64>, _>>();
    waits.ok().and_then(|waits| Schedule::of_seconds(&waits)).unwrap_or_else(|| {
        layers.refuse(NAME, "must be at most 19 numbers of seconds, each from 1 to 86400, such as \"30 120 480\"");
        Schedule::default()
    })
}

/// How long traces of messages are kept.
fn keep(layers: &Layers) -> Keep {
    Keep {
        attempts_days: layers.whole("keep.attempts_days"),
        calls_days: layers.whole("keep.calls_days"),
        receipts_days: layers.whole("keep.receipts_days"),
        letters_days: layers.whole("keep.letters_days"),
    }
}

/// How people are told of jobs.
fn alerts(layers: &Layers) -> alert::Terms {
    alert::Terms {
        per_opening: layers.whole("alerts.per_opening"),
        enough_per_opening: layers.whole("alerts.enough_per_opening"),
        waves_max: layers.whole("alerts.waves_max"),
        wave_wait_ms: layers.whole("alerts.wave_wait_minutes") * 60_000,
        day_max: layers.whole("alerts.day_max"),
    }
}

/// What the parts of a rank count for.
fn ranking(layers: &Layers) -> ranking::Weights {
    ranking::Weights {
        score: layers.whole("ranking.score"),
        answers: layers.whole("ranking.answers"),
        quiz: layers.whole("ranking.quiz"),
        record: layers.whole("ranking.record"),
        nearness: layers.whole("ranking.nearness"),
    }
}

/// Who gets alarms and the morning digest by mail.
fn operators(layers: &mut Layers) -> Vec<MailAddress> {
    const NAME: &str = "operators.mail";
    let written = layers.text(NAME);
    let addresses = written.split([' ', ',']).filter(|address| !address.is_empty()).map(MailAddress::parse);
    addresses.collect::<Result<_, _>>().unwrap_or_else(|fault| {
        layers.refuse(NAME, &format!("has one that cannot be written to: {fault}"));
        Vec::new()
    })
}
