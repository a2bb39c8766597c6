//! Reading domains without hanging a page: snapshots, one registrar call for all who ask at a time, deadlines.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use wharf_core::{Deadline, DomainName};
use wharf_registrar::{Cause, DomainStatus, Nameservers, RegistrarError, Talk, WireLog};
use wharf_store::Store;

use crate::account::Account;
use crate::tables::snapshots::{self, Snapshot};
use crate::{DomainsError, Patience};

/// What the registrar says of a domain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, and it is nearly always the large one"
)]
pub(crate) enum Found {
    Ours(DomainStatus),
    /// It exists, in another account or with another registrar.
    NotOurs,
    Absent,
}

/// A reading and where it comes from.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub found: Found,
    /// Set when the registrar could not be asked: how old the answer is, and why.
    pub stale: Option<Stale>,
    /// What went over the wire for this very caller.
    pub wire: Option<WireLog>,
}

impl Reading {
    /// The domain, where only one of this account will do.
    pub fn ours(
        &self,
        account: &Account,
        name: &DomainName,
    ) -> Result<&DomainStatus, DomainsError> {
        let login = &account.login;
        match &self.found {
            Found::Ours(status) => Ok(status),
            Found::NotOurs => Err(DomainsError::Input(format!(
                "{name} is registered, but not in the registrar account {login}."
            ))),
            Found::Absent => Err(DomainsError::Input(format!(
                "{name} is not in the registrar account {login}."
            ))),
        }
    }
}

/// What is known of a domain without asking.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// What is certain enough.
    pub fresh: Option<Found>,
    /// When we changed or read it last, epoch milliseconds; 0 when never.
    pub touched: i64,
    /// How many changes of ours it has seen.
    pub revision: i64,
}

#[derive(Clone, Debug)]
pub(crate) struct Stale {
    pub age: Duration,
    pub why: String,
}

/// What a caller is ready to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wants {
    /// Rather an old answer than none.
    AnyAnswer,
    /// Rather none than an old one.
    Fresh,
}

#[derive(Debug)]
pub(crate) struct Reads {
    store: Store,
    patience: Patience,
    flights: Arc<Flights>,
}

type Flights = Mutex<HashMap<FlightKey, watch::Receiver<Option<Landed>>>>;
/// Account, name, revision: who asks after a change of ours never joins a reading begun before it.
type FlightKey = (String, DomainName, i64);
type Landed = Result<Found, RegistrarError>;

impl Reads {
    pub fn new(store: Store, patience: Patience) -> Self {
        Self {
            store,
            patience,
            flights: Arc::default(),
        }
    }

    /// What is known of a domain, by the rules of [`Wants`], within the deadline.
    pub async fn domain(
        &self,
        account: &Account,
        name: &DomainName,
        wants: Wants,
        deadline: Deadline,
    ) -> Result<Reading, DomainsError> {
        let snapshot = snapshots::load(self.store.pool(), &account.id, &object(name)).await?;
        let last = stored(&snapshot);
        let age = self.age(&snapshot);
        if let Some(found) = last.clone().filter(|found| age < self.fresh_for(found)) {
            metrics::counter!("wharf_domain_reads_total", "from" => "snapshot").increment(1);
            return Ok(Reading {
                found,
                stale: None,
                wire: None,
            });
        }

        let (why, error, wire) = match self.admitted(account, name, snapshot.revision) {
            Err(pause) => (suspended(pause), None, None),
            Ok((flight, wire)) => match landing(flight, deadline).await {
                Some(Ok(found)) => {
                    metrics::counter!("wharf_domain_reads_total", "from" => "registrar")
                        .increment(1);
                    return Ok(Reading {
                        found,
                        stale: None,
                        wire,
                    });
                }
                Some(Err(error)) if !error.is_outage() => return Err(error.into()),
                Some(Err(error)) => (error.to_string(), Some(error), wire),
                None => (no_answer(wants, self.patience), None, wire),
            },
        };
        // "Not here" is not worth much once it is old: the domain may have arrived since.
        match last.filter(|found| wants == Wants::AnyAnswer && matches!(found, Found::Ours(_))) {
            Some(found) => {
                metrics::counter!("wharf_domain_reads_total", "from" => "old snapshot")
                    .increment(1);
                Ok(Reading {
                    found,
                    stale: Some(Stale { age, why }),
                    wire,
                })
            }
            None => Err(match error {
                Some(error) => error.into(),
                None => DomainsError::NoAnswer(format!(
                    "{why}, and Wharf has no earlier answer about {name}. Please try again later."
                )),
            }),
        }
    }

    /// Reads anew, in the background or for a job, and keeps the result.
    pub async fn refresh(
        &self,
        account: &Account,
        name: &DomainName,
    ) -> Result<Found, DomainsError> {
        let snapshot = snapshots::load(self.store.pool(), &account.id, &object(name)).await?;
        let (flight, _) = self.flight(account, name, snapshot.revision);
        match landing(flight, Deadline::after(self.patience.reading)).await {
            Some(landed) => Ok(landed?),
            None => Err(DomainsError::NoAnswer(
                "The registrar did not answer in time".to_owned(),
            )),
        }
    }

    /// What is known of a domain without asking anybody.
    pub async fn known(&self, account: &Account, name: &DomainName) -> Result<Known, DomainsError> {
        let snapshot = snapshots::load(self.store.pool(), &account.id, &object(name)).await?;
        Ok(self.known_of(&snapshot))
    }

    /// What a stored answer is worth now.
    pub fn known_of(&self, snapshot: &Snapshot) -> Known {
        let age = self.age(snapshot);
        Known {
            fresh: stored(snapshot).filter(|found| age < self.fresh_for(found)),
            touched: snapshot.taken_at,
            revision: snapshot.revision,
        }
    }

    /// A change of ours counts these; it makes the key of the next one.
    pub async fn revision(
        &self,
        account: &Account,
        name: &DomainName,
    ) -> Result<i64, DomainsError> {
        Ok(
            snapshots::load(self.store.pool(), &account.id, &object(name))
                .await?
                .revision,
        )
    }

    /// A change was made: what was known, and what is being read, is void. `known` is what is certain now.
    pub async fn changed(
        &self,
        account: &Account,
        name: &DomainName,
        known: Option<Found>,
    ) -> Result<(), DomainsError> {
        let body = known.and_then(|found| serde_json::to_string(&found).ok());
        let now = self.store.clock().now_ms();
        snapshots::changed(
            self.store.pool(),
            &account.id,
            &object(name),
            body.as_deref(),
            now,
        )
        .await
    }

    /// As [`changed`](Self::changed), where only the nameservers are.
    pub async fn renamed(
        &self,
        account: &Account,
        name: &DomainName,
        hosts: &Nameservers,
    ) -> Result<(), DomainsError> {
        self.altered(account, name, |status| {
            status.nameservers = hosts.clone();
            true
        })
        .await
    }

    /// As [`changed`](Self::changed), where `note` can say what is different in what was known; `false` when it
    /// cannot.
    pub async fn altered(
        &self,
        account: &Account,
        name: &DomainName,
        note: impl FnOnce(&mut DomainStatus) -> bool,
    ) -> Result<(), DomainsError> {
        let snapshot = snapshots::load(self.store.pool(), &account.id, &object(name)).await?;
        let known = match stored(&snapshot) {
            Some(Found::Ours(mut status)) => note(&mut status).then_some(Found::Ours(status)),
            _ => None,
        };
        self.changed(account, name, known).await
    }

    /// What was known last, however long ago.
    pub async fn last(
        &self,
        account: &Account,
        name: &DomainName,
    ) -> Result<Option<Found>, DomainsError> {
        let snapshot = snapshots::load(self.store.pool(), &account.id, &object(name)).await?;
        Ok(stored(&snapshot))
    }

    fn age(&self, snapshot: &Snapshot) -> Duration {
        let age = self.store.clock().now_ms() - snapshot.taken_at;
        Duration::from_millis(u64::try_from(age).unwrap_or(0))
    }

    fn fresh_for(&self, found: &Found) -> Duration {
        match found {
            Found::Ours(_) => self.patience.fresh,
            Found::NotOurs | Found::Absent => self.patience.fresh.min(Duration::from_secs(10)),
        }
    }

    /// A reading to wait for, if one is under way or the breaker lets one go out; else the pause until it does.
    fn admitted(
        &self,
        account: &Account,
        name: &DomainName,
        revision: i64,
    ) -> Result<(watch::Receiver<Option<Landed>>, Option<WireLog>), Duration> {
        let under_way = lock(&self.flights)
            .get(&(account.id.clone(), name.clone(), revision))
            .cloned();
        if let Some(flight) = under_way {
            return Ok((flight, None));
        }
        account.breaker.admit()?;
        Ok(self.flight(account, name, revision))
    }

    /// Joins the reading of this domain, or starts it. It goes on when the caller gives up, so that the next
    /// one finds its result. The wire log is the starter's.
    fn flight(
        &self,
        account: &Account,
        name: &DomainName,
        revision: i64,
    ) -> (watch::Receiver<Option<Landed>>, Option<WireLog>) {
        let key = (account.id.clone(), name.clone(), revision);
        let mut flights = lock(&self.flights);
        let slot = match flights.entry(key.clone()) {
            Entry::Occupied(under_way) => return (under_way.get().clone(), None),
            Entry::Vacant(slot) => slot,
        };
        let (sender, receiver) = watch::channel(None);
        slot.insert(receiver.clone());
        drop(flights);
        let talk = Talk::until(Deadline::after(self.patience.reading));
        let wire = talk.log.clone();
        let (store, account, flights) = (self.store.clone(), account.clone(), self.flights.clone());
        tokio::spawn(async move {
            let _ends = Ends {
                flights,
                key: key.clone(),
            };
            let landed = read(&account, &key.1, &talk).await;
            account.breaker.record(
                landed
                    .as_ref()
                    .map_or_else(|error| !error.is_outage(), |_| true),
            );
            if let Ok(found) = &landed {
                keep(&store, &key, found).await;
            }
            sender.send_replace(Some(landed));
        });
        (receiver, Some(wire))
    }
}

/// Takes a flight off the board, even when its task is torn down.
struct Ends {
    flights: Arc<Flights>,
    key: FlightKey,
}

impl Drop for Ends {
    fn drop(&mut self) {
        lock(&self.flights).remove(&self.key);
    }
}

pub(crate) async fn read(account: &Account, name: &DomainName, talk: &Talk) -> Landed {
    match account.registrar.status(name, talk).await {
        Ok(status) => Ok(Found::Ours(status)),
        Err(error) => match error.cause() {
            Some(Cause::NotOurs) => Ok(Found::NotOurs),
            Some(Cause::NotFound) => Ok(Found::Absent),
            _ => Err(error),
        },
    }
}

async fn keep(store: &Store, (account, name, revision): &FlightKey, found: &Found) {
    let Ok(body) = serde_json::to_string(found) else {
        return;
    };
    let now = store.clock().now_ms();
    if let Err(error) =
        snapshots::keep(store.pool(), account, &object(name), *revision, &body, now).await
    {
        tracing::warn!(%error, domain = %name, "a reading could not be kept");
    }
}

async fn landing(
    mut flight: watch::Receiver<Option<Landed>>,
    deadline: Deadline,
) -> Option<Landed> {
    let landed =
        tokio::time::timeout_at(deadline.instant(), flight.wait_for(Option::is_some)).await;
    landed.ok()?.ok()?.clone()
}

fn lock(flights: &Flights) -> MutexGuard<'_, HashMap<FlightKey, watch::Receiver<Option<Landed>>>> {
    flights.lock().unwrap_or_else(PoisonError::into_inner)
}

fn stored(snapshot: &Snapshot) -> Option<Found> {
    serde_json::from_str(snapshot.body.as_deref()?).ok()
}

/// What a domain's answers are kept under.
pub(crate) fn object(name: &DomainName) -> String {
    format!("domain/{name}")
}

fn suspended(pause: Duration) -> String {
    format!(
        "The registrar has not been answering; Wharf asks it again in {} s",
        pause.as_secs() + 1
    )
}

fn no_answer(wants: Wants, patience: Patience) -> String {
    let waited = match wants {
        // Told as the promise that pages get, not as what is left of it.
        Wants::AnyAnswer => patience.page.as_millis().div_ceil(1_000),
        Wants::Fresh => patience.sync.as_millis().div_ceil(1_000),
    };
    format!("The registrar did not answer within {waited} seconds")
}
