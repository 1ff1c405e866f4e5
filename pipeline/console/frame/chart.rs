//! Bars drawn by the server: an SVG that a script need not finish, with the same figures in a table beside it.

/// Units of the picture's height that bars may take; above and below them stands text.
const TALL: i64 = 80;
const TOP: i64 = 20;
const WIDE: i64 = 420;
const LEFT: i64 = 12;
/// A bar is not wider than this, however few there are.
const BAR_WIDE_MAX: i64 = 88;

/// One column: what stands under it, and its parts from the bottom up.
pub struct Column {
    pub label: String,
    /// How many, and the class that colours it: `bar`, or `short` for what should not be.
    pub parts: Vec<(i64, &'static str)>,
}

impl Column {
    /// Of one part.
    pub fn of(label: String, value: i64) -> Column {
        Column { label, parts: vec![(value, "bar")] }
    }

    /// Of a part that is as it should be and one that is not.
    pub fn with_short(label: String, good: i64, short: i64) -> Column {
        Column { label, parts: vec![(good, "bar"), (short, "short")] }
    }

    /// All parts together.
    pub fn sum(&self) -> i64 {
        self.parts.iter().map(|(value, _)| value).sum()
    }
}

/// A rectangle of the picture.
pub struct Bar {
    pub x: i64,
    pub y: i64,
    pub width: i64,
    pub height: i64,
    pub class: &'static str,
    /// Shown by the pointer.
    pub about: String,
}

/// The picture.
pub struct Chart {
    pub name: String,
    /// For who does not see it.
    pub about: String,
    pub bars: Vec<Bar>,
    /// Under the bars: place, anchor and text of the first and the last column.
    pub marks: Vec<(i64, &'static str, String)>,
    /// How many the tallest bar may be.
    pub top: i64,
}

impl Chart {
    /// Bars of these columns; `top` is what the tallest may be, so that several pictures can be compared.
    pub fn of(name: &str, about: String, columns: &[Column], top: i64) -> Chart {
        let top = top.max(1);
        let count = i64::try_from(columns.len()).unwrap_or(1).max(1);
        let step = ((WIDE - 2 * LEFT) / count).clamp(2, BAR_WIDE_MAX);
        let width = (step - 2).max(1);
        let mut bars = Vec::new();
        for (place, column) in (0..).zip(columns) {
            let mut under = 0;
            for (value, class) in &column.parts {
                // What is there is seen, be it one among thousands.
                let height = if *value > 0 { (value * TALL / top).clamp(1, TALL) } else { 0 };
                under += height;
                let about = format!("{}: {}", column.label, super::grouped(*value));
                bars.push(Bar { x: LEFT + place * step, y: TOP + TALL - under, width, height, class, about });
            }
        }
        bars.retain(|bar| bar.height > 0);
        let marks = match columns {
            [] => Vec::new(),
            [only] => vec![(LEFT, "start", only.label.clone())],
            [first, .., last] if count > 6 => vec![
                (LEFT, "start", first.label.clone()),
                (LEFT + (count - 1) * step + width, "end", last.label.clone()),
            ],
            few => {
                (0..).zip(few).map(|(place, c)| (LEFT + place * step + width / 2, "middle", c.label.clone())).collect()
            }
        };
        Chart { name: name.to_owned(), about, bars, marks, top }
    }

    /// The greatest sum of a column.
    pub fn top(columns: &[Column]) -> i64 {
        columns.iter().map(Column::sum).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Chart, Column};

    #[test]
    fn bars_stand_on_one_another_and_the_smallest_is_seen() {
        let columns = [Column::with_short("1".into(), 5_000, 1), Column::of("2".into(), 0)];
        let chart = Chart::of("promise", String::new(), &columns, Chart::top(&columns));
        let [good, short] = chart.bars.as_slice() else { panic!("{} bars", chart.bars.len()) };
        assert_eq!((short.height, short.y + short.height), (1, good.y));
        assert_eq!(chart.marks.len(), 2);
        assert!(Chart::of("nothing", String::new(), &[], 0).bars.is_empty());
    }
}
