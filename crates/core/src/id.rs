//! Identifiers: time-ordered UUIDs (RFC 9562, version 7) as text.

use std::sync::{LazyLock, Mutex, PoisonError};

use uuid::{ContextV7, Timestamp, Uuid};

use crate::Clock;

/// A new identifier. Later ones sort after earlier ones: within this process always, across processes to
/// the millisecond.
pub fn new_id(clock: &Clock) -> String {
    let ms = u64::try_from(clock.now_ms()).unwrap_or(0);
    let nanos = u32::try_from((ms % 1_000) * 1_000_000).unwrap_or(0);
    let context = CONTEXT.lock().unwrap_or_else(PoisonError::into_inner);
    Uuid::new_v7(Timestamp::from_unix(&*context, ms / 1_000, nanos)).to_string()
}

/// Counts within a millisecond.
static CONTEXT: LazyLock<Mutex<ContextV7>> = LazyLock::new(|| Mutex::new(ContextV7::new()));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_distinct_and_sort_by_time() {
        let clock = Clock::fixed(jiff::Timestamp::UNIX_EPOCH);
        let first = new_id(&clock);
        let second = new_id(&clock);
        assert!(first < second);
        clock.advance(std::time::Duration::from_millis(1));
        assert!(second < new_id(&clock));
    }
}
