//! What is written to both sides of a booking: short, discreet, and always with what to dial.

use super::super::manifest::{CODE, fields};
use super::super::tell::{Notice, Told, tell};
use super::super::{ActionCx, Fault, Host};
use super::{
    DAY, INITIALS, MEANS, PAID, PATH_CODE, PAY, PHONE, area_value, day_words, group, initials, means_value, paid_value,
    path_code, pay, pay_words, trade_value,
};
use crate::market::booking::pay::PayDay;
use crate::market::booking::record::Side;
use crate::market::booking::states::Ended;
use crate::market::booking::{Booking, Share, given};
use crate::market::pay::Pay;
use crate::market::{PersonId, employer, person};
use crate::menu::manifest::{FieldType, MessageKind};
use crate::menu::{Bundle, Value};
use crate::outbox::{Class, Priority};
use crate::storage::{IdBlock, Tx};
use crate::text::Language;
use crate::text::datetime::Day;

/// A request that could not be told for so long is found on the next dial, in milliseconds.
pub(super) const EXPIRES_MS: i64 = 24 * 3_600_000;
/// A request whose time is over within so long after the night is told at night, in milliseconds.
const PRESSING_MS: i64 = 3_600_000;
/// Where requests are: what the worker dials.
pub(super) const REQUESTS: &str = "3";
/// Where workers are found: what the client dials.
const CLIENTS: &str = "2";

const NUMBER: FieldType = FieldType::Number(8);
const FEW: FieldType = FieldType::Number(2);
const TRADE: FieldType = FieldType::Coded("trade");
const AREA: FieldType = FieldType::Coded("area");
/// Septets of who pays: a firm's name, or the initials of somebody at home.
const PAYER: FieldType = FieldType::Text(14);

const ASKED: MessageKind = MessageKind {
    name: "booking_asked",
    gives: fields! { "trade": TRADE, "place": AREA, "day": DAY, "pay": PAY, "means": MEANS, "code": PATH_CODE },
};
/// Everything that was agreed, in one message: the same words to both.
const AGREED: MessageKind = MessageKind {
    name: "booking_agreed",
    gives: fields! {
        "number": NUMBER, "trade": TRADE, "place": AREA, "day": DAY, "clock": FieldType::HalfHour, "pay": PAY,
        "paid": PAID, "means": MEANS, "payer": PAYER, "phone": PHONE,
    },
};
const THROUGH: MessageKind = MessageKind {
    name: "booking_through",
    gives: fields! {
        "number": NUMBER, "trade": TRADE, "place": AREA, "day": DAY, "clock": FieldType::HalfHour, "pay": PAY,
        "paid": PAID, "means": MEANS, "payer": PAYER, "code": CODE,
    },
};
const NO: MessageKind = MessageKind {
    name: "booking_no",
    gives: fields! { "initials": INITIALS, "trade": TRADE, "day": DAY, "code": PATH_CODE },
};
const PASSED: MessageKind =
    MessageKind { name: "booking_passed", gives: fields! { "initials": INITIALS, "trade": TRADE, "day": DAY } };
const ASKS_PAY: MessageKind = MessageKind {
    name: "booking_asks_pay",
    gives: fields! { "initials": INITIALS, "trade": TRADE, "day": DAY, "pay": PAY, "code": PATH_CODE },
};
const PAY_NO: MessageKind = MessageKind {
    name: "booking_pay_no",
    gives: fields! { "trade": TRADE, "day": DAY, "pay": PAY, "code": PATH_CODE },
};
const TAKEN: MessageKind =
    MessageKind { name: "booking_taken", gives: fields! { "trade": TRADE, "place": AREA, "day": DAY, "code": CODE } };
const OFF: MessageKind = MessageKind {
    name: "booking_off",
    gives: fields! { "number": NUMBER, "trade": TRADE, "place": AREA, "day": DAY, "code": CODE },
};
const NO_WORKER: MessageKind = MessageKind {
    name: "booking_no_worker",
    gives: fields! { "number": NUMBER, "initials": INITIALS, "trade": TRADE, "day": DAY, "code": PATH_CODE },
};
const EVENING: MessageKind = MessageKind {
    name: "booking_evening",
    gives: fields! {
        "number": NUMBER, "trade": TRADE, "place": AREA, "day": DAY, "clock": FieldType::HalfHour, "code": CODE,
    },
};
const ABSENT: MessageKind = MessageKind {
    name: "booking_absent",
    gives: fields! { "number": NUMBER, "trade": TRADE, "day": DAY, "code": CODE },
};
const CALL_OVER: MessageKind = MessageKind {
    name: "booking_call_over",
    gives: fields! { "number": NUMBER, "trade": TRADE, "day": DAY, "hired": FEW, "needed": FEW, "code": PATH_CODE },
};
const PAY_ASKED: MessageKind = MessageKind {
    name: "pay_asked",
    gives: fields! { "number": NUMBER, "day": DAY, "pay": PAY, "means": MEANS, "code": PATH_CODE },
};
const PAY_ASKED_CLIENT: MessageKind = MessageKind {
    name: "pay_asked_client",
    gives: fields! { "number": NUMBER, "initials": INITIALS, "day": DAY, "pay": PAY, "means": MEANS, "code": PATH_CODE },
};
const WORK_RECORD: MessageKind = MessageKind { name: "work_record", gives: pay::RECORD };
const PHONE_GIVEN: MessageKind =
    MessageKind { name: "booking_phone", gives: fields! { "number": NUMBER, "initials": INITIALS, "phone": PHONE } };

/// What causes a message: the same is written once.
fn key(booking: &Booking, kind: &MessageKind, to: PersonId, cause: &str) -> String {
    format!("booking/{}/{}/{}/{cause}", booking.id.get(), kind.name, to.get())
}

/// The cause of the message by which the worker was asked.
pub(in crate::actions) fn asked_by(booking: &Booking) -> String {
    key(booking, &ASKED, booking.worker, "")
}

/// All of them.
pub(in crate::actions) const MESSAGES: &[MessageKind] = &[
    ASKED,
    AGREED,
    THROUGH,
    NO,
    PASSED,
    ASKS_PAY,
    PAY_NO,
    TAKEN,
    OFF,
    NO_WORKER,
    EVENING,
    PHONE_GIVEN,
    ABSENT,
    CALL_OVER,
    group::INVITED,
    PAY_ASKED,
    PAY_ASKED_CLIENT,
    WORK_RECORD,
];

/// Where messages are written from: a hop, or housekeeping.
pub(super) struct Desk<'a> {
    pub(super) host: &'a Host,
    pub(super) bundle: &'a Bundle,
    pub(super) now_ms: i64,
}

/// What a message says beside the booking's own values.
#[derive(Default)]
struct More {
    initials: String,
    payer: String,
    phone: String,
    pay: Option<Pay>,
    /// The pay day that it is about, and what is due on it.
    due: Option<(Day, Option<i64>)>,
    path: &'static str,
}

/// When a message goes out.
#[derive(Clone, Copy)]
enum When {
    /// It answers what somebody has just done, or cannot wait.
    Now,
    /// Not at night.
    Open,
}

impl Desk<'_> {
    fn values(&self, kind: &MessageKind, booking: &Booking, more: &More, language: Language) -> Vec<Value> {
        let offered = more.pay.unwrap_or(booking.pay);
        let value = |name: &str| match name {
            "number" => Value::Number(booking.number.get()),
            "hired" => Value::Number(booking.hired),
            "needed" => Value::Number(booking.needed),
            "trade" => trade_value(booking),
            "place" => area_value(booking),
            "day" => Value::Text(day_words(more.due.map_or(booking.day, |(day, _)| day), language)),
            "clock" => Value::Clock(booking.start_minute),
            "pay" if let Some((_, amount)) = more.due => {
                Value::Text(pay::due_words(self.host, self.bundle, language, (amount, booking)))
            }
            "pay" => Value::Text(pay_words(self.host, self.bundle, language, offered)),
            "phone" => Value::Text(more.phone.clone()),
            "initials" => Value::Text(more.initials.clone()),
            "payer" => Value::Text(more.payer.clone()),
            "paid" => paid_value(booking.paid, booking.days),
            "means" => means_value(booking.means),
            _ if more.path.is_empty() => Value::Text(self.host.short_code.clone()),
            _ => Value::Text(path_code(self.host, more.path)),
        };
        kind.gives.iter().map(|field| value(field.name)).collect()
    }

    /// Writes to one side, once for each booking, template and cause.
    #[expect(clippy::too_many_arguments, reason = "one message; a struct of these would be built at each place")]
    fn write(
        &self,
        tx: &mut Tx<'_>,
        ids: &mut IdBlock,
        to: PersonId,
        kind: &MessageKind,
        booking: &Booking,
        more: &More,
        (cause, when): (&str, When),
    ) -> Result<bool, Fault> {
        let open_ms = self.host.when_open(self.now_ms);
        let due_ms = match when {
            When::Now => self.now_ms,
            When::Open => open_ms,
        };
        let notice = Notice {
            id: ids.next_id().ok_or(Fault::IdsUsedUp)?,
            person: to,
            template: kind.name,
            values: &|language| self.values(kind, booking, more, language),
            operation_key: &key(booking, kind, to, cause),
            employer_id: Some(booking.employer.get()),
            priority: Priority::Interactive,
            class: Class::MustArrive,
            due_ms,
            expires_ms: due_ms.saturating_add(EXPIRES_MS),
        };
        Ok(tell(tx, self.host, self.bundle, &notice, self.now_ms)? == Told::Queued)
    }

    /// The worker is asked: at once, and at night only when the morning would be too late.
    pub(super) fn asked(&self, tx: &mut Tx<'_>, ids: &mut IdBlock, booking: &Booking) -> Result<bool, Fault> {
        let pressing = self.host.when_open(self.now_ms).saturating_add(PRESSING_MS) > booking.answer_by_ms;
        let when = if pressing { When::Now } else { When::Open };
        let more = More { path: REQUESTS, ..More::default() };
        self.write(tx, ids, booking.worker, &ASKED, booking, &more, ("", when))
    }

    /// Both get the same terms, with the number that the worker chose to have given.
    pub(super) fn agreed(&self, tx: &mut Tx<'_>, ids: &mut IdBlock, booking: &Booking) -> Result<bool, Fault> {
        let given = match booking.share {
            Some(Share::Mine) => Some(booking.worker),
            Some(Share::Theirs) => Some(booking.client),
            Some(Share::Through) | None => None,
        };
        let phone = given.map(|person| self.phone(tx, person)).transpose()?.flatten();
        if let (Some(giver), Some(_)) = (given, &phone) {
            given::note(tx, booking, giver, self.now_ms)?;
        }
        let (kind, phone) = phone.map_or((&THROUGH, String::new()), |phone| (&AGREED, phone));
        let more = More { phone, payer: self.payer(tx, booking)?, ..More::default() };
        let worker = self.write(tx, ids, booking.worker, kind, booking, &more, ("", When::Now))?;
        let client = self.write(tx, ids, booking.client, kind, booking, &more, ("", When::Now))?;
        Ok(worker || client)
    }

    /// Who pays: the firm, or the person at home by initials.
    fn payer(&self, tx: &mut Tx<'_>, booking: &Booking) -> Result<String, Fault> {
        let firm = employer::find(tx, &self.host.keys, booking.employer)?.map(|found| found.name);
        match firm.filter(|name| !name.is_empty()) {
            Some(name) => Ok(name),
            None => initials(tx, self.host, booking.client),
        }
    }

    /// A number as it is dialled; `None` when the person is gone or the number stopped.
    fn phone(&self, tx: &mut Tx<'_>, person: PersonId) -> Result<Option<String>, Fault> {
        Ok(person::recipient(tx, &self.host.keys, person)?.map(|found| found.msisdn.e164()))
    }

    /// The worker does not come, or has not answered. `passed_on`: the next one is asked by itself.
    pub(super) fn no(
        &self,
        tx: &mut Tx<'_>,
        ids: &mut IdBlock,
        booking: &Booking,
        passed_on: bool,
    ) -> Result<bool, Fault> {
        let more = More { initials: initials(tx, self.host, booking.worker)?, path: CLIENTS, ..More::default() };
        let kind = if passed_on { &PASSED } else { &NO };
        // In the morning it may be too late to find somebody else.
        let start_ms = booking.start_ms(&self.host.country);
        let pressing = self.host.when_open(self.now_ms).saturating_add(PRESSING_MS) > start_ms;
        let when = if pressing { When::Now } else { When::Open };
        self.write(tx, ids, booking.client, kind, booking, &more, ("", when))
    }

    /// The worker asks for other pay.
    pub(super) fn asks_pay(&self, tx: &mut Tx<'_>, ids: &mut IdBlock, booking: &Booking) -> Result<bool, Fault> {
        let Some(amount) = booking.asked_amount else { return Ok(false) };
        let pay = Some(Pay { amount, unit: booking.pay.unit });
        let initials = initials(tx, self.host, booking.worker)?;
        let more = More { initials, pay, path: REQUESTS, ..More::default() };
        self.write(tx, ids, booking.client, &ASKS_PAY, booking, &more, (&amount.to_string(), When::Now))
    }

    /// The client does not pay what the worker asks for.
    pub(super) fn pay_no(
        &self,
        tx: &mut Tx<'_>,
        ids: &mut IdBlock,
        booking: &Booking,
        refused: i64,
    ) -> Result<bool, Fault> {
        let more = More { path: REQUESTS, ..More::default() };
        self.write(tx, ids, booking.worker, &PAY_NO, booking, &more, (&refused.to_string(), When::Now))
    }

    /// The places went to others.
    pub(super) fn taken(&self, tx: &mut Tx<'_>, ids: &mut IdBlock, booking: &Booking) -> Result<bool, Fault> {
        self.write(tx, ids, booking.worker, &TAKEN, booking, &More::default(), ("", When::Open))
    }

    /// The client called it off.
    pub(super) fn off(&self, tx: &mut Tx<'_>, ids: &mut IdBlock, booking: &Booking) -> Result<bool, Fault> {
        self.write(tx, ids, booking.worker, &OFF, booking, &More::default(), ("", When::Now))
    }

    /// The worker called it off, or is gone. `passed_on`: the next one is asked by itself.
    pub(super) fn no_worker(
        &self,
        tx: &mut Tx<'_>,
        ids: &mut IdBlock,
        booking: &Booking,
        passed_on: bool,
    ) -> Result<bool, Fault> {
        let more = More { initials: initials(tx, self.host, booking.worker)?, path: CLIENTS, ..More::default() };
        let kind = if passed_on { &PASSED } else { &NO_WORKER };
        self.write(tx, ids, booking.client, kind, booking, &more, ("off", When::Now))
    }

    /// The evening before, to both.
    pub(super) fn evening(&self, tx: &mut Tx<'_>, ids: &mut IdBlock, booking: &Booking) -> Result<bool, Fault> {
        let more = More::default();
        let worker = self.write(tx, ids, booking.worker, &EVENING, booking, &more, ("", When::Open))?;
        let client = self.write(tx, ids, booking.client, &EVENING, booking, &more, ("", When::Open))?;
        Ok(worker || client)
    }

    /// One side said that the other was not there: whoever sees it otherwise says so.
    pub(super) fn was_absent(&self, tx: &mut Tx<'_>, ids: &mut IdBlock, booking: &Booking) -> Result<bool, Fault> {
        let to = if booking.ended == Some(Ended::WorkerAbsent) { booking.worker } else { booking.client };
        self.write(tx, ids, to, &ABSENT, booking, &More::default(), ("", When::Open))
    }

    /// A call for the first to accept is over, and not everybody was found.
    pub(super) fn call_over(&self, tx: &mut Tx<'_>, ids: &mut IdBlock, last: &Booking) -> Result<bool, Fault> {
        let more = More { path: CLIENTS, ..More::default() };
        self.write(tx, ids, last.client, &CALL_OVER, last, &more, ("over", When::Open))
    }

    /// One side is asked how the pay of a day was: each time anew, and not at night.
    pub(super) fn pay_asked(
        &self,
        tx: &mut Tx<'_>,
        ids: &mut IdBlock,
        booking: &Booking,
        asked: &PayDay,
        side: Side,
    ) -> Result<bool, Fault> {
        let (to, kind) = match side {
            Side::Worker => (booking.worker, &PAY_ASKED),
            Side::Client => (booking.client, &PAY_ASKED_CLIENT),
        };
        let initials = initials(tx, self.host, booking.worker)?;
        let more = More { initials, due: Some((asked.day, asked.amount)), path: REQUESTS, ..More::default() };
        self.write(tx, ids, to, kind, booking, &more, (&format!("{}/{}", asked.nth, asked.asks), When::Open))
    }

    /// One side gives the other its number after all.
    pub(super) fn phone_given(
        &self,
        tx: &mut Tx<'_>,
        ids: &mut IdBlock,
        booking: &Booking,
        giver: PersonId,
    ) -> Result<bool, Fault> {
        let Some(phone) = self.phone(tx, giver)? else { return Ok(false) };
        let to = if booking.worker == giver { booking.client } else { booking.worker };
        given::note(tx, booking, giver, self.now_ms)?;
        let more = More { initials: initials(tx, self.host, giver)?, phone, ..More::default() };
        self.write(tx, ids, to, &PHONE_GIVEN, booking, &more, ("", When::Now))
    }
}

/// Writes from a hop.
pub(super) fn from_hop(
    cx: &mut ActionCx<'_, '_, '_>,
    write: impl FnOnce(&Desk<'_>, &mut Tx<'_>, &mut IdBlock) -> Result<bool, Fault>,
) -> Result<(), Fault> {
    let desk = Desk { host: cx.at.host, bundle: cx.at.bundle, now_ms: cx.at.now_ms };
    if write(&desk, cx.tx, cx.at.ids)? {
        *cx.at.enqueued = true;
    }
    Ok(())
}

/// The worker is asked.
pub(super) fn asked(cx: &mut ActionCx<'_, '_, '_>, booking: &Booking) -> Result<(), Fault> {
    from_hop(cx, |desk, tx, ids| desk.asked(tx, ids, booking))
}
