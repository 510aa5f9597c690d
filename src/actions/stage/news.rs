//! What is said of a move: an SMS of one segment to the applicant, a mail where they gave an address, an [`event`] to the
//! employer's endpoints. Each once, whatever is run again.

use super::{By, event};
use crate::actions::booking::{MEANS, means_value};
use crate::actions::labels::{Host, day_words, pay_words};
use crate::actions::manifest::{CODE, fields};
use crate::actions::tell::{Notice, Told, tell};
use crate::actions::{Fault, message_text};
use crate::market::ApplicationId;
use crate::market::appointment::{Appointment, AppointmentKind, WORDS_CHARS_MAX};
use crate::market::job_number::JobNumber;
use crate::market::mail_address;
use crate::market::offer::Terms;
use crate::market::pipeline::Subject;
use crate::market::stage::Stage;
use crate::menu::Bundle;
use crate::menu::manifest::{FieldType, MessageKind, Value};
use crate::outbox::{self, Class, Content, Enqueued, Letter, NewMessage, Priority};
use crate::storage::{IdBlock, Tx};
use crate::text::Language;
use crate::text::datetime::{Day, minute_of_day};

/// How long news of a stage are of use: who has no power or no network for a weekend should still hear them.
const EXPIRES_MS: i64 = 4 * 86_400_000;

/// The words of an appointment: the place, or what is to be done.
pub(in crate::actions) const WORDS: FieldType = FieldType::Text(WORDS_CHARS_MAX);
const PAY: FieldType = FieldType::Text(crate::actions::job::PAY_SEPTETS);
const DAY: FieldType = FieldType::Text(crate::actions::job::DAY_SEPTETS);
const NUMBER: FieldType = FieldType::Number(8);

/// The messages of the pipeline.
pub(in crate::actions) const MESSAGES: &[MessageKind] = &[
    MessageKind {
        name: "stage_shortlisted",
        gives: fields! { "number": NUMBER, "trade": FieldType::Coded("trade"), "code": CODE },
    },
    MessageKind {
        name: "stage_assessment",
        gives: fields! { "number": NUMBER, "what": WORDS, "day": DAY, "clock": FieldType::Clock, "code": CODE },
    },
    MessageKind { name: "stage_assessment_open", gives: fields! { "number": NUMBER, "what": WORDS, "code": CODE } },
    MessageKind {
        name: "stage_interview",
        gives: fields! {
            "number": NUMBER,
            "day": FieldType::Day,
            "clock": FieldType::Clock,
            "place": WORDS,
            "code": CODE,
        },
    },
    MessageKind {
        name: "stage_offered",
        gives: fields! {
            "number": NUMBER,
            "pay": PAY,
            "means": MEANS,
            "day": DAY,
            "until_day": FieldType::Day,
            "until_clock": FieldType::HalfHour,
            "code": CODE,
        },
    },
    MessageKind {
        name: "stage_hired",
        gives: fields! {
            "number": NUMBER,
            "trade": FieldType::Coded("trade"),
            "pay": PAY,
            "means": MEANS,
            "day": DAY,
            "code": CODE,
        },
    },
    MessageKind { name: "stage_rejected", gives: fields! { "number": NUMBER, "code": CODE } },
    MessageKind { name: "stage_rejected_one", gives: fields! { "number": NUMBER, "first": NUMBER, "code": CODE } },
    MessageKind {
        name: "stage_rejected_two",
        gives: fields! { "number": NUMBER, "first": NUMBER, "second": NUMBER, "code": CODE },
    },
    MessageKind { name: "stage_closed", gives: fields! { "number": NUMBER, "code": CODE } },
    MessageKind { name: "stage_filled", gives: fields! { "number": NUMBER, "code": CODE } },
    MessageKind {
        name: "job_withdrawn",
        gives: fields! {
            "number": NUMBER,
            "trade": FieldType::Coded("trade"),
            "place": FieldType::Coded("area"),
            "code": CODE,
        },
    },
    MessageKind { name: "stage_lapsed", gives: fields! { "number": NUMBER, "code": CODE } },
    MessageKind { name: "stage_withdrawn", gives: fields! { "number": NUMBER, "code": CODE } },
    MessageKind { name: "stage_declined", gives: fields! { "number": NUMBER, "code": CODE } },
    MessageKind { name: "stage_mail_subject", gives: fields! { "number": NUMBER, "trade": FieldType::Coded("trade") } },
    MessageKind { name: "stage_mail_end", gives: fields! { "code": CODE } },
];

/// What happened, as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// On the shortlist.
    Shortlisted,
    /// Asked to come.
    Invited(Appointment),
    /// Offered the work.
    Offered(Terms),
    /// Said yes.
    Hired(Terms),
    /// Others were chosen; these jobs fit too.
    Rejected(Vec<JobNumber>),
    /// The vacancy closed without an answer.
    Closed,
    /// Everybody needed was found.
    Filled,
    /// An operator took the vacancy back.
    TakenBack,
    /// The offer was not answered in time.
    Lapsed,
    /// Taken back by the applicant.
    Withdrawn,
    /// The offer was declined.
    Declined,
}

impl News {
    /// What the applicant is told beside the stage, in the employer's words.
    pub(super) fn words(&self) -> Option<&str> {
        if let News::Invited(appointment) = self { Some(&appointment.words) } else { None }
    }

    fn template(&self) -> &'static str {
        match self {
            News::Shortlisted => "stage_shortlisted",
            News::Invited(Appointment { kind: AppointmentKind::Assessment, day: None, .. }) => "stage_assessment_open",
            News::Invited(Appointment { kind: AppointmentKind::Assessment, .. }) => "stage_assessment",
            News::Invited(Appointment { kind: AppointmentKind::Interview, .. }) => "stage_interview",
            News::Offered(_) => "stage_offered",
            News::Hired(_) => "stage_hired",
            News::Rejected(others) => match others.as_slice() {
                [] => "stage_rejected",
                [_] => "stage_rejected_one",
                _ => "stage_rejected_two",
            },
            News::Closed => "stage_closed",
            News::Filled => "stage_filled",
            News::TakenBack => "job_withdrawn",
            News::Lapsed => "stage_lapsed",
            News::Withdrawn => "stage_withdrawn",
            News::Declined => "stage_declined",
        }
    }

    /// The values of the template, in the order of its declaration.
    fn values(&self, host: &Host, bundle: &Bundle, subject: &Subject, language: Language) -> Vec<Value> {
        let number = Value::Number(subject.job_number.get());
        let trade = Value::Coded("trade", i64::from(subject.trade.get()));
        let code = Value::Text(host.short_code.clone());
        let pay = |terms: &Terms| Value::Text(pay_words(host, bundle, language, terms.pay));
        let day = |terms: &Terms| Value::Text(day_words(bundle, language, terms.start_day));
        match self {
            News::Shortlisted => vec![number, trade, code],
            News::Invited(Appointment { kind: AppointmentKind::Interview, day, minute, words }) => vec![
                number,
                Value::Day(day.map_or(0, |day| day.0)),
                Value::Clock(minute.unwrap_or_default()),
                Value::Text(words.clone()),
                code,
            ],
            News::Invited(Appointment { day: None, words, .. }) => vec![number, Value::Text(words.clone()), code],
            News::Invited(Appointment { day, minute, words, .. }) => vec![
                number,
                Value::Text(words.clone()),
                Value::Text(day_words(bundle, language, *day)),
                clock_value(*minute),
                code,
            ],
            News::Offered(terms) => {
                let [until_day, until_clock] = until_values(host, terms.until_ms);
                vec![number, pay(terms), means_value(terms.means), day(terms), until_day, until_clock, code]
            }
            News::Hired(terms) => vec![number, trade, pay(terms), means_value(terms.means), day(terms), code],
            News::Rejected(others) => {
                let others = others.iter().take(2).map(|other| Value::Number(other.get()));
                std::iter::once(number).chain(others).chain([code]).collect()
            }
            News::TakenBack => vec![number, trade, Value::Coded("area", subject.place.get()), code],
            News::Closed | News::Filled | News::Lapsed | News::Withdrawn | News::Declined => vec![number, code],
        }
    }

    /// From when on it is of no use to know: the interview has begun, the offer is over.
    fn useless_from_ms(&self, host: &Host) -> Option<i64> {
        match self {
            News::Invited(appointment) => appointment.begins_ms(&host.country),
            News::Offered(terms) => Some(terms.until_ms),
            _ => None,
        }
    }
}

/// A clock time, or that it is to be agreed.
pub(in crate::actions) fn clock_value(minute: Option<u16>) -> Value {
    minute.map_or(Value::Word("to_agree"), Value::Clock)
}

/// Day and clock time of a full hour.
pub(in crate::actions) fn until_values(host: &Host, until_ms: i64) -> [Value; 2] {
    let zone = &host.country.timezone;
    [Value::Day(Day::from_ms(until_ms, zone).0), Value::Clock(minute_of_day(until_ms, zone))]
}

/// How an applicant is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// An SMS waits to be sent. False: the number has stopped, or the person is gone.
    pub sms: bool,
    /// A mail waits to be sent. False: there is no address, or it has stopped.
    pub mail: bool,
}

/// A move that is told.
pub(super) struct Said<'a> {
    /// The application, as it was.
    pub(super) subject: &'a Subject,
    /// Where it is now.
    pub(super) to: Stage,
    /// Who moved it.
    pub(super) by: By,
    /// What is told.
    pub(super) news: &'a News,
}

/// Tells of a move: the applicant, and the employer's endpoints. Uses at most 12 identifiers.
pub(super) fn spread(
    tx: &mut Tx<'_>,
    host: &Host,
    bundle: &Bundle,
    ids: &mut IdBlock,
    said: &Said<'_>,
    now_ms: i64,
) -> Result<Reached, Fault> {
    let Said { subject, to, by, news } = said;
    // Who has just pressed a key is awake, and waits for it.
    let (priority, open_ms) = match by {
        By::Applicant(_) => (Priority::Interactive, now_ms),
        _ => (Priority::Stage, host.when_open(now_ms)),
    };
    let useless_ms = news.useless_from_ms(host).unwrap_or(i64::MAX);
    // Better woken than told when it is over.
    let due_ms = if open_ms < useless_ms { open_ms } else { now_ms };
    let expires_ms = due_ms.saturating_add(EXPIRES_MS).min(useless_ms);
    let values = |language| news.values(host, bundle, subject, language);
    let notice = Notice {
        id: ids.next_id().ok_or(Fault::IdsUsedUp)?,
        person: subject.person,
        template: news.template(),
        values: &values,
        operation_key: &cause(subject.application, *to),
        employer_id: Some(subject.employer.get()),
        priority,
        class: Class::MustArrive,
        due_ms,
        expires_ms,
    };
    let sms = tell(tx, host, bundle, &notice, now_ms)? == Told::Queued;
    let mail = write(tx, host, bundle, ids, &notice, said, now_ms)?;
    event::moved(tx, host, ids, said, now_ms)?;
    Ok(Reached { sms, mail })
}

/// Queues a mail with the words of the SMS, the employer's whole words, and what is always true.
fn write(
    tx: &mut Tx<'_>,
    host: &Host,
    bundle: &Bundle,
    ids: &mut IdBlock,
    notice: &Notice<'_>,
    said: &Said<'_>,
    now_ms: i64,
) -> Result<bool, Fault> {
    let Some(to) = mail_address::of_person(tx, &host.keys, notice.person)? else { return Ok(false) };
    let language = if bundle.languages.contains(&to.language) { to.language } else { bundle.default_language() };
    let number = Value::Number(said.subject.job_number.get());
    let trade = Value::Coded("trade", i64::from(said.subject.trade.get()));
    let code = Value::Text(host.short_code.clone());
    let text = |template, values: &[Value]| message_text(bundle, host, language, template, values);
    let values = (notice.values)(language);
    let parts =
        (text("stage_mail_subject", &[number, trade]), text(notice.template, &values), text("stage_mail_end", &[code]));
    let (Some(subject), Some(what), Some(end)) = parts else { return Ok(false) };
    let words = said.news.words().map_or(String::new(), |words| format!("{words}\n\n"));
    let letter = Letter {
        to_name: to.name,
        subject,
        text: format!("{what}\n\n{words}{end}"),
        language: language.code().to_owned(),
        can_stop: true,
    };
    let message = NewMessage {
        id: ids.next_id().ok_or(Fault::IdsUsedUp)?,
        operation_key: &format!("mail/{}", notice.operation_key),
        content: Content::Mail { to: &to.address, letter: &letter },
        person_id: Some(notice.person.get()),
        employer_id: notice.employer_id,
        priority: notice.priority,
        class: notice.class,
        template: notice.template,
        due_ms: notice.due_ms,
        expires_ms: notice.expires_ms,
    };
    Ok(matches!(outbox::enqueue(tx, &host.keys, &message, now_ms)?, Enqueued::New { .. }))
}

/// What causes the message of a move.
fn cause(application: ApplicationId, to: Stage) -> String {
    format!("stage/{}/{}", application.get(), to.code())
}

/// The cause of the message that told of an offer.
pub fn told_by(application: ApplicationId) -> String {
    cause(application, Stage::Offered)
}
