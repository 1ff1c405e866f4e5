//! Rows that are handed over in bulk: a struct whose fields are the columns of a table.
//!
//! A temporary table is such a struct, too: its name and columns never change, so its statements are cached.

use std::borrow::Cow;

use super::args::{Arg, Column, text};

/// Names and types of columns.
pub type Columns = &'static [(&'static str, Column)];

/// A row of a table, or of some of its columns. Declared by [`bulk_row!`](crate::bulk_row).
pub trait BulkRow: Send + Sized {
    const TABLE: &'static str;
    const COLUMNS: Columns;
    /// The values, in the order of the columns.
    type Values: IntoIterator<Item = Arg, IntoIter: Send> + Send;
    fn values(self) -> Self::Values;
    /// Writes the values as fields of PostgreSQL's binary COPY, in the order of the columns.
    fn copy(&self, out: &mut Vec<u8>);
    /// Rows turned into columns.
    fn by_column(rows: Vec<Self>) -> Vec<ColumnValues>;
}

/// The values of one column.
pub enum ColumnValues {
    Ints(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
    Flags(Vec<Option<bool>>),
}

impl From<Vec<Option<i64>>> for ColumnValues {
    fn from(values: Vec<Option<i64>>) -> ColumnValues {
        ColumnValues::Ints(values)
    }
}

impl From<Vec<Option<String>>> for ColumnValues {
    fn from(values: Vec<Option<String>>) -> ColumnValues {
        ColumnValues::Texts(values.into_iter().map(|value| value.map(without_nul)).collect())
    }
}

impl From<Vec<Option<Vec<u8>>>> for ColumnValues {
    fn from(values: Vec<Option<Vec<u8>>>) -> ColumnValues {
        ColumnValues::Bytes(values)
    }
}

impl From<Vec<Option<bool>>> for ColumnValues {
    fn from(values: Vec<Option<bool>>) -> ColumnValues {
        ColumnValues::Flags(values)
    }
}

fn without_nul(value: String) -> String {
    match text(&value) {
        Cow::Borrowed(_) => value,
        Cow::Owned(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
    }
}

/// Declares a [`BulkRow`]: `bulk_row! { struct Member in "member" { row: i64, id: i64 } }`.
#[macro_export]
macro_rules! bulk_row {
    ($(#[$meta:meta])* $vis:vis struct $name:ident $(<$life:lifetime>)? in $table:literal { $($(#[$about:meta])* $field:ident: $type:ty),* $(,)? }) => {
        $(#[$meta])*
        $vis struct $name $(<$life>)? {
            $($(#[$about])* pub $field: $type,)*
        }

        impl $(<$life>)? $crate::store::bulk_row::BulkRow for $name $(<$life>)? {
            const TABLE: &'static str = $table;
            const COLUMNS: $crate::store::bulk_row::Columns =
                &[$((stringify!($field), <$type as $crate::store::args::Bound>::COLUMN)),*];
            type Values = [$crate::store::args::Arg; <[&str]>::len(&[$(stringify!($field)),*])];

            fn values(self) -> Self::Values {
                [$($crate::store::args::Arg::from(self.$field)),*]
            }

            fn copy(&self, out: &mut Vec<u8>) {
                $($crate::store::args::Bound::copy(&self.$field, out);)*
            }

            fn by_column(rows: Vec<Self>) -> Vec<$crate::store::bulk_row::ColumnValues> {
                $(let mut $field = Vec::with_capacity(rows.len());)*
                for row in rows {
                    $($field.push($crate::store::args::Bound::value(row.$field));)*
                }
                vec![$($crate::store::bulk_row::ColumnValues::from($field)),*]
            }
        }
    };
}
