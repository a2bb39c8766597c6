//! Registrar modules: how they are called. What is asked of them stands below, by subject.

mod changes;
mod lookup;
mod orders;
mod params;
mod premium;
mod reads;
mod shapes;
mod sync;
mod tlds;

pub(crate) use lookup::Availability;
pub(crate) use params::extra_in;
pub(crate) use premium::PremiumCost;
pub(crate) use sync::SyncMode;
pub(crate) use tlds::{Import, set_prices};

use super::failure_of;
use crate::app::{Actor, App, HostError};
use crate::db::{Columns as _, Row, args};
use crate::php::{ModuleKind, PhpAnswer};

/// What a registrar refused, in its own words.
pub(crate) type Refusable<T> = Result<Result<T, String>, HostError>;

impl App {
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

    /// Calls a registrar function; a missing function is a refusal, and so is an answer of a shape that
    /// WHMCS does not document.
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
        self.ask_module(actor, registrar, function, params).await
    }

    async fn ask_module(
        &self,
        actor: &Actor,
        registrar: &str,
        function: &str,
        params: Row,
    ) -> Refusable<PhpAnswer> {
        let answer = self
            .call(actor, ModuleKind::Registrar, registrar, function, params)
            .await?;
        if let Some(text) = failure_of(&answer) {
            return Ok(Err(text));
        }
        if !answer.exists {
            return Ok(Err(UNSUPPORTED.to_owned()));
        }
        Ok(match shapes::complaint(function, &answer) {
            Some(text) => Err(text),
            None => Ok(answer),
        })
    }

    /// A line of the activity log about a domain.
    async fn log_domain(&self, actor: &Actor, domain: &Row, what: &str) -> Result<(), HostError> {
        let line = format!(
            "{what} - Domain ID: {} - Domain: {}",
            domain.int("id"),
            domain.text("domain")
        );
        self.log_activity(actor, &line, domain.int("userid")).await
    }

    async fn set_domain(
        &self,
        id: i64,
        columns: &[(&str, crate::db::Arg)],
    ) -> Result<(), HostError> {
        let mut columns = columns.to_vec();
        columns.push(("updated_at", self.now().into()));
        let mut write = self.db.begin().await?;
        write.update("tbldomains", id, &columns).await?;
        write.commit().await?;
        Ok(())
    }
}

pub(crate) const UNSUPPORTED: &str = "Registrar Function Not Supported";
