//! Clients that others wrote judge the sandbox: `tests/independent/run` and what it runs.

use std::path::Path;
use std::process::Command;

use wharf_tests::Sandbox;

/// What the runner answers where a client cannot be had.
const SKIPPED: i32 = 77;

#[test]
fn clients_that_others_wrote_accept_the_sandbox() {
    let sandbox = Sandbox::start();
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("independent");
    let done = Command::new(here.join("run"))
        .arg(sandbox.path().join("sandbox.json"))
        .output()
        .unwrap();
    let text = [&done.stdout[..], &done.stderr[..]]
        .map(|part| String::from_utf8_lossy(part).into_owned())
        .concat();
    if done.status.code() == Some(SKIPPED) && std::env::var("CI").as_deref() != Ok("true") {
        eprintln!("{text}");
        return;
    }
    assert!(done.status.success(), "{text}");
    let mut judges = vec!["registry-python-tls", "host-python"];
    if !text.contains("without the judges in Node") {
        judges.extend(["registry-node", "host-node-suite"]);
    }
    for judge in judges {
        assert!(
            text.contains(&format!("== {judge}")),
            "{judge} did not judge:\n{text}"
        );
    }
}
