//! An SMSC for the tests: it does what a test tells it, step by step, and keeps to the standard no more than it is
//! told.
//!
//! It reads and writes units in its own way, not in the service's, so that a mistake there is not repeated here.
//! Nothing sleeps: each step waits for a unit, a connection or its end, and fails after [`WITHIN`].

use std::collections::VecDeque;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// Longer than any step takes.
pub(crate) const WITHIN: Duration = Duration::from_secs(20);

pub(crate) const GENERIC_NACK: u32 = 0x8000_0000;
pub(crate) const SUBMIT_SM: u32 = 4;
pub(crate) const DELIVER_SM: u32 = 5;
pub(crate) const UNBIND: u32 = 6;
pub(crate) const BIND_TRANSCEIVER: u32 = 9;
pub(crate) const ENQUIRE_LINK: u32 = 0x15;
/// The bit of a response.
pub(crate) const RESP: u32 = 0x8000_0000;

/// Waits for a step, and fails where it does not come.
pub(crate) async fn within<T>(step: impl Future<Output = T>) -> T {
    timeout(WITHIN, step).await.expect("the step did not come")
}

/// A unit as it came.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) command: u32,
    pub(crate) status: u32,
    pub(crate) sequence: u32,
    pub(crate) body: Vec<u8>,
}

/// What a `submit_sm` says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Submitted {
    /// Type of number, plan, sender.
    pub(crate) source: (u8, u8, String),
    /// Type of number, plan, recipient.
    pub(crate) destination: (u8, u8, String),
    pub(crate) esm_class: u8,
    pub(crate) validity: String,
    pub(crate) registered_delivery: u8,
    pub(crate) data_coding: u8,
    pub(crate) message: Vec<u8>,
}

impl Unit {
    /// The texts of a bind: system id, password, system type; and the octets behind them.
    pub(crate) fn bind(&self) -> (Vec<String>, Vec<u8>) {
        assert_eq!(self.command, BIND_TRANSCEIVER);
        let mut rest = self.body.as_slice();
        let texts = (0..3).map(|_| c_string(&mut rest)).collect();
        (texts, rest.to_vec())
    }

    pub(crate) fn submitted(&self) -> Submitted {
        assert_eq!(self.command, SUBMIT_SM);
        let mut rest = self.body.as_slice();
        assert_eq!(c_string(&mut rest), "", "service_type");
        let source = (octet(&mut rest), octet(&mut rest), c_string(&mut rest));
        let destination = (octet(&mut rest), octet(&mut rest), c_string(&mut rest));
        let esm_class = octet(&mut rest);
        assert_eq!((octet(&mut rest), octet(&mut rest)), (0, 0), "protocol_id, priority_flag");
        assert_eq!(c_string(&mut rest), "", "schedule_delivery_time");
        let validity = c_string(&mut rest);
        let registered_delivery = octet(&mut rest);
        assert_eq!(octet(&mut rest), 0, "replace_if_present_flag");
        let data_coding = octet(&mut rest);
        assert_eq!(octet(&mut rest), 0, "sm_default_msg_id");
        let length = usize::from(octet(&mut rest));
        assert_eq!(length, rest.len(), "sm_length");
        let message = rest.to_vec();
        Submitted { source, destination, esm_class, validity, registered_delivery, data_coding, message }
    }
}

fn octet(rest: &mut &[u8]) -> u8 {
    let (first, behind) = rest.split_first().expect("an octet");
    *rest = behind;
    *first
}

fn c_string(rest: &mut &[u8]) -> String {
    let end = rest.iter().position(|octet| *octet == 0).expect("a NUL");
    let text = String::from_utf8(rest[..end].to_vec()).expect("ASCII");
    *rest = &rest[end + 1..];
    text
}

/// The listening side.
pub(crate) struct Smsc {
    listener: TcpListener,
    pub(crate) endpoint: String,
}

impl Smsc {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("smpp://{}", listener.local_addr().unwrap());
        Self { listener, endpoint }
    }

    /// The next connection, before its bind.
    pub(crate) async fn connected(&self) -> Esme {
        let (stream, _) = within(self.listener.accept()).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Esme { stream, sequence: 0 }
    }

    /// The next connection, its bind answered with this status.
    pub(crate) async fn binding(&self, status: u32) -> Esme {
        let mut esme = self.connected().await;
        let bind = esme.next().await;
        assert_eq!(bind.command, BIND_TRANSCEIVER);
        let body: &[u8] = if status == 0 { b"smsc\0" } else { b"" };
        esme.respond(&bind, status, body).await;
        esme
    }

    /// The next connection, bound if it knows the password.
    pub(crate) async fn bound_with(&self, password: &str) -> Result<Esme, Esme> {
        let mut esme = self.connected().await;
        let bind = esme.next().await;
        if bind.bind().0[1] == password {
            esme.respond(&bind, 0, b"smsc\0").await;
            Ok(esme)
        } else {
            esme.respond(&bind, 0x0E, b"").await;
            Err(esme)
        }
    }

    /// Serves connections until this is dropped: each submission by the next step, and by [`Step::Accept`] when there
    /// is none left. What was submitted is told.
    pub(crate) async fn serve(
        self,
        mut steps: VecDeque<Step>,
        submitted: tokio::sync::mpsc::UnboundedSender<Submitted>,
    ) {
        let mut last_id = 0;
        loop {
            let (stream, _) = self.listener.accept().await.unwrap();
            let mut esme = Esme { stream, sequence: 0 };
            while let Some(unit) = esme.read().await {
                match unit.command {
                    BIND_TRANSCEIVER => esme.respond(&unit, 0, b"smsc\0").await,
                    ENQUIRE_LINK | UNBIND => esme.respond(&unit, 0, b"").await,
                    SUBMIT_SM => {
                        let asks = unit.submitted().registered_delivery == 1;
                        submitted.send(unit.submitted()).ok();
                        last_id += 1;
                        let id = format!("{last_id:08X}");
                        match steps.pop_front().unwrap_or(Step::Accept(None)) {
                            Step::Accept(receipt) => {
                                esme.respond(&unit, 0, format!("{id}\0").as_bytes()).await;
                                if let Some(stat) = receipt.filter(|_| asks) {
                                    esme.receipt_in_text(&format!("id:{id} stat:{stat} err:000")).await;
                                }
                            }
                            Step::Refuse(status) => esme.respond(&unit, status, b"").await,
                            Step::Drop => break,
                            Step::AcceptAndDrop => {
                                esme.respond(&unit, 0, format!("{id}\0").as_bytes()).await;
                                break;
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}

/// What [`Smsc::serve`] does with a submission.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Takes it, and reports this state (`DELIVRD`) where a receipt is wanted.
    Accept(Option<&'static str>),
    /// Answers with this status and no body.
    Refuse(u32),
    /// Drops the connection without an answer.
    Drop,
    /// Answers, and drops it then.
    AcceptAndDrop,
}

/// A connection of the service.
pub(crate) struct Esme {
    stream: TcpStream,
    sequence: u32,
}

impl Esme {
    /// The next unit.
    pub(crate) async fn next(&mut self) -> Unit {
        within(self.read()).await.expect("a unit, not the end")
    }

    /// The next unit, which is a submission.
    pub(crate) async fn submission(&mut self) -> Unit {
        let unit = self.next().await;
        assert_eq!(unit.command, SUBMIT_SM, "{unit:?}");
        unit
    }

    /// Waits until the service has closed the connection; what it sends until then is left unread.
    pub(crate) async fn closed(mut self) {
        within(async { while self.read().await.is_some() {} }).await;
    }

    /// The next unit; `None` at the end of the connection.
    async fn read(&mut self) -> Option<Unit> {
        let length = self.stream.read_u32().await.ok()?;
        let mut unit = Unit {
            command: self.stream.read_u32().await.ok()?,
            status: self.stream.read_u32().await.ok()?,
            sequence: self.stream.read_u32().await.ok()?,
            body: vec![0; usize::try_from(length).unwrap() - 16],
        };
        self.stream.read_exact(&mut unit.body).await.ok()?;
        Some(unit)
    }

    /// The first octets of the connection, as they are.
    pub(crate) async fn octets(&mut self, count: usize) -> Vec<u8> {
        let mut octets = vec![0; count];
        within(self.stream.read_exact(&mut octets)).await.unwrap();
        octets
    }

    /// Octets that need not be a unit.
    pub(crate) async fn write(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).await.unwrap();
    }

    pub(crate) async fn send(&mut self, command: u32, status: u32, sequence: u32, body: &[u8]) {
        let length = u32::try_from(16 + body.len()).unwrap();
        let head: Vec<u8> = [length, command, status, sequence].iter().flat_map(|field| field.to_be_bytes()).collect();
        self.write(&[&head, body].concat()).await;
    }

    /// Answers a request.
    pub(crate) async fn respond(&mut self, to: &Unit, status: u32, body: &[u8]) {
        self.send(to.command | RESP, status, to.sequence, body).await;
    }

    /// Sends a request of ours; answers its sequence number.
    pub(crate) async fn request(&mut self, command: u32, body: &[u8]) -> u32 {
        self.sequence += 1;
        let sequence = 1000 + self.sequence;
        self.send(command, 0, sequence, body).await;
        sequence
    }

    /// Delivers with these octets of text and these TLVs; answers the sequence number.
    pub(crate) async fn deliver(&mut self, esm_class: u8, coding: u8, text: &[u8], tlvs: &[(u16, &[u8])]) -> u32 {
        let mut body = b"\0\x01\x01250788000001\0\x03\x008282\0".to_vec();
        body.extend([esm_class, 0, 0, 0, 0, 0, 0, coding, 0, u8::try_from(text.len()).unwrap()]);
        body.extend(text);
        for (tag, value) in tlvs {
            body.extend(tag.to_be_bytes());
            body.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
            body.extend(*value);
        }
        self.request(DELIVER_SM, &body).await
    }

    /// A message from the phone 250788000001 to 8282.
    pub(crate) async fn message(&mut self, text: &str) -> u32 {
        self.deliver(0, 0, text.as_bytes(), &[]).await
    }

    /// A receipt in the text form.
    pub(crate) async fn receipt_in_text(&mut self, text: &str) -> u32 {
        self.deliver(4, 0, text.as_bytes(), &[]).await
    }

    /// A receipt in TLVs, without a text.
    pub(crate) async fn receipt_in_tlvs(&mut self, id: &str, state: u8) -> u32 {
        let id = format!("{id}\0");
        self.deliver(4, 0, b"", &[(0x001E, id.as_bytes()), (0x0427, &[state])]).await
    }

    /// Asks whether the service is there, and reads until it answered: whatever it had to send before is read too.
    pub(crate) async fn asked(&mut self) -> Vec<Unit> {
        let sequence = self.request(ENQUIRE_LINK, b"").await;
        let mut before = Vec::new();
        loop {
            let unit = self.next().await;
            if (unit.command, unit.sequence) == (ENQUIRE_LINK | RESP, sequence) {
                return before;
            }
            before.push(unit);
        }
    }
}
