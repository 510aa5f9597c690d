//! Values on their way into a statement and rows on their way out, the same on every engine.

use super::Error;

/// One bound value of a statement: `$1` is the first of the slice.
///
/// There is no floating point: money is in minor units, scores and times are integers.
#[derive(Clone, Copy)]
pub enum Param<'a> {
    /// SQL NULL.
    Null,
    /// A 64-bit integer; booleans are 0 and 1.
    Integer(i64),
    /// UTF-8 text.
    Text(&'a str),
    /// Bytes: sealed columns and hashes.
    Bytes(&'a [u8]),
}

/// Shows the type and never the value, which may be a person's.
impl std::fmt::Debug for Param<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Param::Null => "Null",
            Param::Integer(_) => "Integer",
            Param::Text(_) => "Text",
            Param::Bytes(_) => "Bytes",
        })
    }
}

impl From<i64> for Param<'_> {
    fn from(value: i64) -> Self {
        Param::Integer(value)
    }
}

impl From<bool> for Param<'_> {
    fn from(value: bool) -> Self {
        Param::Integer(i64::from(value))
    }
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Param::Text(value)
    }
}

impl<'a> From<&'a String> for Param<'a> {
    fn from(value: &'a String) -> Self {
        Param::Text(value)
    }
}

impl<'a> From<&'a [u8]> for Param<'a> {
    fn from(value: &'a [u8]) -> Self {
        Param::Bytes(value)
    }
}

impl<'a> From<&'a Vec<u8>> for Param<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Param::Bytes(value)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Param<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Param::Bytes(value)
    }
}

impl<'a, T: Into<Param<'a>>> From<Option<T>> for Param<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Param::Null, Into::into)
    }
}

/// One value of a row, borrowed from the engine.
#[derive(Clone, Copy)]
pub enum Value<'r> {
    /// SQL NULL.
    Null,
    /// A 64-bit integer.
    Integer(i64),
    /// UTF-8 text.
    Text(&'r str),
    /// Bytes.
    Bytes(&'r [u8]),
}

/// What was read, to be written elsewhere.
impl<'a> From<Value<'a>> for Param<'a> {
    fn from(value: Value<'a>) -> Self {
        match value {
            Value::Null => Param::Null,
            Value::Integer(value) => Param::Integer(value),
            Value::Text(value) => Param::Text(value),
            Value::Bytes(value) => Param::Bytes(value),
        }
    }
}

/// Shows the type and never the value, which may be a person's.
impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Value::Null => "Null",
            Value::Integer(_) => "Integer",
            Value::Text(_) => "Text",
            Value::Bytes(_) => "Bytes",
        })
    }
}

/// What an engine has to offer for a row; `Row` puts the types on it.
pub trait Columns {
    /// The value in column `index`, counted from 0. A column that is not there is `Error::Corrupt`.
    fn value(&self, index: usize) -> Result<Value<'_>, Error>;
}

/// One row of a result. Columns are counted from 0; a value of another type is [`Error::Corrupt`], for statements are
/// written once and tables are STRICT: a surprise means that what is stored cannot be trusted.
pub struct Row<'r> {
    columns: &'r dyn Columns,
}

impl std::fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Row")
    }
}

impl<'r> Row<'r> {
    /// A row over an engine's columns.
    pub fn new(columns: &'r dyn Columns) -> Self {
        Self { columns }
    }

    /// The integer in column `index`.
    pub fn integer(&self, index: usize) -> Result<i64, Error> {
        self.optional_integer(index)?.ok_or(Error::Corrupt { what: "an integer column is NULL" })
    }

    /// The integer in column `index`, or `None` for NULL.
    pub fn optional_integer(&self, index: usize) -> Result<Option<i64>, Error> {
        match self.columns.value(index)? {
            Value::Null => Ok(None),
            Value::Integer(value) => Ok(Some(value)),
            Value::Text(_) | Value::Bytes(_) => Err(Error::Corrupt { what: "a column is not an integer" }),
        }
    }

    /// The text in column `index`.
    pub fn text(&self, index: usize) -> Result<&str, Error> {
        self.optional_text(index)?.ok_or(Error::Corrupt { what: "a text column is NULL" })
    }

    /// The text in column `index`, or `None` for NULL.
    pub fn optional_text(&self, index: usize) -> Result<Option<&str>, Error> {
        match self.columns.value(index)? {
            Value::Null => Ok(None),
            Value::Text(value) => Ok(Some(value)),
            Value::Integer(_) | Value::Bytes(_) => Err(Error::Corrupt { what: "a column is not text" }),
        }
    }

    /// The bytes in column `index`.
    pub fn bytes(&self, index: usize) -> Result<&[u8], Error> {
        self.optional_bytes(index)?.ok_or(Error::Corrupt { what: "a bytes column is NULL" })
    }

    /// The bytes in column `index`, or `None` for NULL.
    pub fn optional_bytes(&self, index: usize) -> Result<Option<&[u8]>, Error> {
        match self.columns.value(index)? {
            Value::Null => Ok(None),
            Value::Bytes(value) => Ok(Some(value)),
            Value::Integer(_) | Value::Text(_) => Err(Error::Corrupt { what: "a column is not bytes" }),
        }
    }

    /// The truth value in column `index`: 0 or 1, anything else is [`Error::Corrupt`].
    pub fn boolean(&self, index: usize) -> Result<bool, Error> {
        match self.integer(index)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Error::Corrupt { what: "a truth value is neither 0 nor 1" }),
        }
    }
}
