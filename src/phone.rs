//! A phone without a screen: dials, answers, hangs up and reads its SMS, over whatever [`Network`] it is given.
//!
//! `dial` puts a terminal around it, [`transcript`] lets a file press the keys. It stands where the handset and the
//! network's gateway stand in life: it names the session and keeps its inputs; of the menus it knows nothing.

mod in_process;
mod over_http;
pub mod record;
pub mod transcript;

use std::fmt;

pub use in_process::InProcess;
pub use over_http::OverHttp;

use crate::gateway::ussd::UssdAnswer;
use crate::session::Asked;

/// Why something could not be done on a phone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneFault {
    /// The code is not one of the service's.
    #[error("this network knows {0} and codes that begin like it")]
    Code(String),
    /// There is no call in which to answer.
    #[error("there is no call: the last screen was an END, or nothing was dialled")]
    NoCall,
    /// The network does not carry this number.
    #[error("this is not a phone number")]
    Number,
    /// The service did not answer as a service does.
    #[error("{0}")]
    Network(String),
    /// Time cannot be moved on this network.
    #[error("`wait` needs a clock that can be moved: run the transcript without --url")]
    Time,
    /// Nobody operates the service from here.
    #[error(
        "`freeze`, `notice`, `hotline`, `fault` and `employer` need a service of their own: run the transcript without --url"
    )]
    Operator,
}

/// One network session: all that a gateway says of it.
#[derive(Clone)]
pub struct Call {
    /// The gateway's name of it.
    pub session: String,
    /// Who calls, as given.
    pub number: String,
    /// The service code, without what was dialled behind it.
    pub service_code: String,
    /// What was dialled behind the code, then every answer.
    pub inputs: Vec<String>,
    /// How many of the inputs were dialled and not typed: none or one.
    pub dialled: usize,
}

/// Numbers and inputs stay out of logs.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({} inputs)", self.inputs.len())
    }
}

impl Call {
    /// The inputs as the cumulative dialects send them.
    pub fn text(&self) -> String {
        self.inputs.join("*")
    }
}

/// An SMS on the phone.
#[derive(Clone, PartialEq, Eq)]
pub struct Sms {
    /// Counts up.
    pub id: u64,
    /// The whole text.
    pub text: String,
}

impl fmt::Debug for Sms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sms({}, {} B)", self.id, self.text.len())
    }
}

/// Septets of a screen: what every network carries.
const SCREEN_SEPTETS: usize = 160;
/// Septets of the first screen of a call: some gateways put words of their own before it.
const OPENING_SEPTETS: usize = 140;

/// What an operator does while a transcript plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator<'a> {
    /// Closes a flow, or opens it again.
    Freeze {
        /// The flow.
        flow: &'a str,
        /// Whether it is closed.
        is_frozen: bool,
    },
    /// Announces maintenance, or its end.
    Notice(bool),
    /// Puts a hotline first in the country pack.
    Hotline {
        /// Its name.
        name: &'a str,
        /// Its number.
        number: &'a str,
    },
    /// Answers the open case that is due first.
    Answer(&'a str),
    /// Does once what the service does for people with cases beside calls.
    Look,
    /// Makes the person on a number an agent.
    Agent {
        /// The number.
        number: &'a str,
        /// The organisation.
        organisation: &'a str,
    },
    /// Has the next thing fail that a screen asks for.
    Fault,
}

/// What stands between a phone and the service.
pub trait Network: Send {
    /// Carries one hop.
    fn hop(&mut self, call: &Call) -> impl Future<Output = Result<UssdAnswer, PhoneFault>> + Send;
    /// Tells the service that a call is over.
    fn closed(&mut self, call: &Call) -> impl Future<Output = Result<(), PhoneFault>> + Send;
    /// The SMS to a number that are newer than `after`, oldest first. Sends what is due first, where it can.
    fn messages(&mut self, number: &str, after: u64) -> impl Future<Output = Result<Vec<Sms>, PhoneFault>> + Send;
    /// Waits a little for what the service does by itself; false when nothing more will come by waiting.
    fn later(&mut self) -> impl Future<Output = bool> + Send;
    /// Septets of a screen and of the first one, where that is known: what every network carries.
    fn septets(&self) -> (usize, usize) {
        (SCREEN_SEPTETS, OPENING_SEPTETS)
    }
    /// What the last screen asked for, where the service tells.
    fn asked(&self) -> Option<Asked>;
    /// Has an operator do something at the service.
    fn operate(&mut self, what: Operator<'_>) -> impl Future<Output = Result<(), PhoneFault>> + Send;
    /// Has the employer of the job that a number asked for last do something; answers why it could not be done.
    fn employer(
        &mut self,
        _number: &str,
        _does: &str,
    ) -> impl Future<Output = Result<Option<String>, PhoneFault>> + Send {
        std::future::ready(Err(PhoneFault::Operator))
    }
    /// Lets time pass for the service.
    fn wait(&mut self, ms: i64) -> Result<(), PhoneFault>;
}

/// A phone with a number.
#[derive(Debug)]
pub struct Handset<N> {
    network: N,
    service_code: String,
    number: String,
    session_prefix: String,
    calls: u32,
    call: Option<Call>,
    last: Option<(Call, UssdAnswer)>,
    seen_sms: u64,
}

impl<N: Network> Handset<N> {
    /// A phone on `network` that dials `service_code`. Sessions are named `session_prefix` and a number: the prefix must
    /// differ from that of every other phone which the same service sees.
    pub fn new(network: N, service_code: &str, number: &str, session_prefix: &str) -> Self {
        Self {
            network,
            service_code: service_code.to_owned(),
            number: number.to_owned(),
            session_prefix: session_prefix.to_owned(),
            calls: 0,
            call: None,
            last: None,
            seen_sms: 0,
        }
    }

    /// Puts another SIM in.
    pub fn set_number(&mut self, number: &str) {
        number.clone_into(&mut self.number);
        self.seen_sms = 0;
    }

    /// The number that dials.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The network, to reach behind the phone.
    pub fn network(&mut self) -> &mut N {
        &mut self.network
    }

    /// Whether the service waits for an answer.
    pub fn in_call(&self) -> bool {
        self.call.is_some()
    }

    /// Whether the last screen was the first of its call.
    pub fn is_opening(&self) -> bool {
        self.last.as_ref().is_some_and(|(call, _)| call.inputs.len() == call.dialled)
    }

    /// Septets that the last screen may have.
    pub fn septets_max(&self) -> usize {
        let (screen, opening) = self.network.septets();
        if self.is_opening() { opening } else { screen }
    }

    /// Dials: `*567#`, or `*567*48213#` as a network would route it to `*567#`. A call that is open is hung up first.
    pub async fn dial(&mut self, code: &str) -> Result<UssdAnswer, PhoneFault> {
        let base = self.service_code.trim_end_matches('#');
        let extras = if code == self.service_code {
            Some("")
        } else {
            code.strip_prefix(base)
                .and_then(|rest| rest.strip_prefix('*')?.strip_suffix('#'))
                .filter(|rest| !rest.is_empty())
        };
        let Some(extras) = extras else { return Err(PhoneFault::Code(self.service_code.clone())) };
        let inputs = if extras.is_empty() { Vec::new() } else { vec![extras.to_owned()] };
        self.hang_up().await?;
        self.calls += 1;
        let session = format!("{}{}", self.session_prefix, self.calls);
        let (number, service_code) = (self.number.clone(), self.service_code.clone());
        let dialled = inputs.len();
        self.carry(Call { session, number, service_code, inputs, dialled }).await
    }

    /// Answers the screen.
    pub async fn answer(&mut self, typed: &str) -> Result<UssdAnswer, PhoneFault> {
        let mut call = self.call.clone().ok_or(PhoneFault::NoCall)?;
        call.inputs.push(typed.to_owned());
        self.carry(call).await
    }

    /// Sends the last hop once more, as a gateway does that missed the answer.
    pub async fn redeliver(&mut self) -> Result<UssdAnswer, PhoneFault> {
        let (call, _) = self.last.clone().ok_or(PhoneFault::NoCall)?;
        self.carry(call).await
    }

    async fn carry(&mut self, call: Call) -> Result<UssdAnswer, PhoneFault> {
        let answer = self.network.hop(&call).await?;
        self.call = (!answer.end).then(|| call.clone());
        self.last = Some((call, answer.clone()));
        Ok(answer)
    }

    /// Ends the call from this side; nothing happens when there is none.
    pub async fn hang_up(&mut self) -> Result<(), PhoneFault> {
        match self.call.take() {
            Some(call) => self.network.closed(&call).await,
            None => Ok(()),
        }
    }

    /// Has the employer of the job that this number asked for last do something; answers why it could not be done.
    pub async fn employer(&mut self, does: &str) -> Result<Option<String>, PhoneFault> {
        self.network.employer(&self.number, does).await
    }

    /// Every SMS to this phone, oldest first.
    pub async fn messages(&mut self) -> Result<Vec<Sms>, PhoneFault> {
        self.network.messages(&self.number, 0).await
    }

    /// The SMS that came since this was last asked.
    pub async fn new_messages(&mut self) -> Result<Vec<Sms>, PhoneFault> {
        let new = self.network.messages(&self.number, self.seen_sms).await?;
        self.seen_sms = new.last().map_or(self.seen_sms, |sms| sms.id);
        Ok(new)
    }
}

#[cfg(test)]
mod tests;
