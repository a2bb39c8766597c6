//! The account with the registrar.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub login: String,
    /// What can be spent, as the registrar wrote it: `1234.50`.
    pub balance: Option<String>,
    pub currency: Option<String>,
}

/// What one unit of `from` is worth in `to`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeRate {
    pub from: String,
    pub to: String,
    pub rate: Decimal,
}
