//! The registrar module's settings, as they are entered in WHMCS and arrive with each call.

use serde::{Deserialize, Serialize};
use wharf_core::Secret;
use wharf_registrar::{ConfirmedFor, Environment};
use wharf_whmcs::call::Params;

use crate::DomainsError;

/// What the provider chose for the domains of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    pub designated_agent: DesignatedAgent,
    /// Lock domains once they are registered or transferred in.
    pub transfer_lock: bool,
    /// Give a transferred domain the nameservers of its order.
    pub transfer_nameservers: bool,
    /// Give a transferred domain the contacts of its order, where the registry has none.
    pub transfer_contacts: bool,
    /// Ask in the cart whether a domain can be transferred.
    pub transfer_precheck: bool,
    pub sync_id_protection: bool,
    pub suspend_on_expiration: bool,
    /// Of DNS records, in seconds.
    pub default_ttl: u32,
    pub offer_dnssec: bool,
    pub offer_web_apps: bool,
}

/// For whom the provider confirms a change of registrant (IRTP).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DesignatedAgent {
    #[default]
    None,
    New,
    Old,
    Both,
}

impl DesignatedAgent {
    pub fn confirms(self) -> ConfirmedFor {
        ConfirmedFor {
            old_owner: matches!(self, Self::Old | Self::Both),
            new_owner: matches!(self, Self::New | Self::Both),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            designated_agent: DesignatedAgent::None,
            transfer_lock: true,
            transfer_nameservers: true,
            transfer_contacts: true,
            transfer_precheck: true,
            sync_id_protection: true,
            suspend_on_expiration: false,
            default_ttl: DEFAULT_TTL,
            offer_dnssec: false,
            offer_web_apps: false,
        }
    }
}

impl Settings {
    /// What is missing or makes no sense has its default: a typing error here must not stop a renewal.
    fn read(params: &Params) -> Self {
        let usual = Self::default();
        let switch = |name: &str, usual: bool| match params.value(name) {
            None => usual,
            Some(_) => params.flag(name),
        };
        Self {
            designated_agent: agent(params).unwrap_or_default(),
            transfer_lock: switch("AutomaticTransferLock", usual.transfer_lock),
            transfer_nameservers: switch("TransferNameservers", usual.transfer_nameservers),
            transfer_contacts: switch("TransferContacts", usual.transfer_contacts),
            transfer_precheck: switch("TransferPreCheck", usual.transfer_precheck),
            sync_id_protection: switch("SyncIdProtection", usual.sync_id_protection),
            suspend_on_expiration: switch("SuspendOnExpiration", usual.suspend_on_expiration),
            default_ttl: ttl(params).unwrap_or(DEFAULT_TTL),
            offer_dnssec: switch("OfferDnssec", usual.offer_dnssec),
            offer_web_apps: switch("OfferWebApps", usual.offer_web_apps),
        }
    }

    /// Says what makes no sense, to the person who is entering it.
    pub fn check(params: &Params) -> Result<(), DomainsError> {
        if agent(params).is_none() {
            let text = params.text("DesignatedAgent").unwrap_or_default();
            return Err(DomainsError::Settings(format!(
                "\"{text}\" is no choice for \"Designated Agent\": choose none, new, old or both"
            )));
        }
        if ttl(params).is_none() {
            let text = params.text("DefaultTtl").unwrap_or_default();
            return Err(DomainsError::Settings(format!(
                "\"Default TTL\" is \"{text}\": enter a number of seconds between {SHORTEST_TTL} and {LONGEST_TTL}, \
                 {DEFAULT_TTL} say"
            )));
        }
        Ok(())
    }
}

fn agent(params: &Params) -> Option<DesignatedAgent> {
    let Some(text) = params.text("DesignatedAgent") else {
        return Some(DesignatedAgent::None);
    };
    match text.to_ascii_lowercase().as_str() {
        "none" => Some(DesignatedAgent::None),
        "new" => Some(DesignatedAgent::New),
        "old" => Some(DesignatedAgent::Old),
        "both" => Some(DesignatedAgent::Both),
        _ => None,
    }
}

fn ttl(params: &Params) -> Option<u32> {
    let Some(text) = params.text("DefaultTtl") else {
        return Some(DEFAULT_TTL);
    };
    let seconds = text.parse().ok()?;
    (SHORTEST_TTL..=LONGEST_TTL)
        .contains(&seconds)
        .then_some(seconds)
}

/// All fields of the module's settings: the account and what is chosen for its domains.
#[derive(Clone, Debug)]
pub(crate) struct Entered {
    pub environment: Environment,
    pub login: String,
    pub password: Secret,
    /// Its address; a secret because it may hold a password.
    pub proxy: Option<Secret>,
    pub settings: Settings,
}

impl Entered {
    pub fn read(params: &Params) -> Result<Self, DomainsError> {
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
            proxy: params.text("ProxyServer").map(|text| proxy(&text)),
            settings: Settings::read(params),
        })
    }

    /// Whether a call carries settings at all; WHMCS's hooks do not.
    pub fn are_in(params: &Params) -> bool {
        ["Environment", "Username", "Password"]
            .iter()
            .any(|field| params.value(field).is_some())
    }

    pub fn same(&self, other: &Self) -> bool {
        self.same_account(other) && self.settings == other.settings
    }

    /// Whether the registrar is reached in the same way as the same customer.
    pub fn same_account(&self, other: &Self) -> bool {
        let exposed =
            |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.expose().to_owned());
        self.environment == other.environment
            && self.login == other.login
            && self.password.expose() == other.password.expose()
            && exposed(&self.proxy) == exposed(&other.proxy)
    }

    pub fn sealable(&self) -> Secret {
        let sealed = serde_json::json!({
            "environment": code(self.environment),
            "login": self.login,
            "password": self.password.expose(),
            "proxy": self.proxy.as_ref().map(Secret::expose),
            "settings": self.settings,
        });
        Secret::new(sealed.to_string())
    }

    pub fn unseal(sealed: &Secret) -> Option<Self> {
        let (environment, login, password, proxy, settings) =
            match serde_json::from_str(sealed.expose()).ok()? {
                Sealed::All {
                    environment,
                    login,
                    password,
                    proxy,
                    settings,
                } => (environment, login, password, proxy, settings),
                Sealed::AccountOnly(environment, login, password) => {
                    (environment, login, password, None, Settings::default())
                }
            };
        Some(Self {
            environment: if environment == code(Environment::Live) {
                Environment::Live
            } else {
                Environment::Ote
            },
            login,
            password,
            proxy,
            settings,
        })
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Sealed {
    All {
        environment: String,
        login: String,
        password: Secret,
        proxy: Option<Secret>,
        #[serde(default)]
        settings: Settings,
    },
    /// From a time before there was more.
    AccountOnly(String, String, Secret),
}

/// People enter a host and a port.
fn proxy(text: &str) -> Secret {
    Secret::new(if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    })
}

pub(crate) fn system(environment: Environment) -> &'static str {
    match environment {
        Environment::Live => "live system",
        Environment::Ote => "test system (OT&E)",
    }
}

pub(crate) fn code(environment: Environment) -> &'static str {
    match environment {
        Environment::Live => "LIVE",
        Environment::Ote => "OTE",
    }
}

const DEFAULT_TTL: u32 = 28_800;
const SHORTEST_TTL: u32 = 60;
const LONGEST_TTL: u32 = 604_800;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn params(entered: Value) -> Params {
        let Value::Object(map) = entered else {
            unreachable!()
        };
        Params::new(map)
    }

    fn read(entered: Value) -> Result<Entered, DomainsError> {
        Entered::read(&params(entered))
    }

    #[test]
    fn settings_say_what_is_missing_and_survive_sealing() {
        let entered = read(json!({
            "Environment": "OT&E", "Username": " acct ", "Password": "p\"w ", "ProxyServer": "u:pr0xy@proxy.example:3128",
            "DesignatedAgent": "both", "AutomaticTransferLock": "", "SuspendOnExpiration": "on", "DefaultTtl": "3600"
        }))
        .unwrap();
        let back = Entered::unseal(&entered.sealable()).unwrap();
        assert!(back.same(&entered));
        assert_eq!(
            (back.login.as_str(), back.password.expose()),
            ("acct", "p\"w ")
        );
        assert_eq!(
            back.proxy.unwrap().expose(),
            "http://u:pr0xy@proxy.example:3128"
        );
        assert_eq!(
            back.settings,
            Settings {
                designated_agent: DesignatedAgent::Both,
                transfer_lock: false,
                suspend_on_expiration: true,
                default_ttl: 3_600,
                ..Settings::default()
            }
        );
        let shown = format!("{entered:?}");
        assert!(
            !shown.contains("p\\\"w") && !shown.contains("pr0xy"),
            "{shown}"
        );

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

    #[test]
    fn what_was_sealed_before_there_were_choices_is_still_read() {
        let old = Secret::new(r#"["LIVE","acct","pw"]"#);
        let entered = Entered::unseal(&old).unwrap();
        assert_eq!(entered.environment, Environment::Live);
        assert_eq!(entered.login, "acct");
        assert_eq!(entered.settings, Settings::default());
    }

    #[test]
    fn only_the_person_who_enters_nonsense_is_stopped_by_it() {
        let nonsense = json!({
            "Environment": "LIVE", "Username": "a", "Password": "x", "DefaultTtl": "soon", "DesignatedAgent": "me"
        });
        assert_eq!(
            read(nonsense.clone()).unwrap().settings,
            Settings::default()
        );
        let wrong = |more: Value| Settings::check(&params(more)).map_err(|error| error.to_string());
        insta::assert_snapshot!(wrong(json!({"DesignatedAgent": "me"})).unwrap_err(), @r#""me" is no choice for "Designated Agent": choose none, new, old or both"#);
        insta::assert_snapshot!(wrong(json!({"DefaultTtl": "soon"})).unwrap_err(), @r#""Default TTL" is "soon": enter a number of seconds between 60 and 604800, 28800 say"#);
        assert!(wrong(json!({"DefaultTtl": "0"})).is_err());
        assert_eq!(
            wrong(json!({"DefaultTtl": "", "DesignatedAgent": ""})),
            Ok(())
        );
    }
}
