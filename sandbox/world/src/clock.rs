//! Moving the time of everything at once: the services in this process share a clock, the daemon follows it
//! by a file, and the host's cron runs at every step.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sandbox_host::{CronReport, CronRun, Host, HostError};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::sync::Mutex;
use wharf_core::Clock;

/// Who moves the sandbox's time. Clones move the same time, one after the other.
#[derive(Clone, Debug)]
pub struct TimeMachine {
    clock: Clock,
    host: Host,
    moving: Arc<Mutex<()>>,
}

/// One step forward.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Advance {
    pub seconds: u64,
    /// Whether the host's cron runs after it.
    pub cron: bool,
}

/// Where a step led, and what the cron did there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Advanced {
    pub now: Timestamp,
    pub cron: Option<CronReport>,
}

#[derive(Debug, Error)]
pub enum ClockError {
    #[error("\"{0}\" is no length of time; give one such as 90d, 12h, 30m or 1d12h")]
    Span(String),
    #[error("the sandbox's clock could not be moved: its file cannot be written")]
    Stuck,
    #[error("the host's cron failed")]
    Cron(#[from] HostError),
}

impl TimeMachine {
    pub(crate) fn new(clock: Clock, host: Host) -> Self {
        Self {
            clock,
            host,
            moving: Arc::default(),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Seconds ahead of the machine's time.
    pub fn ahead(&self) -> i64 {
        self.clock.ahead_ms() / 1000
    }

    /// Moves forward; returns when the cron has run.
    pub async fn step(&self, advance: Advance) -> Result<Advanced, ClockError> {
        let _alone = self.moving.lock().await;
        if !self.clock.advance(Duration::from_secs(advance.seconds)) {
            return Err(ClockError::Stuck);
        }
        let cron = match advance.cron {
            true => Some(self.host.cron(CronRun::Due).await?),
            false => None,
        };
        Ok(Advanced {
            now: self.clock.now(),
            cron,
        })
    }

    /// Moves forward day by day, with the cron.
    pub async fn days(&self, by: Span) -> Result<(), ClockError> {
        for seconds in by.steps(Span::DAY) {
            self.step(Advance {
                seconds,
                cron: true,
            })
            .await?;
        }
        Ok(())
    }

    pub async fn cron(&self, run: CronRun) -> Result<CronReport, ClockError> {
        let _alone = self.moving.lock().await;
        Ok(self.host.cron(run).await?)
    }
}

/// A length of time as people type it: `90d`, `12h`, `1d12h`, `2w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(u64);

impl Span {
    pub const DAY: Self = Self(86_400);

    pub fn seconds(self) -> u64 {
        self.0
    }

    /// From one moment to a later one.
    pub fn between(from: Timestamp, to: Timestamp) -> Option<Self> {
        let apart: SignedDuration = to.duration_since(from);
        u64::try_from(apart.as_secs()).ok().map(Self)
    }

    /// The steps that make up this span: whole ones, then what is left.
    pub fn steps(self, step: Self) -> impl Iterator<Item = u64> {
        let step = step.0.max(1);
        let rest = self.0 % step;
        (0..self.0 / step)
            .map(move |_| step)
            .chain((rest > 0).then_some(rest))
    }
}

impl std::str::FromStr for Span {
    type Err = ClockError;

    fn from_str(text: &str) -> Result<Self, ClockError> {
        let wrong = || ClockError::Span(text.to_owned());
        let mut rest = text.trim();
        let mut seconds = 0_u64;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
            let (number, tail) = rest.split_at(digits);
            let mut tail = tail.chars();
            let unit = match tail.next() {
                Some('w') => 604_800,
                Some('d') => 86_400,
                Some('h') => 3_600,
                Some('m') => 60,
                Some('s') => 1,
                _ => return Err(wrong()),
            };
            let number: u64 = number.parse().map_err(|_| wrong())?;
            seconds = number
                .checked_mul(unit)
                .and_then(|more| seconds.checked_add(more))
                .filter(|sum| *sum <= LONGEST)
                .ok_or_else(wrong)?;
            rest = tail.as_str();
        }
        if seconds == 0 {
            return Err(wrong());
        }
        Ok(Self(seconds))
    }
}

/// A hundred years.
const LONGEST: u64 = 36_525 * 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("90d", 90 * 86_400),
            ("12h", 43_200),
            ("1d12h", 129_600),
            ("2w", 1_209_600),
            ("45s", 45),
            (" 5m ", 300),
        ] {
            assert_eq!(text.parse::<Span>().unwrap().seconds(), seconds, "{text}");
        }
        for wrong in [
            "",
            "90",
            "d",
            "-1d",
            "1y",
            "0d",
            "1d2",
            "99999999999999999999d",
            "40000d",
        ] {
            let error = wrong.parse::<Span>().unwrap_err();
            assert!(error.to_string().contains("such as 90d"), "{wrong}");
        }
    }

    #[test]
    fn a_span_is_walked_in_steps() {
        let walk = |span: &str, step: &str| {
            let (span, step): (Span, Span) = (span.parse().unwrap(), step.parse().unwrap());
            span.steps(step).collect::<Vec<_>>()
        };
        assert_eq!(walk("2d1h", "1d"), [86_400, 86_400, 3_600]);
        assert_eq!(walk("1h", "1d"), [3_600]);
        assert_eq!(walk("1d", "12h"), [43_200, 43_200]);
    }
}
