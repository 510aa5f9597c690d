//! Cases, held jobs and employers through the real doors: a phone tells, operators work with commands beside the service.

use std::process::Output;

use crate::support::{World, texts};

const DATA: [&str; 2] = ["--data", "kaziline-demo"];
const ANN: [&str; 2] = ["--by", "Ann"];
/// Looks at the queue while a service begins its work: each takes tens of milliseconds.
const ROUNDS: usize = 200;
/// A number of which nothing is known: its first screen is Kinyarwanda's.
const STRANGER: &str = "+250780000777";

fn command(world: &World, arguments: &[&str]) -> Output {
    world.command(&[arguments, &DATA].concat())
}

/// A command that has to go well; what it says.
fn done(world: &World, arguments: &[&str]) -> String {
    let output = command(world, arguments);
    let (out, err) = texts(&output);
    assert_eq!((output.status.code(), err.as_str()), (Some(0), ""), "{arguments:?}: {out}");
    out
}

/// A command that has to be refused, in one line.
fn refused(world: &World, arguments: &[&str], said: &str) {
    let output = command(world, arguments);
    let (out, err) = texts(&output);
    assert_eq!((output.status.code(), out.as_str()), (Some(1), ""), "{arguments:?}: {err}");
    assert!(err.contains(said) && err.lines().count() == 1, "{arguments:?}: {err}");
}

fn json(world: &World, arguments: &[&str]) -> serde_json::Value {
    serde_json::from_str(&done(world, &[arguments, &["--json"]].concat())).unwrap()
}

/// The version of a job that an operator sees.
fn version(world: &World, job: &str) -> String {
    json(world, &["vacancy", "show", job])["version"].to_string()
}

/// The number of the only case.
fn only_case(world: &World) -> String {
    let cases = json(world, &["case", "list"]);
    assert_eq!(cases.as_array().unwrap().len(), 1, "{cases}");
    cases[0]["case"].to_string()
}

#[test]
fn a_case_is_told_answered_and_followed_without_a_number_in_any_listing() {
    let world = World::demo();
    let mut phone = world.phone(STRANGER);
    // Help, I have a problem, unpaid, no job, answer by SMS.
    phone.dial("*567*4#", &["4", "1", "3", "5"]);
    let case = only_case(&world);
    assert!(phone.screen().contains(&case), "{}", phone.screen());
    let sms = phone.messages(1).remove(0);
    assert!(sms.contains(&case) && !sms.to_lowercase().contains("hembw"), "discreet: {sms}");
    let note = "Arampa ayanjye 7000 <b>=cmd|A1</b>";
    phone.press("1");
    phone.press(note);

    let listed = done(&world, &["case", "list", "--state", "open"]);
    assert!(listed.contains(&case) && listed.contains("unpaid") && !listed.contains("780000777"), "{listed}");
    let shown = done(&world, &["case", "show", &case]);
    assert!(shown.contains(note) && shown.contains("the person") && !shown.contains("780000777"), "{shown}");
    let spaced = format!("{}-{}", &case[..2], &case[2..]);
    assert!(done(&world, &["case", "show", &spaced]).contains(&case));

    // Two operators: one takes it.
    assert!(done(&world, &[&["case", "take", &case][..], &ANN].concat()).contains("take is done"));
    refused(&world, &["case", "take", &case, "--by", "Bob"], "Ann works on case");
    refused(&world, &[&["case", "close", &case, "gone"][..], &ANN].concat(), "is open: nothing was changed");
    let long = "x".repeat(5_000);
    refused(&world, &[&["case", "note", &case, &long][..], &ANN].concat(), "at most 1000 are kept");
    refused(&world, &[&["case", "answer", &case, &"y".repeat(111)][..], &ANN].concat(), "at most 110 are kept");
    refused(&world, &[&["case", "answer", &case][..], &ANN].concat(), "there is nothing in the text");
    refused(&world, &["case", "note", &case, "hello", "--by", "\u{202E} "], "say who you are");
    refused(&world, &[&["case", "hand-over", &case, "labour_inspector"][..], &ANN].concat(), "has no number yet");
    refused(&world, &[&["case", "hand-over", &case, "nobody"][..], &ANN].concat(), "there is no office `nobody`");
    refused(&world, &[&["case", "take", "12345"][..], &ANN].concat(), "is no case number");
    assert!(done(&world, &["case", "offices"]).contains("NO NUMBER"));

    // The person is told that there is an answer, and reads it.
    done(&world, &[&["case", "answer", &case, "Azakwishyura \u{200F}ku wa gatanu"][..], &ANN].concat());
    assert!(done(&world, &["outbox", "list"]).contains("  case_answered  "), "in the morning, if it is night");
    let answer = phone.dial("*567*4#", &["6", "1", "4"]);
    assert!(answer.contains("Azakwishyura ku wa gatanu"), "{answer}");

    // Who looks at the number is noted before it is shown.
    let usage = command(&world, &["case", "show", &case, "--contact"]);
    assert_eq!(usage.status.code(), Some(2), "{:?}", texts(&usage));
    let contact = done(&world, &[&["case", "show", &case, "--contact"][..], &ANN].concat());
    assert!(contact.contains("call +250780000777 in rw"), "{contact}");
    let shown = json(&world, &["case", "show", &case]);
    let log: Vec<&str> =
        shown["shown"]["log"].as_array().unwrap().iter().map(|of| of["what"].as_str().unwrap()).collect();
    assert_eq!(log, ["opened", "noted", "taken", "answered", "contact_seen"]);

    // The person settles it; an operator who is late changes nothing.
    phone.dial("*567*4#", &["6", "1", "2"]);
    refused(&world, &[&["case", "answer", &case, "again"][..], &ANN].concat(), "is settled: nothing was changed");
    assert_eq!(done(&world, &["case", "list"]), "no cases\n");
    assert!(done(&world, &["case", "list", "--state", "settled"]).contains(&case));
    refused(&world, &["case", "list", "--state", "lost"], "`lost` is not known here; there are open, answered");

    let metrics = String::from_utf8(world.get("/metrics").body).unwrap();
    assert!(metrics.contains("kaziline_cases_overdue 0") && metrics.contains("kaziline_jobs_held 0"), "{metrics}");
    let stopped = world.stop();
    let logged = stopped.log.join("\n");
    for secret in ["780000777", "Arampa", "7000 <b>", "Azakwishyura"] {
        assert!(!logged.contains(secret), "{secret} in the log");
    }
}

#[test]
fn who_is_in_danger_is_not_written_to_and_operators_are_told_at_once() {
    let world = World::demo();
    let mut phone = world.phone(STRANGER);
    phone.dial("*567*4#", &["4", "2", "1"]);
    let case = only_case(&world);
    assert!(phone.screen().contains(&case), "{}", phone.screen());
    let list = phone.dial("*567*4#", &["6"]);
    assert!(!list.contains(&case), "{list}");
    let said = done(&world, &[&["case", "answer", &case, "Twaguhamagaye"][..], &ANN].concat());
    assert!(said.contains("Nothing is written to the phone: call the person"), "{said}");
    assert_eq!(done(&world, &["outbox", "list"]), "no messages\n");
    // Found by its number, and only by its owner. The list can be gone on with, so it is asked first.
    let found = phone.dial("*567*4#", &["2", &case]);
    assert!(found.contains(&case), "{found}");
    let other = world.phone("+250780000778").dial("*567*4#", &[&case]);
    assert!(!other.contains(&case), "{other}");
}

#[test]
fn a_held_job_is_looked_at_and_an_employer_is_blocked() {
    let world = World::demo();
    let row = |id: &str, text: &str| {
        format!("{id},Umusozi Ltd,organisation,+250780000950,11,Gasabo/Remera,casual_day,7000,day,{text}\n")
    };
    let head = "ref,employer,employer_kind,employer_contact,trade,area,kind,pay,pay_unit,description\n";
    let file = [head.to_owned(), row("h1", "Registration fee 5000"), row("h2", "No registration fee")].concat();
    std::fs::write(world.folder().path().join("v.csv"), file).unwrap();
    let import = done(&world, &["import", "vacancies", "v.csv"]);
    assert!(import.contains("2 added (1 held for a look)"), "{import}");
    let held = json(&world, &["vacancy", "held"]);
    assert_eq!((held.as_array().unwrap().len(), &held[0]["why"]), (1, &"worker_pays".into()));
    let (job, employer) = (held[0]["job_number"].to_string(), held[0]["employer"].to_string());
    let shown = done(&world, &["vacancy", "show", &job]);
    assert!(shown.contains("\"registration fee\"") && shown.contains("is held"), "{shown}");
    let dial = format!("*567*{job}#");
    let mut phone = world.phone(crate::apply::WORKER);
    assert!(phone.dial(&dial, &[]).contains("ntigasabwa"));
    let seen = version(&world, &job);
    let release = ["vacancy", "release", &job, "--by", "Ann", "--seen"];
    assert_eq!(command(&world, &["vacancy", "release", &job, "--by", "Ann"]).status.code(), Some(2), "blindly");
    // The employer changes the text after it was looked at.
    let token = crate::api::token(&world, &employer, "vacancies:read,vacancies:write").text;
    let listed = crate::api::Call::new("GET", "/api/v1/vacancies?status=held", Some(&token)).send(&world);
    let path = format!("/api/v1/vacancies/{}", crate::api::body(&listed)["items"][0]["id"].as_str().unwrap());
    let text = serde_json::json!({"description": "Registration fee 9000"});
    let change = crate::api::Call::new("PATCH", &path, Some(&token)).with("if-match", "*").json(&text);
    assert_eq!(change.send(&world).status, 200);
    refused(&world, &[&release[..], &[&seen]].concat(), "it was changed meanwhile, look at it again");
    let seen = version(&world, &job);
    assert!(done(&world, &[&release[..], &[&seen]].concat()).contains("nobody is told"));
    refused(&world, &["vacancy", "release", &job, "--by", "Bob", "--seen", &seen], "nothing was changed");

    // Somebody asks for it; it is taken back, and the employer blocked with it.
    let applied = phone.dial(&dial, &["1"]);
    assert!(applied.contains(&job), "{applied}");
    phone.messages(1);
    let closing = [&["vacancy", "close", &job, "--note", "asked for money", "--block-employer"][..], &ANN].concat();
    let closed = done(&world, &closing);
    assert!(closed.contains("is blocked, 1 jobs are held"), "{closed}");
    let employed = done(&world, &["employer", "show", &employer]);
    assert!(employed.contains("the employer is blocked") && !employed.contains("780000950"), "{employed}");
    let other = json(&world, &["vacancy", "held"])[0]["job_number"].to_string();
    let seen = version(&world, &other);
    let release = ["vacancy", "release", &other, "--seen", &seen];
    refused(&world, &[&release[..], &ANN].concat(), "the employer is blocked");
    done(&world, &[&["employer", "unblock", &employer][..], &ANN].concat());
    done(&world, &[&release[..], &ANN].concat());

    refused(&world, &[&["employer", "check", &employer, "--tier", "best"][..], &ANN].concat(), "`best` is no tier");
    refused(&world, &[&["employer", "check", &employer][..], &ANN].concat(), "say what was checked");
    let licence = ["employer", "check", &employer, "--licence", "L 1", "--until", "2099-01-01"];
    refused(&world, &[&licence[..], &ANN].concat(), "only an agency has a licence");
    done(&world, &[&["employer", "check", &employer, "--tier", "id_seen", "--note", "card seen"][..], &ANN].concat());
    let employed = done(&world, &["employer", "show", &employer]);
    assert!(employed.contains("tier (id_seen) by Ann  card seen"), "{employed}");
    refused(&world, &[&["employer", "block", "1"][..], &ANN].concat(), "there is no employer 1");
}

#[test]
fn the_same_commands_work_while_nobody_serves() {
    let world = World::demo();
    world.phone(STRANGER).dial("*567*4#", &["4", "5", "3", "5"]);
    let case = only_case(&world);
    let folder = world.end();
    let arguments = ["case", "answer", &case, "Turaguhamagara", "--by", "Ann", "--data", "kaziline-demo"];
    let answered = crate::support::run(&arguments, folder.path());
    assert_eq!(answered.status.code(), Some(0), "{:?}", texts(&answered));
    // Who serves next tells the person, in its first round.
    let world = World::start_in(folder, &[]);
    let is_told = || done(&world, &["outbox", "list"]).contains("  case_answered  ");
    assert!((0..ROUNDS).any(|_| is_told()), "nobody was told");
}
