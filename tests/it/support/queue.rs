//! The queue of a running service, as operators see it.

use std::time::Duration;

use serde_json::Value;

use super::{World, texts};

impl World {
    /// The messages of the queue, the newest first.
    pub(crate) fn messages(&self) -> Vec<Value> {
        let list = ["outbox", "list", "--json", "--limit", "1000", "--data", "kaziline-demo"];
        let (out, err) = texts(&self.command(&list));
        let list: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
        list["messages"].as_array().unwrap().clone()
    }

    /// Waits until a message of this template has this status; answers it.
    pub(crate) fn until_status(&self, template: &str, status: &str) -> Value {
        let mut seen = String::new();
        for _ in 0..300 {
            let messages = self.messages();
            let of_template = || messages.iter().filter(|message| message["template"] == template);
            if let Some(message) = of_template().find(|message| message["status"] == status) {
                return message.clone();
            }
            seen = format!("{:?}", of_template().collect::<Vec<_>>());
            look_again();
        }
        panic!("{template} is not {status}: {seen}");
    }
}

#[expect(clippy::disallowed_methods, reason = "another program's queue can only be asked for again")]
fn look_again() {
    std::thread::sleep(Duration::from_millis(100));
}
