//! What went to a supplier, for WHMCS's module log.

use crate::supplier::Exchange;

pub(crate) fn requests(asked: &str, exchanges: &[Exchange]) -> String {
    let lines = exchanges.iter().enumerate().map(|(index, exchange)| {
        let Exchange {
            step,
            method,
            path,
            request,
            ..
        } = exchange;
        let body = if request.is_empty() {
            String::new()
        } else {
            format!("\n   {request}")
        };
        format!("\n{}. {step}: {method} {path}{body}", index + 1)
    });
    std::iter::once(asked.to_owned()).chain(lines).collect()
}

pub(crate) fn answers(exchanges: &[Exchange], outcome: &str) -> String {
    let lines = exchanges.iter().enumerate().map(|(index, exchange)| {
        let status = exchange
            .status
            .map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        let body = if exchange.response.is_empty() {
            String::new()
        } else {
            format!("\n   {}", exchange.response)
        };
        format!(
            "\n{}. {status}, {} ({} ms){body}",
            index + 1,
            exchange.end,
            exchange.milliseconds
        )
    });
    std::iter::once(outcome.to_owned()).chain(lines).collect()
}
