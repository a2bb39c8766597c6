//! An account's domains from its list pages: a thousand names a call instead of one, kept in the database, shared
//! by all who ask.

mod reading;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use wharf_core::{Deadline, DomainName};
use wharf_registrar::{DeletedDomain, DomainStatus, Talk, WireLog};
use wharf_store::Store;

use crate::account::Account;
use crate::tables::portfolio::{self as table, Taken};
use crate::{DomainsError, Patience};

/// What the lists say of a name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Listed {
    Domain(DomainStatus),
    /// Asked for, not yet decided.
    Application(DomainStatus),
    /// On its way in.
    Transfer,
    /// Went to another registrar.
    Away,
    Deleted(DeletedDomain),
    /// Nothing at all.
    Missing,
}

/// How the newest transfer of a name to the account ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    Arrived,
    Refused,
    Unknown,
}

/// What the lists say of a name, and when they were read.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub listed: Listed,
    pub arrival: Arrival,
    pub taken: Taken,
    /// What went over the wire, where this caller had the lists read.
    pub wire: Option<WireLog>,
}

impl Line {
    /// Of what the lists say of the name: kinds and bodies.
    pub fn of(rows: &[(String, String)], taken: Taken, wire: Option<WireLog>) -> Self {
        let body = |kind: &str| {
            let row = rows.iter().find(|(found, _)| found == kind);
            row.map(|(_, body)| body.as_str())
        };
        let listed = if let Some(status) = body(DOMAIN).and_then(parsed) {
            Listed::Domain(status)
        } else if let Some(status) = body(APPLICATION).and_then(parsed) {
            Listed::Application(status)
        } else if body(TRANSFER).is_some() {
            Listed::Transfer
        } else if let Some(deleted) = body(DELETED).and_then(parsed) {
            Listed::Deleted(deleted)
        } else if body(AWAY).is_some() {
            Listed::Away
        } else {
            Listed::Missing
        };
        let arrival = if body(ARRIVED).is_some() {
            Arrival::Arrived
        } else if body(REFUSED).is_some() {
            Arrival::Refused
        } else {
            Arrival::Unknown
        };
        Self {
            listed,
            arrival,
            taken,
            wire,
        }
    }
}

/// The portfolios of all accounts.
#[derive(Debug)]
pub(crate) struct Portfolios {
    store: Store,
    patience: Patience,
    flights: Arc<Flights>,
    /// The readings as this node saw them last: a run of the cron asks for each domain.
    seen: Mutex<HashMap<String, Taken>>,
}

type Flights = Mutex<HashMap<String, watch::Receiver<Option<Landed>>>>;
/// The error as it is told; all who wait get the same.
type Landed = Result<(), (String, bool)>;

impl Portfolios {
    pub fn new(store: Store, patience: Patience) -> Self {
        Self {
            store,
            patience,
            flights: Arc::default(),
            seen: Mutex::default(),
        }
    }

    /// What the lists say of a name; they are read anew when they are older than `age`.
    ///
    /// # Errors
    /// When the registrar does not answer within the deadline: an old list is no answer here.
    pub async fn line(
        &self,
        account: &Account,
        name: &DomainName,
        age: Duration,
        deadline: Deadline,
    ) -> Result<Line, DomainsError> {
        let (taken, wire) = self.fresh(account, age, deadline).await?;
        let rows = table::about(self.store.pool(), &account.id, name.as_str()).await?;
        Ok(Line::of(&rows, taken, wire))
    }

    /// The reading that this node saw last.
    pub fn last(&self, account: &Account) -> Option<Taken> {
        self.seen().get(&account.id).copied()
    }

    /// Sees to it that the lists are not older than `age`.
    pub async fn fresh(
        &self,
        account: &Account,
        age: Duration,
        deadline: Deadline,
    ) -> Result<(Taken, Option<WireLog>), DomainsError> {
        let seen = self.seen().get(&account.id).copied();
        if let Some(taken) = seen.filter(|taken| self.age(*taken) < age) {
            return Ok((taken, None));
        }
        if let Some(taken) = self.newest(account).await?
            && self.age(taken) < age
        {
            self.seen().insert(account.id.clone(), taken);
            return Ok((taken, None));
        }
        let (flight, wire) = self.flight(account)?;
        self.landed(flight, deadline).await?;
        match self.newest(account).await? {
            Some(taken) => Ok((taken, wire)),
            None => Err(DomainsError::NoAnswer(
                "The registrar's lists could not be kept".to_owned(),
            )),
        }
    }

    /// When the lists were read last.
    pub async fn newest(&self, account: &Account) -> Result<Option<Taken>, DomainsError> {
        table::newest(self.store.pool(), &account.id).await
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<String, Taken>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn age(&self, taken: Taken) -> Duration {
        let age = self.store.clock().now_ms() - taken.taken_at;
        // A clock that went back makes nothing fresh.
        u64::try_from(age).map_or(Duration::MAX, Duration::from_millis)
    }

    /// Joins the reading of this account's lists, or starts one. It goes on when the caller gives up.
    fn flight(
        &self,
        account: &Account,
    ) -> Result<(watch::Receiver<Option<Landed>>, Option<WireLog>), DomainsError> {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(&account.id) {
            return Ok((flight.clone(), None));
        }
        account.breaker.admit().map_err(|pause| {
            DomainsError::NoAnswer(format!(
                "The registrar has not been answering; Wharf asks it again in {} s.",
                pause.as_secs() + 1
            ))
        })?;
        let (sender, receiver) = watch::channel(None);
        flights.insert(account.id.clone(), receiver.clone());
        drop(flights);
        let talk = Talk::until(Deadline::after(self.patience.sync));
        let wire = talk.log.clone();
        let ends = Ends {
            flights: self.flights.clone(),
            account: account.id.clone(),
        };
        let (store, account) = (self.store.clone(), account.clone());
        tokio::spawn(async move {
            let ends = ends;
            let read = reading::read(&store, &account, &talk).await;
            let outage = match &read {
                Err(DomainsError::Registrar(error)) => error.is_outage(),
                _ => false,
            };
            account.breaker.record(!outage);
            drop(ends);
            let told = read.map_err(|error| (error.to_string(), outage));
            sender.send_replace(Some(told));
        });
        Ok((receiver, Some(wire)))
    }

    async fn landed(
        &self,
        mut flight: watch::Receiver<Option<Landed>>,
        deadline: Deadline,
    ) -> Result<(), DomainsError> {
        let landed =
            tokio::time::timeout_at(deadline.instant(), flight.wait_for(Option::is_some)).await;
        let landed = match landed {
            Ok(Ok(landed)) => landed.clone(),
            _ => None,
        };
        match landed {
            Some(Ok(())) => Ok(()),
            Some(Err((error, true))) => Err(DomainsError::NoAnswer(error)),
            Some(Err((error, false))) => Err(DomainsError::Input(error)),
            None => Err(DomainsError::NoAnswer(
                "The registrar's lists were not there in time. Please try again later.".to_owned(),
            )),
        }
    }
}

/// Takes a reading off the board, even when its task is torn down.
struct Ends {
    flights: Arc<Flights>,
    account: String,
}

impl Drop for Ends {
    fn drop(&mut self) {
        self.flights
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.account);
    }
}

fn parsed<T: serde::de::DeserializeOwned>(body: &str) -> Option<T> {
    serde_json::from_str(body).ok()
}

/// How old the lists may be for a synchronisation: a whole run of WHMCS's cron shares one reading.
pub(crate) const LISTS_FRESH: Duration = Duration::from_secs(300);

const DOMAIN: &str = "domain";
const APPLICATION: &str = "application";
const TRANSFER: &str = "transfer";
const AWAY: &str = "away";
const DELETED: &str = "deleted";
const ARRIVED: &str = "arrived";
const REFUSED: &str = "refused";
