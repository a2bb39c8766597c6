//! `wharf sandbox supplier`: the security service alone, to write a connector against.

use std::process::ExitCode;

use clap::Args;
use sandbox_world::{LoneSupplier, LoneSupplierOptions};
use serde_json::json;
use tokio::signal::unix::SignalKind;
use wharf_core::Clock;

use super::listen_for;
use crate::output::Output;
use crate::trouble::Trouble;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Where it listens on loopback, without TLS; 0 takes a port that is free
    #[arg(long, default_value_t = 8495)]
    port: u16,
    /// The token that it wants [default: one is drawn]
    #[arg(long)]
    token: Option<String>,
}

pub async fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Trouble> {
    let mut interrupt = listen_for(SignalKind::interrupt())?;
    let mut terminate = listen_for(SignalKind::terminate())?;
    let supplier = LoneSupplier::start(LoneSupplierOptions {
        services: 0,
        port: arguments.port,
        token: arguments.token.clone(),
        clock: Clock::system(),
    })
    .await
    .map_err(|error| {
        Trouble::failed("the supplier did not start")
            .because(error)
            .mend("another port: --port 0 takes one that is free")
    })?;
    let door = &supplier.door;
    output.json(&json!({ "supplier": door }));
    output.line(format!(
        "SiteShield is up:\n  its pages  {0}/\n  its API    {0}/api/v1\n  token      {1}\n\nStop with Ctrl-C.",
        door.plain, door.token
    ));
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    supplier.stop().await;
    Ok(ExitCode::SUCCESS)
}
