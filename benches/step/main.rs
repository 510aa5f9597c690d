//! Two costs that are paid on the writer's only thread: `step` alone, from an input to its screen, and the search for
//! one worker's jobs among 20,000 open vacancies.
//!
//! `cargo bench --bench step` prints both beside their budgets. Without `--bench` (as under `cargo test --benches`), or
//! with `--test`, it only proves that the parts still run.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![expect(clippy::print_stdout, reason = "a benchmark talks to a terminal")]

mod engine;
mod jobs;
mod times;

use std::process::ExitCode;

/// How often each thing is measured.
#[derive(Clone, Copy, Debug)]
struct Scale {
    steps: usize,
    vacancies: usize,
    searches: usize,
}

const MEASURED: Scale = Scale { steps: 200_000, vacancies: 20_000, searches: 20_000 };
const SMOKE: Scale = Scale { steps: 50, vacancies: 300, searches: 30 };

fn main() -> ExitCode {
    let has = |wanted: &str| std::env::args().any(|argument| argument == wanted);
    let scale = if has("--bench") && !has("--test") { MEASURED } else { SMOKE };
    match run(scale) {
        Ok(table) => {
            println!("{table}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("step: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(scale: Scale) -> anyhow::Result<String> {
    let mut lines =
        vec!["| what | times | median | p99 | budget (median) |".to_owned(), "|---|--:|--:|--:|--:|".to_owned()];
    lines.extend(engine::measure(scale.steps)?);
    lines.extend(jobs::measure(scale.vacancies, scale.searches)?);
    Ok(lines.join("\n"))
}
