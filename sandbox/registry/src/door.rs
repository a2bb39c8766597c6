//! The way in: who calls, as whom, which command, with which attributes.

use std::time::Instant;

use jiff::Timestamp;

use crate::answer::{Answer, Failure, Outcome};
use crate::command::{Command, matches};
use crate::commands::{Call, Spec, glob};
use crate::state::{Recent, State};

/// The form that was posted. Field names are compared without regard to case.
#[derive(Debug, Default)]
pub struct Request {
    fields: Vec<(String, String)>,
}

impl Request {
    /// Reads a form body, `+` and `%20` alike; what cannot be read counts as an empty form.
    pub fn read(body: &[u8]) -> Self {
        Self {
            fields: serde_urlencoded::from_bytes(body).unwrap_or_default(),
        }
    }

    /// The command's documented spelling; as sent (shortened) if there is no such command.
    pub fn command_name(&self) -> String {
        let command = self.command().unwrap_or_default();
        match Spec::named(command.name()) {
            Some(spec) => spec.name.to_owned(),
            None => command.name().chars().take(40).collect(),
        }
    }

    fn field(&self, name: &str) -> Option<&str> {
        let found = self
            .fields
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    fn command(&self) -> Result<Command, Failure> {
        match self.field("s_command") {
            Some(text) => Command::parse(text),
            None => {
                let own = |key: &str| {
                    key.get(..2)
                        .is_some_and(|head| head.eq_ignore_ascii_case("s_"))
                };
                Ok(Command::from_fields(
                    self.fields.iter().filter(|(key, _)| !own(key)).cloned(),
                ))
            }
        }
    }
}

/// Carries out what was posted and remembers it for the page.
pub fn answer(state: &mut State, request: &Request, now: Timestamp) -> Answer {
    let started = Instant::now();
    let mut user = request.field("s_login").unwrap_or("-").to_owned();
    let answer = carry_out(state, request, now, &mut user).unwrap_or_else(|refusal| refusal);
    state.remember(Recent {
        at: now,
        user,
        command: request
            .command()
            .map(|command| command.masked())
            .unwrap_or_default(),
        code: answer.code(),
        description: answer.description().to_owned(),
    });
    answer.after(started.elapsed())
}

fn carry_out(state: &mut State, request: &Request, now: Timestamp, user: &mut String) -> Outcome {
    if !matches!(request.field("s_entity"), Some("1234" | "54cd")) {
        return Err(Answer::new(502));
    }
    let caller = identify(state, request, now)?;
    caller.login().clone_into(user);
    if !state.count_command(&caller.account, now) {
        return Err(Answer::new(425));
    }
    let view = request.field("s_user").filter(|view| !view.is_empty());
    let account = match view {
        Some(view) if view != caller.account && !state.is_parent(&caller.account, view) => {
            return Err(Answer::new(531).detail("user not found"));
        }
        Some(view) => view.to_owned(),
        None => caller.account.clone(),
    };
    let command = request.command()?;
    let spec = Spec::named(command.name()).ok_or_else(|| Answer::new(500))?;
    if caller.is_denied(state, spec.name, &command) {
        return Err(Answer::new(530).saying("Authorization failed; Operation forbidden by ACL"));
    }
    let unknown = command
        .attributes()
        .find(|(key, _)| !spec.attributes.iter().any(|pattern| matches(pattern, key)));
    if let Some((key, _)) = unknown {
        return Err(Answer::new(503).detail(key));
    }
    let mut call = Call {
        state,
        command: &command,
        user: caller.login(),
        account,
        role: caller.role,
        session: caller.session,
        now,
    };
    (spec.run)(&mut call)
}

struct Caller {
    account: String,
    role: Option<String>,
    session: Option<String>,
}

impl Caller {
    fn login(&self) -> String {
        match &self.role {
            Some(role) => format!("{}!{role}", self.account),
            None => self.account.clone(),
        }
    }

    fn is_denied(&self, state: &State, name: &str, command: &Command) -> bool {
        let Some(role) = &self.role else { return false };
        let mut rules = state
            .roles
            .iter()
            .filter(|known| known.account == self.account && known.name == *role)
            .flat_map(|known| known.acl.iter());
        let mut denied_by_default = false;
        let decided = rules.find_map(|line| {
            let (rule, policy) = line.rsplit_once([':', '='])?;
            let denies = policy.trim().eq_ignore_ascii_case("DENY");
            if rule.trim().eq_ignore_ascii_case("DEFAULTPOLICY") {
                denied_by_default = denies;
                return None;
            }
            fits(rule.trim(), name, command).then_some(denies)
        });
        decided.unwrap_or(denied_by_default)
    }
}

/// `Command()` is every call of it, `Command[PARAM=pattern]` those whose attribute is like that.
fn fits(rule: &str, name: &str, command: &Command) -> bool {
    let (head, condition) = match rule.split_once('[') {
        Some((head, condition)) => (head, Some(condition.trim_end_matches(']'))),
        None => (rule.trim_end_matches("()"), None),
    };
    let like = |condition: &str| {
        condition.split_once('=').is_some_and(|(key, pattern)| {
            let value = command.sent(&key.trim().to_ascii_uppercase());
            let value = value.unwrap_or_default().to_ascii_lowercase();
            glob(&pattern.trim().to_ascii_lowercase(), &value)
        })
    };
    let named = glob(&head.to_ascii_lowercase(), &name.to_ascii_lowercase());
    named && condition.is_none_or(like)
}

/// By session if one is named, else by login and password.
fn identify(state: &mut State, request: &Request, now: Timestamp) -> Result<Caller, Failure> {
    if let Some(id) = request.field("s_session") {
        let session = state
            .sessions
            .get_mut(id)
            .ok_or_else(|| Answer::new(530).saying("SESSION NOT FOUND"))?;
        session.last_used = now;
        return Ok(Caller {
            account: session.account.clone(),
            role: session.role.clone(),
            session: Some(id.to_owned()),
        });
    }
    let refused = || Answer::new(530);
    let login = request.field("s_login").ok_or_else(refused)?;
    let password = request.field("s_pw").unwrap_or_default();
    let (account, role) = match login.split_once('!') {
        Some((account, role)) => (account, Some(role)),
        None => (login, None),
    };
    let known = match role {
        None => state
            .accounts
            .get(account)
            .is_some_and(|known| known.password == password),
        Some(role) => {
            let fits = |known: &crate::Role| {
                known.account == account && known.name == role && known.password == password
            };
            state.accounts.contains_key(account) && state.roles.iter().any(fits)
        }
    };
    if !known {
        return Err(refused());
    }
    Ok(Caller {
        account: account.to_owned(),
        role: role.map(str::to_owned),
        session: None,
    })
}
