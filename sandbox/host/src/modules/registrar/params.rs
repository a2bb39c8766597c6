//! What registrar functions are given.

use serde_json::{Value, json};
use wharf_core::DomainName;

use crate::app::{App, HostError, VERSION};
use crate::clients::ClientDetails;
use crate::db::{Columns as _, Row, args};
use crate::php::ModuleKind;

impl App {
    /// What every registrar function is given.
    pub(super) async fn domain_params(&self, domain: &Row) -> Result<Row, HostError> {
        let mut params = self
            .module_settings(ModuleKind::Registrar, domain.text("registrar"))
            .await?;
        let name = domain.text("domain");
        let (sld, tld) = name.split_once('.').unwrap_or((name, ""));
        let parsed = DomainName::parse(name).ok();
        let ascii = parsed.as_ref().map_or(name, DomainName::as_str);
        let (ascii_sld, ascii_tld) = ascii.split_once('.').unwrap_or((ascii, ""));
        let language = self.domain_extra(domain.int("id"), "idnLanguage").await?;
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
            ("idnlanguage", json!(language)),
            ("domain_punycode", json!(ascii)),
            ("sld_punycode", json!(ascii_sld)),
            ("tld_punycode", json!(ascii_tld)),
            ("whmcsVersion", json!(VERSION)),
        ] {
            params.insert(key.to_owned(), value);
        }
        Ok(params)
    }

    /// The parameters of an order: contacts, name servers, additional fields, the premium price.
    pub(super) async fn order_params(&self, domain: &Row) -> Result<Row, HostError> {
        let mut params = self.domain_params(domain).await?;
        self.add_contacts(&mut params, domain).await?;
        let nameservers = self.wanted_nameservers(domain).await?;
        for (index, nameserver) in nameservers.iter().enumerate() {
            params.insert(format!("ns{}", index + 1), json!(nameserver));
        }
        params.insert(
            "additionalfields".into(),
            self.additional_fields(domain.int("id")).await?,
        );
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
        self.default_nameservers().await
    }

    pub(crate) async fn default_nameservers(&self) -> Result<Vec<String>, HostError> {
        let sql = "SELECT value FROM tblconfiguration WHERE setting LIKE 'DefaultNameserver_' AND value <> '' ORDER BY setting";
        Ok(self
            .db
            .rows(sql, &[])
            .await?
            .iter()
            .map(|row| row.text("value").to_owned())
            .collect())
    }

    /// One of a domain's extra values; empty when there is none.
    pub(crate) async fn domain_extra(&self, domain: i64, name: &str) -> Result<String, HostError> {
        let sql = "SELECT value FROM tbldomains_extra WHERE domain_id = ? AND name = ? ORDER BY id DESC LIMIT 1";
        let row = self.db.row(sql, args![domain, name]).await?;
        Ok(row.map_or_else(String::new, |row| row.text("value").to_owned()))
    }

    pub(crate) async fn set_domain_extra(
        &self,
        domain: i64,
        name: &str,
        value: &str,
    ) -> Result<(), HostError> {
        let mut write = self.db.begin().await?;
        extra_in(&mut write, domain, name, value, &self.now()).await?;
        write.commit().await?;
        Ok(())
    }
}

pub(crate) async fn extra_in(
    write: &mut crate::db::Write,
    domain: i64,
    name: &str,
    value: &str,
    now: &str,
) -> Result<(), HostError> {
    let delete = "DELETE FROM tbldomains_extra WHERE domain_id = ? AND name = ?";
    write.exec(delete, args![domain, name]).await?;
    let columns = [
        ("domain_id", domain.into()),
        ("name", name.into()),
        ("value", value.into()),
        ("created_at", now.into()),
        ("updated_at", now.into()),
    ];
    write.insert("tbldomains_extra", &columns).await?;
    Ok(())
}
