//! What a host starts with: shop, accounts, module settings. Plain data; no module is known by name.

mod apply;
mod filling;

pub(crate) use apply::{CYCLES, YEARS, apply, connect_server, php_ip_list, put_on_sale};

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Seed {
    pub company: String,
    pub admins: Vec<AdminSeed>,
    pub api_credentials: Vec<CredentialSeed>,
    /// Addresses that may use the API.
    pub allowed_ips: Vec<String>,
    /// `$api_access_key`: with it the API answers any address.
    pub access_key: Option<String>,
    pub currencies: Vec<CurrencySeed>,
    pub tlds: Vec<TldSeed>,
    /// The registrar module whose CheckAvailability serves the shop's search.
    pub lookup_registrar: Option<String>,
    pub registrars: Vec<ModuleSeed>,
    pub gateways: Vec<ModuleSeed>,
    pub servers: Vec<ServerSeed>,
    pub products: Vec<ProductSeed>,
    /// Rows of tblconfiguration.
    pub settings: BTreeMap<String, String>,
    /// Name servers given to new domains.
    pub nameservers: Vec<String>,
    /// For a year, in hundredths of the default currency.
    pub id_protection_price_minor: i64,
    /// Cost up to (−1: everything above) and markup in percent, as decimals. Any: premium names are sold.
    pub premium_markups: Vec<(String, String)>,
    pub clients: Vec<ClientSeed>,
    /// Domains that clients have already: Active, renewed by invoice.
    pub domains: Vec<DomainSeed>,
}

/// A client of a filled shop.
#[derive(Clone, Debug, Deserialize)]
pub struct ClientSeed {
    pub email: String,
    pub first_name: String,
    pub last_name: String,
}

/// A domain of a filled shop.
#[derive(Clone, Debug, Deserialize)]
pub struct DomainSeed {
    pub name: String,
    /// Place in the list of clients.
    pub client: usize,
    pub registrar: String,
    /// `YYYY-MM-DD`
    pub registered: String,
    pub expires: String,
    #[serde(default)]
    pub id_protection: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub struct AdminSeed {
    pub username: String,
    pub password: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct CredentialSeed {
    pub identifier: String,
    pub secret: String,
    /// Names of permitted actions; `*` permits all.
    pub roles: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct CurrencySeed {
    pub code: String,
    #[serde(default)]
    pub prefix: String,
    #[serde(default)]
    pub suffix: String,
    /// Units of this currency for one of the default currency, as a decimal.
    #[serde(default = "one")]
    pub rate: String,
    #[serde(default)]
    pub default: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub struct TldSeed {
    /// With or without the leading dot.
    pub extension: String,
    /// For one year, in hundredths of the default currency.
    pub register_price_minor: i64,
    /// The registrar module that registers such domains by itself.
    #[serde(default)]
    pub autoreg: Option<String>,
    /// The longest term offered.
    #[serde(default = "ten")]
    pub years: u8,
    /// Days and fee (in hundredths of the default currency); none: no such period.
    #[serde(default)]
    pub grace: Option<PeriodSeed>,
    #[serde(default)]
    pub redemption: Option<PeriodSeed>,
    /// Addons that are on sale with it.
    #[serde(default)]
    pub id_protection: bool,
    #[serde(default)]
    pub dns_management: bool,
}

/// How long a domain can be renewed after it expired, and for how much more.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct PeriodSeed {
    pub days: i64,
    pub fee_minor: i64,
}

/// A module that is active, with its settings in clear.
#[derive(Clone, Debug, Deserialize)]
pub struct ModuleSeed {
    pub module: String,
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ServerSeed {
    pub name: String,
    pub module: String,
    pub hostname: String,
    pub ip: String,
    pub port: Option<u16>,
    pub secure: bool,
    pub username: String,
    pub password: String,
    pub accesshash: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct ProductSeed {
    pub group: String,
    pub name: String,
    pub description: String,
    pub module: String,
    /// For one cycle, in hundredths of the default currency.
    pub price_minor: i64,
    /// `monthly`, `annually`, …, `onetime` or `free`.
    pub cycle: String,
    /// `payment`, `order`, `on` (when an order is accepted) or empty.
    pub autosetup: String,
    /// Number → value of the module's options.
    pub config_options: BTreeMap<String, String>,
    /// Name of the server.
    pub server: Option<String>,
    /// Whether the customer is asked for a domain.
    pub show_domain_options: bool,
    /// Names of text fields that the customer fills in.
    pub custom_fields: Vec<String>,
}

impl Default for ProductSeed {
    fn default() -> Self {
        Self {
            group: "Products".into(),
            name: String::new(),
            description: String::new(),
            module: String::new(),
            price_minor: 0,
            cycle: "monthly".into(),
            autosetup: "payment".into(),
            config_options: BTreeMap::new(),
            server: None,
            show_domain_options: false,
            custom_fields: Vec::new(),
        }
    }
}

fn one() -> String {
    "1".into()
}

fn ten() -> u8 {
    10
}
