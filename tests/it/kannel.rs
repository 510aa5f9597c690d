//! Through a real Kannel: bearerbox, smsbox and its invented network. What we send reaches a phone, and its report
//! comes back; what a phone writes reaches us, and is answered.

use std::io::{BufRead as _, BufReader, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::apply::{APPLY, WORKER};
use crate::support::http::try_connect;
use crate::support::{Folder, World, texts};

/// Programs of Debian's packages `kannel` and `kannel-extras`, which `scripts/test` installs.
const BEARERBOX: &str = "/usr/sbin/bearerbox";
const SMSBOX: &str = "/usr/sbin/smsbox";
const FAKESMSC: &str = "/usr/lib/kannel/test/fakesmsc";
const SECRET: &str = "0123456789abcdef";
/// How long anything may take on a machine that does much else.
const PATIENCE: Duration = Duration::from_mins(1);

/// A port that nobody had a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A program that ends with its owner.
struct Running(Child);

impl Running {
    fn end(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

fn start(program: &str, arguments: &[&str], folder: &Path) -> Running {
    let log = std::fs::File::create(folder.join(format!("{}.log", Path::new(program).file_name().unwrap().display())));
    let log = log.unwrap();
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    Running(command.spawn().unwrap_or_else(|fault| panic!("{program}: {fault}; scripts/test installs it")))
}

/// Until somebody listens there.
fn until_open(port: u16, what: &str) {
    for _ in 0..300 {
        if try_connect(&format!("127.0.0.1:{port}")).is_ok() {
            return;
        }
        // Nobody tells when another program has come so far.
        wait(Duration::from_millis(200));
    }
    panic!("{what} does not listen");
}

#[expect(clippy::disallowed_methods, reason = "another program's start can only be asked for again")]
fn wait(time: Duration) {
    std::thread::sleep(time);
}

/// The gateway, its network and our service before it. Dropped in this order.
struct Gateway {
    world: World,
    /// What the network's phones get: a line each.
    phones: Receiver<String>,
    network: Running,
    /// Where Kannel waits for the network.
    port: u16,
    _boxes: Vec<Running>,
}

/// The network's side: writes as many messages as it is told, and prints what phones get until it is ended.
fn phones(port: u16, count: &str, message: &str) -> (Running, Receiver<String>) {
    let port = port.to_string();
    let mut command = Command::new(FAKESMSC);
    command.args(["-H", "127.0.0.1", "-r", &port, "-m", count, message]);
    let mut running = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let streams: [Box<dyn Read + Send>; 2] =
        [Box::new(running.stdout.take().unwrap()), Box::new(running.stderr.take().unwrap())];
    let (lines, received) = channel();
    for stream in streams {
        let lines = lines.clone();
        std::thread::spawn(move || {
            BufReader::new(stream).lines().map_while(Result::ok).for_each(|line| drop(lines.send(line)));
        });
    }
    (Running(running), received)
}

impl Gateway {
    fn start() -> Gateway {
        let folder = Folder::new();
        let [admin, boxes, sendsms, network, ours] = std::array::from_fn(|_| free_port());
        let config = format!(
            "group = core\nadmin-port = {admin}\nadmin-password = secret\nsmsbox-port = {boxes}\nbox-allow-ip = 127.0.0.1\n\
             dlr-storage = internal\nlog-level = 1\n\n\
             group = smsc\nsmsc = fake\nsmsc-id = fake\nhost = 127.0.0.1\nport = {network}\nconnect-allow-ip = 127.0.0.1\n\n\
             group = smsbox\nbearerbox-host = 127.0.0.1\nsendsms-port = {sendsms}\nsendsms-chars = \"0123456789 +-\"\n\
             http-request-retry = 100\nhttp-queue-delay = 1\nlog-level = 1\n\n\
             group = sendsms-user\nusername = kaziline\npassword = secret\nmax-messages = 10\nconcatenation = true\n\n\
             group = sms-service\nkeyword = default\ncatch-all = true\nmax-messages = 0\n\
             get-url = \"http://127.0.0.1:{ours}/hooks/kannel/{SECRET}/sms?id=%I&from=%p&to=%P&text=%b&charset=%C&smsc=%i\"\n"
        );
        let path = folder.path().join("kannel.conf");
        std::fs::write(&path, config).unwrap();
        let path = path.to_str().unwrap();
        let bearerbox = start(BEARERBOX, &[path], folder.path());
        until_open(boxes, "bearerbox");
        until_open(network, "the invented network");
        let smsbox = start(SMSBOX, &[path], folder.path());
        until_open(sendsms, "smsbox");
        let (listening, received) = phones(network, "0", "250788000001 567 text nothing");
        let (listen, public) = (format!("127.0.0.1:{ours}"), format!("http://127.0.0.1:{ours}"));
        let endpoint = format!("http://127.0.0.1:{sendsms}");
        let environment = [
            ("KAZILINE_SERVICE_PUBLIC_URL", public.as_str()),
            ("KAZILINE_CHANNEL_KANNEL_KIND", "sms"),
            ("KAZILINE_CHANNEL_KANNEL_DIALECT", "kannel"),
            ("KAZILINE_CHANNEL_KANNEL_ENDPOINT", &endpoint),
            ("KAZILINE_CHANNEL_KANNEL_USERNAME", "kaziline"),
            ("KAZILINE_CHANNEL_KANNEL_PASSWORD", "secret"),
            ("KAZILINE_CHANNEL_KANNEL_SENDER", "567"),
            ("KAZILINE_CHANNEL_KANNEL_SECRET", SECRET),
            // Before the demo's own.
            ("KAZILINE_CHANNEL_KANNEL_ORDER", "0"),
        ];
        let world = World::start_at(&listen, folder, &environment);
        Gateway { world, phones: received, network: listening, port: network, _boxes: vec![smsbox, bearerbox] }
    }

    /// A phone writes to our number, and gets what is sent from then on.
    fn write(&mut self, from: &str, text: &str) {
        // Kannel serves one of them at a time: a second one connects and is not read before the first is gone.
        self.network.end();
        (self.network, self.phones) = phones(self.port, "1", &format!("{from} 567 text {text}"));
    }

    /// Waits until a phone gets something with these words in it.
    fn until_received(&self, words: &str) -> String {
        let mut seen = Vec::new();
        loop {
            match self.phones.recv_timeout(PATIENCE) {
                // Kannel's programs write blanks as plus signs where they print a message.
                Ok(line) if line.replace('+', " ").contains(words) => return line,
                Ok(line) => seen.push(line),
                Err(fault) => panic!("{words}: {fault}; {seen:#?}"),
            }
        }
    }
}

#[test]
fn an_sms_goes_through_a_real_gateway_and_its_report_comes_back() {
    let gateway = Gateway::start();
    for text in APPLY {
        gateway.world.hop("s1", WORKER, text);
    }
    let received = gateway.until_received("Kaziline");
    assert!(received.contains(WORKER.trim_start_matches('+')), "{received}");
    gateway.world.until_status("applied", "delivered");

    let channels = texts(&gateway.world.command(&["outbox", "channels", "--data", "kaziline-demo"])).0;
    assert!(channels.contains("kannel") && channels.contains("today 1 messages"), "{channels}");
}

#[test]
fn a_message_from_a_phone_comes_through_kannel_and_is_answered() {
    let mut gateway = Gateway::start();
    for text in &APPLY[..3] {
        gateway.world.hop("s1", WORKER, text);
    }
    gateway.write(WORKER, "STOP");
    let stopped = gateway.until_received("START");
    assert!(stopped.contains(WORKER.trim_start_matches('+')), "{stopped}");
    gateway.world.until_status("stop_confirmed", "delivered");
    // It was this number that stopped: what its next key would bring is withdrawn.
    gateway.world.hop("s1", WORKER, APPLY[3]);
    gateway.world.until_status("applied", "cancelled");

    gateway.write(WORKER, "START");
    let started = gateway.until_received("STOP");
    assert!(started.contains(WORKER.trim_start_matches('+')), "{started}");
    gateway.world.until_status("start_confirmed", "delivered");
}
