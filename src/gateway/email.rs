//! E-mail: a message becomes the bytes of RFC 5322, and a mail server's answer becomes an outcome.
//!
//! The message has two parts, the text and the same text as simple HTML, all of it ASCII on the wire: no server has to
//! know 8BITMIME or SMTPUTF8. The same message makes the same bytes at every attempt, `Message-ID` and boundary
//! included, so that a mailbox which gets it twice can show it once.
//!
//! A line break in a header would begin another header: what goes into one is refused with the name of its field.
//! Signing (DKIM) is the relay's; for one-click unsubscribing the signature must cover `List-Unsubscribe` and
//! `List-Unsubscribe-Post`.

mod html;
mod reply;

use std::fmt::{self, Write as _};

use aws_lc_rs::digest;
use lettre::Address;
use lettre::message::header::{ContentType, Date, Header as _, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};

pub use reply::{Reply, Step, answered, lost};

/// Longest address, in bytes: what fits between the `<>` of an SMTP path (RFC 5321, 4.5.3.1.3).
pub const ADDRESS_BYTES_MAX: usize = 254;
/// Longest subject, in characters. Mail programs show 60 to 80.
pub const SUBJECT_CHARACTERS_MAX: usize = 200;
/// Longest name of a sender or a recipient, in characters.
pub const NAME_CHARACTERS_MAX: usize = 100;
/// Longest text, in bytes. Mail programs cut a message at about 100 KB, and ours has its text twice.
pub const TEXT_BYTES_MAX: usize = 32 * 1024;
/// Longest address to unsubscribe at, in bytes: it stands unfolded in one header line, which ends at 998.
pub const UNSUBSCRIBE_URL_BYTES_MAX: usize = 512;
/// Longest name of ours for a message, in bytes.
const CLIENT_REF_BYTES_MAX: usize = 64;
/// Longest language tag, in bytes (RFC 5646, 4.4.1).
const LANGUAGE_BYTES_MAX: usize = 35;

/// An address that mail can be sent to.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MailAddress(Address);

impl MailAddress {
    /// Reads `user@example.org`. The domain becomes lower case; the part before the `@` stays as it is, since its owner
    /// alone knows whether case matters there.
    ///
    /// Narrower than the standard where the rest is of no use to people: ASCII alone (beyond it a server must know
    /// SMTPUTF8, and most relays do not), no quoted names, no numeric domains, no domain without a dot.
    pub fn parse(text: &str) -> Result<Self, AddressFault> {
        if text.len() > ADDRESS_BYTES_MAX {
            return Err(AddressFault::TooLong);
        }
        if !text.is_ascii() {
            return Err(AddressFault::NotAscii);
        }
        let (user, domain) = text.rsplit_once('@').ok_or(AddressFault::Malformed)?;
        if user.starts_with('"') || text.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err(AddressFault::Malformed);
        }
        let domain = domain.to_ascii_lowercase();
        let is_name = domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
        let top = domain.rsplit_once('.').map(|(_, top)| top);
        if !is_name || top.is_none_or(|top| top.bytes().all(|byte| byte.is_ascii_digit())) {
            return Err(AddressFault::Domain);
        }
        Address::new(user, domain).map(Self).map_err(|_| AddressFault::Malformed)
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        self.0.as_ref()
    }

    /// What stands behind the `@`.
    pub fn domain(&self) -> &str {
        self.0.domain()
    }

    /// As the mail library has it.
    pub(crate) fn as_library(&self) -> &Address {
        &self.0
    }
}

/// An address is a person's.
impl fmt::Debug for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailAddress(..)")
    }
}

/// Why a text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// Longer than an address can be.
    #[error("an address has at most 254 characters")]
    TooLong,
    /// Letters beyond ASCII. A domain of such letters has an `xn--` form.
    #[error("an address here has no letters with accents")]
    NotAscii,
    /// Not `user@example.org`.
    #[error("not an address")]
    Malformed,
    /// The domain is none on the public network.
    #[error("not a domain that mail reaches")]
    Domain,
}

/// One message on its way to a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Email<'a> {
    /// The recipient's address.
    pub to: String,
    /// The recipient's name, to stand beside it.
    pub to_name: Option<String>,
    /// The subject: one line.
    pub subject: String,
    /// The whole text, in lines of any length; an empty line begins a paragraph.
    pub text: String,
    /// Where one POST without a question ends such messages (RFC 8058): `https` alone. `None` for a message that nobody
    /// can do without, such as the receipt of what they did.
    pub unsubscribe_url: Option<String>,
    /// Our name of the message, the same for every attempt: ASCII letters, digits, `-`, `_` and `.`.
    pub client_ref: String,
    /// The language of the text, as a tag: `rw`.
    pub language: &'a str,
}

/// Address, name and text stay out of logs.
impl fmt::Debug for Email<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Email").field("client_ref", &self.client_ref).finish_non_exhaustive()
    }
}

/// Who a message is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// Shown as the sender, told to the server as the place for bounces, and its domain names our messages.
    pub address: MailAddress,
    /// The name beside it.
    pub name: String,
    /// Where answers go, if not there.
    pub reply_to: Option<MailAddress>,
}

/// A message that is ready to be sent. Its `Debug` shows its size alone.
#[derive(Clone, PartialEq, Eq)]
pub struct WireMail {
    /// Where bounces go.
    pub from: MailAddress,
    /// The one recipient.
    pub to: MailAddress,
    /// Headers and body: ASCII in lines that end in CRLF.
    pub bytes: Vec<u8>,
}

impl WireMail {
    /// Its size: safe to log and to keep in the attempt log.
    pub fn masked(&self) -> String {
        format!("MAIL {} B", self.bytes.len())
    }
}

impl fmt::Debug for WireMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// Why a message cannot be written. The value names the field, never what stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailFault {
    /// Empty where it may not be.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Longer than it can be.
    #[error("{0} is too long")]
    TooLong(&'static str),
    /// A line break, which would begin another header.
    #[error("{0} has a line break")]
    LineBreak(&'static str),
    /// Not in the form that it must have.
    #[error("{0} is malformed")]
    Malformed(&'static str),
}

impl EmailFault {
    /// The field at fault: `to`, `to_name`, `subject`, `text`, `unsubscribe_url`, `client_ref`, `language`, `date` or
    /// `sender_name`.
    pub fn field(self) -> &'static str {
        match self {
            EmailFault::Missing(field)
            | EmailFault::TooLong(field)
            | EmailFault::LineBreak(field)
            | EmailFault::Malformed(field) => field,
        }
    }
}

/// The message as it goes over the wire, dated `now_ms` (milliseconds since 1970).
pub fn compose(email: &Email<'_>, sender: &Sender, now_ms: i64) -> Result<WireMail, EmailFault> {
    let to = MailAddress::parse(one_line("to", &email.to, ADDRESS_BYTES_MAX)?);
    let to = to.map_err(|_| EmailFault::Malformed("to"))?;
    let to_name = email.to_name.as_deref().map(|name| one_line("to_name", name, NAME_CHARACTERS_MAX)).transpose()?;
    let from_name = one_line("sender_name", &sender.name, NAME_CHARACTERS_MAX)?;
    let subject = one_line("subject", &email.subject, SUBJECT_CHARACTERS_MAX)?;
    if subject.trim().is_empty() {
        return Err(EmailFault::Missing("subject"));
    }
    let client_ref = word("client_ref", &email.client_ref, CLIENT_REF_BYTES_MAX, b"-_.")?;
    let language = word("language", email.language, LANGUAGE_BYTES_MAX, b"-")?;
    let text = body_text(&email.text)?;
    let html = html::page(subject, &text, language);

    let mailbox = |name: Option<&str>, address: &MailAddress| {
        let name = name.map(str::trim).filter(|name| !name.is_empty());
        Mailbox::new(name.map(str::to_owned), address.as_library().clone())
    };
    let mut message = Message::builder()
        .header(date(now_ms)?)
        .from(mailbox(Some(from_name), &sender.address))
        .to(mailbox(to_name, &to))
        .subject(subject)
        .message_id(Some(format!("<{client_ref}@{}>", sender.address.domain())))
        .raw_header(written("Auto-Submitted", "auto-generated"))
        .raw_header(written("Content-Language", language));
    if let Some(reply_to) = &sender.reply_to {
        message = message.reply_to(mailbox(None, reply_to));
    }
    if let Some(url) = &email.unsubscribe_url {
        let url = one_line("unsubscribe_url", url, UNSUBSCRIBE_URL_BYTES_MAX)?;
        if !url.starts_with("https://") || url.bytes().any(|byte| !byte.is_ascii_graphic() || b"<>".contains(&byte)) {
            return Err(EmailFault::Malformed("unsubscribe_url"));
        }
        message = message
            .raw_header(written("List-Unsubscribe", &format!("<{url}>")))
            .raw_header(written("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
    }
    let parts = MultiPart::alternative().boundary(boundary(client_ref, &text));
    let part = |kind: ContentType, body: String| SinglePart::builder().header(kind).body(body);
    let parts = parts.singlepart(part(ContentType::TEXT_PLAIN, text)).singlepart(part(ContentType::TEXT_HTML, html));
    // The builder asks for a sender and a recipient, and has both.
    let message = message.multipart(parts).map_err(|_| EmailFault::Malformed("to"))?;
    Ok(WireMail { from: sender.address.clone(), to, bytes: message.formatted() })
}

/// A value for a header: one line without control characters.
fn one_line<'v>(field: &'static str, value: &'v str, characters_max: usize) -> Result<&'v str, EmailFault> {
    if value.contains(['\r', '\n']) {
        Err(EmailFault::LineBreak(field))
    } else if value.chars().count() > characters_max {
        Err(EmailFault::TooLong(field))
    } else if value.chars().any(char::is_control) {
        Err(EmailFault::Malformed(field))
    } else {
        Ok(value)
    }
}

/// ASCII letters, digits and these marks: at least one.
fn word<'v>(field: &'static str, value: &'v str, bytes_max: usize, marks: &[u8]) -> Result<&'v str, EmailFault> {
    let value = one_line(field, value, bytes_max)?;
    match value {
        "" => Err(EmailFault::Missing(field)),
        _ if value.bytes().all(|byte| byte.is_ascii_alphanumeric() || marks.contains(&byte)) => Ok(value),
        _ => Err(EmailFault::Malformed(field)),
    }
}

/// The text with plain line ends and without control characters, which nobody sees and some servers refuse.
fn body_text(text: &str) -> Result<String, EmailFault> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(EmailFault::TooLong("text"));
    }
    let mut plain = text.replace("\r\n", "\n").replace('\r', "\n");
    plain.retain(|c| !c.is_control() || c == '\n' || c == '\t');
    let kept = plain.trim_end().len();
    plain.truncate(kept);
    if plain.is_empty() {
        return Err(EmailFault::Missing("text"));
    }
    plain.push('\n');
    Ok(plain)
}

/// A header of ours that needs no encoding: short, or a single word of printable ASCII.
fn written(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), value.to_owned(), value.to_owned())
}

fn date(now_ms: i64) -> Result<Date, EmailFault> {
    let fault = EmailFault::Malformed("date");
    let time = jiff::Timestamp::from_millisecond(now_ms).map_err(|_| fault)?;
    let text = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&time).map_err(|_| fault)?;
    Date::parse(&text).map_err(|_| fault)
}

/// What parts the parts. It is made from the text, so that no text can hold it: that would take a text that holds its
/// own digest.
fn boundary(client_ref: &str, text: &str) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(client_ref.as_bytes());
    context.update(b"\n");
    context.update(text.as_bytes());
    let digest = context.finish();
    let mut boundary = "kz-".to_owned();
    for byte in digest.as_ref().iter().take(16) {
        let _ = write!(boundary, "{byte:02x}");
    }
    boundary
}

#[cfg(test)]
mod tests;
