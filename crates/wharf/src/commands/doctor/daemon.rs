//! The running daemon.

use super::Check;
use crate::config::Config;
use crate::daemon::Daemon;

pub async fn answers(config: &Config) -> Check {
    let name = "daemon";
    let health = match Daemon::new(config) {
        Ok(daemon) => daemon.health().await,
        Err(trouble) => Err(trouble),
    };
    let answer = match health {
        Ok(answer) => answer,
        Err(trouble) => return Check::of_trouble(name, &trouble),
    };
    let text = |name: &str| {
        answer
            .body
            .get(name)
            .and_then(|value| value.as_str())
            .unwrap_or_default()
            .to_owned()
    };
    let own = env!("CARGO_PKG_VERSION");
    let version = text("version");
    if answer.status != 200 {
        Check::wrong(
            name,
            format!("it answers, but: {}", text("status")),
            "look into its log: journalctl -u wharf",
        )
    } else if version != own {
        Check::doubtful(
            name,
            format!("it runs version {version}, this program is {own}"),
            "restart it: systemctl restart wharf",
        )
    } else {
        Check::fine(name, format!("answers on {}", config.socket.display()))
    }
}
