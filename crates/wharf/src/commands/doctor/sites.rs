//! Each site: its WHMCS's API, and whether the clocks agree.

use std::time::Duration;

use jiff::fmt::rfc2822;
use reqwest::header::DATE;
use wharf_core::Clock;
use wharf_payments::setup::needs_of;
use wharf_payments::views::StoreView;
use wharf_whmcs::Sites;
use wharf_whmcs::api::{Probe, http_client};

use super::{Check, Verdict};
use crate::config::Config;
use crate::rooms::{Rooms, extra_authority};
use crate::trouble::chain;

pub async fn all(rooms: &Rooms, config: &Config) -> Vec<Check> {
    let sites = match rooms.sites.list().await {
        Ok(sites) => sites,
        Err(error) => {
            return vec![Check::wrong(
                "sites",
                chain(&error),
                "check that the database runs",
            )];
        }
    };
    if sites.is_empty() {
        return vec![Check::doubtful(
            "sites",
            "no WHMCS is set up yet",
            "describe it in a TOML document: wharf apply --help",
        )];
    }
    let mut checks = Vec::new();
    for site in sites {
        checks.extend(one(rooms, config, site.as_str()).await);
    }
    checks
}

pub async fn one(rooms: &Rooms, config: &Config, site: &str) -> Vec<Check> {
    let mut currencies = Vec::new();
    let answers = api(&rooms.sites, site, &mut currencies).await;
    let works = answers.verdict == Verdict::Fine;
    let mut checks = vec![answers];
    if works {
        checks.push(role(rooms, site).await);
        // What cannot be read here, the payments' checks say.
        let stores = rooms.payments.stores().await.unwrap_or_default();
        let its = stores.iter().filter(|store| store.site == site);
        checks.extend(its.filter_map(|store| rates(store, &currencies)));
    }
    checks.extend(clock(&rooms.sites, site, config).await);
    checks
}

/// The rates that a store has for no currency of its WHMCS: nobody there is billed in it.
fn rates(store: &StoreView, currencies: &[String]) -> Option<Check> {
    let codes = store.rates.iter().map(|rate| rate.currency.as_str());
    let (fit, stray): (Vec<&str>, Vec<&str>) =
        codes.partition(|code| currencies.iter().any(|known| known == code));
    let own = currencies.contains(&store.currency);
    let (name, id) = (format!("store {}, currencies", store.id), &store.id);
    let known = currencies.join(", ");
    let stray = stray.into_iter().filter(|code| *code != store.currency);
    let stray: Vec<&str> = stray.collect();
    let first = stray.first()?;
    let all = stray.join(", ");
    Some(if fit.is_empty() && !own {
        Check::wrong(
            name,
            format!("its rates are for {all}, but its WHMCS bills in {known}: nobody can pay"),
            format!(
                "set a rate for what it bills in: wharf payments stores rate {id} CURRENCY RATE"
            ),
        )
    } else {
        Check::doubtful(
            name,
            format!("its WHMCS has no currency {all}, so the rate is for nobody"),
            format!("wharf payments stores rate {id} {first} --remove"),
        )
    })
}

/// Puts its currencies into `codes`.
async fn api(sites: &Sites, site: &str, codes: &mut Vec<String>) -> Check {
    let name = format!("site {site}, WHMCS API");
    let api = match sites.api(site).await {
        Ok(Some(api)) => api.within(PATIENCE),
        Ok(None) => {
            return Check::wrong(name, "it is gone from the database", "run the check again");
        }
        Err(error) => {
            return Check::wrong(
                name,
                chain(&error),
                "set the site up again with the right key file: wharf apply",
            );
        }
    };
    let version = match api.whmcs_details().await {
        Ok(version) => version,
        Err(error) => return Check::wrong(name, error.to_string(), error.in_words()),
    };
    match api.currencies().await {
        Ok(currencies) => {
            codes.extend(currencies.iter().map(|currency| currency.code.to_string()));
            Check::fine(
                name,
                format!("WHMCS {version}, currencies {}", codes.join(", ")),
            )
        }
        Err(error) => Check::wrong(name, error.to_string(), error.in_words()),
    }
}

/// What the API credential's role lacks; nothing is changed by asking.
async fn role(rooms: &Rooms, site: &str) -> Check {
    let name = format!("site {site}, API role");
    match lacking(rooms, site).await {
        Err(why) => Check::doubtful(name, why, "run the check again"),
        Ok(lacking) if lacking.all.is_empty() => {
            Check::fine(name, "it allows all that Wharf needs")
        }
        Ok(Lacking { all, worst }) => {
            let actions = all.join(", ");
            let mend = format!(
                "tick {actions} in the credential's role: System Settings > API Credentials > API Roles"
            );
            let what = format!("it lacks {actions}: {}", worst.in_words());
            match worst {
                Weight::Money => Check::wrong(name, what, mend),
                _ => Check::doubtful(name, what, mend),
            }
        }
    }
}

struct Lacking {
    all: Vec<&'static str>,
    worst: Weight,
}

/// What does not work without an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Telling,
    Looking,
    Money,
}

impl Weight {
    fn in_words(self) -> &'static str {
        match self {
            Self::Telling => "WHMCS is not told of what ends late",
            Self::Looking => "a credit whose answer is lost waits for a person",
            Self::Money => "payments are not credited",
        }
    }
}

async fn lacking(rooms: &Rooms, site: &str) -> Result<Lacking, String> {
    let needs = needs_of(&rooms.store, site)
        .await
        .map_err(|error| chain(&error))?;
    let api = rooms.sites.api(site).await.map_err(|error| chain(&error))?;
    let Some(api) = api.map(|api| api.within(PATIENCE)) else {
        return Err("it is gone from the database".to_owned());
    };
    let groups = [
        (needs.credits, Probe::CREDITING, Weight::Money),
        (needs.transactions, Probe::TRANSACTIONS, Weight::Money),
        (needs.balances, Probe::BALANCES, Weight::Money),
        (needs.credits, Probe::LOOKING, Weight::Looking),
        (true, Probe::TELLING, Weight::Telling),
    ];
    let mut lacking = Lacking {
        all: Vec::new(),
        worst: Weight::Telling,
    };
    for (_, probes, weight) in groups.into_iter().filter(|(needed, ..)| *needed) {
        for probe in probes {
            if !api.may(probe).await.map_err(|error| error.in_words())? {
                lacking.all.push(probe.action);
                lacking.worst = lacking.worst.max(weight);
            }
        }
    }
    Ok(lacking)
}

/// The web server's clock against ours: signed messages and expiry dates need both to be right.
async fn clock(sites: &Sites, site: &str, config: &Config) -> Option<Check> {
    let name = format!("site {site}, clock");
    let url = sites.url(site).await.ok()??;
    let authority = extra_authority(config).ok()?;
    let client = http_client(authority.as_deref()).ok()?;
    // If the address does not answer, the API check has said so.
    let response = client.head(&url).timeout(PATIENCE).send().await.ok()?;
    let theirs = rfc2822::parse(response.headers().get(DATE)?.to_str().ok()?)
        .ok()?
        .timestamp();
    let apart = (Clock::system().now().as_second() - theirs.as_second()).abs();
    Some(if apart > TOLERATED {
        Check::wrong(
            name,
            format!("it is {apart} s off this machine's"),
            "synchronise both clocks: timedatectl set-ntp true",
        )
    } else {
        Check::fine(name, "agrees with this machine's")
    })
}

const PATIENCE: Duration = Duration::from_secs(8);
/// Seconds.
const TOLERATED: i64 = 60;

#[cfg(test)]
mod tests {
    use wharf_payments::views::RateView;

    use super::*;

    #[test]
    fn rates_are_for_currencies_that_whmcs_has() {
        let judged = |rates: &[&str], has: &[&str]| {
            let store = StoreView {
                id: "shop".to_owned(),
                currency: "EGP".to_owned(),
                rates: rates
                    .iter()
                    .map(|code| RateView {
                        currency: (*code).to_owned(),
                        rate: "50".to_owned(),
                        since: 0,
                    })
                    .collect(),
                ..StoreView::default()
            };
            let has: Vec<String> = has.iter().map(|code| (*code).to_owned()).collect();
            super::rates(&store, &has).map(|check| check.verdict)
        };
        assert_eq!(
            judged(&[], &["USD"]),
            None,
            "the rates' own check says that"
        );
        assert_eq!(judged(&["USD"], &["USD", "EUR"]), None);
        assert_eq!(judged(&["EGP"], &["USD"]), None);
        assert_eq!(judged(&["USD", "XYZ"], &["USD"]), Some(Verdict::Doubtful));
        assert_eq!(judged(&["XYZ"], &["EGP"]), Some(Verdict::Doubtful));
        assert_eq!(judged(&["XYZ"], &["USD"]), Some(Verdict::Wrong));
    }
}
