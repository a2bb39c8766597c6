//! The calls that a service answered: how a story counts supplier calls.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

const KEPT: usize = 1_000;

/// One call that arrived.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// Counts from 1, never reused.
    pub seq: u64,
    /// The service's own word for it (`AddDomain`, `POST /api/v1/users`).
    pub operation: String,
    pub at_ms: i64,
    pub took_ms: u64,
    /// The fault that struck it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// The newest thousand calls, and how many there ever were.
#[derive(Debug, Default)]
pub struct CallLog(Mutex<Log>);

impl CallLog {
    pub fn total(&self) -> u64 {
        self.lock().total
    }

    pub fn recent(&self) -> Vec<Call> {
        self.lock().calls.iter().cloned().collect()
    }

    pub(crate) fn record(
        &self,
        operation: String,
        at_ms: i64,
        took_ms: u64,
        fault: Option<String>,
    ) {
        let mut log = self.lock();
        log.total += 1;
        let seq = log.total;
        log.calls.push_back(Call {
            seq,
            operation,
            at_ms,
            took_ms,
            fault,
        });
        if log.calls.len() > KEPT {
            log.calls.pop_front();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct Log {
    total: u64,
    calls: VecDeque<Call>,
}
