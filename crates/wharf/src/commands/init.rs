//! `wharf init`

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;
use wharf_store::SealKey;

use crate::config::Config;
use crate::output::Output;
use crate::trouble::Trouble;

/// Writes wharf.toml, with comments, and makes the key file (mode 0600) that seals all secrets in the
/// database. Nothing that exists is overwritten.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder for configuration, key and database; made when missing
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// Where the public API listens
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8470")]
    listen: SocketAddr,
    /// How shops and phones reach it, e.g. https://pay.example.com
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
}

pub fn run(arguments: &Arguments, output: &Output) -> Result<ExitCode, Trouble> {
    let dir = std::path::absolute(&arguments.dir).unwrap_or_else(|_| arguments.dir.clone());
    let (file, key) = (dir.join("wharf.toml"), dir.join("wharf.key"));
    for taken in [&file, &key] {
        if taken.exists() {
            return Err(Trouble::failed(format!("{} exists and is not overwritten", taken.display()))
                .mend("choose another folder with --dir; without its key a database's secrets are lost, so keep a backup of wharf.key"));
        }
    }
    let text = template(arguments);
    Config::parse(&file, &text)?;

    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o750)
        .create(&dir)
        .map_err(|error| cannot_write(&dir, error))?;
    SealKey::create(&key).map_err(|error| {
        Trouble::failed(error.to_string())
            .mend("choose a folder that this user may write to, with --dir")
    })?;
    write_new(&file, &text)?;

    output.json(&json!({ "config": file, "key_file": key, "dir": dir }));
    output.line(format!(
        "{}  configuration\n{}  key (keep a backup of it, apart from the database)",
        file.display(),
        key.display()
    ));
    output.line(format!("\nNext:\n  wharf --config {0} apply setup.toml   # sites, stores, wallets\n  wharf --config {0} serve", file.display()));
    Ok(ExitCode::SUCCESS)
}

fn write_new(path: &Path, text: &str) -> Result<(), Trouble> {
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| cannot_write(path, error))
}

fn cannot_write(path: &Path, error: std::io::Error) -> Trouble {
    Trouble::failed(format!("{} cannot be written", path.display()))
        .because(error)
        .mend("choose a folder that this user may write to, with --dir")
}

fn template(arguments: &Arguments) -> String {
    let public_url = match &arguments.public_url {
        Some(url) => format!("public_url = {}", toml::Value::from(url.as_str())),
        None => "# public_url = \"https://pay.example.com\"".to_owned(),
    };
    TEMPLATE
        .replace("{listen}", &arguments.listen.to_string())
        .replace("{public_url}", &public_url)
}

const TEMPLATE: &str = r#"# Wharf's configuration. Paths may be relative: they start at this file's folder.
# What Wharf serves (sites, stores, wallets) is kept in the database: see "wharf apply --help".

# Where the database, the key and the socket are kept.
data_dir = "."

# SQLite in data_dir, unless another database is named here; several nodes share a PostgreSQL.
# database = "postgres://wharf:password@localhost/wharf"

# Seals all secrets in the database. Mode 0600; keep a backup apart from the database's.
# key_file = "wharf.key"

# What the PHP modules call. The web server's group must be able to open it (mode 0660).
# socket = "/run/wharf/wharf.sock"

# Module calls over TCP, for a PHP that cannot open the socket. Loopback only.
# module_listen = "127.0.0.1:8471"

# The public API: payment checks, rates, messages of forwarder phones. Put it behind a reverse proxy with TLS.
listen = "{listen}"
{public_url}

# Proxies whose X-Forwarded-For is believed.
# trusted_proxies = ["127.0.0.1", "::1"]

# Another certificate authority to trust in outgoing connections, PEM.
# ca_file = "ca.pem"

# Connectors, wallets and facts about extensions of your own, besides the built-in ones.
# connectors_dir = "connectors"
# wallets_dir = "wallets"
# tlds_dir = "tlds"

# This daemon's name among those that share the database.
# node = "main"

# The operators' pages, at /staff/ of the public API's address. Make an operator first: wharf operators add
# [staff]
# enabled = true
# idle_minutes = 60
# session_hours = 12

# [registrar.endpoints]
# ispapi_live = "https://…"
# ispapi_ote = "https://…"
"#;
