//! `kaziline dial`: a phone in the terminal, over HTTP or in process.

use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use aws_lc_rs::rand;
use clap::Args;
use tokio::runtime::Runtime;

use super::{Verdict, print};
use crate::app::{Core, DEMO_NOW_MS, menu_sources};
use crate::clock::{Clock, SimulatedClock, SystemClock};
use crate::gateway::ussd::UssdAnswer;
use crate::menu::transcript::{self, Transcript};
use crate::phone::record::Recorder;
use crate::phone::transcript::run;
use crate::phone::{Handset, InProcess, Network, OverHttp};
use crate::text::gsm7;

/// Dial a code and answer the screens; without --url on an invented population in memory
#[derive(Debug, Args)]
pub(super) struct Dial {
    /// The code, such as '*567#' or '*567*48213#' (quote it: the shell knows * and #)
    #[arg(required_unless_present = "script")]
    code: Option<String>,
    /// The number that dials
    #[arg(long = "as", value_name = "MSISDN", default_value = "+250788000001")]
    number: String,
    /// A running service, such as `http://127.0.0.1:8080`
    #[arg(long)]
    url: Option<String>,
    /// The service's channel (with --url)
    #[arg(long, value_name = "NAME", default_value = "demo")]
    channel: String,
    /// The secret of the channel's hook (with --url)
    #[arg(long, value_name = "SECRET", default_value = "demo", hide_default_value = true)]
    secret: String,
    /// The service code (with --url)
    #[arg(long, value_name = "CODE", default_value = "*567#")]
    short_code: String,
    /// Play a transcript instead of reading the keyboard; exit code 1 where it does not hold
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Write the call down as a transcript; phone numbers, names and secrets are masked
    #[arg(long, value_name = "FILE", conflicts_with = "script")]
    record: Option<PathBuf>,
    /// Menus of a folder instead of those compiled in (without --url)
    #[arg(long, value_name = "DIR", conflicts_with = "url")]
    menus: Option<PathBuf>,
}

/// Looks for an SMS after the last screen, while a service sends it.
const SMS_LOOKS: usize = 20;

impl Dial {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.context("the runtime could not be started")?;
        let script = self.script.as_deref().map(read_transcript).transpose()?;
        if let Some(url) = &self.url {
            let network = OverHttp::new(url, &self.channel, &self.secret)?;
            let mut phone = Handset::new(network, &self.short_code, &self.number, &session_prefix()?);
            return self.play(&runtime, &mut phone, script.as_ref());
        }
        // A transcript plays at a fixed moment, so that it reads the same on every day.
        let is_transcript = script.is_some() || self.record.is_some();
        let simulated = is_transcript.then(|| Arc::new(SimulatedClock::at(DEMO_NOW_MS)));
        let clock: Arc<dyn Clock> = match &simulated {
            Some(clock) => Arc::<SimulatedClock>::clone(clock),
            None => Arc::new(SystemClock::default()),
        };
        let mut core = runtime.block_on(Core::in_memory(clock, menu_sources(self.menus.as_deref())?))?;
        core.rehearse();
        let service_code = core.service.host.short_code.clone();
        let mut phone = Handset::new(InProcess::new(core, "demo", simulated), &service_code, &self.number, "dial");
        self.play(&runtime, &mut phone, script.as_ref())
    }

    fn play<N: Network>(
        &self,
        runtime: &Runtime,
        phone: &mut Handset<N>,
        script: Option<&Transcript>,
    ) -> anyhow::Result<Verdict> {
        if let Some(script) = script {
            let differences = runtime.block_on(run(script, phone)).differences;
            let path = self.script.as_deref().unwrap_or(Path::new("")).display();
            differences.iter().try_for_each(|found| print(&format!("{path}: {found}\n")))?;
            return Ok(if differences.is_empty() { Verdict::Good } else { Verdict::FaultsFound });
        }
        let mut recorder = self.record.as_ref().map(|_| Recorder::new());
        let talked = self.talk(runtime, phone, recorder.as_mut());
        if let (Some(path), Some(recorder)) = (&self.record, &recorder) {
            // What was said is kept, also when the call ended badly.
            std::fs::write(path, recorder.text()).with_context(|| format!("{} cannot be written", path.display()))?;
        }
        talked.map(|()| Verdict::Good)
    }

    fn talk<N: Network>(
        &self,
        runtime: &Runtime,
        phone: &mut Handset<N>,
        mut recorder: Option<&mut Recorder>,
    ) -> anyhow::Result<()> {
        // What lies on the phone already is not news.
        runtime.block_on(phone.new_messages())?;
        let code = self.code.as_deref().unwrap_or_default();
        let answer = runtime.block_on(phone.dial(code))?;
        if let Some(recorder) = &mut recorder {
            recorder.dialled(code, phone.number());
        }
        show(runtime, phone, &answer, recorder.as_deref_mut())?;
        for line in std::io::stdin().lock().lines() {
            let line = line.context("the keyboard cannot be read")?;
            let typed = line.trim_end_matches('\r');
            let (is_call, asked) = (phone.in_call(), phone.network().asked());
            let answer = match typed {
                "" => continue,
                code if !phone.in_call() => runtime.block_on(phone.dial(code)),
                typed => runtime.block_on(phone.answer(typed)),
            };
            match answer {
                Ok(answer) => {
                    match &mut recorder {
                        Some(recorder) if is_call => recorder.typed(typed, asked),
                        Some(recorder) => recorder.dialled(typed, phone.number()),
                        None => {}
                    }
                    show(runtime, phone, &answer, recorder.as_deref_mut())?;
                }
                Err(fault) => print(&format!("({fault})\n"))?,
            }
        }
        if let Some(recorder) = recorder.filter(|_| phone.in_call()) {
            recorder.dropped();
        }
        Ok(runtime.block_on(phone.hang_up())?)
    }
}

/// The screen as a phone has it, its length, and what came by SMS meanwhile.
fn show<N: Network>(
    runtime: &Runtime,
    phone: &mut Handset<N>,
    answer: &UssdAnswer,
    mut recorder: Option<&mut Recorder>,
) -> anyhow::Result<()> {
    if let Some(recorder) = &mut recorder {
        recorder.screen(answer);
    }
    let limit = phone.septets_max();
    let length = gsm7::septets(&answer.text)
        .map_or_else(|| "not in GSM 03.38".to_owned(), |septets| format!("{septets}/{limit} septets"));
    let end = if answer.end { ", the call is over" } else { "" };
    print(&format!("\n{}\n--- {length}{end}\n", answer.text))?;
    let looks = if answer.end { SMS_LOOKS } else { 1 };
    for _ in 0..looks {
        let new = runtime.block_on(phone.new_messages())?;
        new.iter().try_for_each(|sms| print(&format!("SMS: {}\n", sms.text)))?;
        if let Some(recorder) = &mut recorder {
            for sms in &new {
                recorder.message(sms);
            }
        }
        if !new.is_empty() || looks == 1 || !runtime.block_on(phone.network().later()) {
            break;
        }
    }
    if answer.end {
        print("(dial again, or Ctrl-D)\n")?;
    }
    print("> ")
}

/// A transcript, or every line of it that is not understood.
pub(super) fn read_transcript(path: &Path) -> anyhow::Result<Transcript> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    transcript::parse(&text).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(|fault| format!("{}: {fault}", path.display())).collect();
        anyhow::anyhow!("this is not a transcript:\n{}", lines.join("\n"))
    })
}

/// A name for sessions that no other phone of this service has.
fn session_prefix() -> anyhow::Result<String> {
    let mut bytes = [0; 8];
    rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("the system gives no random bytes"))?;
    Ok(format!("dial{:016x}-", u64::from_ne_bytes(bytes)))
}
