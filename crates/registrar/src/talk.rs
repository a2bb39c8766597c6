//! What goes along with every request: how long it may take, and where the wire text is kept.

use std::sync::{Arc, Mutex, PoisonError};

use wharf_core::Deadline;

/// A caller's patience and its log.
#[derive(Clone, Debug)]
pub struct Talk {
    pub deadline: Deadline,
    pub log: WireLog,
}

impl Talk {
    pub fn until(deadline: Deadline) -> Self {
        Self {
            deadline,
            log: WireLog::default(),
        }
    }
}

/// What went over the wire for one caller, secrets masked. Clones share one log.
#[derive(Clone, Debug, Default)]
pub struct WireLog(Arc<Mutex<Vec<(String, String)>>>);

impl WireLog {
    /// The requests and the responses, each as one text; `None` when nothing was sent.
    pub fn texts(&self) -> Option<(String, String)> {
        let exchanges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if exchanges.is_empty() {
            return None;
        }
        let requests: Vec<&str> = exchanges
            .iter()
            .map(|(request, _)| request.as_str())
            .collect();
        let responses: Vec<&str> = exchanges
            .iter()
            .map(|(_, response)| response.as_str())
            .collect();
        Some((requests.join("\n\n"), responses.join("\n\n")))
    }

    pub(crate) fn note(&self, request: String, response: String) {
        let mut exchanges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if exchanges.len() < LONGEST {
            exchanges.push((request, response));
        }
    }
}

/// Exchanges that one log keeps: enough for any one call of a module.
const LONGEST: usize = 40;
