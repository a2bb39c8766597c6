//! What an operator says about stores, wallets and phones: the `[[store]]`, `[[wallet]]` and `[[device]]` of
//! `wharf apply`, and the forms of the operators' pages. Both are judged here, and nowhere else.

mod device;
mod error;
mod removing;
mod wallet;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wharf_core::{Country, Currency, Money, Secret};
use wharf_store::{Store, StoreError, Tx};

use crate::keys;
use crate::rates::Rate;
use crate::settings::{Booking, CautionSetup, Hold, Mode};
use crate::tables::stores::{StoreRow, by_id_in, of_site, wallets_with_state};
use crate::tables::{Answers, audit, setup as table};
use crate::typed::is_hidden;
use crate::wallets::{Wallet, Wallets};

pub use device::{DeviceSetup, token_holder};
pub use error::SetupError;
pub use removing::Removal;
pub use wallet::WalletSetup;

/// A shop with its wallets and rates, on one WHMCS.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreSetup {
    pub id: String,
    pub site: String,
    pub name: String,
    /// The wallets' money for one unit, by currency code. That money itself needs none.
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
    #[serde(default, skip_serializing)]
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

/// What a set-up is written over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Nothing: where one of that id stands already, it is refused.
    Nothing,
    /// Whatever there is. Keys are those that it names; none where it names none.
    Whatever,
    /// What stands there, of which keys stay that it does not name. An empty one takes a key away.
    Standing,
}

/// Where a store's wallets are, and what they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub country: Country,
    pub currency: Currency,
}

impl Default for Place {
    fn default() -> Self {
        let country = Country::default();
        Self {
            currency: country.currency(),
            country,
        }
    }
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
    let mut tx = store.begin().await?;
    table::exists(&mut tx, item.table(), id).await
}

/// The store of a wallet that is set up.
pub async fn store_of_wallet(store: &Store, id: &str) -> Result<Option<String>, StoreError> {
    let mut db = store.pool().acquire().await?;
    let columns = table::columns(&mut db, Item::Wallet.table(), id).await?;
    Ok(columns.get("store").cloned())
}

/// The place of a store that is set up.
pub async fn place_of(store: &Store, id: &str) -> Result<Option<Place>, StoreError> {
    let mut tx = store.begin().await?;
    Ok(by_id_in(&mut tx, id).await?.as_ref().map(StoreRow::place))
}

impl Item {
    fn table(self) -> &'static str {
        match self {
            Self::Store => "payment_stores",
            Self::Wallet => "payment_wallets",
            Self::Device => "payment_devices",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Wallet => "wallet",
            Self::Device => "device",
        }
    }
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

impl StoreSetup {
    /// Whether it can be used, as far as can be told without looking at what else is set up.
    pub fn check(&self) -> Result<(), SetupError> {
        named("store", &self.id)?;
        named("site", &self.site)?;
        if self.name.trim().is_empty() {
            return Err(SetupError::Name(self.id.clone()));
        }
        if self.name.chars().any(is_hidden) {
            return Err(SetupError::HiddenSign(self.id.clone()));
        }
        within("quote_minutes", self.quote_minutes, 1, 24 * 60)?;
        within("claim_hours", self.claim_hours, 1, 24 * 14)?;
        within("settle_after_seconds", self.settle_after_seconds, 1, 3_600)?;
        if self.claim_key.as_ref().is_some_and(too_short) {
            return Err(SetupError::ClaimKey(self.id.clone()));
        }
        let caution = self.caution.read()?;
        // Above nothing would be every payment, which is another choice.
        if caution.hold == Hold::Above && caution.hold_above == 0 {
            return Err(SetupError::NoHoldAmount);
        }
        self.parsed_rates().map(|_| ())
    }

    /// The set-up of a store as it stands; the keys are left out.
    pub(crate) fn of(row: &StoreRow) -> Self {
        let minutes = |ms: i64, unit: i64| u32::try_from(ms / unit).unwrap_or_default();
        Self {
            id: row.id.clone(),
            site: row.site.clone(),
            name: row.name.clone(),
            rates: BTreeMap::new(),
            currency_label: row.currency_label.clone(),
            quote_minutes: minutes(row.quote_ms, 60_000),
            claim_hours: minutes(row.claim_ms, 3_600_000),
            check_answers: row.answers,
            repeat_success: row.repeat_success,
            claim_key: None,
            settle_after_seconds: minutes(row.settle_after_seconds, 1),
            enabled: row.enabled,
            caution: CautionSetup::of(&row.caution),
        }
    }

    /// Where its wallets are.
    pub fn place(&self) -> Result<Place, SetupError> {
        Ok(self.caution.place()?)
    }

    /// Whether there are wallets where it is.
    pub fn check_place(&self, wallets: &Wallets) -> Result<(), SetupError> {
        let place = self.place()?;
        let there =
            |wallet: &Wallet| (wallet.country, wallet.currency) == (place.country, place.currency);
        match wallets.iter().any(there) {
            true => Ok(()),
            false => Err(SetupError::NoOperator(place)),
        }
    }

    /// Adds the store or replaces its set-up. A changed rate is in force from now on.
    pub async fn apply(&self, store: &Store) -> Result<(), SetupError> {
        self.apply_by(store, SET_UP, Over::Whatever).await
    }

    /// As [`apply`](Self::apply); `actor` stands in the audit log.
    pub async fn apply_by(&self, store: &Store, actor: &str, over: Over) -> Result<(), SetupError> {
        self.check()?;
        let rates = self.parsed_rates()?;
        let mut caution = self.caution.read()?;
        keys::form_key(store).await?;
        let (clock, now) = (store.clock(), store.clock().now_ms());
        let mut tx = store.begin().await?;
        if let Some(before) = by_id_in(&mut tx, &self.id).await? {
            if over == Over::Nothing {
                return Err(taken(Item::Store, &self.id));
            }
            let moved = before.place() != self.caution.place()?;
            if moved && !wallets_with_state(&mut tx, &self.id).await?.is_empty() {
                return Err(SetupError::Moved(self.id.clone()));
            }
            // Client numbers mean other people there.
            if before.site != self.site && table::has_claims(&mut tx, &self.id).await? {
                return Err(SetupError::OtherSite(self.id.clone()));
            }
            if over == Over::Standing && self.caution.check_key.is_none() {
                caution.check_key_hash = before.caution.check_key_hash;
            }
        }
        let change = Change::begin(&mut tx, Item::Store, &self.id).await?;
        if !table::put_store(&mut tx, self, &caution, now, over).await? {
            return Err(taken(Item::Store, &self.id));
        }
        let none = Secret::new("");
        let claim_key = match &self.claim_key {
            None if over == Over::Standing => None,
            key => Some(key.as_ref().unwrap_or(&none)),
        };
        if let Some(key) = claim_key
            && keys::put_claim_key(&mut tx, store, &self.id, key).await?
        {
            let subject = format!("store/{}", self.id);
            audit::note_by(
                &mut tx,
                clock,
                actor,
                &self.id,
                &subject,
                "changed",
                "claim_key",
            )
            .await?;
        }
        change.end(&mut tx, store, actor, &self.id).await?;
        for (currency, rate) in rates {
            if table::put_rate(&mut tx, &self.id, currency, rate, now).await? {
                let subject = format!("store/{}", self.id);
                let detail = format!("{currency} {rate}");
                audit::note_by(&mut tx, clock, actor, &self.id, &subject, "rate", &detail).await?;
            }
        }
        tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    fn parsed_rates(&self) -> Result<Vec<(Currency, Rate)>, SetupError> {
        let own = self.caution.place()?.currency;
        let parsed = self.rates.iter().map(|(code, rate)| {
            let currency: Currency = code
                .parse()
                .map_err(|_| SetupError::Currency(code.clone()))?;
            let rate = rate.trim().parse::<Rate>()?;
            if currency == own && rate != Rate::ONE {
                return Err(SetupError::OwnRate(own));
            }
            Ok((currency, rate))
        });
        parsed.collect()
    }
}

/// What a set-up changes, for the audit log.
struct Change {
    item: Item,
    id: String,
    before: BTreeMap<String, String>,
}

impl Change {
    async fn begin(tx: &mut Tx, item: Item, id: &str) -> Result<Self, StoreError> {
        Ok(Self {
            item,
            id: id.to_owned(),
            before: table::columns(tx, item.table(), id).await?,
        })
    }

    /// Nothing is noted where nothing differs.
    async fn end(
        self,
        tx: &mut Tx,
        store: &Store,
        actor: &str,
        of_store: &str,
    ) -> Result<(), StoreError> {
        let after = table::columns(tx, self.item.table(), &self.id).await?;
        let subject = format!("{}/{}", self.item.name(), self.id);
        let currency = |of: &BTreeMap<String, String>| of.get("currency")?.parse().ok();
        let (money_before, money) = (currency(&self.before), currency(&after));
        let changed: Vec<String> = after
            .iter()
            .filter(|(name, value)| self.before.get(*name) != Some(value))
            .map(|(name, value)| {
                let now = in_words(name, value, money);
                match self.before.get(name) {
                    _ if SECRET.contains(&name.as_str()) => name.clone(),
                    Some(before) => {
                        format!("{name}: {} → {now}", in_words(name, before, money_before))
                    }
                    None => format!("{name}: {now}"),
                }
            })
            .collect();
        if changed.is_empty() {
            return Ok(());
        }
        let event = if self.before.is_empty() {
            "added"
        } else {
            "changed"
        };
        let detail = changed.join(", ");
        let clock = store.clock();
        audit::note_by(tx, clock, actor, of_store, &subject, event, &detail).await
    }
}

/// A column's value as people read it: amounts with their money.
fn in_words(name: &str, value: &str, currency: Option<Currency>) -> String {
    let minor = value.parse().ok().filter(|_| AMOUNTS.contains(&name));
    match minor.zip(currency) {
        Some((minor, currency)) => Money::new(minor, currency).to_string(),
        None => value.to_owned(),
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
    !key.is_empty() && key.expose().len() < 32
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

async fn known(tx: &mut Tx, item: Item, id: &str) -> Result<(), SetupError> {
    if table::exists(tx, item.table(), id).await? {
        return Ok(());
    }
    Err(unknown(item, id))
}

fn taken(item: Item, id: &str) -> SetupError {
    SetupError::Taken {
        what: item.name(),
        id: id.to_owned(),
    }
}

fn unknown(item: Item, id: &str) -> SetupError {
    SetupError::Unknown {
        what: item.name(),
        id: id.to_owned(),
    }
}

/// Who the audit log says it was, where a document set it up.
pub(crate) const SET_UP: &str = "set-up";
/// Columns of minor units.
const AMOUNTS: [&str; 8] = [
    "hold_above",
    "second_person_above",
    "unseeded_above",
    "ceiling_transfer",
    "ceiling_client_day",
    "ceiling_phone_day",
    "ceiling_wallet_day",
    "ceiling_wallet_month",
];
/// Of these the audit log says only that they changed.
const SECRET: [&str; 3] = ["token_hash", "check_key_hash", "number"];

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
