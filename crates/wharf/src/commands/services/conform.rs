//! `wharf services connectors conform`: the promises, on databases of their own that are gone afterwards.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::task::JoinHandle;
use wharf_core::Clock;
use wharf_services::{Services, ServicesConfig, Verdict};
use wharf_store::{SealKey, Store, StoreOptions};
use wharf_whmcs::Sites;

use crate::output::Output;
use crate::trouble::Trouble;

pub async fn run(
    file: &Path,
    params: Map<String, Value>,
    extra_ca: Option<Vec<u8>>,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    let summary = wharf_services::check_file(file).map_err(|error| {
        Trouble::misuse("the connector cannot be used")
            .because(error)
            .mend("mend the file; its keys are described in docs/connectors.md")
    })?;
    let folder = tempfile::tempdir()
        .map_err(|error| Trouble::failed("no temporary folder can be made").because(error))?;
    let copied = copy(file, folder.path())
        .map_err(|error| Trouble::failed("the connector cannot be copied").because(error))?;
    let (first, one) = room(folder.path(), &copied, "first", extra_ca.clone()).await?;
    let (second, other) = room(folder.path(), &copied, "second", extra_ca).await?;
    let promises = wharf_services::conform(&first, &second, &summary.name, params, |promise| {
        let mark = match promise.kept {
            Verdict::Kept => "kept   ",
            Verdict::Broken => "BROKEN ",
            Verdict::Skipped => "skipped",
        };
        let detail = match promise.detail.as_str() {
            "" => String::new(),
            detail => format!(": {detail}"),
        };
        output.line(format!("{mark}  {}{detail}", promise.name));
    })
    .await;
    // Nothing works on the databases any more when they go.
    for work in [one, other] {
        work.abort();
        let _ = work.await;
    }
    output.json(&json!({ "connector": summary.name, "promises": promises }));
    let count = |verdict| {
        let alike = promises.iter().filter(|promise| promise.kept == verdict);
        alike.count()
    };
    let broken = count(Verdict::Broken);
    output.line(format!(
        "{} kept, {broken} broken, {} not tried",
        count(Verdict::Kept),
        count(Verdict::Skipped)
    ));
    Ok(match broken {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// With the certificates that stand beside it.
fn copy(file: &Path, folder: &Path) -> std::io::Result<std::path::PathBuf> {
    let own = folder.join("connectors");
    std::fs::create_dir(&own)?;
    let beside = file
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    for entry in std::fs::read_dir(beside.unwrap_or(Path::new(".")))? {
        let path = entry?.path();
        let end = path.extension().and_then(|end| end.to_str());
        if matches!(end, Some("pem" | "crt"))
            && let Some(name) = path.file_name()
        {
            std::fs::copy(&path, own.join(name))?;
        }
    }
    std::fs::copy(file, own.join("connector.toml"))?;
    Ok(own)
}

async fn room(
    folder: &Path,
    connectors: &Path,
    name: &str,
    extra_ca: Option<Vec<u8>>,
) -> Result<(Arc<Services>, JoinHandle<()>), Trouble> {
    let failed = |error: anyhow::Error| Trouble::failed("no room can be set up").because(error);
    let key = SealKey::create(&folder.join(format!("{name}.key")))
        .map_err(|error| failed(error.into()))?;
    let store = Store::open(StoreOptions {
        url: format!("sqlite://{}", folder.join(format!("{name}.db")).display()),
        key,
        clock: Clock::system(),
        node: name.to_owned(),
    })
    .await
    .map_err(|error| failed(error.into()))?;
    let sites =
        Sites::new(store.clone(), extra_ca.as_deref()).map_err(|error| failed(error.into()))?;
    let config = ServicesConfig {
        connectors_dir: Some(connectors.to_owned()),
        extra_ca,
    };
    let services =
        Services::new(store.clone(), sites, config).map_err(|error| failed(error.into()))?;
    let journal = store.journal().clone();
    let work = tokio::spawn(async move { journal.work().await });
    Ok((services, work))
}
