//! The program: a runtime, a log on standard error, and the command line.

use std::process::ExitCode;

use anyhow::Context;
use cardline::cli;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Steps do their pure work in place, so another thread must be there for the rest.
const WORKER_THREADS_MIN: usize = 2;

fn main() -> anyhow::Result<ExitCode> {
    let typed = cli::read();
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::WARN.into())
        .with_env_var("CARDLINE_LOG")
        .from_env_lossy();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(std::io::stderr).init();
    let threads = std::thread::available_parallelism().map_or(WORKER_THREADS_MIN, |n| n.get().max(WORKER_THREADS_MIN));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    Ok(runtime.block_on(cli::run(typed)))
}
