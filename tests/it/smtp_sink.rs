//! A mail server inside the test: it takes what it is given, shows it, and has bad days on demand.
//!
//! It lives on threads of its own and blocks there, so that it serves tests with and without a runtime. A message is in
//! the list before its answer is written: who has the answer can look. It reads SMTP strictly, so that a client which
//! ends its lines or its message wrongly is not understood.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

/// A moment of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// A client has connected.
    Greeting,
    /// `EHLO`
    Hello,
    /// `STARTTLS`
    StartTls,
    /// `AUTH`
    Login,
    /// `MAIL FROM`
    Sender,
    /// `RCPT TO`
    Recipient,
    /// `DATA`
    Data,
    /// The first byte of a message is there.
    Midway,
    /// The whole message is there, final dot included.
    Content,
    /// `RSET`
    Reset,
}

/// What the server does instead of what it should.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Answers this; lines parted by `\n`.
    Say(&'static str),
    /// Closes the connection without a word.
    HangUp,
    /// Neither answers nor reads on, as long as the sink lives.
    Silence,
}

/// A message that was taken, whether the client was told so or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    /// As said in `MAIL FROM`.
    pub(crate) from: String,
    /// As said in `RCPT TO`.
    pub(crate) to: Vec<String>,
    /// Headers and body, lines in CRLF, doubled dots undone.
    pub(crate) content: String,
}

#[derive(Debug, Default)]
struct Seen {
    script: VecDeque<(When, Reply)>,
    commands: Vec<String>,
    messages: Vec<Received>,
    connections: usize,
    over: bool,
}

#[derive(Debug, Default)]
struct Shared {
    seen: Mutex<Seen>,
    ended: Condvar,
}

/// The server, on a port of its own at 127.0.0.1. Ends with the value.
#[derive(Debug)]
pub(crate) struct Sink {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<std::thread::JoinHandle<()>>,
}

impl Sink {
    pub(crate) fn start() -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        let acceptor = std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let mut seen = serving.seen.lock().unwrap();
                if seen.over {
                    return;
                }
                seen.connections += 1;
                drop(seen);
                let shared = Arc::clone(&serving);
                // Ends when either side closes; a broken connection is the business of the test.
                std::thread::spawn(move || Conversation::new(stream, shared).serve().ok());
            }
        });
        Sink { address, shared, acceptor: Some(acceptor) }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Does this the next time, once. Several for one moment are done one after the other.
    pub(crate) fn script(&self, when: When, reply: Reply) {
        self.shared.seen.lock().unwrap().script.push_back((when, reply));
    }

    /// The messages taken so far.
    pub(crate) fn messages(&self) -> Vec<Received> {
        self.shared.seen.lock().unwrap().messages.clone()
    }

    /// Every command line so far, of all connections.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.shared.seen.lock().unwrap().commands.clone()
    }

    /// How often a client has connected.
    pub(crate) fn connections(&self) -> usize {
        self.shared.seen.lock().unwrap().connections
    }
}

impl Drop for Sink {
    #[expect(clippy::disallowed_methods, reason = "wakes the thread that waits for connections, to end it")]
    fn drop(&mut self) {
        self.shared.seen.lock().unwrap().over = true;
        self.shared.ended.notify_all();
        if TcpStream::connect(self.address).is_ok()
            && let Some(acceptor) = self.acceptor.take()
        {
            acceptor.join().ok();
        }
    }
}

/// One connection.
struct Conversation {
    stream: BufReader<TcpStream>,
    shared: Arc<Shared>,
    from: Option<String>,
    to: Vec<String>,
}

impl Conversation {
    fn new(stream: TcpStream, shared: Arc<Shared>) -> Self {
        Self { stream: BufReader::new(stream), shared, from: None, to: Vec::new() }
    }

    fn serve(mut self) -> std::io::Result<()> {
        self.answer(When::Greeting, "220 sink.example ESMTP")?;
        loop {
            let line = self.line()?;
            let line = String::from_utf8_lossy(&line).into_owned();
            self.shared.seen.lock().unwrap().commands.push(line.clone());
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => self.answer(When::Hello, "250-sink.example\n250-AUTH PLAIN\n250 ENHANCEDSTATUSCODES")?,
                "STARTTLS" => self.answer(When::StartTls, "454 4.7.0 no TLS here")?,
                "AUTH" => self.answer(When::Login, "235 2.7.0 welcome")?,
                "MAIL" if self.from.is_none() => {
                    if self.answer(When::Sender, "250 2.1.0 Ok")? {
                        self.from = Some(between_brackets(rest));
                    }
                    true
                }
                "RCPT" if self.from.is_some() => {
                    if self.answer(When::Recipient, "250 2.1.5 Ok")? {
                        self.to.push(between_brackets(rest));
                    }
                    true
                }
                "DATA" if !self.to.is_empty() => self.content()?,
                "RSET" => {
                    (self.from, self.to) = (None, Vec::new());
                    self.answer(When::Reset, "250 2.0.0 Ok")?
                }
                "QUIT" => return self.say("221 2.0.0 Bye").map(|_| ()),
                "MAIL" | "RCPT" | "DATA" => self.say("503 5.5.1 not now")?,
                _ => self.say("500 5.5.2 what?")?,
            };
        }
    }

    /// From `DATA` to the answer to the whole message.
    fn content(&mut self) -> std::io::Result<bool> {
        let invitation = self.perform(When::Data)?.unwrap_or("354 go on");
        self.say(invitation)?;
        if !invitation.starts_with("354") {
            return Ok(false);
        }
        let mut first = [0];
        self.stream.read_exact(&mut first)?;
        self.perform(When::Midway)?;
        let mut content = first.to_vec();
        let mut line = self.line()?;
        let mut at = 0;
        loop {
            // The first byte is in `content` already; a message that begins with the final dot is empty.
            let is_end = if at == 0 { first == *b"." && line.is_empty() } else { line == b"." };
            if is_end {
                break;
            }
            content.extend_from_slice(if at > 0 && line.starts_with(b".") { &line[1..] } else { &line });
            content.extend_from_slice(b"\r\n");
            at += 1;
            line = self.line()?;
        }
        let content = String::from_utf8_lossy(&content).into_owned();
        let taken = Received { from: self.from.take().unwrap(), to: std::mem::take(&mut self.to), content };
        let mut seen = self.shared.seen.lock().unwrap();
        let refusal = seen.script.iter().find(|(when, _)| *when == When::Content).and_then(|(_, reply)| match reply {
            Reply::Say(answer) if !answer.starts_with('2') => Some(*answer),
            _ => None,
        });
        if refusal.is_none() {
            seen.messages.push(taken);
        }
        let answer = format!("250 2.0.0 Ok: queued as SINK{}", seen.messages.len());
        drop(seen);
        self.answer(When::Content, &answer)
    }

    /// Does what the script says for this moment, or answers this; whether the client may go on.
    fn answer(&mut self, when: When, answer: &str) -> std::io::Result<bool> {
        match self.perform(when)? {
            Some(scripted) => self.say(scripted),
            None => self.say(answer),
        }
    }

    /// What the script says for this moment, taken from it; an error when that is the end of the conversation.
    fn perform(&self, when: When) -> std::io::Result<Option<&'static str>> {
        let mut seen = self.shared.seen.lock().unwrap();
        let at = seen.script.iter().position(|(known, _)| *known == when);
        match at.and_then(|at| seen.script.remove(at)) {
            None => Ok(None),
            Some((_, Reply::Say(answer))) => Ok(Some(answer)),
            Some((_, Reply::HangUp)) => Err(std::io::ErrorKind::ConnectionAborted.into()),
            Some((_, Reply::Silence)) => {
                drop(self.shared.ended.wait_while(seen, |seen| !seen.over).unwrap());
                Err(std::io::ErrorKind::ConnectionAborted.into())
            }
        }
    }

    fn say(&mut self, answer: &str) -> std::io::Result<bool> {
        let lines = answer.replace('\n', "\r\n") + "\r\n";
        self.stream.get_mut().write_all(lines.as_bytes())?;
        Ok(answer.starts_with('2'))
    }

    /// A line without its CRLF. A bare LF is part of a line.
    fn line(&mut self) -> std::io::Result<Vec<u8>> {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            if self.stream.read_until(b'\n', &mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        line.truncate(line.len() - 2);
        Ok(line)
    }
}

fn between_brackets(text: &str) -> String {
    text.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(address, _)| address).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "the test stands where a mail client stands")]
    fn client(sink: &Sink) -> BufReader<TcpStream> {
        let stream = TcpStream::connect(("127.0.0.1", sink.port())).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
        BufReader::new(stream)
    }

    fn heard(client: &mut BufReader<TcpStream>) -> String {
        let mut line = String::new();
        client.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn said(client: &mut BufReader<TcpStream>, line: &str) -> String {
        client.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
        heard(client)
    }

    const BEGIN: [&str; 3] = ["MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>", "DATA"];

    #[test]
    fn a_message_is_taken_as_it_was_before_its_dots_were_doubled() {
        let sink = Sink::start();
        let mut client = client(&sink);
        assert_eq!(heard(&mut client), "220 sink.example ESMTP");
        assert_eq!(BEGIN.map(|line| said(&mut client, line)), ["250 2.1.0 Ok", "250 2.1.5 Ok", "354 go on"]);
        let content = "Subject: x\r\n\r\n..\r\n..a\r\nb\n.\nc\r\n.";
        assert_eq!(said(&mut client, content), "250 2.0.0 Ok: queued as SINK1");
        let (from, to) = ("a@example.org".to_owned(), vec!["b@example.org".to_owned()]);
        let content = "Subject: x\r\n\r\n.\r\n.a\r\nb\n.\nc\r\n".to_owned();
        assert_eq!(sink.messages(), [Received { from, to, content }]);
        assert_eq!(said(&mut client, "QUIT"), "221 2.0.0 Bye");
        assert_eq!((sink.commands().len(), sink.connections()), (4, 1));
    }

    #[test]
    fn bad_days_come_once_and_in_their_order() {
        let sink = Sink::start();
        for reply in ["450 4.2.0 first", "550 5.1.1 second"] {
            sink.script(When::Recipient, Reply::Say(reply));
        }
        sink.script(When::Content, Reply::Say("554 5.6.0 no"));
        let mut client = client(&sink);
        heard(&mut client);
        said(&mut client, BEGIN[0]);
        assert_eq!(said(&mut client, BEGIN[1]), "450 4.2.0 first");
        assert_eq!(said(&mut client, BEGIN[1]), "550 5.1.1 second");
        assert_eq!(said(&mut client, "DATA"), "503 5.5.1 not now");
        assert_eq!(said(&mut client, BEGIN[1]), "250 2.1.5 Ok");
        sink.script(When::Data, Reply::Say("451 4.3.0 later"));
        assert_eq!(said(&mut client, "DATA"), "451 4.3.0 later");
        said(&mut client, "DATA");
        assert_eq!(said(&mut client, "x\r\n."), "554 5.6.0 no");
        assert_eq!(sink.messages(), []);
    }

    #[test]
    fn a_connection_can_end_or_fall_silent_anywhere() {
        let moments = [When::Greeting, When::Hello, When::StartTls, When::Login, When::Reset];
        let lines = ["", "EHLO a.example", "STARTTLS", "AUTH PLAIN AGEAYg==", "RSET"];
        for (when, line) in moments.into_iter().zip(lines) {
            let sink = Sink::start();
            sink.script(when, Reply::HangUp);
            let mut client = client(&sink);
            let answer =
                if when == When::Greeting { heard(&mut client) } else { heard(&mut client) + &said(&mut client, line) };
            assert_eq!(answer, if when == When::Greeting { "" } else { "220 sink.example ESMTP" }, "{when:?}");
        }
        for when in [When::Sender, When::Data, When::Midway] {
            let sink = Sink::start();
            sink.script(when, Reply::Silence);
            let mut client = client(&sink);
            heard(&mut client);
            client.get_mut().write_all(format!("{}\r\nx\r\n", BEGIN.join("\r\n")).as_bytes()).unwrap();
            drop(sink);
            let mut rest = String::new();
            client.read_to_string(&mut rest).unwrap_or_default();
            assert!(!rest.contains("queued"), "{when:?} {rest}");
        }
    }
}
