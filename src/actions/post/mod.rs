//! Posting a job by keypad: what is wanted ([`order`]), the client's own jobs ([`mine`]), who asked for them ([`people`]), and
//! what the client is written ([`notices`]).

mod mine;
mod notices;
mod order;
mod people;

pub(super) use notices::{MESSAGES, answered, asked};

use super::manifest::{Entry, PERSON, Sets, decides, rows, show};

/// What must be there before a job can be shown as a whole.
const WHOLE: &[&str] = &["trade", "post_area", "book_day", "post_kind", "openings", "book_pay", "pay_means", PERSON];
/// What pay is for.
const PAID_FOR: &[&str] = &["trade", "post_area", "book_day", "post_kind", "book_pay", PERSON];
/// By what it is paid is proposed on the screen that follows.
const SETS_MEANS: Sets = &[("fine", "pay_means"), ("one_day", "pay_means")];

/// The operations.
pub(super) const TABLE: &[Entry] = &[
    decides!(Case "post.dialled" &["post_trade"], &[("known", "trade")], order::Dialled, order::dialled),
    decides!(Case "post.in_sector" &["sector"], &[("there", "post_area")], order::InPlace, order::in_sector),
    decides!(Case "post.in_district" &["district"], &[("there", "post_area")], order::InPlace, order::in_district),
    show("post.pay_question", &["trade", "post_kind"], order::PAY_QUESTION, order::pay_question),
    decides!(Case "post.check_pay" PAID_FOR, SETS_MEANS, order::PayCheck, order::check_pay),
    decides!(Case "post.check_pay_again" PAID_FOR, SETS_MEANS, order::PayCheck, order::check_pay_again),
    show("post.offer", WHOLE, order::OFFER, order::offer),
    decides!(Action "post.send" WHOLE, order::SETS_JOB, order::Send, order::send),
    show("post.sent", &["job", PERSON], mine::SENT, mine::sent),
    rows("post.mine", &[PERSON], mine::ROW, mine::rows),
    show("post.details", &["job", PERSON], mine::DETAILS, mine::details),
    decides!(Action "post.close" &["job", PERSON], &[], mine::Close, mine::close),
    rows("post.people", &["job", PERSON], people::ROW, people::rows),
    show("post.person", &["application", PERSON], people::DETAILS, people::details),
    decides!(Action "post.take" &["application", PERSON], &[], people::Take, people::take),
    show("post.offered", &["application", PERSON], people::OFFERED, people::offered),
    decides!(Action "post.refuse" &["application", PERSON], &[], people::Refuse, people::refuse),
    show("post.number", &["application", PERSON], people::NUMBER, people::number),
    decides!(Action "post.give_number" &["application", PERSON], &[], people::Give, people::give_number),
];

#[cfg(test)]
#[path = "post_tests.rs"]
mod tests;
