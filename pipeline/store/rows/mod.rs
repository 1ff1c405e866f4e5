//! Rows that are read: a struct whose fields are the columns of a statement, by name.

/// Declares a struct that a row of either engine is read into:
/// `row! { struct Asked { row: i64, card_number: String } }`. The statement names its columns so. A field
/// with a value after it is not of the row.
#[macro_export]
macro_rules! row {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$about:meta])* $field:ident: $type:ty $(= $given:expr)?),* $(,)?
    }) => {
        $(#[$meta])*
        $vis struct $name {
            $($(#[$about])* pub $field: $type,)*
        }

        $crate::read_by_name!($name { $($field $(= $given)?),* });
    };
}

/// Makes a struct one that a row of either engine is read into, by the names of its fields.
#[macro_export]
macro_rules! read_by_name {
    ($name:ident { $($field:ident $(= $given:expr)?),* $(,)? }) => {
        $crate::read_by_name!(@of PgRow, $name { $($field $(= $given)?),* });
        $crate::read_by_name!(@of SqliteRow, $name { $($field $(= $given)?),* });
    };
    (@of $row:ident, $name:ident { $($field:ident $(= $given:expr)?),* }) => {
        impl<'r> $crate::store::rows::FromRow<'r, $crate::store::rows::$row> for $name {
            fn from_row(row: &'r $crate::store::rows::$row) -> Result<Self, $crate::store::rows::RowError> {
                Ok($name { $($field: $crate::read_by_name!(@value row $field $($given)?)),* })
            }
        }
    };
    (@value $row:ident $field:ident) => {
        $crate::store::rows::SqlRow::try_get($row, stringify!($field))?
    };
    (@value $row:ident $field:ident $given:expr) => {
        $given
    };
}

mod stored;

pub(super) use stored::StoredRow;

pub use sqlx::postgres::PgRow;
pub use sqlx::sqlite::SqliteRow;
pub use sqlx::{Error as RowError, FromRow, Row as SqlRow};

/// A row that both engines can be read into.
pub trait Row: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin {}
impl<T> Row for T where T: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin {}
