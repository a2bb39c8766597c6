//! What WHMCS orders, as a connector's texts know it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use wharf_core::DomainName;
use wharf_whmcs::call::Params;

use crate::language::{Connector, Context, ProductOption, Used};
use crate::supplier::{Facts, as_text};
use crate::tables::{ServiceId, ServiceRow};

/// Which service of WHMCS an action is for, and with whom. It stands in the journal: no secret is in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    #[serde(flatten)]
    pub id: ServiceId,
    pub generation: i64,
    pub connector: String,
    pub server: i64,
    /// The supplier's host and port: what is one thing there is one subject here, whoever asks.
    pub authority: String,
    pub domain: String,
    pub options: Facts,
    /// What texts know: `whmcs`, `client`, `domain`, `options`, …
    pub facts: Context,
    /// Under which name the vault has the password that this action is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

impl Order {
    /// `main/17/1`
    pub(crate) fn path(&self) -> String {
        format!("{}/{}/{}", self.id.site, self.id.service, self.generation)
    }

    /// Whether the other asks for the same service.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.connector == other.connector
            && self.options == other.options
            && self.domain == other.domain
    }

    /// Of a service that is there, by what is kept of it.
    pub(crate) fn of(row: &ServiceRow) -> Self {
        let mut facts = row.facts.clone();
        // A service of an earlier version has none yet.
        for name in ["whmcs", "client", "fields"] {
            facts.entry(name).or_insert_with(|| json!({}));
        }
        facts.insert("domain".to_owned(), row.domain.clone().into());
        facts.insert("options".to_owned(), row.options.clone().into());
        facts
            .entry("uid")
            .or_insert_with(|| uid(&row.id, row.generation).into());
        facts.entry("reason").or_insert_with(|| "".into());
        Self {
            id: row.id.clone(),
            generation: row.generation,
            connector: row.connector.clone(),
            server: row.server,
            authority: row.authority.clone(),
            domain: row.domain.clone(),
            options: row.options.clone(),
            facts,
            password: None,
        }
    }

    /// Takes up what WHMCS says now, as far as it says it: another e-mail of the client, a reason.
    pub(crate) fn updated(mut self, connector: &Connector, params: &Params) -> Self {
        if params.map("clientsdetails").names().next().is_some() {
            let known = known(connector, params, &self.id);
            self.facts.extend(known);
        }
        let reason = params.text("suspendreason").unwrap_or_default();
        self.facts.insert("reason".to_owned(), reason.into());
        self
    }

    /// With other options: their facts too.
    pub(crate) fn with_options(mut self, connector: &Connector, options: Facts) -> Self {
        self.facts.extend(option_facts(connector, &options));
        self.facts
            .insert("options".to_owned(), options.clone().into());
        self.options = options;
        self
    }

    pub(crate) fn email(&self) -> &str {
        self.facts
            .get("client")
            .and_then(|client| client.get("email"))
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

/// Everything that texts know of an order, without what is secret.
pub(crate) fn facts(
    connector: &Connector,
    params: &Params,
    id: &ServiceId,
    generation: i64,
    domain: &str,
    options: &Facts,
) -> Context {
    let mut facts = known(connector, params, id);
    facts.insert("domain".to_owned(), domain.into());
    facts.insert("options".to_owned(), options.clone().into());
    facts.insert("uid".to_owned(), uid(id, generation).into());
    facts.insert("reason".to_owned(), "".into());
    facts.extend(option_facts(connector, options));
    facts
}

/// What the product, or the customer, chose.
pub(crate) fn options(connector: &Connector, params: &Params) -> Result<Facts, String> {
    let chosen = params.map("configoptions");
    connector
        .options
        .iter()
        .enumerate()
        .map(|(index, option)| {
            // Configurable options are named by people: the option's own name, or its title.
            let by_customer = chosen
                .names()
                .find(|name| is_called(option, name))
                .and_then(|name| chosen.text(name));
            let value = by_customer
                .or_else(|| params.text(&format!("configoption{}", index + 2)))
                .or_else(|| option.default.clone())
                .ok_or_else(|| {
                    let title = option.title.in_language("en").to_lowercase();
                    format!("the product has no {title}: enter one in its module settings")
                })?;
            Ok((option.name.clone(), choice(option, &value)?.into()))
        })
        .collect()
}

/// The domain of an order; empty where the connector has no use for one.
pub(crate) fn domain(used: &Used, params: &Params) -> Result<String, String> {
    match params.text("domain") {
        Some(domain) => match DomainName::parse(&domain) {
            Ok(domain) => Ok(domain.as_str().to_owned()),
            Err(error) if used.contains("domain") => Err(error.to_string()),
            Err(_) => Ok(domain),
        },
        None if used.contains("domain") => {
            Err("the service has no domain: enter it, then create again".to_owned())
        }
        None => Ok(String::new()),
    }
}

fn is_called(option: &ProductOption, name: &str) -> bool {
    // WHMCS shows what stands behind a "|" and names the option by what stands before it.
    let name = name.split('|').next().unwrap_or(name).trim();
    name.eq_ignore_ascii_case(&option.name)
        || name.eq_ignore_ascii_case(option.title.in_language("en"))
}

fn choice(option: &ProductOption, value: &str) -> Result<String, String> {
    let value = value.split('|').next().unwrap_or(value).trim();
    if option.choices.is_empty() {
        return Ok(value.to_owned());
    }
    let found = option
        .choices
        .iter()
        .find(|choice| choice.value == value)
        .or_else(|| {
            option
                .choices
                .iter()
                .find(|choice| choice.title.in_language("en").eq_ignore_ascii_case(value))
        });
    found.map(|choice| choice.value.clone()).ok_or_else(|| {
        let all: Vec<&str> = option
            .choices
            .iter()
            .map(|choice| choice.value.as_str())
            .collect();
        format!(
            "there is no {} \"{value}\"; there are: {}",
            option.title.in_language("en").to_lowercase(),
            all.join(", ")
        )
    })
}

/// The facts of what was chosen, below the options' names.
fn option_facts(connector: &Connector, options: &Facts) -> Context {
    let with_facts = connector
        .options
        .iter()
        .filter(|option| !option.facts.is_empty());
    with_facts
        .map(|option| {
            let value = options.get(&option.name).map(as_text).unwrap_or_default();
            let facts = option.facts.get(&value).cloned().unwrap_or_default();
            (option.name.clone(), json!(facts))
        })
        .collect()
}

fn known(connector: &Connector, params: &Params, id: &ServiceId) -> Context {
    let client = params.map("clientsdetails");
    let text = |name: &str| client.text(name).unwrap_or_default();
    let names = [client.text("firstname"), client.text("lastname")];
    let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let email = text("email");
    let name = if name.is_empty() { email.clone() } else { name };
    let mut facts = Context::new();
    facts.insert(
        "client".to_owned(),
        json!({
            "id": client.integer("userid").or_else(|| client.integer("id")).or_else(|| params.integer("userid")),
            "email": email,
            "firstname": text("firstname"),
            "lastname": text("lastname"),
            "name": name,
            "company": text("companyname"),
            "address": text("address1"),
            "city": text("city"),
            "state": text("state"),
            "postcode": text("postcode"),
            "country": client.text("countrycode").unwrap_or_else(|| text("country")),
            "phone": text("phonenumber"),
            "language": text("language"),
        }),
    );
    facts.insert(
        "whmcs".to_owned(),
        json!({
            "site": id.site,
            "serviceid": id.service,
            "pid": params.integer("pid"),
            "userid": params.integer("userid"),
        }),
    );
    let username = params.text("username").unwrap_or_default();
    facts.insert("username".to_owned(), username.into());
    // What a customer typed may be a secret: it goes into the journal only where it is needed.
    let used = connector.used();
    let needed = used
        .iter()
        .any(|name| name.split('.').next() == Some("fields"));
    let fields = match params.value("customfields") {
        Some(Value::Object(fields)) if needed => fields.clone(),
        _ => Map::new(),
    };
    facts.insert("fields".to_owned(), fields.into());
    facts
}

/// A UUID (RFC 9562, version 8) made of what a service is: the same whenever it is asked for.
pub(crate) fn uid(id: &ServiceId, generation: i64) -> String {
    let text = format!("wharf/{}/{}/{generation}", id.site, id.service);
    let digest = hex::encode(Sha256::digest(text.as_bytes()));
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-8{}-8{}-{}",
        part(0, 8),
        part(8, 12),
        part(13, 16),
        part(17, 20),
        part(20, 32)
    )
}
