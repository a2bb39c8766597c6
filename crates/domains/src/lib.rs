//! What a provider does with domains: search, registration, nameservers, facts about a domain, sync.
//!
//! It answers the calls of the registrar modules. Reads come from snapshots and never hang a page; changes are
//! effects of the journal. Credentials arrive with each call and are kept sealed for background work.

mod account;
mod admin;
mod afterwards;
mod calls;
mod effects;
mod error;
mod lookup;
mod operate;
mod portfolio;
mod premium;
mod prices;
mod reads;
mod settings;
mod tables;
mod tell_whmcs;
mod tlds;
mod zones;

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use wharf_core::Deadline;
use wharf_store::Store;
use wharf_whmcs::Sites;

pub use account::AccountInfo;
pub use error::DomainsError;
pub use operate::{DomainReport, DomainRow, NameFound, name_of, subject_of};
pub use prices::Item as TldPrices;
pub use tables::accounts::AccountRow;
pub use tlds::{
    AuthCodeRule, IdnRule, OwnerChange, Privacy, RegistrationFlow, Release, SharpS, TldError,
    TldFacts, Tlds, TransferAuth, TransferContacts, TransferRule,
};
pub use wharf_registrar::{DomainStatus, TransferStatus};

use account::Accounts;
use calls::{Searches, Wires};
use lookup::Lookup;
use portfolio::Portfolios;
use prices::Prices;
use reads::Reads;

/// The capability. One per daemon; it answers the registrar modules as a
/// [`ModuleHandler`](wharf_whmcs::call::ModuleHandler).
#[derive(Debug)]
pub struct Domains {
    store: Store,
    sites: Sites,
    accounts: Accounts,
    reads: Reads,
    portfolios: Portfolios,
    searches: Searches,
    lookup: Lookup,
    prices: Prices,
    /// For what goes on behind a caller.
    own: Weak<Self>,
    wires: Wires,
    pub(crate) tlds: Arc<Tlds>,
    patience: Patience,
}

/// How [`Domains`] reaches registrars and WHMCS.
#[derive(Debug)]
pub struct DomainsConfig {
    /// For bringing WHMCS up to date through its API.
    pub sites: Sites,
    /// Other addresses than the platform's own, for a proxy or a test system.
    pub ispapi_live: Option<String>,
    pub ispapi_ote: Option<String>,
    /// PEM certificates of authorities to trust besides the system's.
    pub extra_ca: Option<Vec<u8>>,
    /// Files of facts about extensions, besides the built-in ones.
    pub tlds_dir: Option<PathBuf>,
    pub patience: Patience,
}

impl DomainsConfig {
    pub fn new(sites: Sites) -> Self {
        Self {
            sites,
            ispapi_live: None,
            ispapi_ote: None,
            extra_ca: None,
            tlds_dir: None,
            patience: Patience::default(),
        }
    }
}

/// How long to wait for whom.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// A page that waits for a supplier: what a page may take, less the way there and back.
    pub page: Duration,
    /// WHMCS waiting for a change.
    pub change: Duration,
    /// WHMCS's cron waiting for one domain.
    pub sync: Duration,
    /// One reading of the registrar, which goes on when the page that asked has given up.
    pub reading: Duration,
    /// How long a reading answers the next question too.
    pub fresh: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            page: Deadline::PAGE.saturating_sub(Duration::from_millis(400)),
            change: Deadline::CHANGE,
            sync: Duration::from_secs(20),
            reading: Duration::from_secs(8),
            fresh: Duration::from_secs(60),
        }
    }
}

impl Domains {
    /// Makes the capability known to the store's journal and jobs. To be called once, at boot, before the
    /// journal recovers.
    pub fn new(store: Store, config: DomainsConfig) -> Result<Arc<Self>, DomainsError> {
        let DomainsConfig {
            sites,
            ispapi_live,
            ispapi_ote,
            extra_ca,
            tlds_dir,
            patience,
        } = config;
        let http = wharf_registrar::http_client(extra_ca.as_deref())
            .map_err(|error| DomainsError::Setup(Box::new(error)))?;
        let tlds = Arc::new(Tlds::load(tlds_dir.as_deref())?);
        let lookup = Lookup::load(tlds_dir.as_deref(), http.clone())?;
        let domains = Arc::new_cyclic(|own| Self {
            accounts: Accounts::new(store.clone(), http, extra_ca, ispapi_live, ispapi_ote),
            reads: Reads::new(store.clone(), patience),
            portfolios: Portfolios::new(store.clone(), patience),
            searches: Searches::new(),
            wires: Wires::default(),
            lookup,
            prices: Prices::default(),
            own: own.clone(),
            tlds,
            store,
            sites,
            patience,
        });
        effects::register(&domains);
        tell_whmcs::register(&domains);
        afterwards::register(&domains);
        zones::register(&domains);
        Ok(domains)
    }

    /// Has a job done soon.
    pub(crate) async fn later(&self, job: wharf_store::NewJob) -> Result<(), DomainsError> {
        let mut tx = self.store.begin().await?;
        self.store.jobs().enqueue(&mut tx, job).await?;
        tx.commit().await?;
        self.store.jobs().wake();
        Ok(())
    }

    /// What is known of extensions, as the registrar corrected it.
    pub async fn tlds(&self) -> Result<&Tlds, DomainsError> {
        self.load_books().await?;
        Ok(&self.tlds)
    }

    /// The registrar accounts that were seen in calls, by site and module.
    pub async fn accounts(&self) -> Result<Vec<AccountRow>, DomainsError> {
        tables::accounts::all(self.store.pool()).await
    }

    /// Asks the registrar whether the credentials seen last still work.
    pub async fn check_account(
        &self,
        site: &str,
        module: &str,
    ) -> Result<AccountInfo, DomainsError> {
        let account = self.accounts.of(site, module).await?;
        account.check(Deadline::after(self.patience.reading)).await
    }
}
