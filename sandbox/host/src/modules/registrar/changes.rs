//! What client, staff or API change at a registrar.

use serde_json::{Value, json};

use super::Refusable;
use crate::app::{Actor, App, HostError};
use crate::db::{Arg, Columns as _, Row};
use crate::php::ModuleKind;

impl App {
    pub(crate) async fn save_nameservers(
        &self,
        actor: &Actor,
        domain: &Row,
        nameservers: &[String],
    ) -> Refusable<()> {
        let params = (0..5)
            .map(|index| {
                let nameserver = nameservers.get(index).map(String::as_str);
                (
                    format!("ns{}", index + 1),
                    json!(nameserver.unwrap_or_default()),
                )
            })
            .collect();
        let words = ("Nameservers Changed", "Nameserver Change Failed");
        self.change(actor, domain, "SaveNameservers", params, words)
            .await
    }

    pub(crate) async fn save_lock(
        &self,
        actor: &Actor,
        domain: &Row,
        locked: bool,
    ) -> Refusable<()> {
        let wanted = if locked { "locked" } else { "unlocked" };
        let params = Row::from_iter([("lockenabled".to_owned(), json!(wanted))]);
        let words = ("Registrar Lock Changed", "Registrar Lock Change Failed");
        self.change(actor, domain, "SaveRegistrarLock", params, words)
            .await
    }

    /// Switches ID protection at the registrar, and then here.
    pub(crate) async fn toggle_id_protection(
        &self,
        actor: &Actor,
        domain: &Row,
        on: bool,
    ) -> Refusable<()> {
        let params = Row::from_iter([
            ("protectenable".to_owned(), json!(on)),
            ("idprotection".to_owned(), json!(on)),
        ]);
        let words = ("ID Protection Changed", "ID Protection Change Failed");
        let said = self
            .change(actor, domain, "IDProtectToggle", params, words)
            .await?;
        if said.is_ok() {
            let columns = [("idprotection", Arg::from(on))];
            self.set_domain(domain.int("id"), &columns).await?;
        }
        Ok(said)
    }

    /// Hands the domain to another registrar by its tag.
    pub(crate) async fn release_domain(
        &self,
        actor: &Actor,
        domain: &Row,
        tag: &str,
    ) -> Refusable<()> {
        let params = Row::from_iter([("transfertag".to_owned(), json!(tag))]);
        let words = ("Domain Released", "Domain Release Failed");
        self.change_and_end(actor, domain, "ReleaseDomain", params, words)
            .await
    }

    pub(crate) async fn request_delete(&self, actor: &Actor, domain: &Row) -> Refusable<()> {
        let words = ("Domain Deletion Requested", "Domain Deletion Failed");
        self.change_and_end(actor, domain, "RequestDelete", Row::new(), words)
            .await
    }

    /// Staff saved the domain's page: the module reads what was posted.
    pub(crate) async fn save_tab_fields(&self, actor: &Actor, domain: &Row) -> Refusable<()> {
        let answer = self
            .domain_function(actor, domain, "AdminDomainsTabFieldsSave", Row::new())
            .await?;
        Ok(match answer {
            Err(text) if text == super::UNSUPPORTED => Ok(()),
            answer => answer.map(drop),
        })
    }

    async fn change_and_end(
        &self,
        actor: &Actor,
        domain: &Row,
        function: &str,
        params: Row,
        words: (&str, &str),
    ) -> Refusable<()> {
        let said = self.change(actor, domain, function, params, words).await?;
        if said.is_ok() {
            let status = match function {
                "ReleaseDomain" => "Transferred Away",
                _ => "Cancelled",
            };
            self.set_domain(domain.int("id"), &[("status", status.into())])
                .await?;
        }
        Ok(said)
    }

    async fn change(
        &self,
        actor: &Actor,
        domain: &Row,
        function: &str,
        params: Row,
        (done, failed): (&str, &str),
    ) -> Refusable<()> {
        let said = self
            .domain_function(actor, domain, function, params)
            .await?
            .map(drop);
        match &said {
            Ok(()) => self.log_domain(actor, domain, done).await?,
            Err(text) => {
                let line = format!("{failed} ({text})");
                self.log_domain(actor, domain, &line).await?;
            }
        }
        Ok(said)
    }

    /// Whether a registrar module has a function.
    pub(crate) async fn registrar_can(
        &self,
        actor: &Actor,
        registrar: &str,
        function: &str,
    ) -> Result<bool, HostError> {
        let all = self.registrar_functions(actor, registrar).await?;
        Ok(all.iter().any(|known| known.eq_ignore_ascii_case(function)))
    }

    /// The functions of a registrar module, without its prefix.
    pub(crate) async fn registrar_functions(
        &self,
        actor: &Actor,
        registrar: &str,
    ) -> Result<Vec<String>, HostError> {
        if registrar.is_empty() {
            return Ok(Vec::new());
        }
        let kind = ModuleKind::Registrar;
        let answer = self
            .call(actor, kind, registrar, "__functions", Row::new())
            .await?;
        let all = answer.value.as_array().into_iter().flatten();
        Ok(all.filter_map(Value::as_str).map(str::to_owned).collect())
    }
}
