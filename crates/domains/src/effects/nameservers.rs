//! `domains.nameservers`: replaces a domain's nameservers.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wharf_core::{Deadline, DomainName};
use wharf_registrar::{Modification, Nameservers, Talk};
use wharf_store::{Effect, Ending, NewJob, Outcome, Performed, Refusal, Settled};

use super::{CHANGE, failed, not_begun, subject};
use crate::Domains;
use crate::error::in_words;
use crate::reads::{self, Found};
use crate::tell_whmcs;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SetNameservers {
    pub site: String,
    pub module: String,
    pub name: DomainName,
    pub hosts: Nameservers,
    /// How many changes of ours the domain had seen when this was asked for: changing back later is another
    /// wish, repeating the click is not.
    pub revision: i64,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Set {
    pub pending: bool,
}

impl Effect for SetNameservers {
    const KIND: &'static str = "domains.nameservers";
    type World = Domains;
    type Output = Set;

    fn key(&self) -> String {
        let hosts: Vec<&str> = self.hosts.iter().map(DomainName::as_str).collect();
        format!(
            "nameservers/{}/{}/{}/{}/{}",
            self.site,
            self.module,
            self.name,
            self.revision,
            hosts.join(",")
        )
    }

    fn subject(&self) -> String {
        subject(&self.name)
    }

    async fn perform(&self, world: &Domains, _attempt: i64) -> Performed<Set> {
        let account = match world.accounts.of(&self.site, &self.module).await {
            Ok(account) => account,
            Err(error) => return Performed::Refused(not_begun(&error)),
        };
        let talk = Talk {
            deadline: Deadline::after(CHANGE),
            log: world.wires.of(&self.key()),
        };
        let change = Modification {
            nameservers: Some(self.hosts.clone()),
            ..Modification::default()
        };
        match account.registrar.modify(&self.name, &change, &talk).await {
            Ok(changed) => {
                let noted = if changed.pending {
                    world.reads.changed(&account, &self.name, None).await
                } else {
                    world.reads.renamed(&account, &self.name, &self.hosts).await
                };
                if let Err(error) = noted {
                    tracing::warn!(%error, domain = %self.name, "an old reading could not be voided");
                }
                Performed::Done(Set {
                    pending: changed.pending,
                })
            }
            Err(error) => failed(&error),
        }
    }

    async fn settle(&self, world: &Domains, attempt: i64) -> Settled<Set> {
        let account = match world.accounts.of(&self.site, &self.module).await {
            Ok(account) => account,
            Err(error) => return Settled::CannotTell(error.to_string()),
        };
        let talk = Talk {
            deadline: Deadline::after(SETTLE),
            log: world.wires.of(&self.key()),
        };
        match reads::read(&account, &self.name, &talk).await {
            Ok(Found::Ours(status)) if status.nameservers.same_set(&self.hosts) => {
                if let Err(error) = world
                    .reads
                    .changed(&account, &self.name, Some(Found::Ours(status)))
                    .await
                {
                    tracing::warn!(%error, domain = %self.name, "an old reading could not be voided");
                }
                Settled::Happened(Set { pending: false })
            }
            Ok(Found::Ours(_)) if attempt < ENOUGH => Settled::DidNotHappen,
            Ok(Found::Ours(_)) => Settled::Refused(Refusal::lasting(format!(
                "the nameservers of {} are not changed: the registrar broke off {attempt} times without doing it",
                self.name
            ))),
            Ok(Found::NotOurs | Found::Absent) => Settled::Refused(Refusal::lasting(format!(
                "{} is not in this account.",
                self.name
            ))),
            Err(error) => Settled::CannotTell(in_words(&error)),
        }
    }

    fn follow_up(&self, ending: &Ending<Set>) -> Vec<NewJob> {
        match ending.outcome {
            Outcome::Done(_) => vec![tell_whmcs::refresh(&self.site, &self.module, &self.name)],
            _ => Vec::new(),
        }
    }
}

const SETTLE: Duration = Duration::from_secs(20);
const ENOUGH: i64 = 20;
