//! Registrar accounts: the settings that come with each call, sealed for background work, and a client for each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use wharf_core::{Breaker, Clock, Deadline};
use wharf_registrar::{
    CentralNic, CentralNicOptions, Credentials, Environment, HttpClient, Platform, Registrar, Talk,
};
use wharf_store::{Store, StoreError};
use wharf_whmcs::call::ModuleCall;

use crate::settings::{Entered, Settings, code, system};
use crate::tables::accounts::{self, AccountRow};
use crate::{DomainsError, zones};

/// An account that can be used. A cheap handle.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub site: String,
    pub module: String,
    /// Names the account wherever snapshots and metrics are kept: another login is another account.
    pub id: String,
    pub login: String,
    pub environment: Environment,
    pub registrar: Arc<dyn Registrar>,
    pub breaker: Arc<Breaker>,
    settings: Arc<Settings>,
}

/// What the registrar says of an account.
#[derive(Clone, Debug, Serialize)]
pub struct AccountInfo {
    pub site: String,
    pub module: String,
    /// `live system` or `test system (OT&E)`.
    pub system: &'static str,
    pub login: String,
    /// What can be spent, as the registrar wrote it: `1234.50 USD`.
    pub balance: Option<String>,
}

impl Account {
    pub fn is_live(&self) -> bool {
        self.environment == Environment::Live
    }

    /// What the provider chose for the domains of this account.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub async fn check(&self, deadline: Deadline) -> Result<AccountInfo, DomainsError> {
        let account = self.registrar.account(&Talk::until(deadline)).await?;
        let currency = account.currency.unwrap_or_default();
        Ok(AccountInfo {
            site: self.site.clone(),
            module: self.module.clone(),
            system: system(self.environment),
            login: self.login.clone(),
            balance: account
                .balance
                .map(|balance| format!("{balance} {currency}").trim_end().to_owned()),
        })
    }
}

/// The accounts of all modules of all sites.
#[derive(Debug)]
pub(crate) struct Accounts {
    store: Store,
    maker: Maker,
    known: Mutex<HashMap<(String, String), (Entered, Account)>>,
}

impl Accounts {
    /// `extra_ca` is what `http` was made with.
    pub fn new(
        store: Store,
        http: HttpClient,
        extra_ca: Option<Vec<u8>>,
        live: Option<String>,
        ote: Option<String>,
    ) -> Self {
        let clock = store.clock().clone();
        Self {
            store,
            maker: Maker {
                http,
                extra_ca,
                live,
                ote,
                clock,
            },
            known: Mutex::default(),
        }
    }

    /// The account of a call. Settings that differ from the last ones are sealed; a call without any is one of
    /// the account seen last.
    pub async fn seen(&self, call: &ModuleCall) -> Result<Account, DomainsError> {
        if !Entered::are_in(&call.params) {
            return self.of(&call.site, &call.module).await;
        }
        let entered = Entered::read(&call.params)?;
        if let Some(account) = self.remembered(&call.site, &call.module, &entered) {
            return Ok(account);
        }
        let account = self.remember(&call.site, &call.module, entered.clone())?;
        self.seal(&call.site, &call.module, &entered).await?;
        Ok(account)
    }

    /// The account of a module by the settings seen last, on whatever node that was.
    pub async fn of(&self, site: &str, module: &str) -> Result<Account, DomainsError> {
        let sealed = self
            .store
            .secrets()
            .get(&scope(site, module), SETTINGS)
            .await?;
        let entered = sealed.as_ref().and_then(Entered::unseal);
        let entered = entered.ok_or_else(|| DomainsError::NoAccount {
            site: site.to_owned(),
            module: module.to_owned(),
        })?;
        match self.remembered(site, module, &entered) {
            Some(account) => Ok(account),
            None => self.remember(site, module, entered),
        }
    }

    /// An account for settings that are only tried out: nothing is remembered.
    pub fn trial(&self, call: &ModuleCall) -> Result<Account, DomainsError> {
        Settings::check(&call.params)?;
        self.maker
            .make(&call.site, &call.module, &Entered::read(&call.params)?)
    }

    fn remembered(&self, site: &str, module: &str, entered: &Entered) -> Option<Account> {
        let known = self.lock();
        let (last, account) = known.get(&(site.to_owned(), module.to_owned()))?;
        last.same(entered).then(|| account.clone())
    }

    fn remember(
        &self,
        site: &str,
        module: &str,
        entered: Entered,
    ) -> Result<Account, DomainsError> {
        let mut known = self.lock();
        let key = (site.to_owned(), module.to_owned());
        let account = match known.get(&key) {
            // Of callers that arrive together one makes the client; all share its breaker.
            Some((last, account)) if last.same(&entered) => return Ok(account.clone()),
            // Another choice for the domains leaves the connections and the breaker as they are.
            Some((last, account)) if last.same_account(&entered) => Account {
                settings: Arc::new(entered.settings.clone()),
                ..account.clone()
            },
            _ => self.maker.make(site, module, &entered)?,
        };
        known.insert(key, (entered, account.clone()));
        Ok(account)
    }

    async fn seal(&self, site: &str, module: &str, entered: &Entered) -> Result<(), DomainsError> {
        self.store
            .secrets()
            .put(&scope(site, module), SETTINGS, &entered.sealable())
            .await?;
        let row = AccountRow {
            site: site.to_owned(),
            module: module.to_owned(),
            environment: code(entered.environment).to_owned(),
            login: entered.login.clone(),
            seen_at: self.store.clock().now_ms(),
        };
        accounts::put(self.store.pool(), &row).await?;
        let turn = zones::turn(self.store.clock(), site, module, zones::FIRST);
        let mut tx = self.store.begin().await?;
        self.store.jobs().enqueue(&mut tx, turn).await?;
        Ok(tx.commit().await.map_err(StoreError::from)?)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, String), (Entered, Account)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What it takes to make an account's client.
#[derive(Debug)]
struct Maker {
    http: HttpClient,
    extra_ca: Option<Vec<u8>>,
    live: Option<String>,
    ote: Option<String>,
    clock: Clock,
}

impl Maker {
    fn make(&self, site: &str, module: &str, entered: &Entered) -> Result<Account, DomainsError> {
        let Entered {
            environment,
            login,
            password,
            proxy,
            settings,
        } = entered.clone();
        let url = match environment {
            Environment::Live => self.live.clone(),
            Environment::Ote => self.ote.clone(),
        };
        let http = match &proxy {
            None => self.http.clone(),
            Some(proxy) => {
                wharf_registrar::http_client_through(proxy.expose(), self.extra_ca.as_deref())
                    .map_err(|_| {
                        DomainsError::Settings(
                            "The field \"Proxy\" of the registrar module's settings is no proxy's address: it looks like \
                             http://proxy.example.net:3128"
                                .to_owned(),
                        )
                    })?
            }
        };
        let id = format!("{site}/{module}/{}/{login}", code(environment));
        let credentials = Credentials {
            login: login.clone(),
            password,
        };
        let registrar = CentralNic::new(CentralNicOptions {
            platform: Platform::Ispapi,
            environment,
            credentials,
            url,
            http,
        });
        Ok(Account {
            site: site.to_owned(),
            module: module.to_owned(),
            breaker: Arc::new(Breaker::new(&id, self.clock.clone())),
            id,
            login,
            environment,
            registrar: Arc::new(registrar),
            settings: Arc::new(settings),
        })
    }
}

fn scope(site: &str, module: &str) -> String {
    format!("registrar/{site}/{module}")
}

const SETTINGS: &str = "settings";
