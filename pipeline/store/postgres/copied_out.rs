//! Rows that leave PostgreSQL by COPY in binary: it costs both sides less than rows of a query, where many are read.

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Column, Executor, PgConnection, SqlSafeStr, Statement, TypeInfo};
use tokio::task::yield_now;

use crate::limits::ROWS_AT_A_STRETCH;
use crate::store::bulk::COPY_HEADER;
use crate::store::row_macs::Field;
use crate::store::rows::RowError;

/// How the bytes of a column are read.
#[derive(Clone, Copy)]
enum Kind {
    Bytes,
    Number,
}

/// Hands on the rows of a query without arguments, one by one.
pub(in crate::store) async fn each(
    connection: &mut PgConnection,
    sql: &str,
    mut each: impl FnMut(&[Field<'_>]),
) -> Result<(), RowError> {
    let asked = connection.prepare(AssertSqlSafe(sql).into_sql_str()).await?;
    let kind = |name: &str| if matches!(name, "INT8" | "BOOL") { Kind::Number } else { Kind::Bytes };
    let kinds: Vec<_> = asked.columns().iter().map(|column| kind(column.type_info().name())).collect();
    let mut copied = connection.copy_out_raw(&format!("COPY ({sql}) TO STDOUT (FORMAT binary)")).await?;
    let (mut header, mut pieces) = (COPY_HEADER, 0_usize);
    while let Some(piece) = copied.try_next().await? {
        pieces += 1;
        if pieces.is_multiple_of(ROWS_AT_A_STRETCH) {
            yield_now().await;
        }
        let mut rest = piece.strip_prefix(header).ok_or_else(unreadable)?;
        header = b"";
        while let Some(fields) = row(&mut rest, &kinds)? {
            each(&fields);
        }
    }
    Ok(())
}

/// The next row of a piece; none at its end, or at that of all rows.
fn row<'p>(rest: &mut &'p [u8], kinds: &[Kind]) -> Result<Option<Vec<Field<'p>>>, RowError> {
    match taken(rest) {
        None => return Ok(None),
        Some(count) if i16::from_be_bytes(count) < 0 => return Ok(None),
        Some(count) if usize::from(u16::from_be_bytes(count)) != kinds.len() => return Err(unreadable()),
        Some(_) => {}
    }
    kinds.iter().map(|kind| field(rest, *kind).ok_or_else(unreadable)).collect::<Result<_, _>>().map(Some)
}

fn field<'p>(rest: &mut &'p [u8], kind: Kind) -> Option<Field<'p>> {
    // A value of no length, -1, is none.
    let Ok(length) = usize::try_from(i32::from_be_bytes(taken(rest)?)) else { return Some(Field::Null) };
    let bytes = rest.split_off(..length)?;
    Some(match (kind, bytes) {
        (Kind::Bytes, _) => Field::Bytes(bytes),
        (Kind::Number, [flag]) => Field::Int((*flag).into()),
        (Kind::Number, _) => Field::Int(i64::from_be_bytes(bytes.try_into().ok()?)),
    })
}

/// The next bytes of a piece, so many as are asked for.
fn taken<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(*first)
}

fn unreadable() -> RowError {
    RowError::Protocol("a binary COPY that is none".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_cut_off_anywhere_is_a_fault_and_no_panic() {
        let whole = [&[0, 3][..], &[0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 7], &[0, 0, 0, 2, b'o', b'k'], &[255; 4]].concat();
        let kinds = [Kind::Number, Kind::Bytes, Kind::Number];
        let read = |bytes: &[u8]| row(&mut { bytes }, &kinds).map(|row| row.map(|fields| fields.len()));
        assert!(matches!(read(&whole), Ok(Some(3))));
        assert!(matches!(read(&[]), Ok(None)) && matches!(read(&[255, 255]), Ok(None)));
        for end in 2..whole.len() {
            assert!(read(&whole[..end]).is_err(), "{end}");
        }
        assert!(read(&[0, 2, 255, 255, 255, 255, 255, 255, 255, 255]).is_err());
        let fields = row(&mut &*whole, &kinds).unwrap().unwrap();
        assert!(matches!(fields[..], [Field::Int(7), Field::Bytes(b"ok"), Field::Null]));
    }
}
