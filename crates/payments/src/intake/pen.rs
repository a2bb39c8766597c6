//! Whose turn it is to write: deliveries' or reading's. While phones deliver much, which they do after hours without
//! a network, reading has a bounded part of the time, so that phones are answered soon; otherwise it has all of it.

use std::sync::{Mutex as Cell, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

/// As many hands as the database takes writers: SQLite has one, and whoever waits for its lock asks at growing pauses.
pub(crate) struct Pen {
    hands: Semaphore,
    crowd: Cell<Crowd>,
}

/// Batches of several deliveries that came at once.
#[derive(Clone, Copy, Default)]
struct Crowd {
    /// How many wait, or are being kept.
    here: u32,
    /// When the last was kept.
    left: Option<Instant>,
}

/// The turn of a batch of deliveries.
pub(super) struct Keeping<'a> {
    _hand: Hand<'a>,
    _crowd: Option<Coming<'a>>,
}

/// A crowd on its way into the database.
struct Coming<'a>(&'a Pen);

impl Drop for Coming<'_> {
    fn drop(&mut self) {
        let mut crowd = self.0.crowd();
        crowd.here -= 1;
        crowd.left = Some(Instant::now());
    }
}

/// The reader's turn. It is over at a moment, or soon behind it.
pub(super) struct Turn<'a> {
    _hand: Hand<'a>,
    until: Instant,
}

impl Turn<'_> {
    pub(super) fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }
}

/// `None` when the pen is gone, which it is not while anybody holds it.
type Hand<'a> = Option<SemaphorePermit<'a>>;

impl Pen {
    /// For a database that takes so many writers at once.
    pub(crate) fn new(writers: usize) -> Self {
        Self {
            hands: Semaphore::new(writers),
            crowd: Cell::default(),
        }
    }

    /// For so many deliveries, which are kept in one commit.
    pub(super) async fn for_deliveries(&self, count: usize) -> Keeping<'_> {
        let crowd = (count > 1).then(|| {
            self.crowd().here += 1;
            Coming(self)
        });
        Keeping {
            _hand: self.hands.acquire().await.ok(),
            _crowd: crowd,
        }
    }

    pub(super) async fn for_reading(&self) -> Turn<'_> {
        let hand = self.hands.acquire().await.ok();
        Turn {
            _hand: hand,
            until: Instant::now() + A_TURN,
        }
    }

    /// Between two turns of reading: leaves the time to deliveries while there are many.
    pub(super) async fn rest(&self) {
        let rested = Instant::now() + A_REST;
        loop {
            let (now, crowd) = (Instant::now(), *self.crowd());
            let quiet_at = match crowd.here {
                1.. => now + QUIET,
                0 => crowd.left.map_or(now, |left| left + QUIET),
            };
            if quiet_at <= now || rested <= now {
                return;
            }
            sleep_until(quiet_at.min(rested)).await;
        }
    }

    /// Whether deliveries come in crowds.
    pub(super) fn has_crowd(&self) -> bool {
        let crowd = *self.crowd();
        crowd.here > 0 || crowd.left.is_some_and(|left| left.elapsed() < QUIET)
    }

    fn crowd(&self) -> std::sync::MutexGuard<'_, Crowd> {
        self.crowd.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of reading, before it lets deliveries write; and of deliveries, before it reads on although they still come.
const A_TURN: Duration = Duration::from_millis(25);
const A_REST: Duration = Duration::from_millis(125);
/// So long after the last crowd it is over.
const QUIET: Duration = Duration::from_millis(30);

#[cfg(test)]
mod tests {
    use super::*;

    /// How long a rest takes while batches of so many come each five milliseconds, for so long.
    async fn rest(count: usize, millis: u64) -> Duration {
        let pen = std::sync::Arc::new(Pen::new(1));
        drop(pen.for_deliveries(count).await);
        let phones = pen.clone();
        let deliveries = tokio::spawn(async move {
            for _ in 0..millis / 5 {
                tokio::time::sleep(Duration::from_millis(5)).await;
                drop(phones.for_deliveries(count).await);
            }
        });
        let began = Instant::now();
        pen.rest().await;
        let rested = began.elapsed();
        deliveries.abort();
        rested
    }

    #[tokio::test(start_paused = true)]
    async fn reading_rests_while_many_come_and_no_longer_than_it_must() {
        let close = |took: Duration, to: Duration| took >= to && took < to + QUIET / 4;
        assert!(close(rest(16, 10_000).await, A_REST), "they never end");
        assert!(
            close(rest(16, 50).await, QUIET + Duration::from_millis(50)),
            "they end soon"
        );
        assert_eq!(rest(1, 10_000).await, Duration::ZERO, "one after the other");
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_is_over_soon_after_its_last() {
        let pen = Pen::new(1);
        drop(pen.for_deliveries(1).await);
        assert!(!pen.has_crowd());
        let keeping = pen.for_deliveries(16).await;
        tokio::time::sleep(3 * QUIET).await;
        assert!(pen.has_crowd());
        drop(keeping);
        assert!(pen.has_crowd());
        tokio::time::sleep(QUIET).await;
        assert!(!pen.has_crowd());
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_waited_for_a_long_turn_of_reading_are_not_overlooked() {
        let pen = std::sync::Arc::new(Pen::new(1));
        let turn = pen.for_reading().await;
        let phones = pen.clone();
        let kept = tokio::spawn(async move { drop(phones.for_deliveries(16).await) });
        tokio::time::sleep(3 * QUIET).await;
        drop(turn);
        let began = Instant::now();
        pen.rest().await;
        assert!(began.elapsed() >= QUIET, "{:?}", began.elapsed());
        assert!(kept.is_finished());
    }

    #[tokio::test(start_paused = true)]
    async fn as_many_write_as_the_database_takes() {
        let pen = Pen::new(2);
        let reading = pen.for_reading().await;
        let first = pen.for_deliveries(16).await;
        let wait = Duration::from_millis(1);
        let second = tokio::time::timeout(wait, pen.for_deliveries(1));
        assert!(second.await.is_err(), "a third writer");
        drop(reading);
        drop(pen.for_deliveries(1).await);
        drop(first);
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_of_reading_is_over_in_time_and_keeps_deliveries_waiting_until_then() {
        let pen = Pen::new(1);
        let turn = pen.for_reading().await;
        assert!(!turn.is_over());
        let early = tokio::time::timeout(A_TURN, pen.for_deliveries(1));
        assert!(early.await.is_err());
        assert!(turn.is_over());
        drop(turn);
        drop(pen.for_deliveries(1).await);
    }
}
