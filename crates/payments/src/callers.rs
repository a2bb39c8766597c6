//! Who may ask for a store: its key, the addresses of its shops, and nothing without a signature where it
//! wants that.

use std::net::IpAddr;

use subtle::ConstantTimeEq as _;
use wharf_core::{Network, Secret};

use crate::keys::token_hash;
use crate::tables::stores::StoreRow;

/// Who asks, as far as the edge can tell.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    pub source: Option<IpAddr>,
    /// What came in the place of the store's key.
    pub key: Option<Secret>,
}

/// What a store asks of those who check claims.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// Whether checks without a signature are answered at all.
    pub unsigned: bool,
    /// Where checks may come from; empty: from anywhere.
    pub sources: Vec<Network>,
    /// SHA-256 of the key that they must bring.
    pub key_hash: Option<String>,
}

/// Why a caller is turned away; for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Unsigned,
    Source,
    Key,
}

impl Refused {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Source => "source",
            Self::Key => "key",
        }
    }
}

impl Rules {
    pub(crate) fn of(store: &StoreRow) -> Self {
        let caution = &store.caution;
        Self {
            unsigned: caution.unsigned_checks,
            sources: caution
                .check_sources
                .split_whitespace()
                .filter_map(|network| network.parse().ok())
                .collect(),
            key_hash: Some(caution.check_key_hash.clone()).filter(|hash| !hash.is_empty()),
        }
    }

    /// Whether a check without a signature is answered.
    pub(crate) fn admit(&self, caller: &Caller) -> Result<(), Refused> {
        if !self.unsigned {
            return Err(Refused::Unsigned);
        }
        self.admit_source(caller.source)?;
        let Some(wanted) = &self.key_hash else {
            return Ok(());
        };
        let given = caller.key.as_ref().map(|key| token_hash(key.expose()));
        let same = given.is_some_and(|given| given.as_bytes().ct_eq(wanted.as_bytes()).into());
        if same { Ok(()) } else { Err(Refused::Key) }
    }

    pub(crate) fn admit_source(&self, source: Option<IpAddr>) -> Result<(), Refused> {
        let listed = |source: IpAddr| self.sources.iter().any(|network| network.holds(source));
        if self.sources.is_empty() || source.is_some_and(listed) {
            Ok(())
        } else {
            Err(Refused::Source)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(source: &str, key: &str) -> Caller {
        Caller {
            source: source.parse().ok(),
            key: Some(key).filter(|key| !key.is_empty()).map(Secret::new),
        }
    }

    #[test]
    fn every_rule_that_is_set_must_be_met() {
        let open = Rules {
            unsigned: true,
            sources: Vec::new(),
            key_hash: None,
        };
        let listed = Rules {
            sources: vec!["203.0.113.0/28".parse().unwrap()],
            ..open.clone()
        };
        let keyed = Rules {
            key_hash: Some(token_hash("k-1")),
            ..open.clone()
        };
        let both = Rules {
            key_hash: keyed.key_hash.clone(),
            ..listed.clone()
        };
        let signed = Rules {
            unsigned: false,
            ..open.clone()
        };
        for (rules, source, key, end) in [
            (&open, "", "", Ok(())),
            (&open, "198.51.100.1", "x", Ok(())),
            (&listed, "203.0.113.9", "", Ok(())),
            (&listed, "203.0.113.99", "", Err(Refused::Source)),
            (&listed, "", "", Err(Refused::Source)),
            (&keyed, "198.51.100.1", "k-1", Ok(())),
            (&keyed, "198.51.100.1", "k-2", Err(Refused::Key)),
            (&keyed, "198.51.100.1", "", Err(Refused::Key)),
            (&both, "203.0.113.9", "k-1", Ok(())),
            (&both, "203.0.113.9", "", Err(Refused::Key)),
            (&both, "198.51.100.1", "k-1", Err(Refused::Source)),
            (&signed, "203.0.113.9", "k-1", Err(Refused::Unsigned)),
        ] {
            assert_eq!(rules.admit(&caller(source, key)), end, "{source} {key}");
        }
    }
}
