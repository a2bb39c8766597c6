//! What shall go wrong, where, and how often.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// One armed fault. It strikes the next `times` calls whose operation matches `on`, then is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub kind: FaultKind,
    /// An operation (`AddDomain`, `POST /api/v1/users`, `AddCredit`), compared without regard to case;
    /// absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// How many calls it strikes; absent: every call until disarmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

/// How a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "name")]
pub enum FaultKind {
    /// The answer comes `ms` milliseconds late.
    Latency { ms: u64 },
    /// The connection is closed before the call is looked at: nothing happened.
    Refuse,
    /// The call is swallowed: nothing happens and no answer ever comes.
    BlackHole,
    /// The call is carried out, then the connection is closed without an answer.
    CutAfterCommit,
    /// The connection is closed without an answer; the call is carried out `ms` milliseconds after that.
    CommitLate { ms: u64 },
    /// The call is carried out, but the answer is not what the protocol says.
    Garble,
    /// The call is carried out and its answer stops half-way.
    Truncate,
    /// The call is carried out; the daemon that made it is killed before the answer.
    KillDaemon,
}

/// The armed faults of one service.
#[derive(Debug, Default)]
pub struct FaultPlan(Mutex<Vec<Fault>>);

impl FaultPlan {
    pub fn arm(&self, fault: Fault) {
        self.lock().push(fault);
    }

    pub fn disarm_all(&self) {
        self.lock().clear();
    }

    pub fn armed(&self) -> Vec<Fault> {
        self.lock().clone()
    }

    /// The faults that strike this call: all matching latencies together, and the first other one.
    pub(crate) fn strike(&self, operation: &str) -> Strike {
        let mut armed = self.lock();
        let mut strike = Strike::default();
        for fault in armed.iter_mut() {
            let hits = fault
                .on
                .as_deref()
                .is_none_or(|on| on.eq_ignore_ascii_case(operation));
            if !hits {
                continue;
            }
            match fault.kind {
                FaultKind::Latency { ms } => strike.latency_ms += ms,
                kind if strike.failure.is_none() => strike.failure = Some(kind),
                _ => continue,
            }
            fault.times = fault.times.map(|times| times.saturating_sub(1));
        }
        armed.retain(|fault| fault.times != Some(0));
        strike
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What happens to one call.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Strike {
    pub latency_ms: u64,
    pub failure: Option<FaultKind>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(kind: FaultKind, on: Option<&str>, times: Option<u32>) -> Fault {
        Fault {
            kind,
            on: on.map(str::to_owned),
            times,
        }
    }

    #[test]
    fn a_fault_strikes_its_operation_as_often_as_told() {
        let plan = FaultPlan::default();
        plan.arm(fault(FaultKind::Refuse, Some("AddDomain"), Some(2)));
        assert_eq!(plan.strike("StatusDomain"), Strike::default());
        for _ in 0..2 {
            assert_eq!(plan.strike("adddomain").failure, Some(FaultKind::Refuse));
        }
        assert_eq!(plan.strike("AddDomain"), Strike::default());
        assert!(plan.armed().is_empty());
    }

    #[test]
    fn latency_adds_to_another_fault() {
        let plan = FaultPlan::default();
        plan.arm(fault(FaultKind::Latency { ms: 40 }, None, None));
        plan.arm(fault(FaultKind::CutAfterCommit, None, Some(1)));
        let strike = plan.strike("AddDomain");
        assert_eq!(
            strike,
            Strike {
                latency_ms: 40,
                failure: Some(FaultKind::CutAfterCommit)
            }
        );
        assert_eq!(
            plan.strike("AddDomain"),
            Strike {
                latency_ms: 40,
                failure: None
            }
        );
    }

    #[test]
    fn its_json_form_is_plain() {
        let fault: Fault = serde_json::from_str(
            r#"{"kind":{"name":"cut-after-commit"},"on":"AddCredit","times":1}"#,
        )
        .unwrap();
        assert_eq!(fault.kind, FaultKind::CutAfterCommit);
    }
}
