//! Values on their way into a statement.

use std::borrow::Cow;

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

/// A type whose values can be bound, or copied.
pub trait Bound: Into<Arg> {
    /// What is bound of it, where it is not null.
    type Value;
    const COLUMN: Column;
    fn value(self) -> Option<Self::Value>;
    /// Writes it as a field of PostgreSQL's binary COPY.
    fn copy(&self, out: &mut Vec<u8>);
}

macro_rules! bound_types {
    ($($t:ty => $column:ident($value:ty) |$v:ident| $e:expr, |$c:ident| $bytes:expr);* $(;)?) => {
        $(
            impl Bound for $t {
                type Value = $value;
                const COLUMN: Column = Column::$column;
                fn value(self) -> Option<$value> {
                    let $v = self;
                    $e
                }
                fn copy(&self, out: &mut Vec<u8>) {
                    let $c = self;
                    field(out, $bytes);
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
    MessageOutcome => Text(String) |v| Some(v.word().to_owned()), |c| Some(c.word().as_bytes());
    AnswerOutcome => Text(String) |v| Some(v.word().to_owned()), |c| Some(c.word().as_bytes());
    i64 => Int(i64) |v| Some(v), |c| Some(c.to_be_bytes());
    Option<i64> => Int(i64) |v| v, |c| c.map(i64::to_be_bytes);
    jiff::Timestamp => Int(i64) |v| Some(v.as_microsecond()), |c| Some(c.as_microsecond().to_be_bytes());
    &str => Text(String) |v| Some(v.to_owned()), |c| Some(text(c));
    Option<&str> => Text(String) |v| v.map(str::to_owned), |c| c.map(text);
    String => Text(String) |v| Some(v), |c| Some(text(c));
    &String => Text(String) |v| Some(v.clone()), |c| Some(text(c));
    Option<String> => Text(String) |v| v, |c| c.as_deref().map(text);
    jiff::civil::Date => Text(String) |v| Some(v.to_string()), |c| Some(c.to_string());
    Option<jiff::civil::Date> => Text(String) |v| v.map(|d| d.to_string()), |c| c.map(|d| d.to_string());
    Vec<u8> => Bytes(Vec<u8>) |v| Some(v), |c| Some(c);
    Option<Vec<u8>> => Bytes(Vec<u8>) |v| v, |c| c.as_deref();
    &[u8] => Bytes(Vec<u8>) |v| Some(v.to_vec()), |c| Some(c);
    Option<&[u8]> => Bytes(Vec<u8>) |v| v.map(<[u8]>::to_vec), |c| *c;
    bool => Flag(bool) |v| Some(v), |c| Some([u8::from(*c)]);
}

impl Arg {
    /// Writes it as a field of PostgreSQL's binary COPY.
    pub(super) fn copy(&self, out: &mut Vec<u8>) {
        match self {
            Arg::Int(value) => value.copy(out),
            Arg::Text(value) => value.copy(out),
            Arg::Bytes(value) => value.copy(out),
            Arg::Flag(value) => field(out, value.map(|flag| [u8::from(flag)])),
        }
    }
}

/// A field of binary COPY: its length and its bytes, or -1 for null.
fn field(out: &mut Vec<u8>, bytes: Option<impl AsRef<[u8]>>) {
    let Some(bytes) = &bytes else { return out.extend_from_slice(&(-1_i32).to_be_bytes()) };
    let bytes = bytes.as_ref();
    out.extend_from_slice(&(bytes.len() as i32).to_be_bytes());
    out.extend_from_slice(bytes);
}

/// PostgreSQL's text cannot hold NUL; intake quarantines such a message before it comes here.
pub(super) fn text(text: &str) -> Cow<'_, [u8]> {
    if text.contains('\0') { text.replace('\0', "").into_bytes().into() } else { text.as_bytes().into() }
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
