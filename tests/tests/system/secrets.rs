//! No secret appears in clear in any log, module log, error or database row.
#![expect(clippy::panic, reason = "a test that cannot go on must fail")]

use std::path::{Path, PathBuf};

use wharf_tests::Sandbox;
use wharf_tests::module_socket::{ModuleSocket, registration};

/// Files whose purpose is to hold a secret, readable by their owner only.
const KEEPERS: [&str; 2] = ["sandbox.json", "modules/wharf/connection.php"];

#[tokio::test]
async fn after_the_story_no_file_shows_a_secret() {
    let sandbox = Sandbox::start();
    sandbox.purchase(&[
        "registry:garble:AddDomain",
        "supplier:cut-after-commit:POST /api/v1/users",
    ]);
    // Errors are where secrets leak: a wrong password, and a refusal.
    let socket = ModuleSocket::of(&sandbox);
    let mut wrong = registration(&sandbox, 99, "secret-search.com");
    wrong
        .as_object_mut()
        .unwrap()
        .insert("Password".into(), "wrong-pass-0815".into());
    socket.call("registrar/wharf/config_validate", &wrong).await;
    socket.call("registrar/wharf/RegisterDomain", &wrong).await;
    sandbox.wharf(&["doctor"]);

    let mut secrets = sandbox.at.secrets.clone();
    secrets.push("wrong-pass-0815".into());
    let mut files = Vec::new();
    collect(&sandbox.path(), &mut files);
    assert!(
        files.iter().any(|file| file.ends_with("wharf.db")),
        "the daemon's database is searched"
    );
    assert!(
        files.iter().any(|file| file.ends_with("daemon.log")),
        "the daemon's log is searched"
    );
    let mut searched = 0;
    for file in files {
        if KEEPERS.iter().any(|keeper| file.ends_with(keeper)) {
            continue;
        }
        let Ok(bytes) = std::fs::read(&file) else {
            continue;
        };
        searched += bytes.len();
        let text = String::from_utf8_lossy(&bytes);
        for secret in &secrets {
            let first: String = secret.chars().take(4).collect();
            assert!(
                !text.contains(secret.as_str()),
                "{} shows a secret ({first} …)",
                file.display()
            );
        }
    }
    assert!(searched > 100_000, "only {searched} bytes were searched");

    // The test can fail: it finds what is there.
    let kept = std::fs::read_to_string(sandbox.path().join("sandbox.json")).unwrap();
    assert!(
        secrets
            .first()
            .is_some_and(|secret| kept.contains(secret.as_str()))
    );
    assert!(
        !sandbox.rows("tblmodulelog").await.is_empty(),
        "the module log was written"
    );
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    let entries =
        std::fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    for entry in entries.flatten() {
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() {
            collect(&entry.path(), files);
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
}
