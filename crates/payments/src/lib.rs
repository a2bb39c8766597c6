//! Wallet payments: messages of operators become transfers, transfers meet claims, claims become credit in
//! WHMCS and pay invoices.
//!
//! [`Payments`] answers the gateway module, the public API and forwarder phones. Rules stand in `matching`,
//! `rates` and `wallets` and know no SQL; queries stand in `tables`; what changes WHMCS are the two effects
//! in `credit`.

mod balance;
mod booking;
mod callers;
mod ceilings;
mod claimed_again;
mod claiming;
mod credit;
pub mod devices;
mod doubtful;
mod expiring;
mod gate;
mod gateway;
mod gather;
mod holding;
mod holds;
mod intake;
mod judge;
mod keys;
mod limits;
mod lists;
mod matching;
mod message_review;
mod news;
pub mod pages;
mod public;
mod rates;
mod rejecting;
mod reopening;
mod reread;
mod reversing;
mod review;
mod sayings;
mod settings;
pub mod setup;
mod signed;
mod stakes;
mod tables;
mod texts;
mod till;
mod typed;
pub mod views;
pub mod wallets;

use std::path::PathBuf;
use std::sync::{Arc, Weak};

use serde_json::Value;
use thiserror::Error;
use wharf_core::ErrorClass;
use wharf_store::{Backend, JobFailure, Store, StoreError};
use wharf_whmcs::Sites;

pub use callers::Caller;
pub use credit::{Finding, Reconciliation};
pub use intake::format::KeyRule;
pub use intake::{Intake, IntakeDelivery, IntakeOutcome};
pub use public::{PublicError, Why};
pub use rates::{Rate, RateError};
pub use review::ReviewError;
pub use settings::{Booking, CautionSetup, Hold, Mode, PhoneBinding};
pub use tables::{Answers, load};
pub use till::{Asking, Till};

use credit::{AddCredit, ApplyCredit, CreditWorld, Reach, RemoveCredit};
use gate::Gate;
use gather::Gather;
use intake::{Found, Parcel, Pen, Reader};
use wallets::{Shelf, WalletError, Wallets};

/// The payments room.
pub struct Payments {
    store: Store,
    till: Arc<dyn Till>,
    wallets: Shelf,
    /// The same till, and whether the sites behind it can be reached.
    reach: Arc<Reach>,
    /// What the effects of this room act on.
    world: Arc<CreditWorld>,
    gate: Gate,
    /// Who delivers at the same time is looked up together, by the digest of his token.
    phones: Gather<String, Found>,
    /// What phones deliver at the same time is kept in one commit.
    deliveries: Gather<Parcel, Intake>,
    reader: Reader,
    pen: Pen,
    /// Where forwarder phones reach this daemon, without a slash at the end.
    public_url: String,
    /// Epoch milliseconds.
    opened_at: i64,
}

#[derive(Clone, Debug, Default)]
pub struct PaymentsConfig {
    /// The daemon's address as phones and shops see it.
    pub public_url: String,
    /// A folder with wallet files of the provider's own.
    pub wallets_dir: Option<PathBuf>,
}

/// Why the room cannot be opened, or a request not be answered.
#[derive(Debug, Error)]
pub enum PaymentsError {
    #[error(transparent)]
    Wallets(#[from] WalletError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PaymentsError {
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Wallets(_) => ErrorClass::Misuse,
            Self::Store(error) => error.class(),
        }
    }
}

impl Payments {
    /// Opens the room: loads the wallets' templates, and makes its effects and jobs known to the store. At
    /// boot, before the journal recovers.
    pub fn new(
        store: Store,
        sites: Sites,
        config: PaymentsConfig,
    ) -> Result<Arc<Self>, PaymentsError> {
        Self::with_till(store, Arc::new(sites), config)
    }

    /// As [`new`](Self::new), on any till.
    pub fn with_till(
        store: Store,
        till: Arc<dyn Till>,
        config: PaymentsConfig,
    ) -> Result<Arc<Self>, PaymentsError> {
        let reach = Arc::new(Reach::new(till, store.clock().clone()));
        let wallets = Shelf::open(config.wallets_dir.as_deref())?;
        // One more writes on PostgreSQL: what was kept is read beside the deliveries that follow.
        let (lanes, writers) = match store.backend() {
            Backend::Sqlite => (1, 1),
            Backend::Postgres => (LANES, LANES + 1),
        };
        let opened_at = store.clock().now_ms();
        let world = CreditWorld::new(reach.clone(), &store, opened_at);
        let payments = Arc::new_cyclic(|room: &Weak<Self>| Self {
            phones: gather_phones(room.clone()),
            deliveries: gather_deliveries(room.clone(), lanes),
            reader: Reader::default(),
            pen: Pen::new(writers),
            wallets,
            gate: Gate::default(),
            public_url: config.public_url.trim_end_matches('/').to_owned(),
            opened_at,
            store,
            till: reach.clone(),
            reach,
            world: Arc::new(world),
        });
        let (journal, world) = (payments.store.journal(), payments.world.clone());
        journal.register::<AddCredit>(world.clone());
        journal.register::<ApplyCredit>(world.clone());
        journal.register::<RemoveCredit>(world);
        let jobs = payments.store.jobs();
        // Weak, or the store and the room would keep each other for ever.
        let room = Arc::downgrade(&payments);
        jobs.register(credit::JOB, move |payload: Value| {
            let room = room.clone();
            async move {
                let room = room.upgrade().ok_or_else(closing)?;
                room.credit_job(payload).await
            }
        });
        let room = Arc::downgrade(&payments);
        jobs.register(credit::REMOVE_JOB, move |payload: Value| {
            let room = room.clone();
            async move {
                let room = room.upgrade().ok_or_else(closing)?;
                room.remove_job(payload).await
            }
        });
        let room = Arc::downgrade(&payments);
        jobs.register(credit::RECONCILE_JOB, move |payload: Value| {
            let room = room.clone();
            async move {
                let room = room.upgrade().ok_or_else(closing)?;
                room.reconcile_job(payload).await
            }
        });
        let room = Arc::downgrade(&payments);
        jobs.register(intake::READ_JOB, move |payload: Value| {
            let room = room.clone();
            async move {
                let room = room.upgrade().ok_or_else(closing)?;
                let message = payload
                    .get("message")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                room.read_again(message)
                    .await
                    .map_err(|error| match error.class() {
                        ErrorClass::Temporary => JobFailure::Waiting(error.to_string()),
                        _ => JobFailure::Later(error.to_string()),
                    })
            }
        });
        Ok(payments)
    }

    /// The wallets whose messages are understood, as their files are now.
    pub fn wallets(&self) -> Arc<Wallets> {
        self.wallets.wallets()
    }

    /// Why changed wallet files are not in force.
    pub fn wallets_trouble(&self) -> Option<String> {
        self.wallets.trouble()
    }

    /// Where a phone with this token must deliver.
    pub fn intake_url(&self, token: &str) -> String {
        format!("{}/intake/{token}", self.public_url)
    }
}

impl std::fmt::Debug for Payments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Payments").finish_non_exhaustive()
    }
}

fn gather_phones(room: Weak<Payments>) -> Gather<String, Found> {
    Gather::new(DELIVERIES_AT_ONCE, 1, move |hashes| {
        let room = room.upgrade();
        async move {
            match room {
                Some(room) => room.look_up(hashes).await,
                None => Vec::new(),
            }
        }
    })
}

fn gather_deliveries(room: Weak<Payments>, lanes: usize) -> Gather<Parcel, Intake> {
    Gather::new(DELIVERIES_AT_ONCE, lanes, move |parcels| {
        let room = room.upgrade();
        async move {
            match room {
                Some(room) => room.keep_all(parcels).await,
                None => Vec::new(),
            }
        }
    })
}

const DELIVERIES_AT_ONCE: usize = 64;
/// Batches of deliveries, where one may be written while the other's commit waits for the disk.
const LANES: usize = 2;

fn closing() -> JobFailure {
    JobFailure::Waiting("the daemon is closing".to_owned())
}
