//! Registrar modules: parameters, registration, name servers, availability, sync.

use serde_json::{Value, json};
use wharf_core::DomainName;

use super::{failure_of, truthy};
use crate::app::{Actor, App, HostError, VERSION, add_months};
use crate::clients::ClientDetails;
use crate::db::{Columns as _, Row, args};
use crate::php::{ModuleKind, PhpAnswer};

/// What a registrar refused, in its own words.
pub(crate) type Refusable<T> = Result<Result<T, String>, HostError>;

/// One name in a search result.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Availability {
    pub domain: String,
    /// `available`, `registered`, `reserved`, `unknown` or `unsupported`.
    pub status: String,
}

impl App {
    /// Registers a domain with its registrar and moves it to Active, or to Pending Registration when the
    /// registrar says so. With `only_pending` a domain in any other state is left alone and counts as done.
    pub(crate) async fn register_domain(
        &self,
        actor: &Actor,
        id: i64,
        only_pending: bool,
    ) -> Refusable<()> {
        if !self.claim("domain", id).await? {
            return Ok(Err("another action is running for this domain".to_owned()));
        }
        let outcome = self.register_claimed(actor, id, only_pending).await;
        self.release("domain", id).await?;
        if matches!(outcome, Ok(Ok(()))) {
            self.dequeue("domain", id, "RegisterDomain").await?;
        }
        outcome
    }

    async fn register_claimed(&self, actor: &Actor, id: i64, only_pending: bool) -> Refusable<()> {
        let Some(domain) = self.domain(id).await? else {
            return Ok(Err("Domain Not Found".to_owned()));
        };
        if only_pending && domain.text("status") != "Pending" {
            return Ok(Ok(()));
        }
        let mut params = self.domain_params(&domain).await?;
        self.add_contacts(&mut params, &domain).await?;
        let nameservers = self.wanted_nameservers(&domain).await?;
        for (index, nameserver) in nameservers.iter().enumerate() {
            params.insert(format!("ns{}", index + 1), json!(nameserver));
        }
        params.insert("additionalfields".into(), self.additional_fields(id).await?);
        params.insert("premiumEnabled".into(), json!(false));

        let answer = match self
            .ask_registrar(actor, &domain, "RegisterDomain", params)
            .await?
        {
            Ok(answer) => answer,
            Err(text) => {
                let line = format!(
                    "Domain Registration Failed - Domain ID: {id} - Domain: {} - Error: {text}",
                    domain.text("domain")
                );
                self.log_activity(actor, &line, domain.int("userid"))
                    .await?;
                return Ok(Err(text));
            }
        };
        let pending = truthy(answer.value.get("pending"));
        let years = domain.int("registrationperiod").max(1);
        let due = add_months(&self.today(), years * 12);
        let mut write = self.db.begin().await?;
        if pending {
            write
                .update(
                    "tbldomains",
                    id,
                    &[
                        ("status", "Pending Registration".into()),
                        ("updated_at", self.now().into()),
                    ],
                )
                .await?;
        } else {
            write
                .update(
                    "tbldomains",
                    id,
                    &[
                        ("status", "Active".into()),
                        ("registrationdate", self.today().into()),
                        ("expirydate", (&due).into()),
                        ("nextduedate", (&due).into()),
                        ("nextinvoicedate", (&due).into()),
                        ("updated_at", self.now().into()),
                    ],
                )
                .await?;
        }
        write.commit().await?;
        let word = if pending {
            "Domain Registration Pending"
        } else {
            "Domain Registered Successfully"
        };
        self.log_activity(
            actor,
            &format!(
                "{word} - Domain ID: {id} - Domain: {}",
                domain.text("domain")
            ),
            domain.int("userid"),
        )
        .await?;
        Ok(Ok(()))
    }

    /// What the registry says about a domain: its name servers and, from modules that tell, more.
    pub(crate) async fn domain_information(&self, actor: &Actor, domain: &Row) -> Refusable<Row> {
        let params = self.domain_params(domain).await?;
        let answer = self
            .call(
                actor,
                ModuleKind::Registrar,
                domain.text("registrar"),
                "GetDomainInformation",
                params,
            )
            .await?;
        if let (true, None, Value::Object(information)) =
            (answer.exists, failure_of(&answer), &answer.value)
        {
            return Ok(Ok(information.clone()));
        }
        if answer.exists {
            return Ok(Err(failure_of(&answer).unwrap_or_else(|| {
                "the registrar module gave no domain information".to_owned()
            })));
        }
        let nameservers = self.nameservers(actor, domain).await?;
        Ok(nameservers.map(|nameservers| {
            Row::from_iter([("nameservers".to_owned(), Value::Object(nameservers))])
        }))
    }

    /// `ns1`…`ns5`. `Err` with WHMCS's words when the module has no such function.
    pub(crate) async fn nameservers(&self, actor: &Actor, domain: &Row) -> Refusable<Row> {
        let params = self.domain_params(domain).await?;
        let answer = self
            .ask_registrar(actor, domain, "GetNameservers", params)
            .await?;
        if let Err(text) = &answer
            && text == UNSUPPORTED
        {
            let params = self.domain_params(domain).await?;
            let information = self
                .ask_registrar(actor, domain, "GetDomainInformation", params)
                .await?;
            return Ok(information.map(|answer| only_nameservers(answer.value.get("nameservers"))));
        }
        Ok(answer.map(|answer| only_nameservers(Some(&answer.value))))
    }

    pub(crate) async fn save_nameservers(
        &self,
        actor: &Actor,
        domain: &Row,
        nameservers: &[String],
    ) -> Refusable<()> {
        let mut params = self.domain_params(domain).await?;
        for index in 0..5 {
            params.insert(
                format!("ns{}", index + 1),
                json!(
                    nameservers
                        .get(index)
                        .map(String::as_str)
                        .unwrap_or_default()
                ),
            );
        }
        let said = self
            .ask_registrar(actor, domain, "SaveNameservers", params)
            .await?
            .map(drop);
        let word = if said.is_ok() {
            "Nameservers Changed"
        } else {
            "Nameserver Change Failed"
        };
        let line = format!(
            "{word} - Domain ID: {} - Domain: {}",
            domain.int("id"),
            domain.text("domain")
        );
        self.log_activity(actor, &line, domain.int("userid"))
            .await?;
        Ok(said)
    }

    /// Brings status and expiry up to date. Returns a line for the person who asked.
    pub(crate) async fn sync_domain(&self, actor: &Actor, domain: &Row) -> Refusable<String> {
        let params = self.domain_params(domain).await?;
        let answer = match self.ask_registrar(actor, domain, "Sync", params).await? {
            Ok(answer) => answer.value,
            Err(text) => return Ok(Err(text)),
        };
        let is = |key: &str| truthy(answer.get(key));
        let status = if is("transferredAway") {
            "Transferred Away"
        } else if is("cancelled") {
            "Cancelled"
        } else if is("active") {
            "Active"
        } else {
            domain.text("status")
        };
        let expiry = answer
            .get("expirydate")
            .and_then(Value::as_str)
            .and_then(crate::app::read_date);
        let mut columns = vec![
            ("status", status.into()),
            ("synced", 1.into()),
            ("updated_at", self.now().into()),
        ];
        if let Some(expiry) = &expiry {
            columns.push(("expirydate", expiry.into()));
        }
        let mut write = self.db.begin().await?;
        write
            .update("tbldomains", domain.int("id"), &columns)
            .await?;
        write.commit().await?;
        let line = format!(
            "{}: {status}, expires {}",
            domain.text("domain"),
            expiry.as_deref().unwrap_or("unknown")
        );
        self.log_activity(
            actor,
            &format!("Domain Synced - {line}"),
            domain.int("userid"),
        )
        .await?;
        Ok(Ok(line))
    }

    /// Asks the lookup registrar about one name under several extensions (with leading dots).
    pub(crate) async fn check_availability(
        &self,
        actor: &Actor,
        label: &str,
        extensions: &[String],
    ) -> Refusable<Vec<Availability>> {
        let registrar = self.setting("domainLookupRegistrar").await?;
        if registrar.is_empty() {
            return Ok(Err("this shop has no lookup registrar".to_owned()));
        }
        let ascii = DomainName::parse(&format!("{label}.com")).map_or_else(
            |_| label.to_owned(),
            |name| {
                name.as_str()
                    .strip_suffix(".com")
                    .unwrap_or(label)
                    .to_owned()
            },
        );
        let mut params = self
            .module_settings(ModuleKind::Registrar, &registrar)
            .await?;
        for (key, value) in [
            ("searchTerm", json!(label)),
            (
                "punyCodeSearchTerm",
                json!(if ascii == label { "" } else { &ascii }),
            ),
            ("tldsToInclude", json!(extensions)),
            ("isIdnDomain", json!(ascii != label)),
            ("premiumEnabled", json!(false)),
            ("sld", json!(label)),
            ("whmcsVersion", json!(VERSION)),
        ] {
            params.insert(key.to_owned(), value);
        }
        let answer = self
            .call(
                actor,
                ModuleKind::Registrar,
                &registrar,
                "CheckAvailability",
                params,
            )
            .await?;
        if !answer.exists {
            return Ok(Err(UNSUPPORTED.to_owned()));
        }
        if let Some(text) = failure_of(&answer) {
            return Ok(Err(text));
        }
        let Some(items) = answer.value.get("items").and_then(Value::as_array) else {
            return Ok(Err("CheckAvailability must return a ResultsList".to_owned()));
        };
        let text = |item: &Value, key: &str| {
            item.get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        Ok(Ok(items
            .iter()
            .map(|item| Availability {
                domain: format!(
                    "{}.{}",
                    text(item, "sld"),
                    text(item, "tld").trim_start_matches('.')
                ),
                status: text(item, "status"),
            })
            .collect()))
    }

    /// Any function of the domain's registrar, with the usual parameters and `more`.
    pub(crate) async fn domain_function(
        &self,
        actor: &Actor,
        domain: &Row,
        function: &str,
        more: Row,
    ) -> Refusable<PhpAnswer> {
        let mut params = self.domain_params(domain).await?;
        params.extend(more);
        self.ask_registrar(actor, domain, function, params).await
    }

    pub(crate) async fn domain(&self, id: i64) -> Result<Option<Row>, HostError> {
        Ok(self
            .db
            .row("SELECT * FROM tbldomains WHERE id = ?", args![id])
            .await?)
    }

    /// Calls a registrar function; a missing function is a refusal.
    async fn ask_registrar(
        &self,
        actor: &Actor,
        domain: &Row,
        function: &str,
        params: Row,
    ) -> Refusable<PhpAnswer> {
        let registrar = domain.text("registrar");
        if registrar.is_empty() {
            return Ok(Err("no registrar is assigned to this domain".to_owned()));
        }
        let answer = self
            .call(actor, ModuleKind::Registrar, registrar, function, params)
            .await?;
        if let Some(text) = failure_of(&answer) {
            return Ok(Err(text));
        }
        if !answer.exists {
            return Ok(Err(UNSUPPORTED.to_owned()));
        }
        Ok(Ok(answer))
    }

    /// What every registrar function is given.
    async fn domain_params(&self, domain: &Row) -> Result<Row, HostError> {
        let mut params = self
            .module_settings(ModuleKind::Registrar, domain.text("registrar"))
            .await?;
        let name = domain.text("domain");
        let (sld, tld) = name.split_once('.').unwrap_or((name, ""));
        let parsed = DomainName::parse(name).ok();
        let ascii = parsed.as_ref().map_or(name, DomainName::as_str);
        let (ascii_sld, ascii_tld) = ascii.split_once('.').unwrap_or((ascii, ""));
        for (key, value) in [
            ("userid", json!(domain.int("userid"))),
            ("domainid", json!(domain.int("id"))),
            ("domain", json!(name)),
            ("domainname", json!(name)),
            ("sld", json!(sld)),
            ("tld", json!(tld)),
            ("regperiod", json!(domain.int("registrationperiod").max(1))),
            ("registrar", json!(domain.text("registrar"))),
            ("regtype", json!(domain.text("type"))),
            ("status", json!(domain.text("status"))),
            ("expirydate", json!(domain.text("expirydate"))),
            ("dnsmanagement", json!(domain.on("dnsmanagement"))),
            ("emailforwarding", json!(domain.on("emailforwarding"))),
            ("idprotection", json!(domain.on("idprotection"))),
            (
                "is_idn",
                json!(parsed.as_ref().is_some_and(DomainName::is_idn)),
            ),
            ("idnlanguage", json!("")),
            ("domain_punycode", json!(ascii)),
            ("sld_punycode", json!(ascii_sld)),
            ("tld_punycode", json!(ascii_tld)),
            ("whmcsVersion", json!(VERSION)),
        ] {
            params.insert(key.to_owned(), value);
        }
        Ok(params)
    }

    /// The registrant's data, and again with the prefix `admin` for the other contacts.
    async fn add_contacts(&self, params: &mut Row, domain: &Row) -> Result<(), HostError> {
        let Some(client) = self.client(domain.int("userid")).await? else {
            return Ok(());
        };
        let details = ClientDetails::of(&client);
        for (key, value) in details.contact() {
            params.insert(format!("admin{key}"), json!(value));
            params.insert(key.to_owned(), json!(value));
        }
        params.insert("language".into(), json!(client.text("language")));
        params.insert(
            "customfields".into(),
            self.custom_field_values("client", 0, client.int("id"))
                .await?
                .into(),
        );
        Ok(())
    }

    async fn additional_fields(&self, domain: i64) -> Result<Value, HostError> {
        let rows = self
            .db
            .rows(
                "SELECT name, value FROM tbldomainsadditionalfields WHERE domainid = ?",
                args![domain],
            )
            .await?;
        Ok(rows
            .iter()
            .map(|row| (row.text("name").to_owned(), json!(row.text("value"))))
            .collect::<Row>()
            .into())
    }

    /// Those of the order, else the installation's own.
    async fn wanted_nameservers(&self, domain: &Row) -> Result<Vec<String>, HostError> {
        let order = self
            .db
            .row(
                "SELECT nameservers FROM tblorders WHERE id = ?",
                args![domain.int("orderid")],
            )
            .await?;
        let chosen: Vec<String> = order
            .map(|row| {
                row.text("nameservers")
                    .split(',')
                    .map(str::trim)
                    .filter(|ns| !ns.is_empty())
                    .map(str::to_owned)
                    .collect()
            })
            .unwrap_or_default();
        if !chosen.is_empty() {
            return Ok(chosen);
        }
        let sql = "SELECT value FROM tblconfiguration WHERE setting LIKE 'DefaultNameserver_' AND value <> '' ORDER BY setting";
        Ok(self
            .db
            .rows(sql, &[])
            .await?
            .iter()
            .map(|row| row.text("value").to_owned())
            .collect())
    }
}

fn only_nameservers(answer: Option<&Value>) -> Row {
    let keys = ["ns1", "ns2", "ns3", "ns4", "ns5"];
    let value = |key: &str| {
        answer
            .and_then(|answer| answer.get(key))
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    keys.iter()
        .map(|key| ((*key).to_owned(), json!(value(key))))
        .collect()
}

pub(crate) const UNSUPPORTED: &str = "Registrar Function Not Supported";
