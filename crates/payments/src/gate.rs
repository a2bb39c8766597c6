//! Of many who ask the same at once the first does the work; the others wait for it and then look at what it
//! did.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// Who leads, by the name of the work. Only work that goes on is remembered.
#[derive(Default)]
pub(crate) struct Gate(Arc<Leaders>);

type Leaders = Mutex<HashMap<String, watch::Receiver<()>>>;

/// The work is this task's until it is dropped, in whatever way that comes about.
pub(crate) struct Lead {
    leaders: Arc<Leaders>,
    name: String,
    /// Closed by the drop, which is what the others wait for.
    _done: watch::Sender<()>,
}

impl Gate {
    /// `None`: somebody else led, and has ended.
    pub(crate) async fn lead(&self, name: &str) -> Option<Lead> {
        let mut led = {
            let mut leaders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(led) = leaders.get(name) else {
                let (done, led) = watch::channel(());
                leaders.insert(name.to_owned(), led);
                return Some(Lead {
                    leaders: self.0.clone(),
                    name: name.to_owned(),
                    _done: done,
                });
            };
            led.clone()
        };
        // An error is the end: nothing is ever sent.
        let _ended = led.changed().await;
        None
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        let mut leaders = self.leaders.lock().unwrap_or_else(PoisonError::into_inner);
        leaders.remove(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn one_leads_and_the_others_go_on_when_it_ends() {
        let gate = Gate::default();
        let first = gate.lead("a").await;
        assert!(first.is_some() && gate.lead("b").await.is_some());
        let second = tokio::time::timeout(Duration::from_millis(20), gate.lead("a"));
        assert!(second.await.is_err());
        let waiting = gate.lead("a");
        tokio::pin!(waiting);
        let early = tokio::time::timeout(Duration::from_millis(20), &mut waiting);
        assert!(early.await.is_err());
        drop(first);
        assert!(waiting.await.is_none());
        assert!(gate.lead("a").await.is_some());
        assert!(gate.0.lock().unwrap().is_empty());
    }
}
