//! Another product for a service: what it costs for the rest of the term, and what its payment sets off.

use serde::Serialize;
use serde_json::json;

use super::{InvoiceItem, NewInvoice};
use crate::amount::Amount;
use crate::app::{Actor, App, HostError, add_months};
use crate::billing::pricing::months_of;
use crate::cron::days_between;
use crate::db::{Columns as _, Row, args};
use crate::modules::{Action, Refusable};

/// A product that a service can become.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Offer {
    pub product: i64,
    pub name: String,
    pub description: String,
    pub cycle: String,
    /// For each term from the next one on.
    pub price: String,
    /// For the rest of this one.
    pub due: String,
    #[serde(skip)]
    recurring: Amount,
    #[serde(skip)]
    now: Amount,
}

impl App {
    /// The other products of the service's group and module that are sold for the same billing cycle.
    pub(crate) async fn upgrade_offers(&self, service: &Row) -> Result<Vec<Offer>, HostError> {
        if service.text("domainstatus") != "Active" {
            return Ok(Vec::new());
        }
        let cycle = service
            .text("billingcycle")
            .to_ascii_lowercase()
            .replace(['-', ' '], "");
        let (Some(months), currency) = (
            months_of(&cycle),
            self.currency_of(service.int("userid")).await?.int("id"),
        ) else {
            return Ok(Vec::new());
        };
        let due = service.text("nextduedate");
        let left = days_between(&self.today(), due).unwrap_or(0).max(0);
        let term = days_between(&add_months(due, -months), due)
            .unwrap_or(30)
            .max(1);
        let sql = "SELECT o.* FROM tblproducts p JOIN tblproducts o ON o.gid = p.gid AND o.servertype = p.servertype AND o.id <> p.id
                   WHERE p.id = ? AND o.hidden = 0 AND o.retired = 0 ORDER BY o.\"order\", o.id";
        let mut offers = Vec::new();
        for product in self.db.rows(sql, args![service.int("packageid")]).await? {
            let Some((_, price)) = self.product_price(&product, currency, &cycle).await? else {
                continue;
            };
            let now = share(price - service.amount("amount"), left.min(term), term);
            offers.push(Offer {
                product: product.int("id"),
                name: product.text("name").to_owned(),
                description: product.text("description").to_owned(),
                cycle: service.text("billingcycle").to_owned(),
                price: price.to_string(),
                due: now.to_string(),
                recurring: price,
                now,
            });
        }
        Ok(offers)
    }

    /// Orders an upgrade: the invoice to pay, or none where nothing is due; then it happens at once.
    pub(crate) async fn order_upgrade(
        &self,
        actor: &Actor,
        service: &Row,
        product: i64,
    ) -> Refusable<Option<i64>> {
        let id = service.int("id");
        let offers = self.upgrade_offers(service).await?;
        let Some(offer) = offers.into_iter().find(|offer| offer.product == product) else {
            return Ok(Err("This service cannot become that product.".to_owned()));
        };
        let open = "SELECT count(*) FROM tblinvoiceitems i JOIN tblinvoices v ON v.id = i.invoiceid AND v.status = 'Unpaid'
                    LEFT JOIN tblupgrades u ON u.id = i.relid
                    WHERE (i.type = 'Hosting' AND i.relid = ?1) OR (i.type = 'Upgrade' AND u.relid = ?1)";
        if self.db.count(open, args![id]).await? > 0 {
            return Ok(Err(
                "There is an unpaid invoice for this service. Pay it first, then upgrade."
                    .to_owned(),
            ));
        }
        let mut write = self.db.begin().await?;
        let method = service.text("paymentmethod");
        let order = write
            .insert(
                "tblorders",
                &[
                    ("ordernum", super::orders::order_number().into()),
                    ("userid", service.int("userid").into()),
                    ("date", self.now().into()),
                    ("amount", offer.now.into()),
                    ("paymentmethod", method.into()),
                    ("ipaddress", (&actor.ip).into()),
                    ("status", "Pending".into()),
                ],
            )
            .await?;
        let upgrade = write
            .insert(
                "tblupgrades",
                &[
                    ("userid", service.int("userid").into()),
                    ("orderid", order.into()),
                    ("type", "package".into()),
                    ("date", self.today().into()),
                    ("relid", id.into()),
                    ("originalvalue", service.int("packageid").to_string().into()),
                    ("newvalue", format!("{product},{}", offer.cycle).into()),
                    ("new_cycle", (&offer.cycle).into()),
                    ("amount", offer.now.into()),
                    (
                        "recurringchange",
                        (offer.recurring - service.amount("amount")).into(),
                    ),
                ],
            )
            .await?;
        let mut invoice = None;
        if offer.now.is_positive() {
            let new = NewInvoice {
                client: service.int("userid"),
                status: "Unpaid",
                payment_method: method.to_owned(),
                items: vec![InvoiceItem {
                    kind: "Upgrade".into(),
                    relid: upgrade,
                    description: format!(
                        "Upgrade/Downgrade: {} => {} - {}",
                        service.text("product"),
                        offer.name,
                        service.text("domain")
                    ),
                    amount: offer.now,
                    taxed: false,
                }],
                ..NewInvoice::default()
            };
            let number = self.create_invoice_in(&mut write, &new).await?;
            write
                .update("tblorders", order, &[("invoiceid", number.into())])
                .await?;
            invoice = Some(number);
        }
        write.commit().await?;
        match invoice {
            Some(number) => {
                self.invoice_created(actor, number, "clientarea", "Unpaid")
                    .await?;
            }
            None => self.upgrade_paid(actor, upgrade).await?,
        }
        Ok(Ok(invoice))
    }

    /// The service becomes the product that was ordered, here first, then at its module.
    pub(super) async fn upgrade_paid(&self, actor: &Actor, id: i64) -> Result<(), HostError> {
        let sql = "SELECT * FROM tblupgrades WHERE id = ? AND status = 'Pending'";
        let Some(upgrade) = self.db.row(sql, args![id]).await? else {
            return Ok(());
        };
        let service = upgrade.int("relid");
        let product = upgrade
            .text("newvalue")
            .split(',')
            .next()
            .unwrap_or_default();
        let mut write = self.db.begin().await?;
        let sql = "UPDATE tblhosting SET packageid = ?1, amount = amount + ?2, updated_at = ?3 WHERE id = ?4";
        let change = upgrade.amount("recurringchange");
        let product: i64 = product.parse().unwrap_or_default();
        write
            .exec(sql, args![product, change, self.now(), service])
            .await?;
        let sql = "UPDATE tblupgrades SET status = 'Completed', paid = 'Y' WHERE id = ?";
        write.exec(sql, args![id]).await?;
        write.commit().await?;
        self.mark_accepted(actor, upgrade.int("orderid")).await?;
        self.change_package(actor, service).await?;
        self.hook(actor, "AfterProductUpgrade", json!({ "upgradeid": id }))
            .await?;
        Ok(())
    }

    /// Tells the module that the service's product is another one; a failure waits in the queue.
    async fn change_package(&self, actor: &Actor, id: i64) -> Result<(), HostError> {
        let service = self.service(id).await?.unwrap_or_default();
        let module = service.text("servertype");
        if module.is_empty() {
            return Ok(());
        }
        let action = Action::ChangePackage;
        let outcome = self
            .service_action(actor, id, action, "", false)
            .await
            .unwrap_or_else(|error| Err(error.to_string()));
        self.queue_failure("service", id, module, action.function(), outcome)
            .await
    }
}

/// A price's part for the days that are left, rounded half up; nothing is given back.
fn share(price: Amount, left: i64, term: i64) -> Amount {
    let part = price
        .0
        .saturating_mul(left)
        .saturating_mul(2)
        .saturating_add(term)
        / (2 * term);
    Amount(part.max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_a_term_costs_its_share() {
        for (price, left, due) in [
            (1000, 30, 1000),
            (1000, 15, 500),
            (1, 15, 1),
            (1, 14, 0),
            (1000, 0, 0),
            (-500, 15, 0),
        ] {
            assert_eq!(
                share(Amount(price), left, 30),
                Amount(due),
                "{price} {left}"
            );
        }
    }
}
