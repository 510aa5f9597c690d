//! Questions that wait for somebody's answer, and the answer that comes by SMS: yes, no, or other pay.

use super::super::booking::{
    self as bookings, Reply, accept_by_message, ask_pay_by_message, asked_by, decline_by_message,
};
use super::super::stage::{self, Answered};
use super::super::{Fault, agent};
use super::screening::{AskedQuestion, Said};
use super::{Answer, At};
use crate::market::booking::{self, Booking};
use crate::market::job_number::JobNumber;
use crate::market::offer::OpenOffer;
use crate::market::pay::Pay;
use crate::menu::manifest::Value;
use crate::outbox;

/// A question that waits for somebody's YES or NO. What else may be asked of people is added here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OpenQuestion {
    /// An employer offers the work.
    Offer(OpenOffer),
    /// A client asks the worker to come.
    Request(Booking),
    /// An employer asks something of who applied.
    Asked(AskedQuestion),
}

impl OpenQuestion {
    /// The number by which it is named: no booking has a number that a job has.
    fn number(&self) -> i64 {
        match self {
            OpenQuestion::Offer(offer) => offer.job_number.get(),
            OpenQuestion::Request(booking) => booking.number.get(),
            OpenQuestion::Asked(asked) => asked.job.get(),
        }
    }

    /// The cause of the message that told of it.
    fn told_by(&self) -> String {
        match self {
            OpenQuestion::Offer(offer) => stage::told_by(offer.application),
            OpenQuestion::Request(booking) => asked_by(booking),
            OpenQuestion::Asked(asked) => asked.told_by(),
        }
    }
}

impl At<'_, '_, '_> {
    /// The questions that are open to the people who may be meant.
    fn open_questions(&mut self) -> Result<Vec<OpenQuestion>, Fault> {
        let (hash, persons) = (&self.number.hash, &self.persons);
        let offers = stage::open_offers_on(self.tx, hash)?.into_iter();
        let offers = offers.filter(|offer| persons.contains(&offer.person)).map(OpenQuestion::Offer);
        let requests = booking::answer::open_requests_on(self.tx, &self.host.country, hash, self.now_ms)?.into_iter();
        let requests = requests.filter(|asked| persons.contains(&asked.worker)).map(OpenQuestion::Request);
        let open: Vec<OpenQuestion> = offers.chain(requests).collect();
        let asked = self.asked_questions()?.into_iter().filter(|asked| asked.stands).map(OpenQuestion::Asked);
        Ok(open.into_iter().chain(asked).collect())
    }

    /// YES or NO, with the numbers that stood beside it.
    pub(super) fn answer_question(
        &mut self,
        yes: bool,
        numbers: &[i64],
        job: Option<JobNumber>,
    ) -> Result<Answer, Fault> {
        let mut meant = self.open_questions()?;
        if numbers.is_empty() {
            // A word alone answers what its sender has read: what waits for the morning is none of it.
            let mut told = Vec::new();
            for open in meant {
                if outbox::operate::has_left(self.tx, &open.told_by())? {
                    told.push(open);
                }
            }
            meant = told;
        } else {
            meant.retain(|open| numbers.contains(&open.number()));
        }
        match (meant.as_slice(), job) {
            ([question], _) if !numbers.is_empty() || self.persons.len() == 1 => self.close(*question, yes),
            // The offer of a job and a question about it: no number tells them apart.
            ([first, rest @ ..], _)
                if !rest.is_empty() && rest.iter().all(|other| other.number() == first.number()) =>
            {
                Ok(self.text("question_dial", vec![Value::Number(first.number())]))
            }
            // What we wrote of that job was an alert: YES asks for it.
            ([], Some(job)) if yes => self.apply(job),
            ([], _) if self.persons.is_empty() => Ok(self.text("answer_dial", Vec::new())),
            ([], _) if numbers.is_empty() && self.answer_agent(yes)? => Ok(Answer::Told),
            ([], _) => match self.gone(numbers.first().copied())? {
                Some(answer) => Ok(answer),
                None => Ok(self.text("answer_none", Vec::new())),
            },
            _ => Ok(self.text("answer_which", Vec::new())),
        }
    }

    /// Answers whether it is right that an agent registered the one person on the number. False when nobody asked.
    fn answer_agent(&mut self, yes: bool) -> Result<bool, Fault> {
        let &[person] = self.persons.as_slice() else { return Ok(false) };
        if !agent::is_asked(self.tx, person)? {
            return Ok(false);
        }
        let said = agent::Said { person, yes, operation_key: &format!("letter/{}/agent", self.letter.id) };
        agent::answered(self.tx, (self.host, self.bundle), self.ids, &said, self.now_ms)
    }

    /// Answers a question.
    fn close(&mut self, question: OpenQuestion, yes: bool) -> Result<Answer, Fault> {
        let OpenOffer { application, person, .. } = match question {
            OpenQuestion::Offer(offer) => offer,
            OpenQuestion::Request(booking) => return self.close_request(&booking, yes),
            OpenQuestion::Asked(asked) => return self.answer_asked(asked, Said::Word(yes)),
        };
        let operation_key = &format!("letter/{}/answer", self.letter.id);
        let answer = stage::Answer { application, person, yes, operation_key };
        let answered = stage::answer_offer(self.tx, self.host, self.bundle, self.ids, &answer, self.now_ms)?;
        Ok(match answered {
            Answered::Accepted | Answered::Declined => Answer::Told,
            Answered::TooLate | Answered::Nothing { .. } | Answered::NotYours => self.text("answer_none", Vec::new()),
        })
    }

    /// Answers a request to come.
    fn close_request(&mut self, asked: &Booking, yes: bool) -> Result<Answer, Fault> {
        let (whose, number) = ((asked.id, asked.worker), vec![Value::Number(asked.number.get())]);
        let answer = if yes { accept_by_message } else { decline_by_message };
        Ok(match answer(self.tx, self.host, self.bundle, self.ids, whose, self.now_ms)? {
            // Whoever agrees is told the terms with the number of the other side.
            Reply::Done(_) if yes => Answer::Told,
            Reply::Done(_) => self.text("booking_declined", number),
            Reply::Busy => self.text("booking_busy", number),
            Reply::Missed(_) => self.text("answer_none", Vec::new()),
        })
    }

    /// Other pay for the one request that is meant; `None` when there is none.
    pub(super) fn ask_pay(&mut self, number: Option<i64>, amount: i64) -> Result<Option<Answer>, Fault> {
        let mut meant = Vec::new();
        for open in self.open_questions()? {
            let OpenQuestion::Request(asked) = open else { continue };
            let is_meant = match number {
                Some(number) => number == asked.number.get(),
                None => self.persons.len() == 1 && outbox::operate::has_left(self.tx, &open.told_by())?,
            };
            if is_meant {
                meant.push(asked);
            }
        }
        let asked = match meant.as_slice() {
            [] => return Ok(None),
            [asked] => *asked,
            _ => return Ok(Some(self.text("answer_which", Vec::new()))),
        };
        let done = ask_pay_by_message(self.tx, self.host, self.bundle, self.ids, (&asked, amount), self.now_ms)?;
        Ok(Some(match done {
            Some(Reply::Done(now)) => {
                let pay =
                    bookings::pay_words(self.host, self.bundle, self.language, Pay { amount, unit: now.pay.unit });
                self.text("booking_pay_asked", vec![Value::Number(now.number.get()), Value::Text(pay)])
            }
            Some(Reply::Busy | Reply::Missed(_)) => self.text("answer_none", Vec::new()),
            // Far from what is offered: on the screen it can be seen and typed again.
            None => self.text("answer_dial", Vec::new()),
        }))
    }
}
