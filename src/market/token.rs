//! Tokens: who may speak for an employer over the API, and what they may do.
//!
//! A token is shown once and kept as its keyed hash. It is bound to one employer and to scopes. A rotation makes a new one
//! beside it; both hold while programs change over, so at most two of a family are live.

use super::{EmployerId, Fault};
use crate::storage::{Error, IdBlock, Keys, Purpose, Row, Tx};

/// What every token begins with, so that a stray one is known for what it is.
const TOKEN_PREFIX: &str = "kzl_";
/// Random bytes of a token.
pub const TOKEN_BYTES: usize = 32;
/// Characters of a whole token: its prefix and two for each byte.
const TOKEN_CHARS: usize = TOKEN_PREFIX.len() + 2 * TOKEN_BYTES;
/// Characters by which a token is recognised in a list; what they do not show is still 224 bits.
const SHOWN_CHARS: usize = TOKEN_PREFIX.len() + 8;
/// Characters of a token's name.
pub const NAME_CHARS_MAX: usize = 60;
/// Days that a token may be made for: five years.
pub const EXPIRES_DAYS_MAX: i64 = 1_826;
/// How long the one before holds after a rotation: a week, in which programs change over.
pub const OVERLAP_MS: i64 = 7 * 86_400_000;
/// Tokens in one listing: every employer of a country's pilot, with room.
const LISTED_MAX: i64 = 1_000;

coded! {
    /// What a token may do.
    pub enum Scope {
        /// See the employer's vacancies.
        VacanciesRead = "vacancies:read",
        /// Post, change, pause and close them.
        VacanciesWrite = "vacancies:write",
        /// See who applied.
        ApplicantsRead = "applicants:read",
        /// Move applications and write notes.
        ApplicantsWrite = "applicants:write",
        /// Take whole lists out as files.
        Export = "export",
        /// See the employer's bookings.
        BookingsRead = "bookings:read",
        /// Book workers, call off, and say how the pay was.
        BookingsWrite = "bookings:write",
        /// Say where events are told to, and end that.
        WebhooksWrite = "webhooks:write",
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// The set of these; `None` when it is empty.
    pub fn of(scopes: impl IntoIterator<Item = Scope>) -> Option<Scopes> {
        let bits = scopes.into_iter().fold(0, |set, scope| set | 1 << scope as u8);
        (bits != 0).then_some(Scopes(bits))
    }

    /// Reads words with commas or spaces between; answers with the first that is none.
    pub fn parse(text: &str) -> Result<Option<Scopes>, String> {
        let words = text.split([',', ' ']).filter(|word| !word.is_empty());
        let scopes: Result<Vec<Scope>, String> =
            words.map(|word| Scope::from_code(word).ok_or_else(|| word.to_owned())).collect();
        scopes.map(Scopes::of)
    }

    /// Whether the scope is in it.
    pub fn allow(self, scope: Scope) -> bool {
        self.0 & 1 << scope as u8 != 0
    }

    /// Its words, in their order.
    pub fn codes(self) -> Vec<&'static str> {
        Scope::ALL.iter().filter(|scope| self.allow(**scope)).map(|scope| scope.code()).collect()
    }

    fn bits(self) -> i64 {
        i64::from(self.0)
    }

    fn read(row: &Row<'_>, column: usize) -> Result<Scopes, Error> {
        let bits = u8::try_from(row.integer(column)?).ok().filter(|bits| *bits != 0);
        bits.map(Scopes).ok_or(Error::Corrupt { what: "the scopes of a token are out of range" })
    }
}

/// A token itself: shown once, never stored.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// From random bytes of the system.
    pub fn from_random(random: &[u8; TOKEN_BYTES]) -> Secret {
        let digits = random.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let digits = digits.filter_map(|digit| char::from_digit(u32::from(digit), 16));
        Secret(TOKEN_PREFIX.chars().chain(digits).collect())
    }

    /// A text that has the form of a token.
    pub fn parse(text: &str) -> Option<Secret> {
        let hex = text.strip_prefix(TOKEN_PREFIX)?;
        let is_hex = hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        (is_hex && text.len() == TOKEN_CHARS).then(|| Secret(text.to_owned()))
    }

    /// The whole token, to be shown once.
    pub fn text(&self) -> &str {
        &self.0
    }

    fn shown(&self) -> String {
        self.0.chars().take(SHOWN_CHARS).collect()
    }

    fn hash(&self, keys: &Keys) -> [u8; 32] {
        keys.keyed_hash(Purpose::Token, self.0.as_bytes())
    }
}

/// The secret stays out of logs.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A token to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// For whom it speaks.
    pub employer: EmployerId,
    /// What it is called, at most [`NAME_CHARS_MAX`] characters.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// From when on it is refused, in epoch milliseconds; 0: never.
    pub expires_ms: i64,
}

/// A token without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The token.
    pub id: i64,
    /// For whom it speaks.
    pub employer: EmployerId,
    /// The first of those that followed one another by rotation.
    pub family: i64,
    /// What it is called.
    pub name: String,
    /// How it begins.
    pub prefix: String,
    /// What it may do.
    pub scopes: Scopes,
    /// When it was made, in epoch milliseconds.
    pub created_ms: i64,
    /// From when on it is refused; 0: never.
    pub expires_ms: i64,
    /// When it was revoked; 0: it was not.
    pub revoked_ms: i64,
    /// The last day on which it was used, counted from 1970-01-01; 0: never.
    pub used_day: i64,
}

impl Token {
    /// Whether it opens anything now.
    pub fn is_live(&self, now_ms: i64) -> bool {
        self.revoked_ms == 0 && (self.expires_ms == 0 || now_ms < self.expires_ms)
    }
}

fn read(row: &Row<'_>) -> Result<Token, Error> {
    Ok(Token {
        id: row.integer(0)?,
        employer: EmployerId::new(row.integer(1)?),
        family: row.integer(2)?,
        name: row.text(3)?.to_owned(),
        prefix: row.text(4)?.to_owned(),
        scopes: Scopes::read(row, 5)?,
        created_ms: row.integer(6)?,
        expires_ms: row.integer(7)?,
        revoked_ms: row.integer(8)?,
        used_day: row.integer(9)?,
    })
}

const ADD: &str = "INSERT INTO token (id, employer_id, family_id, name, prefix, token_hmac, scopes, created_ms, \
    expires_ms, revoked_ms, used_day) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0)";

/// Makes a token. False when there is no such employer. Uses one identifier.
pub fn create(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    new: &NewToken,
    secret: &Secret,
    now_ms: i64,
) -> Result<Option<i64>, Fault> {
    const EMPLOYER: &str = "SELECT id FROM employer WHERE id = $1";
    if tx.query_one(EMPLOYER, &[new.employer.into()], |row| row.integer(0))?.is_none() {
        return Ok(None);
    }
    let id = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    tx.execute(
        ADD,
        &[
            id.into(),
            new.employer.into(),
            id.into(),
            (&new.name).into(),
            (&secret.shown()).into(),
            (&secret.hash(keys)).into(),
            new.scopes.bits().into(),
            now_ms.into(),
            new.expires_ms.into(),
        ],
    )?;
    Ok(Some(id))
}

/// The token behind a secret, live or not; `None` when it is nobody's.
pub fn of_secret(tx: &mut Tx<'_>, keys: &Keys, secret: &Secret) -> Result<Option<Token>, Fault> {
    const FIND: &str = "SELECT id, employer_id, family_id, name, prefix, scopes, created_ms, expires_ms, revoked_ms, \
        used_day FROM token WHERE token_hmac = $1";
    Ok(tx.query_one(FIND, &[(&secret.hash(keys)).into()], read)?)
}

/// The token of this id.
pub fn find(tx: &mut Tx<'_>, id: i64) -> Result<Option<Token>, Fault> {
    const FIND: &str = "SELECT id, employer_id, family_id, name, prefix, scopes, created_ms, expires_ms, revoked_ms, \
        used_day FROM token WHERE id = $1";
    Ok(tx.query_one(FIND, &[id.into()], read)?)
}

/// The newest tokens, at most a thousand.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Token>, Fault> {
    const LIST: &str = "SELECT id, employer_id, family_id, name, prefix, scopes, created_ms, expires_ms, revoked_ms, \
        used_day FROM token ORDER BY id DESC LIMIT $1";
    Ok(tx.query(LIST, &[LISTED_MAX.into()], read)?)
}

/// What came of a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// There is a new one; the one before it holds for [`OVERLAP_MS`] at most.
    New {
        /// The new token.
        id: i64,
    },
    /// It is revoked or over: make a new token instead.
    NotLive,
    /// There is no such token.
    Unknown,
}

/// Makes the next token of a family. Of the older ones the one that is named stays for a while, all others are revoked. The new
/// one may do the same, for as long as the newest was made for: one that was followed by another ends sooner than it was
/// meant to, and says nothing of that.
pub fn rotate(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    id: i64,
    secret: &Secret,
    now_ms: i64,
) -> Result<Rotated, Fault> {
    const REVOKE: &str = "UPDATE token SET revoked_ms = $3 WHERE family_id = $1 AND id <> $2 AND revoked_ms = 0";
    const SHORTEN: &str = "UPDATE token SET expires_ms = $2 WHERE id = $1 AND (expires_ms = 0 OR expires_ms > $2)";
    const NEWEST: &str = "SELECT created_ms, expires_ms FROM token WHERE family_id = $1 ORDER BY id DESC LIMIT 1";
    let Some(old) = find(tx, id)? else { return Ok(Rotated::Unknown) };
    if !old.is_live(now_ms) {
        return Ok(Rotated::NotLive);
    }
    let next = ids.next_id().ok_or(Fault::IdsUsedUp)?;
    let newest = tx.query_one(NEWEST, &[old.family.into()], |row| Ok((row.integer(0)?, row.integer(1)?)))?;
    let (made_ms, meant_ms) = newest.unwrap_or((old.created_ms, old.expires_ms));
    tx.execute(REVOKE, &[old.family.into(), id.into(), now_ms.into()])?;
    tx.execute(SHORTEN, &[id.into(), now_ms.saturating_add(OVERLAP_MS).into()])?;
    // As long again; one without an end stays without.
    let expires_ms = if meant_ms == 0 { 0 } else { now_ms.saturating_add(meant_ms - made_ms) };
    tx.execute(
        ADD,
        &[
            next.into(),
            old.employer.into(),
            old.family.into(),
            (&old.name).into(),
            (&secret.shown()).into(),
            (&secret.hash(keys)).into(),
            old.scopes.bits().into(),
            now_ms.into(),
            expires_ms.into(),
        ],
    )?;
    Ok(Rotated::New { id: next })
}

/// Ends a token at once. False when there is none of this id that is not ended already.
pub fn revoke(tx: &mut Tx<'_>, id: i64, now_ms: i64) -> Result<bool, Fault> {
    const REVOKE: &str = "UPDATE token SET revoked_ms = $2 WHERE id = $1 AND revoked_ms = 0";
    Ok(tx.execute(REVOKE, &[id.into(), now_ms.into()])? == 1)
}

/// Notes the day on which a token was used.
pub fn used_on(tx: &mut Tx<'_>, id: i64, day: i64) -> Result<(), Fault> {
    const USED: &str = "UPDATE token SET used_day = $2 WHERE id = $1 AND used_day < $2";
    tx.execute(USED, &[id.into(), day.into()])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::employer::{self, EmployerKind};
    use super::super::fixture::{DAY_MS, Fixture, NOW_MS};
    use super::*;

    fn secret(byte: u8) -> Secret {
        Secret::from_random(&[byte; TOKEN_BYTES])
    }

    fn new(employer: EmployerId, expires_ms: i64) -> NewToken {
        let scopes = Scopes::of([Scope::VacanciesRead, Scope::Export]).unwrap();
        NewToken { employer, name: "their office".to_owned(), scopes, expires_ms }
    }

    #[test]
    fn a_token_has_one_form_and_shows_only_how_it_begins() {
        let made = secret(0xa1);
        assert_eq!(made.text(), format!("kzl_{}", "a1".repeat(32)));
        assert_eq!(Secret::parse(made.text()).unwrap().text(), made.text());
        assert_eq!(made.shown(), "kzl_a1a1a1a1");
        assert_eq!(format!("{made:?}"), "Secret(..)");
        for wrong in
            ["", "kzl_", made.text().trim_start_matches('k'), &format!("{}0", made.text()), &made.text().to_uppercase()]
        {
            assert!(Secret::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn scopes_are_read_and_told_in_their_words() {
        let scopes = Scopes::parse("export, vacancies:read").unwrap().unwrap();
        assert_eq!(scopes.codes(), ["vacancies:read", "export"]);
        assert!(scopes.allow(Scope::Export) && !scopes.allow(Scope::VacanciesWrite));
        assert_eq!(Scopes::parse("vacancies:read,admin"), Err("admin".to_owned()));
        assert_eq!(Scopes::parse(" , "), Ok(None));
    }

    #[test]
    fn two_are_live_while_one_follows_the_other_and_no_third() {
        Fixture::new().run(|tx, f| {
            let employer = employer::known(tx, &f.keys, &mut f.ids(), &f.employer(EmployerKind::Organisation), NOW_MS)?;
            let first = create(tx, &f.keys, &mut f.ids(), &new(employer, 0), &secret(1), NOW_MS)?.unwrap();
            let second = rotate(tx, &f.keys, &mut f.ids(), first, &secret(2), NOW_MS)?;
            let Rotated::New { id: second } = second else { panic!("{second:?}") };
            let live = |tx: &mut Tx<'_>, byte, now_ms| {
                Ok::<_, Fault>(of_secret(tx, &f.keys, &secret(byte))?.is_some_and(|token| token.is_live(now_ms)))
            };
            assert!(live(tx, 1, NOW_MS)? && live(tx, 2, NOW_MS)?);
            assert!(!live(tx, 1, NOW_MS + OVERLAP_MS)? && live(tx, 2, NOW_MS + OVERLAP_MS)?);
            rotate(tx, &f.keys, &mut f.ids(), second, &secret(3), NOW_MS + 1)?;
            assert!(!live(tx, 1, NOW_MS + 1)? && live(tx, 2, NOW_MS + 1)? && live(tx, 3, NOW_MS + 1)?);
            assert_eq!(rotate(tx, &f.keys, &mut f.ids(), first, &secret(4), NOW_MS + 2)?, Rotated::NotLive);
            assert_eq!(rotate(tx, &f.keys, &mut f.ids(), 1, &secret(4), NOW_MS + 2)?, Rotated::Unknown);
            assert!(revoke(tx, second, NOW_MS + 2)? && !revoke(tx, second, NOW_MS + 3)?);
            assert!(!live(tx, 2, NOW_MS + 2)?);
            assert_eq!(list(tx)?.len(), 3);
            Ok(())
        });
    }

    #[test]
    fn one_that_is_rotated_twice_has_followers_that_live_as_long() {
        Fixture::new().run(|tx, f| {
            let employer = employer::known(tx, &f.keys, &mut f.ids(), &f.employer(EmployerKind::Organisation), NOW_MS)?;
            for (byte, expires_ms, meant_ms) in [(1, 0, 0), (11, NOW_MS + 90 * DAY_MS, NOW_MS + 92 * DAY_MS)] {
                let first =
                    create(tx, &f.keys, &mut f.ids(), &new(employer, expires_ms), &secret(byte), NOW_MS)?.unwrap();
                for day in 1..=2 {
                    let at_ms = NOW_MS + i64::from(day) * DAY_MS;
                    rotate(tx, &f.keys, &mut f.ids(), first, &secret(byte + day), at_ms)?;
                }
                let at_ms = NOW_MS + 2 * DAY_MS;
                let live: Vec<Token> = list(tx)?.into_iter().filter(|one| one.family == first).collect();
                let live: Vec<_> = live.iter().filter(|one| one.is_live(at_ms)).map(|one| one.expires_ms).collect();
                assert_eq!(live, [meant_ms, NOW_MS + DAY_MS + OVERLAP_MS], "two, and the new one as long as was meant");
            }
            Ok(())
        });
    }

    #[test]
    fn a_token_ends_on_its_day_is_of_one_employer_and_its_use_is_noted() {
        Fixture::new().run(|tx, f| {
            let employer = employer::known(tx, &f.keys, &mut f.ids(), &f.employer(EmployerKind::Organisation), NOW_MS)?;
            let until_ms = NOW_MS + DAY_MS;
            let id = create(tx, &f.keys, &mut f.ids(), &new(employer, until_ms), &secret(1), NOW_MS)?.unwrap();
            let nobodys = new(EmployerId::new(1), 0);
            assert_eq!(create(tx, &f.keys, &mut f.ids(), &nobodys, &secret(9), NOW_MS)?, None);
            used_on(tx, id, 20_000)?;
            used_on(tx, id, 19_999)?;
            let found = of_secret(tx, &f.keys, &secret(1))?.unwrap();
            assert_eq!((found.employer, found.used_day, found.family), (employer, 20_000, id));
            assert!(found.is_live(until_ms - 1) && !found.is_live(until_ms));
            assert!(of_secret(tx, &f.keys, &secret(2))?.is_none());
            let next = rotate(tx, &f.keys, &mut f.ids(), id, &secret(2), NOW_MS + 5)?;
            let Rotated::New { id: next } = next else { panic!("{next:?}") };
            assert_eq!(find(tx, next)?.unwrap().expires_ms, NOW_MS + 5 + DAY_MS);
            assert_eq!(find(tx, id)?.unwrap().expires_ms, until_ms, "not longer than it was made for");
            Ok(())
        });
    }
}
