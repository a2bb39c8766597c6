//! What the registrar sells: one row per extension.

/// An extension and its rules. Prices are minor units of the account's currency, a year each.
#[derive(Debug, PartialEq, Eq)]
pub struct Zone {
    pub suffix: &'static str,
    pub annual: i64,
    pub max_years: i64,
    /// The registry knows a transfer lock.
    pub lock: bool,
    /// The platform's id protection can be had.
    pub trustee: bool,
    pub nameserver_min: usize,
    /// A registration is done when the command answers.
    pub realtime: bool,
    /// `ß` and final sigma stay themselves (IDNA 2008) instead of becoming `ss` and sigma.
    pub keeps_sharp_s: bool,
}

impl Zone {
    /// The zone that a name would be registered in: its extension, if that is sold. One label must stand
    /// before it, no more.
    pub fn of(name: &str) -> Option<&'static Self> {
        let (_, suffix) = name.split_once('.')?;
        ZONES.iter().find(|zone| zone.suffix == suffix)
    }

    /// The zone with the longest suffix of the name, whatever stands before it.
    pub fn above(name: &str) -> Option<&'static Self> {
        let fits = |zone: &&Self| {
            name.strip_suffix(zone.suffix)
                .is_some_and(|head| head.ends_with('.'))
        };
        ZONES
            .iter()
            .filter(fits)
            .max_by_key(|zone| zone.suffix.len())
    }

    /// The platform's name of the registry connection.
    pub fn repository(&self) -> String {
        format!("{}-LIVE", self.class())
    }

    /// The price class: the extension in capitals, without dots (`COUK`).
    pub fn class(&self) -> String {
        self.suffix.replace('.', "").to_ascii_uppercase()
    }
}

const fn generic(suffix: &'static str, annual: i64) -> Zone {
    Zone {
        suffix,
        annual,
        max_years: 10,
        lock: true,
        trustee: true,
        nameserver_min: 0,
        realtime: true,
        keeps_sharp_s: false,
    }
}

const fn country(suffix: &'static str, annual: i64, max_years: i64) -> Zone {
    Zone {
        max_years,
        lock: false,
        trustee: false,
        nameserver_min: 2,
        ..generic(suffix, annual)
    }
}

static ZONES: &[Zone] = &[
    generic("com", 1_099),
    generic("net", 1_299),
    generic("org", 1_249),
    generic("info", 1_899),
    generic("biz", 1_799),
    generic("dev", 1_399),
    generic("app", 1_599),
    generic("shop", 3_299),
    generic("online", 2_999),
    generic("store", 4_999),
    generic("xyz", 1_199),
    generic("me", 1_999),
    generic("co", 2_799),
    Zone {
        max_years: 5,
        trustee: false,
        ..generic("io", 4_499)
    },
    Zone {
        keeps_sharp_s: true,
        ..country("de", 699, 1)
    },
    country("eu", 799, 10),
    country("at", 1_299, 1),
    country("ch", 1_099, 1),
    country("fr", 999, 10),
    country("nl", 899, 1),
    country("it", 1_099, 1),
    country("uk", 799, 10),
    country("co.uk", 799, 10),
    country("org.uk", 799, 10),
    // Registered by the registry some minutes after the order.
    Zone {
        realtime: false,
        ..country("dk", 1_499, 1)
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_in_the_zone_one_label_up() {
        assert_eq!(Zone::of("example.co.uk").unwrap().class(), "COUK");
        assert_eq!(Zone::of("example.uk").unwrap().suffix, "uk");
        for elsewhere in ["www.example.com", "example.eg", "com", "a.b.co.uk"] {
            assert_eq!(Zone::of(elsewhere), None, "{elsewhere}");
        }
        assert_eq!(Zone::above("ns1.example.co.uk").unwrap().suffix, "co.uk");
    }
}
