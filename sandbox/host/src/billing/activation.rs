//! What a paid invoice sets off. Everything runs before the payer gets an answer, as in WHMCS; a module
//! that fails lands in the module queue and takes nothing back.

use serde_json::json;

use super::credit::book;
use super::pricing::months_of;
use crate::app::{Actor, App, HostError, add_months};
use crate::db::{Columns as _, Row, args};
use crate::modules::Action;
use crate::php::ModuleKind;

impl App {
    /// Runs the chain of an invoice that has just become Paid. Only the caller that made it so may call this.
    pub(crate) async fn invoice_paid(&self, actor: &Actor, id: i64) -> Result<(), HostError> {
        let invoice = self.invoice(id).await?.unwrap_or_default();
        let client = invoice.int("userid");
        self.log_activity(
            actor,
            &format!("Invoice Marked Paid - Invoice ID: {id}"),
            client,
        )
        .await?;
        self.hook(actor, "InvoicePaidPreEmail", json!({ "invoiceid": id }))
            .await?;
        self.hook(actor, "InvoicePaid", json!({ "invoiceid": id }))
            .await?;
        let orders = self
            .db
            .rows(
                "SELECT id, userid FROM tblorders WHERE invoiceid = ?",
                args![id],
            )
            .await?;
        for order in &orders {
            let vars = json!({ "orderId": order.int("id"), "userId": order.int("userid"), "invoiceId": id });
            self.hook(actor, "OrderPaid", vars).await?;
        }
        for item in self.invoice_items(id).await? {
            self.item_paid(actor, client, id, &item).await?;
        }
        if self.setting("AutoAcceptPaidOrders").await? == "on" {
            for order in &orders {
                self.mark_accepted(actor, order.int("id")).await?;
            }
        }
        Ok(())
    }

    async fn item_paid(
        &self,
        actor: &Actor,
        client: i64,
        invoice: i64,
        item: &Row,
    ) -> Result<(), HostError> {
        let related = item.int("relid");
        match item.text("type") {
            "Hosting" => self.service_paid(actor, related).await,
            "DomainRegister" | "DomainTransfer" => self.domain_paid(actor, related).await,
            "Domain" => self.renewal_paid(actor, related).await,
            "DomainAddonIDP" => self.id_protection_paid(actor, related).await,
            "Upgrade" => self.upgrade_paid(actor, related).await,
            "AddFunds" => {
                let mut write = self.db.begin().await?;
                let description = format!("Add Funds Invoice #{invoice}");
                book(
                    &mut write,
                    client,
                    item.amount("amount"),
                    &description,
                    &self.today(),
                    invoice,
                    0,
                )
                .await?;
                write.commit().await?;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn service_paid(&self, actor: &Actor, id: i64) -> Result<(), HostError> {
        let Some(service) = self.service(id).await? else {
            return Ok(());
        };
        if let Some(months) = months_of(service.text("billingcycle")) {
            let due = add_months(service.text("nextduedate"), months);
            let mut write = self.db.begin().await?;
            write
                .update(
                    "tblhosting",
                    id,
                    &[
                        ("nextduedate", (&due).into()),
                        ("nextinvoicedate", (&due).into()),
                    ],
                )
                .await?;
            write.commit().await?;
        }
        match (service.text("domainstatus"), service.text("autosetup")) {
            ("Pending", "payment") => self.create_service(actor, id).await,
            ("Active" | "Suspended", _) if !service.text("servertype").is_empty() => {
                self.service_renewed(actor, &service).await
            }
            ("Suspended", _) => {
                let back = Action::Unsuspend;
                self.record_action(&service, back, "").await
            }
            _ => Ok(()),
        }
    }

    /// A renewal is told to modules that want to know; then what was suspended comes back.
    async fn service_renewed(&self, actor: &Actor, service: &Row) -> Result<(), HostError> {
        let (id, module) = (service.int("id"), service.text("servertype"));
        let renew = Action::Renew.function();
        let described = self.described(ModuleKind::Server, module).await?;
        if described.has(renew) {
            let outcome = self
                .service_action(actor, id, Action::Renew, "", false)
                .await
                .unwrap_or_else(|error| Err(error.to_string()));
            self.queue_failure("service", id, module, renew, outcome)
                .await?;
        }
        if service.text("domainstatus") != "Suspended"
            || self.setting_or("AutoUnsuspend", "on").await? != "on"
        {
            return Ok(());
        }
        let action = Action::Unsuspend;
        let outcome = self
            .service_action(actor, id, action, "", false)
            .await
            .unwrap_or_else(|error| Err(error.to_string()));
        self.queue_failure("service", id, module, action.function(), outcome)
            .await
    }

    /// Creates a pending service; a product without a module is simply Active.
    pub(super) async fn create_service(&self, actor: &Actor, id: i64) -> Result<(), HostError> {
        let Some(service) = self.service(id).await? else {
            return Ok(());
        };
        let module = service.text("servertype");
        if module.is_empty() {
            self.db.exec("UPDATE tblhosting SET domainstatus = 'Active' WHERE id = ? AND domainstatus = 'Pending'", args![id]).await?;
            return Ok(());
        }
        // A host that lost PHP has still taken the money: its failure is the module's failure.
        let outcome = self
            .service_action(actor, id, Action::Create, "", true)
            .await
            .unwrap_or_else(|error| Err(error.to_string()));
        self.queue_failure("service", id, module, Action::Create.function(), outcome)
            .await
    }

    async fn domain_paid(&self, actor: &Actor, id: i64) -> Result<(), HostError> {
        let Some(domain) = self.domain(id).await? else {
            return Ok(());
        };
        let registrar = domain.text("registrar");
        if registrar.is_empty() {
            return Ok(());
        }
        let (action, outcome) = match domain.text("type") {
            "Transfer" => (
                "TransferDomain",
                self.transfer_domain(actor, id, true, None).await,
            ),
            _ => (
                "RegisterDomain",
                self.register_domain(actor, id, true).await,
            ),
        };
        let outcome = outcome.unwrap_or_else(|error| Err(error.to_string()));
        self.queue_failure("domain", id, registrar, action, outcome)
            .await
    }

    async fn id_protection_paid(&self, actor: &Actor, id: i64) -> Result<(), HostError> {
        let Some(domain) = self.domain(id).await? else {
            return Ok(());
        };
        let outcome = self
            .toggle_id_protection(actor, &domain, true)
            .await
            .unwrap_or_else(|error| Err(error.to_string()));
        let registrar = domain.text("registrar");
        self.queue_failure("domain", id, registrar, "IDProtectToggle", outcome)
            .await
    }
}
