//! What one account lets through: its rate, how much at a time, and whether the supplier answers at all.

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota};
use tokio::sync::{Mutex as Turn, Semaphore, SemaphorePermit};
use tokio::time::Instant;
use wharf_core::{Breaker, Clock, Secret};

use super::judge::Reply;
use crate::language::Rate;

/// An account with a supplier: everybody who uses it shares what it may do.
pub(crate) struct Account {
    breaker: Breaker,
    /// Why the last call got no answer.
    silence: Mutex<String>,
    rate: Option<DefaultDirectRateLimiter>,
    at_once: Option<Semaphore>,
    /// Held by who waits for the rate: the others stand behind, in order.
    turn: Turn<()>,
    /// Reads stand here, and one of them among the changes: what was looked for is done before others are looked for,
    /// or a long row would only ever look.
    reads: Turn<()>,
    quiet_until: Mutex<Option<Instant>>,
    /// The OAuth token that is good now, and until when.
    pub oauth: Turn<Option<(Secret, Instant)>>,
}

impl Account {
    pub(crate) fn new(name: &str, rate: Option<Rate>, clock: Clock) -> Self {
        let whole = |number: u32| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let quota = |rate: Rate| {
            let per_second = whole(rate.per_second);
            Quota::per_second(per_second).allow_burst(rate.burst.map_or(per_second, whole))
        };
        Self {
            breaker: Breaker::new(name, clock),
            silence: Mutex::default(),
            rate: rate.map(|rate| DefaultDirectRateLimiter::direct(quota(rate))),
            at_once: rate
                .and_then(|rate| rate.at_once)
                .map(|most| Semaphore::new(usize::try_from(most).unwrap_or(usize::MAX >> 4))),
            turn: Turn::default(),
            reads: Turn::default(),
            quiet_until: Mutex::default(),
            oauth: Turn::default(),
        }
    }

    /// Waits for a request's turn, until a moment at most. What it answers is held while the request is out.
    pub(crate) async fn admit(
        &self,
        read: bool,
        until: Instant,
    ) -> Result<Option<SemaphorePermit<'_>>, Reply> {
        let waiting = async {
            if let Some(quiet) = self.quiet() {
                if quiet > until {
                    return Err(not_yet("it asked for fewer requests; going on later"));
                }
                tokio::time::sleep_until(quiet).await;
            }
            let _among_changes = if read {
                Some(self.reads.lock().await)
            } else {
                None
            };
            let place = match &self.at_once {
                Some(places) => places.acquire().await.ok(),
                None => None,
            };
            if let Some(rate) = &self.rate {
                let _turn = self.turn.lock().await;
                rate.until_ready().await;
            }
            Ok(place)
        };
        let place = tokio::time::timeout_at(until, waiting)
            .await
            .map_err(|_| not_yet("too many requests wait for their turn; going on later"))??;
        self.breaker.admit().map_err(|_| {
            let why = self.silence.lock().unwrap_or_else(PoisonError::into_inner);
            Reply::NotSent(format!("{why}, several times; asking it again later"))
        })?;
        Ok(place)
    }

    /// An answer came, whatever it says.
    pub(crate) fn answered(&self) {
        self.breaker.record(true);
    }

    /// None came.
    pub(crate) fn silent(&self, why: &str) {
        why.clone_into(&mut self.silence.lock().unwrap_or_else(PoisonError::into_inner));
        self.breaker.record(false);
    }

    /// The supplier wants to be left alone for a while.
    pub(crate) fn rest(&self, pause: Duration) {
        let until = Instant::now() + pause.min(LONGEST_REST);
        let mut quiet = self.lock();
        if quiet.is_none_or(|known| known < until) {
            *quiet = Some(until);
        }
    }

    fn quiet(&self) -> Option<Instant> {
        (*self.lock()).filter(|until| *until > Instant::now())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.quiet_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_yet(why: &str) -> Reply {
    Reply::NotYet(why.to_owned())
}

const LONGEST_REST: Duration = Duration::from_secs(600);
