//! Values on their way into a statement.

use cardline_core::domain::outcomes::{AnswerOutcome, MessageOutcome};

/// The type of a value, as a column has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Column {
    Int,
    Text,
    Bytes,
    Flag,
}

impl Column {
    pub(crate) const fn postgres(self) -> &'static str {
        match self {
            Column::Int => "BIGINT",
            Column::Text => "TEXT",
            Column::Bytes => "BYTEA",
            Column::Flag => "BOOLEAN",
        }
    }

    pub(crate) const fn sqlite(self) -> &'static str {
        match self {
            Column::Bytes => "BLOB",
            other => other.postgres(),
        }
    }
}

/// A value bound to a statement. Owned, so that a statement may outlive the borrow of its input.
#[derive(Clone)]
pub enum Arg {
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    Flag(Option<bool>),
}

/// A type whose values can be bound.
pub trait Bound: Into<Arg> {
    /// What is bound of it, where it is not null.
    type Value;
    const COLUMN: Column;
    fn value(self) -> Option<Self::Value>;
}

macro_rules! bound_types {
    ($($t:ty => $column:ident($value:ty) |$v:ident| $e:expr),* $(,)?) => {
        $(
            impl Bound for $t {
                type Value = $value;
                const COLUMN: Column = Column::$column;
                fn value(self) -> Option<$value> {
                    let $v = self;
                    $e
                }
            }
            impl From<$t> for Arg {
                fn from(value: $t) -> Arg {
                    Arg::$column(value.value())
                }
            }
        )*
    };
}

bound_types! {
    MessageOutcome => Text(String) |v| Some(v.word().to_owned()),
    AnswerOutcome => Text(String) |v| Some(v.word().to_owned()),
    i64 => Int(i64) |v| Some(v),
    Option<i64> => Int(i64) |v| v,
    jiff::Timestamp => Int(i64) |v| Some(v.as_microsecond()),
    &str => Text(String) |v| Some(v.to_owned()),
    Option<&str> => Text(String) |v| v.map(str::to_owned),
    String => Text(String) |v| Some(v),
    &String => Text(String) |v| Some(v.clone()),
    Option<String> => Text(String) |v| v,
    jiff::civil::Date => Text(String) |v| Some(v.to_string()),
    Option<jiff::civil::Date> => Text(String) |v| v.map(|d| d.to_string()),
    Vec<u8> => Bytes(Vec<u8>) |v| Some(v),
    Option<Vec<u8>> => Bytes(Vec<u8>) |v| v,
    &[u8] => Bytes(Vec<u8>) |v| Some(v.to_vec()),
    Option<&[u8]> => Bytes(Vec<u8>) |v| v.map(<[u8]>::to_vec),
    bool => Flag(bool) |v| Some(v),
}

/// The arguments of one statement, in the order of `$1`, `$2`, …
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::args::Arg::from($value)),*] };
}

/// Binds owned values in order.
macro_rules! bound {
    ($query:expr, $args:expr) => {{
        let mut query = $query;
        for arg in $args {
            query = match arg {
                Arg::Int(v) => query.bind(v),
                Arg::Text(v) => query.bind(v),
                Arg::Bytes(v) => query.bind(v),
                Arg::Flag(v) => query.bind(v),
            };
        }
        query
    }};
}

pub(crate) use bound;
