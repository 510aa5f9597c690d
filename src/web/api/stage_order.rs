//! A move of an application as it is asked for and as it is answered: what the employer says of it, and what the market
//! makes of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::actions::Host;
use crate::actions::stage::{self, Advanced, By};
use crate::country::PayMeans;
use crate::market::import::iso;
use crate::market::pay::Pay;
use crate::market::stage::Stage;
use crate::market::{ApplicationId, EmployerId};
use crate::text::datetime::Day;

/// What became of a move.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct Moved {
    /// The application.
    application: String,
    /// `moved`, `already` (it stood there), `refused` or `not_found`
    pub(super) outcome: String,
    /// Where it stands now; null when it was not found or nothing was looked at.
    stage: Option<String>,
    /// Why it was refused, as a stable word: `illegal`, `filled`, `held`, `left`, or what is wrong with the terms.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    reason: Option<String>,
    /// The same for a person.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) detail: Option<String>,
}

/// When and where an interview is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Interview {
    /// The day.
    pub(super) day: Day,
    /// Minute of the day.
    pub(super) minute: u16,
    /// The place.
    pub(super) place: String,
}

/// What is looked at before a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Assessment {
    /// The task.
    pub(super) what: String,
    /// The day; `None`: to be agreed.
    pub(super) day: Option<Day>,
    /// Minute of the day; `None`: to be agreed.
    pub(super) minute: Option<u16>,
}

/// What is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    /// For the work.
    pub(super) pay: Pay,
    /// By what; `None`: as the vacancy says.
    pub(super) means: Option<PayMeans>,
    /// The first day.
    pub(super) start: Day,
    /// The last day on which the worker may answer.
    pub(super) answer_by: Day,
    /// Also when every opening is offered or hired.
    pub(super) beyond_openings: bool,
}

/// A move that is asked for, checked.
#[derive(Clone, Debug)]
pub(super) struct MoveOrder {
    /// Whose vacancy it must be.
    pub(super) employer: EmployerId,
    /// The application.
    pub(super) application: ApplicationId,
    /// Where to.
    pub(super) to: Stage,
    /// The token.
    pub(super) by: i64,
    /// Why, for the employer.
    pub(super) note: Option<String>,
    /// Of an assessment.
    pub(super) assessment: Option<Assessment>,
    /// Of an interview.
    pub(super) interview: Option<Interview>,
    /// Of an offer.
    pub(super) offer: Option<Offer>,
}

impl MoveOrder {
    /// Whether it names a task, a time or pay.
    fn has_terms(&self) -> bool {
        self.assessment.is_some() || self.interview.is_some() || self.offer.is_some()
    }

    /// The order as the market takes it.
    pub(super) fn of_market<'o>(&'o self, host: &Host, operation_key: &'o str) -> stage::Order<'o> {
        let order = stage::Order::new(self.employer, self.application, self.to, By::Token(self.by), operation_key);
        let assessment = self.assessment.as_ref();
        let interview = self.interview.as_ref();
        stage::Order {
            assessment: assessment.map(|Assessment { what, day, minute }| stage::Assessment {
                what,
                day: *day,
                minute: *minute,
            }),
            interview: interview.map(|Interview { day, minute, place }| stage::Interview {
                day: *day,
                minute: *minute,
                place,
            }),
            offer: self.offer.map(|offer| stage::Offer {
                pay: Some(offer.pay),
                means: offer.means,
                start_day: Some(offer.start),
                start_minute: None,
                until_ms: offer.answer_by.plus(1).start_ms(&host.country.timezone),
                beyond_openings: offer.beyond_openings,
            }),
            ..order
        }
    }

    /// What is told of what became of it.
    pub(super) fn outcome(&self, done: Advanced) -> Moved {
        let stands = |outcome: &str, stage: Stage| Moved {
            application: self.application.get().to_string(),
            outcome: outcome.to_owned(),
            stage: Some(stage.code().to_owned()),
            reason: None,
            detail: None,
        };
        let refused = |reason: &str, detail: String| Moved {
            stage: None,
            reason: Some(reason.to_owned()),
            detail: Some(detail),
            ..stands("refused", self.to)
        };
        match done {
            Advanced::Moved { .. } => stands("moved", self.to),
            Advanced::Already { stage } => stands("already", stage),
            Advanced::Illegal { stage } if stage == self.to && !self.has_terms() => stands("already", stage),
            Advanced::Illegal { stage } if stage == self.to => {
                let detail =
                    "It stands there, on the terms that the applicant was told; they are not changed.".to_owned();
                Moved { stage: Some(stage.code().to_owned()), ..refused("other_terms", detail) }
            }
            Advanced::Illegal { stage } => {
                let detail = format!("From {} it cannot move to {}.", stage.code(), self.to.code());
                Moved { stage: Some(stage.code().to_owned()), ..refused("illegal", detail) }
            }
            Advanced::NotYours => Moved { stage: None, ..stands("not_found", self.to) },
            Advanced::Filled { openings, taken } => {
                let detail = format!("Of {openings} openings {taken} are offered or hired; see beyond_openings.");
                refused("filled", detail)
            }
            Advanced::Held => refused("held", "The vacancy waits for a person's look.".to_owned()),
            Advanced::Left => refused("left", "The applicant has left; the application can be rejected.".to_owned()),
            Advanced::KeyReused => refused("key_reused", "This request has moved it elsewhere before.".to_owned()),
            Advanced::Refused(refusal) => {
                refused(refusal.code(), format!("The order cannot be carried out as it is: {}.", refusal.code()))
            }
        }
    }

    /// What is kept of a move among the notes: the terms that were set, and why; `None` when there is neither.
    pub(super) fn written(&self) -> Option<String> {
        let interview = self.interview.as_ref().map(|interview| {
            let Interview { day, minute, place } = interview;
            format!("Interview {} {:02}:{:02}, {place}.", iso(*day), minute / 60, minute % 60)
        });
        let assessment = self.assessment.as_ref().map(|assessment| format!("Assessment: {}.", assessment.what));
        let offer = self.offer.map(|Offer { pay, means, start, answer_by, .. }| {
            let (amount, unit) = (pay.amount, pay.unit.code());
            let means = means.map_or(String::new(), |means| format!(", {}", means.code()));
            format!("Offer {amount} a {unit}{means} from {} on; answer by {}.", iso(start), iso(answer_by))
        });
        let parts: Vec<String> = [assessment, interview, offer, self.note.clone()].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}
