//! Importing a registrar's price list: GetTldPricing into the shop's extensions and prices.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::Refusable;
use super::premium::to_amount;
use crate::amount::Amount;
use crate::app::{Actor, App, HostError};
use crate::db::{Arg, Columns as _, Row, Write, args};
use crate::php::ModuleKind;
use crate::seed::YEARS;

/// What to import, and what to earn on it.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    pub registrar: String,
    /// Percent on top of the registrar's price.
    pub margin: Decimal,
    /// Extensions with their dots; empty: all.
    pub only: Vec<String>,
    /// Whether the registrar registers them by itself from now on.
    pub automatic: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Imported {
    pub added: usize,
    pub updated: usize,
    /// Extension and reason.
    pub skipped: Vec<(String, String)>,
}

/// A currency of the shop.
struct Currency {
    id: i64,
    code: String,
    rate: Decimal,
}

impl App {
    /// Reads the registrar's list and stores prices in every currency of the shop.
    pub(crate) async fn import_tlds(&self, actor: &Actor, import: &Import) -> Refusable<Imported> {
        let items = match self.tld_list(actor, &import.registrar).await? {
            Ok(items) => items,
            Err(text) => return Ok(Err(text)),
        };
        let mut write = self.db.begin().await?;
        let currencies = currencies(&mut write).await?;
        let mut done = Imported::default();
        let mut modified = Vec::new();
        for item in &items {
            let extension = text(item, "extension").to_lowercase();
            if !import.only.is_empty() && !import.only.contains(&extension) {
                continue;
            }
            match self
                .import_one(&mut write, import, &currencies, &extension, item)
                .await?
            {
                Ok(true) => done.added += 1,
                Ok(false) => done.updated += 1,
                Err(why) => {
                    done.skipped.push((extension, why));
                    continue;
                }
            }
            modified.push(extension);
        }
        write.commit().await?;
        let line = format!(
            "TLD prices imported from {} - {} added, {} updated, {} skipped",
            import.registrar,
            done.added,
            done.updated,
            done.skipped.len()
        );
        self.log_activity(actor, &line, 0).await?;
        let vars = json!({ "modifiedTlds": modified });
        self.hook(actor, "TopLevelDomainUpdate", vars).await?;
        Ok(Ok(done))
    }

    /// The registrar's list as it is.
    pub(crate) async fn tld_list(&self, actor: &Actor, registrar: &str) -> Refusable<Vec<Value>> {
        let params = self
            .module_settings(ModuleKind::Registrar, registrar)
            .await?;
        let answer = self
            .ask_module(actor, registrar, "GetTldPricing", params)
            .await?;
        Ok(answer.map(|answer| match answer.value {
            Value::Object(mut list) => match list.remove("items") {
                Some(Value::Array(items)) => items,
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }))
    }

    /// True when the extension is new here; the reason when it cannot be sold.
    async fn import_one(
        &self,
        write: &mut Write,
        import: &Import,
        currencies: &[Currency],
        extension: &str,
        item: &Value,
    ) -> Result<Result<bool, String>, HostError> {
        let code = text(item, "currency");
        let Some(from) = currencies
            .iter()
            .find(|known| known.code.eq_ignore_ascii_case(code))
        else {
            return Ok(Err(format!("this shop has no currency {code}")));
        };
        let years = years(item);
        let Some(shortest) = years.first().copied() else {
            return Ok(Err("it is offered for no term".to_owned()));
        };
        let margin = Decimal::ONE + import.margin / Decimal::ONE_HUNDRED;
        let sold = |key: &str, rate: Decimal| {
            let cost = decimal(item.get(key))?;
            cost.checked_div(from.rate)?
                .checked_mul(margin)?
                .checked_mul(rate)
        };
        let fee = |key: &str| {
            sold(key, Decimal::ONE)
                .and_then(to_amount)
                .unwrap_or(Amount(-100))
        };
        let days = |key: &str| item.get(key).and_then(as_days).unwrap_or(-1);
        let mut columns: Vec<(&str, Arg)> = vec![
            ("grace_period", days("graceFeeDays").into()),
            ("grace_period_fee", fee("graceFeePrice").into()),
            ("redemption_grace_period", days("redemptionFeeDays").into()),
            (
                "redemption_grace_period_fee",
                fee("redemptionFeePrice").into(),
            ),
            ("updated_at", self.now().into()),
        ];
        if let Some(required) = item.get("eppRequired").and_then(Value::as_bool) {
            columns.push(("eppcode", required.into()));
        }
        if import.automatic {
            columns.push(("autoreg", (&import.registrar).into()));
        }
        let known = write
            .row(
                "SELECT id FROM tbldomainpricing WHERE extension = ?",
                args![extension],
            )
            .await?;
        let (id, new) = match known {
            Some(row) => {
                write
                    .update("tbldomainpricing", row.int("id"), &columns)
                    .await?;
                (row.int("id"), false)
            }
            None => {
                columns.push(("extension", extension.into()));
                columns.push(("created_at", self.now().into()));
                (write.insert("tbldomainpricing", &columns).await?, true)
            }
        };
        for currency in currencies {
            for (kind, key) in KINDS {
                let price = |term: i64| {
                    let offered = match kind {
                        "domaintransfer" => term == 1,
                        "domainrenew" => years.contains(&term) && term < 10,
                        _ => years.contains(&term),
                    };
                    let shortest = match kind {
                        "domaintransfer" => 1,
                        _ => shortest,
                    };
                    sold(key, currency.rate)
                        .filter(|_| offered)
                        .and_then(|price| price.checked_mul(Decimal::from(term)))
                        .and_then(|price| price.checked_div(Decimal::from(shortest)))
                        .and_then(to_amount)
                        .unwrap_or(Amount(-100))
                };
                set_prices(write, kind, currency.id, id, price).await?;
            }
        }
        Ok(Ok(new))
    }
}

/// Writes the ten terms of one kind of price.
pub(crate) async fn set_prices(
    write: &mut Write,
    kind: &str,
    currency: i64,
    extension: i64,
    price: impl Fn(i64) -> Amount,
) -> Result<(), HostError> {
    let names = YEARS.join(", ");
    let sets: Vec<String> = YEARS
        .iter()
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    let sql = format!(
        "INSERT INTO tblpricing (type, currency, relid, {names}) VALUES (?, ?, ?{}) ON CONFLICT (type, currency, relid) DO UPDATE SET {}",
        ", ?".repeat(YEARS.len()),
        sets.join(", ")
    );
    let mut values: Vec<Arg> = vec![kind.into(), currency.into(), extension.into()];
    values.extend((1..=10).map(|term| Arg::from(price(term))));
    write.exec(&sql, &values).await?;
    Ok(())
}

async fn currencies(write: &mut Write) -> Result<Vec<Currency>, HostError> {
    let sql = "SELECT id, code, CAST(rate AS TEXT) AS rate FROM tblcurrencies ORDER BY id";
    let rows = write.rows(sql, &[]).await?;
    Ok(rows
        .iter()
        .filter_map(|row: &Row| {
            let rate: Decimal = row.text("rate").parse().ok()?;
            (rate > Decimal::ZERO).then(|| Currency {
                id: row.int("id"),
                code: row.text("code").to_owned(),
                rate,
            })
        })
        .collect())
}

/// The terms: `years`, or those from the shortest to the longest by step.
fn years(item: &Value) -> Vec<i64> {
    let number = |key: &str, usual: i64| item.get(key).and_then(as_days).unwrap_or(usual);
    let mut years: Vec<i64> = match item.get("years") {
        Some(Value::Array(list)) if !list.is_empty() => list.iter().filter_map(as_days).collect(),
        Some(Value::Object(map)) => map.values().filter_map(as_days).collect(),
        _ => {
            let step = usize::try_from(number("yearsStep", 1).max(1)).unwrap_or(1);
            (number("minYears", 1)..=number("maxYears", 10))
                .step_by(step)
                .collect()
        }
    };
    years.retain(|term| (1..=10).contains(term));
    years.sort_unstable();
    years.dedup();
    years
}

fn as_days(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn decimal(value: Option<&Value>) -> Option<Decimal> {
    match value? {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

fn text<'a>(item: &'a Value, key: &str) -> &'a str {
    item.get(key).and_then(Value::as_str).unwrap_or_default()
}

const KINDS: [(&str, &str); 3] = [
    ("domainregister", "registerPrice"),
    ("domainrenew", "renewPrice"),
    ("domaintransfer", "transferPrice"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_come_as_a_list_or_as_a_range() {
        assert_eq!(
            years(&json!({ "minYears": 1, "maxYears": 10, "yearsStep": 3, "years": null })),
            [1, 4, 7, 10]
        );
        assert_eq!(years(&json!({ "years": [2, "1", 2, 12] })), [1, 2]);
        assert_eq!(years(&json!({ "minYears": 2, "maxYears": 2 })), [2]);
        assert_eq!(
            years(&json!({ "minYears": 11, "maxYears": 12 })),
            Vec::<i64>::new()
        );
    }
}
