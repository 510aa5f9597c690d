//! Every transcript in `menus/tests` holds. Each plays on an invented population of its own, at a fixed moment.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use kaziline::app::{Core, DEMO_NOW_MS};
use kaziline::clock::{Clock, SimulatedClock};
use kaziline::embedded;
use kaziline::menu::coverage::coverage;
use kaziline::menu::transcript::parse;
use kaziline::phone::transcript::run;
use kaziline::phone::{Handset, InProcess};

use crate::support::repository;

fn transcripts() -> Vec<PathBuf> {
    let files = std::fs::read_dir(repository().join("menus/tests")).unwrap();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

#[tokio::test]
async fn every_transcript_holds() {
    let mut told = Vec::new();
    let (mut walked, mut bundle) = (BTreeSet::new(), None);
    for file in transcripts() {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let transcript = match parse(&std::fs::read_to_string(&file).unwrap()) {
            Ok(transcript) => transcript,
            Err(faults) => {
                told.extend(faults.iter().map(|fault| format!("{name}: {fault}")));
                continue;
            }
        };
        let clock = Arc::new(SimulatedClock::at(DEMO_NOW_MS));
        let core = Core::in_memory(Arc::<SimulatedClock>::clone(&clock) as Arc<dyn Clock>, embedded::menus());
        let mut core = core.await.unwrap();
        let rehearsal = core.rehearse();
        bundle = Some(Arc::clone(&core.service.bundles.now().live));
        let network = InProcess::new(core, "demo", Some(clock));
        let mut phone = Handset::new(network, "*567#", "+250788000001", "it");
        told.extend(run(&transcript, &mut phone).await.differences.iter().map(|found| format!("{name}: {found}")));
        walked.extend(rehearsal.ways());
    }
    assert!(told.is_empty(), "{} differences:\n{}", told.len(), told.join("\n"));
    let covered = coverage(&bundle.unwrap(), &walked);
    assert!(covered.is_whole(), "states that no transcript reaches: {:#?}", covered.missed);
}

#[test]
fn every_flow_has_a_transcript_in_every_language() {
    let flows = [
        "home",
        "register",
        "register_slips",
        "register_refused",
        "details",
        "apply",
        "job_by_number",
        "applications",
        "stages",
        "stages_no",
        "stages_task",
        "stages_late",
        "help",
        "who",
        "book",
        "book_answers",
        "book_many",
        "book_day",
        "book_limits",
        "who_tries",
        "data",
        "data_consent",
        "data_birth_year",
        "data_pin",
        "data_shared",
        "data_erase",
        "cases",
        "cases_unknown",
        "danger",
        "questions",
        "quiz",
        "report",
        "agent",
        "agent_no",
        "moving",
        "moving_pin",
        "linking",
        "linking_join",
    ];
    for language in ["rw", "en", "fr", "sw"] {
        for flow in flows {
            let file = repository().join(format!("menus/tests/{flow}.{language}.txt"));
            assert!(file.is_file(), "no transcript of {flow} in {language}");
        }
    }
}
