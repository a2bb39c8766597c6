//! What staff sees of a domain: the registrar's word, its transfer, and all that Wharf did to it.

mod page;
mod texts;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use wharf_core::{Deadline, DomainName};
use wharf_registrar::{Cause, DomainState, Talk, TransferKind, TransferStatus};
use wharf_store::journal::{Entry, Filter};

use crate::account::Account;
use crate::effects::subject;
use crate::reads::{Found, Wants};
use crate::tables::snapshots;
use crate::{Domains, DomainsError};
use page::{Asked, is_open};
use texts::texts;

/// A domain as it is looked at now: asked within a page's deadline, else from what was known.
#[derive(Debug)]
pub(crate) struct Look {
    domain: Asked<Found>,
    transfer: Asked<TransferStatus>,
    /// Newest first.
    effects: Vec<Entry>,
    account: String,
}

impl Domains {
    pub(crate) async fn look(
        &self,
        account: &Account,
        name: &DomainName,
    ) -> Result<Look, DomainsError> {
        let deadline = Deadline::after(self.patience.page);
        let filter = Filter {
            subject: Some(subject(name)),
            limit: MOST_EFFECTS,
            ..Filter::default()
        };
        let journal = self.store.journal();
        let (domain, transfer, effects) = tokio::join!(
            self.reads.domain(account, name, Wants::AnyAnswer, deadline),
            self.transfer_of(account, name, deadline),
            journal.list(&filter),
        );
        let domain = match domain {
            Ok(reading) => Asked {
                answer: Some(reading.found),
                trouble: reading.stale.map(|stale| (Some(stale.age), stale.why)),
            },
            Err(DomainsError::Store(error)) => return Err(error.into()),
            Err(error) => Asked {
                answer: None,
                trouble: Some((None, error.to_string())),
            },
        };
        Ok(Look {
            domain,
            transfer: transfer?,
            effects: effects?,
            account: format!(
                "{} ({})",
                account.login,
                crate::settings::system(account.environment)
            ),
        })
    }

    /// The newest transfer of a domain, by the rules for pages.
    async fn transfer_of(
        &self,
        account: &Account,
        name: &DomainName,
        deadline: Deadline,
    ) -> Result<Asked<TransferStatus>, DomainsError> {
        let object = format!("transfer/{name}");
        let pool = self.store.pool();
        // A change of ours to the domain may have been one to its transfer.
        let revision = self.reads.revision(account, name).await?;
        let snapshot = snapshots::load(pool, &account.id, &object).await?;
        let last: Option<Kept> = snapshot
            .body
            .as_deref()
            .and_then(|body| serde_json::from_str(body).ok());
        let age = self.store.clock().now_ms() - snapshot.taken_at;
        let age = Duration::from_millis(u64::try_from(age).unwrap_or(0));
        if let Some(kept) = &last
            && kept.revision == revision
            && age < self.patience.fresh
        {
            return Ok(Asked {
                answer: kept.transfer.clone(),
                trouble: None,
            });
        }
        let why = match account.breaker.admit() {
            Err(pause) => format!(
                "the registrar has not been answering; Wharf asks it again in {} s",
                pause.as_secs() + 1
            ),
            Ok(()) => {
                let talk = Talk::until(deadline);
                let asked = account.registrar.transfer_status(name, &talk).await;
                account.breaker.record(
                    asked
                        .as_ref()
                        .map_or_else(|error| !error.is_outage(), |_| true),
                );
                let transfer = match asked {
                    Ok(transfer) => Ok(Some(transfer)),
                    Err(error)
                        if matches!(error.cause(), Some(Cause::NotFound | Cause::NotOurs)) =>
                    {
                        Ok(None)
                    }
                    Err(error) => Err(crate::error::in_words(&error)),
                };
                match transfer {
                    Ok(transfer) => {
                        let kept = Kept { revision, transfer };
                        if let Ok(body) = serde_json::to_string(&kept) {
                            let now = self.store.clock().now_ms();
                            snapshots::keep(pool, &account.id, &object, 0, &body, now).await?;
                        }
                        return Ok(Asked {
                            answer: kept.transfer,
                            trouble: None,
                        });
                    }
                    Err(why) => why,
                }
            }
        };
        Ok(Asked {
            trouble: Some((last.as_ref().map(|_| age), why)),
            answer: last.and_then(|kept| kept.transfer),
        })
    }
}

impl Look {
    /// The buttons that fit: label → function.
    pub fn buttons(&self, language: Option<&str>) -> Map<String, Value> {
        let texts = texts(language);
        let mut buttons = vec![(&texts.sync_now, "SyncNow")];
        match &self.transfer.answer {
            Some(transfer) if transfer.state.has_ended() => {}
            Some(transfer) => match transfer.kind {
                TransferKind::Incoming => {
                    buttons.push((&texts.resend_mail, "ResendTransferMail"));
                    buttons.push((&texts.cancel_transfer, "CancelTransfer"));
                }
                TransferKind::Outgoing => {
                    buttons.push((&texts.approve_transfer, "ApproveTransfer"));
                    buttons.push((&texts.deny_transfer, "DenyTransfer"));
                }
                TransferKind::Trade => buttons.push((&texts.resend_mail, "ResendTransferMail")),
            },
            None => {}
        }
        if let Some(Found::Ours(status)) = &self.domain.answer {
            let on_hold = status.state == DomainState::Suspended || status.has_status("clientHold");
            buttons.push(if on_hold {
                (&texts.unsuspend, "UnsuspendDomain")
            } else {
                (&texts.suspend, "SuspendDomain")
            });
        }
        if self.effects.iter().any(is_open) {
            buttons.push((&texts.settle_now, "SettleNow"));
        }
        buttons
            .into_iter()
            .map(|(label, function)| (label.clone(), Value::from(function)))
            .collect()
    }

    /// The rows: label → HTML.
    pub fn rows(&self, language: Option<&str>) -> Map<String, Value> {
        let texts = texts(language);
        let rows = [
            (
                &texts.registrar,
                Some(page::registrar(texts, &self.account, &self.domain)),
            ),
            (&texts.renewal, page::renewal(texts, &self.domain)),
            (&texts.transfer, Some(page::transfer(texts, &self.transfer))),
            (&texts.journal, Some(page::journal(texts, &self.effects))),
        ];
        rows.into_iter()
            .filter_map(|(label, html)| Some((label.clone(), Value::from(html?))))
            .collect()
    }

    /// The effects whose end is not known, oldest first.
    pub fn open_effects(&self) -> Vec<&Entry> {
        self.effects
            .iter()
            .rev()
            .filter(|entry| is_open(entry))
            .collect()
    }
}

/// A transfer as it was read. Without one: there was none.
#[derive(Serialize, Deserialize)]
struct Kept {
    revision: i64,
    transfer: Option<TransferStatus>,
}

const MOST_EFFECTS: i64 = 50;
