//! The registrar alone on a loopback port, over plain HTTP, for SDKs to be tried on:
//! `cargo run -p sandbox-registry --example serve -- 8480`. Account `test.user`, password `test.passw0rd`.

use sandbox_registry::{Account, Registry, RegistryOptions};
use wharf_core::{Clock, Currency, Money};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args()
        .nth(1)
        .and_then(|port| port.parse().ok())
        .unwrap_or(8480);
    let account = Account {
        login: "test.user".into(),
        password: "test.passw0rd".into(),
        balance: Money::new(100_000, Currency::USD),
    };
    let registry = Registry::new(RegistryOptions {
        clock: Clock::system(),
        accounts: vec![account],
        seed_taken: vec!["example.com".into()],
        ..RegistryOptions::default()
    });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, registry.router()).await
}
