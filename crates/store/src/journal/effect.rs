//! What an effect is: a change to the outside world that can be asked whether it happened.

use std::future::Future;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::jobs::NewJob;

/// A named kind of change with a serialisable input. The input is kept in the journal in clear: it must
/// hold no secret; credentials are looked up by [`perform`](Self::perform) and [`settle`](Self::settle).
pub trait Effect: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its name in the journal, `room.verb`; never changed once released.
    const KIND: &'static str;
    /// What it needs to act: clients, accounts, data.
    type World: Send + Sync + 'static;
    type Output: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;

    /// What makes a repetition harmless: the same key is the same change. Built from WHMCS's own facts.
    fn key(&self) -> String;

    /// What it changes (`domain/example.com`): effects on one subject run one after the other, and none
    /// starts while the outcome of an earlier one is unknown.
    fn subject(&self) -> String;

    /// Does it. `attempt` counts from 1.
    fn perform(
        &self,
        world: &Self::World,
        attempt: i64,
    ) -> impl Future<Output = Performed<Self::Output>> + Send;

    /// Finds out whether it happened: by reading, or, where nothing can be read, by making sure that it did not.
    fn settle(
        &self,
        world: &Self::World,
        attempt: i64,
    ) -> impl Future<Output = Settled<Self::Output>> + Send;

    /// Whether `earlier`, of the same key, asked for the same thing. A repetition that asks for something
    /// else is a conflict.
    fn same_request(&self, earlier: &Self) -> bool {
        let text = |effect: &Self| serde_json::to_string(effect).ok();
        text(self) == text(earlier)
    }

    /// Jobs that are enqueued in the transaction that records how it ended.
    fn follow_up(&self, ending: &Ending<Self::Output>) -> Vec<NewJob> {
        let _ = ending;
        Vec::new()
    }

    fn pace() -> Pace {
        Pace::default()
    }

    /// As [`Pace::believe_after`], for kinds whose far sides differ in how long they may go on working.
    fn believe_after(&self) -> Duration {
        Self::pace().believe_after
    }
}

/// How performing ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Performed<T> {
    Done(T),
    /// It did not happen, for certain.
    Refused(Refusal),
    /// It was not begun, for its turn has not come: tried again, and this was no try.
    NotYet(String),
    /// It may have happened: a time-out after sending, a cut connection, an answer that is none.
    Unknown(String),
}

/// What asking found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled<T> {
    Happened(T),
    DidNotHappen,
    /// Refused after all: asking showed that it can never happen (somebody else has the name, say).
    Refused(Refusal),
    /// It was not asked, for its turn has not come: asked again, and this was no question.
    NotYet(String),
    /// Not now; asked again.
    CannotTell(String),
    /// Asking again is of no use, only a person can tell. Held as soon as the far side had its time.
    AskAPerson(String),
}

/// A definite no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// True when it may succeed later without anybody's doing: the journal tries again, a bounded number
    /// of times. False when somebody must mend the cause first.
    pub temporary: bool,
    /// For the member of staff who reads it.
    pub reason: String,
}

impl Refusal {
    pub fn lasting(reason: impl Into<String>) -> Self {
        Self {
            temporary: false,
            reason: reason.into(),
        }
    }

    pub fn temporary(reason: impl Into<String>) -> Self {
        Self {
            temporary: true,
            reason: reason.into(),
        }
    }
}

/// What the caller of [`run`](super::Journal::run) learns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It happened, now or before.
    Done(T),
    /// It did not happen. Running it again tries again.
    Refused(Refusal),
    /// Not ended when the deadline passed; it goes on in the background.
    InProgress { reason: String },
    /// Nobody can tell whether it happened; a person must look.
    Held { reason: String },
}

/// How an effect ended, for [`Effect::follow_up`].
#[derive(Clone, Debug)]
pub struct Ending<T> {
    pub outcome: Outcome<T>,
    /// Whether a caller was still waiting for the answer. If not, WHMCS does not know it yet.
    pub awaited: bool,
}

/// The times between tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How long one `perform` or `settle` may take before it is given up as unknown.
    pub limit: Duration,
    /// How long after a call "it did not happen" is not yet believed, because the other side may still
    /// be working on it.
    pub believe_after: Duration,
    /// The first pause after a temporary refusal or an unsettled question; doubled each time.
    pub first_pause: Duration,
    pub longest_pause: Duration,
    /// Tries after temporary refusals before it is given up as refused.
    pub attempts: i64,
    /// Questions without an answer before a person is asked.
    pub settles: i64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            limit: Duration::from_secs(60),
            believe_after: Duration::from_secs(2),
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(300),
            attempts: 8,
            settles: 16,
        }
    }
}

impl Pace {
    /// The pause after the `n`th try, `n` from 1.
    pub(super) fn pause(&self, n: i64) -> Duration {
        let doublings = u32::try_from(n.saturating_sub(1)).unwrap_or(0).min(20);
        self.first_pause
            .saturating_mul(2_u32.saturating_pow(doublings))
            .min(self.longest_pause)
    }
}
