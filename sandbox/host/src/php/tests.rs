//! Real php-fpm, real modules of the test data.

mod calls;
mod endings;
mod process;
mod scripts;
mod services;
mod time;

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
        Self::at(Clock::system()).await
    }

    async fn at(clock: Clock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let php = start(folder.path(), SYSTEM_URL, clock).await;
        Self { folder, php }
    }

    async fn call(
        &self,
        kind: ModuleKind,
        module: &str,
        function: &str,
        params: Value,
    ) -> PhpAnswer {
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
        self.call(ModuleKind::Registrar, "acme", function, params)
            .await
    }

    async fn server(&self, function: &str) -> PhpAnswer {
        self.call(
            ModuleKind::Server,
            "acme",
            function,
            json!({"serviceid": 5, "userid": 1}),
        )
        .await
    }

    /// Adds a file to the root and answers the module's name.
    fn php_file(&self, path: &str, text: &str) -> String {
        let file = self.folder.path().join("root").join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        file.file_stem().unwrap().to_string_lossy().into_owned()
    }

    fn rows(&self, query: &str) -> String {
        sql(&self.folder.path().join("host.sqlite"), query)
    }
}

/// A laid out root with the test data in `folder`, and php-fpm on it.
async fn start(folder: &Path, system_url: &str, clock: Clock) -> Php {
    let root = folder.join("root");
    let database = folder.join("host.sqlite");
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/php/testdata");
    sql(
        &database,
        &fs::read_to_string(data.join("tables.sql")).unwrap(),
    );
    Php::lay_out_root(&root, &database, "a long hash", system_url).unwrap();
    for kind in ["registrars", "servers", "gateways", "addons"] {
        copy(&data.join(kind), &root.join("modules").join(kind));
    }
    copy(&data.join("hooks"), &root.join("includes/hooks"));
    Php::start(PhpOptions {
        root,
        run_dir: folder.join("run"),
        database,
        system_url: system_url.to_owned(),
        fpm: PathBuf::from("php-fpm8.2"),
        workers: 10,
        encryption_key: "a long hash".to_owned(),
        internal_key: "internal".to_owned(),
        clock,
    })
    .await
    .unwrap()
}

/// Through the command line tool, so that the proof does not come from the code under test.
fn sql(database: &Path, text: &str) -> String {
    let output = Command::new("sqlite3")
        .arg("-bail")
        .arg(database)
        .arg(text)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
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

fn server_call(function: &str, params: Value) -> PhpCall {
    PhpCall {
        kind: ModuleKind::Server,
        module: "acme".to_owned(),
        function: function.to_owned(),
        params: params.as_object().unwrap().clone(),
        page: String::new(),
        session: Session::default(),
    }
}

const SYSTEM_URL: &str = "http://127.0.0.1:1/";
