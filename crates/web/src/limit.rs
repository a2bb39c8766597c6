//! How much is worked on at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::answer::Trouble;

/// A bound on concurrent requests of one sort. Who comes on top is turned away at once: a queue would only
/// make everybody late.
#[derive(Clone, Debug)]
pub(crate) struct Limit(Arc<Semaphore>);

impl Limit {
    pub fn new(at_once: usize) -> Self {
        Self(Arc::new(Semaphore::new(at_once)))
    }

    pub fn enter(&self) -> Result<OwnedSemaphorePermit, Trouble> {
        self.0
            .clone()
            .try_acquire_owned()
            .map_err(|_| Trouble::overloaded())
    }
}
