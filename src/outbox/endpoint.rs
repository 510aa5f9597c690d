//! Endpoints: where events are told to, each by its owner's wish, each with secrets of its own.
//!
//! One that does not answer rests, longer each time, so that it takes no place from others; what waits for it keeps its
//! attempts. One that has taken nothing for days is switched off, and its owner is told.

use serde_json::json;

use super::{Class, Content, Error, Event, Letter, NewMessage, Priority, RecipientState, enqueue};
use crate::gateway::email::MailAddress;
use crate::gateway::webhook::WebhookSecret;
use crate::storage::{self, Column, IdBlock, Keys, Row, Tx};

const URL: Column = Column::new("webhook_endpoint", "url");
const SECRETS: Column = Column::new("webhook_endpoint", "secrets");
const CONTACT: Column = Column::new("webhook_endpoint", "contact");

/// The owner of endpoints for alarms and digests: the operators of this service.
pub const OPERATORS: i64 = 0;
/// Endpoints of one owner, at most: each event is told to each of them.
pub const ENDPOINTS_MAX: usize = 10;
/// Secrets that are signed with at the same time: the new one, and the one before it while receivers change.
const SECRETS_MAX: usize = 2;
/// An endpoint that has taken nothing for so long is switched off: longer than a weekend with a holiday behind it.
pub const DISABLE_AFTER_MS: i64 = 5 * 86_400_000;
/// The first rest of an endpoint that did not answer. It doubles.
const REST_MS_FIRST: i64 = 5_000;
/// The longest rest: what was mended is noticed within it.
const REST_MS_MAX: i64 = 10 * 60_000;
/// How long an event is worth being told.
const EVENT_EXPIRES_MS: i64 = 3 * 86_400_000;
/// How long the news of an endpoint that was switched off is.
const NOTICE_EXPIRES_MS: i64 = 7 * 86_400_000;

/// An endpoint to be registered. Its address was checked by whoever registers it.
#[derive(Clone)]
pub struct NewEndpoint<'a> {
    /// Made by the caller.
    pub id: i64,
    /// The employer, or [`OPERATORS`].
    pub owner_id: i64,
    /// Where.
    pub url: &'a str,
    /// What requests are signed with.
    pub secret: &'a WebhookSecret,
    /// Types of events, or what they begin with up to a `.`; none: all.
    pub kinds: &'a [String],
    /// Who is told by mail when it is switched off.
    pub contact: Option<&'a MailAddress>,
}

/// Address and secret stay out of logs.
impl std::fmt::Debug for NewEndpoint<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewEndpoint").field("id", &self.id).field("owner_id", &self.owner_id).finish_non_exhaustive()
    }
}

/// An endpoint as requests need it.
#[derive(Clone)]
pub struct Endpoint {
    /// Where.
    pub url: String,
    /// What requests are signed with, the newest first.
    pub secrets: Vec<WebhookSecret>,
    /// Whether it is to be told anything.
    pub is_on: bool,
}

/// The address may hold a secret.
impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").field("is_on", &self.is_on).finish_non_exhaustive()
    }
}

/// An endpoint as operators see it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EndpointLine {
    /// The endpoint.
    pub id: i64,
    /// The employer; 0: the operators.
    pub owner_id: i64,
    /// Types of events; empty: all.
    pub kinds: String,
    /// `on` or `off`
    pub status: String,
    /// Why it is off.
    pub reason: String,
    /// Since when it has taken nothing, in milliseconds since the epoch; 0: it took the last event.
    pub failing_since_ms: i64,
    /// Failures in a row.
    pub failures: i64,
    /// Nothing is sent before this time.
    pub rest_until_ms: i64,
}

/// Registers an endpoint. False when its owner has [`ENDPOINTS_MAX`] of them.
pub fn add(tx: &mut Tx<'_>, keys: &Keys, new: &NewEndpoint<'_>, now_ms: i64) -> Result<bool, Error> {
    const ADD: &str = "INSERT INTO webhook_endpoint (id, owner_id, url, secrets, kinds, status, reason, contact, \
        created_ms, changed_ms, failing_since_ms, failures, rest_until_ms) \
        VALUES ($1, $2, $3, $4, $5, 'on', '', $6, $7, $7, 0, 0, 0) ON CONFLICT (id) DO NOTHING";
    if of_owner(tx, Some(new.owner_id))?.len() >= ENDPOINTS_MAX {
        return Ok(false);
    }
    let contact = new.contact.map_or("", |contact| contact.as_str());
    let added = tx.execute(
        ADD,
        &[
            new.id.into(),
            new.owner_id.into(),
            (&keys.seal(URL, new.id, new.url.as_bytes())).into(),
            (&keys.seal(SECRETS, new.id, new.secret.text().as_bytes())).into(),
            new.kinds.join(" ").as_str().into(),
            (&keys.seal(CONTACT, new.id, contact.as_bytes())).into(),
            now_ms.into(),
        ],
    )?;
    Ok(added == 1)
}

/// The endpoints of an owner, or all.
pub fn of_owner(tx: &mut Tx<'_>, owner_id: Option<i64>) -> Result<Vec<EndpointLine>, Error> {
    const OF_OWNER: &str = "SELECT id, owner_id, kinds, status, reason, failing_since_ms, failures, rest_until_ms \
        FROM webhook_endpoint WHERE owner_id = $1 ORDER BY id";
    const ALL: &str = "SELECT id, owner_id, kinds, status, reason, failing_since_ms, failures, rest_until_ms \
        FROM webhook_endpoint ORDER BY owner_id, id";
    let line = |row: &Row<'_>| {
        Ok(EndpointLine {
            id: row.integer(0)?,
            owner_id: row.integer(1)?,
            kinds: row.text(2)?.to_owned(),
            status: row.text(3)?.to_owned(),
            reason: row.text(4)?.to_owned(),
            failing_since_ms: row.integer(5)?,
            failures: row.integer(6)?,
            rest_until_ms: row.integer(7)?,
        })
    };
    Ok(match owner_id {
        Some(owner_id) => tx.query(OF_OWNER, &[owner_id.into()], line)?,
        None => tx.query(ALL, &[], line)?,
    })
}

/// An endpoint; `None` when there is none of this id.
pub fn find(tx: &mut Tx<'_>, keys: &Keys, id: i64) -> Result<Option<Endpoint>, Error> {
    const FIND: &str = "SELECT url, secrets, status FROM webhook_endpoint WHERE id = $1";
    let endpoint = tx.query_one(FIND, &[id.into()], |row| {
        let secrets = keys.open_text(SECRETS, id, row.bytes(1)?)?;
        let secrets = secrets.split(' ').map(WebhookSecret::parse).collect::<Result<_, _>>();
        Ok(Endpoint {
            url: keys.open_text(URL, id, row.bytes(0)?)?,
            secrets: secrets.map_err(|_| storage::Error::Corrupt { what: "the secret of an endpoint" })?,
            is_on: row.text(2)? == "on",
        })
    })?;
    Ok(endpoint)
}

/// Whether an endpoint is this owner's. It stays so: none changes hands.
pub fn is_of(tx: &mut Tx<'_>, owner_id: i64, id: i64) -> Result<bool, Error> {
    const OF: &str = "SELECT id FROM webhook_endpoint WHERE id = $1 AND owner_id = $2";
    Ok(tx.query_one(OF, &[id.into(), owner_id.into()], |row| row.integer(0))?.is_some())
}

/// Switches an endpoint on or off; a reason stands beside one that is off. False when there is none of this id.
pub fn switch(tx: &mut Tx<'_>, id: i64, on: bool, reason: &str, now_ms: i64) -> Result<bool, Error> {
    const SWITCH: &str = "UPDATE webhook_endpoint SET status = $2, reason = $3, changed_ms = $4, failing_since_ms = 0, \
        failures = 0, rest_until_ms = 0 WHERE id = $1";
    let status = if on { "on" } else { "off" };
    let reason = if on { "" } else { reason };
    Ok(tx.execute(SWITCH, &[id.into(), status.into(), reason.into(), now_ms.into()])? == 1)
}

/// Removes an endpoint. What waits for it is withdrawn when it is due.
pub fn remove(tx: &mut Tx<'_>, id: i64) -> Result<bool, Error> {
    Ok(tx.execute("DELETE FROM webhook_endpoint WHERE id = $1", &[id.into()])? == 1)
}

/// Signs with a new secret too; the one before it holds until the next. False when there is none of this id.
pub fn rotate(tx: &mut Tx<'_>, keys: &Keys, id: i64, secret: &WebhookSecret, now_ms: i64) -> Result<bool, Error> {
    const ROTATE: &str = "UPDATE webhook_endpoint SET secrets = $2, changed_ms = $3 WHERE id = $1";
    let Some(endpoint) = find(tx, keys, id)? else { return Ok(false) };
    let known = endpoint.secrets.iter().take(SECRETS_MAX - 1).map(WebhookSecret::text);
    let secrets: Vec<String> = std::iter::once(secret.text()).chain(known).collect();
    let sealed = keys.seal(SECRETS, id, secrets.join(" ").as_bytes());
    Ok(tx.execute(ROTATE, &[id.into(), (&sealed).into(), now_ms.into()])? == 1)
}

/// Whether an endpoint may be told something now.
pub(super) fn state(tx: &mut Tx<'_>, id: i64, now_ms: i64) -> Result<RecipientState, Error> {
    const STATE: &str = "SELECT status, rest_until_ms FROM webhook_endpoint WHERE id = $1";
    let state = tx.query_one(STATE, &[id.into()], |row| Ok((row.text(0)? == "on", row.integer(1)?)))?;
    Ok(match state {
        Some((true, until_ms)) if until_ms > now_ms => RecipientState::Rests { until_ms },
        Some((true, _)) => RecipientState::Open,
        Some((false, _)) | None => RecipientState::Disabled,
    })
}

/// What an endpoint did with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It took it.
    Took,
    /// It did not, and may later.
    Failed,
    /// It is gone and says so.
    Gone,
}

/// Takes note of what an endpoint did. True when it was switched off by that: its owner and the operators are told.
pub fn saw(tx: &mut Tx<'_>, keys: &Keys, ids: &mut IdBlock, id: i64, seen: Seen, now_ms: i64) -> Result<bool, Error> {
    const FARES: &str = "SELECT failing_since_ms, failures, rest_until_ms FROM webhook_endpoint \
        WHERE id = $1 AND status = 'on'";
    const FARED: &str = "UPDATE webhook_endpoint SET failing_since_ms = $2, failures = $3, rest_until_ms = $4 \
        WHERE id = $1 AND status = 'on'";
    const OFF: &str = "UPDATE webhook_endpoint SET status = 'off', reason = $2, changed_ms = $3 \
        WHERE id = $1 AND status = 'on' RETURNING owner_id, contact";
    let fares = tx.query_one(FARES, &[id.into()], |row| Ok((row.integer(0)?, row.integer(1)?, row.integer(2)?)))?;
    let Some((failing_since_ms, failures, rest_until_ms)) = fares else { return Ok(false) };
    let reason = match seen {
        Seen::Took if failing_since_ms == 0 => return Ok(false),
        Seen::Took => {
            tx.execute(FARED, &[id.into(), 0.into(), 0.into(), 0.into()])?;
            return Ok(false);
        }
        // Who failed together, in one window, counts once: the rest is over before the next is tried.
        Seen::Failed if rest_until_ms > now_ms => return Ok(false),
        Seen::Failed if failing_since_ms > 0 && now_ms.saturating_sub(failing_since_ms) >= DISABLE_AFTER_MS => {
            "failing"
        }
        Seen::Failed => {
            let since_ms = if failing_since_ms == 0 { now_ms } else { failing_since_ms };
            let rest_ms = REST_MS_FIRST.saturating_mul(1 << failures.clamp(0, 20)).min(REST_MS_MAX);
            let row = [id.into(), since_ms.into(), (failures + 1).into(), now_ms.saturating_add(rest_ms).into()];
            tx.execute(FARED, &row)?;
            return Ok(false);
        }
        Seen::Gone => "gone",
    };
    let off = tx.query_one(OFF, &[id.into(), reason.into(), now_ms.into()], |row| {
        Ok((row.integer(0)?, keys.open_text(CONTACT, id, row.bytes(1)?)?))
    })?;
    let Some((owner_id, contact)) = off else { return Ok(false) };
    if let Ok(contact) = MailAddress::parse(&contact) {
        notify(tx, keys, ids, (id, &contact), reason, now_ms)?;
    }
    let data = json!({ "endpoint": id.to_string(), "owner": owner_id.to_string(), "reason": reason });
    let event = Event { kind: "webhook.switched_off".to_owned(), occurred_ms: now_ms, data, person_id: None };
    tell(tx, keys, ids, OPERATORS, &format!("off/{id}/{now_ms}"), &event, now_ms)?;
    Ok(true)
}

/// Tells whoever registered an endpoint that it was switched off.
fn notify(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    (id, contact): (i64, &MailAddress),
    reason: &str,
    now_ms: i64,
) -> Result<(), Error> {
    let why = match reason {
        "gone" => "It answered with 410 Gone.",
        _ => "It has taken no event for 5 days.",
    };
    let letter = Letter {
        to_name: None,
        subject: "Your webhook was switched off".to_owned(),
        text: format!(
            "Kaziline sends no more events to your webhook endpoint {id}. {why}\n\nWhen it works again, switch it on again: \
             what happens from then on is told. What happened meanwhile is not sent afterwards."
        ),
        language: "en".to_owned(),
        can_stop: false,
    };
    let Some(message_id) = ids.next_id() else { return Ok(()) };
    let message = NewMessage {
        id: message_id,
        operation_key: &format!("endpoint_off/{id}/{now_ms}"),
        content: Content::Mail { to: contact, letter: &letter },
        person_id: None,
        employer_id: None,
        priority: Priority::Stage,
        class: Class::MustArrive,
        template: "webhook_switched_off",
        due_ms: now_ms,
        expires_ms: now_ms.saturating_add(NOTICE_EXPIRES_MS),
    };
    enqueue(tx, keys, &message, now_ms).map(drop)
}

/// Queues an event for every endpoint of `owner_id` that asked for its type; answers for how many. The same `cause` is told
/// once.
pub fn tell(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    owner_id: i64,
    cause: &str,
    event: &Event,
    now_ms: i64,
) -> Result<usize, Error> {
    let mut told = 0;
    for endpoint in of_owner(tx, Some(owner_id))? {
        let wanted = endpoint.status == "on" && wants(&endpoint.kinds, &event.kind);
        told += usize::from(wanted && tell_one(tx, keys, ids, endpoint.id, cause, event, now_ms)?);
    }
    Ok(told)
}

/// Queues an event for one endpoint, whatever it has asked for. False when it is off, or there is none of this id.
pub fn tell_one(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    endpoint_id: i64,
    cause: &str,
    event: &Event,
    now_ms: i64,
) -> Result<bool, Error> {
    if state(tx, endpoint_id, now_ms)? == RecipientState::Disabled {
        return Ok(false);
    }
    let Some(id) = ids.next_id() else { return Ok(false) };
    let message = NewMessage {
        id,
        operation_key: &format!("event/{cause}/{endpoint_id}"),
        content: Content::Event { endpoint_id, event },
        person_id: event.person_id,
        employer_id: None,
        priority: Priority::Stage,
        class: Class::MustArrive,
        template: "event",
        due_ms: now_ms,
        expires_ms: now_ms.saturating_add(EVENT_EXPIRES_MS),
    };
    enqueue(tx, keys, &message, now_ms)?;
    Ok(true)
}

/// Whether a list of types has this one: itself, or what it begins with up to a `.`.
fn wants(kinds: &str, kind: &str) -> bool {
    let begins = |known: &str| kind.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    kinds.is_empty() || kinds.split(' ').any(begins)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::rig::{NOW_MS, Rig, open_numbers, terms};
    use crate::outbox::{Opened, Status, list, take_off};

    fn secret(byte: u8) -> WebhookSecret {
        WebhookSecret::from_key(&[byte; 24]).unwrap()
    }

    fn added(rig: &Rig, id: i64, owner_id: i64, kinds: &[&str]) -> bool {
        let (keys, kinds) = (rig.keys.clone(), kinds.iter().map(|kind| (*kind).to_owned()).collect::<Vec<_>>());
        rig.tx(move |tx| {
            let (secret, contact) = (secret(1), MailAddress::parse("it@employer.example").unwrap());
            let url = "https://employer.example/hooks?key=hunter2";
            let new = NewEndpoint { id, owner_id, url, secret: &secret, kinds: &kinds, contact: Some(&contact) };
            add(tx, &keys, &new, NOW_MS)
        })
        .unwrap()
    }

    fn told(rig: &Rig, owner_id: i64, cause: &'static str, kind: &'static str) -> usize {
        let (keys, ids) = (rig.keys.clone(), rig.ids.block(rig.now_ms()));
        rig.tx(move |tx| {
            let event =
                Event { kind: kind.to_owned(), occurred_ms: NOW_MS, data: json!({ "job": 48213 }), person_id: None };
            tell(tx, &keys, &mut ids.clone(), owner_id, cause, &event, NOW_MS)
        })
        .unwrap()
    }

    fn seen(rig: &Rig, id: i64, seen: Seen, now_ms: i64) -> bool {
        let (keys, ids) = (rig.keys.clone(), rig.ids.block(rig.now_ms()));
        rig.tx(move |tx| saw(tx, &keys, &mut ids.clone(), id, seen, now_ms)).unwrap()
    }

    fn line(rig: &Rig, id: i64) -> EndpointLine {
        let lines = rig.tx(|tx| of_owner(tx, None)).unwrap();
        lines.into_iter().find(|line| line.id == id).unwrap()
    }

    fn taken_off(rig: &Rig, fence: i64) -> Vec<crate::outbox::Claimed> {
        let terms = Claim { routes: ["webhook".to_owned()].into(), ..terms(rig, fence) };
        rig.tx(move |tx| take_off(tx, &terms, 9, open_numbers)).unwrap().0.messages
    }

    use crate::outbox::Claim;

    #[test]
    fn an_event_goes_to_every_endpoint_of_its_owner_that_asked_for_it_once() {
        for rig in Rig::on_each_engine() {
            assert!(added(&rig, 1, 7, &[]) && added(&rig, 2, 7, &["application", "booking.accepted"]));
            assert!(added(&rig, 3, 8, &[]));
            assert_eq!(told(&rig, 7, "a", "application.accepted"), 2);
            assert_eq!(told(&rig, 7, "b", "applications.accepted"), 1);
            assert_eq!(told(&rig, 7, "a", "application.accepted"), 2, "told again, queued once");
            assert_eq!(rig.tx(|tx| list(tx, Some(Status::Queued), i64::MAX, 9)).unwrap().len(), 3);
            let messages = taken_off(&rig, 1);
            assert_eq!(messages.len(), 3);
            let opened = messages[0].open(&rig.keys).unwrap();
            assert!(matches!(opened, Opened::Event(event) if event.data == json!({ "job": 48213 })));
            for id in 10..19 {
                added(&rig, id, 7, &[]);
            }
            assert_eq!(rig.tx(|tx| of_owner(tx, Some(7))).unwrap().len(), ENDPOINTS_MAX);
        }
    }

    #[test]
    fn one_that_fails_rests_longer_each_time_and_after_days_is_switched_off_and_told() {
        for rig in Rig::on_each_engine() {
            assert!(added(&rig, 1, 7, &[]) && added(&rig, 2, OPERATORS, &["webhook"]));
            assert!(!seen(&rig, 1, Seen::Failed, NOW_MS));
            assert_eq!(line(&rig, 1).rest_until_ms, NOW_MS + REST_MS_FIRST);
            assert!(!seen(&rig, 1, Seen::Failed, NOW_MS + 1));
            assert_eq!(line(&rig, 1).failures, 1, "of the same window");
            told(&rig, 7, "a", "application.accepted");
            assert!(taken_off(&rig, 1).is_empty(), "it rests");
            let waits = rig.tx(|tx| list(tx, Some(Status::Queued), i64::MAX, 9)).unwrap().remove(0);
            assert_eq!((waits.reason.as_str(), waits.due_ms, waits.attempts), ("endpoint_rests", NOW_MS + 5_000, 0));
            assert!(!seen(&rig, 1, Seen::Failed, NOW_MS + 5_000));
            assert_eq!(line(&rig, 1).rest_until_ms, NOW_MS + 15_000);
            assert!(!seen(&rig, 1, Seen::Took, NOW_MS + 15_000));
            assert_eq!((line(&rig, 1).failures, line(&rig, 1).failing_since_ms), (0, 0));

            assert!(!seen(&rig, 1, Seen::Failed, NOW_MS + 20_000));
            assert!(!seen(&rig, 1, Seen::Failed, NOW_MS + 20_000 + DISABLE_AFTER_MS - 1));
            let later_ms = NOW_MS + 20_000 + DISABLE_AFTER_MS + REST_MS_MAX;
            assert!(seen(&rig, 1, Seen::Failed, later_ms));
            assert_eq!((line(&rig, 1).status.as_str(), line(&rig, 1).reason.as_str()), ("off", "failing"));
            assert!(!seen(&rig, 1, Seen::Gone, later_ms), "told once");
            let queued = rig.tx(|tx| list(tx, Some(Status::Queued), i64::MAX, 9)).unwrap();
            let routes: Vec<&str> = queued.iter().map(|message| message.route.as_str()).collect();
            assert_eq!(routes.iter().filter(|route| **route == "email").count(), 1, "{routes:?}");
            assert_eq!(routes.iter().filter(|route| **route == "webhook").count(), 2, "{routes:?}");
            rig.clock.advance(5_000);
            assert_eq!(taken_off(&rig, 2).len(), 0, "what waited for it is withdrawn; the operators' is not due yet");
            assert_eq!(rig.tx(|tx| list(tx, Some(Status::Cancelled), i64::MAX, 9)).unwrap()[0].reason, "disabled");
            assert!(rig.tx(move |tx| switch(tx, 1, true, "", later_ms)).unwrap());
            assert_eq!(line(&rig, 1).status, "on");
        }
    }

    #[test]
    fn one_that_is_gone_is_switched_off_at_once_and_nothing_of_it_shows() {
        for rig in Rig::on_each_engine() {
            assert!(added(&rig, 1, 7, &[]));
            let keys = rig.keys.clone();
            let found = move |tx: &mut Tx<'_>| find(tx, &keys, 1);
            let endpoint = rig.tx(found.clone()).unwrap().unwrap();
            assert_eq!((endpoint.url.as_str(), endpoint.is_on), ("https://employer.example/hooks?key=hunter2", true));
            assert!(!format!("{endpoint:?} {:?}", line(&rig, 1)).contains("hunter2"));
            let keys = rig.keys.clone();
            for byte in [2, 3] {
                let keys = keys.clone();
                assert!(rig.tx(move |tx| rotate(tx, &keys, 1, &secret(byte), NOW_MS)).unwrap());
            }
            let texts: Vec<String> =
                rig.tx(found.clone()).unwrap().unwrap().secrets.iter().map(WebhookSecret::text).collect();
            assert_eq!(texts, [secret(3).text(), secret(2).text()]);
            assert!(seen(&rig, 1, Seen::Gone, NOW_MS));
            assert!(!rig.tx(found).unwrap().unwrap().is_on);
            assert!(rig.tx(|tx| remove(tx, 1)).unwrap() && !rig.tx(|tx| remove(tx, 1)).unwrap());
        }
    }
}
