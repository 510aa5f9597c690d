//! Tokens: shown once, kept as a hash, revoked at once, two live while programs change over.

use super::{Call, Office, body, made, pointers, token, told, world};
use crate::support::cluster::shared;
use crate::support::{World, texts};

fn status(world: &World, token: &str) -> u16 {
    Call::new("GET", "/api/v1/me", Some(token)).send(world).status
}

#[test]
fn a_token_tells_who_it_speaks_for_and_is_over_when_it_is_revoked() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let me = body(&office.get("/api/v1/me"));
    assert_eq!(
        (me["employer"]["id"].as_str(), me["employer"]["name"].as_str()),
        (Some(&*office.employer), Some("EMMA Ltd"))
    );
    assert_eq!(me["token"]["prefix"], office.token.text[..12]);
    assert_eq!(me["token"]["scopes"].as_array().unwrap().len(), 8);
    let listed = told(&world, &["token", "list"]);
    assert!(!listed.to_string().contains(&office.token.text) && listed[0]["is_live"] == true);
    told(&world, &["token", "revoke", &office.token.id]);
    // At once, which is within the five seconds that are promised.
    assert_eq!(status(&world, &office.token.text), 401);
    assert_eq!(told(&world, &["token", "list"])[0]["is_live"], false);
    let again = world.command(&["token", "revoke", &office.token.id, "--data", "kaziline-demo"]);
    assert_eq!(again.status.code(), Some(1), "{}", texts(&again).1);
    let secrets = std::fs::read(world.folder().data().join("kaziline.db")).unwrap_or_default();
    let bare = office.token.text.trim_start_matches("kzl_").as_bytes();
    assert!(!secrets.windows(bare.len()).any(|window| window == bare));
    let stopped = world.stop();
    let log = stopped.log.join("\n");
    assert!(!log.contains("kzl_") && !log.contains("EMMA"), "{log}");
}

#[test]
fn while_one_follows_the_other_two_are_live_and_never_three() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let second = made(&told(&world, &["token", "rotate", &office.token.id]));
    assert_eq!((status(&world, &office.token.text), status(&world, &second.text)), (200, 200));
    let third = made(&told(&world, &["token", "rotate", &second.id]));
    let all = [&office.token.text, &second.text, &third.text].map(|token| status(&world, token));
    assert_eq!(all, [401, 200, 200]);
}

#[test]
fn commands_say_what_is_wrong_and_work_on_a_store_that_is_not_running() {
    let world = world();
    let office = Office::new(&world, "EMMA Ltd");
    let wrong: [&[&str]; 6] = [
        &["token", "create", "--employer", "7", "--name", "x", "--scope", "export"],
        &["token", "create", "--employer", &office.employer, "--name", "x", "--scope", "admin"],
        &["token", "create", "--employer", &office.employer, "--name", " ", "--scope", "export"],
        &["token", "create", "--employer", &office.employer, "--name", "x", "--scope", "export", "--expires-days", "0"],
        &["employer", "check", &office.employer, "--tier", "licensed_agency", "--by", "Aline"],
        &["employer", "add", "--name", "x", "--kind", "household", "--contact", "nowhere"],
    ];
    for arguments in wrong {
        let refused = world.command(&[arguments, &["--data", "kaziline-demo"]].concat());
        let (_, err) = texts(&refused);
        assert!(refused.status.code() == Some(1) && err.lines().count() == 1, "{arguments:?}: {err}");
    }
    told(&world, &["employer", "check", &office.employer, "--tier", "registered_firm", "--by", "Aline"]);
    let agency = ["employer", "add", "--name", "Ihuriro", "--kind", "agency", "--contact", "0788123456"];
    let agency = told(&world, &agency)["id"].as_str().unwrap().to_owned();
    let seen = ["employer", "check", &agency, "--licence", "RDB/7", "--until", "2099-12-31", "--by", "Aline"];
    told(&world, &seen);
    let employer = office.employer.clone();
    let folder = world.end();
    let list = crate::support::run(&["employer", "list", "--data", "kaziline-demo", "--json"], folder.path());
    let list = texts(&list).0;
    assert!(list.contains("licensed_agency") && list.contains("registered_firm"), "{list}");
    let create =
        ["token", "create", "--employer", &employer, "--name", "x", "--scope", "export", "--data", "kaziline-demo"];
    let created = crate::support::run(&create, folder.path());
    assert!(texts(&created).0.contains("kzl_"), "{}", texts(&created).1);
}

#[test]
fn a_token_that_asks_too_much_is_told_when_to_go_on() {
    let world = World::demo_with(&[("KAZILINE_API_REQUESTS_S", "1"), ("KAZILINE_API_BURST", "3")]);
    let office = Office::new(&world, "EMMA Ltd");
    let answers: Vec<_> = (0..40).map(|_| office.get("/api/v1/me")).collect();
    let refused = answers.iter().find(|answer| answer.status == 429).expect("40 requests at once are too many");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() >= 1);
    pointers(refused);
    let other = token(&world, &office.employer, "export");
    assert_eq!(status(&world, &other.text), 200, "another token has its own measure");
}

#[test]
fn a_token_revoked_at_one_node_opens_nothing_at_the_other() {
    let (url, name) = crate::nodes::database();
    let one = crate::nodes::first(&url);
    let two = crate::nodes::another(&url, &one);
    let employer = shared().psql(&name, "SELECT id FROM employer LIMIT 1");
    let keys = one.folder().data().join("keys");
    let run = |arguments: &[&str]| {
        let mut command =
            crate::support::command(&[arguments, &["--data", "kaziline-demo", "--json"]].concat(), one.folder().path());
        command.env("KAZILINE_STORE_DATABASE", &url).env("KAZILINE_DATA_KEYS", &keys);
        let (out, err) = texts(&command.output().unwrap());
        serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"))
    };
    let token = made(&run(&["token", "create", "--employer", &employer, "--name", "x", "--scope", "export"]));
    assert_eq!((status(&one, &token.text), status(&two, &token.text)), (200, 200));
    run(&["token", "revoke", &token.id]);
    assert_eq!((status(&one, &token.text), status(&two, &token.text)), (401, 401));
}
