//! What is dialled behind the code, who is calling, and the question about a dropped visit.

use super::super::Event;
use super::host::Host;

const HOME: &str = "Health and prices\n1 Clinic\n2 Market\n3 Results";

#[test]
fn a_dial_path_leads_to_its_state_with_its_answers() {
    for (extras, shown) in [
        ("", HOME),
        ("1", "Clinics near you\n1 Clinic 1, "),
        ("1#", "Clinics near you\n1 Clinic 1, "),
        ("2*12", "Beans of kind 12: 1200\n1 Sell\n2 All prices"),
        ("2*12#", "Beans of kind 12: 1200\n1 Sell\n2 All prices"),
        ("2*99", "Which crop number?\n1 All prices"),
        // What no path takes leads to the entry.
        ("2", HOME),
        ("2*5", HOME),
        ("2*x", HOME),
        ("2*12*1", HOME),
        ("7", HOME),
        ("1*1*1*1*1*1*1*1*1*1*1*1", HOME),
        ("***", HOME),
        ("😀", HOME),
    ] {
        let mut host = Host::new();
        assert!(host.dial(extras).starts_with(shown), "{extras}");
        assert!(host.visit.history.is_empty() && host.visit.stack.is_empty());
    }
}

#[test]
fn who_is_calling_is_asked_first_and_the_path_waits() {
    let mut host = Host::new();
    host.visitors = vec![5, 6];
    assert_eq!(host.dial("2*12"), "Who is calling?\n1 Person 5\n2 Person 6");
    assert_eq!(host.visit.stack.len(), 1);
    assert!(host.typed("8").starts_with("Press a number below.\nWho is calling?"));
    assert_eq!(host.typed("2"), "Beans of kind 12: 1200\n1 Sell\n2 All prices\n0 Back");
    assert_eq!((host.visit.person, host.visit.stack.len()), (Some(6), 0));
    assert_eq!(host.typed("00"), HOME);
    assert_eq!(host.acted, ["visitor.choose"]);
}

#[test]
fn home_does_not_pass_by_the_question_who_is_calling() {
    let mut host = Host::new();
    host.visitors = vec![5, 6];
    host.dial("1");
    assert_eq!(host.typed("00"), "Who is calling?\n1 Person 5\n2 Person 6");
    assert_eq!(host.typed("1"), format!("{HOME}"));
    assert_eq!(host.visit.person, Some(5));
}

#[test]
fn a_dropped_visit_is_offered_and_goes_on() {
    let mut host = Host::new();
    host.dial("");
    let list = host.all(&["1", "98"]);
    let hop = host.visit.hop;
    assert_eq!(host.resume(""), "Your call was cut.\n1 Go on\n2 Start again");
    assert_eq!(host.typed("1"), list);
    assert_eq!((host.visit.id, host.visit.hop), (7, hop + 2));
    assert!(host.visit.resume.is_none());
    assert!(host.typed("97").starts_with("Clinics near you\n1 Clinic 1, "));
}

#[test]
fn starting_again_keeps_what_was_dialled() {
    let mut host = Host::new();
    host.dial("");
    host.all(&["1", "1", "1", "Uwase"]);
    host.visitors = vec![5, 6];
    host.resume("2*12");
    let hop = host.visit.hop;
    assert_eq!(host.typed("2"), "Who is calling?\n1 Person 5\n2 Person 6");
    assert_eq!((host.visit.id, host.visit.hop, host.visit.person), (8, hop + 1, None));
    assert_eq!(host.typed("1"), "Beans of kind 12: 1200\n1 Sell\n2 All prices\n0 Back");
    assert_eq!(host.visit.answers.len(), 3);
}

#[test]
fn a_wrong_reply_to_the_question_is_counted() {
    let mut host = Host::new();
    host.dial("");
    host.all(&["1", "1", "7", "7"]);
    host.resume("");
    let question = "Press a number below.\nYour call was cut.\n1 Go on\n2 Start again";
    assert_eq!(host.typed("3"), question);
    assert_eq!(host.typed(&"9".repeat(10_000)), question);
    assert!(host.typed("00").starts_with("Press the number in front"));
    // 0 leads to where the visit was.
    assert!(host.typed("0").starts_with("Why do you come?"));
    assert_eq!(host.typed("1"), "Who comes?\n0 Back");
}

#[test]
fn the_question_is_asked_again_when_the_call_is_cut_again() {
    let mut host = Host::new();
    host.dial("");
    host.all(&["1", "1"]);
    host.resume("1");
    host.resume("2*12");
    assert!(host.typed("2").starts_with("Beans of kind 12"));
}

#[test]
fn what_is_secret_or_ended_is_not_offered() {
    let mut host = Host::new();
    host.dial("");
    host.typed("3");
    assert_eq!(host.at(), "vault.ask");
    assert!(host.resume("2*12").starts_with("Beans of kind 12"));
    assert_eq!(host.visit.id, 8);
    host.failing = Some("market.crops");
    assert!(host.hop(Event::Input("2".into())).end);
    host.failing = None;
    assert_eq!(host.resume(""), HOME);
    assert_eq!(host.visit.id, 9);
}
