//! `domains.after_transfer`: gives a domain that arrived what its order wanted and a transfer does not bring:
//! nameservers, contacts, lock, no renewal that is not paid for.

use serde::{Deserialize, Serialize};
use wharf_core::DomainName;
use wharf_registrar::{
    Changed, ConfirmedFor, Contacts, DomainStatus, Modification, Nameservers, OrderedContacts,
    RegistrarError, RenewalMode, Talk,
};
use wharf_store::{Effect, Ending, NewJob, Outcome, Pace, Performed, Refusal, Settled};

use super::{CHANGE, begin, not_begun, not_read, patient, subject};
use crate::account::Account;
use crate::error::in_words;
use crate::reads::{self, Found};
use crate::{Domains, tell_whmcs};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AfterTransfer {
    pub site: String,
    pub module: String,
    pub domain_id: i64,
    pub name: DomainName,
    /// That of the transfer.
    pub generation: i64,
    /// Those to set; `None` to leave it those that it has.
    pub nameservers: Option<Nameservers>,
    /// Those to set; `None` to leave it those that it has.
    pub contacts: Option<Contacts>,
    /// Where new contacts mean a change of the owner that is to be confirmed.
    #[serde(default)]
    pub confirmed_for: ConfirmedFor,
    pub lock: bool,
}

/// What came of it, in words for staff.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Arranged {
    pub done: Vec<String>,
    /// What the registrar refused, and why. The rest was done all the same.
    pub refused: Vec<String>,
}

impl Effect for AfterTransfer {
    const KIND: &'static str = "domains.after_transfer";
    type World = Domains;
    type Output = Arranged;

    fn key(&self) -> String {
        let Self {
            site,
            domain_id,
            name,
            generation,
            ..
        } = self;
        format!("after_transfer/{site}/{domain_id}/{name}/{generation}")
    }

    fn subject(&self) -> String {
        subject(&self.name)
    }

    /// Each part only where it is not so yet: begun again after an answer that got lost, it goes on with the rest.
    async fn perform(&self, world: &Domains, _attempt: i64) -> Performed<Arranged> {
        let (account, talk) =
            match begin(world, &self.site, &self.module, &self.key(), CHANGE).await {
                Ok(begun) => begun,
                Err(error) => return Performed::Refused(not_begun(&error)),
            };
        let status = match reads::read(&account, &self.name, &talk).await {
            Ok(Found::Ours(status)) => status,
            Ok(Found::NotOurs | Found::Absent) => {
                return Performed::Refused(Refusal::temporary(format!(
                    "{} has not arrived in this account.",
                    self.name
                )));
            }
            Err(error) => return Performed::Refused(not_read(&error)),
        };
        let mut arranged = Arranged::default();
        for part in self.parts(&status) {
            match self.arrange(&account, &part, &talk).await {
                Ok(_) => arranged.done.push(part.word().to_owned()),
                Err(error @ RegistrarError::Refused { .. }) => {
                    arranged
                        .refused
                        .push(format!("{}: {}", part.word(), in_words(&error)));
                }
                // It goes on from here: what was done is not done again.
                Err(error) => return Performed::Unknown(error.to_string()),
            }
        }
        if let Err(error) = world.reads.changed(&account, &self.name, None).await {
            tracing::warn!(%error, domain = %self.name, "an old reading could not be voided");
        }
        Performed::Done(arranged)
    }

    /// Setting the same again is harmless, and contacts cannot be compared.
    async fn settle(&self, world: &Domains, attempt: i64) -> Settled<Arranged> {
        if attempt >= ENOUGH {
            return Settled::Refused(Refusal::lasting(format!(
                "{} was not given all that its order wants: the registrar broke off {attempt} times",
                self.name
            )));
        }
        match world.accounts.of(&self.site, &self.module).await {
            Ok(_) => Settled::DidNotHappen,
            Err(error) => Settled::CannotTell(error.to_string()),
        }
    }

    fn follow_up(&self, ending: &Ending<Arranged>) -> Vec<NewJob> {
        match ending.outcome {
            Outcome::Done(_) => vec![tell_whmcs::refresh(&self.site, &self.module, &self.name)],
            _ => Vec::new(),
        }
    }

    fn pace() -> Pace {
        patient()
    }
}

/// What is set by one call.
enum Part<'a> {
    Nameservers(&'a Nameservers),
    Contacts(&'a Contacts),
    RenewalMode,
    Lock,
}

impl Part<'_> {
    fn word(&self) -> &'static str {
        match self {
            Self::Nameservers(_) => "nameservers",
            Self::Contacts(_) => "contacts",
            Self::RenewalMode => "renewal mode",
            Self::Lock => "transfer lock",
        }
    }
}

impl AfterTransfer {
    /// The lock comes last: it may forbid the rest.
    fn parts(&self, status: &DomainStatus) -> Vec<Part<'_>> {
        let mut parts = Vec::new();
        if let Some(hosts) = self
            .nameservers
            .as_ref()
            .filter(|hosts| !hosts.is_empty() && !hosts.same_set(&status.nameservers))
        {
            parts.push(Part::Nameservers(hosts));
        }
        if let Some(contacts) = &self.contacts {
            parts.push(Part::Contacts(contacts));
        }
        let renews_unpaid = !matches!(
            status.renewal_mode,
            Some(RenewalMode::AutoExpire | RenewalMode::AutoDelete)
        );
        if renews_unpaid {
            parts.push(Part::RenewalMode);
        }
        if self.lock && status.transfer_lock == Some(false) {
            parts.push(Part::Lock);
        }
        parts
    }

    async fn arrange(
        &self,
        account: &Account,
        part: &Part<'_>,
        talk: &Talk,
    ) -> Result<Changed, RegistrarError> {
        let change = match part {
            Part::RenewalMode => {
                let registrar = &account.registrar;
                return registrar
                    .set_renewal_mode(&self.name, &RenewalMode::AutoExpire, talk)
                    .await;
            }
            Part::Nameservers(hosts) => Modification {
                nameservers: Some((*hosts).clone()),
                ..Modification::default()
            },
            Part::Contacts(contacts) => Modification {
                contacts: Some(OrderedContacts::from((*contacts).clone())),
                confirmed_for: self.confirmed_for,
                ..Modification::default()
            },
            Part::Lock => Modification {
                transfer_lock: Some(true),
                ..Modification::default()
            },
        };
        account.registrar.modify(&self.name, &change, talk).await
    }
}

const ENOUGH: i64 = 100;
