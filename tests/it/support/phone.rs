//! A phone for tests: the program's own, over HTTP, with words for what a person does.

use kaziline::phone::{Handset, OverHttp};
use tokio::runtime::Runtime;

/// A phone that a test drives step by step.
pub(crate) struct TestPhone {
    runtime: Runtime,
    handset: Handset<OverHttp>,
    screen: String,
    end: bool,
}

impl TestPhone {
    pub(super) fn new(address: &str, number: &str) -> TestPhone {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let network = OverHttp::new(&format!("http://{address}"), "demo", "demo").unwrap();
        let prefix = format!("it-{}-", number.trim_start_matches('+'));
        let handset = Handset::new(network, "*567#", number, &prefix);
        TestPhone { runtime, handset, screen: String::new(), end: false }
    }

    /// Dials, and answers with each of `keys`. The last screen.
    pub(crate) fn dial(&mut self, code: &str, keys: &[&str]) -> String {
        let answer = self.runtime.block_on(self.handset.dial(code)).unwrap();
        (self.screen, self.end) = (answer.text, answer.end);
        for key in keys {
            self.press(key);
        }
        self.screen.clone()
    }

    pub(crate) fn press(&mut self, key: &str) {
        let answer = self.runtime.block_on(self.handset.answer(key));
        let answer = answer.unwrap_or_else(|fault| panic!("{fault}; the screen was: {}", self.screen));
        (self.screen, self.end) = (answer.text, answer.end);
    }

    pub(crate) fn screen(&self) -> &str {
        &self.screen
    }

    pub(crate) fn ended(&self) -> bool {
        self.end
    }

    /// Waits until `times` messages contain `part`; the last of them. A message too many is a fault only if it is there by then.
    pub(crate) fn told(&mut self, part: &str, times: usize) -> String {
        use kaziline::phone::Network as _;
        loop {
            let messages = self.runtime.block_on(self.handset.messages()).unwrap();
            let all: Vec<String> = messages.into_iter().map(|sms| sms.text).collect();
            let mut told: Vec<String> = all.iter().filter(|text| text.contains(part)).cloned().collect();
            if told.len() >= times || !self.runtime.block_on(self.handset.network().later()) {
                assert_eq!(told.len(), times, "{part}: {all:?}");
                return told.pop().unwrap();
            }
        }
    }

    /// The texts of all messages, once there are `count`. A message too many is a fault only if it is there by then.
    pub(crate) fn messages(&mut self, count: usize) -> Vec<String> {
        use kaziline::phone::Network as _;
        loop {
            let messages = self.runtime.block_on(self.handset.messages()).unwrap();
            if messages.len() >= count || !self.runtime.block_on(self.handset.network().later()) {
                let texts: Vec<String> = messages.into_iter().map(|sms| sms.text).collect();
                assert_eq!(texts.len(), count, "{texts:?}");
                return texts;
            }
        }
    }
}
