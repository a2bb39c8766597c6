//! Who is on the other end: the peer's address, or what a trusted proxy says about it.

use std::net::IpAddr;

use http::HeaderMap;
use wharf_core::Network;
use wharf_core::network::ParseNetworkError;

use crate::listen::Peer;

/// The proxies whose `X-Forwarded-For` is believed: addresses and networks (`10.0.0.0/8`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

impl TrustedProxies {
    pub fn parse<S: AsRef<str>>(items: &[S]) -> Result<Self, ParseNetworkError> {
        items
            .iter()
            .map(|item| item.as_ref().parse())
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The client's address. `None` on a Unix socket: somebody on this machine.
    ///
    /// Of `X-Forwarded-For`, the right-most address that is no trusted proxy counts: everything left of
    /// it can be the client's invention.
    pub(crate) fn client(&self, peer: Peer, headers: &HeaderMap) -> Option<IpAddr> {
        let Peer::Tcp(peer) = peer else { return None };
        let mut client = canonical(peer.ip());
        let forwarded: Vec<&str> = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .collect();
        for hop in forwarded.iter().rev() {
            if !self.trusts(client) {
                break;
            }
            let Ok(before) = hop.parse::<IpAddr>() else {
                break;
            };
            client = canonical(before);
        }
        Some(client)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.holds(address))
    }
}

/// IPv4 seen through an IPv6 socket is IPv4.
fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn client(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_str(value).unwrap());
        }
        let peer = Peer::Tcp(format!("{peer}:4000").parse().unwrap());
        TrustedProxies::parse(trusted)
            .unwrap()
            .client(peer, &headers)
            .unwrap()
            .to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        assert_eq!(
            client("203.0.113.9", &["198.51.100.1"], &["127.0.0.1"]),
            "203.0.113.9"
        );
        assert_eq!(
            client("127.0.0.1", &["198.51.100.1"], &["127.0.0.1"]),
            "198.51.100.1"
        );
        assert_eq!(client("127.0.0.1", &[], &["127.0.0.1"]), "127.0.0.1");
    }

    #[test]
    fn what_the_client_put_in_front_is_ignored() {
        assert_eq!(
            client(
                "10.1.2.3",
                &["6.6.6.6, 198.51.100.1, 10.9.9.9"],
                &["10.0.0.0/8"]
            ),
            "198.51.100.1"
        );
        assert_eq!(
            client("10.1.2.3", &["6.6.6.6", "198.51.100.1"], &["10.0.0.0/8"]),
            "198.51.100.1"
        );
        assert_eq!(
            client("10.1.2.3", &["6.6.6.6, nonsense"], &["10.0.0.0/8"]),
            "10.1.2.3"
        );
        assert_eq!(
            client("[::ffff:10.1.2.3]", &["2001:db8::1"], &["10.0.0.0/8"]),
            "2001:db8::1"
        );
    }

    #[test]
    fn wrong_networks_are_named() {
        let error = TrustedProxies::parse(&["10.0.0.0/33"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"10.0.0.0/33\" is neither an address nor a network like 10.0.0.0/8"
        );
        assert!(TrustedProxies::parse(&["0.0.0.0/0", "::/0"]).is_ok());
    }
}
