//! Tests of the layers: what wins, what is refused, what is never shown.

use std::collections::BTreeSet;

use super::setting::SETTINGS;
use super::*;

fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn flags(pairs: &[(&'static str, &str, &str)]) -> Vec<Flag> {
    pairs.iter().map(|(flag, name, value)| (*flag, (*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn the_file_that_is_compiled_in_has_every_setting_and_no_other() {
    let config = Config::of_layers(None, [], &[]).unwrap();
    let said: BTreeSet<String> = config.layers.values.keys().cloned().collect();
    let known: BTreeSet<String> = SETTINGS.iter().map(|s| format!("{}.{}", s.section, s.key)).collect();
    assert_eq!(said, known);
    assert_eq!(config.missing_to_serve().len(), 2);
}

#[test]
fn the_defaults_of_the_store_are_those_of_its_code() {
    let (ours, theirs) = (Config::of_layers(None, [], &[]).unwrap().store, storage::Options::default());
    assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
}

#[test]
fn later_layers_win_and_each_value_knows_where_it_comes_from() {
    let text = "[server]\nlisten = \"0.0.0.0:1\"\nidle_ms = 100\nstop_ms = 200\n[log]\nlevel = \"warn\"\n";
    let environment =
        env(&[("KAZILINE_SERVER_LISTEN", "0.0.0.0:2"), ("KAZILINE_SERVER_IDLE_MS", "300"), ("PATH", "/")]);
    let flags = flags(&[("--listen", "server.listen", "0.0.0.0:3")]);
    let config = Config::of_layers(Some((Path::new("k.toml"), text)), environment, &flags).unwrap();
    assert_eq!(config.server.listen.port(), 3);
    assert_eq!((config.server.idle_ms, config.server.stop_ms, config.log.level.as_str()), (300, 200, "warn"));
    let shown = config.render();
    for line in [
        "listen = \"0.0.0.0:3\"                     # --listen",
        "idle_ms = 300                            # KAZILINE_SERVER_IDLE_MS",
        "stop_ms = 200                            # k.toml:4",
        "first_byte_ms = 5000                     # default",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
    }
}

#[test]
fn all_faults_are_told_at_once_with_their_place_and_a_way_out() {
    let text = "[server]\nlistn = \"x\"\nidle_ms = \"soon\"\nstop_ms = -1\n[sever]\nx = 1\n[channel.MTN]\nkind = \"ussd\"\n\
                [channel.a]\nkind = \"sms\"\ndialect = \"smoke\"\n[channel.b]\nsecret = \"x\"\n[log]\nlevel = \"loud\"\n";
    let environment = env(&[("KAZILINE_SERVER_LISTNE", "x"), ("KAZILINE_LOG_FORMAT", "xml"), ("KAZILINE_BIN", "x")]);
    let flags = flags(&[("--listen", "server.listen", "here")]);
    let faults = Config::of_layers(Some((Path::new("k.toml"), text)), environment, &flags).unwrap_err();
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let expected = [
        "k.toml:2: unknown key `server.listn`; did you mean `listen`?",
        "k.toml:3: `server.idle_ms` must be a whole number from 10 to 3600000, not \"soon\"",
        "k.toml:4: `server.stop_ms` must be a whole number from 0 to 3600000, not -1",
        "k.toml:5: unknown key `sever`; did you mean `server`?",
        "k.toml:7: a channel cannot be called `MTN`: use small letters, digits and _, at most 32",
        "k.toml:15: `log.level` must be one of error, warn, info, debug, trace, not \"loud\"",
        "KAZILINE_SERVER_LISTNE: no setting is called so; did you mean `KAZILINE_SERVER_LISTEN`?",
        "KAZILINE_LOG_FORMAT: `log.format` must be one of plain, json, not \"xml\"",
        "--listen: `server.listen` must be an address and a port such as \"127.0.0.1:8080\", not \"here\"",
        "k.toml:11: `channel.a.dialect` must be one of loopback, africastalking, pindo, infobip, twilio, kannel, jasmin, \
            beem, hubtel, http, smpp",
        "k.toml:13: `channel.b` needs a kind: write kind = \"ussd\", \"sms\", \"email\" or \"webhook\"",
    ];
    for line in expected {
        assert!(told.iter().any(|told| told == line), "{line}\nis not among\n{}", told.join("\n"));
    }
    assert_eq!(told.len(), expected.len(), "{}", told.join("\n"));
}

#[test]
fn broken_toml_is_told_by_its_line() {
    let faults = Config::of_layers(Some((Path::new("k.toml"), "[server]\nlisten = \n")), [], &[]).unwrap_err();
    assert!(faults[0].to_string().starts_with("k.toml:2: this is not TOML"), "{faults:?}");
}

#[test]
fn secrets_are_shown_by_nothing() {
    let text = "[channel.mtn]\nkind = \"ussd\"\ndialect = \"africastalking\"\nsecret = \"hush-hush-hush-hush\"\n";
    let config = Config::of_layers(Some((Path::new("k.toml"), text)), [], &[]).unwrap();
    assert_eq!(config.ussd[0].secret.expose(), "hush-hush-hush-hush");
    let shown = format!("{} {:?}", config.render(), config.records());
    assert!(shown.contains("***") && !shown.contains("hush"), "{shown}");
    assert!(!format!("{:?} {:?}", config.ussd, config.server).contains("hush"));
}

#[test]
fn a_guessable_secret_is_refused_but_for_the_demo() {
    let text = "[channel.mtn]\nkind = \"ussd\"\ndialect = \"africastalking\"\nsecret = \"hush\"\n";
    let faults = Config::of_layers(Some((Path::new("k.toml"), text)), [], &[]).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert!(faults[0].to_string().starts_with("k.toml:4: `channel.mtn.secret` must be 16"), "{faults:?}");
    let demo = Config::of_layers(None, [], &demo_flags()).unwrap();
    assert!(demo.missing_to_serve().is_empty());
    assert_eq!(
        (demo.ussd[0].name.as_str(), demo.outward.sms[0].peer.sender(), demo.simulator),
        ("demo", "Kaziline", true)
    );
}

#[test]
fn channels_can_be_said_in_the_environment() {
    let environment = env(&[
        ("KAZILINE_CHANNEL_MTN_RW_KIND", "ussd"),
        ("KAZILINE_CHANNEL_MTN_RW_DIALECT", "africastalking"),
        ("KAZILINE_CHANNEL_MTN_RW_SECRET", "0123456789abcdef"),
    ]);
    let config = Config::of_layers(None, environment, &[]).unwrap();
    assert_eq!((config.ussd[0].name.as_str(), config.ussd[0].secret.expose()), ("mtn_rw", "0123456789abcdef"));
}

#[test]
fn a_short_code_is_checked() {
    for bad in ["", "567", "*567", "*5a7#", "**#", "*567*#"] {
        let flags = flags(&[("--x", "service.short_code", bad)]);
        assert_eq!(Config::of_layers(None, [], &flags).unwrap_err().len(), 1, "{bad}");
    }
    assert!(is_short_code("*182*7#"));
}
