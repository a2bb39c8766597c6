//! GetCurrentExchangeRates: what a currency is worth today.

use super::super::{Command, Response};
use crate::ExchangeRate;

pub fn request() -> Command {
    Command::read("GetCurrentExchangeRates")
}

/// Rows whose rate is no positive number are left out.
pub fn reply(response: &Response) -> Vec<ExchangeRate> {
    response
        .rows("CURRENCYTO")
        .filter_map(|row| {
            let rate: rust_decimal::Decimal = row.number("RATE")?;
            (rate > rust_decimal::Decimal::ZERO).then_some(ExchangeRate {
                from: row
                    .first("CURRENCYFROM")
                    .or_else(|| response.first("CURRENCYFROM"))?
                    .to_ascii_uppercase(),
                to: row.first("CURRENCYTO")?.to_ascii_uppercase(),
                rate,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::answer;
    use super::*;

    #[test]
    fn rates_are_exact_and_what_is_none_is_left_out() {
        let rates = reply(&answer(
            "
PROPERTY[CURRENCYFROM][0]=EUR
PROPERTY[CURRENCYFROM][1]=EUR
PROPERTY[CURRENCYTO][0]=USD
PROPERTY[CURRENCYTO][1]=GBP
PROPERTY[CURRENCYTO][2]=EGP
PROPERTY[RATE][0]=1.0873
PROPERTY[RATE][1]=0
PROPERTY[RATE][2]=56.10
DESCRIPTION=ok
CODE=200",
        ));
        let shown: Vec<String> = rates
            .iter()
            .map(|rate| format!("{} {} {}", rate.from, rate.to, rate.rate))
            .collect();
        assert_eq!(shown, ["EUR USD 1.0873", "EUR EGP 56.10"]);
    }
}
