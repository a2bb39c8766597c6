//! How many actions of one server are worked on at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// A crowd of orders stands here with nothing in memory but its calls, and does not fight for the database: a supplier
/// takes them one after the other anyway.
#[derive(Debug, Default)]
pub(crate) struct Crowd(Mutex<HashMap<(String, i64), Arc<Semaphore>>>);

impl Crowd {
    /// A place among those that are worked on. `None` when the wait is over: what is ordered is then written down all
    /// the same, and WHMCS told that it goes on.
    pub(crate) async fn place(
        &self,
        site: &str,
        server: i64,
        until: Instant,
    ) -> Option<OwnedSemaphorePermit> {
        let places = {
            let mut servers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let places = || Arc::new(Semaphore::new(AT_ONCE));
            servers
                .entry((site.to_owned(), server))
                .or_insert_with(places)
                .clone()
        };
        let place = timeout_at(until, places.acquire_owned()).await;
        place.ok().and_then(Result::ok)
    }
}

/// More than a supplier answers at a time, and few enough to hold in memory.
const AT_ONCE: usize = 64;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn who_waits_too_long_goes_in_and_servers_do_not_wait_for_each_other() {
        let crowd = Crowd::default();
        let later = Instant::now() + Duration::from_secs(600);
        let mut inside = Vec::new();
        for _ in 0..AT_ONCE {
            inside.push(crowd.place("main", 1, later).await.unwrap());
        }
        assert!(crowd.place("main", 1, Instant::now()).await.is_none());
        assert!(crowd.place("main", 2, later).await.is_some());
        assert!(crowd.place("other", 1, later).await.is_some());
        inside.pop();
        assert!(crowd.place("main", 1, later).await.is_some());
    }
}
