//! Placing orders, and what staff does with them.

use rust_decimal::Decimal;
use serde_json::json;

use super::invoices::{InvoiceItem, NewInvoice};
use super::pricing::cycle_name;
use crate::amount::Amount;
use crate::app::{Actor, App, HostError};
use crate::db::{Arg, Columns as _, Row, args};
use crate::modules::{Action, extra_in};
use crate::{php_text, secrets};

/// A product that is ordered, with its price already found.
#[derive(Clone, Debug)]
pub(crate) struct CartProduct {
    pub product: Row,
    pub domain: String,
    /// As in tblpricing: `monthly`, …
    pub cycle: String,
    pub setup: Amount,
    pub price: Amount,
    /// Custom field id → value.
    pub custom_fields: Vec<(i64, String)>,
}

/// A domain that is ordered.
#[derive(Clone, Debug)]
pub(crate) struct CartDomain {
    pub domain: String,
    pub transfer: bool,
    pub years: i64,
    pub price: Amount,
    pub renewal: Amount,
    pub registrar: String,
    pub fields: Vec<(String, String)>,
    /// The code that the customer has for a transfer.
    pub auth: String,
    pub id_protection: bool,
    pub dns_management: bool,
    pub idn_language: String,
    pub premium: Option<PremiumOrder>,
}

/// What the registrar takes for a premium name that is ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PremiumOrder {
    pub cost: Decimal,
    pub renewal: Option<Decimal>,
    pub currency: String,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct NewOrder {
    pub client: i64,
    pub payment_method: String,
    pub products: Vec<CartProduct>,
    pub domains: Vec<CartDomain>,
    pub nameservers: Vec<String>,
    pub ip: String,
    pub without_invoice: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct PlacedOrder {
    pub id: i64,
    pub number: i64,
    /// 0 when there is none.
    pub invoice: i64,
    pub services: Vec<i64>,
    pub domains: Vec<i64>,
}

impl App {
    /// Writes order, services, domains and invoice at one go, then runs the hooks. An order that costs
    /// nothing is paid at once.
    pub(crate) async fn place_order(
        &self,
        actor: &Actor,
        new: &NewOrder,
    ) -> Result<PlacedOrder, HostError> {
        let mut write = self.db.begin().await?;
        let mut placed = PlacedOrder {
            number: order_number(),
            ..PlacedOrder::default()
        };
        let total: Amount = new
            .products
            .iter()
            .map(|p| p.setup + p.price)
            .sum::<Amount>()
            + new.domains.iter().map(|d| d.price).sum();
        let codes: Vec<(String, String)> = new
            .domains
            .iter()
            .filter(|domain| domain.transfer && !domain.auth.is_empty())
            .map(|domain| (domain.domain.clone(), domain.auth.clone()))
            .collect();
        placed.id = write
            .insert(
                "tblorders",
                &[
                    ("transfersecret", php_text::write_array(&codes).into()),
                    ("ordernum", placed.number.into()),
                    ("userid", new.client.into()),
                    ("date", self.now().into()),
                    ("nameservers", new.nameservers.join(",").into()),
                    ("amount", total.into()),
                    ("paymentmethod", (&new.payment_method).into()),
                    ("ipaddress", (&new.ip).into()),
                    ("status", "Pending".into()),
                ],
            )
            .await?;
        let mut items = Vec::new();
        for product in &new.products {
            let id = self
                .add_service(&mut write, new, placed.id, product)
                .await?;
            let name = product.product.text("name");
            let suffix = if product.domain.is_empty() {
                String::new()
            } else {
                format!(" - {}", product.domain)
            };
            items.push(InvoiceItem {
                kind: "Hosting".into(),
                relid: id,
                description: format!("{name}{suffix} ({})", cycle_name(&product.cycle)),
                amount: product.setup + product.price,
                taxed: false,
            });
            placed.services.push(id);
        }
        for domain in &new.domains {
            let id = self.add_domain(&mut write, new, placed.id, domain).await?;
            let (kind, word) = if domain.transfer {
                ("DomainTransfer", "Transfer")
            } else {
                ("DomainRegister", "Registration")
            };
            items.push(InvoiceItem {
                kind: kind.into(),
                relid: id,
                description: format!(
                    "Domain {word} - {} - {} Year/s",
                    domain.domain, domain.years
                ),
                amount: domain.price,
                taxed: false,
            });
            placed.domains.push(id);
        }
        let mut paid = false;
        if !new.without_invoice {
            let invoice = NewInvoice {
                client: new.client,
                status: "Unpaid",
                payment_method: new.payment_method.clone(),
                items,
                ..NewInvoice::default()
            };
            placed.invoice = self.create_invoice_in(&mut write, &invoice).await?;
            write
                .update(
                    "tblorders",
                    placed.id,
                    &[("invoiceid", placed.invoice.into())],
                )
                .await?;
            paid = self.mark_paid_in(&mut write, placed.invoice).await?;
        }
        write.commit().await?;
        self.log_activity(
            actor,
            &format!(
                "New Order Placed - Order ID: {} - User ID: {}",
                placed.id, new.client
            ),
            new.client,
        )
        .await?;
        if placed.invoice > 0 {
            self.invoice_created(actor, placed.invoice, "autogen", "Unpaid")
                .await?;
        }
        let vars = json!({
            "OrderID": placed.id, "OrderNumber": placed.number, "ServiceIDs": placed.services, "AddonIDs": [], "DomainIDs": placed.domains,
            "RenewalIDs": [], "PaymentMethod": new.payment_method, "InvoiceID": placed.invoice, "TotalDue": total.to_string(),
        });
        self.hook(actor, "AfterShoppingCartCheckout", vars).await?;
        for (product, id) in new.products.iter().zip(&placed.services) {
            if product.product.text("autosetup") == "order" {
                self.create_service(actor, *id).await?;
            }
        }
        if paid {
            self.invoice_paid(actor, placed.invoice).await?;
        }
        Ok(placed)
    }

    async fn add_service(
        &self,
        write: &mut crate::db::Write,
        new: &NewOrder,
        order: i64,
        product: &CartProduct,
    ) -> Result<i64, HostError> {
        let id = write
            .insert(
                "tblhosting",
                &[
                    ("userid", new.client.into()),
                    ("orderid", order.into()),
                    ("packageid", product.product.int("id").into()),
                    ("regdate", self.today().into()),
                    ("domain", (&product.domain).into()),
                    ("paymentmethod", (&new.payment_method).into()),
                    ("firstpaymentamount", (product.setup + product.price).into()),
                    ("amount", product.price.into()),
                    ("billingcycle", cycle_name(&product.cycle).into()),
                    ("nextduedate", self.today().into()),
                    ("nextinvoicedate", self.today().into()),
                    ("domainstatus", "Pending".into()),
                    ("created_at", self.now().into()),
                    ("updated_at", self.now().into()),
                ],
            )
            .await?;
        for (field, value) in &product.custom_fields {
            write
                .insert(
                    "tblcustomfieldsvalues",
                    &[
                        ("fieldid", (*field).into()),
                        ("relid", id.into()),
                        ("value", value.into()),
                    ],
                )
                .await?;
        }
        Ok(id)
    }

    /// The custom fields of a product that customers fill in.
    pub(crate) async fn order_fields(&self, product: i64) -> Result<Vec<Row>, HostError> {
        let sql = "SELECT id, fieldname, description FROM tblcustomfields
                   WHERE type = 'product' AND relid = ? AND showorder = 'on' ORDER BY sortorder, id";
        Ok(self.db.rows(sql, args![product]).await?)
    }

    /// Values for custom fields of a product, given by the field's id or its name.
    pub(crate) async fn known_fields(
        &self,
        product: i64,
        given: &[(String, String)],
    ) -> Result<Vec<(i64, String)>, HostError> {
        if given.is_empty() {
            return Ok(Vec::new());
        }
        let sql = "SELECT id, fieldname FROM tblcustomfields WHERE type = 'product' AND relid = ?";
        let known = self.db.rows(sql, args![product]).await?;
        let of = |row: &Row| {
            let id = row.int("id").to_string();
            given
                .iter()
                .find(|(key, _)| *key == id || key == row.text("fieldname"))
                .map(|(_, value)| (row.int("id"), value.clone()))
        };
        Ok(known.iter().filter_map(of).collect())
    }

    async fn add_domain(
        &self,
        write: &mut crate::db::Write,
        new: &NewOrder,
        order: i64,
        domain: &CartDomain,
    ) -> Result<i64, HostError> {
        let id = write
            .insert(
                "tbldomains",
                &[
                    ("userid", new.client.into()),
                    ("orderid", order.into()),
                    (
                        "type",
                        if domain.transfer {
                            "Transfer"
                        } else {
                            "Register"
                        }
                        .into(),
                    ),
                    ("registrationdate", self.today().into()),
                    ("domain", (&domain.domain).into()),
                    ("firstpaymentamount", domain.price.into()),
                    ("recurringamount", domain.renewal.into()),
                    ("registrar", (&domain.registrar).into()),
                    ("registrationperiod", domain.years.into()),
                    ("status", "Pending".into()),
                    ("nextduedate", self.today().into()),
                    ("nextinvoicedate", self.today().into()),
                    ("paymentmethod", (&new.payment_method).into()),
                    ("idprotection", domain.id_protection.into()),
                    ("dnsmanagement", domain.dns_management.into()),
                    ("is_premium", domain.premium.is_some().into()),
                    ("created_at", self.now().into()),
                    ("updated_at", self.now().into()),
                ],
            )
            .await?;
        let mut extras = Vec::new();
        if let Some(premium) = &domain.premium {
            extras.push(("registrarCostPrice", premium.cost.to_string()));
            extras.push(("registrarCurrency", premium.currency.clone()));
            let renewal = premium.renewal.map(|cost| cost.to_string());
            extras.extend(renewal.map(|cost| ("registrarRenewalCostPrice", cost)));
        }
        if !domain.idn_language.is_empty() {
            extras.push(("idnLanguage", domain.idn_language.clone()));
        }
        for (name, value) in &extras {
            extra_in(write, id, name, value, &self.now()).await?;
        }
        for (name, value) in &domain.fields {
            write
                .insert(
                    "tbldomainsadditionalfields",
                    &[
                        ("domainid", id.into()),
                        ("name", name.into()),
                        ("value", value.into()),
                    ],
                )
                .await?;
        }
        Ok(id)
    }

    /// Accepts a pending order as staff does: sends what is asked for to the modules and makes the rest Active.
    /// The error is that of the first module that refused; the order then stays Pending.
    pub(crate) async fn accept_order(
        &self,
        actor: &Actor,
        id: i64,
        autosetup: bool,
        send_to_registrar: bool,
    ) -> Result<Result<(), String>, HostError> {
        let order = self
            .db
            .row(
                "SELECT * FROM tblorders WHERE id = ? AND status = 'Pending'",
                args![id],
            )
            .await?;
        if order.is_none() {
            return Ok(Err("Order ID not found or Status not Pending".to_owned()));
        }
        let services = self.db.rows("SELECT h.id, p.servertype FROM tblhosting h JOIN tblproducts p ON p.id = h.packageid WHERE h.orderid = ? AND h.domainstatus = 'Pending'", args![id]).await?;
        for service in services
            .iter()
            .filter(|service| autosetup && !service.text("servertype").is_empty())
        {
            if let Err(text) = self
                .service_action(actor, service.int("id"), Action::Create, "", true)
                .await?
            {
                return Ok(Err(text));
            }
        }
        let domains = self.db.rows("SELECT id, registrar, type FROM tbldomains WHERE orderid = ? AND status = 'Pending'", args![id]).await?;
        for domain in domains
            .iter()
            .filter(|domain| send_to_registrar && !domain.text("registrar").is_empty())
        {
            let said = match domain.text("type") {
                "Transfer" => {
                    self.transfer_domain(actor, domain.int("id"), true, None)
                        .await?
                }
                _ => self.register_domain(actor, domain.int("id"), true).await?,
            };
            if let Err(text) = said {
                return Ok(Err(text));
            }
        }
        let mut write = self.db.begin().await?;
        write.exec("UPDATE tblhosting SET domainstatus = 'Active' WHERE orderid = ? AND domainstatus = 'Pending'", args![id]).await?;
        write.exec("UPDATE tbldomains SET status = 'Active' WHERE orderid = ? AND status = 'Pending' AND type = 'Register'", args![id]).await?;
        write.commit().await?;
        self.mark_accepted(actor, id).await?;
        Ok(Ok(()))
    }

    /// Sets a pending order to Active. True when this call did it.
    pub(super) async fn mark_accepted(&self, actor: &Actor, id: i64) -> Result<bool, HostError> {
        let done = self
            .db
            .exec(
                "UPDATE tblorders SET status = 'Active' WHERE id = ? AND status = 'Pending'",
                args![id],
            )
            .await?;
        if done.rows == 1 {
            self.hook(actor, "AcceptOrder", json!({ "orderid": id }))
                .await?;
            self.log_activity(
                actor,
                &format!("Order Status set to Active - Order ID: {id}"),
                0,
            )
            .await?;
        }
        Ok(done.rows == 1)
    }

    /// Puts an order and what is in it into another state: `Cancelled`, `Fraud` or `Pending`.
    pub(crate) async fn set_order_status(
        &self,
        actor: &Actor,
        id: i64,
        status: &str,
    ) -> Result<(), HostError> {
        let mut write = self.db.begin().await?;
        let args: [Arg; 2] = [status.into(), id.into()];
        write
            .exec("UPDATE tblorders SET status = ? WHERE id = ?", &args)
            .await?;
        write
            .exec(
                "UPDATE tblhosting SET domainstatus = ? WHERE orderid = ?",
                &args,
            )
            .await?;
        write
            .exec("UPDATE tbldomains SET status = ? WHERE orderid = ?", &args)
            .await?;
        if status != "Pending" {
            let sql = "UPDATE tblinvoices SET status = 'Cancelled', date_cancelled = ? WHERE status = 'Unpaid' AND id = (SELECT invoiceid FROM tblorders WHERE id = ?)";
            write.exec(sql, args![self.now(), id]).await?;
        }
        write.commit().await?;
        let point = match status {
            "Cancelled" => "CancelOrder",
            "Fraud" => "FraudOrder",
            _ => "PendingOrder",
        };
        self.hook(actor, point, json!({ "orderid": id })).await?;
        self.log_activity(
            actor,
            &format!("Order Status set to {status} - Order ID: {id}"),
            0,
        )
        .await
    }
}

/// Ten digits, not to be guessed from others.
pub(super) fn order_number() -> i64 {
    let bytes = u64::from_be_bytes(secrets::random());
    1_000_000_000 + i64::try_from(bytes % 9_000_000_000).unwrap_or_default()
}
