//! `wharf doctor`: everything that must be right before going live.

mod daemon;
mod machine;
mod modules;
mod payments;
mod registrars;
mod services;
pub mod sites;

use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;
use serde_json::json;

use crate::cli::Global;
use crate::config::Config;
use crate::output::Output;
use crate::rooms::{Rooms, open_store};
use crate::trouble::Trouble;

/// Checks configuration, key, database, daemon, certificate authority, registrar accounts, each site's
/// WHMCS API, the clock, connectors and the services that wait for people, each store's rates, caution, wallets and phones, what waits for people and, where a WHMCS folder is named, the PHP modules in it.
///
/// One line a check; each failure says how to mend it. Exit code 1 when something fails.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// WHMCS's folder, to check the PHP modules in it
    #[arg(long, value_name = "PATH")]
    whmcs_root: Option<PathBuf>,
}

pub async fn run(
    arguments: &Arguments,
    global: &Global,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    let mut report = Report::new(*output);
    let config = match Config::load(global.config.as_deref()) {
        Ok(config) => config,
        Err(trouble) => {
            report.add(Check::of_trouble("configuration", &trouble));
            return Ok(report.end());
        }
    };
    report.add(Check::fine(
        "configuration",
        config.file.display().to_string(),
    ));
    report.add(machine::key_file(&config));
    report.add(machine::authority(&config));
    report.add(machine::room(&config));
    report.add(daemon::answers(&config).await);
    match open_store(&config).await {
        Err(trouble) => report.add(Check::of_trouble("database", &trouble)),
        Ok(store) => {
            report.add(Check::fine("database", machine::database_in_words(&config)));
            report.add(machine::journal(&store).await);
            match Rooms::on(store, &config) {
                Err(trouble) => report.add(Check::of_trouble("data files", &trouble)),
                Ok(rooms) => {
                    report.add_all(sites::all(&rooms, &config).await);
                    report.add_all(registrars::all(&rooms).await);
                    report.add_all(services::all(&rooms).await);
                    report.add_all(payments::all(&rooms, &config).await);
                }
            }
        }
    }
    if let Some(root) = &arguments.whmcs_root {
        report.add_all(modules::all(root));
    }
    Ok(report.end())
}

/// What one check found.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    pub name: String,
    pub verdict: Verdict,
    pub detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Fine,
    /// Works, but somebody should look.
    Doubtful,
    Wrong,
}

impl Check {
    pub fn fine(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            verdict: Verdict::Fine,
            detail: detail.into(),
            mend: None,
        }
    }

    pub fn doubtful(
        name: impl Into<String>,
        detail: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            verdict: Verdict::Doubtful,
            detail: detail.into(),
            mend: Some(mend.into()),
        }
    }

    pub fn wrong(
        name: impl Into<String>,
        detail: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self {
            verdict: Verdict::Wrong,
            ..Self::doubtful(name, detail, mend)
        }
    }

    pub fn of_trouble(name: impl Into<String>, trouble: &Trouble) -> Self {
        let mend = trouble.next().map(str::to_owned);
        Self {
            name: name.into(),
            verdict: Verdict::Wrong,
            detail: trouble.what().to_owned(),
            mend,
        }
    }
}

/// Prints checks as they come; in JSON, all at the end.
struct Report {
    output: Output,
    checks: Vec<Check>,
}

impl Report {
    fn new(output: Output) -> Self {
        Self {
            output,
            checks: Vec::new(),
        }
    }

    fn add(&mut self, check: Check) {
        let mark = match check.verdict {
            Verdict::Fine => "✓",
            Verdict::Doubtful => "!",
            Verdict::Wrong => "✗",
        };
        let mend = check
            .mend
            .as_ref()
            .map(|mend| format!("\n    → {mend}"))
            .unwrap_or_default();
        self.output
            .line(format!("{mark} {}: {}{mend}", check.name, check.detail));
        self.checks.push(check);
    }

    fn add_all(&mut self, checks: Vec<Check>) {
        for check in checks {
            self.add(check);
        }
    }

    fn end(self) -> ExitCode {
        let count = |verdict| {
            let found = self.checks.iter().filter(|check| check.verdict == verdict);
            found.count()
        };
        let (wrong, doubtful) = (count(Verdict::Wrong), count(Verdict::Doubtful));
        self.output
            .json(&json!({ "ok": wrong == 0, "checks": self.checks }));
        self.output.line(format!("\n{}", in_all(wrong, doubtful)));
        if wrong == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

fn in_all(wrong: usize, doubtful: usize) -> String {
    match (wrong, doubtful) {
        (0, 0) => "All is well.".to_owned(),
        (0, 1) => "Nothing must be mended; 1 thing should be looked at.".to_owned(),
        (0, more) => format!("Nothing must be mended; {more} things should be looked at."),
        (1, _) => "1 thing must be mended.".to_owned(),
        (more, _) => format!("{more} things must be mended."),
    }
}

#[cfg(test)]
mod tests {
    use super::in_all;

    #[test]
    fn all_is_well_only_where_nothing_is_doubtful() {
        assert_eq!(in_all(0, 0), "All is well.");
        assert!(in_all(0, 1).ends_with("1 thing should be looked at."));
        assert_eq!(in_all(1, 4), "1 thing must be mended.");
    }
}
