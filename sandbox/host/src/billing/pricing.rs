//! Prices of products and domains in one currency.

use serde::Serialize;

use crate::amount::Amount;
use crate::app::{App, HostError};
use crate::db::{Columns as _, Row, args};
use crate::seed::{CYCLES, YEARS};

/// An extension on sale.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Extension {
    pub id: i64,
    /// With the leading dot.
    pub extension: String,
    /// The registrar module that registers by itself; empty for none.
    pub autoreg: String,
    pub id_protection: bool,
    pub dns_management: bool,
    /// Whether a transfer needs the auth code.
    pub auth_code: bool,
}

impl App {
    /// Set-up fee and price of a product for a billing cycle; `None` when the cycle is not offered.
    pub(crate) async fn product_price(
        &self,
        product: &Row,
        currency: i64,
        cycle: &str,
    ) -> Result<Option<(Amount, Amount)>, HostError> {
        let id = product.int("id");
        let Some(row) = self
            .db
            .row(
                "SELECT * FROM tblpricing WHERE type = 'product' AND currency = ? AND relid = ?",
                args![currency, id],
            )
            .await?
        else {
            return Ok((product.text("paytype") == "free").then_some((Amount::ZERO, Amount::ZERO)));
        };
        let column = match product.text("paytype") {
            "free" => return Ok(Some((Amount::ZERO, Amount::ZERO))),
            "onetime" => "monthly",
            _ => cycle,
        };
        let Some(index) = CYCLES.iter().position(|known| *known == column) else {
            return Ok(None);
        };
        let price = row.amount(column);
        let setup = SETUP_FEES
            .get(index)
            .map(|name| row.amount(name))
            .unwrap_or_default();
        Ok((price >= Amount::ZERO).then_some((setup, price)))
    }

    /// The first cycle that a product is offered for.
    pub(crate) async fn default_cycle(
        &self,
        product: &Row,
        currency: i64,
    ) -> Result<String, HostError> {
        if product.text("paytype") != "recurring" {
            return Ok(product.text("paytype").to_owned());
        }
        for cycle in CYCLES {
            if self
                .product_price(product, currency, cycle)
                .await?
                .is_some()
            {
                return Ok(cycle.to_owned());
            }
        }
        Ok("free".to_owned())
    }

    /// The extension that a name is sold under: the longest that fits.
    pub(crate) async fn extension_of(&self, domain: &str) -> Result<Option<Extension>, HostError> {
        let all = self.extensions().await?;
        let fits = all.into_iter().filter(|tld| {
            domain
                .strip_suffix(&tld.extension)
                .is_some_and(|label| !label.is_empty() && !label.contains('.'))
        });
        Ok(fits.max_by_key(|tld| tld.extension.len()))
    }

    pub(crate) async fn extensions(&self) -> Result<Vec<Extension>, HostError> {
        let rows = self
            .db
            .rows(
                "SELECT id, extension, autoreg, idprotection, dnsmanagement, eppcode FROM tbldomainpricing ORDER BY \"order\", id",
                &[],
            )
            .await?;
        Ok(rows
            .iter()
            .map(|row| Extension {
                id: row.int("id"),
                extension: row.text("extension").to_owned(),
                autoreg: row.text("autoreg").to_owned(),
                id_protection: row.on("idprotection"),
                dns_management: row.on("dnsmanagement"),
                auth_code: row.on("eppcode"),
            })
            .collect())
    }

    /// The price of `kind` (`domainregister`, `domainrenew`, `domaintransfer`) for a term; `None` when it
    /// is not offered.
    pub(crate) async fn domain_price(
        &self,
        extension: i64,
        kind: &str,
        currency: i64,
        years: i64,
    ) -> Result<Option<Amount>, HostError> {
        let terms = self.domain_terms(extension, kind, currency).await?;
        let term = terms.into_iter().find(|(term, _)| *term == years);
        Ok(term.map(|(_, price)| price))
    }

    /// Every term that is offered, in years, with its price.
    pub(crate) async fn domain_terms(
        &self,
        extension: i64,
        kind: &str,
        currency: i64,
    ) -> Result<Vec<(i64, Amount)>, HostError> {
        let sql = "SELECT * FROM tblpricing WHERE type = ? AND currency = ? AND relid = ?";
        let row = self.db.row(sql, args![kind, currency, extension]).await?;
        Ok(row.map_or_else(Vec::new, |row| {
            (1..)
                .zip(YEARS)
                .map(|(years, column)| (years, row.amount(column)))
                .filter(|(_, price)| *price >= Amount::ZERO)
                .collect()
        }))
    }
}

/// What a year of a domain's addons costs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AddonPrices {
    pub dns_management: Amount,
    pub id_protection: Amount,
}

impl AddonPrices {
    pub fn of(self, id_protection: bool, dns_management: bool, years: i64) -> Amount {
        let yearly = [
            (id_protection, self.id_protection),
            (dns_management, self.dns_management),
        ]
        .into_iter()
        .filter(|(wanted, _)| *wanted)
        .map(|(_, price)| price)
        .sum::<Amount>();
        Amount(yearly.0.saturating_mul(years))
    }
}

impl App {
    pub(crate) async fn addon_prices(&self, currency: i64) -> Result<AddonPrices, HostError> {
        let sql =
            "SELECT * FROM tblpricing WHERE type = 'domainaddons' AND relid = 0 AND currency = ?";
        let row = self.db.row(sql, args![currency]).await?.unwrap_or_default();
        Ok(AddonPrices {
            dns_management: row.amount("msetupfee"),
            id_protection: row.amount("ssetupfee"),
        })
    }
}

/// Months of a billing cycle; `None` for what does not recur.
pub(crate) fn months_of(cycle: &str) -> Option<i64> {
    match cycle.to_ascii_lowercase().replace('-', "").as_str() {
        "monthly" => Some(1),
        "quarterly" => Some(3),
        "semiannually" => Some(6),
        "annually" => Some(12),
        "biennially" => Some(24),
        "triennially" => Some(36),
        _ => None,
    }
}

/// A cycle as WHMCS writes it in a service.
pub(crate) fn cycle_name(cycle: &str) -> &'static str {
    match cycle.to_ascii_lowercase().replace(['-', ' '], "").as_str() {
        "monthly" => "Monthly",
        "quarterly" => "Quarterly",
        "semiannually" => "Semi-Annually",
        "annually" => "Annually",
        "biennially" => "Biennially",
        "triennially" => "Triennially",
        "onetime" => "One Time",
        _ => "Free Account",
    }
}

const SETUP_FEES: [&str; 6] = [
    "msetupfee",
    "qsetupfee",
    "ssetupfee",
    "asetupfee",
    "bsetupfee",
    "tsetupfee",
];
