//! Reporting a job that is on the screen: whoever reports has seen it.

use super::manifest::outcomes;
use super::{ActionCx, Fault, job};
use crate::market::person::{self, Status};
use crate::market::report::{self, NewReport, ReportReason};

outcomes! { Reported { Thanks = "thanks", Before = "before", TooMany = "too_many" } }

/// Keeps the report. The caller is not told whether it was the one that holds the job.
pub(super) fn send(cx: &mut ActionCx<'_, '_, '_>) -> Result<Reported, Fault> {
    let reason = ReportReason::from_code(cx.text("report")?).ok_or(Fault::Answer("report"))?;
    let about = job::vacancy(cx)?;
    let number = cx.number()?;
    let status = match cx.person() {
        Some(person) => person::find(cx.tx, person)?.map(|person| person.status),
        None => None,
    };
    let new = NewReport {
        about: &about,
        number: &number,
        is_listed: status == Some(Status::Listed),
        reason,
        to_hold: cx.at.host.country.help.reports_to_hold,
    };
    Ok(match report::report(cx.tx, cx.at.ids, &new, cx.at.now_ms)? {
        report::Reported::Taken { .. } => Reported::Thanks,
        report::Reported::Before => Reported::Before,
        report::Reported::TooMany => Reported::TooMany,
    })
}
