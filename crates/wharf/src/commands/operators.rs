//! `wharf operators`

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;

use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
use serde_json::json;
use wharf_core::{ErrorClass, Secret};
use wharf_web::staff::{OperatorError, Operators, Role};

use crate::cli::Global;
use crate::config::Config;
use crate::output::Output;
use crate::rooms::open_store;
use crate::trouble::Trouble;

/// The people who work with the operators' pages, at /staff/ of the public address.
///
/// Roles: a viewer sees everything, a reviewer approves and rejects, an admin changes the set-up too. Passwords
/// are asked for at the terminal; where standard input is none, its first line is the password.
#[derive(Debug, clap::Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Add an operator
    Add {
        /// Letters, digits, dots, dashes, underscores or @; an e-mail address does
        name: String,
        /// viewer, reviewer or admin
        #[arg(long, default_value = "viewer")]
        role: String,
    },
    /// Show all operators
    List,
    /// Give an operator another password, and end the operator's sessions
    Passwd { name: String },
    /// Give an operator another role
    Role {
        name: String,
        /// viewer, reviewer or admin
        role: String,
    },
    /// Log an operator out and let in no more
    Disable { name: String },
    /// Let a disabled operator in again
    Enable { name: String },
    /// Take an operator away; what was decided stays in the audit log
    Remove { name: String },
}

pub async fn run(
    arguments: Arguments,
    global: &Global,
    output: &Output,
) -> Result<ExitCode, Trouble> {
    let config = Config::load(global.config.as_deref())?;
    let operators = Operators::new(open_store(&config).await?);
    let (name, done) = match arguments.command {
        What::List => return list(&operators, output).await,
        What::Add { name, role } => {
            let role: Role = role.parse().map_err(trouble)?;
            let added = operators.add(&name, role, password()?).await;
            let added = added.map_err(trouble)?;
            if config.staff.is_none() {
                output.line(format!(
                    "the pages are switched off: put [staff] enabled = true into {} and restart the daemon",
                    config.file.display()
                ));
            } else {
                output.line(format!("log in at {}/staff/", config.public_url));
            }
            (added.name, "added")
        }
        What::Passwd { name } => {
            let changed = operators.set_password(&name, password()?, "command line", "");
            changed.await.map_err(trouble)?;
            (name, "has a new password, and is logged out everywhere")
        }
        What::Role { name, role } => {
            let role: Role = role.parse().map_err(trouble)?;
            operators.set_role(&name, role).await.map_err(trouble)?;
            let now = match role {
                Role::Viewer => "is a viewer now",
                Role::Reviewer => "is a reviewer now",
                Role::Admin => "is an admin now",
            };
            (name, now)
        }
        What::Disable { name } => {
            operators.set_disabled(&name, true).await.map_err(trouble)?;
            (name, "disabled, and logged out")
        }
        What::Enable { name } => {
            operators
                .set_disabled(&name, false)
                .await
                .map_err(trouble)?;
            (name, "enabled")
        }
        What::Remove { name } => {
            operators.remove(&name).await.map_err(trouble)?;
            (name, "removed")
        }
    };
    output.json(&json!({ "operator": name, "done": done }));
    output.line(format!("{name}: {done}"));
    Ok(ExitCode::SUCCESS)
}

async fn list(operators: &Operators, output: &Output) -> Result<ExitCode, Trouble> {
    let all = operators.list().await.map_err(trouble)?;
    output.json(&json!({ "operators": all }));
    if all.is_empty() {
        output.line("there is no operator yet; add one: wharf operators add NAME --role admin");
    }
    for operator in &all {
        let disabled = if operator.disabled { "  disabled" } else { "" };
        output.line(format!(
            "{:<24}  {:<8}{disabled}",
            operator.name,
            operator.role.as_str()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn trouble(error: OperatorError) -> Trouble {
    let next = match &error {
        OperatorError::Unknown(_) => "\"wharf operators list\" shows those that there are",
        OperatorError::Taken(_) => "give another password with: wharf operators passwd NAME",
        OperatorError::Weak(_) => "choose another one; nothing was changed",
        _ => "",
    };
    let trouble = match error.class() {
        ErrorClass::Misuse => Trouble::misuse(crate::trouble::chain(&error)),
        _ => Trouble::failed(crate::trouble::chain(&error)),
    };
    if next.is_empty() {
        trouble
    } else {
        trouble.mend(next)
    }
}

/// Twice at a terminal, without echo; else the first line of standard input.
fn password() -> Result<Secret, Trouble> {
    if !io::stdin().is_terminal() {
        return line();
    }
    let first = hidden("Password: ")?;
    let again = hidden("Once more: ")?;
    if first.expose() != again.expose() {
        return Err(Trouble::misuse("the two passwords are not the same")
            .mend("nothing was changed; try again"));
    }
    Ok(first)
}

fn hidden(prompt: &str) -> Result<Secret, Trouble> {
    let stdin = io::stdin();
    let dumb = |error: nix::Error| {
        Trouble::failed("the terminal cannot be kept from showing the password")
            .because(error)
            .mend("give the password on standard input instead")
    };
    let before = tcgetattr(&stdin).map_err(dumb)?;
    let mut silent = before.clone();
    silent.local_flags.remove(LocalFlags::ECHO);
    silent.local_flags.insert(LocalFlags::ECHONL);
    let mut terminal = io::stderr();
    let _ = write!(terminal, "{prompt}");
    let _ = terminal.flush();
    tcsetattr(&stdin, SetArg::TCSAFLUSH, &silent).map_err(dumb)?;
    let read = line();
    let _ = tcsetattr(&stdin, SetArg::TCSAFLUSH, &before);
    read
}

fn line() -> Result<Secret, Trouble> {
    let mut text = String::new();
    io::stdin()
        .lock()
        .read_line(&mut text)
        .map_err(|error| Trouble::failed("the password cannot be read").because(error))?;
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(Trouble::misuse("no password was given")
            .mend("type it at the terminal, or give it as a line of standard input"));
    }
    Ok(Secret::new(password))
}
