//! Real php-fpm, real modules of the test data.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::*;

struct House {
    folder: tempfile::TempDir,
    php: Php,
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        let database = folder.path().join("host.sqlite");
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/php/testdata");
        sql(&database, &fs::read_to_string(data.join("tables.sql")).unwrap());
        Php::lay_out_root(&root, &database, "a long hash", SYSTEM_URL).unwrap();
        for kind in ["registrars", "servers", "gateways", "addons"] {
            copy(&data.join(kind), &root.join("modules").join(kind));
        }
        copy(&data.join("hooks"), &root.join("includes/hooks"));
        let php = Php::start(PhpOptions {
            root,
            run_dir: folder.path().join("run"),
            database,
            system_url: SYSTEM_URL.to_owned(),
            fpm: PathBuf::from("php-fpm8.2"),
            workers: 10,
            encryption_key: "a long hash".to_owned(),
            internal_key: "internal".to_owned(),
        })
        .await
        .unwrap();
        Self { folder, php }
    }

    async fn call(&self, kind: ModuleKind, module: &str, function: &str, params: Value) -> PhpAnswer {
        let call = PhpCall {
            kind,
            module: module.to_owned(),
            function: function.to_owned(),
            params: params.as_object().unwrap().clone(),
            page: "viewinvoice.php".to_owned(),
            session: Session::default(),
        };
        self.php.call(call).await.unwrap()
    }

    async fn registrar(&self, function: &str, params: Value) -> PhpAnswer {
        self.call(ModuleKind::Registrar, "acme", function, params).await
    }

    async fn server(&self, function: &str) -> PhpAnswer {
        self.call(ModuleKind::Server, "acme", function, json!({"serviceid": 5, "userid": 1})).await
    }

    fn rows(&self, query: &str) -> String {
        sql(&self.folder.path().join("host.sqlite"), query)
    }
}

/// Through the command line tool, so that the proof does not come from the code under test.
fn sql(database: &Path, text: &str) -> String {
    let output = Command::new("sqlite3").arg("-bail").arg(database).arg(text).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

const SYSTEM_URL: &str = "http://127.0.0.1:1/";

#[tokio::test]
async fn a_registrar_gets_objects_and_every_call_is_a_fresh_request() {
    let house = House::new().await;
    let params = json!({"domainid": 1, "sld": "mona", "tld": "co.uk", "regperiod": 1, "Login": "me"});
    for _ in 0..2 {
        let answer = house.registrar("RegisterDomain", params.clone()).await;
        assert!(answer.exists);
        assert_eq!(
            answer.value,
            json!({"success": true, "calls": 1, "object": "WHMCS\\Domains\\Domain", "name": "mona.co.uk",
                "original": ".co.uk", "login": "me"}),
            "{answer:?}"
        );
    }
}
