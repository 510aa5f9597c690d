//! What an HTTP status means that a dialect does not explain itself.

use super::{Blocked, SendOutcome, WireResponse};

/// In doubt *unknown*: a gateway behind a proxy may have sent the SMS and failed afterwards. Refused credentials block the
/// channel: the message is sound.
pub(super) fn by_status(response: &WireResponse) -> SendOutcome {
    let retry_after_ms = retry_after_ms(response);
    match response.status {
        401 | 403 => SendOutcome::Blocked(Blocked::Credentials),
        402 => SendOutcome::Blocked(Blocked::NoCredit),
        429 => SendOutcome::Blocked(Blocked::Throttled { retry_after_ms }),
        400 | 406 | 410 | 413 | 422 => SendOutcome::Permanent { reason: "refused" },
        300..=499 | 503 => SendOutcome::Temporary { retry_after_ms },
        _ => SendOutcome::Unknown,
    }
}

/// `Retry-After` in seconds. Its other form, a date, is passed over: this module knows no clock.
fn retry_after_ms(response: &WireResponse) -> Option<i64> {
    let seconds: u32 = response.header("retry-after")?.trim().parse().ok()?;
    Some(i64::from(seconds) * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, headers: &[(&str, &str)]) -> SendOutcome {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        by_status(&WireResponse { status, headers, body: b"{}".to_vec() })
    }

    #[test]
    fn statuses_are_read_with_doubt() {
        let wait = [("retry-after", "7")];
        assert_eq!(answered(503, &wait), SendOutcome::Temporary { retry_after_ms: Some(7000) });
        let throttled = |retry_after_ms| SendOutcome::Blocked(Blocked::Throttled { retry_after_ms });
        assert_eq!(answered(429, &wait), throttled(Some(7000)));
        assert_eq!(answered(429, &[("retry-after", "Fri, 20 Nov 2026 07:15:00 GMT")]), throttled(None));
        for status in [400, 413, 422] {
            assert_eq!(answered(status, &[]), SendOutcome::Permanent { reason: "refused" });
        }
        for status in [401, 403] {
            assert_eq!(answered(status, &[]), SendOutcome::Blocked(Blocked::Credentials));
        }
        for status in [301, 404, 408] {
            assert_eq!(answered(status, &[]), SendOutcome::Temporary { retry_after_ms: None }, "{status}");
        }
        for status in [100, 200, 202, 500, 502, 504, 999] {
            assert_eq!(answered(status, &[]), SendOutcome::Unknown, "{status}");
        }
    }
}
