//! The operations of bookings, as flows name them: a client asks, a worker answers, groups, and what both say of pay.

use super::super::manifest::{Entry, PERSON, Sets, WORKER, decides, rows, show};
use super::{client, group, mine, order, pay, requests};

const BY_CLIENT: Sets = &[("name", PERSON), ("place", PERSON), ("ready", PERSON), ("known", PERSON)];
const SETS_WORKER: Sets = &[("ready", "trade"), ("ready", "worker")];
const SETS_READY: Sets = &[
    ("one", "book_pay"),
    ("one", "pay_for"),
    ("one", "pay_unit"),
    ("one", "pay_means"),
    ("many", "book_pay"),
    ("many", "pay_for"),
    ("many", "pay_unit"),
    ("many", "pay_means"),
];
const SETS_HIRING: Sets = &[("sent", "hiring")];
const SETS_MEANS: Sets = &[("changed", "pay_means")];
const SETS_PAY: Sets = &[("fine", "pay_for")];
const SETS_PAY_DAY: Sets = &[("worker", "pay_nth"), ("client", "pay_nth")];
const SETS_LINE: Sets = &[("open", "booking"), ("open", "pay_nth"), ("closed", "booking"), ("closed", "pay_nth")];

/// The operations.
pub(in crate::actions) const TABLE: &[Entry] = &[
    // A client asks.
    show("home.client", &[PERSON], requests::COUNT, mine::count),
    decides!(Case "client.is_one" &[PERSON], &[], client::IsClient, client::is_client),
    decides!(Case "client.status" &[], BY_CLIENT, client::Status, client::status),
    decides!(Action "client.consent" &[], &[("given", PERSON)], client::Consent, client::give_consent),
    decides!(Action "client.set_sector" &["sector", PERSON], &[], client::Place, client::set_sector),
    decides!(Action "client.set_district" &["district", PERSON], &[], client::Place, client::set_district),
    show("client.place", &[PERSON], client::WHERE, client::place),
    rows("client.known_workers", &[PERSON], client::KNOWN_ROW, client::known_workers),
    decides!(Case "client.again" &["again", PERSON], SETS_WORKER, client::Again, client::again),
    rows("book.days", &[], order::DAY_ROW, order::days),
    decides!(Case "book.check_day" &["book_day"], &[], order::DayCheck, order::check_day),
    show("book.choice", &["trade", "book_day"], order::CHOICE, order::choice),
    rows("book.workers", &["trade", "book_day", PERSON], order::WORKER_ROW, order::list),
    decides!(Case "book.ready" &["trade", "book_day", "worker", PERSON], SETS_READY, order::Ready, order::ready),
    show("book.offer", &["trade", "book_day", "worker", "pay_means", PERSON], order::OFFER, order::offer),
    decides!(Case "book.change_means" &["pay_means", PERSON], SETS_MEANS, order::MeansChanged, order::change_means),
    show("book.pay_question", &["trade", "book_day", "worker", PERSON], order::PAY_QUESTION, order::pay_question),
    decides!(Case "book.check_pay" &["book_pay", "worker", PERSON], SETS_PAY, order::PayCheck, order::check_pay),
    decides!(Case "book.check_pay_again" &["book_pay", "worker", PERSON], SETS_PAY, order::PayCheck, order::check_pay_again),
    decides!(Action "book.send" &["trade", "book_day", "worker", "pay_means", PERSON], SETS_HIRING, order::Send, order::send),
    show("book.sent", &["hiring"], order::SENT, order::sent),
    rows("client.bookings", &[PERSON], mine::ROW, mine::rows),
    decides!(Case "client.booking_is" &["booking", PERSON], &[("counter", "other_pay")], mine::Is, mine::is),
    show("booking.details", &["booking", PERSON], mine::DETAILS, mine::details),
    show("client.call", &["booking", PERSON], mine::CALL, mine::call),
    decides!(Action "client.accept_pay" &["booking", "other_pay", PERSON], &[], mine::PayAnswer, mine::accept_pay),
    decides!(Action "client.refuse_pay" &["booking", "other_pay", PERSON], &[], mine::Done, mine::refuse_pay),
    decides!(Action "client.call_off_all" &["booking", PERSON], &[], mine::Done, mine::call_off_all),
    decides!(Action "client.replace" &["booking", PERSON], &[("asked", "hiring")], mine::Replaced, mine::replace),
    decides!(Action "booking.call_off" &["booking", PERSON], &[], mine::Done, mine::call_off),
    decides!(Action "booking.came" &["booking", PERSON], &[], mine::Done, mine::came),
    decides!(Action "booking.absent" &["booking", PERSON], &[], mine::Done, mine::absent),
    decides!(Action "booking.give_number" &["booking", PERSON], &[], mine::Done, mine::give_number),
    // And a worker answers.
    decides!(Case "requests.whose" &[], &[("known", PERSON)], requests::Whose, requests::whose),
    show("requests.caller", &[PERSON], requests::CALLER, requests::caller),
    rows("requests.mine", &[PERSON], requests::ROW, requests::rows),
    decides!(Case "request.is" &["booking", PERSON], &[], requests::Is, requests::is),
    show("request.details", &["booking", PERSON], requests::REQUEST, requests::request),
    decides!(Action "request.accept" &["booking", "share", PERSON], &[], requests::Accept, requests::accept),
    decides!(Action "request.decline" &["booking", PERSON], &[], requests::Decline, requests::decline),
    decides!(Action "request.ask_pay" &["booking", "other_pay", PERSON], &[], requests::AskPay, requests::ask_pay),
    decides!(Action "request.block" &["booking", PERSON], &[], requests::Block, requests::block),
    rows("group.people", &[PERSON], group::ROW, group::rows),
    decides!(Case "group.is" &["member", PERSON], &[], group::Is, group::is),
    show("group.details", &["member", PERSON], group::ROW, group::details),
    decides!(Action "group.invite" &["member_phone", PERSON], &[], group::Invite, group::invite),
    decides!(Action "group.join" &["member", PERSON], &[], group::Done, group::join),
    decides!(Action "group.part" &["member", PERSON], &[], group::Done, group::part),
    decides!(Action "group.bring" &["booking", PERSON], &[], group::Done, group::bring),
    // What both say of pay, and the worker's record.
    decides!(Case "pay.question" &["booking", PERSON], SETS_PAY_DAY, pay::Question, pay::question),
    show("pay.details", &["booking", "pay_nth", PERSON], pay::DETAILS, pay::details),
    decides!(Action "pay.say" &["booking", "pay_nth", "pay_said", PERSON], &[], pay::Say, pay::say),
    decides!(Action "pay.call" &["booking", "pay_nth", PERSON], &[("called", "case")], pay::Call, pay::call),
    rows("work.mine", &[WORKER], pay::ROW, pay::mine),
    show("work.totals", &[WORKER], pay::TOTALS, pay::totals),
    decides!(Case "work.line" &["work_line", WORKER], SETS_LINE, pay::Line, pay::choose),
    decides!(Action "work.send" &[WORKER], &[], pay::Sent, pay::send_record),
];
