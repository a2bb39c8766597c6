//! What an operator asks at the command line, beside a running daemon: the same accounts, the same snapshots, the same
//! journal, but no page's hurry.

use std::time::Duration;

use serde::Serialize;
use wharf_core::{Deadline, DomainName};
use wharf_registrar::{
    Availability, Cause, CheckAsk, DomainQuery, DomainStatus, ListedDomain, ObjectKind, Page, Talk,
    TransferStatus,
};
use wharf_store::journal::{Entry, Filter};

use crate::account::Account;
use crate::effects::subject;
use crate::reads::{Found, Wants};
use crate::tables::accounts::AccountRow;
use crate::{Domains, DomainsError, TldPrices, Tlds};

/// The journal's subject for a domain as somebody writes it.
pub fn subject_of(domain: &str) -> Result<String, DomainsError> {
    Ok(subject(&name_of(domain)?))
}

/// A name as somebody writes it, letters beyond ASCII and all.
pub fn name_of(domain: &str) -> Result<DomainName, DomainsError> {
    Ok(Tlds::load(None)?.to_ascii(domain)?)
}

/// Whether a name can be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NameFound {
    pub name: DomainName,
    /// `available`, `taken`, `reserved`, `premium`, `not sold`, `unknown`.
    pub is: &'static str,
    /// Of a premium name, as the registrar wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
}

/// All that Wharf can say of a domain.
#[derive(Clone, Debug, Serialize)]
pub struct DomainReport {
    pub name: DomainName,
    /// `here`, `elsewhere`, `nowhere`.
    pub found: &'static str,
    pub domain: Option<DomainStatus>,
    /// Why what is told is old, where it is.
    pub stale: Option<String>,
    pub transfer: Option<TransferStatus>,
    /// The newest changes by Wharf.
    pub effects: Vec<Entry>,
}

/// A domain of the account, as the list tells it.
#[derive(Clone, Debug, Serialize)]
pub struct DomainRow {
    /// `domain`, `application`, `transfer`.
    pub kind: &'static str,
    #[serde(flatten)]
    pub status: DomainStatus,
}

impl Domains {
    /// Whether names can be had, in the order asked.
    pub async fn find_names(
        &self,
        at: &AccountRow,
        names: &[DomainName],
        premium: bool,
    ) -> Result<Vec<NameFound>, DomainsError> {
        let account = self.operated(at).await?;
        let talk = Talk::until(Deadline::after(PATIENCE));
        let found = account
            .registrar
            .check(names, CheckAsk { premium }, &talk)
            .await?;
        Ok(found
            .into_iter()
            .map(|checked| NameFound::new(checked.name, checked.availability))
            .collect())
    }

    /// A domain, its transfer and what Wharf did to it. `fresh` asks the registrar whatever is known.
    pub async fn report(
        &self,
        at: &AccountRow,
        name: &DomainName,
        fresh: bool,
    ) -> Result<DomainReport, DomainsError> {
        let account = self.operated(at).await?;
        let (found, stale) = if fresh {
            (self.reads.refresh(&account, name).await?, None)
        } else {
            let deadline = Deadline::after(PATIENCE);
            let reading = self
                .reads
                .domain(&account, name, Wants::AnyAnswer, deadline)
                .await?;
            (reading.found, reading.stale.map(|stale| stale.why))
        };
        let filter = Filter {
            subject: Some(subject(name)),
            limit: 20,
            ..Filter::default()
        };
        let transfer = self.operated_transfer(&account, name).await?;
        let effects = self.store.journal().list(&filter).await?;
        Ok(DomainReport {
            name: name.clone(),
            found: word(&found),
            domain: match found {
                Found::Ours(status) => Some(status),
                Found::NotOurs | Found::Absent => None,
            },
            stale,
            transfer,
            effects,
        })
    }

    /// A domain's newest transfer; `None` when there never was one.
    pub async fn transfer_report(
        &self,
        at: &AccountRow,
        name: &DomainName,
    ) -> Result<Option<TransferStatus>, DomainsError> {
        let account = self.operated(at).await?;
        self.operated_transfer(&account, name).await
    }

    /// A page of the account's list, and how long the whole list is.
    pub async fn list_page(
        &self,
        at: &AccountRow,
        first: u64,
    ) -> Result<(Vec<DomainRow>, Option<u64>), DomainsError> {
        let account = self.operated(at).await?;
        let query = DomainQuery {
            page: Page {
                first,
                limit: Page::LARGEST,
            },
            names: Vec::new(),
        };
        let talk = Talk::until(Deadline::after(PATIENCE));
        let list = account.registrar.domains(&query, &talk).await?;
        Ok((
            list.domains.into_iter().map(DomainRow::of).collect(),
            list.total,
        ))
    }

    /// What the account pays for these extensions, or for all; `refresh` reads the registrar's list first.
    pub async fn price_report(
        &self,
        at: &AccountRow,
        tlds: &[String],
        refresh: bool,
    ) -> Result<Vec<TldPrices>, DomainsError> {
        let account = self.operated(at).await?;
        self.load_books().await?;
        let book = if refresh {
            self.read_prices(&account).await?
        } else {
            self.price_book(&account, Deadline::after(PATIENCE)).await?
        };
        let wanted: Vec<String> = tlds
            .iter()
            .map(|tld| {
                let whole = format!("example.{}", tld.trim_start_matches('.'));
                Ok(name_of(&whole)?
                    .as_str()
                    .trim_start_matches("example.")
                    .to_owned())
            })
            .collect::<Result<_, DomainsError>>()?;
        if let Some(unknown) = wanted
            .iter()
            .find(|tld| !book.items.iter().any(|item| item.tld == **tld))
        {
            return Err(DomainsError::Input(format!(
                "the registrar's price list has no .{unknown}"
            )));
        }
        let items = book.items.iter();
        Ok(items
            .filter(|item| wanted.is_empty() || wanted.contains(&item.tld))
            .cloned()
            .collect())
    }

    /// Reads one domain anew. WHMCS learns of it with its next synchronisation.
    pub async fn sync_one(
        &self,
        at: &AccountRow,
        name: &DomainName,
    ) -> Result<&'static str, DomainsError> {
        let account = self.operated(at).await?;
        Ok(word(&self.reads.refresh(&account, name).await?))
    }

    /// Reads the account's lists anew; how many domains there are. WHMCS's next synchronisation asks no registrar.
    pub async fn sync_all(&self, at: &AccountRow) -> Result<i64, DomainsError> {
        let account = self.operated(at).await?;
        let deadline = Deadline::after(PATIENCE);
        let (taken, _) = self
            .portfolios
            .fresh(&account, Duration::ZERO, deadline)
            .await?;
        Ok(taken.domains)
    }

    async fn operated(&self, at: &AccountRow) -> Result<Account, DomainsError> {
        self.accounts.of(&at.site, &at.module).await
    }

    async fn operated_transfer(
        &self,
        account: &Account,
        name: &DomainName,
    ) -> Result<Option<TransferStatus>, DomainsError> {
        let talk = Talk::until(Deadline::after(PATIENCE));
        match account.registrar.transfer_status(name, &talk).await {
            Ok(transfer) => Ok(Some(transfer)),
            Err(error) if matches!(error.cause(), Some(Cause::NotFound | Cause::NotOurs)) => {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl NameFound {
    fn new(name: DomainName, availability: Availability) -> Self {
        let (is, price, currency, class) = match availability {
            Availability::Available => ("available", None, None, None),
            Availability::Taken => ("taken", None, None, None),
            Availability::Reserved => ("reserved", None, None, None),
            Availability::Unsupported => ("not sold", None, None, None),
            Availability::Unknown => ("unknown", None, None, None),
            Availability::Premium {
                class,
                price,
                currency,
            } => ("premium", price, currency, Some(class)),
        };
        Self {
            name,
            is,
            price,
            currency,
            class,
        }
    }
}

impl DomainRow {
    fn of(listed: ListedDomain) -> Self {
        Self {
            kind: match listed.kind {
                ObjectKind::Domain => "domain",
                ObjectKind::Application => "application",
                ObjectKind::Transfer => "transfer",
            },
            status: listed.status,
        }
    }
}

fn word(found: &Found) -> &'static str {
    match found {
        Found::Ours(_) => "here",
        Found::NotOurs => "elsewhere",
        Found::Absent => "nowhere",
    }
}

/// A person at the command line waits longer than a page.
const PATIENCE: Duration = Duration::from_secs(30);
