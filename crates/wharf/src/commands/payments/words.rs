//! Times and amounts as people read them.

use wharf_core::{Currency, Money};
use wharf_payments::PaymentsError;

use crate::trouble::{Trouble, chain};

pub fn when(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |at| format!("{at:.0}"))
}

/// The start of a day, for filters; UTC.
pub fn day(date: jiff::civil::Date) -> i64 {
    date.to_zoned(jiff::tz::TimeZone::UTC)
        .map_or(0, |at| at.timestamp().as_millisecond())
}

pub fn money(minor: i64, currency: &str) -> String {
    match currency.parse::<Currency>() {
        Ok(currency) => Money::new(minor, currency).to_string(),
        Err(_) => format!("{minor} {currency}"),
    }
}

pub fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

pub fn failed(error: PaymentsError) -> Trouble {
    Trouble::failed(chain(&error))
}

/// The person at the keyboard, as the system knows him.
pub fn this_person() -> Option<String> {
    ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|name| !name.trim().is_empty())
}

pub fn nobody() -> Trouble {
    Trouble::misuse("nobody knows who you are").mend("say it with --actor NAME")
}
