//! A module that was installed under another name, in real PHP.

use std::fs;

use wharf_tests::lone_host::LoneHost;
use wharf_tests::{Sandbox, wharf};

/// As a shop does that takes the domains of another module over: its name stays, everything behind it is Wharf.
#[tokio::test]
async fn a_renamed_registrar_reaches_the_daemon_under_its_own_name() {
    let sandbox = Sandbox::start();
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("configuration.php"), "<?php").unwrap();
    let theirs = root.path().join("modules/registrars/ispapi");
    fs::create_dir_all(&theirs).unwrap();
    fs::write(theirs.join("ispapi.php"), "<?php // another module").unwrap();
    let done = wharf()
        .args(["modules", "install"])
        .arg(root.path())
        .args([
            "--site",
            "main",
            "--registrar-name",
            "ispapi",
            "--registrar-name",
            "second",
        ])
        .args(["--without", "server", "--without", "gateway", "--config"])
        .arg(&sandbox.at.wharf_config)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );

    let dir = tempfile::tempdir().unwrap();
    let host = LoneHost::start(&root.path().join("modules"), dir.path());
    let staff = host.staff().await;
    let settings = [
        ("field[Environment]", "LIVE"),
        ("field[Username]", sandbox.at.registrar.username.as_str()),
        ("field[Password]", &sandbox.at.registrar.password),
    ];
    for module in ["ispapi", "second"] {
        let page = format!("admin/modules/registrar/{module}");
        let wrong = [
            ("field[Environment]", "LIVE"),
            ("field[Username]", "nobody"),
            ("field[Password]", "wrong"),
        ];
        staff
            .get(&page)
            .await
            .has("A role user is written account!role");
        let refused = staff.send(&page, "module-settings", &wrong).await;
        assert!(
            !refused.text.contains("The settings were saved"),
            "{}",
            refused.text
        );
        staff
            .send(&page, "module-settings", &settings)
            .await
            .has("The settings were saved");
    }
    // Its functions run under its name, as far as the registry and back.
    staff
        .send("admin/modules/registrar/ispapi", "use-registrar", &[])
        .await
        .has("registers every extension");
    host.browser()
        .get("cart.php?a=add&domain=register&query=under-another-name.com")
        .await
        .has("add-domain-under-another-name-com");
    let (_, out, err) = sandbox.wharf(&["doctor", "--json"]);
    assert!(
        out.contains("site main, registrar module ispapi"),
        "{out} {err}"
    );
}
