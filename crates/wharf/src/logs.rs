//! Logs go to standard error; standard output is for answers.

use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command, LogFormat};

/// `WHARF_LOG` chooses what is logged (`info`, `wharf_payments=debug,warn`).
pub fn start(cli: &Cli) {
    let usual = if matches!(cli.command, Command::Serve(_)) {
        "info"
    } else {
        // That the disk was slow belongs to the daemon's log, not between a command's answers.
        "warn,sqlx::query=error"
    };
    let filter = EnvFilter::try_from_env("WHARF_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match cli.global.log_format {
        LogFormat::Text => builder.with_ansi(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}
