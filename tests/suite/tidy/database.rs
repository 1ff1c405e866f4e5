//! How the database is spoken to: rows by name, and states in one place.

use super::sources::{code, lines_with};

/// How many columns the tuple has that a line reads rows into; 0 where it reads none.
fn columns(line: &str) -> usize {
    let Some((_, tuple)) = line
        .split_once("::<(")
        .filter(|(asked, _)| ["rows", "row", "run_returning"].iter().any(|word| asked.ends_with(&format!(".{word}"))))
    else {
        return 0;
    };
    let (mut depth, mut columns) = (0, 1);
    for c in tuple.chars() {
        match c {
            '(' | '<' => depth += 1,
            ')' if depth == 0 => break,
            ')' | '>' => depth -= 1,
            ',' if depth == 0 => columns += 1,
            _ => {}
        }
    }
    columns
}

#[test]
fn a_row_of_more_than_three_columns_is_read_by_name() {
    assert_eq!(columns("tx.rows::<(i64, Option<(i64, i64)>, String)>(SQL, args![])"), 3);
    assert_eq!(columns("    .row::<(i64, i64, i64, i64)>("), 4);
    let wrong = lines_with(|_, line| columns(code(line)) > 3);
    assert!(wrong.is_empty(), "declare it with row!: {wrong:#?}");
}

/// The laws' files plant offenders.
#[test]
fn a_state_is_assigned_in_one_place() {
    let assigned = ["SET state =", "SET place =", "SET social =", "SET financial ="];
    let elsewhere = |file: &str| !["store/transition/", "books/laws/"].iter().any(|place| file.starts_with(place));
    let wrong = lines_with(|file, line| elsewhere(file) && assigned.iter().any(|word| code(line).contains(word)));
    assert!(wrong.is_empty(), "only store::transition may: {wrong:#?}");
}
