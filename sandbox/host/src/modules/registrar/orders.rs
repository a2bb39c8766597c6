//! What a customer pays for: registration, transfer, renewal.

use serde_json::json;

use super::Refusable;
use crate::app::{Actor, App, HostError, add_months};
use crate::db::{Columns as _, Row, args};
use crate::modules::truthy;
use crate::php_text;

impl App {
    /// Registers a domain with its registrar and moves it to Active, or to Pending Registration when the
    /// registrar says so. With `only_pending` a domain in any other state is left alone and counts as done.
    pub(crate) async fn register_domain(
        &self,
        actor: &Actor,
        id: i64,
        only_pending: bool,
    ) -> Refusable<()> {
        let work = self.register_claimed(actor, id, only_pending);
        self.alone(id, "RegisterDomain", work).await
    }

    /// Asks the registrar to transfer a domain in. `auth`: the code, kept for this order; without it, the
    /// one that the customer gave.
    pub(crate) async fn transfer_domain(
        &self,
        actor: &Actor,
        id: i64,
        only_pending: bool,
        auth: Option<&str>,
    ) -> Refusable<()> {
        let work = self.transfer_claimed(actor, id, only_pending, auth);
        self.alone(id, "TransferDomain", work).await
    }

    /// Renews for `years`, or for the domain's own term.
    pub(crate) async fn renew_domain(
        &self,
        actor: &Actor,
        id: i64,
        years: Option<i64>,
    ) -> Refusable<()> {
        let work = self.renew_claimed(actor, id, years);
        self.alone(id, "RenewDomain", work).await
    }

    /// One action at a time for each domain; success closes what waits in the queue for it.
    async fn alone<T>(
        &self,
        id: i64,
        action: &str,
        work: impl Future<Output = Refusable<T>>,
    ) -> Refusable<T> {
        if !self.claim("domain", id).await? {
            return Ok(Err("another action is running for this domain".to_owned()));
        }
        let outcome = work.await;
        self.release("domain", id).await?;
        if matches!(outcome, Ok(Ok(_))) {
            self.dequeue("domain", id, action).await?;
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
        let vars = json!({ "domain": domain.text("domain") });
        self.hook(actor, "PreDomainRegister", vars).await?;
        let mut params = self.order_params(&domain).await?;
        self.add_premium(&mut params, &domain, "registrarCostPrice")
            .await?;
        let said = self
            .ask_registrar(actor, &domain, "RegisterDomain", params)
            .await?;
        let answer = match said {
            Ok(answer) => answer,
            Err(text) => {
                self.log_failure(actor, &domain, "Domain Registration Failed", &text)
                    .await?;
                return Ok(Err(text));
            }
        };
        if truthy(answer.value.get("pending")) {
            self.set_domain(id, &[("status", "Pending Registration".into())])
                .await?;
            self.log_domain(actor, &domain, "Domain Registration Pending")
                .await?;
            return Ok(Ok(()));
        }
        let years = domain.int("registrationperiod").max(1);
        let due = add_months(&self.today(), years * 12);
        let columns = [
            ("status", "Active".into()),
            ("registrationdate", self.today().into()),
            ("expirydate", (&due).into()),
            ("nextduedate", (&due).into()),
            ("nextinvoicedate", (&due).into()),
        ];
        self.set_domain(id, &columns).await?;
        self.log_domain(actor, &domain, "Domain Registered Successfully")
            .await?;
        Ok(Ok(()))
    }

    async fn transfer_claimed(
        &self,
        actor: &Actor,
        id: i64,
        only_pending: bool,
        auth: Option<&str>,
    ) -> Refusable<()> {
        let Some(domain) = self.domain(id).await? else {
            return Ok(Err("Domain Not Found".to_owned()));
        };
        if only_pending && domain.text("status") != "Pending" {
            return Ok(Ok(()));
        }
        let code = match auth {
            Some(code) => {
                self.keep_auth_code(&domain, code).await?;
                code.to_owned()
            }
            None => self.kept_auth_code(&domain).await?,
        };
        let mut params = self.order_params(&domain).await?;
        params.insert("eppcode".into(), json!(code));
        params.insert("transfersecret".into(), json!(code));
        self.add_premium(&mut params, &domain, "registrarCostPrice")
            .await?;
        self.hook(actor, "PreDomainTransfer", json!({ "params": params }))
            .await?;
        let said = self
            .ask_registrar(actor, &domain, "TransferDomain", params)
            .await?;
        if let Err(text) = said {
            self.log_failure(actor, &domain, "Domain Transfer Failed", &text)
                .await?;
            return Ok(Err(text));
        }
        self.set_domain(
            id,
            &[
                ("status", "Pending Transfer".into()),
                ("type", "Transfer".into()),
            ],
        )
        .await?;
        self.log_domain(actor, &domain, "Domain Transfer Initiated Successfully")
            .await?;
        Ok(Ok(()))
    }

    async fn renew_claimed(&self, actor: &Actor, id: i64, years: Option<i64>) -> Refusable<()> {
        let Some(domain) = self.domain(id).await? else {
            return Ok(Err("Domain Not Found".to_owned()));
        };
        let years = years.unwrap_or_else(|| domain.int("registrationperiod").max(1));
        let status = domain.text("status");
        let mut params = self.domain_params(&domain).await?;
        for (key, value) in [
            ("regperiod", json!(years)),
            ("isInGracePeriod", json!(status == "Grace")),
            ("isInRedemptionGracePeriod", json!(status == "Redemption")),
        ] {
            params.insert(key.to_owned(), value);
        }
        self.add_premium(&mut params, &domain, "registrarRenewalCostPrice")
            .await?;
        let said = self
            .ask_registrar(actor, &domain, "RenewDomain", params)
            .await?;
        if let Err(text) = said {
            self.log_failure(actor, &domain, "Domain Renewal Failed", &text)
                .await?;
            return Ok(Err(text));
        }
        // Read again: the registrar may have told its own date meanwhile, through the API.
        let now = self.domain(id).await?.unwrap_or_default();
        let mut columns = vec![("reminders", "".into())];
        if now.text("expirydate") == domain.text("expirydate")
            && crate::app::read_date(domain.text("expirydate")).is_some()
        {
            let later = add_months(domain.text("expirydate"), years * 12);
            columns.push(("expirydate", later.into()));
        }
        if matches!(
            now.text("status"),
            "Active" | "Grace" | "Redemption" | "Expired"
        ) {
            columns.push(("status", "Active".into()));
        }
        self.set_domain(id, &columns).await?;
        self.log_domain(actor, &domain, "Domain Renewed Successfully")
            .await?;
        Ok(Ok(()))
    }

    async fn log_failure(
        &self,
        actor: &Actor,
        domain: &Row,
        what: &str,
        text: &str,
    ) -> Result<(), HostError> {
        let line = format!(
            "{what} - Domain ID: {} - Domain: {} - Error: {text}",
            domain.int("id"),
            domain.text("domain")
        );
        self.log_activity(actor, &line, domain.int("userid")).await
    }

    /// The code that the customer gave with the order.
    async fn kept_auth_code(&self, domain: &Row) -> Result<String, HostError> {
        let codes = self.auth_codes(domain.int("orderid")).await?;
        let name = domain.text("domain");
        Ok(codes
            .into_iter()
            .find(|(of, _)| of == name)
            .map(|(_, code)| code)
            .unwrap_or_default())
    }

    async fn keep_auth_code(&self, domain: &Row, code: &str) -> Result<(), HostError> {
        let order = domain.int("orderid");
        let mut codes = self.auth_codes(order).await?;
        codes.retain(|(of, _)| of != domain.text("domain"));
        codes.push((domain.text("domain").to_owned(), code.to_owned()));
        let sql = "UPDATE tblorders SET transfersecret = ? WHERE id = ?";
        self.db
            .exec(sql, args![php_text::write_array(&codes), order])
            .await?;
        Ok(())
    }

    async fn auth_codes(&self, order: i64) -> Result<Vec<(String, String)>, HostError> {
        let sql = "SELECT transfersecret FROM tblorders WHERE id = ?";
        let row = self.db.row(sql, args![order]).await?.unwrap_or_default();
        Ok(php_text::read_serialized(
            row.text("transfersecret").as_bytes(),
        ))
    }
}
