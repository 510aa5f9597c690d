//! One exchange with a provider as plain values: what is to be sent, what came back, and how an exchange can fail.

use std::fmt;

/// HTTP methods that providers use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET: parameters in the query.
    Get,
    /// POST: parameters in the body.
    Post,
}

impl Method {
    /// As written on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
        }
    }
}

/// A request that is ready to be sent. Its `Debug` shows neither the query, the headers nor the body: numbers, texts and
/// credentials travel there.
#[derive(Clone, PartialEq, Eq)]
pub struct WireRequest {
    /// GET or POST.
    pub method: Method,
    /// Absolute address.
    pub url: String,
    /// Header names in lower case, with their values.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty for GET.
    pub body: Vec<u8>,
}

impl WireRequest {
    /// Method, address without its query, and size: safe to log and to keep in the attempt log.
    pub fn masked(&self) -> String {
        let address = self.url.split(['?', '#']).next().unwrap_or_default();
        format!("{} {address} {} B", self.method.as_str(), self.body.len())
    }
}

impl fmt::Debug for WireRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// An answer that came back whole, or cut at the transport's limit. `Debug` shows its status and size alone.
#[derive(Clone, PartialEq, Eq)]
pub struct WireResponse {
    /// HTTP status.
    pub status: u16,
    /// Header names in lower case, with their values; values that are not text are left out.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl WireResponse {
    /// The first header of this name (in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Status and size: safe to log and to keep in the attempt log.
    pub fn masked(&self) -> String {
        format!("{} {} B", self.status, self.body.len())
    }
}

impl fmt::Debug for WireResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// An exchange without a whole answer. The value says whether the request may have been acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportFault {
    /// No byte of the request reached the provider: sending again is safe.
    #[error("the provider was not reached")]
    NotSent,
    /// The request may have been acted on: no answer, or half of one.
    #[error("the provider gave no whole answer")]
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_exchange_shows_neither_query_nor_body_nor_headers() {
        let request = WireRequest {
            method: Method::Get,
            url: "https://sms.invalid/send?to=250788000001&password=hunter2".to_owned(),
            headers: vec![("authorization", "Bearer s3cret".to_owned())],
            body: b"Muraho".to_vec(),
        };
        assert_eq!(request.masked(), "GET https://sms.invalid/send 6 B");
        assert_eq!(format!("{request:?}"), request.masked());
        let response =
            WireResponse { status: 202, headers: vec![("retry-after".into(), "5".into())], body: b"+250788".to_vec() };
        assert_eq!(format!("{response:?}"), "202 7 B");
        assert_eq!(response.header("retry-after"), Some("5"));
        assert_eq!(response.header("etag"), None);
    }
}
