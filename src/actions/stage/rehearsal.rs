//! What an employer does while a transcript plays: it is written as `employer interview 25/11 9:00 Remera office`, and done
//! to the application that the phone's number has made last.

use std::collections::BTreeMap;

use super::{Advanced, Assessment, By, Interview, Offer, Order, Overdue, advance, end_overdue};
use crate::actions::{Fault, Host};
use crate::country::Msisdn;
use crate::market::application::{self, MyApplication};
use crate::market::employer_check::{self, Check};
use crate::market::ending::SETTLE_AFTER_MS;
use crate::market::pay::Pay;
use crate::market::phone_number::{self, MsisdnHash};
use crate::market::pipeline;
use crate::market::screening::desk::{self, Replaced};
use crate::market::screening::{Kind, Question, Words};
use crate::market::stage::Stage;
use crate::market::vacancy::{self, Decision};
use crate::market::vacancy_desk::{self, Wish};
use crate::menu::{Bundle, Labels as _};
use crate::storage::{IdBlock, Tx};
use crate::text::datetime::{Day, parse_clock};

/// Stands for the operator who blocks an employer.
const BY_NAME: &str = "transcript";
/// Stands for the token of an invented employer.
const TOKEN: By = By::Token(0);
/// How long an offer of a transcript may be answered: two days.
const ANSWER_MS: i64 = 48 * 3_600_000;

/// Why a line was not done: what can be written, or what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread(pub String);

/// Does what the words say to the newest application of a number.
pub fn rehearse(
    tx: &mut Tx<'_>,
    host: &Host,
    bundle: &Bundle,
    block: &dyn Fn() -> IdBlock,
    (msisdn, words): (&Msisdn, &str),
    now_ms: i64,
) -> Result<Result<(), Unread>, Fault> {
    let Some(mine) = newest(tx, host, msisdn)? else { return Ok(Err(Unread("nobody here has applied".to_owned()))) };
    let Some(subject) = pipeline::subject(tx, mine.application)? else {
        return Ok(Err(Unread("the application is gone".to_owned())));
    };
    let (verb, rest) = words.split_once(' ').unwrap_or((words, ""));
    if verb == "closed" {
        vacancy::decide(tx, subject.vacancy, Decision::Close, now_ms - SETTLE_AFTER_MS)?;
        while end_overdue(tx, host, bundle, block, Overdue::Vacancies, now_ms)? > 0 {}
        return Ok(Ok(()));
    }
    let wish = match verb {
        "paused" => Some(Wish::Pause),
        "resumed" => Some(Wish::Resume),
        _ => None,
    };
    if let Some(wish) = wish {
        let own = vacancy_desk::find(tx, &host.keys, subject.employer, subject.vacancy)?;
        let is_done = match own {
            Some(own) => vacancy_desk::wish(tx, subject.employer, &own, wish, now_ms)?,
            None => false,
        };
        return Ok(is_done.then_some(()).ok_or_else(|| Unread("the job stands where that cannot be done".to_owned())));
    }
    if verb == "blocked" {
        let whom = subject.employer;
        employer_check::check(tx, &host.keys, &mut block(), whom, Check::Block, (BY_NAME, ""), now_ms)?;
        return Ok(Ok(()));
    }
    if verb == "asks" {
        return ask(tx, host, block, &subject, now_ms);
    }
    let today = Day::from_ms(now_ms, &host.country.timezone);
    let (day, minute, text) = dated(rest, today);
    let key = block().next_id().unwrap_or_default().to_string();
    let mut order = Order::new(subject.employer, mine.application, Stage::Applied, TOKEN, &key);
    order.to = match verb {
        "shortlisted" => Stage::Shortlisted,
        "rejected" => Stage::Rejected,
        "assessment" => {
            order.assessment = Some(Assessment { what: text, day, minute });
            Stage::Assessment
        }
        "interview" => {
            order.interview = day.zip(minute).map(|(day, minute)| Interview { day, minute, place: text });
            Stage::Interview
        }
        "offered" => {
            let pay = vacancy::details(tx, &host.keys, subject.vacancy)?.and_then(|details| details.offer.pay);
            let pay = host.parse_money(text).zip(pay).map(|(amount, pay)| Pay { amount, unit: pay.unit }).or(pay);
            let until_ms = now_ms + ANSWER_MS;
            let offer = Offer { pay, start_day: day, start_minute: minute, ..Offer::as_posted(until_ms) };
            order.offer = Some(offer);
            Stage::Offered
        }
        _ => {
            let known = "write: employer shortlisted, assessment [DAY TIME] TASK, interview DAY TIME PLACE, \
                offered [DAY] [AMOUNT], rejected, paused, resumed, asks, closed or blocked";
            return Ok(Err(Unread(known.to_owned())));
        }
    };
    Ok(match advance(tx, host, bundle, &mut block(), &order, now_ms)? {
        Advanced::Moved { .. } => Ok(()),
        other => Err(Unread(format!("the application was not moved: {other:?}"))),
    })
}

/// Attaches three invented questions to the vacancy: yes or no, a number, a choice.
fn ask(
    tx: &mut Tx<'_>,
    host: &Host,
    block: &dyn Fn() -> IdBlock,
    subject: &pipeline::Subject,
    now_ms: i64,
) -> Result<Result<(), Unread>, Fault> {
    let tools =
        [("rw", "Ufite ibikoresho byawe?"), ("en", "Do you have your own tools?"), ("fr", "Avez-vous vos outils?")];
    let tools = tools.map(|(code, text)| (code.to_owned(), text.to_owned()));
    let one = |text: &str| Words::One(text.to_owned());
    let question = |kind, ask, options| Question { kind, ask, options, wanted: None };
    let questions = [
        question(Kind::YesNo, Words::Each(BTreeMap::from(tools)), Vec::new()),
        question(Kind::Number, one("Imyaka / years?"), Vec::new()),
        question(Kind::Choice, one("Kigali?"), ["Gasabo", "Kicukiro", "Nyarugenge"].map(one).to_vec()),
    ];
    let Some(old) = vacancy_desk::find(tx, &host.keys, subject.employer, subject.vacancy)? else {
        return Ok(Err(Unread("the job is gone".to_owned())));
    };
    let order = desk::Order { old: &old, questions: &questions, token: TOKEN.id(), fields: "{}" };
    Ok(match desk::replace(tx, &host.keys, &mut block(), subject.employer, &order, now_ms)? {
        Replaced::Done(_) => Ok(()),
        other => Err(Unread(format!("the questions were not put in place: {other:?}"))),
    })
}

/// The newest application of anybody on a number.
fn newest(tx: &mut Tx<'_>, host: &Host, msisdn: &Msisdn) -> Result<Option<MyApplication>, Fault> {
    let hash = MsisdnHash::of(&host.keys, msisdn);
    let Some(number) = phone_number::find(tx, &hash)? else { return Ok(None) };
    let mut all = Vec::new();
    for person in phone_number::persons_on(tx, &number)? {
        all.extend(application::mine(tx, person)?);
    }
    Ok(all.into_iter().max_by_key(|mine| (mine.applied_ms, mine.application)))
}

/// A day, a clock time and the rest, as far as they are there.
fn dated(words: &str, today: Day) -> (Option<Day>, Option<u16>, &str) {
    let words = words.trim();
    let (first, rest) = words.split_once(' ').unwrap_or((words, ""));
    let Some(day) = first.contains('/').then(|| Day::parse(first, today).ok()).flatten() else {
        return (None, None, words);
    };
    let (second, last) = rest.split_once(' ').unwrap_or((rest, ""));
    match second.contains(':').then(|| parse_clock(second).ok()).flatten() {
        Some(minute) => (Some(day), Some(minute), last.trim()),
        None => (Some(day), None, rest.trim()),
    }
}
