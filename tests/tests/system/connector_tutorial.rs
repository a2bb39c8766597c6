//! The tutorial on connectors, followed to the letter: its file is put together, its commands are run against the
//! sandbox's supplier, and what they print is compared with what it says. `WHARF_BLESS=1` writes what they print into
//! the page instead.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on must fail"
)]

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use wharf_tests::lone_supplier::LoneSupplier;

#[tokio::test]
async fn the_tutorial_does_what_it_says() {
    let supplier = LoneSupplier::start("tutorial-token");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/connector-tutorial.md");
    let text = fs::read_to_string(&page).unwrap();
    let reader = Reader::new(supplier.port);
    let mut followed = String::new();
    let mut rest = text.as_str();
    // A fence, its words, what stands in it.
    while let Some((before, block)) = rest.split_once("\n```") {
        let (words, block) = block.split_once('\n').unwrap();
        let (inside, after) = block.split_once("```\n").unwrap();
        let inside = match words.split_once(' ') {
            Some((_, file)) => {
                reader.types(file, inside);
                inside.to_owned()
            }
            None if words == "console" => reader.runs(inside),
            None => inside.to_owned(),
        };
        followed.push_str(&format!("{before}\n```{words}\n{inside}```\n"));
        rest = after;
    }
    followed.push_str(rest);
    if std::env::var_os("WHARF_BLESS").is_some() {
        fs::write(&page, &followed).unwrap();
    }

    let made = supplier.services().await;
    assert_eq!(made.len(), 2, "one by trying, one by conform: {made:?}");
    let ended = made.iter().all(|service| service["status"] == "terminated");
    assert!(ended, "{made:?}");
}

/// Who does what the page says, in a folder of his own.
struct Reader {
    folder: tempfile::TempDir,
    port: u16,
    program: PathBuf,
    blesses: bool,
}

impl Reader {
    fn new(port: u16) -> Self {
        let program = assert_cmd::cargo::cargo_bin("wharf");
        Self {
            folder: tempfile::tempdir().unwrap(),
            port,
            program: program.parent().unwrap().to_owned(),
            blesses: std::env::var_os("WHARF_BLESS").is_some(),
        }
    }

    /// A connector's file grows; others are written anew.
    fn types(&self, file: &str, text: &str) {
        let text = text.replace(PORT, &self.port.to_string());
        let path = self.folder.path().join(file);
        let grows = file.ends_with(".toml");
        OpenOptions::new()
            .create(true)
            .append(grows)
            .write(true)
            .truncate(!grows)
            .open(path)
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
    }

    /// Commands behind `$`, each with what it prints; what they really print.
    fn runs(&self, block: &str) -> String {
        let mut real = String::new();
        for part in block.split("$ ").skip(1) {
            let (command, said) = part.split_once('\n').unwrap();
            let prints = self.run(command);
            if !self.blesses {
                assert_eq!(
                    plain(said.trim_end()),
                    plain(prints.trim_end()),
                    "$ {command}\n(WHARF_BLESS=1 writes what it prints into the page)"
                );
            }
            real.push_str(&format!("$ {command}\n{prints}"));
        }
        real
    }

    fn run(&self, command: &str) -> String {
        let path = std::env::var("PATH").unwrap();
        let done = Command::new("sh")
            .args(["-c", &format!("{command} 2>&1")])
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{path}", self.program.display()))
            .env_remove("WHARF_CONFIG")
            .output()
            .unwrap();
        let said = String::from_utf8(done.stdout).unwrap();
        if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&done.status) {
            panic!("{command}: signal {signal}");
        }
        said.replace(&self.port.to_string(), PORT)
    }
}

/// Without what differs from run to run: moments, how long answers took, the supplier's ids.
fn plain(text: &str) -> String {
    let between = |sign: char| !sign.is_ascii_alphanumeric() && !"_-:".contains(sign);
    let (mut plain, mut rest) = (String::new(), text);
    while !rest.is_empty() {
        let end = rest.find(between).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let digits = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
        plain.push_str(match word {
            _ if word.starts_with("svc_") => "svc_…",
            _ if word.len() == 20 && word.ends_with('Z') => "…",
            _ if digits && after.starts_with(" ms)") => "…",
            _ => word,
        });
        let sign = after.chars().next();
        plain.extend(sign);
        rest = &after[sign.map_or(0, char::len_utf8)..];
    }
    plain
}

/// That of the page.
const PORT: &str = "8495";
