//! The digest as a letter: plain English, 72 columns, what needs a hand at the top.

use std::fmt::{Display, Write as _};

use super::super::alarm::network_name;
use super::Digest;

/// Columns of a letter.
const COLUMNS: usize = 72;
/// Columns of a number in a table.
const NUMBER: usize = 14;

impl Digest {
    /// The letter.
    pub fn text(&self) -> String {
        let mut letter = Letter::default();
        letter.line(&format!("{}, {} {}", self.country, self.weekday, self.day));
        self.trouble(&mut letter);
        self.market(&mut letter);
        self.messages(&mut letter);
        letter.text
    }

    /// What somebody should look at now.
    fn trouble(&self, letter: &mut Letter) {
        let ago = |since_ms: i64| lasting(self.made_ms.saturating_sub(since_ms));
        let mut trouble = Vec::new();
        for silent in &self.silent {
            let (network, channel) = (network_name(&silent.network), &silent.channel);
            trouble.push(format!("{network} on channel {channel} is silent for {}", ago(silent.since_ms)));
        }
        if let Some(held) = &self.held {
            trouble.push(format!("nothing leaves ({}) for {}", held.reason, ago(held.since_ms)));
        }
        for rest in &self.rests {
            let until = match rest.until_ms {
                0 => "until it is resumed".to_owned(),
                until_ms => format!("for {} more", lasting(until_ms.saturating_sub(self.made_ms))),
            };
            trouble.push(format!("channel {} rests ({}) for {}, {until}", rest.channel, rest.why, ago(rest.since_ms)));
        }
        for overdue in &self.overdue {
            let (count, class) = (overdue.messages, class_name(&overdue.class));
            trouble
                .push(format!("{count} messages ({class}) are stuck, the oldest for {}", ago(overdue.oldest_due_ms)));
        }
        if self.left_behind > 0 {
            trouble.push(format!("{} messages were taken to be sent and not finished", self.left_behind));
        }
        if self.cases_overdue > 0 {
            trouble.push(format!("{} cases wait longer than was promised: `kaziline case list`", self.cases_overdue));
        }
        if self.jobs_held > 0 {
            trouble.push(format!("{} jobs are held for a look: `kaziline vacancy held`", self.jobs_held));
        }
        if let Some(refused) = self.calls_refused.filter(|refused| *refused > 0) {
            trouble.push(format!("{refused} calls of providers could not be read"));
        }
        letter.heading(if trouble.is_empty() { "Nothing needs a hand now" } else { "Look at this" });
        for what in &trouble {
            letter.line(&format!("  {what}"));
        }
    }

    fn market(&self, letter: &mut Letter) {
        letter.heading("Callers");
        letter.count("Dials", self.dials.iter().map(|network| network.dials).sum::<i64>());
        for network in &self.dials {
            letter.count(&format!("  {}", network_name(&network.network)), network.dials);
        }
        if self.quarters_counted < self.quarters {
            let (counted, quarters) = (self.quarters_counted, self.quarters);
            letter.line(&format!("  (counted in {counted} of {quarters} quarters of an hour)"));
        }
        letter.count("New workers", self.new_workers);
        letter.count("Applications", self.applications);
        letter.count("Vacancies open now", self.open_vacancies);
        if !self.cases.is_empty() {
            letter.count("Cases not over now", self.cases.iter().map(|of| of.cases).sum::<i64>());
            let mut kinds: Vec<&str> = self.cases.iter().map(|of| of.kind.as_str()).collect();
            kinds.dedup();
            for kind in kinds {
                let of_kind = self.cases.iter().filter(|of| of.kind == kind);
                letter.count(&format!("  {}", kind.replace('_', " ")), of_kind.map(|of| of.cases).sum::<i64>());
            }
        }
    }

    fn messages(&self, letter: &mut Letter) {
        letter.heading("Messages");
        if self.messages.is_empty() {
            letter.line("None came to an end.");
        } else {
            letter.table("What came of them", ["must arrive", "alerts"]);
            let mut states: Vec<&str> = self.messages.iter().map(|of| of.status.as_str()).collect();
            states.dedup();
            for state in states {
                let of = |class: &str| {
                    let found = self.messages.iter().filter(|of| of.status == state && of.class == class);
                    found.map(|of| of.messages).sum::<i64>()
                };
                letter.table(&format!("  {}", state.replace('_', " ")), [of("must_arrive"), of("alert")]);
            }
        }
        if !self.sent.is_empty() {
            letter.table("Sent over", ["segments", self.currency.as_str()]);
            for sent in &self.sent {
                letter.table(&format!("  {}", sent.channel), [sent.segments.to_string(), money(sent.cost_micros)]);
            }
        }
        if !self.letters.is_empty() {
            letter.count("From phones", self.letters.iter().map(|of| of.messages).sum::<i64>());
            for of in &self.letters {
                letter.count(&format!("  {}", asked_name(&of.asked)), of.messages);
            }
        }
    }
}

#[derive(Default)]
struct Letter {
    text: String,
}

impl Letter {
    /// A line, in as many as it needs.
    fn line(&mut self, line: &str) {
        let indent = line.chars().take_while(|c| *c == ' ').count();
        let mut column = 0;
        for word in line.split_whitespace() {
            let width = word.chars().count();
            if column > 0 && column + 1 + width > COLUMNS {
                self.text.push('\n');
                column = 0;
            }
            let space = match column {
                0 => indent,
                _ => 1,
            };
            self.text.extend(std::iter::repeat_n(' ', space));
            // A name longer than a line is cut: no line is.
            self.text.extend(word.chars().take(COLUMNS - indent));
            column += space + width;
        }
        self.text.push('\n');
    }

    fn heading(&mut self, heading: &str) {
        self.text.push('\n');
        self.line(heading);
    }

    /// A number at the right edge.
    fn count(&mut self, label: &str, count: i64) {
        self.row(label, &format!("{count:>NUMBER$}"));
    }

    /// Two columns at the right edge.
    fn table(&mut self, label: &str, values: [impl Display; 2]) {
        let [left, right] = values.map(|value| value.to_string());
        self.row(label, &format!("{left:>NUMBER$}{right:>NUMBER$}"));
    }

    fn row(&mut self, label: &str, values: &str) {
        let room = COLUMNS.saturating_sub(values.chars().count());
        let label: String = label.chars().take(room).collect();
        // A text takes whatever is written to it.
        let _ = writeln!(self.text, "{label:<room$}{values}");
    }
}

/// How long something has lasted, to two of its units.
fn lasting(ms: i64) -> String {
    let minutes = ms.max(0) / 60_000;
    let (days, hours) = (minutes / 1_440, minutes / 60 % 24);
    match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, _) => format!("{hours} h {} min", minutes % 60),
        (1, _) => format!("1 day {hours} h"),
        _ => format!("{days} days {hours} h"),
    }
}

/// Millionths of a currency, to its hundredths.
fn money(micros: i64) -> String {
    format!("{}.{:02}", micros / 1_000_000, micros.rem_euclid(1_000_000) / 10_000)
}

fn class_name(class: &str) -> &str {
    match class {
        "must_arrive" => "must arrive",
        "alert" => "alerts",
        other => other,
    }
}

fn asked_name(asked: &str) -> &str {
    match asked {
        "stop" => "STOP",
        "start" => "START",
        "help" => "HELP",
        "language" => "a language",
        "other" => "something else",
        "part" => "parts of longer ones, incomplete",
        "joined" => "parts of longer ones",
        other => other,
    }
}
