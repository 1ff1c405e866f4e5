//! `serve`: the console, until it is told to stop; and the console a demo ends with.

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use cardline::config::Config;
use cardline_console::{Clock, Console, Guest, Listening, listen};
use cardline_core::domain::staff::{Role, Scope};
use clap::Args;
use jiff::Timestamp;

use super::context::Context;
use super::exit::Exit;
use super::print;

/// Where the console listens when nobody says otherwise: on this machine alone.
const ADDRESS: &str = "127.0.0.1:8080";

#[derive(Args)]
#[command(after_help = "\
Pages for the operator, bank IT and the administrator, and the API (/api/openapi.json). Workers run beside it (`cardline
run`); nothing of the route runs in the console. Put a proxy with TLS before it to serve others than this machine.
While there are no users it prints a link by which the first administrator is made: good for 30 minutes, and once.
Example: cardline serve --console 127.0.0.1:8080")]
pub struct ServeArgs {
    /// Serve pages and API at this address; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS", env = "CARDLINE_CONSOLE")]
    console: Option<String>,
}

/// Serves until a signal arrives.
pub async fn run(context: &Context, args: ServeArgs) -> anyhow::Result<Exit> {
    context.make_data_folder()?;
    let address = args.console.as_deref().unwrap_or(ADDRESS);
    let console = Arc::new(Console::new(context.config.clone(), Clock::Database, Vec::new()));
    serve(console, address).await
}

/// Serves at an address until a signal arrives.
async fn serve(console: Arc<Console>, address: &str) -> anyhow::Result<Exit> {
    let listening = begin(&console, address).await?;
    stopped().await;
    listening.stop();
    console.close().await;
    Ok(Exit::Ok)
}

/// Listens at an address and says where, with the links there are.
pub async fn begin(console: &Arc<Console>, address: &str) -> anyhow::Result<Listening> {
    let listening = listen(address, console.clone())
        .await
        .with_context(|| format!("the console cannot listen at {address}; give another address with --console"))?;
    let base = format!("http://{}", listening.address);
    print::line(&format!("console {base}/"))?;
    for (role, link) in console.links().await {
        print::line(&format!("{role} {base}/first/{link}"))?;
    }
    // A script waits for these lines.
    std::io::stdout().flush()?;
    Ok(listening)
}

/// Serves what a demo left, at the time it ended: three guests, nobody of them a user of the ledger.
pub async fn serve_demo(config: Config, ended: Timestamp) -> anyhow::Result<Exit> {
    let whole = Scope::everything();
    let guests = vec![
        Guest { role: Role::Operator, scope: whole },
        Guest { role: Role::BankIt, scope: Scope { bank: "ABC".into(), area: String::new() } },
        Guest { role: Role::Administrator, scope: Scope { bank: String::new(), area: "1101".into() } },
    ];
    let console = Arc::new(Console::new(config, Clock::Demo { ended, at: Instant::now() }, guests));
    let address = std::env::var("CARDLINE_CONSOLE").ok();
    // Another program may have the usual port; a demo has no address anybody knows.
    let free = match &address {
        Some(address) => address.as_str(),
        None if tokio::net::TcpListener::bind(ADDRESS).await.is_ok() => ADDRESS,
        None => "127.0.0.1:0",
    };
    serve(console, free).await
}

/// Until the terminal or the system asks to end.
async fn stopped() {
    let interrupted = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminated) => tokio::select! {
            _ = interrupted => {}
            _ = terminated.recv() => {}
        },
        Err(_) => {
            let _ = interrupted.await;
        }
    }
}
