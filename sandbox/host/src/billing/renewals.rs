//! Renewing domains: terms, fees after expiry, the invoice, and what its payment sets off.

use rust_decimal::Decimal;

use super::invoices::{self, InvoiceItem, NewInvoice};
use crate::amount::Amount;
use crate::app::{Actor, App, HostError, add_days, add_months};
use crate::db::{Columns as _, Row, args};
use crate::modules::Refusable;

/// The time after expiry in which a domain can still be renewed, and what that costs on top, in the shop's own
/// currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    pub days: i64,
    pub fee: Amount,
}

/// Those of an extension. A fee of −1 switches a period off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Periods {
    pub grace: Option<Period>,
    pub redemption: Option<Period>,
}

impl App {
    pub(crate) async fn periods_of(&self, domain: &str) -> Result<Periods, HostError> {
        let Some(extension) = self.extension_of(domain).await? else {
            return Ok(Periods::default());
        };
        let sql = "SELECT grace_period, CAST(grace_period_fee AS TEXT) AS grace_fee, redemption_grace_period,
                   CAST(redemption_grace_period_fee AS TEXT) AS redemption_fee FROM tbldomainpricing WHERE id = ?";
        let row = self
            .db
            .row(sql, args![extension.id])
            .await?
            .unwrap_or_default();
        let period = |days: &str, fee: &str| {
            let fee: Decimal = row.text(fee).parse().ok()?;
            let hundredths = i64::try_from(fee.checked_mul(Decimal::ONE_HUNDRED)?.round()).ok()?;
            let days = row.int(days);
            (hundredths >= 0 && days > 0).then_some(Period {
                days,
                fee: Amount(hundredths),
            })
        };
        Ok(Periods {
            grace: period("grace_period", "grace_fee"),
            redemption: period("redemption_grace_period", "redemption_fee"),
        })
    }

    /// The terms that a domain can be renewed for, with prices in its client's currency.
    pub(crate) async fn renewal_terms(
        &self,
        domain: &Row,
    ) -> Result<Vec<(i64, Amount)>, HostError> {
        if domain.on("is_premium") {
            return Ok(vec![(1, domain.amount("recurringamount"))]);
        }
        let Some(extension) = self.extension_of(domain.text("domain")).await? else {
            return Ok(Vec::new());
        };
        let currency = self.currency_of(domain.int("userid")).await?.int("id");
        self.domain_terms(extension.id, "domainrenew", currency)
            .await
    }

    /// The open or paid invoice that renews a domain from a due date on.
    pub(crate) async fn renewal_invoice(
        &self,
        domain: i64,
        due: &str,
    ) -> Result<Option<Row>, HostError> {
        let sql = "SELECT v.* FROM tblinvoiceitems i JOIN tblinvoices v ON v.id = i.invoiceid
                   WHERE i.type = 'Domain' AND i.relid = ? AND i.duedate = ? AND v.status <> 'Cancelled'
                   ORDER BY v.id DESC LIMIT 1";
        Ok(self.db.row(sql, args![domain, due]).await?)
    }

    /// What the next term costs. A premium name is asked for at its registrar.
    pub(crate) async fn renewal_price(&self, actor: &Actor, domain: &Row) -> Refusable<Amount> {
        let known = domain.amount("recurringamount");
        if !domain.on("is_premium") {
            return Ok(Ok(known));
        }
        let currency = self.currency_of(domain.int("userid")).await?.int("id");
        let price = match self.premium_renewal(actor, domain, currency).await? {
            Ok(Some(price)) => price,
            Ok(None) => return Ok(Ok(known)),
            Err(text) => return Ok(Err(text)),
        };
        let sql = "UPDATE tbldomains SET recurringamount = ? WHERE id = ?";
        self.db.exec(sql, args![price, domain.int("id")]).await?;
        Ok(Ok(price))
    }

    /// The renewal itself, ID protection with it, and the fees of the period that the domain is in.
    pub(crate) async fn renewal_items(
        &self,
        domain: &Row,
        years: i64,
        price: Amount,
    ) -> Result<Vec<InvoiceItem>, HostError> {
        let due = domain.text("nextduedate");
        let end = add_days(&add_months(due, years * 12), -1);
        let mut items = vec![InvoiceItem {
            kind: "Domain".into(),
            relid: domain.int("id"),
            description: format!(
                "Domain Renewal - {} - {years} Year/s ({due} - {end})",
                domain.text("domain")
            ),
            amount: price,
            taxed: false,
        }];
        items.extend(self.fees_of(domain).await?);
        Ok(items)
    }

    /// In Grace its fee; in Redemption both.
    async fn fees_of(&self, domain: &Row) -> Result<Vec<InvoiceItem>, HostError> {
        let status = domain.text("status");
        if !matches!(status, "Grace" | "Redemption") {
            return Ok(Vec::new());
        }
        let periods = self.periods_of(domain.text("domain")).await?;
        let currency = self.currency_of(domain.int("userid")).await?;
        let rate: Decimal = currency.text("rate").parse().unwrap_or(Decimal::ONE);
        let redemption = periods.redemption.filter(|_| status == "Redemption");
        let wanted = [
            ("DomainGraceFee", "Grace Period Fee", periods.grace),
            ("DomainRedemptionFee", "Redemption Period Fee", redemption),
        ];
        Ok(wanted
            .into_iter()
            .filter_map(|(kind, label, period)| {
                let amount = period?.fee.times(rate)?;
                amount.is_positive().then(|| InvoiceItem {
                    kind: kind.into(),
                    relid: domain.int("id"),
                    description: format!("{label} - {}", domain.text("domain")),
                    amount,
                    taxed: false,
                })
            })
            .collect())
    }

    /// Adds the fees that became due to the domain's open renewal invoice, each once. True when one was added.
    pub(crate) async fn add_due_fees(&self, domain: &Row) -> Result<bool, HostError> {
        let fees = self.fees_of(domain).await?;
        let due = domain.text("nextduedate");
        let open = self
            .renewal_invoice(domain.int("id"), due)
            .await?
            .filter(|invoice| invoice.text("status") == "Unpaid");
        let Some(invoice) = open else {
            return Ok(false);
        };
        let id = invoice.int("id");
        let known = self.invoice_items(id).await?;
        let mut write = self.db.begin().await?;
        let mut added = false;
        for fee in fees {
            let there = known
                .iter()
                .any(|item| item.text("type") == fee.kind && item.int("relid") == fee.relid);
            if !there {
                let method = invoice.text("paymentmethod");
                invoices::add_item(&mut write, id, invoice.int("userid"), &fee, due, method)
                    .await?;
                added = true;
            }
        }
        invoices::update_total(&mut write, id).await?;
        write.commit().await?;
        Ok(added)
    }

    /// A customer or staff renews now: the invoice to pay, an open one again. The term becomes the domain's.
    pub(crate) async fn order_renewal(
        &self,
        actor: &Actor,
        domain: &Row,
        years: i64,
    ) -> Refusable<i64> {
        let id = domain.int("id");
        if !matches!(
            domain.text("status"),
            "Active" | "Grace" | "Redemption" | "Expired"
        ) {
            return Ok(Err(format!(
                "a domain that is {} cannot be renewed",
                domain.text("status")
            )));
        }
        let open = self
            .renewal_invoice(id, domain.text("nextduedate"))
            .await?
            .filter(|invoice| invoice.text("status") == "Unpaid");
        if let Some(invoice) = open {
            return Ok(Ok(invoice.int("id")));
        }
        let terms = self.renewal_terms(domain).await?;
        let Some((_, mut price)) = terms.into_iter().find(|(term, _)| *term == years) else {
            return Ok(Err(format!(
                "{} cannot be renewed for {years} years",
                domain.text("domain")
            )));
        };
        if domain.on("is_premium") {
            price = match self.renewal_price(actor, domain).await? {
                Ok(price) => price,
                Err(text) => return Ok(Err(text)),
            };
        }
        let due = domain.text("nextduedate");
        let invoice = NewInvoice {
            client: domain.int("userid"),
            status: "Unpaid",
            payment_method: domain.text("paymentmethod").to_owned(),
            due: due.to_owned(),
            items: self.renewal_items(domain, years, price).await?,
            ..NewInvoice::default()
        };
        let mut write = self.db.begin().await?;
        let number = self.create_invoice_in(&mut write, &invoice).await?;
        let columns = [
            ("registrationperiod", years.into()),
            ("recurringamount", price.into()),
            ("nextinvoicedate", add_months(due, years * 12).into()),
            ("updated_at", self.now().into()),
        ];
        write.update("tbldomains", id, &columns).await?;
        write.commit().await?;
        self.invoice_created(actor, number, "clientarea", "Unpaid")
            .await?;
        Ok(Ok(number))
    }

    /// A renewal was paid: the due date moves on, and the registrar is told when that happens by itself.
    pub(super) async fn renewal_paid(&self, actor: &Actor, id: i64) -> Result<(), HostError> {
        let Some(domain) = self.domain(id).await? else {
            return Ok(());
        };
        let years = domain.int("registrationperiod").max(1);
        let due = add_months(domain.text("nextduedate"), years * 12);
        let sql = "UPDATE tbldomains SET nextduedate = ?1, nextinvoicedate = ?1, updated_at = ?2 WHERE id = ?3";
        self.db.exec(sql, args![&due, self.now(), id]).await?;
        let automatic = self.setting_or("AutoRenewDomainsonPayment", "on").await? == "on";
        let registrar = domain.text("registrar");
        if !automatic || registrar.is_empty() {
            return Ok(());
        }
        let outcome = self
            .renew_domain(actor, id, Some(years))
            .await
            .unwrap_or_else(|error| Err(error.to_string()));
        self.queue_failure("domain", id, registrar, "RenewDomain", outcome)
            .await
    }
}
