//! Why a gateway's request is refused, and what the gateway is told.

/// A request that no dialect can read. The value carries the decision: the HTTP status, a reason for the log, and a body
/// for the person who connects a gateway. Field names are the dialect's own; no value of a field is ever repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum DecodeFault {
    /// Not the method of the dialect.
    #[error("method not allowed")]
    Method,
    /// Not the content type of the dialect, or a character set other than UTF-8.
    #[error("unsupported content type")]
    ContentType,
    /// More bytes than a request can have.
    #[error("body too large")]
    BodyTooLarge,
    /// Text that is not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// A field is absent, or empty where it may not be.
    #[error("field missing")]
    MissingField(&'static str),
    /// A field stands twice: which one is meant cannot be known.
    #[error("field repeated")]
    RepeatedField(&'static str),
    /// A field is longer than it can be.
    #[error("field too long")]
    TooLong(&'static str),
    /// A field has characters that it cannot have.
    #[error("field malformed")]
    Malformed(&'static str),
}

impl DecodeFault {
    /// The HTTP status to answer with.
    pub fn status(self) -> u16 {
        match self {
            DecodeFault::Method => 405,
            DecodeFault::ContentType => 415,
            DecodeFault::BodyTooLarge => 413,
            DecodeFault::NotUtf8
            | DecodeFault::MissingField(_)
            | DecodeFault::RepeatedField(_)
            | DecodeFault::TooLong(_)
            | DecodeFault::Malformed(_) => 400,
        }
    }

    /// A stable word for logs and metrics.
    pub fn reason(self) -> &'static str {
        match self {
            DecodeFault::Method => "method",
            DecodeFault::ContentType => "content_type",
            DecodeFault::BodyTooLarge => "body_too_large",
            DecodeFault::NotUtf8 => "not_utf8",
            DecodeFault::MissingField(_) => "missing_field",
            DecodeFault::RepeatedField(_) => "repeated_field",
            DecodeFault::TooLong(_) => "field_too_long",
            DecodeFault::Malformed(_) => "field_malformed",
        }
    }

    /// The field at fault, by the dialect's name of it.
    pub fn field(self) -> Option<&'static str> {
        match self {
            DecodeFault::MissingField(field)
            | DecodeFault::RepeatedField(field)
            | DecodeFault::TooLong(field)
            | DecodeFault::Malformed(field) => Some(field),
            DecodeFault::Method | DecodeFault::ContentType | DecodeFault::BodyTooLarge | DecodeFault::NotUtf8 => None,
        }
    }

    /// One line of plain text that helps whoever connects the gateway.
    pub fn body(self) -> String {
        match self {
            DecodeFault::Method => "This is not the method of the channel's protocol.\n".to_owned(),
            DecodeFault::ContentType => "Send application/x-www-form-urlencoded in UTF-8.\n".to_owned(),
            DecodeFault::BodyTooLarge => "The body is too large.\n".to_owned(),
            DecodeFault::NotUtf8 => "The body is not UTF-8.\n".to_owned(),
            DecodeFault::MissingField(field) => format!("The field {field} is missing.\n"),
            DecodeFault::RepeatedField(field) => format!("The field {field} stands there twice.\n"),
            DecodeFault::TooLong(field) => format!("The field {field} is too long.\n"),
            DecodeFault::Malformed(field) => format!("The field {field} is not in the expected form.\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_the_callers_and_says_what_to_mend() {
        let faults = [
            DecodeFault::Method,
            DecodeFault::ContentType,
            DecodeFault::BodyTooLarge,
            DecodeFault::NotUtf8,
            DecodeFault::MissingField("sessionId"),
            DecodeFault::RepeatedField("sessionId"),
            DecodeFault::TooLong("sessionId"),
            DecodeFault::Malformed("sessionId"),
        ];
        let reasons: std::collections::BTreeSet<&str> = faults.iter().map(|fault| fault.reason()).collect();
        assert_eq!(reasons.len(), faults.len());
        for fault in faults {
            assert!((400..500).contains(&fault.status()));
            assert!(fault.field().is_none_or(|field| fault.body().contains(field)));
            assert!(fault.body().ends_with(".\n"));
        }
    }
}
