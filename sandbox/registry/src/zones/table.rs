//! The rows. Every extension that the platform's documentation names has its special rules here.

use jiff::SignedDuration;

use super::{Auth, AuthCode, Contacts, Days, Ends, Incoming, Prices, Zone};

pub fn rows() -> Vec<Zone> {
    let mut rows = generics();
    rows.extend(regional());
    rows.extend(without_explicit_renewal());
    rows.extend(countries());
    rows.extend(internationalised());
    rows
}

fn generics() -> Vec<Zone> {
    let thin = |zone| Zone { thin: true, ..zone };
    vec![
        thin(generic("com", 1_099)),
        thin(generic("net", 1_299)),
        thin(Zone {
            premium: true,
            ..generic("cc", 1_199)
        }),
        thin(generic("tv", 3_499)),
        generic("org", 1_249),
        generic("info", 1_899),
        generic("biz", 1_799),
        generic("dev", 1_399),
        generic("app", 1_599),
        generic("shop", 3_299),
        generic("online", 2_999),
        Zone {
            prices: Prices {
                two_years: Some(8_999),
                ..prices(4_999)
            },
            ..generic("store", 4_999)
        },
        generic("xyz", 1_199),
        generic("me", 1_999),
        generic("co", 2_799),
        Zone {
            registration: (1..=5).collect(),
            renewal: (1..=5).collect(),
            trustee: false,
            ..generic("io", 4_499)
        },
        // The class of names one label below .name, which sells names two labels below as well.
        Zone {
            class: "NAMESLD".to_owned(),
            ..generic("name", 999)
        },
        generic("health", 7_499),
        generic("travel", 10_999),
        generic("aero", 5_499),
        generic("cat", 2_299),
        generic("jobs", 11_999),
        generic("pro", 1_699),
        generic("ngo", 3_999),
        generic("ong", 3_999),
    ]
}

fn regional() -> Vec<Zone> {
    let city = |suffix, annual| Zone {
        prices: Prices {
            setup: 1_000,
            ..prices(annual)
        },
        trustee: false,
        ..generic(suffix, annual)
    };
    vec![
        city("berlin", 4_199),
        city("hamburg", 4_199),
        city("bayern", 3_299),
        city("ruhr", 3_299),
        city("nyc", 2_999),
        city("sydney", 4_599),
        city("melbourne", 4_599),
        Zone {
            application: Some("GOLIVE"),
            currency: Some("CHF"),
            realtime: false,
            trustee: false,
            nameserver_min: 2,
            ..generic("swiss", 9_500)
        },
    ]
}

fn without_explicit_renewal() -> Vec<Zone> {
    let free = |zone: Zone| Zone {
        transfer: vec![0],
        prices: Prices {
            transfer: 0,
            ..zone.prices
        },
        ..zone
    };
    let quick = |zone: Zone| Zone {
        incoming: Incoming {
            ends: Ends::After(MINUTES),
            ..zone.incoming
        },
        ..zone
    };
    let swiss = |suffix| {
        quick(free(Zone {
            currency: Some("CHF"),
            keeps_sharp_s: true,
            owner_change: "TRADE",
            ..implicit(suffix, 1_099)
        }))
    };
    vec![
        Zone {
            incoming: by_code(Contacts::Refused),
            nameserver_min: 0,
            lock: true,
            ..implicit("amsterdam", 3_499)
        },
        Zone {
            auth_code: AuthCode::Mailed,
            push: true,
            ..quick(free(implicit("at", 1_299)))
        },
        Zone {
            auth_code: AuthCode::Mailed,
            ..quick(free(implicit("be", 899)))
        },
        swiss("ch"),
        swiss("li"),
        Zone {
            keeps_sharp_s: true,
            auth_code: AuthCode::AuthInfo1,
            push: true,
            ..quick(free(implicit("de", 699)))
        },
        // Registered by the registry some minutes after the order.
        Zone {
            realtime: false,
            auth_code: AuthCode::None,
            days: Days {
                restorable: 0,
                ..NEVER_LATE
            },
            incoming: Incoming {
                contacts: Contacts::Refused,
                auth: Auth::Refused,
                nameservers: false,
                ends: Ends::After(MINUTES),
            },
            ..free(implicit("dk", 1_499))
        },
        Zone {
            owner_change: "TRADE",
            incoming: Incoming {
                nameservers: true,
                ..by_code(Contacts::All)
            },
            ..implicit("it", 1_099)
        },
        implicit("jp", 4_999),
        implicit("lu", 2_499),
        implicit("lv", 2_199),
        quick(free(implicit("nl", 899))),
        Zone {
            auth_code: AuthCode::Mailed,
            incoming: by_code(Contacts::Refused),
            ..free(implicit("no", 1_799))
        },
        implicit("ru", 699),
    ]
}

fn countries() -> Vec<Zone> {
    let british = |suffix| Zone {
        auth_code: AuthCode::None,
        push: true,
        transfer: vec![0],
        prices: Prices {
            transfer: 0,
            ..prices(799)
        },
        incoming: Incoming {
            contacts: Contacts::All,
            auth: Auth::Refused,
            nameservers: false,
            ends: Ends::OnRelease,
        },
        ..country(suffix, 799, 10)
    };
    let french = |suffix| Zone {
        owner_change: "TRADE",
        prices: Prices {
            trade: Some(999),
            ..prices(999)
        },
        incoming: by_code(Contacts::AdminAndTech),
        ..country(suffix, 999, 10)
    };
    let nordic = |suffix, annual| Zone {
        owner_change: "TRADE",
        incoming: by_code(Contacts::Refused),
        ..country(suffix, annual, 10)
    };
    let bare = |zone| Zone {
        incoming: by_code(Contacts::Refused),
        ..zone
    };
    let locked = |zone, auth_code| Zone {
        lock: true,
        auth_code,
        ..zone
    };
    let with_nameservers = |zone| Zone {
        incoming: Incoming {
            nameservers: true,
            ..by_code(Contacts::All)
        },
        ..zone
    };
    let pushed = |zone| Zone { push: true, ..zone };
    let mut rows = vec![
        Zone {
            auth_code: AuthCode::Mailed,
            currency: Some("EUR"),
            ..country("eu", 799, 10)
        },
        bare(locked(country("ca", 1_499, 10), AuthCode::Status)),
        bare(locked(country("us", 1_099, 10), AuthCode::Status)),
        bare(country("pt", 2_299, 5)),
        bare(country("es", 1_099, 5)),
        nordic("se", 2_199),
        nordic("nu", 2_399),
        locked(country("nz", 2_099, 10), AuthCode::WhenUnlocked),
        locked(country("co.nz", 2_099, 10), AuthCode::WhenUnlocked),
        locked(country("fi", 1_799, 5), AuthCode::FreshWhenUnlocked),
        with_nameservers(locked(country("in", 999, 10), AuthCode::Status)),
        country("ro", 5_499, 10),
        country("hk", 3_499, 5),
        country("com.hk", 3_499, 5),
        country("cn", 1_999, 5),
        country("sg", 3_999, 2),
        country("com.sg", 3_999, 2),
        country("br", 2_499, 5),
        country("com.br", 2_499, 5),
        pushed(country("ve", 3_499, 1)),
        pushed(country("is", 5_999, 5)),
        country("au", 1_499, 5),
        country("com.au", 1_499, 5),
        country("net.au", 1_499, 5),
        country("lt", 1_999, 1),
        country("ie", 2_499, 10),
        country("id", 2_999, 10),
        country("za", 1_099, 1),
        country("co.za", 1_099, 1),
    ];
    rows.extend(["uk", "co.uk", "org.uk", "me.uk"].map(british));
    rows.extend(["fr", "pm", "re", "tf", "wf", "yt"].map(french));
    rows
}

/// `مصر`, `شبكة`, `рф`, `中国`, `コム`.
fn internationalised() -> Vec<Zone> {
    vec![
        country("xn--wgbh1c", 2_999, 5),
        generic("xn--ngbc5azd", 1_599),
        country("xn--p1ai", 699, 1),
        country("xn--fiqs8s", 1_999, 5),
        generic("xn--tckwe", 1_299),
    ]
}

pub fn generic(suffix: &str, annual: i64) -> Zone {
    Zone {
        suffix: suffix.to_owned(),
        class: suffix.replace('.', "").to_ascii_uppercase(),
        currency: None,
        prices: prices(annual),
        registration: (1..=10).collect(),
        renewal: (1..=10).collect(),
        transfer: vec![1],
        days: GENERIC,
        explicit_renewal: true,
        lock: true,
        trustee: true,
        nameserver_min: 0,
        realtime: true,
        application: None,
        keeps_sharp_s: false,
        auth_code: AuthCode::Status,
        incoming: by_code(Contacts::Refused),
        push: false,
        owner_change: "ICANN-TRADE",
        premium: true,
        thin: false,
    }
}

fn country(suffix: &str, annual: i64, max_years: i64) -> Zone {
    Zone {
        registration: (1..=max_years).collect(),
        renewal: (1..=max_years).collect(),
        lock: false,
        trustee: false,
        nameserver_min: 2,
        days: Days {
            failure: 28,
            ..GENERIC
        },
        incoming: by_code(Contacts::All),
        owner_change: "UPDATE",
        premium: false,
        ..generic(suffix, annual)
    }
}

/// A year at a time, renewed by the registry itself unless the registrar deletes in time.
fn implicit(suffix: &str, annual: i64) -> Zone {
    Zone {
        explicit_renewal: false,
        days: NEVER_LATE,
        ..country(suffix, annual, 1)
    }
}

fn prices(annual: i64) -> Prices {
    Prices {
        setup: 0,
        annual,
        two_years: None,
        transfer: annual,
        restore: annual + 8_000,
        trade: None,
    }
}

const fn by_code(contacts: Contacts) -> Incoming {
    Incoming {
        contacts,
        auth: Auth::Required,
        nameservers: false,
        ends: Ends::After(FIVE_DAYS),
    }
}

const GENERIC: Days = Days {
    accounting: -5,
    finalization: 1,
    failure: 44,
    payment: -61,
    restorable: 30,
    hold: 5,
};
/// What is not paid is gone a day before the registry would charge for it.
const NEVER_LATE: Days = Days {
    accounting: -5,
    finalization: -1,
    failure: -1,
    payment: -61,
    restorable: 30,
    hold: 0,
};
const FIVE_DAYS: SignedDuration = SignedDuration::from_hours(120);
const MINUTES: SignedDuration = SignedDuration::from_mins(10);
