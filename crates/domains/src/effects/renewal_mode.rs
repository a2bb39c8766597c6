//! `domains.renewal_mode`: what the registrar does at the end of the term.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wharf_core::{Deadline, DomainName};
use wharf_registrar::{RenewalMode, Talk};
use wharf_store::{Effect, Ending, NewJob, Outcome, Performed, Refusal, Settled};

use super::{CHANGE, failed, not_begun, subject};
use crate::Domains;
use crate::error::in_words;
use crate::reads::{self, Found};
use crate::tell_whmcs;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SetRenewalMode {
    pub site: String,
    pub module: String,
    pub name: DomainName,
    pub mode: RenewalMode,
    /// How many changes of ours the domain had seen: changing back later is another wish, sending the form twice is
    /// not.
    pub revision: i64,
}

impl Effect for SetRenewalMode {
    const KIND: &'static str = "domains.renewal_mode";
    type World = Domains;
    type Output = ();

    fn key(&self) -> String {
        format!(
            "renewal_mode/{}/{}/{}/{}/{}",
            self.site,
            self.module,
            self.name,
            self.revision,
            self.mode.as_str()
        )
    }

    fn subject(&self) -> String {
        subject(&self.name)
    }

    async fn perform(&self, world: &Domains, _attempt: i64) -> Performed<()> {
        let account = match world.accounts.of(&self.site, &self.module).await {
            Ok(account) => account,
            Err(error) => return Performed::Refused(not_begun(&error)),
        };
        let talk = Talk {
            deadline: Deadline::after(CHANGE),
            log: world.wires.of(&self.key()),
        };
        match account
            .registrar
            .set_renewal_mode(&self.name, &self.mode, &talk)
            .await
        {
            Ok(_) => {
                if let Err(error) = world.reads.changed(&account, &self.name, None).await {
                    tracing::warn!(%error, domain = %self.name, "an old reading could not be voided");
                }
                Performed::Done(())
            }
            Err(error) => failed(&error),
        }
    }

    async fn settle(&self, world: &Domains, attempt: i64) -> Settled<()> {
        let account = match world.accounts.of(&self.site, &self.module).await {
            Ok(account) => account,
            Err(error) => return Settled::CannotTell(error.to_string()),
        };
        let talk = Talk {
            deadline: Deadline::after(SETTLE),
            log: world.wires.of(&self.key()),
        };
        match reads::read(&account, &self.name, &talk).await {
            Ok(Found::Ours(status)) if status.renewal_mode.as_ref() == Some(&self.mode) => {
                if let Err(error) = world
                    .reads
                    .changed(&account, &self.name, Some(Found::Ours(status)))
                    .await
                {
                    tracing::warn!(%error, domain = %self.name, "an old reading could not be voided");
                }
                Settled::Happened(())
            }
            // Setting it again does no harm.
            Ok(Found::Ours(_)) if attempt < ENOUGH => Settled::DidNotHappen,
            Ok(Found::Ours(_)) => Settled::Refused(Refusal::lasting(format!(
                "the renewal mode of {} is not changed: the registrar broke off {attempt} times without doing it",
                self.name
            ))),
            Ok(Found::NotOurs | Found::Absent) => Settled::Refused(Refusal::lasting(format!(
                "{} is not in this account.",
                self.name
            ))),
            Err(error) => Settled::CannotTell(in_words(&error)),
        }
    }

    fn follow_up(&self, ending: &Ending<()>) -> Vec<NewJob> {
        match ending.outcome {
            Outcome::Done(()) => vec![tell_whmcs::refresh(&self.site, &self.module, &self.name)],
            _ => Vec::new(),
        }
    }
}

const SETTLE: Duration = Duration::from_secs(20);
const ENOUGH: i64 = 20;
