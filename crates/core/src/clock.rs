//! Time. Every component is handed a [`Clock`]; nothing else may read the system's time.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// A source of time. Clones share one time: moving a clone moves them all.
#[derive(Clone, Debug, Default)]
pub struct Clock(Source);

impl Clock {
    /// The machine's own time.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still at `start` until [`advance`](Self::advance) moves it; for tests.
    pub fn fixed(start: Timestamp) -> Self {
        Self(Source::Fixed(Arc::new(AtomicI64::new(
            start.as_millisecond(),
        ))))
    }

    /// The machine's time plus what [`advance`](Self::advance) adds; the sum is kept in `file`, for the
    /// clocks that [`follow`](Self::following) it. Goes on from what the file says.
    pub fn leading(file: impl Into<PathBuf>) -> Self {
        let file = file.into();
        let ahead = AtomicI64::new(read(&file).unwrap_or(0));
        Self(Source::Leading(Arc::new(Shifted { file, ahead })))
    }

    /// The time of the clock that leads by `file`, in whatever process that one is; the machine's own time
    /// while there is no such file.
    pub fn following(file: impl Into<PathBuf>) -> Self {
        let (file, ahead) = (file.into(), AtomicI64::new(0));
        Self(Source::Following(Arc::new(Shifted { file, ahead })))
    }

    /// Moves the clock forward, if it is one that can be moved: a fixed or a leading one. The answer says
    /// whether it did.
    pub fn advance(&self, by: Duration) -> bool {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        match &self.0 {
            Source::System | Source::Following(_) => false,
            Source::Fixed(at) => {
                at.fetch_add(by, Ordering::SeqCst);
                true
            }
            Source::Leading(shifted) => shifted.advance(by),
        }
    }

    pub fn now(&self) -> Timestamp {
        let ahead = match &self.0 {
            Source::System => 0,
            Source::Fixed(at) => {
                return Timestamp::from_millisecond(at.load(Ordering::SeqCst))
                    .unwrap_or(Timestamp::MAX);
            }
            Source::Leading(shifted) => shifted.ahead.load(Ordering::SeqCst),
            Source::Following(shifted) => shifted.reread(),
        };
        system_now()
            .checked_add(SignedDuration::from_millis(ahead))
            .unwrap_or(Timestamp::MAX)
    }

    /// How far this clock is ahead of the machine's, in milliseconds: for what can only be told a
    /// difference. Negative for a fixed clock in the past.
    pub fn ahead_ms(&self) -> i64 {
        match &self.0 {
            Source::System => 0,
            Source::Fixed(_) => self.now_ms() - system_now().as_millisecond(),
            Source::Leading(shifted) => shifted.ahead.load(Ordering::SeqCst),
            Source::Following(shifted) => shifted.reread(),
        }
    }

    /// Milliseconds since the Unix epoch: the form in which the database keeps time.
    pub fn now_ms(&self) -> i64 {
        self.now().as_millisecond()
    }
}

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    System,
    Fixed(Arc<AtomicI64>),
    Leading(Arc<Shifted>),
    Following(Arc<Shifted>),
}

#[derive(Debug)]
struct Shifted {
    file: PathBuf,
    /// Milliseconds; never less than it was.
    ahead: AtomicI64,
}

impl Shifted {
    /// The file is replaced whole, so that a follower never reads half a number. What could not be written
    /// did not happen.
    fn advance(&self, by: i64) -> bool {
        let ahead = self.ahead.load(Ordering::SeqCst).saturating_add(by);
        let half = self.file.with_extension("new");
        let written = std::fs::write(&half, ahead.to_string())
            .and_then(|()| std::fs::rename(&half, &self.file));
        if written.is_ok() {
            self.ahead.fetch_max(ahead, Ordering::SeqCst);
        }
        written.is_ok()
    }

    /// A few microseconds, which only a sandbox pays. A file that is gone or broken leaves what was known:
    /// time does not run backward.
    fn reread(&self) -> i64 {
        let told = read(&self.file).unwrap_or(0);
        self.ahead.fetch_max(told, Ordering::SeqCst).max(told)
    }
}

fn read(file: &Path) -> Option<i64> {
    let text = std::fs::read_to_string(file).ok()?;
    text.trim().parse().ok().filter(|ahead| *ahead >= 0)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the system's time"
)]
fn system_now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_moves_only_when_told_and_for_all_its_clones() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH);
        let twin = clock.clone();
        assert!(clock.advance(Duration::from_secs(90)));
        assert_eq!(twin.now_ms(), 90_000);
        assert!(!Clock::system().advance(Duration::from_secs(1)));
    }

    #[test]
    fn a_follower_moves_with_its_leader_and_never_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clock");
        let follower = Clock::following(&file);
        let leader = Clock::leading(&file);
        assert_eq!((leader.ahead_ms(), follower.ahead_ms()), (0, 0));

        let before = follower.now_ms();
        assert!(leader.advance(DAY));
        assert!(follower.now_ms() >= before + 86_400_000);
        assert!(!follower.advance(DAY));
        assert_eq!(follower.ahead_ms(), leader.ahead_ms());

        // A later leader (the sandbox was started again) goes on from there.
        assert!(Clock::leading(&file).advance(DAY));
        assert_eq!(follower.ahead_ms(), 2 * 86_400_000);
        for broken in ["", "-5", "86400000", "soon"] {
            std::fs::write(&file, broken).unwrap();
            assert_eq!(follower.ahead_ms(), 2 * 86_400_000, "{broken}");
        }
        std::fs::remove_file(&file).unwrap();
        assert_eq!(follower.ahead_ms(), 2 * 86_400_000);
    }

    #[test]
    fn what_cannot_be_written_did_not_happen() {
        let leader = Clock::leading("/nowhere/clock");
        assert!(!leader.advance(DAY));
        assert_eq!(leader.ahead_ms(), 0);
    }

    const DAY: Duration = Duration::from_secs(86_400);
}
