//! Registrar accounts: the settings that come with each call, sealed for background work, and a client for each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use wharf_core::{Clock, Deadline, Secret};
use wharf_registrar::{
    Credentials, Environment, HttpClient, Ispapi, IspapiOptions, Registrar, Talk,
};
use wharf_store::Store;
use wharf_whmcs::call::{ModuleCall, Params};

use crate::DomainsError;
use crate::breaker::Breaker;
use crate::tables::accounts::{self, AccountRow};

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
    known: Mutex<HashMap<(String, String), (Settings, Account)>>,
}

impl Accounts {
    pub fn new(store: Store, http: HttpClient, live: Option<String>, ote: Option<String>) -> Self {
        let clock = store.clock().clone();
        Self {
            store,
            maker: Maker {
                http,
                live,
                ote,
                clock,
            },
            known: Mutex::default(),
        }
    }

    /// The account of a call. Settings that differ from the last ones are sealed.
    pub async fn seen(&self, call: &ModuleCall) -> Result<Account, DomainsError> {
        let settings = Settings::read(&call.params)?;
        if let Some(account) = self.remembered(&call.site, &call.module, &settings) {
            return Ok(account);
        }
        self.seal(&call.site, &call.module, &settings).await?;
        Ok(self.remember(&call.site, &call.module, settings))
    }

    /// The account of a module by the settings seen last, on whatever node that was.
    pub async fn of(&self, site: &str, module: &str) -> Result<Account, DomainsError> {
        let sealed = self
            .store
            .secrets()
            .get(&scope(site, module), SETTINGS)
            .await?;
        let settings = sealed.as_ref().and_then(Settings::unseal);
        let settings = settings.ok_or_else(|| DomainsError::NoAccount {
            site: site.to_owned(),
            module: module.to_owned(),
        })?;
        Ok(self
            .remembered(site, module, &settings)
            .unwrap_or_else(|| self.remember(site, module, settings)))
    }

    /// An account for settings that are only tried out: nothing is remembered.
    pub fn trial(&self, call: &ModuleCall) -> Result<Account, DomainsError> {
        Ok(self
            .maker
            .make(&call.site, &call.module, &Settings::read(&call.params)?))
    }

    fn remembered(&self, site: &str, module: &str, settings: &Settings) -> Option<Account> {
        let known = self.lock();
        let (last, account) = known.get(&(site.to_owned(), module.to_owned()))?;
        last.same(settings).then(|| account.clone())
    }

    fn remember(&self, site: &str, module: &str, settings: Settings) -> Account {
        let mut known = self.lock();
        let key = (site.to_owned(), module.to_owned());
        // Of callers that arrive together one makes the client; all share its breaker.
        if let Some((_, account)) = known.get(&key).filter(|(last, _)| last.same(&settings)) {
            return account.clone();
        }
        let account = self.maker.make(site, module, &settings);
        known.insert(key, (settings, account.clone()));
        account
    }

    async fn seal(
        &self,
        site: &str,
        module: &str,
        settings: &Settings,
    ) -> Result<(), DomainsError> {
        self.store
            .secrets()
            .put(&scope(site, module), SETTINGS, &settings.sealable())
            .await?;
        let row = AccountRow {
            site: site.to_owned(),
            module: module.to_owned(),
            environment: code(settings.environment).to_owned(),
            login: settings.login.clone(),
            seen_at: self.store.clock().now_ms(),
        };
        accounts::put(self.store.pool(), &row).await
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, String), (Settings, Account)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What it takes to make an account's client.
#[derive(Debug)]
struct Maker {
    http: HttpClient,
    live: Option<String>,
    ote: Option<String>,
    clock: Clock,
}

impl Maker {
    fn make(&self, site: &str, module: &str, settings: &Settings) -> Account {
        let Settings {
            environment,
            login,
            password,
        } = settings.clone();
        let url = match environment {
            Environment::Live => self.live.clone(),
            Environment::Ote => self.ote.clone(),
        };
        let id = format!("{site}/{module}/{}/{login}", code(environment));
        let credentials = Credentials {
            login: login.clone(),
            password,
        };
        let registrar = Ispapi::new(IspapiOptions {
            environment,
            credentials,
            url,
            http: self.http.clone(),
        });
        Account {
            site: site.to_owned(),
            module: module.to_owned(),
            breaker: Arc::new(Breaker::new(&id, self.clock.clone())),
            id,
            login,
            environment,
            registrar: Arc::new(registrar),
        }
    }
}

/// A module's settings, as far as they name the account.
#[derive(Clone, Debug)]
struct Settings {
    environment: Environment,
    login: String,
    password: Secret,
}

impl Settings {
    fn read(params: &Params) -> Result<Self, DomainsError> {
        let missing = |field: &str| {
            DomainsError::Settings(format!(
                "The field \"{field}\" of the registrar module's settings is empty: fill it in"
            ))
        };
        let environment = params
            .text("Environment")
            .ok_or_else(|| missing("Environment"))?;
        let environment = match environment.to_ascii_uppercase().as_str() {
            "LIVE" => Environment::Live,
            "OTE" | "OT&E" | "OT&AMP;E" | "TEST" => Environment::Ote,
            _ => {
                return Err(DomainsError::Settings(format!(
                    "\"{environment}\" is no Environment of the registrar module: choose LIVE or OTE"
                )));
            }
        };
        Ok(Self {
            environment,
            login: params.text("Username").ok_or_else(|| missing("Username"))?,
            password: params
                .secret("Password")
                .ok_or_else(|| missing("Password"))?,
        })
    }

    fn same(&self, other: &Self) -> bool {
        self.environment == other.environment
            && self.login == other.login
            && self.password.expose() == other.password.expose()
    }

    fn sealable(&self) -> Secret {
        let fields = [code(self.environment), &self.login, self.password.expose()];
        Secret::new(serde_json::json!(fields).to_string())
    }

    fn unseal(sealed: &Secret) -> Option<Self> {
        let [environment, login, password]: [String; 3] =
            serde_json::from_str(sealed.expose()).ok()?;
        let environment = if environment == code(Environment::Live) {
            Environment::Live
        } else {
            Environment::Ote
        };
        Some(Self {
            environment,
            login,
            password: Secret::new(password),
        })
    }
}

pub(crate) fn system(environment: Environment) -> &'static str {
    match environment {
        Environment::Live => "live system",
        Environment::Ote => "test system (OT&E)",
    }
}

fn code(environment: Environment) -> &'static str {
    match environment {
        Environment::Live => "LIVE",
        Environment::Ote => "OTE",
    }
}

fn scope(site: &str, module: &str) -> String {
    format!("registrar/{site}/{module}")
}

const SETTINGS: &str = "settings";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(settings: serde_json::Value) -> Result<Settings, DomainsError> {
        let serde_json::Value::Object(map) = settings else {
            unreachable!()
        };
        Settings::read(&Params::new(map))
    }

    #[test]
    fn settings_say_what_is_missing_and_survive_sealing() {
        let settings =
            read(json!({"Environment": "OT&E", "Username": " acct ", "Password": "p\"w "}))
                .unwrap();
        let back = Settings::unseal(&settings.sealable()).unwrap();
        assert!(back.same(&settings));
        assert_eq!(
            (back.login.as_str(), back.password.expose()),
            ("acct", "p\"w ")
        );
        assert!(!format!("{settings:?}").contains("p\"w"));

        let wrong = |settings| read(settings).unwrap_err().to_string();
        assert!(wrong(json!({"Environment": "LIVE", "Username": "a"})).contains("\"Password\""));
        assert!(
            wrong(json!({"Environment": "LIVE", "Username": " ", "Password": "x"}))
                .contains("\"Username\"")
        );
        assert!(
            wrong(json!({"Environment": "Mars", "Username": "a", "Password": "x"}))
                .contains("Mars")
        );
    }
}
