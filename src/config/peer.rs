//! Who a channel for SMS speaks to: the account at a provider, or at an SMSC.

use super::keys_of::KeysOf;
use super::setting::SMPP_KEYS;
use crate::gateway::sms::smpp::{self, Addressing, Alphabet, IdForm, Profile};
use crate::gateway::sms::{Account, Dialect, Peer, SMPP, SendOutcome, http};

/// The name that phones show where a channel does not say.
const SENDER: &str = "Kaziline";

/// `None` when the dialect is none.
pub(super) fn peer(keys: &mut KeysOf<'_>, secret: Option<&str>, public_url: &str) -> Option<Peer> {
    let dialect = keys.text("dialect");
    if dialect == SMPP {
        return Some(Peer::Smpp(Box::new(smpp_account(keys))));
    }
    let Some(dialect) = Dialect::from_name(&dialect) else {
        let names: Vec<&str> = Peer::dialects().collect();
        keys.refuse("dialect", &format!("must be one of {}", names.join(", ")));
        return None;
    };
    for key in SMPP_KEYS.iter().filter(|key| keys.has(key)).copied().collect::<Vec<_>>() {
        keys.refuse(key, "is for the dialect \"smpp\" alone");
    }
    let endpoint = Some(keys.text("endpoint")).filter(|endpoint| !endpoint.is_empty());
    let endpoint = endpoint.or_else(|| dialect.endpoint().map(str::to_owned)).unwrap_or_else(|| {
        keys.refuse("dialect", "needs an `endpoint`: where the provider's API is");
        String::new()
    });
    if !["http://", "https://"].iter().any(|scheme| endpoint.starts_with(scheme)) && !endpoint.is_empty() {
        keys.refuse("endpoint", "must begin with https:// or http://");
    }
    if dialect == Dialect::Twilio && secret.is_some() && public_url.is_empty() {
        keys.refuse("secret", "needs `[service] public_url`: what Twilio signs begins with it");
    }
    let receipt_url = match secret {
        Some(secret) if !public_url.is_empty() => {
            format!("{}/hooks/{}/{secret}/receipt", public_url.trim_end_matches('/'), keys.name)
        }
        _ => String::new(),
    };
    Some(Peer::Http(Account {
        dialect,
        endpoint: endpoint.trim_end_matches('/').to_owned(),
        // An empty sender is one: some sandboxes take no other.
        sender: keys.text_or("sender", SENDER),
        username: keys.text("username"),
        password: keys.text("password"),
        receipt_url,
        template: template(keys, dialect),
    }))
}

/// What a reseller's requests and answers look like, for the dialect that is all configuration.
fn template(keys: &mut KeysOf<'_>, dialect: Dialect) -> Option<Box<http::Template>> {
    let said: Vec<&str> = http::KEYS.iter().copied().filter(|key| keys.has(key)).collect();
    if dialect != Dialect::Http {
        for key in said {
            keys.refuse(key, "is for the dialect \"http\" alone");
        }
        return None;
    }
    let mut template = Box::<http::Template>::default();
    for key in said {
        if let Err(fault) = template.set(key, &keys.text(key)) {
            keys.refuse(key, &format!("cannot be used: {fault}"));
        }
    }
    if let Err(fault) = template.check() {
        keys.refuse("dialect", &format!("\"http\" is not described: {fault}"));
    }
    Some(template)
}

fn smpp_account(keys: &mut KeysOf<'_>) -> smpp::Account {
    for key in http::KEYS.iter().copied().filter(|key| keys.has(key)).collect::<Vec<_>>() {
        keys.refuse(key, "is for the dialect \"http\" alone");
    }
    let endpoint = keys.text("endpoint");
    let (tls, host) = match (endpoint.strip_prefix("smpps://"), endpoint.strip_prefix("smpp://")) {
        (Some(host), _) => (true, host),
        (None, Some(host)) => (false, host),
        (None, None) => {
            let key = if endpoint.is_empty() { "dialect" } else { "endpoint" };
            keys.refuse(key, "needs an `endpoint` that begins with smpp://, or with smpps:// for TLS");
            (false, "")
        }
    };
    let sender = keys.text_or("sender", SENDER);
    let usual = Profile::for_sender(&sender);
    let marks = "must be two numbers of 0 to 255 such as \"5/0\": type of number and numbering plan";
    let profile = Profile {
        alphabet: keys.named("smpp_alphabet", Alphabet::from_name, usual.alphabet, "must be gsm7, latin1 or ascii"),
        source: keys.named("smpp_source", addressing, usual.source, marks),
        destination: keys.named("smpp_destination", addressing, usual.destination, marks),
        service_type: keys.text("smpp_service_type"),
        id_form: keys.named(
            "smpp_ids",
            IdForm::from_name,
            usual.id_form,
            "must be as_is, response_hex or response_decimal",
        ),
        statuses: keys.named("smpp_statuses", statuses, usual.statuses, STATUSES_RULE),
    };
    smpp::Account {
        endpoint: format!("smpp://{host}"),
        tls,
        sender,
        username: keys.text("username"),
        password: keys.text("password"),
        system_type: keys.text("smpp_system_type"),
        profile,
    }
}

/// `TON/NPI`
fn addressing(text: &str) -> Option<Addressing> {
    let (ton, npi) = text.split_once('/')?;
    Some(Addressing { ton: ton.trim().parse().ok()?, npi: npi.trim().parse().ok()? })
}

const STATUSES_RULE: &str = "must be numbers and words such as \"0x411=no_credit 1042=number\"; words: temporary, throttled, \
    no_credit, credentials, number, refused, opted_out, no_route";

/// Statuses with the word for what each means at this SMSC.
fn statuses(text: &str) -> Option<Vec<(u32, SendOutcome)>> {
    let one = |pair: &str| {
        let (status, word) = pair.split_once('=')?;
        let status = match status.strip_prefix("0x") {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => status.parse().ok()?,
        };
        Some((status, SendOutcome::from_word(word)?))
    };
    text.split([' ', ',']).filter(|pair| !pair.is_empty()).map(one).collect()
}
