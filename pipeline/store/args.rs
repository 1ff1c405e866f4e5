//! Values on their way into a statement.

/// A value bound to a statement. Owned, so that a statement may outlive the borrow of its input.
#[derive(Clone)]
pub enum Arg {
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    Flag(bool),
}

macro_rules! arg_from {
    ($($t:ty => |$v:ident| $e:expr),* $(,)?) => {
        $(impl From<$t> for Arg { fn from($v: $t) -> Arg { $e } })*
    };
}

arg_from! {
    i64 => |v| Arg::Int(Some(v)),
    Option<i64> => |v| Arg::Int(v),
    &str => |v| Arg::Text(Some(v.to_owned())),
    String => |v| Arg::Text(Some(v)),
    &String => |v| Arg::Text(Some(v.clone())),
    Option<String> => |v| Arg::Text(v),
    Vec<u8> => |v| Arg::Bytes(Some(v)),
    Option<Vec<u8>> => |v| Arg::Bytes(v),
    &[u8] => |v| Arg::Bytes(Some(v.to_vec())),
    bool => |v| Arg::Flag(v),
    jiff::civil::Date => |v| Arg::Text(Some(v.to_string())),
    Option<jiff::civil::Date> => |v| Arg::Text(v.map(|d| d.to_string())),
    jiff::Timestamp => |v| Arg::Int(Some(v.as_microsecond())),
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
