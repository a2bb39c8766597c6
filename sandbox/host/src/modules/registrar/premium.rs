//! Premium names: what they cost here, and what the customer pays.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

use super::Refusable;
use crate::amount::Amount;
use crate::app::{Actor, App, HostError};
use crate::db::{Columns as _, Row, args};

/// What the registrar takes for a premium name, as decimals in its currency.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct PremiumCost {
    pub register: Option<Decimal>,
    pub renew: Option<Decimal>,
    pub transfer: Option<Decimal>,
    pub currency: String,
}

impl PremiumCost {
    /// From `register`, `renew`, `transfer` and `CurrencyCode`; nothing without a currency.
    pub fn read(pricing: &Value) -> Option<Self> {
        let price = |key: &str| match pricing.get(key)? {
            Value::String(text) => text.trim().parse().ok(),
            Value::Number(number) => number.to_string().parse().ok(),
            _ => None,
        };
        let currency = pricing.get("CurrencyCode")?.as_str()?;
        Some(Self {
            register: price("register"),
            renew: price("renew"),
            transfer: price("transfer"),
            currency: currency.to_owned(),
        })
    }
}

impl App {
    pub(crate) async fn premium_enabled(&self) -> Result<bool, HostError> {
        Ok(self.setting("PremiumDomains").await? == "on")
    }

    /// The price to the customer: the cost in the shop's own currency plus the markup of its bracket, in the
    /// customer's currency. `None` when the registrar's currency is not known here.
    pub(crate) async fn premium_price(
        &self,
        cost: Decimal,
        code: &str,
        currency: i64,
    ) -> Result<Option<Amount>, HostError> {
        let sql = "SELECT id, code, CAST(rate AS TEXT) AS rate FROM tblcurrencies";
        let rows = self.db.rows(sql, &[]).await?;
        let rate = |fits: &dyn Fn(&Row) -> bool| -> Option<Decimal> {
            let row = rows.iter().find(|row| fits(row))?;
            row.text("rate")
                .parse()
                .ok()
                .filter(|rate| *rate > Decimal::ZERO)
        };
        let (Some(from), Some(to)) = (
            rate(&|row| row.text("code").eq_ignore_ascii_case(code)),
            rate(&|row| row.int("id") == currency),
        ) else {
            return Ok(None);
        };
        let Some(base) = cost.checked_div(from) else {
            return Ok(None);
        };
        let markup = self.markup_for(base).await?;
        let price = base
            .checked_mul(Decimal::ONE + markup / Decimal::ONE_HUNDRED)
            .and_then(|price| price.checked_mul(to));
        Ok(price.and_then(to_amount))
    }

    /// Percent. The last bracket (−1) is for everything above the others.
    async fn markup_for(&self, cost: Decimal) -> Result<Decimal, HostError> {
        let sql = "SELECT CAST(to_amount AS TEXT) AS upto, CAST(markup AS TEXT) AS percent FROM tbldomainpricing_premium
                   ORDER BY to_amount < 0, to_amount";
        let number = |row: &Row, column: &str| row.text(column).parse().unwrap_or_default();
        let brackets = self.db.rows(sql, &[]).await?;
        let fits = brackets.iter().find(|row| {
            let upto: Decimal = number(row, "upto");
            upto < Decimal::ZERO || cost <= upto
        });
        Ok(fits.map_or(Decimal::ZERO, |row| number(row, "percent")))
    }

    /// `premiumEnabled`, and `premiumCost` for a premium name: the cost that its price was made from.
    pub(super) async fn add_premium(
        &self,
        params: &mut Row,
        domain: &Row,
        extra: &str,
    ) -> Result<(), HostError> {
        let enabled = self.premium_enabled().await?;
        params.insert("premiumEnabled".into(), json!(enabled));
        if domain.on("is_premium") {
            let cost = self.domain_extra(domain.int("id"), extra).await?;
            // A float in PHP, as WHMCS gives it; here it stays the text that it was.
            let number: Value = serde_json::from_str(&cost).unwrap_or_default();
            params.insert("premiumCost".into(), number);
        }
        Ok(())
    }

    /// Asks what a premium name costs to renew now, and keeps it. `None` when the module cannot tell.
    pub(crate) async fn premium_renewal(
        &self,
        actor: &Actor,
        domain: &Row,
        currency: i64,
    ) -> Refusable<Option<Amount>> {
        let answer = self
            .domain_function(actor, domain, "GetPremiumPrice", Row::new())
            .await?;
        let cost = match answer {
            Ok(answer) => PremiumCost::read(&answer.value),
            Err(text) if text == super::UNSUPPORTED => None,
            Err(text) => return Ok(Err(text)),
        };
        let Some((renew, cost)) = cost.and_then(|cost| Some((cost.renew?, cost))) else {
            return Ok(Ok(None));
        };
        let Some(price) = self.premium_price(renew, &cost.currency, currency).await? else {
            return Ok(Err(format!(
                "the premium price is in {}, which this shop does not have",
                cost.currency
            )));
        };
        let id = domain.int("id");
        self.set_domain_extra(id, "registrarRenewalCostPrice", &renew.to_string())
            .await?;
        self.set_domain_extra(id, "registrarCurrency", &cost.currency)
            .await?;
        Ok(Ok(Some(price)))
    }

    pub(crate) async fn premium_brackets(&self) -> Result<Vec<Row>, HostError> {
        let sql = "SELECT id, CAST(to_amount AS TEXT) AS upto, CAST(markup AS TEXT) AS percent FROM tbldomainpricing_premium
                   ORDER BY to_amount < 0, to_amount";
        Ok(self.db.rows(sql, &[]).await?)
    }

    pub(crate) async fn set_premium_brackets(
        &self,
        brackets: &[(Decimal, Decimal)],
    ) -> Result<(), HostError> {
        let mut write = self.db.begin().await?;
        write
            .exec("DELETE FROM tbldomainpricing_premium", &[])
            .await?;
        for (upto, percent) in brackets {
            let sql = "INSERT INTO tbldomainpricing_premium (to_amount, markup, created_at, updated_at) VALUES (?1, ?2, ?3, ?3)";
            write
                .exec(
                    sql,
                    args![upto.to_string(), percent.to_string(), self.now()],
                )
                .await?;
        }
        write.commit().await?;
        Ok(())
    }
}

/// Two decimals, half up.
pub(super) fn to_amount(price: Decimal) -> Option<Amount> {
    let hundredths = price.checked_mul(Decimal::ONE_HUNDRED)?;
    let rounded = hundredths.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    i64::try_from(rounded).ok().map(Amount)
}
