//! The bytes of a row as they may be looked at: what identifies a person is left out, everything between the cells is
//! there, so that whoever agrees on a layout sees delimiters, padding and line ends.

use super::describe::masked;
use super::file::{FileSpec, Layout};
use super::lines::split;

/// The bytes of the line of a row, the line feed left out; none for each byte that may not be looked at. A cell is shown
/// whole or not at all. Where the cells cannot be told apart nothing is shown; of XML, too, whose rows have no bytes of
/// their own.
#[must_use]
pub fn masked_bytes(spec: &FileSpec, line: &[u8]) -> Vec<Option<u8>> {
    let hidden = vec![None; line.len()];
    if spec.layout == Layout::Xml {
        return hidden;
    }
    let Ok(cells) = split(spec, &spec.columns, line) else { return hidden };
    let mut shown = Vec::with_capacity(line.len());
    for (index, (column, cell)) in spec.columns.iter().zip(&cells).enumerate() {
        let from = shown.len();
        let length = match (spec.layout, column.width) {
            (Layout::Fixed, width) => width.unwrap_or_default(),
            // A cell that does not encode to what stands here has no place of its own.
            _ => match spec.charset().encode(cell) {
                Ok(bytes) if line.get(from..).is_some_and(|rest| rest.starts_with(&bytes)) => bytes.len(),
                _ => break,
            },
        };
        let bytes = line.get(from..(from + length).min(line.len())).unwrap_or_default();
        let is_open = masked(spec.kind, &column.field, cell) == *cell;
        shown.extend(bytes.iter().map(|byte| is_open.then_some(*byte)));
        let is_last = index + 1 == spec.columns.len();
        if spec.delimiter().is_some() && (!is_last || spec.trailing_delimiter) {
            shown.extend(line.get(shown.len()).map(|byte| Some(*byte)));
        }
        if is_last {
            // What stands behind the last cell: a carriage return.
            shown.extend(line.get(shown.len()..).unwrap_or_default().iter().map(|byte| Some(*byte)));
        }
    }
    shown.extend(hidden.into_iter().skip(shown.len()));
    shown
}

#[cfg(test)]
mod tests {
    use super::masked_bytes;
    use crate::file_formats::{Charset, FileKind, sample};

    /// What is seen of a line: a dot for each byte that is not.
    fn seen(line: &[u8]) -> String {
        let profile = sample::profile();
        let spec = profile.file(FileKind::AccountResult).unwrap();
        let bytes = masked_bytes(spec, line);
        assert_eq!(bytes.len(), line.len());
        bytes.into_iter().map(|byte| byte.map_or('.', char::from)).collect()
    }

    #[test]
    fn names_and_numbers_are_hidden_and_what_is_between_them_is_not() {
        let line = b"7|T-7|ABCD|01|110101199003070003|00|62220000|nothing|";
        assert_eq!(seen(line), "7|T-7|....|01|..................|00|........|.......|");
        let han = Charset::Gb18030.encode("7|T-7|测试|01|x|00|||").unwrap();
        assert_eq!(seen(&han), "7|T-7|....|01|.|00|||");
    }

    #[test]
    fn nothing_is_shown_where_cells_cannot_be_told_apart() {
        assert_eq!(seen(b"110101199003070003"), ".".repeat(18));
        assert_eq!(seen(b"7|T-7|\xff\xff|01|x|00|||"), format!("7|T-7|{}", ".".repeat(13)));
    }
}
