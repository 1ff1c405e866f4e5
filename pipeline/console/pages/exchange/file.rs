//! `/files/ID`: one file decoded (masked) beside its bytes, its life, what is wrong with it, and what became of each row.

use askama::Template;
use cardline::actions::resend::{ResendRefusal, Resending, preview, resend};
use cardline::books::file_shown::{FileContent, FileShown, ShownRow, Unseen, error_report, show_file};
use cardline::exchange::transport::Published;
use cardline::people::permits::Permission;

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
    /// Whether it may be sent again.
    may_send: bool,
    /// What sending it again would do, where that was asked.
    again: Option<Resending>,
    done: String,
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
            Some(Unseen::Away) => Words::new(
                "保存对象的服务现在没有应答，请稍后再看。",
                "The service that keeps objects does not answer now; look again later.",
            ),
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

    fn path(&self) -> String {
        format!("/files/{}", self.shown.file.id)
    }

    fn asking(&self) -> String {
        format!("/files/{}?act=again", self.shown.file.id)
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
    let may_send = f.may(Permission::SetUpExchange) && shown.file.direction == "out" && shown.content.is_ok();
    let again = match asked.query.get("act") {
        "again" if may_send => Some(preview(&worker, shown.file.id).await?),
        _ => None,
    };
    let done = match asked.query.get("done") {
        "now" => f.say("已再次放置，内容与原来相同。", "It was placed again, with the same bytes."),
        "before" => {
            f.say("对方处已有相同内容的文件，没有改变。", "It lay there with the same bytes; nothing was changed.")
        }
        _ => "",
    };
    let done = done.to_owned();
    Ok(Answer::Page(File { f, shown, after, may_send, again, done }.render()?))
}

/// Sends it again, and shows it.
pub async fn send_again(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let (_, published) = resend(&worker, asked.number(0)?, now).await?;
    let word = if published == Published::Now { "now" } else { "before" };
    Ok(Answer::to(Frame::of(&asked, "").to(format!("{}?done={word}", asked.path))))
}

impl From<ResendRefusal> for Refusal {
    fn from(refusal: ResendRefusal) -> Refusal {
        let (zh, en) = match refusal {
            ResendRefusal::NoFile(_) => return Refusal::Absent,
            ResendRefusal::FromThem => {
                ("这是对方的文件，请对方再发。", "It came from the partner: ask the partner to send it again.")
            }
            ResendRefusal::NotSent { .. } => {
                ("它还没有发出，会自动发出。", "It was not sent yet; it is sent by itself.")
            }
            ResendRefusal::Replaced { .. } => (
                "它的批次已以新序号重新生成，请看后来的文件。",
                "Its batch was rendered anew under a later number; look at that file.",
            ),
            ResendRefusal::Answered => ("对方已应答其中的行。", "Its partner has answered rows of it."),
            ResendRefusal::CardsLeft { .. } => {
                ("其中的卡已不能全部重新生成。", "Some of its cards cannot be rendered any more.")
            }
            ResendRefusal::BeingSent => ("正在发送，请一分钟后再试。", "It is being sent now: try again in a minute."),
            ResendRefusal::Purged => (
                "内容已按期销毁，不会重新生成。",
                "Its bytes were destroyed when their time was over, and it is not rendered anew.",
            ),
            ResendRefusal::Lost => (
                "内容已不在对象库或已改变，请从备份恢复。",
                "Its bytes are gone from the object store, or were changed: restore them from their backup.",
            ),
        };
        Refusal::Conflict(Words::new(zh, en))
    }
}

/// Its error report, to keep.
pub async fn errors(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, _) = asked.worker().await?;
    let id = asked.number(0)?;
    let report = error_report(&worker, id).await?.ok_or(Refusal::Absent)?;
    Ok(Answer::File { name: format!("errors-{id}.csv"), kind: "text/csv; charset=utf-8", body: report.into_bytes() })
}
