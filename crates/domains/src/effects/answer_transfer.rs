//! `domains.answer_transfer`: cancels an incoming transfer, has its mails sent again, approves or denies an outgoing
//! one.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wharf_core::DomainName;
use wharf_registrar::{Cause, TransferAnswer, TransferState};
use wharf_store::{Effect, Ending, NewJob, Outcome, Performed, Refusal, Settled};

use super::{CHANGE, Made, begin, failed, not_begun, subject};
use crate::Domains;
use crate::error::in_words;
use crate::tell_whmcs;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AnswerTransfer {
    pub site: String,
    pub module: String,
    pub name: DomainName,
    pub answer: Answer,
    /// Tells this transfer from others of the domain: when it began, in epoch milliseconds.
    pub begun: i64,
    /// Numbers the stretches of time in which one mail will do; 0 for what is not about mails.
    pub period: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    Cancel,
    Approve,
    Deny,
    ResendMail,
}

impl Effect for AnswerTransfer {
    const KIND: &'static str = "domains.answer_transfer";
    type World = Domains;
    type Output = Made;

    fn key(&self) -> String {
        let Self {
            site,
            module,
            name,
            begun,
            period,
            ..
        } = self;
        let answer = match self.answer {
            Answer::Cancel => "cancel",
            Answer::Approve => "approve",
            Answer::Deny => "deny",
            Answer::ResendMail => "resend-mail",
        };
        format!("answer_transfer/{site}/{module}/{name}/{begun}/{answer}/{period}")
    }

    fn subject(&self) -> String {
        subject(&self.name)
    }

    async fn perform(&self, world: &Domains, _attempt: i64) -> Performed<Made> {
        let (account, talk) =
            match begin(world, &self.site, &self.module, &self.key(), CHANGE).await {
                Ok(begun) => begun,
                Err(error) => return Performed::Refused(not_begun(&error)),
            };
        let (registrar, name) = (&account.registrar, &self.name);
        let changed = match self.answer {
            Answer::Cancel => {
                registrar
                    .answer_transfer(name, TransferAnswer::Cancel, &talk)
                    .await
            }
            Answer::Approve => {
                registrar
                    .answer_transfer(name, TransferAnswer::Approve, &talk)
                    .await
            }
            Answer::Deny => {
                registrar
                    .answer_transfer(name, TransferAnswer::Deny, &talk)
                    .await
            }
            Answer::ResendMail => registrar.resend_transfer_mail(name, &talk).await,
        };
        match changed {
            Ok(changed) => {
                if let Err(error) = world.reads.changed(&account, name, None).await {
                    tracing::warn!(%error, domain = %name, "an old reading could not be voided");
                }
                Performed::Done(Made {
                    pending: changed.pending,
                })
            }
            Err(error) => failed(&error),
        }
    }

    async fn settle(&self, world: &Domains, attempt: i64) -> Settled<Made> {
        let (account, talk) =
            match begin(world, &self.site, &self.module, &self.key(), SETTLE).await {
                Ok(begun) => begun,
                Err(error) => return Settled::CannotTell(error.to_string()),
            };
        let state = match account.registrar.transfer_status(&self.name, &talk).await {
            Ok(status) => Some(status.state),
            Err(error) if error.cause() == Some(Cause::NotFound) => None,
            // A domain that went away is not ours to ask about.
            Err(error) if error.cause() == Some(Cause::NotOurs) => Some(TransferState::Successful),
            Err(error) => return Settled::CannotTell(in_words(&error)),
        };
        let done = Settled::Happened(Made { pending: false });
        match (self.answer, state) {
            (Answer::Cancel | Answer::Deny, None | Some(TransferState::Failed))
            | (Answer::Approve, None | Some(TransferState::Successful)) => done,
            (Answer::Cancel | Answer::Deny, Some(TransferState::Successful)) => Settled::Refused(
                Refusal::lasting(format!("the transfer of {} is completed", self.name)),
            ),
            (Answer::Approve, Some(TransferState::Failed)) => Settled::Refused(Refusal::lasting(
                format!("the transfer of {} has failed", self.name),
            )),
            // A second mail does no harm.
            _ if attempt < ENOUGH => Settled::DidNotHappen,
            _ => Settled::Refused(Refusal::lasting(format!(
                "the transfer of {} is as it was: the registrar broke off {attempt} times without doing it",
                self.name
            ))),
        }
    }

    fn follow_up(&self, ending: &Ending<Made>) -> Vec<NewJob> {
        match ending.outcome {
            Outcome::Done(_) if self.answer != Answer::ResendMail => {
                vec![tell_whmcs::refresh(&self.site, &self.module, &self.name)]
            }
            _ => Vec::new(),
        }
    }
}

const SETTLE: Duration = Duration::from_secs(20);
const ENOUGH: i64 = 10;
