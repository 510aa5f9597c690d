//! The dialects of telecom providers: bytes in, types out, and back. Pure: no sockets, clocks, async or logging.
//!
//! A provider's oddities end here. One dialect is one file with its fixtures in `tests/fixtures/<dialect>`; what comes
//! out of `ussd` and what goes into `sms` looks the same for all of them. `transport.rs` carries the bytes.

mod base64;
pub mod email;
mod fault;
mod form;
pub(crate) mod masked;
pub mod sms;
pub mod ussd;
pub mod webhook;
mod wire;

pub use fault::DecodeFault;
pub use form::encode_form;
pub use wire::{Method, TransportFault, WireRequest, WireResponse};
