//! `wharf.toml`: how the daemon runs. What it serves (sites, stores, wallets) is in the database.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use wharf_core::Clock;
use wharf_web::TrustedProxies;

use crate::trouble::Trouble;

/// The configuration, paths made absolute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The file that it was read from.
    pub file: PathBuf,
    pub data_dir: PathBuf,
    pub database: String,
    pub key_file: PathBuf,
    pub socket: PathBuf,
    /// The public API.
    pub listen: SocketAddr,
    /// Module calls over TCP, for a PHP that cannot open the socket; loopback only.
    pub module_listen: Option<SocketAddr>,
    /// How the world reaches `listen`, without a slash at the end.
    pub public_url: String,
    pub trusted_proxies: TrustedProxies,
    pub ca_file: Option<PathBuf>,
    pub connectors_dir: Option<PathBuf>,
    pub wallets_dir: Option<PathBuf>,
    pub tlds_dir: Option<PathBuf>,
    pub node: String,
    /// Registrar addresses to use instead of the built-in ones.
    pub registrar_endpoints: BTreeMap<String, String>,
    /// The operators' pages; `None`: they are not served.
    pub staff: Option<Staff>,
    /// The sandbox's time: a clock that leads by this file is followed. Nothing else sets it.
    pub clock_file: Option<PathBuf>,
}

/// How the operators' pages are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Staff {
    /// Unused for so long, a session ends; and in any case after this.
    pub idle: Duration,
    pub whole: Duration,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data_dir: Option<PathBuf>,
    database: Option<String>,
    key_file: Option<PathBuf>,
    socket: Option<PathBuf>,
    listen: Option<SocketAddr>,
    module_listen: Option<SocketAddr>,
    public_url: Option<String>,
    trusted_proxies: Option<Vec<String>>,
    ca_file: Option<PathBuf>,
    connectors_dir: Option<PathBuf>,
    wallets_dir: Option<PathBuf>,
    tlds_dir: Option<PathBuf>,
    node: Option<String>,
    clock_file: Option<PathBuf>,
    #[serde(default)]
    registrar: Registrar,
    #[serde(default)]
    staff: StaffPages,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct StaffPages {
    #[serde(default)]
    enabled: bool,
    idle_minutes: Option<u64>,
    session_hours: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Registrar {
    #[serde(default)]
    endpoints: Endpoints,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Endpoints {
    ispapi_live: Option<String>,
    ispapi_ote: Option<String>,
}

impl Config {
    /// Reads the file that was named, or the usual one.
    pub fn load(named: Option<&Path>) -> Result<Self, Trouble> {
        let path = match named {
            Some(path) => path.to_owned(),
            None => USUAL
                .iter()
                .map(PathBuf::from)
                .find(|path| path.exists())
                .ok_or_else(|| {
                    Trouble::misuse("there is no wharf.toml here and none in /etc/wharf")
                        .mend("name it with --config FILE, or write one with: wharf init --dir DIR")
                })?,
        };
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Trouble::misuse(format!("{} cannot be read", path.display()))
                .because(error)
                .mend("name another file with --config, or write one with: wharf init --dir DIR")
        })?;
        let path = std::path::absolute(&path).unwrap_or(path);
        Self::parse(&path, &text)
    }

    /// The machine's time, or the sandbox's.
    pub fn clock(&self) -> Clock {
        self.clock_file
            .as_ref()
            .map_or_else(Clock::system, Clock::following)
    }

    /// `path` is where the text is from: relative paths in it start at its folder.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Trouble> {
        let name = path.file_name().map_or_else(
            || path.display().to_string(),
            |name| name.to_string_lossy().into_owned(),
        );
        let wrong = |what: String| {
            Trouble::misuse(format!("{name}{what}")).mend(format!("mend it in {}", path.display()))
        };
        let file: File =
            toml::from_str(text).map_err(|error| wrong(toml_complaint(text, &error)))?;

        let base = path.parent().unwrap_or_else(|| Path::new("."));
        let below = |path: PathBuf| -> PathBuf { base.join(path).components().collect() };
        let data_dir = below(file.data_dir.unwrap_or_default());
        let in_data = |given: Option<PathBuf>, usual: &str| {
            below(given.unwrap_or_else(|| data_dir.join(usual)))
        };
        let listen = file
            .listen
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8470)));
        if let Some(address) = file
            .module_listen
            .filter(|address| !address.ip().is_loopback())
        {
            let text = format!(
                ": module_listen = \"{address}\" is no loopback address; module calls are not encrypted and must stay on this machine"
            );
            return Err(wrong(text));
        }
        let proxies = file
            .trusted_proxies
            .unwrap_or_else(|| vec!["127.0.0.1".to_owned(), "::1".to_owned()]);
        let node = file.node.unwrap_or_else(|| "main".to_owned());
        if node.trim().is_empty() {
            return Err(wrong(": node must not be empty".to_owned()));
        }
        let public_url = file
            .public_url
            .unwrap_or_else(|| format!("http://{listen}"));
        let web_address = |key: &str, url: &str| {
            let fine = url.starts_with("https://") || url.starts_with("http://");
            if fine {
                Ok(())
            } else {
                Err(wrong(format!(
                    ": {key} must start with https:// or http://"
                )))
            }
        };
        web_address("public_url", &public_url)?;
        let mut registrar_endpoints = BTreeMap::new();
        let Endpoints {
            ispapi_live,
            ispapi_ote,
        } = file.registrar.endpoints;
        for (key, url) in [("ispapi_live", ispapi_live), ("ispapi_ote", ispapi_ote)] {
            if let Some(url) = url {
                web_address(key, &url)?;
                registrar_endpoints.insert(key.to_owned(), url);
            }
        }
        let StaffPages {
            enabled,
            idle_minutes,
            session_hours,
        } = file.staff;
        let within = |key: &str, value: u64, most: u64| match value {
            value if (1..=most).contains(&value) => Ok(value),
            _ => Err(wrong(format!(": staff.{key} must be between 1 and {most}"))),
        };
        let staff = Staff {
            idle: Duration::from_secs(
                60 * within("idle_minutes", idle_minutes.unwrap_or(60), 24 * 60)?,
            ),
            whole: Duration::from_secs(
                3_600 * within("session_hours", session_hours.unwrap_or(12), 24 * 30)?,
            ),
        };
        let usual_database = || format!("sqlite://{}", data_dir.join("wharf.db").display());
        Ok(Self {
            database: file.database.unwrap_or_else(usual_database),
            key_file: in_data(file.key_file, "wharf.key"),
            socket: in_data(file.socket, "wharf.sock"),
            listen,
            module_listen: file.module_listen,
            public_url: public_url.trim_end_matches('/').to_owned(),
            trusted_proxies: TrustedProxies::parse(&proxies)
                .map_err(|error| wrong(format!(": trusted_proxies: {error}")))?,
            ca_file: file.ca_file.map(below),
            connectors_dir: file.connectors_dir.map(below),
            wallets_dir: file.wallets_dir.map(below),
            tlds_dir: file.tlds_dir.map(below),
            node,
            registrar_endpoints,
            staff: enabled.then_some(staff),
            clock_file: file.clock_file.map(below),
            file: path.to_owned(),
            data_dir,
        })
    }
}

/// Where and what: line and key, never the value, which may be a password.
pub fn toml_complaint(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().replace('\n', "; ");
    let Some(span) = error.span() else {
        return format!(": {message}");
    };
    let before = text.get(..span.start).unwrap_or_default();
    let number = before.matches('\n').count() + 1;
    let line = text.lines().nth(number - 1).unwrap_or_default();
    // Of a table that is made up of several the reader knows no more than where the document begins.
    if let Some(unknown) = unknown_key(&message)
        && !line.contains(unknown)
    {
        let is_it = |line: &str| {
            line.split_once('=')
                .is_some_and(|(key, _)| key.trim() == unknown)
        };
        let mut lines = (1..).zip(text.lines()).filter(|(_, line)| is_it(line));
        return match (lines.next(), lines.next()) {
            (Some((number, _)), None) => format!(", line {number}: {message}"),
            _ => format!(": {message}"),
        };
    }
    let key = line.split_once('=').map(|(key, _)| key.trim());
    let is_bare = |key: &str| {
        !key.is_empty()
            && key
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
    };
    match key {
        Some(key) if is_bare(key) && !message.contains(key) => {
            format!(", line {number}, {key}: {message}")
        }
        _ => format!(", line {number}: {message}"),
    }
}

fn unknown_key(message: &str) -> Option<&str> {
    let (key, _) = message.strip_prefix("unknown field `")?.split_once('`')?;
    Some(key)
}

const USUAL: [&str; 2] = ["wharf.toml", "/etc/wharf/wharf.toml"];

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, Trouble> {
        Config::parse(Path::new("/etc/wharf/wharf.toml"), text)
    }

    fn complaint(text: &str) -> String {
        let trouble = parse(text).unwrap_err();
        assert_eq!(trouble.code(), 2);
        format!("{}\n{}", trouble.what(), trouble.next().unwrap())
    }

    #[test]
    fn an_empty_file_is_a_configuration() {
        let config = parse("").unwrap();
        assert_eq!(config.database, "sqlite:///etc/wharf/wharf.db");
        assert_eq!(config.socket, Path::new("/etc/wharf/wharf.sock"));
        assert_eq!(config.key_file, Path::new("/etc/wharf/wharf.key"));
        assert_eq!(config.public_url, "http://127.0.0.1:8470");
        assert_eq!(config.node, "main");
    }

    #[test]
    fn paths_start_at_the_files_folder() {
        let config =
            parse("data_dir = \"./data\"\nsocket = \"/run/wharf.sock\"\nca_file = \"ca.pem\"")
                .unwrap();
        assert_eq!(config.data_dir, Path::new("/etc/wharf/data"));
        assert_eq!(config.database, "sqlite:///etc/wharf/data/wharf.db");
        assert_eq!(config.socket, Path::new("/run/wharf.sock"));
        assert_eq!(
            config.ca_file.as_deref(),
            Some(Path::new("/etc/wharf/ca.pem"))
        );
    }

    #[test]
    fn time_is_the_machines_unless_a_sandbox_leads() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wharf.toml");
        let config = Config::parse(&path, "clock_file = \"clock\"").unwrap();
        Clock::leading(folder.path().join("clock")).advance(std::time::Duration::from_secs(9));
        assert_eq!(config.clock().ahead_ms(), 9_000);
        assert_eq!(parse("").unwrap().clock().ahead_ms(), 0);
    }

    #[test]
    fn operators_pages_are_off_unless_they_are_switched_on() {
        assert_eq!(parse("").unwrap().staff, None);
        assert_eq!(parse("[staff]").unwrap().staff, None);
        let staff = parse("[staff]\nenabled = true\nidle_minutes = 20")
            .unwrap()
            .staff
            .unwrap();
        assert_eq!(
            (staff.idle.as_secs(), staff.whole.as_secs()),
            (1_200, 43_200)
        );
        assert!(complaint("[staff]\nidle_minutes = 0").contains("staff.idle_minutes"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        insta::assert_snapshot!(complaint("listen = \"127.0.0.1:1\"\nsokcet = \"x\""), @r#"
        wharf.toml, line 2: unknown field `sokcet`, expected one of `data_dir`, `database`, `key_file`, `socket`, `listen`, `module_listen`, `public_url`, `trusted_proxies`, `ca_file`, `connectors_dir`, `wallets_dir`, `tlds_dir`, `node`, `clock_file`, `registrar`, `staff`
        mend it in /etc/wharf/wharf.toml
        "#);
        insta::assert_snapshot!(complaint("[registrar.endpoints]\nispapi = \"https://x\""), @r#"
        wharf.toml, line 2: unknown field `ispapi`, expected `ispapi_live` or `ispapi_ote`
        mend it in /etc/wharf/wharf.toml
        "#);
        insta::assert_snapshot!(complaint("\nlisten = \"localhost\""), @r#"
        wharf.toml, line 2, listen: invalid socket address syntax
        mend it in /etc/wharf/wharf.toml
        "#);
        insta::assert_snapshot!(complaint("listen = 127.0.0.1"), @r#"
        wharf.toml, line 1, listen: invalid float, expected nothing
        mend it in /etc/wharf/wharf.toml
        "#);
        insta::assert_snapshot!(complaint("module_listen = \"0.0.0.0:8471\""), @r#"
        wharf.toml: module_listen = "0.0.0.0:8471" is no loopback address; module calls are not encrypted and must stay on this machine
        mend it in /etc/wharf/wharf.toml
        "#);
        insta::assert_snapshot!(complaint("trusted_proxies = [\"proxy\"]"), @r#"
        wharf.toml: trusted_proxies: "proxy" is neither an address nor a network like 10.0.0.0/8
        mend it in /etc/wharf/wharf.toml
        "#);
        insta::assert_snapshot!(complaint("public_url = \"pay.example.com\""), @r#"
        wharf.toml: public_url must start with https:// or http://
        mend it in /etc/wharf/wharf.toml
        "#);
        insta::assert_snapshot!(complaint("node = \" \""), @r#"
        wharf.toml: node must not be empty
        mend it in /etc/wharf/wharf.toml
        "#);
    }

    #[test]
    fn the_line_itself_is_not_repeated() {
        let text = complaint("database = \"postgres://wharf:hunter2@localhost/wharf");
        assert!(!text.contains("hunter2"), "{text}");
    }
}
