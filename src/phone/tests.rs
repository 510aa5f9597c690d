//! Tests of the phone and of transcripts, on a network that says back what was typed.

use super::transcript::{Difference, run};
use super::*;
use crate::menu::transcript::parse;
use crate::session::Asked;

/// Repeats what it was told; `e` ends; SMS come one look late.
#[derive(Debug, Default)]
struct Echo {
    hops: usize,
    closed: Vec<String>,
    sms: Vec<Sms>,
    coming: Vec<Sms>,
    waited_ms: i64,
    fickle: bool,
}

impl Network for Echo {
    async fn hop(&mut self, call: &Call) -> Result<UssdAnswer, PhoneFault> {
        self.hops += 1;
        let id = u64::try_from(self.hops).unwrap();
        if call.inputs.last().is_some_and(|input| input == "sms") {
            self.coming.push(Sms { id, text: format!("to {}", call.number) });
        }
        let last = call.inputs.last().map_or("", String::as_str);
        let unsteady = if self.fickle { self.hops.to_string() } else { String::new() };
        let text = match last {
            "long" => "x".repeat(161),
            "foreign" => "\u{4e00}".to_owned(),
            _ => format!("{} said\n1 {}{unsteady}", call.session, call.text()),
        };
        Ok(UssdAnswer { text, end: last == "e" })
    }

    async fn closed(&mut self, call: &Call) -> Result<(), PhoneFault> {
        self.closed.push(call.session.clone());
        Ok(())
    }

    async fn messages(&mut self, _number: &str, after: u64) -> Result<Vec<Sms>, PhoneFault> {
        Ok(self.sms.iter().filter(|sms| sms.id > after).cloned().collect())
    }

    async fn later(&mut self) -> bool {
        let more = !self.coming.is_empty();
        self.sms.append(&mut self.coming);
        more
    }

    async fn operate(&mut self, _what: Operator<'_>) -> Result<(), PhoneFault> {
        Err(PhoneFault::Operator)
    }

    fn asked(&self) -> Option<Asked> {
        None
    }

    fn wait(&mut self, ms: i64) -> Result<(), PhoneFault> {
        self.waited_ms += ms;
        Ok(())
    }
}

fn phone() -> Handset<Echo> {
    Handset::new(Echo::default(), "*567#", "+250788000001", "s")
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

fn play(phone: &mut Handset<Echo>, text: &str) -> Vec<Difference> {
    runtime().block_on(run(&parse(text).unwrap(), phone)).differences
}

#[test]
fn a_transcript_that_holds_has_no_differences() {
    let mut phone = phone();
    let text = "dial *567#\n< s1 said\n= 1 \n! 2\nno sms\n> sms\n= 1 sms\nredeliver\nsms to +250788000001\nwait 2m\n> e\nend\n\
                dial *567*48213# as +250788000002\n= 1 48213\n> 1\n= 1 48213*1\ndrop\n";
    assert_eq!(
        play(&mut phone, text),
        [Difference { line: 3, what: "expected exactly the line `1`, found\n    | s1 said\n    | 1".to_owned() }]
    );
    assert_eq!(phone.network().waited_ms, 120_000);
    assert_eq!(phone.network().closed, ["s2"]);
}

#[test]
fn each_kind_of_difference_is_told_by_its_line() {
    let lines = |text: &str| -> Vec<usize> { play(&mut phone(), text).iter().map(|found| found.line).collect() };
    assert_eq!(lines("dial *567#\n< nothing of the kind\n= s1\n! said\nend\nsms x\n> 1\n"), [2, 3, 4, 5, 6]);
    assert_eq!(lines("dial *567#\n> long\n> foreign\n"), [2, 3]);
    assert_eq!(lines("dial *567#\n> sms\nsms to\n> 1\nno sms\ndial *567#\nno sms\n"), [5]);
    assert_eq!(lines("dial *567#\n> e\n> 1\n"), [3], "an answer after the end");
    assert_eq!(lines("dial *182#\n"), [1], "a code of somebody else's");
    let mut fickle = phone();
    fickle.network().fickle = true;
    assert_eq!(play(&mut fickle, "dial *567#\nredeliver\n")[0].line, 2);
}

#[test]
fn a_new_dial_hangs_up_first_and_new_messages_are_told_once() {
    let mut phone = phone();
    runtime().block_on(async {
        phone.dial("*567#").await.unwrap();
        assert!(phone.is_opening());
        phone.answer("sms").await.unwrap();
        assert!(!phone.is_opening() && phone.in_call());
        phone.dial("*567*1#").await.unwrap();
        assert!(phone.is_opening());
        phone.network().later().await;
        assert_eq!(phone.new_messages().await.unwrap().len(), 1);
        assert_eq!(phone.new_messages().await.unwrap().len(), 0);
        assert_eq!(phone.messages().await.unwrap().len(), 1);
    });
    assert_eq!(phone.network().closed, ["s1"]);
}
