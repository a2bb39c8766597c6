//! What the effects of this room act on: WHMCS, and what is asked last before anything is sent there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sqlx::AnyPool;
use wharf_core::Clock;
use wharf_store::{Refusal, Store};
use wharf_whmcs::ApiError;
use wharf_whmcs::api::DateFormat;

use super::{AddCredit, LOOK_MS};
use crate::tables::credits::{self, CreditState, Direction};
use crate::tables::reviews::{self, Review};
use crate::tables::transfers::{self, Transfer, TransferState};

/// What the effects act on.
pub(crate) struct CreditWorld {
    pub till: Arc<dyn crate::Till>,
    /// How each site writes days.
    dates: Mutex<HashMap<String, DateFormat>>,
    /// Not the store: its journal holds this world, and neither would ever end.
    pool: AnyPool,
    clock: Clock,
    /// When this daemon started; epoch milliseconds.
    pub opened_at: i64,
}

impl CreditWorld {
    pub(crate) fn new(till: Arc<dyn crate::Till>, store: &Store, opened_at: i64) -> Self {
        Self {
            till,
            pool: store.pool().clone(),
            clock: store.clock().clone(),
            opened_at,
            dates: Mutex::default(),
        }
    }

    /// Asked last before anything is sent that changes something. A process that slept between its look and its
    /// call may find that another node has taken over meanwhile: what it saw counts no more.
    pub(super) fn in_time(&self, began_at: i64) -> Result<(), Refusal> {
        let took = self.now_ms() - began_at;
        if took <= LOOK_MS {
            return Ok(());
        }
        let seconds = took / 1_000;
        Err(Refusal::temporary(format!(
            "looking took {seconds} s, too long to act on what was seen"
        )))
    }

    /// Asked last as well: of what the operator says was taken back, a person decides first.
    pub(super) async fn still_there(&self, transfer: &str) -> Result<(), Refusal> {
        let items = async {
            let mut db = self.pool.acquire().await?;
            reviews::of_transfer(&mut db, transfer).await
        };
        match items.await {
            Ok(items) if items.iter().any(Review::says_gone) => {
                Err(Refusal::temporary(SAID_GONE.to_owned()))
            }
            Ok(_) => Ok(()),
            Err(error) => Err(Refusal::temporary(error.to_string())),
        }
    }

    /// And whether it is to be credited so: a decision may have ended it, or given it to another client.
    pub(super) async fn still_due(&self, effect: &AddCredit) -> Result<(), Refusal> {
        let known = async {
            let mut db = self.pool.acquire().await?;
            transfers::by_id(&mut db, &effect.transfer).await
        };
        let is_due = |known: &Transfer| {
            let terms = (known.client, known.credit, known.currency);
            let waits = matches!(
                known.state,
                TransferState::Matched | TransferState::Blocked | TransferState::Review
            );
            let amount = effect.amount;
            waits
                && terms
                    == (
                        Some(effect.client),
                        Some(amount.minor),
                        Some(amount.currency),
                    )
        };
        match known.await {
            Ok(known) if known.as_ref().is_some_and(is_due) => Ok(()),
            Ok(_) => Err(Refusal::temporary(DECIDED.to_owned())),
            Err(error) => Err(Refusal::temporary(error.to_string())),
        }
    }

    /// And, before credit is spent, whether nobody is having it taken back.
    pub(super) async fn still_kept(&self, transfer: &str) -> Result<(), Refusal> {
        let removal = async {
            let mut db = self.pool.acquire().await?;
            credits::of_transfer(&mut db, transfer, Direction::Remove).await
        };
        match removal.await {
            Ok(Some(removal)) if removal.state != CreditState::Left => {
                Err(Refusal::temporary(DECIDED.to_owned()))
            }
            Ok(_) => Ok(()),
            Err(error) => Err(Refusal::temporary(error.to_string())),
        }
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Asked for once and then known: who changes it in WHMCS restarts Wharf.
    pub(super) async fn date_format(&self, site: &str) -> Result<DateFormat, ApiError> {
        if let Some(format) = self.dates().get(site).cloned() {
            return Ok(format);
        }
        let format = self.till.date_format(site).await?;
        self.dates().insert(site.to_owned(), format.clone());
        Ok(format)
    }

    fn dates(&self) -> MutexGuard<'_, HashMap<String, DateFormat>> {
        self.dates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) const SAID_GONE: &str =
    "the operator says that this money was taken back: a person decides first";
const DECIDED: &str = "it was decided otherwise meanwhile";
