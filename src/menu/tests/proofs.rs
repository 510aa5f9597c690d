//! Planted faults in what the files mean: the graph, its keys, outcomes, secrets and sizes.

use super::example::{build_with, bundle};
use super::faults::{BOOKING, BUNDLE, CLINIC, CLOCK, EN, HELP, HOME, MARKET, SW, VAULT, WHO, assert_found, here};
use crate::menu::Bundle;

#[test]
fn states_that_are_never_reached_or_lead_nowhere() {
    let lost = "[state.far]\nend = true\n\n[state.lost]";
    let text = "[help.far]\ntext = \"Far\"\n\n[help.lost]";
    let changes = [(HELP, "[state.lost]", lost), (EN, "[help.lost]", text), (SW, "[help.lost]", text)];
    let report = build_with(&changes).unwrap_err();
    let [fault] = report.records().try_into().unwrap();
    assert_eq!((fault.code, fault.file, fault.line), ("E02", HELP, 4));
    assert!(fault.what.contains("help.far") && fault.fix.unwrap().contains("lead to it"));

    assert_found(
        &here("E03", CLOCK, "ask = \"hour\"\ngo = \"set\"", "ask = \"hour\"", "nowhere", "go = ")
            .on(CLOCK, "[state.hour]"),
    );
    assert_found(
        &here(
            "E03",
            CLINIC,
            "menu = [{ key = \"1\", id = \"again\", go = \"list\" }]",
            "menu = []",
            "without options",
            "add {",
        )
        .on(CLINIC, "[state.dropped]"),
    );
    let returns = "return = \"x\"";
    assert_found(
        &here(
            "E03",
            HELP,
            "menu = [{ key = \"1\", id = \"home\", go = \"home.start\" }]",
            returns,
            "without a call",
            "only call",
        )
        .on(HELP, "[state.lost]"),
    );
}

#[test]
fn screens_without_a_way_out() {
    // Posted leads only to itself, and nothing leads back from it.
    let trap = "menu = [{ key = \"1\", id = \"list\", go = \"posted\" }]\n\n[state.unknown]";
    let from = "menu = [{ key = \"1\", id = \"list\", go = \"list\" }]\n\n[state.unknown]";
    assert_found(&here("E04", MARKET, from, trap, "market.posted", "back").on(MARKET, "[state.posted]"));
}

#[test]
fn rings_that_never_answer() {
    assert_found(
        &here("E05", VAULT, "wrong = \"ask\"", "wrong = \"open\"", "without a screen", "put a screen")
            .on(VAULT, "[state.open]"),
    );
    // An empty list is passed by: it is no screen in a ring.
    assert_found(
        &here("E05", CLINIC, "empty = \"none\"", "empty = \"list\"", "without a screen", "put a screen")
            .on(CLINIC, "[state.list]"),
    );
    assert_found(
        &here(
            "E05",
            BOOKING,
            "call = \"clock\"\non = { set = \"note\", skip = \"note\" }",
            "call = \"booking\"\non = { booked = \"note\", dropped = \"note\" }",
            "before it returns",
            "instead of `call`",
        )
        .on(BOOKING, "[state.clock]"),
    );
    assert_found(
        &here(
            "E05",
            HELP,
            "[state.fault]\n",
            "[state.fault]\nshow = \"clinic.slip\"\n",
            "has just failed",
            "without `show`",
        )
        .on(BUNDLE, "fault = "),
    );
}

#[test]
fn keys_that_mean_two_things() {
    for planted in [
        here("E06", HOME, "key = \"2\", id = \"market\"", "key = \"1\", id = \"market\"", "two options", "another key"),
        here("E06", HOME, "key = \"2\"", "key = \"0\"", "is reserved", "another key"),
        here("E06", HOME, "key = \"2\"", "key = \"22\"", "taken as an answer", "another key"),
        here("E06", HOME, "key = \"2\"", "key = \"2a\"", "one to three digits", "another key"),
        here("E06", MARKET, "key = \"90\"", "key = \"98\"", "turns pages", "another key"),
        here("E06", MARKET, "key = \"90\"", "key = \"9\"", "number of a row", "another key"),
        here("E06", BUNDLE, "98 = \"more\"", "9a = \"more\"", "cannot be a key", "digits"),
        here("E06", BUNDLE, "98 = \"more\"", "98 = \"more\"\n96 = \"more\"", "two keys mean", "remove one")
            .on(BUNDLE, "96 = "),
        here("E06", BUNDLE, "path = \"2*{crop_number}\"", "path = \"1\"  # again", "two places", "remove one"),
    ] {
        assert_found(&planted);
    }
    let same = "0 = \"back\"\n000 = \"home\"";
    assert!(build_with(&[(BUNDLE, "0 = \"back\"\n00 = \"home\"", same)]).is_ok());
    let same = "97 = \"back\"\n00 = \"home\"";
    let report =
        build_with(&[(BUNDLE, "0 = \"back\"\n00 = \"home\"\n98 = \"more\"\n97 = \"previous\"", same)]).unwrap_err();
    assert!(report.records().iter().any(|fault| fault.code == "E06" && fault.what.contains("two meanings")));
}

#[test]
fn dialling_never_acts() {
    let changes = [
        (BUNDLE, "path = \"1\"\ngo = \"clinic.list\"", "path = \"1\"\ngo = \"clinic.act\""),
        (
            CLINIC,
            "[state.none]",
            "[state.act]\ndo = \"visitor.choose\"\non = { chosen = \"none\", gone = \"none\" }\n\n[state.none]",
        ),
    ];
    let report = build_with(&changes).unwrap_err();
    let faults = report.records();
    let fault = faults.iter().find(|fault| fault.code == "E06").unwrap();
    assert!(fault.what.contains("`visitor.choose`") && fault.fix.unwrap().contains("asks first"));
    assert_eq!((fault.file, fault.line), (BUNDLE, 35));
}

#[test]
fn screens_that_do_not_fit() {
    let letters = |slot: &str, count: usize| format!("{slot} = \"{}\"", "a".repeat(count));
    // Too many for the first screen, few enough for a later one.
    let long = letters("text", 121);
    let what = "of 140 septets in `sw` as the first";
    assert_found(&here("E10", SW, "text = \"Afya na bei\"", &long, what, "shorten it by 7"));
    let later = letters("text", 105);
    assert!(build_with(&[(SW, "text = \"Saa maalum?\"", &later)]).is_ok(), "a later screen may have 160");
    // The error line above a prompt counts, and the way back below it.
    let full = 160 - "Andika namba.\n\n0 Rudi".len();
    assert!(build_with(&[(SW, "text = \"Siri yako?\"", &letters("text", full))]).is_ok());
    let long = letters("text", full + 1);
    assert_found(&here("E10", SW, "text = \"Siri yako?\"", &long, "can take 161 of 160 septets in `sw`", "by 1,"));
    let long = letters("resume", 130);
    assert_found(&here("E10", SW, "resume = \"Simu ilikatika.\"", &long, "dropped visit", "shorten it by"));
    let long = letters("over", 141);
    assert_found(&here(
        "E10",
        SW,
        "over = \"Simu imekwisha.\"",
        &long,
        "last word takes 141 of 140",
        "shorten it by 1",
    ));
    let long = format!("text = \"{} {{clinic}}\"", "a".repeat(150));
    let slip = "text = \"Ziara yako: {clinic}, {day}, namba {number}.\"";
    assert_found(&here("E10", SW, slip, &long, "two segments", "{name:12}"));
    // A character of the extension table counts twice.
    let euros = format!("text = \"{}\"", "€".repeat(70));
    assert_found(&here("E10", SW, "text = \"Siri yako?\"", &euros, "`vault.ask` can take 161", "shorten it by 1,"));
}

#[test]
fn rows_that_do_not_fit() {
    let long = format!("text = \"{}\"", "a".repeat(70));
    let what = "`market.list` can take 168 of 160";
    assert_found(&here("E11", SW, "text = \"Bei za leo\"", &long, what, "by 8, or cut a value"));
    // A cut value takes no more than its cut.
    let cut = "row = \"{crop:4}. {price:3}. {trend:4}.\"";
    let row = "row = \"{crop:12} {price} {trend}\"";
    assert!(build_with(&[(SW, "text = \"Bei za leo\"", &long), (SW, row, cut)]).is_ok());
}

#[test]
fn outcomes_that_are_not_handled() {
    for planted in [
        here(
            "E12",
            VAULT,
            "on = { right = \"inside\", wrong = \"ask\" }",
            "on = { right = \"inside\" }",
            "`wrong` of `vault.open`",
            "wrong = ",
        )
        .on(VAULT, "[state.open]"),
        here("E12", VAULT, "wrong = \"ask\"", "wrong = \"ask\", wrang = \"ask\"", "no outcome `wrang`", "right, wrong"),
        here(
            "E12",
            CLINIC,
            "on = { booked = \"done\", dropped = \"dropped\" }",
            "on = { booked = \"done\" }",
            "returns `dropped`",
            "dropped = ",
        )
        .on(CLINIC, "[state.book]"),
        here(
            "E12",
            CLINIC,
            "dropped = \"dropped\" }",
            "dropped = \"dropped\", other = \"done\" }",
            "never returns `other`",
            "remove it",
        )
        .on(CLINIC, "[state.book]"),
        here("E12", WHO, "return = \"known\"", "end = true", "never returns", "return = ").on(BUNDLE, "identify = "),
    ] {
        assert_found(&planted);
    }
}

#[test]
fn secrets_that_are_shown() {
    assert_found(&here("E13", SW, "text = \"Siri yako?\"", "text = \"Siri {code}?\"", "is a secret", "remove it"));
}

#[test]
fn a_state_that_asks_for_a_secret_is_private() {
    let private = |bundle: &Bundle, name: &str| bundle.state(bundle.names[name]).unwrap().private;
    assert!(private(bundle(), "vault.ask") && private(bundle(), "vault.inside") && !private(bundle(), "home.start"));
}
