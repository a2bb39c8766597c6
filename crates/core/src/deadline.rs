//! How long a caller is ready to wait.

use std::time::Duration;

use tokio::time::Instant;

/// A point in (monotonic) time by which an answer must be given.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// What a page view may wait for a supplier.
    pub const PAGE: Duration = Duration::from_secs(3);
    /// What WHMCS may wait for a change to happen.
    pub const CHANGE: Duration = Duration::from_secs(25);

    pub fn after(patience: Duration) -> Self {
        Self(Instant::now() + patience)
    }

    /// Zero once the deadline has passed.
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    pub fn instant(self) -> Instant {
        self.0
    }

    pub fn is_over(self) -> bool {
        self.remaining().is_zero()
    }
}
