//! Real servers of suppliers, each for one test alone: `tests/bin/with-supplier` starts them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running server; it ends with the value, or with the process.
#[derive(Debug)]
pub struct RealServer {
    /// The base of its API, without trailing slash.
    pub api: String,
    /// Its operator's. PowerDNS has a key alone.
    pub username: String,
    pub password: String,
    /// Where its customers connect: AMQP, or DNS. HOST:PORT.
    pub service: String,
    child: Child,
}

impl RealServer {
    /// RabbitMQ with its management plugin. Takes seconds.
    pub fn rabbitmq() -> Option<Self> {
        Self::start("rabbitmq")
    }

    /// PowerDNS with its API and an empty database.
    pub fn powerdns() -> Option<Self> {
        Self::start("powerdns")
    }

    /// `None` where it is not installed, which CI does not accept.
    fn start(name: &str) -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("bin/with-supplier");
        let child = Command::new(script)
            .arg(name)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("tests/bin/with-supplier can be run: it needs Python 3");
        let mut server = Self {
            api: String::new(),
            username: String::new(),
            password: String::new(),
            service: String::new(),
            child,
        };
        let lines: Vec<String> = BufReader::new(server.child.stdout.take()?)
            .lines()
            .map_while(Result::ok)
            .take_while(|line| !line.is_empty())
            .collect();
        for (name, value) in lines.iter().filter_map(|line| line.split_once('=')) {
            let told = match name {
                "WHARF_TEST_API" => &mut server.api,
                "WHARF_TEST_USERNAME" => &mut server.username,
                "WHARF_TEST_PASSWORD" => &mut server.password,
                "WHARF_TEST_SERVICE" => &mut server.service,
                _ => continue,
            };
            value.clone_into(told);
        }
        if server.api.is_empty() {
            let status = server.child.wait().unwrap();
            let mut why = String::new();
            let _ = server.child.stderr.take()?.read_to_string(&mut why);
            assert!(
                status.code() == Some(NOT_INSTALLED)
                    && std::env::var("CI").as_deref() != Ok("true"),
                "{name} did not start: {why}"
            );
            let _ = writeln!(
                std::io::stderr(),
                "\n*** SKIPPED: nothing was tested on a real {name}. {why}"
            );
            return None;
        }
        Some(server)
    }

    /// The port of the API.
    pub fn port(&self) -> u16 {
        let url: url::Url = self.api.parse().unwrap();
        url.port().unwrap()
    }

    /// Stops it now, as a server that goes down.
    pub fn stop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

impl Drop for RealServer {
    fn drop(&mut self) {
        self.stop();
    }
}

const NOT_INSTALLED: i32 = 77;
