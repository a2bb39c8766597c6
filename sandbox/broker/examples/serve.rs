//! The broker by itself, for clients under test:
//! `cargo run -p sandbox-broker --example serve -- 8480`. User `platform`, password `passw0rd`.

use std::io;

use sandbox_broker::{Broker, BrokerOptions};
use wharf_core::Clock;

#[tokio::main]
async fn main() -> io::Result<()> {
    let port: u16 = std::env::args()
        .nth(1)
        .and_then(|port| port.parse().ok())
        .unwrap_or(8480);
    let broker = Broker::new(BrokerOptions {
        clock: Clock::system(),
        username: "platform".to_owned(),
        password: "passw0rd".to_owned(),
        slow_ms: 1_000,
    });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, broker.router()).await
}
