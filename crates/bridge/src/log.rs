use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Logs go to stderr: warnings, or what `GATEHOUSE_LOG` says for our own crates. The MCP library never says more than warnings,
/// because its debug lines hold whole requests.
pub(crate) fn begin() {
    let ours = std::env::var("GATEHOUSE_LOG").ok().and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::WARN);
    let targets = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("gatehouse_mcp", ours)
        .with_target("gatehouse_ipc", ours);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false).without_time();
    // Fails only when there is a subscriber already.
    drop(tracing_subscriber::registry().with(targets).with(lines).try_init());
    // A panic's message may hold what it fell over: only its place is told.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        tracing::error!(place, "failed inside");
    }));
}
