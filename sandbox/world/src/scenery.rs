//! What a new sandbox holds: a hosting provider with a shop, a registrar account, a supplier, wallets.
//! All people and numbers are invented; all secrets are made anew for each sandbox.

use jiff::{SignedDuration, Timestamp};
use sandbox_host::Seed;
use sandbox_phone::{App, Forward, Kind, Operator, Wallet};
use sandbox_registry::{Account, FilledDomain};
use serde_json::{Value, json};
use wharf_core::{Currency, Money};

use crate::Fill;
use crate::address::{ApiLogin, Login};
use crate::story::{BARGE, SKIFF};

/// Everything that was chosen or drawn for one sandbox.
#[derive(Clone)]
pub(crate) struct Scenery {
    pub staff: Login,
    pub registrar: Login,
    pub supplier_token: String,
    pub broker: Login,
    pub site_token: String,
    pub devices: Vec<Device>,
    /// What the daemon may call the host's API with: its least role.
    pub wharf_api: ApiLogin,
    pub inspector: ApiLogin,
}

impl Scenery {
    pub(crate) fn draw() -> anyhow::Result<Self> {
        Ok(Self {
            staff: Login {
                username: "admin".into(),
                password: secret()?,
            },
            registrar: Login {
                username: "test.user".into(),
                password: secret()?,
            },
            supplier_token: secret()?,
            broker: Login {
                username: "nile-hosting".into(),
                password: secret()?,
            },
            site_token: secret()?,
            devices: DEVICES
                .into_iter()
                .map(|(app, format, id, signs)| {
                    Ok(Device {
                        app,
                        format,
                        id,
                        token: secret()?,
                        key: if signs { secret()? } else { String::new() },
                    })
                })
                .collect::<anyhow::Result<_>>()?,
            wharf_api: ApiLogin {
                identifier: secret()?,
                secret: secret()?,
            },
            inspector: ApiLogin {
                identifier: secret()?,
                secret: secret()?,
            },
        })
    }

    /// Every secret, for the test that searches logs and databases for them.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let devices = self
            .devices
            .iter()
            .flat_map(|device| [device.token.clone(), device.key.clone()]);
        let mut secrets = vec![
            self.staff.password.clone(),
            self.registrar.password.clone(),
            self.supplier_token.clone(),
            self.site_token.clone(),
            self.wharf_api.secret.clone(),
            self.inspector.secret.clone(),
            self.broker.password.clone(),
        ];
        secrets.extend(devices.filter(|secret| !secret.is_empty()));
        secrets
    }

    pub(crate) fn registrar_account(&self) -> Account {
        Account {
            login: self.registrar.username.clone(),
            password: self.registrar.password.clone(),
            balance: Money::new(25_000_000, Currency::USD),
        }
    }

    pub(crate) fn wallets() -> Vec<Wallet> {
        let wallet = Wallet::new;
        let payer =
            |number, name, operator| wallet(number, name, 5_000_000, Kind::Payer).with(operator);
        let store =
            |number, operator| wallet(number, "Nile Hosting", 124_050, Kind::Store).with(operator);
        vec![
            wallet(PAYER, "Mona Khalil Sample", 50_000_000, Kind::Payer),
            wallet("01098765432", "Tarek Sample", 2_000_000, Kind::Payer),
            payer("01198765432", "Salma Sample", Operator::EMoney),
            payer("01298765432", "Hany Sample", Operator::OrangeCash),
            payer("01066554433", "Laila Sample", Operator::Instapay),
            payer("01711223344", "Rahim Sample", Operator::Bkash),
            payer("0711223344", "Wanjiru Sample", Operator::Mpesa),
            wallet(STORE_WALLET, "Nile Hosting", 124_050, Kind::Store),
            store("01155501234", Operator::EMoney),
            store("01255501234", Operator::OrangeCash),
            store("01055509876", Operator::Instapay),
            store("01755501234", Operator::Bkash),
            store("0755501234", Operator::Mpesa),
        ]
    }

    /// Every app that the stores' phone can have; it uses the first one until it is told otherwise.
    pub(crate) fn forwards(&self, daemon: &str) -> Vec<Forward> {
        let forward = |device: &Device| Forward {
            app: device.app,
            url: format!("{daemon}/intake/{}", device.token),
            key: device.key.clone(),
            device_id: device.id.to_owned(),
        };
        self.devices.iter().map(forward).collect()
    }

    /// The document that `wharf apply` reads.
    pub(crate) fn setup(&self, host: &str) -> anyhow::Result<String> {
        let wallets: Vec<_> = STORE_WALLETS
            .iter()
            .map(|(id, operator, number)| {
                json!({ "id": id, "store": "5", "operator": operator, "number": number })
            })
            .collect();
        let ids: Vec<_> = STORE_WALLETS.iter().map(|(id, ..)| *id).collect();
        let device = |device: &Device| {
            let key = Some(&device.key).filter(|key| !key.is_empty());
            let mut document = json!({
                "id": device.id, "store": "5", "token": device.token, "format": device.format, "wallets": ids,
            });
            if let (Some(fields), Some(key)) = (document.as_object_mut(), key) {
                fields.insert("signing_key".to_owned(), json!(key));
            }
            document
        };
        let devices: Vec<_> = self.devices.iter().map(device).collect();
        let document = json!({
            "site": [{
                "id": SITE,
                "token": self.site_token,
                "url": host,
                "identifier": self.wharf_api.identifier,
                "secret": self.wharf_api.secret,
            }],
            "store": [store()],
            "wallet": wallets,
            "device": devices,
        });
        Ok(toml::to_string(&document)?)
    }

    /// The shop. Module names stand here, in the story, and nowhere in the host.
    pub(crate) fn seed(
        &self,
        supplier_port: u16,
        broker_port: u16,
        fill: Fill,
        now: Timestamp,
    ) -> anyhow::Result<Seed> {
        let tlds: Vec<_> = EXTENSIONS
            .iter()
            .map(|(extension, price, generic)| {
                let period = |days, fee| generic.then(|| json!({ "days": days, "fee_minor": fee }));
                json!({
                    "extension": extension, "register_price_minor": price, "autoreg": "wharf",
                    "id_protection": generic, "dns_management": true,
                    "grace": period(40, 0), "redemption": period(30, 8000),
                })
            })
            .collect();
        let seed = json!({
            "company": "Nile Hosting",
            "admins": [self.staff],
            "api_credentials": [
                {
                    "identifier": self.wharf_api.identifier,
                    "secret": self.wharf_api.secret,
                    "roles": [
                        "AddCredit", "GetCredits", "ApplyCredit", "GetInvoice", "GetInvoices", "GetClientsDetails",
                        "GetCurrencies", "GetClientsDomains", "GetClientsProducts", "DomainRegister", "DomainTransfer",
                        "DomainRenew", "UpdateClientDomain", "ModuleCreate",
                        "ModuleSuspend", "ModuleUnsuspend", "ModuleTerminate",
                        "WhmcsDetails", "GetModuleQueue",
                    ],
                },
                { "identifier": self.inspector.identifier, "secret": self.inspector.secret, "roles": ["*"] },
            ],
            "allowed_ips": ["127.0.0.1"],
            "currencies": [{ "code": "USD", "prefix": "$", "suffix": " USD", "rate": "1", "default": true }],
            "tlds": tlds,
            "id_protection_price_minor": 500,
            "premium_markups": [["200", "30"], ["1000", "20"], ["-1", "10"]],
            "lookup_registrar": "wharf",
            "registrars": [{
                "module": "wharf",
                "settings": {
                    "Environment": "LIVE",
                    "Username": self.registrar.username,
                    "Password": self.registrar.password,
                },
            }],
            "gateways": [{
                "module": "wharf",
                "settings": { "name": "Vodafone Cash", "type": "Invoices", "visible": "on", "store": "5" },
            }],
            "servers": [{
                "name": "SiteShield",
                "module": "wharf",
                "hostname": "127.0.0.1",
                "ip": "127.0.0.1",
                "port": supplier_port,
                "secure": false,
                "username": "siteshield",
                // Not as the access hash: only passwords are encrypted in the host's database.
                "password": self.supplier_token,
            }, {
                "name": "Harbour",
                "module": "wharf",
                "hostname": "127.0.0.1",
                "ip": "127.0.0.1",
                "port": broker_port,
                "secure": false,
                "username": format!("open-service-broker:{}", self.broker.username),
                "password": self.broker.password,
            }],
            "products": [
                shield("Pro", "Firewall, malware scan and clean-up for one website.", "pro", 2400),
                shield("Business", "The same for a busy website.", "business", 7200),
                shield("Enterprise", "The same, set up by people.", "enterprise", 24_000),
                berth("Skiff", "A shared database, there at once.", SKIFF, 600),
                berth("Barge", "A database of its own, there after a while.", BARGE, 1800),
            ],
            "settings": { "DefaultCountry": "EG" },
            "clients": clients(fill.domains),
            "domains": domains(fill.domains, now),
            "nameservers": ["ns1.nile-hosting.example", "ns2.nile-hosting.example"],
        });
        Ok(serde_json::from_value(seed)?)
    }
}

fn shield(name: &str, description: &str, plan: &str, price_minor: i64) -> serde_json::Value {
    json!({
        "group": "Website security",
        "name": format!("SiteShield {name}"),
        "description": description,
        "module": "wharf",
        "price_minor": price_minor,
        "cycle": "annually",
        "autosetup": "payment",
        "config_options": { "1": "siteshield", "2": plan },
        "server": "SiteShield",
        "show_domain_options": true,
    })
}

/// A plan of the broker's catalogue.
fn berth(name: &str, description: &str, plan: &str, price_minor: i64) -> serde_json::Value {
    json!({
        "group": "Databases",
        "name": format!("Harbour {name}"),
        "description": description,
        "module": "wharf",
        "price_minor": price_minor,
        "cycle": "monthly",
        "autosetup": "payment",
        "config_options": { "1": "open-service-broker", "2": plan },
        "server": "Harbour",
    })
}

/// A forwarder app, as Wharf knows it.
#[derive(Clone)]
pub(crate) struct Device {
    pub app: App,
    /// Wharf's word for the app.
    pub format: &'static str,
    pub id: &'static str,
    pub token: String,
    /// Empty where the app does not sign.
    pub key: String,
}

impl std::fmt::Debug for Scenery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scenery")
    }
}

/// The store, as `wharf apply` reads it.
pub(crate) fn store() -> Value {
    json!({
        "id": "5",
        "site": SITE,
        "name": "Nile Hosting",
        "quote_minutes": 30,
        "rates": { "USD": "50.25" },
        "currency_label": "USD",
        "check_answers": "credit-only",
        "settle_after_seconds": 2,
        // The shop of the sandbox trusts its customers; what holds money back has stories of its own.
        "hold": "off",
        "phone_binding": "off",
        "phones_per_client": 0,
        "clients_per_phone": 0,
        "balance_check": false,
    })
}

/// What the shop sells: price of a year, and whether ID protection, grace and redemption are offered.
const EXTENSIONS: [(&str, i64, bool); 9] = [
    ("com", 1299, true),
    ("net", 1399, true),
    ("org", 1199, true),
    ("info", 999, true),
    ("io", 3999, true),
    ("de", 899, false),
    ("co.uk", 999, false),
    ("shop", 3499, true),
    ("swiss", 12900, false),
];
pub(crate) const SITE: &str = "main";
pub(crate) const PAYER: &str = "01012345678";
pub(crate) const STORE_WALLET: &str = "01055501234";
/// The store's wallets, the first of them by name the one that pages offer first: Wharf's id and word for the operator, and the number.
const STORE_WALLETS: [(&str, &str, &str); 4] = [
    ("vf-main", "vodafone-cash", STORE_WALLET),
    ("wallet-emoney", "e-and-money", "01155501234"),
    ("wallet-orange", "orange-cash", "01255501234"),
    ("wallet-instapay", "instapay-nbe", "01055509876"),
];
/// The apps: Wharf's word for each, the device's id, and whether it signs.
const DEVICES: [(App, &str, &str, bool); 6] = [
    (App::Smsgate, "smsgate", "nile-phone-1", true),
    (App::SmsToUrl, "sms-to-url", "nile-phone-2", true),
    (App::SmsForwarder, "smsforwarder", "nile-phone-3", true),
    (App::Httpsms, "httpsms", "nile-phone-4", true),
    (App::Textbee, "textbee", "nile-phone-5", true),
    (App::Generic, "generic", "nile-phone-6", false),
];

/// One for every ten domains.
fn clients(domains: usize) -> Vec<Value> {
    (0..domains.div_ceil(10))
        .map(|n| json!({ "email": format!("client-{n:05}@filled.example"), "first_name": "Filled", "last_name": format!("Client {n}") }))
        .collect()
}

/// The registrar's filled domains, as the shop knows them once they were synchronised.
fn domains(count: usize, now: Timestamp) -> Vec<Value> {
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    (0..count)
        .map(|n| {
            let filled = FilledDomain::at(n, now);
            json!({
                "name": filled.name, "client": n / 10, "registrar": "wharf", "id_protection": filled.id_protection,
                "registered": day(filled.created), "expires": day(filled.expires - SignedDuration::from_hours(24 * filled.days_early)),
            })
        })
        .collect()
}

pub(crate) fn secret() -> anyhow::Result<String> {
    let mut bytes = [0_u8; 18];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    Ok(hex::encode(bytes))
}
