//! Why a message is where it is, in words for the person at the desk. Pure.

use super::Status;
use super::hold::{Hold, HoldReason};
use super::list::Shown;
use super::pause::{Pause, Why};
use super::receipt::ReceiptLine;
use crate::text::datetime::utc;

/// What is known around a message.
#[derive(Debug)]
pub struct Around<'a> {
    /// The message and what was tried.
    pub shown: &'a Shown,
    /// What its provider has reported.
    pub receipts: &'a [ReceiptLine],
    /// The hold of the whole queue.
    pub hold: Option<Hold>,
    /// Pauses of channels.
    pub pauses: &'a [Pause],
    /// Channels that cover its route, in the order in which they are asked; `None` where no service runs that has any.
    pub channels: Option<&'a [String]>,
    /// The time.
    pub now_ms: i64,
}

/// Sentences, the most telling first.
pub fn explain(around: &Around<'_>) -> Vec<String> {
    let message = &around.shown.message;
    let mut told = vec![stands(around)];
    if message.status == Status::Queued {
        told.extend(waits(around));
    }
    if message.possible_duplicate {
        told.push("It was sent again after an outcome that was not known: it may have arrived twice.".to_owned());
    }
    if let Some(receipt) = around.receipts.last() {
        let word = if receipt.detail.is_empty() { String::new() } else { format!(" ({})", receipt.detail) };
        told.push(format!("The provider last reported `{}`{word} at {}.", receipt.reported, utc(receipt.received_ms)));
    }
    told
}

fn stands(around: &Around<'_>) -> String {
    let message = &around.shown.message;
    let (reason, channel) = (message.reason.as_str(), message.channel.as_str());
    match message.status {
        Status::Queued if message.attempts > 0 => {
            format!("It waits for attempt {}.", message.attempts + 1)
        }
        Status::Queued => "It waits to be sent for the first time.".to_owned(),
        Status::Sending => format!("It is on its way over `{channel}`; the provider has not answered yet."),
        Status::Accepted => format!("The provider behind `{channel}` took it over; no report on it has come yet."),
        Status::Delivered => "The phone has it, as its network says.".to_owned(),
        Status::Undelivered => match reason {
            "phone_not_reached" => "The phone could not be reached in time, as its network says.".to_owned(),
            _ => "The network refused it for this phone.".to_owned(),
        },
        Status::NoReceipt => "The provider took it over and never reported on it.".to_owned(),
        Status::Unknown => {
            let next = if message.class == "alert" {
                "It is an alert: it is not sent again by itself."
            } else {
                "It must arrive: it is sent again if no report comes."
            };
            format!("It was sent over `{channel}` and no answer came: it may have arrived. {next}")
        }
        Status::Failed => format!("It failed for good: {}.", failed(reason)),
        Status::Cancelled => format!("It was withdrawn: {}.", withdrawn(reason)),
        Status::Expired => "Its time had passed before it could be sent.".to_owned(),
    }
}

fn failed(reason: &str) -> String {
    match reason {
        "tried_too_often" => "it was not taken, as often as it was tried".to_owned(),
        "disabled" => "its endpoint was switched off meanwhile".to_owned(),
        "gone" => "its endpoint says that it is gone; it is switched off".to_owned(),
        "address" => "the mail server says that the address is none, or it cannot be written to".to_owned(),
        "number" => "the provider says that the number is none, or cannot get SMS".to_owned(),
        "opted_out" => {
            "the provider says that this number wants no messages of ours; it is stopped here, too".to_owned()
        }
        "no_route" => "no channel reaches this number".to_owned(),
        "unreadable" => "it cannot be unsealed: the keys are not those it was written with".to_owned(),
        other => format!("`{other}`"),
    }
}

fn withdrawn(reason: &str) -> String {
    match reason {
        "stopped" => "whom it is for asked for no messages".to_owned(),
        "other_owner" => "the number has another owner than when it was written".to_owned(),
        "erased" => "the person was erased".to_owned(),
        "over" => "what it tells of was over, or the person wants no such messages any more".to_owned(),
        "no_consent" => "the person took back the consent".to_owned(),
        "operator" => "an operator took it back".to_owned(),
        "disabled" => "its endpoint is switched off, or removed".to_owned(),
        "number_cap" | "prefix_cap" | "employer_cap" => {
            format!("a cap of the day was reached (`{reason}`), and an alert does not wait for the next day")
        }
        other => format!("`{other}`"),
    }
}

/// What a message waits for.
fn waits(around: &Around<'_>) -> Vec<String> {
    let message = &around.shown.message;
    let mut told = Vec::new();
    if let Some(hold) = around.hold {
        let why = match hold.reason {
            HoldReason::Paused => "an operator has paused it",
            HoldReason::Restored => "the database was restored",
        };
        told.push(format!("The whole queue is held since {}: {why}.", utc(hold.since_ms)));
    }
    if message.due_ms > around.now_ms {
        let why = match message.reason.as_str() {
            "temporary" => ": the provider did not take it, and may later",
            "number_cap" | "prefix_cap" | "employer_cap" => ": a cap of the day was reached",
            "endpoint_rests" => ": its endpoint has not answered, and rests",
            "put_off" => ": repeats give way to what is sent for the first time",
            _ => "",
        };
        told.push(format!("It is due at {}{why}.", utc(message.due_ms)));
    }
    let may = around.channels.unwrap_or_default();
    if around.channels.is_some() && may.is_empty() {
        told.push(format!(
            "No channel covers its route `{}`: see `countries`, `networks`, `classes`.",
            message.route.as_str()
        ));
    }
    let rests = |name: &String| around.pauses.iter().find(|pause| pause.channel == *name && pause.holds(around.now_ms));
    let resting: Vec<&Pause> = may.iter().filter_map(rests).collect();
    for pause in &resting {
        let until = if pause.until_ms == 0 {
            "until it is resumed".to_owned()
        } else {
            format!("until {}", utc(pause.until_ms))
        };
        told.push(format!("The channel `{}` rests {until}: {}.", pause.channel, why(pause)));
    }
    if told.is_empty() {
        told.push("It is due: the next turn of its channel takes it.".to_owned());
    }
    told
}

fn why(pause: &Pause) -> String {
    match pause.why {
        Why::Operator if pause.by.is_empty() => "an operator has paused it".to_owned(),
        Why::Operator => format!("{} has paused it", pause.by),
        Why::Throttled => "the provider had too much from us".to_owned(),
        Why::NoCredit => "the account is out of credit".to_owned(),
        Why::Credentials => "the provider refuses the account, its sender or its address".to_owned(),
        Why::MoneyCap => "as much money was spent today as may be".to_owned(),
        Why::CountCap => "as much was sent today as may be".to_owned(),
        Why::Down => "it fails: nobody is reached, or nobody answers".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::rig::{NOW_MS, Rig};
    use crate::outbox::{Class, Priority};

    #[test]
    fn a_waiting_message_says_for_what() {
        let rig = Rig::new();
        let id = rig.queue("a", Class::Alert, Priority::Alert);
        let shown = rig.shown(id);
        let told = |hold, pauses: &[Pause], channels: &[String]| {
            explain(&Around { shown: &shown, receipts: &[], hold, pauses, channels: Some(channels), now_ms: NOW_MS })
                .join(" ")
        };
        let mtn = ["mtn".to_owned()];
        assert_eq!(
            told(None, &[], &mtn),
            "It waits to be sent for the first time. It is due: the next turn of its channel takes it."
        );
        let pause = Pause {
            channel: "mtn".to_owned(),
            why: Why::NoCredit,
            by: String::new(),
            since_ms: NOW_MS,
            until_ms: NOW_MS + 300_000,
        };
        assert!(told(None, &[pause], &mtn).contains("`mtn` rests until 2026-11-22"), "{}", told(None, &[], &mtn));
        assert!(told(None, &[], &[]).contains("No channel covers"));
        let hold = Hold { reason: HoldReason::Restored, since_ms: NOW_MS };
        assert!(told(Some(hold), &[], &mtn).contains("the database was restored"));
    }
}
