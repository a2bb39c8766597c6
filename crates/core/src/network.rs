//! Addresses and networks of the internet, as set-ups name them: `203.0.113.9`, `10.0.0.0/8`, `2001:db8::/32`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A network, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network {
    base: IpAddr,
    prefix: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("\"{0}\" is neither an address nor a network like 10.0.0.0/8")]
pub struct ParseNetworkError(String);

impl Network {
    /// Whether the address lies in it. IPv4 seen through an IPv6 socket is IPv4.
    pub fn holds(self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.prefix);
                let cut = |ip: std::net::Ipv4Addr| u32::from(ip).checked_shr(shift).unwrap_or(0);
                cut(base) == cut(address)
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(self.prefix);
                let cut = |ip: std::net::Ipv6Addr| u128::from(ip).checked_shr(shift).unwrap_or(0);
                cut(base) == cut(address)
            }
            _ => false,
        }
    }
}

/// Whether a host in a web address is this machine itself: what is sent there unencrypted reaches nobody else.
pub fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost"
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

impl FromStr for Network {
    type Err = ParseNetworkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseNetworkError(text.chars().take(60).collect());
        let (base, prefix) = text
            .split_once('/')
            .map_or((text, None), |(base, prefix)| (base, Some(prefix)));
        let base: IpAddr = base.trim().parse().map_err(|_| wrong())?;
        let longest = if base.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(longest), |prefix| prefix.parse().map_err(|_| wrong()))?;
        (prefix <= longest)
            .then_some(Self { base, prefix })
            .ok_or_else(wrong)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let longest = if self.base.is_ipv4() { 32 } else { 128 };
        if self.prefix == longest {
            return write!(f, "{}", self.base);
        }
        write!(f, "{}/{}", self.base, self.prefix)
    }
}

impl TryFrom<String> for Network {
    type Error = ParseNetworkError;
    fn try_from(text: String) -> Result<Self, ParseNetworkError> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        for (net, address, held) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("203.0.113.9", "203.0.113.9", true),
            ("203.0.113.9", "203.0.113.10", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("0.0.0.0/0", "198.51.100.1", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:9::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::/0", "2001:db8::1", true),
        ] {
            assert_eq!(
                network(net).holds(address.parse().unwrap()),
                held,
                "{net} {address}"
            );
        }
    }

    #[test]
    fn wrong_networks_are_named() {
        let error = "10.0.0.0/33".parse::<Network>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"10.0.0.0/33\" is neither an address nor a network like 10.0.0.0/8"
        );
        for wrong in [
            "",
            "10.0.0",
            "10.0.0.0/",
            "10.0.0.0/x",
            "shop.example.com",
            "::/129",
        ] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_loopback_is_this_machine() {
        for here in ["localhost", "127.0.0.1", "127.9.0.1", "[::1]", "::1"] {
            assert!(is_this_machine(here), "{here}");
        }
        for elsewhere in [
            "",
            "192.168.1.5",
            "0.0.0.0",
            "[2001:db8::1]",
            "localhost.example.com",
            "127.0.0.1.example.com",
        ] {
            assert!(!is_this_machine(elsewhere), "{elsewhere}");
        }
    }

    proptest! {
        #[test]
        fn every_network_reads_back(base: [u8; 4], prefix in 0_u8..=32) {
            let written = Network { base: IpAddr::from(base), prefix }.to_string();
            prop_assert_eq!(network(&written).to_string(), written.clone());
            prop_assert!(network(&written).holds(IpAddr::from(base)));
        }
    }
}
