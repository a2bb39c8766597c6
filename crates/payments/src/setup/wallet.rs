//! A wallet, as it is set up.

use serde::{Deserialize, Serialize};
use wharf_core::{Currency, Money, Phone};
use wharf_store::{Store, StoreError, Tx};
use wharf_whmcs::removal::uses;

use super::{Change, Item, Over, Place, SET_UP, SetupError, named, taken, unknown, yes};
use crate::balance;
use crate::tables::removal::OF_WALLET;
use crate::tables::setup as table;
use crate::tables::stores::{by_id_in, is_on_a_phone, take_turn, twin};
use crate::wallets::Wallets;

/// A wallet that receives money for a store.
#[derive(Clone, Debug, Serialize, Deserialize)]
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

    /// Whether it belongs into a store at that place.
    pub fn check_at(&self, place: Place, wallets: &Wallets) -> Result<(), SetupError> {
        // A store's rates are for one unit of one money: another would be credited as if it were this.
        match wallets.by_name(&self.operator) {
            Some(operator)
                if (operator.country, operator.currency) != (place.country, place.currency) =>
            {
                Err(SetupError::Place {
                    name: self.operator.clone(),
                    country: operator.country,
                    currency: operator.currency,
                    store: self.store.clone(),
                    place,
                })
            }
            _ => Ok(()),
        }
    }

    /// Whether it may stand in its store: a used one leaves no other, and no two take in the same money.
    pub async fn check_standing(&self, store: &Store, wallets: &Wallets) -> Result<(), SetupError> {
        let mut tx = store.begin().await?;
        self.stays(&mut tx).await?;
        self.is_alone(&mut tx, &self.parsed_number(wallets)?).await
    }

    async fn is_alone(&self, tx: &mut Tx, number: &Phone) -> Result<(), SetupError> {
        let other = twin(tx, &self.id, &self.operator, number).await?;
        match other {
            Some(other) if self.enabled || is_on_a_phone(tx, &self.id).await? => {
                Err(SetupError::Twin {
                    id: self.id.clone(),
                    other,
                })
            }
            _ => Ok(()),
        }
    }

    async fn stays(&self, tx: &mut Tx) -> Result<(), SetupError> {
        let columns = table::columns(tx, Item::Wallet.table(), &self.id).await?;
        let moves = columns
            .get("store")
            .is_some_and(|store| *store != self.store);
        if moves && !uses(tx, &OF_WALLET, &self.id).await?.is_empty() {
            return Err(SetupError::WalletMoved(self.id.clone()));
        }
        Ok(())
    }

    pub async fn apply(&self, store: &Store, wallets: &Wallets) -> Result<(), SetupError> {
        self.apply_by(store, wallets, SET_UP, Over::Whatever).await
    }

    /// As [`apply`](Self::apply); `actor` stands in the audit log.
    pub async fn apply_by(
        &self,
        store: &Store,
        wallets: &Wallets,
        actor: &str,
        over: Over,
    ) -> Result<(), SetupError> {
        self.check(wallets)?;
        let number = self.parsed_number(wallets)?;
        let mut tx = store.begin().await?;
        let Some(row) = by_id_in(&mut tx, &self.store).await? else {
            return Err(unknown(Item::Store, &self.store));
        };
        self.check_at(row.place(), wallets)?;
        self.stays(&mut tx).await?;
        let change = Change::begin(&mut tx, Item::Wallet, &self.id).await?;
        let now = store.clock().now_ms();
        if !table::put_wallet(&mut tx, self, &number, now, over).await? {
            return Err(taken(Item::Wallet, &self.id));
        }
        self.is_alone(&mut tx, &number).await?;
        change.end(&mut tx, store, actor, &self.store).await?;
        if let Some(balance) = self.parsed_balance(wallets)? {
            take_turn(&mut tx, &self.store).await?;
            let (jobs, clock) = (store.jobs(), store.clock());
            balance::seed(&mut tx, jobs, clock, &row, &self.id, balance, actor).await?;
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
        Phone::parse_in(operator.country, &self.number).map_err(|source| SetupError::Number {
            id: self.id.clone(),
            source,
        })
    }
}
