//! Why a command could not do what it was asked for.

use std::error::Error;

/// An error for the person at the command line: what is wrong, and what to do next.
#[derive(Debug)]
pub struct Trouble {
    what: String,
    next: Option<String>,
    code: u8,
}

impl Trouble {
    /// It was asked wrongly: arguments, configuration or document (exit code 2).
    pub fn misuse(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            next: None,
            code: 2,
        }
    }

    /// It was asked rightly and did not succeed (exit code 1).
    pub fn failed(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            next: None,
            code: 1,
        }
    }

    /// Adds the cause and its causes.
    #[must_use]
    pub fn because(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.what = format!("{}: {}", self.what, chain(&*cause.into()));
        self
    }

    #[must_use]
    pub fn mend(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    pub fn what(&self) -> &str {
        &self.what
    }

    pub fn next(&self) -> Option<&str> {
        self.next.as_deref()
    }

    pub fn code(&self) -> u8 {
        self.code
    }
}

/// An error with its causes in one line, repetitions left out.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
