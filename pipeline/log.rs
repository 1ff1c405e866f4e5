//! The log: one event a line on standard error, as text or JSON.
//!
//! Invariants: no personal data (types that hold it cannot be printed, and a panic's own words are
//! withheld, since a failed slice quotes what it sliced); a reader that stops never stops the program:
//! lines wait in a bounded queue, and what does not fit is dropped and counted.

use std::any::Any;
use std::io::Write;
use std::sync::OnceLock;

use cardline_core::domain::visible::{visible, visible_json};
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::limits::LOG_LINES_WAITING;

/// What is logged when `CARDLINE_LOG` says nothing: what goes wrong, and how the daemon fares.
const DEFAULT_FILTER: &str = "warn,cardline::daemon=info";

static DROPPED: OnceLock<ErrorCounter> = OnceLock::new();

/// How lines look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    Text,
    Json,
}

/// A format nobody knows.
#[derive(Debug, thiserror::Error)]
#[error("CARDLINE_LOG_FORMAT must be text or json")]
pub struct UnknownFormat;

impl Format {
    /// The format `CARDLINE_LOG_FORMAT` asks for; text when it is not set.
    pub fn of(name: Option<&str>) -> Result<Format, UnknownFormat> {
        match name {
            None | Some("" | "text") => Ok(Format::Text),
            Some("json") => Ok(Format::Json),
            Some(_) => Err(UnknownFormat),
        }
    }
}

/// The library of the database says an unknown parameter of an address with its value, which may be a mistyped
/// password.
const UNSAID: &str = "sqlx_postgres::options=error";

/// A filter that says nothing.
#[derive(Debug, thiserror::Error)]
#[error("CARDLINE_LOG: {0}; write levels such as warn, or targets such as cardline::daemon=info, with commas between")]
pub struct UnknownFilter(#[from] tracing_subscriber::filter::ParseError);

/// Starts the log. What waits is written when the guard goes, within about a second.
pub fn start(filter: Option<&str>, format: Format) -> Result<WorkerGuard, UnknownFilter> {
    let (sink, guard, dropped) = lossy(std::io::stderr());
    let _ = DROPPED.set(dropped);
    let filter = EnvFilter::builder().parse(format!("{},{UNSAID}", filter.unwrap_or(DEFAULT_FILTER)))?;
    let sink = move || Visible { out: sink.clone(), format };
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(sink);
    match format {
        Format::Text => log.init(),
        Format::Json => log.json().flatten_event(true).with_current_span(true).with_span_list(false).init(),
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let words = words_of(panic.payload());
        tracing::error!(target: "cardline::panic", place, "panicked: {words}; this is a bug, report it");
    }));
    Ok(guard)
}

/// Words of a panic: those written in the source are safe, those made at the time may quote data.
fn words_of(payload: &(dyn Any + Send)) -> &'static str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("its words are withheld")
}

/// Writes events so that nothing in them steers what shows the log or begins a line of its own: a file's name and
/// an error's words may come from anybody.
struct Visible<W> {
    out: W,
    format: Format,
}

impl<W: Write> Write for Visible<W> {
    /// Takes an event whole, as it is handed over.
    fn write(&mut self, event: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let shown = match self.format {
            Format::Text => visible(line),
            Format::Json => visible_json(line),
        };
        self.out.write_all(format!("{shown}\n").as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

/// A sink that never makes its writer wait.
fn lossy<W: Write + Send + 'static>(
    out: W,
) -> (tracing_appender::non_blocking::NonBlocking, WorkerGuard, ErrorCounter) {
    let (sink, guard) = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(LOG_LINES_WAITING).finish(out);
    let dropped = sink.error_counter();
    (sink, guard, dropped)
}

/// Lines dropped so far.
pub fn dropped() -> u64 {
    DROPPED.get().map_or(0, |counter| counter.dropped_lines() as u64)
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Instant;

    use super::*;

    /// A reader that takes nothing until it is let go.
    struct Stopped(Receiver<()>);

    impl Write for Stopped {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let _ = self.0.recv();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_stops_costs_lines_and_no_time() {
        let (let_go, stopped) = channel();
        let (mut sink, guard, dropped) = lossy(Stopped(stopped));
        let began = Instant::now();
        let lines = 3 * LOG_LINES_WAITING;
        for _ in 0..lines {
            sink.write_all(b"a line\n").unwrap();
        }
        assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
        let lost = dropped.dropped_lines();
        assert!(lost >= lines - LOG_LINES_WAITING - 2 && lost < lines, "{lost}");
        drop(let_go);
        drop(guard);
    }

    #[test]
    fn a_panic_says_only_what_stands_in_the_source() {
        let number = concat!("110101", "19850307", "2238");
        let told = |run: Box<dyn Fn() -> usize>| words_of(&*catch_unwind(AssertUnwindSafe(run)).unwrap_err());
        assert_eq!(told(Box::new(|| panic!("in the source"))), "in the source");
        let panics: [Box<dyn Fn() -> usize>; 3] = [
            Box::new(move || panic!("of {number}")),
            Box::new(move || usize::from(number.parse::<u8>().map_err(|_| number).unwrap())),
            Box::new(move || number[20..].len()),
        ];
        for panics in panics {
            assert_eq!(told(panics), "its words are withheld");
        }
    }

    #[test]
    fn an_event_is_one_line_and_steers_nothing() {
        let told = |format| {
            let mut out = Visible { out: Vec::new(), format };
            out.write_all("a \u{1b}[31mred\u{202e}\nWARN forged\n".as_bytes()).unwrap();
            String::from_utf8(out.out).unwrap()
        };
        assert_eq!(told(Format::Text), "a \\u{1b}[31mred\\u{202e}\\u{a}WARN forged\n");
        assert_eq!(told(Format::Json), "a \\u001b[31mred\\u202e\\u000aWARN forged\n");
    }

    #[test]
    fn a_format_nobody_knows_is_refused() {
        assert_eq!(Format::of(None).unwrap(), Format::Text);
        assert_eq!(Format::of(Some("json")).unwrap(), Format::Json);
        assert!(Format::of(Some("xml")).is_err());
    }
}
