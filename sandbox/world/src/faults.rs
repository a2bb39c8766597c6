//! Orders to misbehave, from the command line or the control page to one service.

use std::fmt;
use std::str::FromStr;

use sandbox_edge::{Fault, FaultKind};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Addresses;

/// A service that can misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    Registry,
    Supplier,
    Broker,
    Host,
}

impl Service {
    pub const ALL: [Self; 4] = [Self::Registry, Self::Supplier, Self::Broker, Self::Host];

    /// Its base addresses: the registry has one in clear and one with TLS, which share their faults.
    pub fn address(self, addresses: &Addresses) -> &str {
        match self {
            Self::Registry => &addresses.registry,
            Self::Supplier => &addresses.supplier,
            Self::Broker => &addresses.broker,
            Self::Host => &addresses.host,
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Registry => "registry",
            Self::Supplier => "supplier",
            Self::Broker => "broker",
            Self::Host => "host",
        })
    }
}

impl FromStr for Service {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        Self::ALL
            .into_iter()
            .find(|service| service.to_string() == text)
            .ok_or_else(|| FaultError::Service(text.to_owned()))
    }
}

/// `SERVICE:KIND[:OPERATION[:TIMES]]`, such as `registry:cut-after-commit:AddDomain` or
/// `supplier:latency=40`. Times: a number, or `always`; 1 when left out, but always for latency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultOrder {
    pub service: Service,
    pub fault: Fault,
}

#[derive(Debug, Error, PartialEq, Eq)]
pub enum FaultError {
    #[error("\"{0}\" cannot misbehave; choose registry, supplier, broker or host")]
    Service(String),
    #[error(
        "\"{0}\" is no fault; choose latency=MS, refuse, black-hole, cut-after-commit, commit-late=MS, garble, truncate or kill-daemon"
    )]
    Kind(String),
    #[error("\"{0}\" is no number of times; give a number or \"always\"")]
    Times(String),
    #[error("{service} did not take the fault: {why}")]
    Send { service: Service, why: String },
}

impl FromStr for FaultOrder {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut parts = text.splitn(4, ':');
        let service = parts.next().unwrap_or_default().parse()?;
        let kind = read_kind(parts.next().unwrap_or_default())?;
        let on = parts
            .next()
            .filter(|on| !on.is_empty() && *on != "*")
            .map(str::to_owned);
        let times = match (parts.next(), kind) {
            (None, FaultKind::Latency { .. }) | (Some("always"), _) => None,
            (None, _) => Some(1),
            (Some(times), _) => Some(
                times
                    .parse()
                    .map_err(|_| FaultError::Times(times.to_owned()))?,
            ),
        };
        Ok(Self {
            service,
            fault: Fault { kind, on, times },
        })
    }
}

/// Arms a fault at a running service.
pub async fn send_fault(addresses: &Addresses, order: &FaultOrder) -> Result<(), FaultError> {
    let refused = |why: String| FaultError::Send {
        service: order.service,
        why,
    };
    let url = format!("{}/_sandbox/faults", order.service.address(addresses));
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .map_err(|error| refused(error.to_string()))?;
    let answer = client
        .post(url)
        .json(&order.fault)
        .send()
        .await
        .map_err(|error| refused(error.to_string()))?;
    if answer.status().is_success() {
        return Ok(());
    }
    Err(refused(format!("it answered {}", answer.status())))
}

fn read_kind(text: &str) -> Result<FaultKind, FaultError> {
    let wrong = || FaultError::Kind(text.to_owned());
    Ok(match text.split_once('=') {
        Some(("latency", ms)) => FaultKind::Latency {
            ms: ms.parse().map_err(|_| wrong())?,
        },
        Some(("commit-late", ms)) => FaultKind::CommitLate {
            ms: ms.parse().map_err(|_| wrong())?,
        },
        Some(_) => return Err(wrong()),
        None => match text {
            "refuse" => FaultKind::Refuse,
            "black-hole" => FaultKind::BlackHole,
            "cut-after-commit" => FaultKind::CutAfterCommit,
            "garble" => FaultKind::Garble,
            "truncate" => FaultKind::Truncate,
            "kill-daemon" => FaultKind::KillDaemon,
            _ => return Err(wrong()),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_read_and_wrong_ones_say_what_is_right() {
        let order: FaultOrder = "supplier:cut-after-commit:POST /api/v1/users:2"
            .parse()
            .unwrap();
        assert_eq!(order.service, Service::Supplier);
        assert_eq!(
            order.fault,
            Fault {
                kind: FaultKind::CutAfterCommit,
                on: Some("POST /api/v1/users".into()),
                times: Some(2)
            }
        );
        let latency: FaultOrder = "registry:latency=40".parse().unwrap();
        assert_eq!(
            latency.fault,
            Fault {
                kind: FaultKind::Latency { ms: 40 },
                on: None,
                times: None
            }
        );
        let late: FaultOrder = "host:commit-late=900:AddCredit".parse().unwrap();
        assert_eq!(
            late.fault,
            Fault {
                kind: FaultKind::CommitLate { ms: 900 },
                on: Some("AddCredit".into()),
                times: Some(1)
            }
        );
        for (wrong, says) in [
            ("bank:refuse", "registry, supplier, broker or host"),
            ("host:explode", "black-hole"),
            ("host:latency", "latency=MS"),
            ("host:commit-late", "commit-late=MS"),
            ("host:refuse:AddCredit:twice", "always"),
        ] {
            let error = wrong.parse::<FaultOrder>().unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
