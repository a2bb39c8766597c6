//! Identifiers: time-ordered UUIDs (RFC 9562, version 7) as text.

use uuid::{ContextV7, Timestamp, Uuid};

use crate::Clock;

/// A new identifier. Later ones sort after earlier ones, to the millisecond.
pub fn new_id(clock: &Clock) -> String {
    let ms = u64::try_from(clock.now_ms()).unwrap_or(0);
    let context = ContextV7::new();
    let nanos = u32::try_from((ms % 1_000) * 1_000_000).unwrap_or(0);
    Uuid::new_v7(Timestamp::from_unix(&context, ms / 1_000, nanos)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_distinct_and_sort_by_time() {
        let clock = Clock::fixed(jiff::Timestamp::UNIX_EPOCH);
        let first = new_id(&clock);
        assert_ne!(first, new_id(&clock));
        clock.advance(std::time::Duration::from_millis(1));
        assert!(first < new_id(&clock));
    }
}
