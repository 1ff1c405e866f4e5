//! The rows of a list that came back, whatever kind of file it was.

/// What a cell says, or why it is not taken as text.
pub type Cell = Result<String, &'static str>;

/// A row, its cells by their place from 0 on. Cells that say nothing may be left out.
#[derive(Clone, Debug, Default)]
pub struct FileRow {
    /// From 1 on, as a spreadsheet counts its rows.
    pub line: usize,
    /// Whether it has more cells than the first row, as where a cell held what stands between cells.
    pub is_longer: bool,
    cells: Vec<(usize, Cell)>,
}

impl FileRow {
    pub fn new(line: usize, cells: impl Iterator<Item = (usize, Cell)>) -> FileRow {
        let told = |cell: &Cell| cell.as_ref().map_or(true, |text| !text.trim().is_empty());
        FileRow { line, is_longer: false, cells: cells.filter(|(_, cell)| told(cell)).collect() }
    }

    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The cells that say something, each with its place.
    pub fn cells(&self) -> impl Iterator<Item = (usize, &Cell)> {
        self.cells.iter().map(|(place, cell)| (*place, cell))
    }

    fn at(&self, place: usize) -> Option<&Cell> {
        self.cells.iter().find(|(at, _)| *at == place).map(|(_, cell)| cell)
    }

    /// The text at a place, without spaces around it; empty where there is none.
    pub fn text(&self, place: usize) -> &str {
        self.at(place).and_then(|cell| cell.as_ref().ok()).map_or("", |text| text.trim())
    }

    /// Why the cell at a place is not taken as text.
    pub fn fault(&self, place: usize) -> Option<&'static str> {
        self.at(place).and_then(|cell| cell.as_ref().err()).copied()
    }
}
