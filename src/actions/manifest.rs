//! The table of everything that a flow may name, with the function behind each name.

use super::booking::notices;
use super::{
    abroad, agent, alert, applications, booking, case_news, cases, data, details, help, home, job, job_sms, jobs,
    linking, moving, pin, place, post, questions, quiz, rate, register, replies, report, sex, stage, trade, who,
};
use crate::menu::manifest::{FieldType, Manifest, MessageKind, Operation, Role};

mod declare;

pub(super) use declare::{Entry, Run, decides, fields, outcomes, rows, show};

/// Who is calling is known and has agreed to be kept here.
pub(super) const PERSON: &str = "@a known person";
/// And looks for work: at least a birth year is known.
pub(super) const WORKER: &str = "@a registered worker";
/// Neither any more.
const NOBODY: &str = "-@a known person";
const NO_WORKER: &str = "-@a registered worker";

/// What outcomes say of the caller.
pub(super) type Sets = &'static [(&'static str, &'static str)];
const BY_STATUS: Sets =
    &[("new", NOBODY), ("new", NO_WORKER), ("unfinished", PERSON), ("listed", PERSON), ("listed", WORKER)];
const BY_STEP: Sets = &[
    ("birth_year", PERSON),
    ("trade", PERSON),
    ("trade", WORKER),
    ("rate", PERSON),
    ("rate", WORKER),
    ("place", PERSON),
    ("place", WORKER),
    ("name", PERSON),
    ("name", WORKER),
    ("finish", PERSON),
    ("finish", WORKER),
];
const BY_YEAR: Sets = &[("saved", WORKER), ("too_young", NOBODY), ("too_young", NO_WORKER)];
const CORRECTED: Sets = &[("no_trade", NO_WORKER), ("too_young", NOBODY), ("too_young", NO_WORKER)];
const WITHDRAWN: Sets = &[("withdrawn", NO_WORKER)];
const ERASED: Sets = &[("erased", NOBODY), ("erased", NO_WORKER)];
/// The questions on the screen are somebody else's, until all is answered.
const HELPING: &str = "@somebody who is helped";
const HELP_BEGUN: Sets = &[("begun", "helped"), ("begun", HELPING)];
const HELP_DONE: Sets = &[("done", "-@somebody who is helped")];
const OPENED: Sets = &[("opened", "case"), ("joined", "case")];
const UNLINKED: Sets = &[("ended_here", NOBODY), ("ended_here", NO_WORKER)];
const FORGOTTEN: Sets = &[("done", NOBODY), ("done", NO_WORKER)];

const FOUND: Sets = &[("found", "job"), ("abroad", "job"), ("not_for_you", "job")];
const APPLIED: Sets = &[("asks", "application"), ("already", "application")];

const TABLE: &[Entry] = &[
    decides!(Case "person.who" &[], &[("locked", "person")], who::Who, who::who),
    rows("person.on_number", &[], who::PERSON_ROW, who::on_number),
    decides!(Case "agent.question" &[], &[], agent::Question, agent::question),
    show("agent.asker", &[], agent::QUESTION, agent::asker),
    decides!(Action "agent.confirm" &[], &[], agent::Confirm, agent::confirm),
    decides!(Action "agent.object" &[], ERASED, agent::Object, agent::object),
    decides!(Action "person.choose" &["person"], &[("chosen", PERSON)], who::Choice, who::choose),
    decides!(Action "person.unlock" &["person"], &[("chosen", PERSON)], who::Unlocked, who::unlock),
    decides!(Action "person.confirm_owner" &["birth_year"], &[], who::Owner, who::confirm_owner),
    decides!(Action "person.new_owner" &[], FORGOTTEN, who::NewOwner, who::new_owner),
    decides!(Action "person.someone_else" &[], FORGOTTEN, who::SomeoneElse, who::someone_else),
    decides!(Case "person.status" &[], BY_STATUS, home::Status, home::status),
    show("home.worker", &[WORKER], home::WORKER, home::worker),
    decides!(Action "worker.toggle_free" &[WORKER], &[], details::FreeToday, details::toggle_free),
    decides!(Action "language.set" &["language"], &[], home::LanguageSet, home::set_language),
    decides!(Case "worker.next_step" &[], BY_STEP, register::Step, register::next_step),
    decides!(Action "consent.give" &[], &[("given", PERSON)], register::Consent, register::give_consent),
    decides!(Action "worker.set_birth_year" &["birth_year", PERSON], BY_YEAR, register::BirthYear, register::set_birth_year),
    decides!(Action "person.set_name" &["name", PERSON], &[], register::Name, register::set_name),
    decides!(Action "worker.finish" &[WORKER], &[("listed", WORKER)], register::Finish, register::finish),
    show("worker.summary", &[WORKER], register::SUMMARY, register::summary),
    rows("trade.categories", &[], trade::CATEGORY_ROW, trade::categories),
    rows("trade.in_category", &["category"], trade::TRADE_ROW, trade::in_category),
    decides!(Action "worker.set_trade" &["trade", WORKER], &[], trade::Trade, trade::set_trade),
    show("worker.rate_question", &[WORKER], rate::QUESTION, rate::question),
    decides!(Action "worker.set_rate" &["rate", WORKER], &[], rate::RateSet, rate::set_rate),
    decides!(Action "worker.set_no_rate" &[WORKER], &[], rate::NoRate, rate::set_no_rate),
    rows("area.provinces", &[], place::AREA_ROW, place::provinces),
    rows("area.districts", &["province"], place::AREA_ROW, place::districts),
    rows("area.sectors", &["district"], place::AREA_ROW, place::sectors),
    decides!(Action "worker.set_sector" &["sector", WORKER], &[], place::Place, place::set_sector),
    decides!(Action "worker.set_district" &["district", WORKER], &[], place::Place, place::set_district),
    show("worker.details", &[WORKER], details::DETAILS, details::details),
    show("worker.job_sms", &[WORKER], job_sms::JOB_SMS, job_sms::show),
    decides!(Action "worker.toggle_job_sms" &[WORKER], &[], job_sms::Toggled, job_sms::toggle_sms),
    decides!(Action "worker.toggle_scored" &[WORKER], &[], job_sms::Toggled, job_sms::toggle_scored),
    rows("jobs.for_me", &[WORKER], jobs::JOB_ROW, jobs::for_me),
    decides!(Case "job.find" &["job_number"], FOUND, job::Search, job::find),
    decides!(Case "job.kind" &["job"], &[], job::Kind, job::kind),
    show("job.abroad", &["job"], job::ABROAD, job::abroad),
    show("job.details", &["job"], job::DETAILS, job::details),
    show("job.reference", &["job"], job::REFERENCE, job::reference),
    show("job.asked", &["job", "application", PERSON], job::ASKED, job::asked),
    decides!(Action "application.apply" &["job", WORKER], APPLIED, job::Apply, job::apply),
    rows("applications.mine", &[PERSON], applications::APPLICATION_ROW, applications::mine),
    show("application.details", &["application", PERSON], applications::DETAILS, applications::details),
    decides!(Case "application.standing" &["application", PERSON], &[], applications::Standing, applications::standing),
    show("application.assessment", &["application", PERSON], applications::ASSESSMENT, applications::assessment),
    show("application.interview", &["application", PERSON], applications::INTERVIEW, applications::interview),
    show("application.offer", &["application", PERSON], applications::OFFER, applications::offer),
    decides!(Action "application.accept" &["application", PERSON], &[], applications::Accept, applications::accept),
    decides!(Action "application.decline" &["application", PERSON], &[], applications::Decline, applications::decline),
    decides!(Action "application.withdraw" &["application", PERSON], &[], applications::Withdraw, applications::withdraw),
    decides!(Case "help.hotline" &[], &[], help::Hotline, help::any),
    show("help.hotline", &[], help::HOTLINE, help::hotline),
    decides!(Case "pin.needed" &[], &[], pin::Needed, pin::needed),
    decides!(Action "pin.check" &["pin"], &[], pin::Check, pin::check),
    show("pin.lock", &[], pin::LOCK, pin::lock),
    decides!(Case "pin.state" &[PERSON], &[], pin::State, pin::state),
    show("pin.details", &[PERSON], pin::DETAILS, pin::details),
    decides!(Action "pin.propose" &["pin", PERSON], &[], pin::Propose, pin::propose),
    decides!(Action "pin.confirm" &["pin", PERSON], &[], pin::Confirm, pin::confirm),
    decides!(Action "pin.remove" &[PERSON], &[], pin::Remove, pin::remove),
    decides!(Action "pin.toggle_each_call" &[PERSON], &[], pin::EachCall, pin::toggle_each_call),
    decides!(Action "pin.begin_reset" &[], &[], pin::Reset, pin::begin_reset),
    show("pin.ending", &[], pin::ENDING, pin::ending),
    show("data.kept", &[WORKER], data::KEPT, data::kept),
    show("data.kept_more", &[WORKER], data::KEPT_MORE, data::kept_more),
    show("data.consents", &[PERSON], data::CONSENTS, data::consents),
    decides!(Action "data.correct_birth_year" &["birth_year", WORKER], CORRECTED, data::Correct, data::correct_birth_year),
    rows("data.given", &[PERSON], data::GIVEN_ROW, data::given),
    show("data.given_details", &["given", PERSON], data::GIVEN, data::given_details),
    decides!(Action "consent.withdraw" &[WORKER], WITHDRAWN, data::Withdraw, data::withdraw),
    decides!(Action "consent.count_me" &[PERSON], &[], data::Statistics, data::count_me),
    decides!(Action "consent.count_me_not" &[PERSON], &[], data::Statistics, data::count_me_not),
    decides!(Action "data.copy" &[WORKER], &[], data::CopySent, data::copy),
    decides!(Action "data.erase" &[PERSON], ERASED, data::Erase, data::erase),
    show("data.abroad", &[WORKER], abroad::ABROAD, abroad::show),
    decides!(Action "consent.abroad" &[WORKER], &[], abroad::Agree, abroad::agree),
    decides!(Action "consent.abroad_not" &[WORKER], &[], abroad::TakeBack, abroad::take_back),
    show("help.emergency", &[], help::HOTLINE, help::emergency),
    decides!(Case "case.question" &[], &[("asked", "case")], cases::Question, cases::question),
    decides!(Case "case.job" &["job_number"], &[("found", "job")], cases::Job, cases::job),
    decides!(Action "case.open" &["case_kind", "case_call", "case_about"], OPENED, cases::Open, cases::open),
    decides!(Case "case.by_number" &["case_number"], &[("found", "case")], cases::Find, cases::by_number),
    rows("cases.mine", &[], cases::CASE_ROW, cases::mine),
    show("case.details", &["case"], cases::CASE, cases::details),
    decides!(Action "case.note" &["case", "case_note"], &[], cases::Say, cases::note),
    decides!(Action "case.settled" &["case"], &[], cases::Say, cases::settled),
    decides!(Action "case.worse" &["case"], &[], cases::Say, cases::worse),
    decides!(Action "case.sms" &["case"], &[], cases::Sms, cases::sms),
    decides!(Action "job.report" &["job", "report"], &[], report::Reported, report::send),
    // Somebody goes on with another number.
    decides!(Case "move.may" &[], &[], moving::May, moving::may),
    decides!(Action "move.ask" &["old_number"], &[], moving::Ask, moving::ask),
    decides!(Action "move.check" &["move_code"], &[], moving::Check, moving::check),
    decides!(Action "move.by_pin" &["pin"], &[], moving::Pin, moving::by_pin),
    // Or has two.
    decides!(Case "link.state" &[], &[], linking::State, linking::state),
    decides!(Action "link.ask" &["old_number"], &[], moving::Ask, linking::ask),
    decides!(Action "link.check" &["move_code"], &[], linking::Check, linking::check),
    decides!(Action "link.by_pin" &["pin"], &[], linking::Check, linking::by_pin),
    decides!(Action "link.join" &[], &[], linking::Join, linking::join),
    decides!(Action "link.end" &[], UNLINKED, linking::End, linking::end),
    // An agent registers somebody else.
    decides!(Case "agent.who" &[], &[("agent", PERSON)], agent::Who, agent::who),
    show("agent.today", &[PERSON], agent::TODAY, agent::today),
    decides!(Action "agent.look" &["helped_number", PERSON], &[], agent::Look, agent::look),
    decides!(Action "agent.begin" &["helped_number", PERSON], HELP_BEGUN, agent::Begin, agent::begin),
    decides!(Action "agent.finished" &[], HELP_DONE, agent::Finished, agent::finished),
    show("agent.done", &["helped"], agent::DONE, agent::done),
    show("agent.counts", &[PERSON], agent::COUNTS, agent::counts),
    rows("agent.mine", &[PERSON], agent::ROW, agent::mine),
    show("agent.one", &["registration", PERSON], agent::ONE, agent::one),
];

const MESSAGES: &[MessageKind] = &[
    MessageKind {
        name: "registered",
        gives: fields! { "trade": FieldType::Coded("trade"), "place": FieldType::Coded("area"), "code": CODE },
    },
    MessageKind {
        name: "applied",
        gives: fields! {
            "number": FieldType::Number(8),
            "trade": FieldType::Coded("trade"),
            "place": FieldType::Coded("area"),
            "code": CODE,
        },
    },
    MessageKind { name: "resume", gives: fields! { "code": RESUME_CODE } },
    MessageKind { name: "stop_confirmed", gives: fields! { "code": CODE } },
    MessageKind { name: "start_confirmed", gives: fields! { "code": CODE } },
    MessageKind { name: "help_sms", gives: fields! { "code": CODE } },
    MessageKind { name: "language_confirmed", gives: fields! { "code": CODE } },
    MessageKind { name: "unknown_sms", gives: fields! { "code": CODE } },
    MessageKind { name: alert::JOB_ALERT, gives: alert::ALERT },
    MessageKind { name: alert::JOB_ALERT_ABROAD, gives: alert::ALERT_ABROAD },
];

/// The lists of messages: each flow that has many keeps its own beside its code.
const LISTS: &[&[MessageKind]] = &[
    MESSAGES,
    agent::MESSAGES,
    linking::MESSAGES,
    moving::MESSAGES,
    replies::MESSAGES,
    stage::MESSAGES,
    notices::MESSAGES,
    data::MESSAGES,
    case_news::MESSAGES,
    post::MESSAGES,
];

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which would refuse an index out of bounds")]
const fn messages_in_all() -> usize {
    let (mut total, mut list) = (0, 0);
    while list < LISTS.len() {
        total += LISTS[list].len();
        list += 1;
    }
    total
}

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which would refuse an index out of bounds")]
const ALL_MESSAGES: [MessageKind; messages_in_all()] = {
    let mut all = [MessageKind { name: "", gives: &[] }; messages_in_all()];
    let (mut at, mut list) = (0, 0);
    while list < LISTS.len() {
        let mut index = 0;
        while index < LISTS[list].len() {
            all[at] = LISTS[list][index];
            at += 1;
            index += 1;
        }
        list += 1;
    }
    all
};

/// Our short code on a screen or in a message: `*567#` and longer ones.
pub(super) const CODE: FieldType = FieldType::Text(10);

/// What is dialled to go on with a dropped visit: our code with three digits more.
const RESUME_CODE: FieldType = FieldType::Text(14);

/// The tables of operations: a flow that has many keeps its own beside its code.
const TABLES: &[&[Entry]] = &[TABLE, booking::TABLE, post::TABLE, questions::TABLE, quiz::TABLE, sex::TABLE];

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which would refuse an index out of bounds")]
const fn operations_in_all() -> usize {
    let (mut total, mut table) = (0, 0);
    while table < TABLES.len() {
        total += TABLES[table].len();
        table += 1;
    }
    total
}

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which would refuse an index out of bounds")]
static OPERATIONS: [Operation; operations_in_all()] = {
    let none = Operation { name: "", role: Role::Show, needs: &[], sets: &[], outcomes: &[], gives: &[] };
    let mut operations = [none; operations_in_all()];
    let (mut at, mut table) = (0, 0);
    while table < TABLES.len() {
        let mut index = 0;
        while index < TABLES[table].len() {
            operations[at] = TABLES[table][index].0;
            at += 1;
            index += 1;
        }
        table += 1;
    }
    operations
};

static MANIFEST: Manifest = Manifest {
    operations: &OPERATIONS,
    messages: &ALL_MESSAGES,
    coded: &["trade", "category", "area"],
    words: &[
        "day_to_agree",
        "pay_to_agree",
        "no_end",
        "to_agree",
        "hour",
        "day",
        "month",
        "trip",
        "kg",
        "piece",
        "job",
        "daily",
        "weekly",
        "no_jobs_yet",
        "job_done",
        "jobs_done",
        "household",
        "household_new",
        "paid_in_full",
        "case_no_answer",
        "a_home",
        "len_days",
        "len_months",
        "len_open",
    ],
    answers: &[
        ("person", "number"),
        ("birth_year", "year"),
        ("language", "word"),
        ("name", "name"),
        ("category", "category"),
        ("trade", "trade"),
        ("rate", "money"),
        ("province", "area"),
        ("district", "area"),
        ("sector", "area"),
        ("job", "number"),
        ("job_number", "number"),
        ("application", "number"),
        ("again", "number"),
        ("book_day", "number"),
        ("worker", "number"),
        ("needed", "number"),
        ("pay_means", "number"),
        ("book_pay", "money"),
        ("pay_for", "number"),
        ("pay_unit", "number"),
        ("pass_on", "number"),
        ("hiring", "number"),
        ("booking", "number"),
        ("share", "word"),
        ("second", "number"),
        ("complaint", "number"),
        ("other_pay", "money"),
        ("member", "number"),
        ("member_phone", "text"),
        ("pay_nth", "number"),
        ("pay_said", "word"),
        ("part_paid", "money"),
        ("work_line", "number"),
        ("pin", "pin"),
        ("given", "number"),
        ("case", "number"),
        ("case_number", "number"),
        ("case_kind", "word"),
        ("case_about", "word"),
        ("case_call", "word"),
        ("case_note", "text"),
        ("report", "word"),
        ("helped_number", "text"),
        ("helped", "number"),
        ("registration", "number"),
        ("post_trade", "number"),
        ("post_kind", "word"),
        ("post_area", "number"),
        ("post_days", "number"),
        ("post_months", "number"),
        ("post_paid", "word"),
        ("openings", "number"),
        ("question", "number"),
        ("reply", "number"),
        ("quiz_trade", "number"),
        ("quiz_place", "number"),
        ("quiz_answer", "number"),
        ("old_number", "text"),
        ("move_code", "pin"),
    ],
};

/// Everything that a flow may name.
pub fn manifest() -> &'static Manifest {
    &MANIFEST
}

/// The function behind an operation's number.
pub(super) fn run(index: usize) -> Option<&'static Run> {
    TABLES.iter().copied().flatten().nth(index).map(|(_, run)| run)
}
