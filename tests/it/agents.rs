//! Agents through the real doors: an operator makes one beside the running service, they register somebody from their phone,
//! and that person says yes on theirs.

use std::io::Write as _;
use std::process::{Output, Stdio};

use crate::apply::WORKER;
use crate::support::{World, command, texts};

/// A number of which nothing is known.
const STRANGER: &str = "+250780000777";
const ORGANISATION: &str = "Koperative Abahuza";

/// `kaziline agent add` with this number on standard input.
fn add(world: &World, number: &str, [organisation, kind, area, by]: [&str; 4]) -> Output {
    let arguments = ["agent", "add", "--organisation", organisation, "--kind", kind, "--area", area, "--by", by];
    let mut child = command(&[&arguments[..], &["--data", "kaziline-demo"]].concat(), world.folder().path());
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{number}\n").as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn run(world: &World, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = world.command(&[arguments, &["--data", "kaziline-demo"]].concat());
    let (out, err) = texts(&output);
    (output.status.code(), out, err)
}

#[test]
fn an_operator_makes_an_agent_who_registers_somebody_and_ends_them() {
    let world = World::demo();
    let good = [ORGANISATION, "cooperative", "1201", "Ann"];
    for (number, order, said) in [
        ("0788999999", good, "nobody is registered on this number"),
        ("12", good, "not a phone number"),
        ("", good, "standard input"),
        (WORKER, [ORGANISATION, "club", "1201", "Ann"], "the kind must be one of cell_office, cooperative"),
        (WORKER, [ORGANISATION, "school", "7", "Ann"], "there is no area 7"),
        (WORKER, ["A name that is longer than thirty", "school", "1201", "Ann"], "1 to 30 characters"),
        (WORKER, [ORGANISATION, "school", "1201", " "], "say who you are"),
    ] {
        let refused = add(&world, number, order);
        let (out, err) = texts(&refused);
        assert_eq!((refused.status.code(), out.as_str()), (Some(1), ""), "{err}");
        assert!(err.contains(said) && err.lines().count() == 1, "{err}");
    }
    let mut agent = world.phone(WORKER);
    let stranger_to_it = agent.dial("*567*88#", &[]);
    assert!(!stranger_to_it.contains(ORGANISATION), "{stranger_to_it}");
    let (added, err) = texts(&add(&world, WORKER, good));
    let id = added.strip_prefix("agent ").unwrap_or_else(|| panic!("{err}")).trim().to_owned();
    assert!(texts(&add(&world, WORKER, good)).1.contains("an agent already"));

    // From the agent's phone: a number, the consent, and the questions of every registration.
    let start = agent.dial("*567*88#", &[]);
    assert!(start.contains(ORGANISATION) && start.contains("30"), "{start}");
    for key in ["1", "0780 000 777", "1", "1", "1990", "1", "1", "6000", "1", "1", "1", "Uwase Aline"] {
        agent.press(key);
    }
    assert!(agent.screen().contains("U.A."), "{}", agent.screen());
    let mut helped = world.phone(STRANGER);
    let sms = helped.told(ORGANISATION, 1);
    assert!(sms.contains("*567#"), "{sms}");
    let asked = helped.dial("*567#", &[]);
    assert!(asked.contains(ORGANISATION), "{asked}");
    helped.press("1");

    let (code, out, _) = run(&world, &["agent", "list"]);
    assert!(code == Some(0) && out.contains(ORGANISATION) && out.contains("1 registered"), "{out}");
    assert!(!out.contains("780000002"), "no number in a listing: {out}");
    let (code, out, err) = run(&world, &["agent", "end", &id, "--by", "Ben"]);
    assert!(code == Some(0) && out.contains("registers nobody any more"), "{out}{err}");
    let (code, _, err) = run(&world, &["agent", "end", &id, "--by", "Ben"]);
    assert!(code == Some(1) && err.contains("or none any more"), "{err}");
    let (_, out, _) = run(&world, &["agent", "list"]);
    assert!(out.contains(", ended "), "{out}");
    // The call that is still open goes nowhere.
    agent.press("1");
    assert!(!agent.screen().contains("0788"), "{}", agent.screen());

    let stopped = world.stop();
    let logged = stopped.log.join("\n");
    for secret in ["780000777", "780000002", "Abahuza", "Uwase"] {
        assert!(!logged.contains(secret), "{secret} in the log");
    }
}
