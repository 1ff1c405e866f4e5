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
    use std::path::Path;

    use super::{Layout, masked, masked_bytes};
    use crate::file_formats::{Charset, FileKind, Profile, sample};

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

    /// Every file of every partner that is agreed on here: a cell is shown whole where it is open, and else no byte of it.
    #[test]
    fn of_no_layout_a_byte_of_a_personal_cell_is_shown() {
        let house = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let partners = std::fs::read_dir(house.join("schemas/partners")).unwrap().map(|entry| entry.unwrap().path());
        let fixed = house.join("fixtures/partners/CITY/profile.toml");
        let (mut layouts, mut hidden) = (0, 0);
        for path in partners.filter(|path| path.extension().is_some_and(|kind| kind == "toml")).chain([fixed]) {
            let profile = Profile::load(&std::fs::read_to_string(&path).unwrap(), "profile.toml")
                .unwrap_or_else(|_| panic!("{path:?}"));
            for spec in profile.files.iter().filter(|spec| spec.layout != Layout::Xml) {
                let cells: Vec<String> =
                    spec.columns.iter().map(|column| "7".repeat(column.width.unwrap_or(9))).collect();
                let between = spec.delimiter().map(String::from).unwrap_or_default();
                let end = if spec.trailing_delimiter { between.as_str() } else { "" };
                let bytes = masked_bytes(spec, format!("{}{end}", cells.join(&between)).as_bytes());
                let mut from = 0;
                for (column, cell) in spec.columns.iter().zip(&cells) {
                    let is_open = masked(spec.kind, &column.field, cell) == *cell;
                    let shown = bytes[from..from + cell.len()].iter();
                    assert!(
                        shown.into_iter().all(|byte| byte.is_some() == is_open),
                        "{path:?} {:?} {}",
                        spec.kind,
                        column.field
                    );
                    hidden += usize::from(!is_open);
                    from += cell.len() + between.len();
                }
                layouts += 1;
            }
        }
        assert!(layouts > 10 && hidden > 20, "{layouts} {hidden}");
    }
}
