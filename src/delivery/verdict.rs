//! What an outcome means for its message. Pure but for the health of channels.

use super::{Channel, Channels};
use crate::gateway::sms::{Answered, SendOutcome};
use crate::outbox::retry::{self, Next, Schedule};
use crate::outbox::{Claimed, Class, Verdict};

/// `answered` is `None` for a message that was not given to the provider after all.
pub(super) fn verdict(
    channels: &Channels,
    channel: &Channel,
    schedule: &Schedule,
    message: &Claimed,
    answered: Option<&Answered>,
    now_ms: i64,
) -> Verdict {
    let attempts = message.attempts + 1;
    let again = |retry_after_ms: Option<i64>| match schedule.after_temporary(
        attempts,
        now_ms,
        retry_after_ms,
        retry::spread(message.id, attempts),
    ) {
        Next::At(due_ms) => Verdict::Retry { due_ms },
        Next::GiveUp => Verdict::Failed { reason: "tried_too_often" },
    };
    match answered.map(|answered| &answered.outcome) {
        None => Verdict::Blocked { reason: "not_sent" },
        Some(SendOutcome::Accepted { provider_id }) => {
            Verdict::Accepted { provider_id: provider_id.to_ascii_lowercase() }
        }
        Some(SendOutcome::Permanent { reason }) => Verdict::Failed { reason },
        Some(SendOutcome::OptedOut) => Verdict::Failed { reason: "opted_out" },
        Some(SendOutcome::NoRoute) => {
            if channels.routing().has_other(&message.route, &channel.name) {
                Verdict::Elsewhere
            } else {
                Verdict::Failed { reason: "no_route" }
            }
        }
        Some(SendOutcome::Blocked(_)) => Verdict::Blocked { reason: "channel" },
        Some(SendOutcome::Temporary { retry_after_ms }) => again(*retry_after_ms),
        // The provider knows what it has: asking again sends nothing twice.
        Some(SendOutcome::Unknown) if channel.carrier.knows_repeats() && message.class == Class::MustArrive => {
            match again(None) {
                retry @ Verdict::Retry { .. } => retry,
                _ => Verdict::Unknown,
            }
        }
        Some(SendOutcome::Unknown) => Verdict::Unknown,
    }
}
