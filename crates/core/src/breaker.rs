//! A circuit breaker for an account with a registrar or supplier: after repeated failures nobody waits for it any more,
//! and one probe at a time finds out whether it is back.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::Clock;

/// Counts failures and says whether asking makes sense. Visible as the gauge `wharf_supplier_breaker`: 0
/// closed, 1 probing, 2 open.
#[derive(Debug)]
pub struct Breaker {
    account: String,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: i64,
        pause: Duration,
    },
    /// A probe is out; should it never come back, another goes out after `until`.
    Probing {
        until: i64,
        pause: Duration,
    },
}

impl Breaker {
    pub fn new(account: &str, clock: Clock) -> Self {
        let breaker = Self {
            account: account.to_owned(),
            clock,
            state: Mutex::new(State::Closed { failures: 0 }),
        };
        breaker.show(State::Closed { failures: 0 });
        breaker
    }

    /// Whether a call may go out now; who gets a yes reports by [`record`](Self::record). Otherwise how long it
    /// is until the next probe.
    pub fn admit(&self) -> Result<(), Duration> {
        let now = self.clock.now_ms();
        let mut state = self.lock();
        match *state {
            State::Closed { .. } => Ok(()),
            State::Open { until, .. } | State::Probing { until, .. } if now < until => Err(
                Duration::from_millis(u64::try_from(until - now).unwrap_or(0)),
            ),
            State::Open { pause, .. } | State::Probing { pause, .. } => {
                *state = State::Probing {
                    until: now + millis(LOST),
                    pause,
                };
                self.show(*state);
                Ok(())
            }
        }
    }

    pub fn record(&self, answered: bool) {
        let now = self.clock.now_ms();
        let mut state = self.lock();
        *state = match *state {
            _ if answered => State::Closed { failures: 0 },
            State::Closed { failures } if failures + 1 < LIMIT => State::Closed {
                failures: failures + 1,
            },
            State::Closed { .. } => {
                tracing::warn!(account = %self.account, "it does not answer; asking it is suspended");
                State::Open {
                    until: now + millis(FIRST),
                    pause: FIRST,
                }
            }
            State::Probing { pause, .. } => {
                let pause = pause.saturating_mul(2).min(LONGEST);
                State::Open {
                    until: now + millis(pause),
                    pause,
                }
            }
            // A call from before it opened.
            open @ State::Open { .. } => open,
        };
        self.show(*state);
    }

    fn show(&self, state: State) {
        let value = match state {
            State::Closed { .. } => 0.0,
            State::Probing { .. } => 1.0,
            State::Open { .. } => 2.0,
        };
        metrics::gauge!("wharf_supplier_breaker", "account" => self.account.clone()).set(value);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

/// Failures in a row.
const LIMIT: u32 = 4;
const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(60);
const LOST: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_and_closes_by_a_probe() {
        let clock = Clock::fixed(jiff::Timestamp::UNIX_EPOCH);
        let breaker = Breaker::new("a", clock.clone());
        for answered in [false, false, false, true, false, false, false] {
            assert_eq!(breaker.admit(), Ok(()));
            breaker.record(answered);
        }
        assert_eq!(breaker.admit(), Ok(()));
        breaker.record(false);
        assert_eq!(breaker.admit(), Err(FIRST));

        clock.advance(FIRST);
        assert_eq!(breaker.admit(), Ok(()), "the probe");
        assert!(breaker.admit().is_err(), "one at a time");
        breaker.record(false);
        assert_eq!(breaker.admit(), Err(FIRST * 2));

        clock.advance(FIRST * 2);
        assert_eq!(breaker.admit(), Ok(()));
        breaker.record(true);
        assert_eq!(breaker.admit(), Ok(()));
        assert_eq!(breaker.admit(), Ok(()));
    }

    #[test]
    fn a_lost_probe_is_followed_by_another() {
        let clock = Clock::fixed(jiff::Timestamp::UNIX_EPOCH);
        let breaker = Breaker::new("a", clock.clone());
        for _ in 0..LIMIT {
            breaker.record(false);
        }
        clock.advance(FIRST);
        assert_eq!(breaker.admit(), Ok(()));
        clock.advance(LOST);
        assert_eq!(breaker.admit(), Ok(()));
    }
}
