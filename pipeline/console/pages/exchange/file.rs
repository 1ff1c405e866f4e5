//! `/files/ID`: one file decoded (masked) beside its bytes, its life, what is wrong with it, and what became of each row.

use askama::Template;
use cardline::books::file_shown::{FileContent, FileShown, ShownRow, Unseen, error_report, show_file};

use crate::answer::{Answer, Refusal, Words};
use crate::asked::Asked;
use crate::frame::Frame;

/// Rows of a file on one page.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "exchange/file.html")]
struct File {
    f: Frame,
    shown: FileShown,
    after: usize,
}

impl File {
    fn content(&self) -> Option<&FileContent> {
        self.shown.content.as_ref().ok()
    }

    fn unseen(&self) -> Words {
        match self.shown.content.as_ref().err() {
            Some(Unseen::Purged) => Words::new(
                "内容已按期销毁，只留摘要与记录。",
                "Its bytes were destroyed when their time was over; digest and records stay.",
            ),
            Some(Unseen::TooLarge) => {
                Words::new("文件过大，不在页面上显示。", "It is too large to be shown on a page.")
            }
            Some(Unseen::NotThere) => Words::new("内容不在原处。", "Its bytes are not where they were put."),
            Some(Unseen::Changed) => {
                Words::new("原处的内容与摘要不符。", "What lies there is not what the digest says.")
            }
            None => Words::new("", ""),
        }
    }

    /// The control line in hexadecimal.
    fn control_hex(&self) -> String {
        let bytes = self.content().map(|content| content.control_line.as_slice()).unwrap_or_default();
        hex_lines(&bytes.iter().map(|byte| Some(*byte)).collect::<Vec<_>>())
    }

    /// A row in hexadecimal; nothing where it has no bytes of its own, or all of them are masked.
    fn row_hex(&self, row: &ShownRow) -> String {
        if row.bytes.iter().all(Option::is_none) { String::new() } else { hex_lines(&row.bytes) }
    }

    fn partner_path(&self) -> String {
        format!("/banks/{}", self.shown.file.partner)
    }

    fn report(&self) -> String {
        format!("/files/{}/errors", self.shown.file.id)
    }

    fn next(&self) -> Option<usize> {
        let content = self.content()?;
        let next = self.after + content.rows.len();
        (!content.rows.is_empty() && next < content.all).then_some(next)
    }
}

/// Sixteen bytes a line, as ASCII beside them; two points stand for a byte that is masked.
fn hex_lines(bytes: &[Option<u8>]) -> String {
    let hex = |byte: &Option<u8>| byte.map_or_else(|| "·· ".to_owned(), |byte| format!("{byte:02x} "));
    let shown = |byte: &Option<u8>| match byte {
        None => '·',
        Some(byte) if byte.is_ascii_graphic() || *byte == b' ' => *byte as char,
        Some(_) => '.',
    };
    let line = |(place, piece): (usize, &[Option<u8>])| {
        let (hex, shown) = (piece.iter().map(hex).collect::<String>(), piece.iter().map(shown).collect::<String>());
        format!("{:04x}  {hex:<48}  {shown}\n", place * 16)
    };
    bytes.chunks(16).enumerate().map(line).collect()
}

/// The page.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let after = asked.query.get("after").parse().unwrap_or(0);
    let shown = show_file(&worker, asked.number(0)?, after, ROWS).await?.ok_or(Refusal::Absent)?;
    let title = shown.file.name.clone();
    let f = Frame::at(&asked, &worker, now, &title);
    Ok(Answer::Page(File { f, shown, after }.render()?))
}

/// Its error report, to keep.
pub async fn errors(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, _) = asked.worker().await?;
    let id = asked.number(0)?;
    let report = error_report(&worker, id).await?.ok_or(Refusal::Absent)?;
    Ok(Answer::File { name: format!("errors-{id}.csv"), kind: "text/csv; charset=utf-8", body: report.into_bytes() })
}
