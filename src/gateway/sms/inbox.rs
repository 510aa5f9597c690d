//! The other side of the loop-back dialect: the provider and the phones behind it, as a pure value.
//!
//! It keeps the last messages of each number for the simulator and `kaziline dial` to show. It knows a message by its
//! reference, as the better providers do: a message that is sent again is acknowledged again and shown once.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;

use super::loopback::{HOST, Submission, Taken};
use crate::gateway::{WireRequest, WireResponse};

/// Messages kept for one number: more than a screen shows, less than a load test would pile up on one.
pub const MESSAGES_PER_NUMBER_MAX: usize = 50;
/// Messages kept in all. At 160 characters and as much again around them, about 5 MB.
pub const MESSAGES_MAX: usize = 10_000;
/// Longest text taken, in bytes: ten segments of the widest encoding.
const TEXT_BYTES_MAX: usize = 10 * 160 * 3;

/// One SMS on a simulated phone.
#[derive(Clone, PartialEq, Eq)]
pub struct InboxMessage {
    /// Counts up from 1 over all numbers, in the order of arrival.
    pub id: u64,
    /// The text.
    pub text: String,
    /// The sender shown on the phone.
    pub sender: String,
    /// When it arrived, in milliseconds since the epoch.
    pub at_ms: i64,
}

/// The text stays out of logs.
impl fmt::Debug for InboxMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InboxMessage({}, {} B)", self.id, self.text.len())
    }
}

/// The provider and its phones.
#[derive(Default)]
pub struct Inbox {
    last_id: u64,
    /// By number: the newest message last.
    phones: HashMap<String, VecDeque<InboxMessage>>,
    /// By id, oldest first: the number and the reference, to forget the oldest of all.
    order: BTreeMap<u64, (String, String)>,
    by_reference: HashMap<String, u64>,
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inbox({} messages, {} numbers)", self.order.len(), self.phones.len())
    }
}

impl Inbox {
    /// What the provider answers to a request, and the message on the phone if it took it.
    pub fn answer(&mut self, request: &WireRequest, now_ms: i64) -> WireResponse {
        let submission = serde_json::from_slice::<Submission>(&request.body).ok();
        match submission.filter(|s| !s.to.is_empty() && !s.reference.is_empty() && s.text.len() <= TEXT_BYTES_MAX) {
            None => WireResponse { status: 422, headers: Vec::new(), body: Vec::new() },
            Some(submission) => {
                let receipt = Taken { id: format!("lb-{}", self.take(submission, now_ms)) };
                let body = serde_json::to_vec(&receipt).unwrap_or_default();
                WireResponse { status: 202, headers: Vec::new(), body }
            }
        }
    }

    /// Whether a request is meant for this provider.
    pub fn serves(request: &WireRequest) -> bool {
        let rest = request.url.strip_prefix("https://").and_then(|rest| rest.strip_prefix(HOST));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The messages to a number (digits, with or without `+`) that are newer than `after_id`, oldest first. 0: all kept.
    pub fn messages_to(&self, number: &str, after_id: u64) -> Vec<InboxMessage> {
        let digits = number.strip_prefix('+').unwrap_or(number);
        let messages = self.phones.get(digits).into_iter().flatten();
        messages.filter(|message| message.id > after_id).cloned().collect()
    }

    /// The id of the newest message of all; 0 before the first.
    pub fn last_id(&self) -> u64 {
        self.last_id
    }

    fn take(&mut self, submission: Submission, now_ms: i64) -> u64 {
        if let Some(known) = self.by_reference.get(&submission.reference) {
            return *known;
        }
        self.last_id += 1;
        let Submission { to, from, text, reference } = submission;
        let phone = self.phones.entry(to.clone()).or_default();
        phone.push_back(InboxMessage { id: self.last_id, text, sender: from, at_ms: now_ms });
        let crowded_out =
            if phone.len() > MESSAGES_PER_NUMBER_MAX { phone.front().map(|oldest| oldest.id) } else { None };
        self.by_reference.insert(reference.clone(), self.last_id);
        self.order.insert(self.last_id, (to, reference));
        if let Some(id) = crowded_out {
            self.forget(id);
        }
        let oldest = self.order.first_key_value().map(|(id, _)| *id);
        if let Some(oldest) = oldest.filter(|_| self.order.len() > MESSAGES_MAX) {
            self.forget(oldest);
        }
        self.last_id
    }

    /// Forgets a message that is the oldest of its phone.
    fn forget(&mut self, id: u64) {
        let Some((number, reference)) = self.order.remove(&id) else { return };
        self.by_reference.remove(&reference);
        if let Some(phone) = self.phones.get_mut(&number) {
            phone.pop_front();
            if phone.is_empty() {
                self.phones.remove(&number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Account, Dialect, SendOutcome, Sms};
    use super::*;

    fn send(inbox: &mut Inbox, to: &str, reference: &str, text: &str) -> SendOutcome {
        let batch =
            [Sms { to: to.to_owned(), text: text.to_owned(), client_ref: reference.to_owned(), valid_s: 3_600 }];
        let account = Account::of(Dialect::Loopback);
        let wire = account.encode(&batch);
        assert!(Inbox::serves(&wire));
        account.classify(&batch, &Ok(inbox.answer(&wire, 5))).remove(0).outcome
    }

    fn texts(inbox: &Inbox, number: &str, after_id: u64) -> Vec<String> {
        inbox.messages_to(number, after_id).into_iter().map(|message| message.text).collect()
    }

    #[test]
    fn a_message_arrives_and_a_repeated_reference_does_not_show_twice() {
        let mut inbox = Inbox::default();
        let first = send(&mut inbox, "250788000001", "kz1", "Muraho \"Emmé\"\n*");
        assert_eq!(first, SendOutcome::Accepted { provider_id: "lb-1".into() });
        assert_eq!(send(&mut inbox, "250788000001", "kz1", "again"), first);
        send(&mut inbox, "250788000002", "kz2", "other");
        send(&mut inbox, "250788000001", "kz3", "second");
        assert_eq!(texts(&inbox, "+250788000001", 0), ["Muraho \"Emmé\"\n*", "second"]);
        assert_eq!(texts(&inbox, "250788000001", 1), ["second"]);
        assert_eq!((inbox.last_id(), inbox.messages_to("250788000009", 0).len()), (3, 0));
    }

    #[test]
    fn what_is_not_a_message_is_refused_for_good() {
        let mut inbox = Inbox::default();
        let refused = SendOutcome::Permanent { reason: "refused" };
        assert_eq!(send(&mut inbox, "", "kz1", "text"), refused);
        assert_eq!(send(&mut inbox, "250788000001", "", "text"), refused);
        assert_eq!(send(&mut inbox, "250788000001", "kz1", &"x".repeat(TEXT_BYTES_MAX + 1)), refused);
        assert_eq!(inbox.last_id(), 0);
    }

    #[test]
    fn only_its_own_host_is_served() {
        let request = |url: &str| WireRequest {
            method: crate::gateway::Method::Post,
            url: url.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        assert!(!Inbox::serves(&request("https://loopback.invalid.example.org/messages")));
        assert!(!Inbox::serves(&request("https://sms.invalid/messages")));
    }

    #[test]
    fn the_oldest_of_all_make_room() {
        let mut inbox = Inbox::default();
        for i in 0..MESSAGES_MAX + 3 {
            send(&mut inbox, &format!("2507{:08}", i % 5000), &format!("kz{i}"), "t");
        }
        assert_eq!((inbox.order.len(), inbox.by_reference.len()), (MESSAGES_MAX, MESSAGES_MAX));
        assert_eq!(inbox.messages_to("250700000000", 0).first().map(|message| message.id), Some(5001));
    }

    proptest! {
        #[test]
        fn the_books_agree_after_any_traffic(sends in prop::collection::vec((0..4_u8, 0..200_u8), 0..400)) {
            let mut inbox = Inbox::default();
            for (number, reference) in &sends {
                send(&mut inbox, &format!("25078800000{number}"), &format!("kz{reference}"), "t");
            }
            let kept: usize = inbox.phones.values().map(VecDeque::len).sum();
            prop_assert_eq!(kept, inbox.order.len());
            prop_assert_eq!(kept, inbox.by_reference.len());
            prop_assert!(inbox.phones.values().all(|phone| phone.len() <= MESSAGES_PER_NUMBER_MAX));
            for phone in inbox.phones.values() {
                prop_assert!(phone.iter().zip(phone.iter().skip(1)).all(|(a, b)| a.id < b.id));
            }
        }
    }
}
