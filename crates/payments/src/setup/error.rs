//! What is wrong with a set-up, in English for documents and commands, and as parts for the pages' languages.

use thiserror::Error;
use wharf_core::country::CountryError;
use wharf_core::network::ParseNetworkError;
use wharf_core::phone::PhoneError;
use wharf_core::{Country, Currency};
use wharf_store::StoreError;

use crate::rates::RateError;
use crate::settings::CautionError;

use super::Place;

/// What is wrong with a set-up.
#[derive(Debug, Error)]
pub enum SetupError {
    #[error("\"{id}\" is no {what} id: use letters, digits, \"-\" and \"_\", at most 40")]
    Id { what: &'static str, id: String },
    #[error("\"{0}\" is not a currency code")]
    Currency(String),
    #[error(transparent)]
    Rate(#[from] RateError),
    #[error("{name} must be from {from} to {to}")]
    Range {
        name: &'static str,
        from: u32,
        to: u32,
    },
    #[error("the claim_key of store \"{0}\" must have 32 characters or more")]
    ClaimKey(String),
    #[error("a check_key must have 8 characters or more")]
    CheckKey,
    #[error("store \"{0}\" needs a name: customers read it")]
    Name(String),
    #[error(
        "the name of store \"{0}\" holds a sign that nobody sees, such as the end of a line or a mark of direction: type it anew"
    )]
    HiddenSign(String),
    #[error("there is no {what} \"{id}\"; set it up first")]
    Unknown { what: &'static str, id: String },
    #[error("there is a {what} \"{id}\" already")]
    Taken { what: &'static str, id: String },
    #[error("there are no message templates for \"{name}\"; known wallets: {known}")]
    Operator { name: String, known: String },
    #[error(
        "the wallets of \"{name}\" are in {country} and hold {currency}, but store \"{store}\" is for {} in {}",
        place.currency, place.country.name()
    )]
    Place {
        name: String,
        country: Country,
        currency: Currency,
        store: String,
        place: Place,
    },
    #[error(
        "no wallet that Wharf can read is in {} and holds {}: the currency is none of theirs",
        .0.country.name(), .0.currency
    )]
    NoOperator(Place),
    #[error(
        "store \"{0}\" has wallets already, so its country and currency stay as they are; add another store"
    )]
    Moved(String),
    #[error(
        "store \"{0}\" has claims of its site's clients already, so it stays there; add another store"
    )]
    OtherSite(String),
    #[error(
        "wallet \"{id}\" has the number that wallet \"{other}\" has with the same operator: what is sent there would be credited twice; switch \"{other}\" off and take it from its phones, or leave this one out"
    )]
    Twin { id: String, other: String },
    #[error("wallet \"{0}\" has phones or a history in its store, so it stays there")]
    WalletMoved(String),
    #[error(
        "wallet \"{wallet}\" belongs to store \"{store}\", so phone \"{id}\" of another store cannot forward its messages; add the phone to that store"
    )]
    OtherStoresWallet {
        id: String,
        wallet: String,
        store: String,
    },
    #[error("a rate for {0} is always 1: it is what the wallets hold")]
    OwnRate(Currency),
    #[error("the number of wallet \"{id}\" cannot be used: {source}")]
    Number { id: String, source: PhoneError },
    #[error("no intake format is called \"{name}\"; known formats: {known}")]
    Format { name: String, known: String },
    #[error("the token of device \"{0}\" must have 16 or more letters, digits, \"-\" or \"_\"")]
    Token(String),
    #[error("device \"{other}\" has the same token as \"{id}\": each needs its own")]
    SharedToken { id: String, other: String },
    #[error("device \"{id}\" needs a signing_key of {shortest} or more characters")]
    NoKey { id: String, shortest: usize },
    #[error("device \"{0}\" has a signing_key, but its app cannot sign; leave the key out")]
    UselessKey(String),
    #[error("a SIM card of device \"{0}\" has no name; use 1, 2, or what the app calls it")]
    Sim(String),
    #[error("SIM card {sim} has wallet \"{wallet}\", which is not one of the device's wallets")]
    StrangeSim { sim: String, wallet: String },
    #[error("sources: {0}")]
    Source(#[source] ParseNetworkError),
    #[error("device \"{0}\" has no wallet")]
    NoWallet(String),
    #[error(transparent)]
    Country(#[from] CountryError),
    #[error(
        "{name} = \"{text}\" is not an amount; write it like \"1250.50\"{}",
        no_limit(name)
    )]
    Amount { name: &'static str, text: String },
    #[error("hold = \"above\" needs hold_above, the amount above which a person approves")]
    NoHoldAmount,
    #[error(
        "\"{0}\" in check_sources is not an address or network, like 203.0.113.7 or 203.0.113.0/24"
    )]
    CheckSource(String),
    #[error("booking = \"add_transaction\" needs booking_gateway, the name of a gateway in WHMCS")]
    Gateway,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A balance of nothing is no limit.
fn no_limit(name: &str) -> &'static str {
    match name {
        "balance" => "",
        _ => ", \"0\" for no limit",
    }
}

impl From<CautionError> for SetupError {
    fn from(error: CautionError) -> Self {
        match error {
            CautionError::Country(error) => Self::Country(error),
            CautionError::Currency(code) => Self::Currency(code),
            CautionError::Amount { name, text } => Self::Amount { name, text },
            CautionError::Range { name, to } => Self::Range { name, from: 0, to },
            CautionError::Source(source) => Self::CheckSource(source),
            CautionError::Gateway => Self::Gateway,
            CautionError::ShortKey => Self::CheckKey,
        }
    }
}
