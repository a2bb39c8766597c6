//! The life of an instance or a binding: one operation at a time, done at once or after a while.

use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub struct Life {
    pub phase: Phase,
    /// What goes on.
    pub task: Option<Task>,
    /// How the last task ended, for those who still ask.
    pub last: Option<Ended>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    Creating,
    Ready,
    Updating,
    Deleting,
    /// Half-made: it must be deleted.
    Failed,
    Gone,
}

#[derive(Clone, Debug, Serialize)]
pub struct Task {
    pub id: String,
    pub ends_ms: i64,
    pub fails: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct Ended {
    pub id: String,
    pub failed: bool,
}

impl Life {
    /// Something new, there already.
    pub fn ready() -> Self {
        Self {
            phase: Phase::Ready,
            task: None,
            last: None,
        }
    }

    /// Something new, there when the task ends.
    pub fn creating(task: Task) -> Self {
        Self {
            phase: Phase::Creating,
            task: Some(task),
            last: None,
        }
    }

    pub fn begin(&mut self, phase: Phase, task: Task) {
        self.phase = phase;
        self.task = Some(task);
    }

    /// Deleted at once. What was being made has failed.
    pub fn end(&mut self) {
        self.last = self.task.take().map(|task| Ended {
            id: task.id,
            failed: true,
        });
        self.phase = Phase::Gone;
    }

    pub fn is_gone(&self) -> bool {
        self.phase == Phase::Gone
    }

    /// Ends what is due; whether an update has just succeeded.
    pub fn advance(&mut self, now_ms: i64) -> bool {
        let Some(task) = self.task.take_if(|task| task.ends_ms <= now_ms) else {
            return false;
        };
        let updated = self.phase == Phase::Updating && !task.fails;
        self.phase = match (self.phase, task.fails) {
            (Phase::Creating, true) => Phase::Failed,
            (Phase::Deleting, false) => Phase::Gone,
            // What could not be deleted is still there, but nobody should use it.
            (Phase::Deleting, true) => Phase::Failed,
            _ => Phase::Ready,
        };
        self.last = Some(Ended {
            id: task.id,
            failed: task.fails,
        });
        updated
    }
}
