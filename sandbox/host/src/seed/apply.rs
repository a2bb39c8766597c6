//! Writing a seed into an empty database. A database that has a shop already is left as it is.

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::filling;
use super::{ModuleSeed, PeriodSeed, ProductSeed, Seed, ServerSeed, TldSeed};
use crate::amount::Amount;
use crate::app::{App, HostError};
use crate::cron::AUTOMATION;
use crate::db::{Arg, Columns as _, Write, args};
use crate::php::ModuleKind;
use crate::secrets;

pub(crate) async fn apply(app: &App, seed: &Seed) -> Result<(), HostError> {
    if app
        .db
        .count("SELECT count(*) FROM tblcurrencies", &[])
        .await?
        > 0
    {
        return Ok(());
    }
    let mut write = app.db.begin().await?;
    settings(app, &mut write, seed).await?;
    accounts(app, &mut write, seed).await?;
    let rates = currencies(&mut write, seed).await?;
    for tld in &seed.tlds {
        extension(&mut write, tld, &rates).await?;
    }
    domain_addons(&mut write, seed, &rates).await?;
    filling::fill(app, &mut write, seed).await?;
    for server in &seed.servers {
        add_server(app, &mut write, server).await?;
    }
    for product in &seed.products {
        add_product(app, &mut write, product, &rates).await?;
    }
    write.commit().await?;

    for registrar in &seed.registrars {
        app.save_module_settings(ModuleKind::Registrar, &registrar.module, &values(registrar))
            .await?;
    }
    for gateway in &seed.gateways {
        app.activate_gateway(&gateway.module).await?;
        app.save_module_settings(ModuleKind::Gateway, &gateway.module, &values(gateway))
            .await?;
    }
    Ok(())
}

/// Adds a product to a shop that is open, priced in all its currencies; the product's id.
pub(crate) async fn put_on_sale(app: &App, product: &ProductSeed) -> Result<i64, HostError> {
    let mut write = app.db.begin().await?;
    let sql = "SELECT id, CAST(rate AS TEXT) AS rate FROM tblcurrencies ORDER BY id";
    let rates: Vec<(i64, Decimal)> = write
        .rows(sql, &[])
        .await?
        .iter()
        .map(|row| {
            (
                row.int("id"),
                row.text("rate").parse().unwrap_or(Decimal::ONE),
            )
        })
        .collect();
    let id = add_product(app, &mut write, product, &rates).await?;
    write.commit().await?;
    Ok(id)
}

/// Adds a server, in a group of its own name.
pub(crate) async fn connect_server(app: &App, server: &ServerSeed) -> Result<(), HostError> {
    let mut write = app.db.begin().await?;
    add_server(app, &mut write, server).await?;
    write.commit().await?;
    Ok(())
}

async fn settings(app: &App, write: &mut Write, seed: &Seed) -> Result<(), HostError> {
    let mut all = vec![
        (
            "CompanyName".to_owned(),
            if seed.company.is_empty() {
                "Sandbox Hosting".into()
            } else {
                seed.company.clone()
            },
        ),
        ("SystemURL".to_owned(), app.system_url.clone()),
        ("Domain".to_owned(), app.system_url.clone()),
        ("Version".to_owned(), crate::app::VERSION.to_owned()),
        ("Language".to_owned(), "english".to_owned()),
        ("Template".to_owned(), "plain".to_owned()),
        ("Charset".to_owned(), "utf-8".to_owned()),
        ("DateFormat".to_owned(), "YYYY-MM-DD".to_owned()),
        ("DefaultCountry".to_owned(), "US".to_owned()),
        ("ModuleDebugMode".to_owned(), "on".to_owned()),
        ("AllowRegister".to_owned(), "on".to_owned()),
        ("AutoAcceptPaidOrders".to_owned(), "on".to_owned()),
        ("APIAllowedIPs".to_owned(), php_ip_list(&seed.allowed_ips)),
        (
            "domainLookupRegistrar".to_owned(),
            seed.lookup_registrar.clone().unwrap_or_default(),
        ),
        (
            "domainLookupProvider".to_owned(),
            if seed.lookup_registrar.is_some() {
                "Registrar".into()
            } else {
                String::new()
            },
        ),
    ];
    all.extend(
        AUTOMATION
            .iter()
            .map(|(setting, _, usual)| ((*setting).to_owned(), (*usual).to_owned())),
    );
    if !seed.premium_markups.is_empty() {
        all.push(("PremiumDomains".to_owned(), "on".to_owned()));
    }
    for (index, nameserver) in seed.nameservers.iter().take(5).enumerate() {
        all.push((
            format!("DefaultNameserver{}", index + 1),
            nameserver.clone(),
        ));
    }
    all.extend(
        seed.settings
            .iter()
            .map(|(key, value)| (key.clone(), value.clone())),
    );
    for (setting, value) in all {
        let sql = "INSERT INTO tblconfiguration (setting, value, created_at, updated_at) VALUES (?1, ?2, ?3, ?3)
                   ON CONFLICT (setting) DO UPDATE SET value = excluded.value";
        write.exec(sql, args![setting, value, app.now()]).await?;
    }
    for (order, (title, color)) in [
        ("Pending", "#cc0000"),
        ("Active", "#779500"),
        ("Cancelled", "#888888"),
        ("Fraud", "#000000"),
    ]
    .into_iter()
    .enumerate()
    {
        let order = i64::try_from(order).unwrap_or_default();
        write
            .insert(
                "tblorderstatuses",
                &[
                    ("title", title.into()),
                    ("color", color.into()),
                    ("sortorder", order.into()),
                ],
            )
            .await?;
    }
    Ok(())
}

async fn accounts(app: &App, write: &mut Write, seed: &Seed) -> Result<(), HostError> {
    write
        .insert("tbladminroles", &[("name", "Full Administrator".into())])
        .await?;
    for admin in &seed.admins {
        write
            .insert(
                "tbladmins",
                &[
                    ("uuid", wharf_core::id::new_id(&app.clock).into()),
                    ("username", (&admin.username).into()),
                    (
                        "passwordhash",
                        secrets::hash(&secrets::md5(&admin.password)).into(),
                    ),
                    ("firstname", (&admin.username).into()),
                    ("lastname", "Staff".into()),
                    ("email", format!("{}@host.test", admin.username).into()),
                    ("created_at", app.now().into()),
                    ("updated_at", app.now().into()),
                ],
            )
            .await?;
    }
    for credential in &seed.api_credentials {
        let permitted: Map<String, Value> = credential
            .roles
            .iter()
            .map(|action| (action.to_ascii_lowercase(), Value::from(1)))
            .collect();
        let role = write
            .insert(
                "tblapi_roles",
                &[
                    ("role", format!("role of {}", credential.identifier).into()),
                    ("permissions", Value::Object(permitted).to_string().into()),
                    ("created_at", app.now().into()),
                ],
            )
            .await?;
        write
            .insert(
                "tbldeviceauth",
                &[
                    ("identifier", (&credential.identifier).into()),
                    ("secret", secrets::digest(&credential.secret).into()),
                    ("user_id", 1.into()),
                    ("role_ids", role.to_string().into()),
                    ("created_at", app.now().into()),
                ],
            )
            .await?;
    }
    Ok(())
}

/// Id and rate of each currency; the default one first.
async fn currencies(write: &mut Write, seed: &Seed) -> Result<Vec<(i64, Decimal)>, HostError> {
    let mut all = seed.currencies.clone();
    if all.is_empty() {
        all = serde_json::from_str(
            r#"[{"code": "USD", "prefix": "$", "suffix": " USD", "default": true}]"#,
        )
        .unwrap_or_default();
    }
    all.sort_by_key(|currency| !currency.default);
    let mut rates = Vec::new();
    for (index, currency) in all.iter().enumerate() {
        let rate: Decimal = currency
            .rate
            .parse()
            .map_err(|_| HostError::Seed(format!("rate \"{}\" is no decimal", currency.rate)))?;
        let id = write
            .insert(
                "tblcurrencies",
                &[
                    ("code", (&currency.code).into()),
                    ("prefix", (&currency.prefix).into()),
                    ("suffix", (&currency.suffix).into()),
                    ("rate", rate.to_string().into()),
                    ("default", (index == 0).into()),
                ],
            )
            .await?;
        rates.push((id, rate));
    }
    Ok(rates)
}

async fn extension(
    write: &mut Write,
    tld: &TldSeed,
    rates: &[(i64, Decimal)],
) -> Result<(), HostError> {
    let id = write
        .insert(
            "tbldomainpricing",
            &[
                (
                    "extension",
                    format!(".{}", tld.extension.trim_start_matches('.')).into(),
                ),
                ("autoreg", tld.autoreg.clone().unwrap_or_default().into()),
                ("idprotection", tld.id_protection.into()),
                ("dnsmanagement", tld.dns_management.into()),
                ("eppcode", 1.into()),
                (
                    "grace_period",
                    tld.grace.map_or(-1, |period| period.days).into(),
                ),
                ("grace_period_fee", fee(tld.grace).into()),
                (
                    "redemption_grace_period",
                    tld.redemption.map_or(-1, |period| period.days).into(),
                ),
                ("redemption_grace_period_fee", fee(tld.redemption).into()),
            ],
        )
        .await?;
    for (currency, rate) in rates {
        for kind in ["domainregister", "domaintransfer", "domainrenew"] {
            let mut columns: Vec<(&str, Arg)> = vec![
                ("type", kind.into()),
                ("currency", (*currency).into()),
                ("relid", id.into()),
            ];
            for (index, column) in YEARS.iter().enumerate() {
                let years = i64::try_from(index).unwrap_or_default() + 1;
                let offered =
                    years <= i64::from(tld.years) && (kind != "domaintransfer" || years == 1);
                let price = Amount(tld.register_price_minor.saturating_mul(years))
                    .times(*rate)
                    .unwrap_or_default();
                columns.push((column, if offered { price } else { Amount(-100) }.into()));
            }
            write.insert("tblpricing", &columns).await?;
        }
    }
    Ok(())
}

fn fee(period: Option<PeriodSeed>) -> Amount {
    Amount(period.map_or(-100, |period| period.fee_minor))
}

async fn domain_addons(
    write: &mut Write,
    seed: &Seed,
    rates: &[(i64, Decimal)],
) -> Result<(), HostError> {
    for (currency, rate) in rates {
        let price = Amount(seed.id_protection_price_minor)
            .times(*rate)
            .unwrap_or_default();
        let columns: [(&str, Arg); 4] = [
            ("type", "domainaddons".into()),
            ("currency", (*currency).into()),
            ("relid", 0.into()),
            ("ssetupfee", price.into()),
        ];
        write.insert("tblpricing", &columns).await?;
    }
    for (upto, percent) in &seed.premium_markups {
        let columns: [(&str, Arg); 2] = [("to_amount", upto.into()), ("markup", percent.into())];
        write.insert("tbldomainpricing_premium", &columns).await?;
    }
    Ok(())
}

async fn add_server(app: &App, write: &mut Write, server: &ServerSeed) -> Result<(), HostError> {
    let id = write
        .insert(
            "tblservers",
            &[
                ("name", (&server.name).into()),
                ("type", (&server.module).into()),
                ("hostname", (&server.hostname).into()),
                ("ipaddress", (&server.ip).into()),
                (
                    "port",
                    server
                        .port
                        .map(|port| port.to_string())
                        .unwrap_or_default()
                        .into(),
                ),
                ("secure", if server.secure { "on" } else { "" }.into()),
                ("username", (&server.username).into()),
                ("password", app.vault.encrypt(&server.password).into()),
                ("accesshash", (&server.accesshash).into()),
            ],
        )
        .await?;
    let group = write
        .insert("tblservergroups", &[("name", (&server.name).into())])
        .await?;
    write
        .insert(
            "tblservergroupsrel",
            &[("groupid", group.into()), ("serverid", id.into())],
        )
        .await?;
    Ok(())
}

async fn add_product(
    app: &App,
    write: &mut Write,
    product: &ProductSeed,
    rates: &[(i64, Decimal)],
) -> Result<i64, HostError> {
    let group = match write
        .row(
            "SELECT id FROM tblproductgroups WHERE name = ?",
            args![&product.group],
        )
        .await?
    {
        Some(row) => row.int("id"),
        None => {
            let columns = [
                ("name", (&product.group).into()),
                ("slug", slug(&product.group).into()),
                ("created_at", app.now().into()),
            ];
            write.insert("tblproductgroups", &columns).await?
        }
    };
    let server_group = match &product.server {
        Some(name) => {
            write
                .row("SELECT id FROM tblservergroups WHERE name = ?", args![name])
                .await?
        }
        None => None,
    };
    let paytype = match product.cycle.as_str() {
        "onetime" => "onetime",
        "free" => "free",
        _ => "recurring",
    };
    let mut columns: Vec<(&str, Arg)> = vec![
        ("type", "other".into()),
        ("gid", group.into()),
        ("name", (&product.name).into()),
        ("slug", slug(&product.name).into()),
        ("description", (&product.description).into()),
        ("showdomainoptions", product.show_domain_options.into()),
        ("paytype", paytype.into()),
        ("autosetup", (&product.autosetup).into()),
        ("servertype", (&product.module).into()),
        (
            "servergroup",
            server_group.map_or(0, |row| row.int("id")).into(),
        ),
        ("created_at", app.now().into()),
        ("updated_at", app.now().into()),
    ];
    let options: Vec<(String, &String)> = product
        .config_options
        .iter()
        .filter(|(number, _)| {
            number
                .parse::<u8>()
                .is_ok_and(|number| (1..=24).contains(&number))
        })
        .map(|(number, value)| (format!("configoption{number}"), value))
        .collect();
    columns.extend(
        options
            .iter()
            .map(|(name, value)| (name.as_str(), Arg::from(*value))),
    );
    let id = write.insert("tblproducts", &columns).await?;

    let column = if paytype == "recurring" {
        product.cycle.as_str()
    } else {
        "monthly"
    };
    if !CYCLES.contains(&column) {
        return Err(HostError::Seed(format!("\"{column}\" is no billing cycle")));
    }
    for (currency, rate) in rates {
        let price = Amount(product.price_minor).times(*rate).unwrap_or_default();
        let columns: [(&str, Arg); 4] = [
            ("type", "product".into()),
            ("currency", (*currency).into()),
            ("relid", id.into()),
            (column, price.into()),
        ];
        write.insert("tblpricing", &columns).await?;
    }
    for (index, field) in product.custom_fields.iter().enumerate() {
        let columns: [(&str, Arg); 6] = [
            ("type", "product".into()),
            ("relid", id.into()),
            ("fieldname", field.into()),
            ("fieldtype", "text".into()),
            ("showorder", "on".into()),
            ("sortorder", i64::try_from(index).unwrap_or_default().into()),
        ];
        write.insert("tblcustomfields", &columns).await?;
    }
    Ok(id)
}

fn values(module: &ModuleSeed) -> Vec<(String, String)> {
    module
        .settings
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn slug(name: &str) -> String {
    let dashed: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '-' })
        .collect();
    dashed
        .split('-')
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

/// PHP's `serialize()` of a list of `{ip, note}`: the form in which this setting is kept.
/// WHMCS's list of allowed addresses, as PHP serialises it.
pub(crate) fn php_ip_list(addresses: &[String]) -> String {
    let text = |value: &str| format!("s:{}:\"{value}\";", value.len());
    let entries: String = addresses
        .iter()
        .enumerate()
        .map(|(index, ip)| {
            format!(
                "i:{index};a:2:{{{}{}{}{}}}",
                text("ip"),
                text(ip),
                text("note"),
                text("seed")
            )
        })
        .collect();
    format!("a:{}:{{{entries}}}", addresses.len())
}

/// Which column of tblpricing holds the price for 1, 2, … 10 years of a domain.
pub(crate) const YEARS: [&str; 10] = [
    "msetupfee",
    "qsetupfee",
    "ssetupfee",
    "asetupfee",
    "bsetupfee",
    "monthly",
    "quarterly",
    "semiannually",
    "annually",
    "biennially",
];

/// The columns of tblpricing that hold recurring prices of products.
pub(crate) const CYCLES: [&str; 6] = [
    "monthly",
    "quarterly",
    "semiannually",
    "annually",
    "biennially",
    "triennially",
];
