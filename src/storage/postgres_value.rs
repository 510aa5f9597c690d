//! Values on their way to a `PostgreSQL` server and rows on their way back, in the types that the schema uses.

use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::{Columns, Error, Param, Value};

/// A value on its way to the server, in the type that the server expects.
#[derive(Debug)]
pub(super) struct Bound<'a>(pub(super) Param<'a>);

impl Bound<'_> {
    /// Whether a parameter of type `kind` takes it.
    pub(super) fn fits(&self, kind: &Type) -> bool {
        match self.0 {
            Param::Null => true,
            Param::Integer(_) => *kind == Type::INT8 || *kind == Type::INT4,
            Param::Text(_) => <&str as ToSql>::accepts(kind),
            Param::Bytes(_) => *kind == Type::BYTEA,
        }
    }
}

impl ToSql for Bound<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self.0 {
            Param::Null => Ok(IsNull::Yes),
            Param::Integer(value) if *kind == Type::INT4 => i32::try_from(value)?.to_sql(kind, out),
            Param::Integer(value) => value.to_sql(kind, out),
            Param::Text(value) => value.to_sql(kind, out),
            Param::Bytes(value) => value.to_sql(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A row on its way from the server.
pub(super) struct PostgresRow<'r>(pub(super) &'r tokio_postgres::Row);

impl Columns for PostgresRow<'_> {
    fn value(&self, index: usize) -> Result<Value<'_>, Error> {
        self.0
            .try_get(index)
            .map_err(|_| Error::Corrupt { what: "a column is not there, or of a type that is not ours" })
    }
}

impl<'r> FromSql<'r> for Value<'r> {
    fn from_sql(kind: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(match *kind {
            Type::INT8 => Value::Integer(i64::from_sql(kind, raw)?),
            Type::INT4 => Value::Integer(i64::from(i32::from_sql(kind, raw)?)),
            Type::BOOL => Value::Integer(i64::from(bool::from_sql(kind, raw)?)),
            Type::BYTEA => Value::Bytes(raw),
            _ => Value::Text(std::str::from_utf8(raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Value::Null)
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8 | Type::INT4 | Type::BOOL | Type::BYTEA) || <&str as FromSql>::accepts(kind)
    }
}
