//! QueryExchangeRates and GetCurrentExchangeRates: what a euro is, in other currencies. The rates stand still.

use super::Call;
use super::paging::{Page, glob};
use crate::answer::{Answer, Outcome};
use crate::dates;
use crate::state::RATES;

pub fn list(call: &mut Call<'_>) -> Outcome {
    let page = Page::asked(call.command)?;
    let found = rates(call);
    let rows = page.of(&found);
    Ok(columns(call, page.head(found.len(), rows.len()), rows))
}

pub fn current(call: &mut Call<'_>) -> Outcome {
    let found = rates(call);
    Ok(columns(call, Answer::ok(), &found))
}

type Rate = (&'static str, i64);

fn rates(call: &Call<'_>) -> Vec<Rate> {
    let wanted = call
        .command
        .filled("CURRENCYTO")
        .unwrap_or("*")
        .to_ascii_uppercase();
    let from = call.command.filled("CURRENCYFROM").unwrap_or("EUR");
    RATES
        .iter()
        .filter(|(code, _)| from == "EUR" && *code != "EUR" && glob(&wanted, code))
        .copied()
        .collect()
}

fn columns(call: &Call<'_>, answer: Answer, rows: &[Rate]) -> Answer {
    let today = dates::text(call.now)
        .get(..10)
        .unwrap_or_default()
        .to_owned();
    answer
        .with_all("CURRENCYFROM", rows.iter().map(|_| "EUR"))
        .with_all("CURRENCYTO", rows.iter().map(|(code, _)| *code))
        .with_all("DATE", rows.iter().map(|_| today.clone()))
        .with_all(
            "RATE",
            rows.iter()
                .map(|(_, rate)| format!("{}.{:06}", rate / 1_000_000, rate % 1_000_000)),
        )
}
