//! The rows that Wharf adds to the staff's page of a domain: HTML fragments inside WHMCS's own form.

use std::time::Duration;

use askama::Template;
use jiff::Timestamp;
use wharf_registrar::{DomainState, DomainStatus, RenewalMode, TransferStatus};
use wharf_store::journal::{Entry, State};

use super::texts::Texts;
use crate::reads::Found;

/// Something that was asked of the registrar for the page: the answer, and what is to be said of it.
#[derive(Clone, Debug)]
pub(super) struct Asked<T> {
    pub answer: Option<T>,
    /// How old the answer is, where it is old, and why there is none that is newer.
    pub trouble: Option<(Option<Duration>, String)>,
}

impl<T> Asked<T> {
    fn note(&self, texts: &Texts) -> Option<String> {
        let (age, why) = self.trouble.as_ref()?;
        Some(match age {
            Some(age) => texts.old(*age, why),
            None => texts.silent(why),
        })
    }
}

/// What the registrar says of the domain.
pub(super) fn registrar(texts: &Texts, account: &str, domain: &Asked<Found>) -> String {
    let (standing, facts) = match &domain.answer {
        Some(Found::Ours(status)) => (None, facts(texts, account, status)),
        Some(Found::NotOurs) => (Some(texts.not_ours.as_str()), Vec::new()),
        Some(Found::Absent) => (Some(texts.absent.as_str()), Vec::new()),
        None => (None, Vec::new()),
    };
    rendered(&Registrar {
        texts,
        standing,
        facts,
        note: domain.note(texts),
    })
}

/// The choice of what happens at the end of the term; nothing where the registrar does not say what it is now.
pub(super) fn renewal(texts: &Texts, domain: &Asked<Found>) -> Option<String> {
    let Some(Found::Ours(status)) = &domain.answer else {
        return None;
    };
    let current = status.renewal_mode.as_ref()?;
    let mut modes = vec![
        RenewalMode::AutoExpire,
        RenewalMode::AutoRenew,
        RenewalMode::RenewOnce,
        RenewalMode::AutoDelete,
    ];
    if !modes.contains(current) {
        modes.insert(0, current.clone());
    }
    let choices = modes
        .iter()
        .map(|mode| Choice {
            value: mode.as_str(),
            label: texts.mode(mode),
        })
        .collect();
    Some(rendered(&Renewal {
        texts,
        current: current.as_str(),
        choices,
    }))
}

pub(super) fn transfer(texts: &Texts, asked: &Asked<TransferStatus>) -> String {
    let transfer = asked.answer.as_ref();
    let tone = match transfer.map(|transfer| transfer.state) {
        Some(wharf_registrar::TransferState::Successful) => "good",
        Some(wharf_registrar::TransferState::Failed) => "bad",
        _ => "wait",
    };
    rendered(&Transfer {
        texts,
        transfer,
        standing: transfer.map(|transfer| {
            format!(
                "{}: {}",
                texts.transfer_kind(transfer.kind),
                texts.transfer_state(transfer.state)
            )
        }),
        tone,
        since: transfer.and_then(|transfer| transfer.created).map(moment),
        note: asked.note(texts),
    })
}

/// Every change that Wharf made or tried to make, newest first.
pub(super) fn journal(texts: &Texts, entries: &[Entry]) -> String {
    let effects = entries
        .iter()
        .map(|entry| Effect {
            id: &entry.id,
            at: Timestamp::from_millisecond(entry.created_at)
                .map_or_else(|_| String::new(), moment),
            kind: &entry.kind,
            state: texts.effect_state(entry.state),
            tone: match entry.state {
                State::Done => "good",
                State::Refused | State::Held => "bad",
                _ => "wait",
            },
            reason: entry.reason.as_deref().filter(|reason| !reason.is_empty()),
            attempts: entry.attempt,
            open: is_open(entry),
        })
        .collect();
    rendered(&Journal { texts, effects })
}

/// Whether asking again could change anything.
pub(super) fn is_open(entry: &Entry) -> bool {
    !matches!(entry.state, State::Done | State::Refused)
}

fn facts<'a>(texts: &'a Texts, account: &'a str, status: &'a DomainStatus) -> Vec<Fact<'a>> {
    let tone = match status.state {
        DomainState::Active => "good",
        DomainState::Suspended | DomainState::PendingDelete | DomainState::Deleted => "bad",
        _ => "wait",
    };
    let mut facts = vec![Fact {
        tone: Some(tone),
        more: (!status.statuses.is_empty()).then(|| status.statuses.join(" ")),
        ..Fact::new(&texts.status, texts.state(status.state))
    }];
    if let Some(expires) = status.expires {
        facts.push(Fact::new(&texts.expires, expires.to_string()));
    }
    for (label, at) in [
        (&texts.registry_expires, status.registry_expires),
        (&texts.paid_until, status.paid_until),
        (&texts.failure, status.failure),
        (&texts.created, status.created),
    ] {
        facts.extend(at.map(|at| Fact::new(label, moment(at))));
    }
    if status.transfer_lock.is_some() {
        facts.push(Fact::new(&texts.lock, texts.switch(status.transfer_lock)));
    }
    if status.id_protection.is_some() {
        facts.push(Fact::new(
            &texts.id_protection,
            texts.switch(status.id_protection),
        ));
    }
    if let Some(verification) = &status.verification {
        facts.push(Fact {
            more: verification.email.clone(),
            ..Fact::new(&texts.verification, verification.status.as_str())
        });
    }
    facts.push(Fact::new(&texts.account, account));
    facts
}

#[derive(Template)]
#[template(path = "admin_registrar.html")]
struct Registrar<'a> {
    texts: &'a Texts,
    standing: Option<&'a str>,
    facts: Vec<Fact<'a>>,
    note: Option<String>,
}

struct Fact<'a> {
    label: &'a str,
    value: String,
    tone: Option<&'static str>,
    more: Option<String>,
}

impl<'a> Fact<'a> {
    fn new(label: &'a str, value: impl Into<String>) -> Self {
        Self {
            label,
            value: value.into(),
            tone: None,
            more: None,
        }
    }
}

#[derive(Template)]
#[template(path = "admin_renewal.html")]
struct Renewal<'a> {
    texts: &'a Texts,
    current: &'a str,
    choices: Vec<Choice<'a>>,
}

struct Choice<'a> {
    value: &'a str,
    label: &'a str,
}

#[derive(Template)]
#[template(path = "admin_transfer.html")]
struct Transfer<'a> {
    texts: &'a Texts,
    transfer: Option<&'a TransferStatus>,
    standing: Option<String>,
    tone: &'static str,
    since: Option<String>,
    note: Option<String>,
}

#[derive(Template)]
#[template(path = "admin_journal.html")]
struct Journal<'a> {
    texts: &'a Texts,
    effects: Vec<Effect<'a>>,
}

struct Effect<'a> {
    id: &'a str,
    at: String,
    kind: &'a str,
    state: &'a str,
    tone: &'static str,
    reason: Option<&'a str>,
    attempts: i64,
    open: bool,
}

fn rendered(fragment: &impl Template) -> String {
    fragment.render().unwrap_or_else(|error| {
        tracing::error!(%error, "a row of the domain page cannot be rendered");
        String::new()
    })
}

fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use wharf_core::DomainName;
    use wharf_registrar::{TransferKind, TransferState, Verification};

    use super::super::texts::texts;
    use super::*;

    fn status() -> DomainStatus {
        let name = DomainName::parse("example.com").unwrap();
        DomainStatus {
            statuses: vec!["ACTIVE".into(), "<b>odd</b>".into()],
            expires: Some(date(2027, 11, 19)),
            renewal_mode: Some(RenewalMode::Other("ODD\"MODE".into())),
            verification: Some(Verification {
                status: "PENDING".into(),
                email: Some("\"><script>@example.com".into()),
                requested: None,
            }),
            ..DomainStatus::new(name, DomainState::Active)
        }
    }

    fn known<T>(answer: T) -> Asked<T> {
        Asked {
            answer: Some(answer),
            trouble: None,
        }
    }

    #[test]
    fn what_others_wrote_is_text() {
        let html = registrar(texts(None), "acct", &known(Found::Ours(status())));
        assert!(
            !html.contains("<b>odd") && !html.contains("<script>"),
            "{html}"
        );
        assert!(
            html.contains("2027-11-19") && html.contains("acct"),
            "{html}"
        );
        let html = renewal(texts(None), &known(Found::Ours(status()))).unwrap();
        assert!(!html.contains("ODD\"MODE"), "{html}");
        assert!(html.contains(" selected>ODD&#34;MODE<"), "{html}");
        let moving = TransferStatus {
            state: TransferState::Pending,
            kind: TransferKind::Incoming,
            log: vec!["<img src=x>".into()],
            created: None,
            updated: None,
        };
        let html = transfer(texts(None), &known(moving));
        assert!(
            html.contains("waiting for the other registrar") && !html.contains("<img"),
            "{html}"
        );
    }

    #[test]
    fn arabic_reads_from_right_to_left() {
        let html = registrar(texts(Some("Arabic")), "acct", &known(Found::Ours(status())));
        assert!(
            html.contains("lang=\"ar\" dir=\"rtl\"") && html.contains("<bdi"),
            "{html}"
        );
    }

    #[test]
    fn a_silent_registrar_is_said_and_nothing_is_invented() {
        let silent = Asked::<Found> {
            answer: None,
            trouble: Some((None, "it is silent".into())),
        };
        let html = registrar(texts(None), "acct", &silent);
        assert!(
            html.contains("could not be asked: it is silent") && !html.contains("<dt>"),
            "{html}"
        );
        assert!(renewal(texts(None), &silent).is_none());
        let old = Asked {
            answer: Some(Found::NotOurs),
            trouble: Some((Some(Duration::from_secs(7_200)), "it is silent.".into())),
        };
        let html = registrar(texts(None), "acct", &old);
        assert!(
            html.contains("not in this account") && html.contains("2 hours ago: it is silent."),
            "{html}"
        );
    }

    #[test]
    fn only_what_is_not_settled_can_be_settled() {
        for open in [true, false] {
            let effect = Effect {
                id: "effect-1",
                at: "2026-11-26 00:00 UTC".into(),
                kind: "domains.renew",
                state: "not known",
                tone: "wait",
                reason: Some("it <was> cut"),
                attempts: 2,
                open,
            };
            let html = rendered(&Journal {
                texts: texts(None),
                effects: vec![effect],
            });
            let button = "name=\"wharf[settle]\" value=\"effect-1\"";
            assert_eq!(html.contains(button), open, "{html}");
            assert!(html.contains("it &#60;was&#62; cut"), "{html}");
        }
        assert!(journal(texts(None), &[]).contains("changed nothing"));
    }
}
