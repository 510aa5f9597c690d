//! How much and how patiently is sent to an SMSC.

use std::time::Duration;

/// How to treat an SMSC.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Parts that may be unanswered at the same time, 1 to 100. Ten is usual; some SMSCs take one.
    pub window: usize,
    /// Waits and limits of time.
    pub timings: Timings,
    /// Chance, for the spread of repeated connections: any number, another one on each node.
    pub seed: u64,
}

impl Settings {
    /// The usual ones.
    pub fn new(seed: u64) -> Self {
        Self { window: 10, timings: Timings::default(), seed }
    }
}

/// Waits and limits of time of a session.
#[derive(Clone, Copy, Debug)]
pub struct Timings {
    /// To reach the SMSC. Two lost packets and their repetition.
    pub connect: Duration,
    /// For TLS and the answer to the bind.
    pub bind: Duration,
    /// For which a message waits to be written: for a connection that is being made, or for room in the window.
    pub patience: Duration,
    /// For which a message waits for its answers, all parts together. With `patience` it stays below the 90 s for which
    /// the outbox lends a message to its sender.
    pub response: Duration,
    /// Silence after which the SMSC is asked whether it is there. Some end a session of 60 s of silence.
    pub idle: Duration,
    /// For the answer to that question.
    pub enquire: Duration,
    /// For storing what the SMSC delivered, before it is told to deliver it again.
    pub store: Duration,
    /// The shortest wait before a new connection. Operators lock accounts that come faster.
    pub back_off_min: Duration,
    /// The longest.
    pub back_off_max: Duration,
    /// The wait after a bind that was refused for what we are.
    pub refused: Duration,
    /// For the last answers at the end, and for the answer to our leave.
    pub parting: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self {
            connect: s(5),
            bind: s(15),
            patience: s(20),
            response: s(60),
            idle: s(30),
            enquire: s(30),
            store: s(30),
            back_off_min: s(5),
            back_off_max: s(60),
            refused: s(300),
            parting: s(5),
        }
    }
}
