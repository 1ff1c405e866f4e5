//! The reference tables that come as files, and their columns.

/// A table of reference data. Calendars are read by [`crate::domain::calendar`], the others here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Table {
    Regions,
    Points,
    Banks,
    Outlets,
    /// Photo studios whose receipts stand in the place of a photo.
    Studios,
    Calendar,
}

impl Table {
    /// Every table, each after those it names codes of.
    pub const ALL: &'static [Table] =
        &[Table::Regions, Table::Points, Table::Banks, Table::Outlets, Table::Studios, Table::Calendar];

    /// The word for it in files, tables of the ledger and errors.
    pub fn name(self) -> &'static str {
        match self {
            Table::Regions => "regions",
            Table::Points => "points",
            Table::Banks => "banks",
            Table::Outlets => "outlets",
            Table::Studios => "studios",
            Table::Calendar => "calendar",
        }
    }

    /// The table of a word.
    pub fn named(name: &str) -> Option<Table> {
        Table::ALL.iter().copied().find(|table| table.name() == name)
    }

    /// Columns every file has, in this order.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Table::Regions => &["code", "name", "level", "valid_from", "valid_to", "current"],
            Table::Points => &["code", "name", "region", "kind"],
            Table::Banks => &["code", "name_zh", "prefixes", "regions"],
            Table::Outlets => &["code", "bank", "region", "name"],
            Table::Studios => &["code", "name", "region", "address"],
            Table::Calendar => &["date", "name", "is_off_day", "weekday"],
        }
    }

    /// The columns that may stand behind them: the successors of a region (six digits each, one for a merger or a new
    /// code, several separated by spaces for a split), or the first day on which something is no longer used, and what
    /// whoever goes there wants to know. In the lines of the ledger they stand in this order; new ones come last.
    pub fn optional(self) -> &'static [&'static str] {
        match self {
            Table::Regions => &["successor"],
            Table::Points => &["closed_on", "street", "hours", "capacity", "phone", "address"],
            Table::Banks => &["closed_on"],
            Table::Outlets => &["closed_on", "hours", "capacity", "phone", "address"],
            Table::Studios => &["closed_on", "hours", "phone"],
            Table::Calendar => &[],
        }
    }

    /// Where a column stands in a line of the ledger.
    pub fn place(self, column: &str) -> Option<usize> {
        self.columns().iter().chain(self.optional()).position(|known| *known == column)
    }
}
