//! The php-fpm processes: shared by many calls, and gone when the host is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::*;

#[tokio::test]
async fn many_calls_at_once_share_the_workers() {
    let house = House::new().await;
    let calls = (0..50).map(|number| {
        let params = json!({"sld": format!("name{number}"), "tld": "com", "Login": "me"});
        let params = params.as_object().unwrap().clone();
        let php = house.php.clone();
        tokio::spawn(async move {
            let call = PhpCall {
                kind: ModuleKind::Registrar,
                module: "acme".to_owned(),
                function: "RegisterDomain".to_owned(),
                params,
                page: String::new(),
                session: Session::default(),
            };
            php.value(call).await.unwrap()["name"].clone()
        })
    });
    for (number, call) in calls.collect::<Vec<_>>().into_iter().enumerate() {
        assert_eq!(call.await.unwrap(), format!("name{number}.com"));
    }
    assert_eq!(house.rows("SELECT COUNT(*) FROM tblactivitylog"), "50");
}

#[tokio::test]
async fn stopping_ends_every_process() {
    let house = House::new().await;
    let running = || processes_naming(&house.folder.path().join("run"));
    assert!(running() >= 1);
    house.php.stop().await;
    assert_eq!(running(), 0);
    let call = house.php.script(ScriptRequest {
        script: "modules/gateways/callback/acmepay.php".to_owned(),
        ..ScriptRequest::default()
    });
    assert!(call.await.is_err());
}

#[tokio::test]
async fn killing_the_host_outright_leaves_no_php_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut host = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "php::tests::process::hold_php_for_another_test",
            "--ignored",
        ])
        .env("HOLD_PHP_IN", folder.path())
        .spawn()
        .unwrap();
    let run_dir = folder.path().join("run");
    until(|| run_dir.join("held").exists()).await;
    assert!(processes_naming(&run_dir) >= 1);
    host.kill().unwrap();
    host.wait().unwrap();
    until(|| processes_naming(&run_dir) == 0).await;
}

#[tokio::test]
#[ignore = "only another test runs it, to kill it"]
async fn hold_php_for_another_test() {
    let folder = PathBuf::from(std::env::var_os("HOLD_PHP_IN").unwrap());
    let php = start(&folder, SYSTEM_URL, Clock::system()).await;
    fs::write(folder.join("run/held"), "").unwrap();
    std::future::pending::<()>().await;
    drop(php);
}

/// Processes whose command line or environment names a path.
fn processes_naming(path: &Path) -> usize {
    let path = path.to_string_lossy().into_owned();
    let names = |file: PathBuf| {
        fs::read(file).is_ok_and(|text| String::from_utf8_lossy(&text).contains(&path))
    };
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    processes
        .filter(|entry| names(entry.path().join("cmdline")) || names(entry.path().join("environ")))
        .count()
}

async fn until(mut condition: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    let mut beat = tokio::time::interval(std::time::Duration::from_millis(10));
    while !condition() {
        assert!(
            std::time::Instant::now() < deadline,
            "it did not come to pass"
        );
        beat.tick().await;
    }
}
