//! Everything that can be typed: forgiven where it can be, refused with one line where not.

use super::host::Host;
use crate::menu::graph::Answer;

/// The host at the question for a name.
fn at_name() -> Host {
    let mut host = Host::new();
    host.dial("");
    host.all(&["1", "1", "1"]);
    host
}

fn answered(host: &Host, name: &str) -> Option<Answer> {
    host.visit.answers.get(&host.bundle.answer_named(name).unwrap()).cloned()
}

fn text(text: &str) -> Answer {
    Answer::Text(text.to_owned())
}

#[test]
fn names_are_cleaned_or_refused() {
    for (typed, kept) in [
        ("Uwase", "Uwase"),
        ("  Uwase \t  Aline\n", "Uwase Aline"),
        ("Uwase\u{0}\u{7} Aline", "Uwase Aline"),
        ("Uwase 😀", "Uwase"),
        ("N'Golo", "N'Golo"),
        ("Jean-Marie", "Jean-Marie"),
        ("Rene\u{301}", "Rene\u{301}"),
        ("אבג", "אבג"),
    ] {
        let mut host = at_name();
        let shown = host.typed(typed);
        assert!(shown.starts_with("Born in which year?"), "{typed}: {shown}");
        assert!(answered(&host, "patient") == Some(text(kept)), "{typed}");
    }
    for typed in ["", " ", "1", "A", "Uwase 7", "a*b", "😀😀", "<b>"] {
        let mut host = at_name();
        assert_eq!(host.typed(typed), "A name has letters.\nWho comes?\n0 Back", "{typed}");
    }
}

#[test]
fn too_much_is_told_as_such_and_never_cut() {
    for typed in ["a".repeat(25), "a".repeat(10_000), "😀".repeat(10_000), "é".repeat(183)] {
        let mut host = at_name();
        assert_eq!(host.typed(&typed), "Too long.\nWho comes?\n0 Back");
        assert!(answered(&host, "patient").is_none());
    }
    let mut host = at_name();
    host.typed(&"é".repeat(24));
    assert!(answered(&host, "patient") == Some(text(&"é".repeat(24))));
}

#[test]
fn a_states_own_line_is_shown_instead_of_the_engines() {
    let mut host = at_name();
    assert_eq!(host.typed("7"), "A name has letters.\nWho comes?\n0 Back");
    assert_eq!(host.all(&["Uwase", "x"]), "Type a year.\nBorn in which year?\n0 Back");
}

#[test]
fn years_days_times_and_amounts_are_read_as_people_write_them() {
    let mut host = at_name();
    host.typed("Uwase");
    for wrong in ["1900", "2030", "nineteen"] {
        assert!(host.typed(wrong).starts_with("Type a year.") || host.at() == "help.lost", "{wrong}");
    }
    host.all(&["0", "90."]);
    assert!(answered(&host, "born") == Some(Answer::Integer(1990)));
    assert!(host.typed("31/2").starts_with("Type a day, 24/11.\nUwase: which day?"));
    host.all(&["24.11.", "1"]);
    assert!(host.typed("25").starts_with("Type a time, 7:30.\nWhat time?"));
    host.typed("7h30");
    assert!(answered(&host, "hour") == Some(Answer::Integer(450)));
    assert_eq!(host.typed(""), "Type something.\nWhat else?\n1 Nothing\n0 Back");
    assert_eq!(host.typed(&"x".repeat(41)), "Too long.\nWhat else?\n1 Nothing\n0 Back");
    assert!(host.typed("ward 3*4 {name} €").starts_with("Uwase: Clinic 1"));
    assert!(answered(&host, "note") == Some(text("ward 3*4 {name} €")));

    let mut host = Host::new();
    host.dial("2*12");
    host.typed("1");
    for wrong in ["9", "abc", "-500", "1000000"] {
        let shown = host.typed(wrong);
        assert!(shown.starts_with("Type an amount.\n") || shown.starts_with("Press the number"), "{wrong}: {shown}");
        if host.at() == "help.lost" {
            host.typed("0");
        }
    }
    assert_eq!(host.typed("500 TZS"), "Beans of kind 12 for 500?\n1 Yes\n0 Back");
}

#[test]
fn keys_are_forgiven_what_people_put_around_them() {
    for typed in ["1", " 1 ", "1.", "1#", "(1)", "1\u{200B}"] {
        let mut host = Host::new();
        host.dial("");
        assert!(host.typed(typed).starts_with("Clinics near you"), "{typed:?}");
    }
    for typed in ["1*1", "*", "#", "11111", "one", "١", "-1", "1 1"] {
        let mut host = Host::new();
        host.dial("");
        assert_eq!(host.typed(typed), "Type a number.\nHealth and prices\n1 Clinic\n2 Market\n3 Results", "{typed:?}");
    }
}

#[test]
fn a_menu_takes_an_answer_beside_its_keys() {
    let mut host = Host::new();
    host.dial("");
    assert_eq!(host.typed(" 12. "), "Beans of kind 12: 1200\n1 Sell\n2 All prices\n0 Back");
    assert!(answered(&host, "crop_number") == Some(Answer::Integer(12)));
}
