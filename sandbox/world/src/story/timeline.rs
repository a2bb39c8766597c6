//! The record of a story: one step after the other, and how long each took.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::Addresses;
use crate::story::{StoryError, calls};

/// One step of a story.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Milliseconds since the story began, at the step's end.
    pub at_ms: u64,
    pub who: &'static str,
    pub what: String,
    pub took_ms: u64,
    /// Calls that registry and supplier answered meanwhile.
    pub supplier_calls: u64,
}

/// Takes the steps down and shows each as soon as it is done.
pub struct Timeline<'a> {
    addresses: &'a Addresses,
    began: Instant,
    steps: Vec<Step>,
    show: Box<dyn FnMut(&Step) + Send + 'a>,
}

impl<'a> Timeline<'a> {
    pub fn new(addresses: &'a Addresses, show: impl FnMut(&Step) + Send + 'a) -> Self {
        Self {
            addresses,
            began: Instant::now(),
            steps: Vec::new(),
            show: Box::new(show),
        }
    }

    /// Plays a step; `Ok` carries what to say of it and what the next steps need.
    pub async fn step<T>(
        &mut self,
        who: &'static str,
        play: impl Future<Output = Result<(String, T), StoryError>>,
    ) -> Result<T, StoryError> {
        let before = calls(self.addresses).await?;
        let started = Instant::now();
        let (what, result) = play.await?;
        let took = started.elapsed();
        let step = Step {
            at_ms: millis(self.began.elapsed()),
            who,
            what,
            took_ms: millis(took),
            supplier_calls: calls(self.addresses).await?.saturating_sub(before),
        };
        (self.show)(&step);
        self.steps.push(step);
        Ok(result)
    }

    pub fn into_steps(self) -> Vec<Step> {
        self.steps
    }
}

impl std::fmt::Debug for Timeline<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Timeline")
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
