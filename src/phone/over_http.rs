//! A network over HTTP: speaks the africastalking dialect to a running service and reads the simulator's inbox.

use std::time::Duration;

use serde::Deserialize;

use super::{Call, Network, Operator, PhoneFault, Sms};
use crate::gateway::ussd::UssdAnswer;
use crate::session::Asked;
use crate::transport::{LocalAnswer, LocalClient, LocalFault};

/// The dialect's sandbox network.
const NETWORK_CODE: &str = "99999";
/// How long an SMS is waited for, in steps: the worker is woken by the hop and takes a moment.
const LATER_STEP: Duration = Duration::from_millis(25);
const LATER_STEPS_MAX: u32 = 200;

/// A network to a running service.
#[derive(Debug)]
pub struct OverHttp {
    client: LocalClient,
    hook: String,
    steps_left: u32,
    asked: Option<Asked>,
}

#[derive(Deserialize)]
struct Inbox {
    messages: Vec<InboxSms>,
}

#[derive(Deserialize)]
struct InboxSms {
    id: u64,
    text: String,
}

impl OverHttp {
    /// A network to the service at `url`, on its channel `channel` with the hook's secret.
    pub fn new(url: &str, channel: &str, secret: &str) -> Result<Self, PhoneFault> {
        let client = LocalClient::to_url(url).map_err(fault)?;
        Ok(Self { client, hook: format!("/hooks/{channel}/{secret}/ussd"), steps_left: LATER_STEPS_MAX, asked: None })
    }

    async fn post(&mut self, call: &Call, more: &[(&str, &str)]) -> Result<String, PhoneFault> {
        let mut fields = vec![
            ("sessionId", call.session.as_str()),
            ("phoneNumber", call.number.as_str()),
            ("networkCode", NETWORK_CODE),
            ("serviceCode", call.service_code.as_str()),
        ];
        fields.extend_from_slice(more);
        let answer = self.client.post_form(&self.hook, &fields).await.map_err(fault)?;
        self.asked = answer.screen_asks.as_deref().and_then(Asked::from_code);
        text_of(answer)
    }
}

impl Network for OverHttp {
    async fn hop(&mut self, call: &Call) -> Result<UssdAnswer, PhoneFault> {
        let body = self.post(call, &[("text", &call.text())]).await?;
        match body.split_at_checked(4) {
            Some(("CON ", text)) => Ok(UssdAnswer { text: text.to_owned(), end: false }),
            Some(("END ", text)) => Ok(UssdAnswer { text: text.to_owned(), end: true }),
            _ => Err(PhoneFault::Network("the answer begins with neither CON nor END".to_owned())),
        }
    }

    async fn closed(&mut self, call: &Call) -> Result<(), PhoneFault> {
        let hops = (call.inputs.len() - call.dialled + 1).to_string();
        let fields = [("status", "Incomplete"), ("hopsCount", hops.as_str()), ("durationInMillis", "0")];
        self.post(call, &fields).await.map(|_| ())
    }

    async fn messages(&mut self, number: &str, after: u64) -> Result<Vec<Sms>, PhoneFault> {
        let path = format!("/simulator/inbox?number={}&after={after}", number.replace('+', "%2B").replace(' ', ""));
        let answer = self.client.get(&path).await.map_err(fault)?;
        if answer.status == 404 {
            // A service without a simulator shows nobody's messages: the phone is quiet.
            return Ok(Vec::new());
        }
        let inbox = serde_json::from_str::<Inbox>(&text_of(answer)?);
        let inbox = inbox.map_err(|_| PhoneFault::Network("the inbox could not be read".to_owned()))?;
        Ok(inbox.messages.into_iter().map(|sms| Sms { id: sms.id, text: sms.text }).collect())
    }

    async fn later(&mut self) -> bool {
        if self.steps_left == 0 {
            self.steps_left = LATER_STEPS_MAX;
            return false;
        }
        self.steps_left -= 1;
        tokio::time::sleep(LATER_STEP).await;
        true
    }

    async fn operate(&mut self, _what: Operator<'_>) -> Result<(), PhoneFault> {
        Err(PhoneFault::Operator)
    }

    fn asked(&self) -> Option<Asked> {
        self.asked
    }

    fn wait(&mut self, _ms: i64) -> Result<(), PhoneFault> {
        Err(PhoneFault::Time)
    }
}

fn fault(fault: LocalFault) -> PhoneFault {
    PhoneFault::Network(fault.to_string())
}

fn text_of(answer: LocalAnswer) -> Result<String, PhoneFault> {
    let text = String::from_utf8(answer.body).map_err(|_| PhoneFault::Network("the answer is not UTF-8".to_owned()))?;
    match answer.status {
        200 => Ok(text),
        404 => Err(PhoneFault::Network("the service knows no such channel, or the secret is wrong (404)".to_owned())),
        status => Err(PhoneFault::Network(format!("the service answered {status}: {}", text.trim()))),
    }
}
