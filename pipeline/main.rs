//! The program: kept from others of the machine; a runtime, the log, and the command line.

use std::process::ExitCode;

use anyhow::Context;
use cardline::crash::{self, End};
use cardline::{config, log};
use cardline_cli as cli;
use rustix::fs::Mode;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit, umask};

/// Steps do their pure work in place, so another thread must be there for the rest.
const WORKER_THREADS_MIN: usize = 2;

fn main() -> anyhow::Result<ExitCode> {
    keep_private().context("the process cannot be kept from others")?;
    let typed = cli::read();
    let variable = |name| config::text(name, std::env::var_os(name));
    let format = log::Format::of(variable("CARDLINE_LOG_FORMAT")?.as_deref())?;
    let _written_at_the_end = log::start(variable("CARDLINE_LOG")?.as_deref(), format)?;
    let threads = std::thread::available_parallelism().map_or(WORKER_THREADS_MIN, |n| n.get().max(WORKER_THREADS_MIN));
    // Only the crash test sets this.
    if let Some(end) = std::env::var("CARDLINE_CRASH").ok().as_deref().and_then(End::parse) {
        crash::watch(end);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    let ended = runtime.block_on(cli::run(typed));
    for (point, passes) in crash::passed() {
        eprintln!("passed `{point}` {passes}");
    }
    // Work that does not let go, such as a broker's silence, must not keep the process.
    runtime.shutdown_background();
    Ok(ended)
}

/// What the process writes is its user's alone, whatever mask it was started with (what partners read gets its own
/// rights: `exchange`), and no dump of its memory, which holds what is encrypted elsewhere, reaches a disk.
fn keep_private() -> std::io::Result<()> {
    umask(Mode::from_raw_mode(0o077));
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    // A collector of dumps that reads a pipe is not bound by the limit; nor may others attach to the process.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}
