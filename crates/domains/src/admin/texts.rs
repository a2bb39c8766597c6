//! The staff page's words.

use std::sync::LazyLock;
use std::time::Duration;

use serde::Deserialize;
use wharf_registrar::{DomainState, RenewalMode, TransferKind, TransferState};
use wharf_store::journal::State;

/// By WHMCS's name of a language; English where there is no file for it.
pub(super) fn texts(language: Option<&str>) -> &'static Texts {
    match language.map(str::to_lowercase).as_deref() {
        Some("arabic" | "ar") => &ARABIC,
        _ => &ENGLISH,
    }
}

/// A language file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Texts {
    pub code: String,
    pub direction: String,
    pub registrar: String,
    pub renewal: String,
    pub transfer: String,
    pub journal: String,
    pub sync_now: String,
    pub resend_mail: String,
    pub cancel_transfer: String,
    pub approve_transfer: String,
    pub deny_transfer: String,
    pub suspend: String,
    pub unsuspend: String,
    pub settle_now: String,
    pub status: String,
    pub expires: String,
    pub registry_expires: String,
    pub paid_until: String,
    pub failure: String,
    pub created: String,
    pub lock: String,
    pub id_protection: String,
    pub verification: String,
    pub account: String,
    on: String,
    off: String,
    unknown: String,
    active: String,
    pending: String,
    inactive: String,
    suspended: String,
    pending_delete: String,
    deleted: String,
    other: String,
    pub not_ours: String,
    pub absent: String,
    autorenew: String,
    autoexpire: String,
    autodelete: String,
    renewonce: String,
    pub save_hint: String,
    incoming: String,
    outgoing: String,
    trade: String,
    initiated: String,
    requested: String,
    with_registrar: String,
    successful: String,
    failed: String,
    pub no_transfer: String,
    pub since: String,
    pub log: String,
    pub no_effects: String,
    pub effect: String,
    pub outcome: String,
    pub attempts: String,
    waiting: String,
    performing: String,
    unknown_outcome: String,
    retry: String,
    done: String,
    refused: String,
    held: String,
    note_old: String,
    note_silent: String,
    minutes: String,
    hours: String,
    days: String,
}

impl Texts {
    pub fn state(&self, state: DomainState) -> &str {
        match state {
            DomainState::Active => &self.active,
            DomainState::PendingCreate => &self.pending,
            DomainState::Inactive => &self.inactive,
            DomainState::Suspended => &self.suspended,
            DomainState::PendingDelete => &self.pending_delete,
            DomainState::Deleted => &self.deleted,
            DomainState::Other => &self.other,
        }
    }

    pub fn switch(&self, on: Option<bool>) -> &str {
        match on {
            Some(true) => &self.on,
            Some(false) => &self.off,
            None => &self.unknown,
        }
    }

    pub fn mode<'a>(&'a self, mode: &'a RenewalMode) -> &'a str {
        match mode {
            RenewalMode::AutoRenew => &self.autorenew,
            RenewalMode::AutoExpire => &self.autoexpire,
            RenewalMode::AutoDelete => &self.autodelete,
            RenewalMode::RenewOnce => &self.renewonce,
            RenewalMode::Other(text) => text,
        }
    }

    pub fn transfer_kind(&self, kind: TransferKind) -> &str {
        match kind {
            TransferKind::Incoming => &self.incoming,
            TransferKind::Outgoing => &self.outgoing,
            TransferKind::Trade => &self.trade,
        }
    }

    pub fn transfer_state(&self, state: TransferState) -> &str {
        match state {
            TransferState::Initiated => &self.initiated,
            TransferState::Requested => &self.requested,
            TransferState::Pending => &self.with_registrar,
            TransferState::Successful => &self.successful,
            TransferState::Failed => &self.failed,
            TransferState::Other => &self.other,
        }
    }

    pub fn effect_state(&self, state: State) -> &str {
        match state {
            State::Waiting => &self.waiting,
            State::Performing => &self.performing,
            State::Unknown => &self.unknown_outcome,
            State::Retry => &self.retry,
            State::Done => &self.done,
            State::Refused => &self.refused,
            State::Held => &self.held,
        }
    }

    pub fn old(&self, age: Duration, why: &str) -> String {
        let minutes = age.as_secs() / 60;
        let (form, n) = match minutes {
            0..=119 => (&self.minutes, minutes.max(1)),
            120..=2_879 => (&self.hours, minutes / 60),
            _ => (&self.days, minutes / 1_440),
        };
        let age = form.replace("{n}", &n.to_string());
        self.note_old
            .replace("{age}", &age)
            .replace("{why}", why.trim_end_matches('.'))
    }

    pub fn silent(&self, why: &str) -> String {
        self.note_silent.replace("{why}", why)
    }
}

static ENGLISH: LazyLock<Texts> = LazyLock::new(|| read(include_str!("../../lang/en.toml")));
static ARABIC: LazyLock<Texts> = LazyLock::new(|| read(include_str!("../../lang/ar.toml")));

/// The files are part of the program; a test reads them.
fn read(text: &str) -> Texts {
    toml::from_str(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_language_files_are_whole() {
        for text in [
            include_str!("../../lang/en.toml"),
            include_str!("../../lang/ar.toml"),
        ] {
            let texts: Texts = toml::from_str(text).unwrap();
            assert!(texts.note_old.contains("{age}") && texts.note_old.contains("{why}"));
            assert!(texts.note_silent.contains("{why}"));
            for form in [&texts.minutes, &texts.hours, &texts.days] {
                assert!(form.contains("{n}"));
            }
        }
    }

    #[test]
    fn ages_are_told_in_a_fitting_unit() {
        let old = |seconds| texts(None).old(Duration::from_secs(seconds), "it is silent.");
        assert_eq!(old(5), "As it was 1 minutes ago: it is silent.");
        assert_eq!(old(3 * 3_600), "As it was 3 hours ago: it is silent.");
        assert_eq!(old(4 * 86_400), "As it was 4 days ago: it is silent.");
    }
}
