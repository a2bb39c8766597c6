//! What an operator says about stores, wallets and phones: the `[[store]]`, `[[wallet]]` and `[[device]]` of
//! `wharf apply`.

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;
use wharf_core::network::ParseNetworkError;
use wharf_core::phone::PhoneError;
use wharf_core::{Currency, Money, Network, Phone, Secret};
use wharf_store::{Store, StoreError};

use crate::balance;
use crate::intake;
use crate::intake::format::KeyRule;
use crate::keys::{self, token_hash};
use crate::rates::{Rate, RateError};
use crate::settings::{Booking, CautionError, CautionSetup, Mode};
use crate::tables::stores::{StoreRow, by_id_in, of_site, take_turn};
use crate::tables::{Answers, devices, setup as table};
use crate::wallets::Wallets;

/// A shop with its wallets and rates, on one WHMCS.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreSetup {
    pub id: String,
    pub site: String,
    pub name: String,
    /// EGP for one unit, by currency code. EGP itself needs none.
    #[serde(default)]
    pub rates: BTreeMap<String, String>,
    /// What the public rate calls the currency: `USDT`, `USD` or `عملة`.
    #[serde(default = "usd")]
    pub currency_label: String,
    #[serde(default = "thirty")]
    pub quote_minutes: u32,
    /// How long a claim waits for its message, and how old a transfer may be that it takes.
    #[serde(default = "a_day")]
    pub claim_hours: u32,
    /// When the claim check of an unmodified module is answered `true`.
    #[serde(default)]
    pub check_answers: Answers,
    /// Repeats the `true` for a claim that was answered so before. Unsafe with the unmodified module, which
    /// then marks another invoice paid; the credit is added once in any case.
    #[serde(default)]
    pub repeat_success: bool,
    /// What the shop's server signs claims with (`POST /api/claims`). Without one none is taken.
    #[serde(default)]
    pub claim_key: Option<Secret>,
    /// How long after an AddCredit without an answer WHMCS may still be working on it.
    #[serde(default = "ninety")]
    pub settle_after_seconds: u32,
    #[serde(default = "yes")]
    pub enabled: bool,
    /// What is asked of money before it is credited.
    #[serde(flatten)]
    pub caution: CautionSetup,
}

/// A wallet that receives money for a store.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WalletSetup {
    pub id: String,
    pub store: String,
    /// A wallet of the data files: `vodafone-cash`.
    pub operator: String,
    pub number: String,
    /// Its balance now: what the next message's balance must continue. Only the first time, or where it differs
    /// from the one set up before.
    #[serde(default)]
    pub balance: Option<String>,
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// A phone that forwards messages to `/intake/{token}`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceSetup {
    pub id: String,
    pub store: String,
    pub token: Secret,
    pub format: String,
    /// Needed where the app can sign; see [`crate::devices::formats`].
    #[serde(default)]
    pub signing_key: Option<Secret>,
    pub wallets: Vec<String>,
    /// Which of the wallets belong to which SIM card, by the card's name in the app: `1`, `2`.
    #[serde(default)]
    pub sims: BTreeMap<String, Vec<String>>,
    /// Addresses or networks that it may deliver from; any where there is none.
    #[serde(default)]
    pub sources: Vec<String>,
    /// How often a sign of life is due; 0: never. Without it, every 15 minutes once a heartbeat has come.
    #[serde(default)]
    pub heartbeat_minutes: Option<u32>,
}

/// What can be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    Store,
    Wallet,
    Device,
}

/// Whether one of that id is set up already.
pub async fn is_set_up(store: &Store, item: Item, id: &str) -> Result<bool, StoreError> {
    let table = match item {
        Item::Store => "payment_stores",
        Item::Wallet => "payment_wallets",
        Item::Device => "payment_devices",
    };
    let mut tx = store.begin().await?;
    table::exists(&mut tx, table, id).await
}

/// What a site's enabled stores need of its WHMCS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SiteNeeds {
    /// To credit clients.
    pub credits: bool,
    /// To book some of the credits as transactions.
    pub transactions: bool,
    /// To compare a client's balance with the unpaid invoices.
    pub balances: bool,
}

pub async fn needs_of(store: &Store, site: &str) -> Result<SiteNeeds, StoreError> {
    let stores = of_site(store.pool(), site).await?;
    let covered = |store: &StoreRow| store.answers == Answers::WhenCovered;
    let credits = |store: &&StoreRow| store.caution.mode == Mode::Credit;
    let books = |store: &StoreRow| store.caution.booking == Booking::AddTransaction;
    Ok(SiteNeeds {
        credits: stores.iter().any(|store| credits(&store)),
        transactions: stores.iter().filter(credits).any(books),
        balances: stores.iter().any(covered),
    })
}

/// The other device that has this device's token already.
pub async fn token_holder(
    store: &Store,
    device: &DeviceSetup,
) -> Result<Option<String>, StoreError> {
    let hash = token_hash(device.token.expose());
    let holder = devices::by_token(store.pool(), &hash).await?;
    Ok(holder
        .map(|holder| holder.id)
        .filter(|holder| *holder != device.id))
}

impl StoreSetup {
    /// Whether it can be used, as far as can be told without looking at what else is set up.
    pub fn check(&self) -> Result<(), SetupError> {
        named("store", &self.id)?;
        named("site", &self.site)?;
        within("quote_minutes", self.quote_minutes, 1, 24 * 60)?;
        within("claim_hours", self.claim_hours, 1, 24 * 14)?;
        within("settle_after_seconds", self.settle_after_seconds, 1, 3_600)?;
        if self.claim_key.as_ref().is_some_and(too_short) {
            return Err(SetupError::ClaimKey(self.id.clone()));
        }
        self.caution.read()?;
        self.parsed_rates().map(|_| ())
    }

    /// Adds the store or replaces its set-up. A changed rate is in force from now on.
    pub async fn apply(&self, store: &Store) -> Result<(), SetupError> {
        self.check()?;
        let rates = self.parsed_rates()?;
        let caution = self.caution.read()?;
        keys::form_key(store).await?;
        keys::put_claim_key(store, &self.id, self.claim_key.as_ref()).await?;
        let mut tx = store.begin().await?;
        table::put_store(&mut tx, self, &caution, store.clock().now_ms()).await?;
        for (currency, rate) in rates {
            table::put_rate(&mut tx, &self.id, currency, rate, store.clock().now_ms()).await?;
        }
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    fn parsed_rates(&self) -> Result<Vec<(Currency, Rate)>, SetupError> {
        let parsed = self.rates.iter().map(|(code, rate)| {
            let currency = code
                .parse()
                .map_err(|_| SetupError::Currency(code.clone()))?;
            Ok((currency, rate.trim().parse::<Rate>()?))
        });
        parsed.collect()
    }
}

impl WalletSetup {
    /// As [`StoreSetup::check`].
    pub fn check(&self, wallets: &Wallets) -> Result<(), SetupError> {
        named("wallet", &self.id)?;
        self.parsed_balance(wallets)?;
        self.parsed_number(wallets).map(|_| ())
    }

    fn parsed_balance(&self, wallets: &Wallets) -> Result<Option<i64>, SetupError> {
        let Some(text) = &self.balance else {
            return Ok(None);
        };
        let currency = wallets
            .by_name(&self.operator)
            .map_or(Currency::EGP, |wallet| wallet.currency);
        let read = Money::parse(text.trim(), currency).map(|money| money.minor);
        match read {
            Ok(minor) if minor >= 0 => Ok(Some(minor)),
            _ => Err(SetupError::Amount {
                name: "balance",
                text: text.clone(),
            }),
        }
    }

    pub async fn apply(&self, store: &Store, wallets: &Wallets) -> Result<(), SetupError> {
        let number = self.parsed_number(wallets)?;
        let mut tx = store.begin().await?;
        known(&mut tx, "store", "payment_stores", &self.store).await?;
        table::put_wallet(&mut tx, self, &number, store.clock().now_ms()).await?;
        if let (Some(balance), Some(row)) = (
            self.parsed_balance(wallets)?,
            by_id_in(&mut tx, &self.store).await?,
        ) {
            take_turn(&mut tx, &self.store).await?;
            let (jobs, clock) = (store.jobs(), store.clock());
            balance::seed(&mut tx, jobs, clock, &row, &self.id, balance, "set-up").await?;
        }
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    fn parsed_number(&self, wallets: &Wallets) -> Result<Phone, SetupError> {
        let Some(operator) = wallets.by_name(&self.operator) else {
            let known = wallets.names().collect::<Vec<_>>().join(", ");
            return Err(SetupError::Operator {
                name: self.operator.clone(),
                known,
            });
        };
        // A store's rates are for one unit of this money: another would be credited as if it were this.
        if operator.currency != Currency::EGP {
            return Err(SetupError::Money {
                name: self.operator.clone(),
                currency: operator.currency,
            });
        }
        Phone::parse_in(operator.country, &self.number).map_err(|source| SetupError::Number {
            id: self.id.clone(),
            source,
        })
    }
}

impl DeviceSetup {
    /// As [`StoreSetup::check`].
    pub fn check(&self) -> Result<(), SetupError> {
        named("device", &self.id)?;
        let Some(format) = intake::format::named(&self.format) else {
            let known: Vec<_> = intake::format::ALL.iter().map(|f| f.name()).collect();
            return Err(SetupError::Format {
                name: self.format.clone(),
                known: known.join(", "),
            });
        };
        if self.token.expose().len() < 16 || !self.token.expose().bytes().all(in_an_address) {
            return Err(SetupError::Token(self.id.clone()));
        }
        let key_length = self.key().map(|key| key.expose().len());
        match (format.key(), key_length) {
            (KeyRule::Required(shortest), length)
                if length.is_none_or(|length| length < shortest) =>
            {
                return Err(SetupError::NoKey {
                    id: self.id.clone(),
                    shortest,
                });
            }
            (KeyRule::None, Some(_)) => return Err(SetupError::UselessKey(self.id.clone())),
            _ => {}
        }
        if self.wallets.is_empty() {
            return Err(SetupError::NoWallet(self.id.clone()));
        }
        for (sim, wallets) in &self.sims {
            if intake::sim_name(sim).is_none() {
                return Err(SetupError::Sim(self.id.clone()));
            }
            if let Some(wallet) = wallets.iter().find(|wallet| !self.wallets.contains(wallet)) {
                return Err(SetupError::StrangeSim {
                    sim: sim.clone(),
                    wallet: wallet.clone(),
                });
            }
        }
        for source in &self.sources {
            source.parse::<Network>().map_err(SetupError::Source)?;
        }
        if let Some(minutes) = self.heartbeat_minutes {
            within("heartbeat_minutes", minutes, 0, 24 * 60)?;
        }
        Ok(())
    }

    fn key(&self) -> Option<&Secret> {
        self.signing_key.as_ref().filter(|key| !key.is_empty())
    }

    /// Cards and wallets, one by one.
    pub(crate) fn cards(&self) -> impl Iterator<Item = (String, &str)> {
        self.sims.iter().flat_map(|(sim, wallets)| {
            let sim = intake::sim_name(sim);
            wallets
                .iter()
                .filter_map(move |wallet| Some((sim.clone()?, wallet.as_str())))
        })
    }

    pub async fn apply(&self, store: &Store) -> Result<(), SetupError> {
        self.check()?;
        let mut tx = store.begin().await?;
        known(&mut tx, "store", "payment_stores", &self.store).await?;
        for wallet in &self.wallets {
            known(&mut tx, "wallet", "payment_wallets", wallet).await?;
        }
        drop(tx);
        if let Some(other) = token_holder(store, self).await? {
            return Err(SetupError::SharedToken {
                id: self.id.clone(),
                other,
            });
        }
        // The key first: a device row must never stand without it. An empty one takes an earlier one's place.
        let none = Secret::new("");
        store
            .secrets()
            .put(
                &keys::device_scope(&self.id),
                keys::SIGNING_KEY,
                self.key().unwrap_or(&none),
            )
            .await?;
        let mut tx = store.begin().await?;
        table::put_device(
            &mut tx,
            self,
            &token_hash(self.token.expose()),
            store.clock().now_ms(),
        )
        .await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }
}

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
    #[error("there is no {what} \"{id}\"; set it up first")]
    Unknown { what: &'static str, id: String },
    #[error("there are no message templates for \"{name}\"; known wallets: {known}")]
    Operator { name: String, known: String },
    #[error("the wallets of \"{name}\" hold {currency}, but the store's rates are in EGP")]
    Money { name: String, currency: Currency },
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
    #[error(
        "\"{0}\" is not a country whose wallets are known; use one of EG, KE, BD, PK, GH, RW, TZ, CD, IN"
    )]
    Country(String),
    #[error("{name} = \"{text}\" is not an amount; write it like \"1250.50\", \"0\" for no limit")]
    Amount { name: &'static str, text: String },
    #[error(
        "\"{0}\" in check_sources is not an address or network, like 203.0.113.7 or 203.0.113.0/24"
    )]
    CheckSource(String),
    #[error("booking = \"add_transaction\" needs booking_gateway, the name of a gateway in WHMCS")]
    Gateway,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CautionError> for SetupError {
    fn from(error: CautionError) -> Self {
        match error {
            CautionError::Country(country) => Self::Country(country),
            CautionError::Amount { name, text } => Self::Amount { name, text },
            CautionError::Range { name, to } => Self::Range { name, from: 0, to },
            CautionError::Source(source) => Self::CheckSource(source),
            CautionError::Gateway => Self::Gateway,
        }
    }
}

fn named(what: &'static str, id: &str) -> Result<(), SetupError> {
    if (1..=40).contains(&id.len()) && id.bytes().all(in_an_address) {
        return Ok(());
    }
    Err(SetupError::Id {
        what,
        id: id.chars().take(60).collect(),
    })
}

fn too_short(key: &Secret) -> bool {
    key.expose().len() < 32
}

fn in_an_address(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')
}

fn within(name: &'static str, value: u32, from: u32, to: u32) -> Result<(), SetupError> {
    if (from..=to).contains(&value) {
        Ok(())
    } else {
        Err(SetupError::Range { name, from, to })
    }
}

async fn known(
    tx: &mut wharf_store::Tx,
    what: &'static str,
    table: &'static str,
    id: &str,
) -> Result<(), SetupError> {
    if table::exists(tx, table, id).await? {
        return Ok(());
    }
    Err(SetupError::Unknown {
        what,
        id: id.to_owned(),
    })
}

fn usd() -> String {
    "USD".to_owned()
}

fn thirty() -> u32 {
    30
}

fn a_day() -> u32 {
    24
}

fn ninety() -> u32 {
    90
}

fn yes() -> bool {
    true
}
