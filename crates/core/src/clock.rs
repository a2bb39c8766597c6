//! Time. Every component is handed a [`Clock`]; nothing else may read the system's time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;

/// A source of time. Clones share one time: moving a clone moves them all.
#[derive(Clone, Debug, Default)]
pub struct Clock(Source);

impl Clock {
    /// The machine's own time.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still at `start` until [`advance`](Self::advance) moves it; for tests.
    pub fn fixed(start: Timestamp) -> Self {
        Self(Source::Fixed(Arc::new(AtomicI64::new(
            start.as_millisecond(),
        ))))
    }

    /// Moves a fixed clock forward. The system's clock does not move: the answer says whether it did.
    pub fn advance(&self, by: Duration) -> bool {
        match &self.0 {
            Source::System => false,
            Source::Fixed(at) => {
                let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
                at.fetch_add(by, Ordering::SeqCst);
                true
            }
        }
    }

    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => system_now(),
            Source::Fixed(at) => {
                Timestamp::from_millisecond(at.load(Ordering::SeqCst)).unwrap_or(Timestamp::MAX)
            }
        }
    }

    /// Milliseconds since the Unix epoch: the form in which the database keeps time.
    pub fn now_ms(&self) -> i64 {
        self.now().as_millisecond()
    }
}

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    System,
    Fixed(Arc<AtomicI64>),
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the system's time"
)]
fn system_now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_moves_only_when_told_and_for_all_its_clones() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH);
        let twin = clock.clone();
        assert!(clock.advance(Duration::from_secs(90)));
        assert_eq!(twin.now_ms(), 90_000);
        assert!(!Clock::system().advance(Duration::from_secs(1)));
    }
}
