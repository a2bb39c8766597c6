//! Answers on standard output, errors on standard error.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::trouble::Trouble;

/// Where a command's answers go.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    json: bool,
}

impl Output {
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    pub fn is_json(self) -> bool {
        self.json
    }

    /// A line for people; nothing in JSON mode.
    pub fn line(self, text: impl AsRef<str>) {
        if !self.json {
            write(text.as_ref());
        }
    }

    /// An answer for programs; nothing otherwise.
    pub fn json(self, value: &Value) {
        if self.json {
            write(&value.to_string());
        }
    }

    /// How far long work is: one line on standard error that the next one replaces, for people only.
    pub fn progress(self, text: impl AsRef<str>) {
        let mut err = io::stderr();
        if err.is_terminal() {
            let _ = write!(err, "\r\x1b[K{}", text.as_ref());
            let _ = err.flush();
        }
    }

    /// Takes that line away.
    pub fn progress_done(self) {
        self.progress("");
    }

    /// Says what is wrong and what to do next; the process's exit code.
    pub fn trouble(self, trouble: &Trouble) -> ExitCode {
        let text = if self.json {
            json!({ "error": trouble.what(), "next": trouble.next() }).to_string()
        } else {
            let next = trouble
                .next()
                .map(|next| format!("\n  → {next}"))
                .unwrap_or_default();
            format!("wharf: {}{next}", trouble.what())
        };
        let _ = writeln!(io::stderr().lock(), "{text}");
        ExitCode::from(trouble.code())
    }
}

/// A reader that went away (`wharf … | head`) is no error of ours.
fn write(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}");
    let _ = out.flush();
}
