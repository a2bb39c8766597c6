//! A domain's nameservers.

use serde::{Deserialize, Serialize};
use wharf_core::DomainName;

/// Nameservers in their order, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<DomainName>")]
pub struct Nameservers(Vec<DomainName>);

impl Nameservers {
    pub fn iter(&self) -> impl Iterator<Item = &DomainName> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The same hosts, whatever their order: registries do not keep it.
    pub fn same_set(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.iter().all(|host| other.0.contains(host))
    }
}

impl From<Vec<DomainName>> for Nameservers {
    fn from(hosts: Vec<DomainName>) -> Self {
        hosts.into_iter().collect()
    }
}

impl FromIterator<DomainName> for Nameservers {
    fn from_iter<I: IntoIterator<Item = DomainName>>(hosts: I) -> Self {
        let mut once = Vec::new();
        for host in hosts {
            if !once.contains(&host) {
                once.push(host);
            }
        }
        Self(once)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nameservers_are_kept_once_and_compared_without_order() {
        let set = |hosts: &[&str]| -> Nameservers {
            hosts
                .iter()
                .map(|host| DomainName::parse(host).unwrap())
                .collect()
        };
        let pair = set(&["ns1.example.net", "ns2.example.net", "NS1.example.net"]);
        assert_eq!(pair.len(), 2);
        assert!(pair.same_set(&set(&["ns2.example.net", "ns1.example.net"])));
        assert!(!pair.same_set(&set(&["ns1.example.net"])));
        assert!(!pair.same_set(&set(&["ns1.example.net", "ns3.example.net"])));
    }
}
