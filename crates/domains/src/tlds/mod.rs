//! What is known of extensions. Facts are data, one small file per extension; a provider's own folder may add or
//! replace some; what the registrar itself reports corrects both.

mod classes;
mod files;
mod reported;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use wharf_core::DomainName;
use wharf_core::domain_name::NameError;

use classes::Classes;
pub(crate) use classes::Guesses;
use files::Files;
pub(crate) use reported::Reported;

/// What holds for the names of one extension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TldFacts {
    /// `com`, `co.uk`; in ASCII, without a dot in front.
    pub tld: String,
    /// The registrar's price class: `COM`, `COUK`.
    pub class: Option<String>,
    pub registration_years: Vec<i64>,
    pub renewal_years: Vec<i64>,
    /// May hold 0: a transfer that costs nothing and adds nothing.
    pub transfer_years: Vec<i64>,
    /// `false`: a renewal is paid for, and happens when the registry's day comes.
    pub explicit_renewal: bool,
    /// A renewal is accepted only from that many days before the expiry.
    pub renewal_window_days: Option<i64>,
    /// Days after the expiry in which it is renewed at the ordinary price.
    pub grace_days: i64,
    /// Days after the deletion in which it can be restored.
    pub redemption_days: i64,
    pub auth_code: AuthCodeRule,
    /// Whether there is a transfer lock.
    pub lock: bool,
    pub transfer: TransferRule,
    pub id_protection: Privacy,
    pub idn: IdnRule,
    /// The registry keeps no contacts: after a transfer they may be unknown.
    pub thin: bool,
    pub registration: RegistrationFlow,
    pub release: Option<Release>,
    pub owner_change: OwnerChange,
    /// Where all this is from, the most general first: files, then `registrar`.
    pub from: Vec<String>,
}

/// How the code for leaving is to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthCodeRule {
    /// The registrar says it with the domain's status.
    Status,
    /// Made on request by DENIC.
    DenicAuthInfo1,
    /// The registry mails it to the owner.
    Mailed,
    /// As `Status`, once the lock is off.
    WhenUnlocked,
    /// A new one has to be set, once the lock is off.
    FreshWhenUnlocked,
    NoCode,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TransferRule {
    pub contacts: TransferContacts,
    pub auth: TransferAuth,
    pub nameservers_in_request: bool,
    /// It moves when the losing registrar changes its tag.
    pub tag_change: bool,
}

/// Which contacts go along with a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferContacts {
    All,
    None,
    WithoutOwnerAndBilling,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferAuth {
    Required,
    Optional,
    /// A code must not be sent.
    None,
}

/// How an owner's data is kept from the public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Privacy {
    None,
    /// The registrar's trustee stands in for the owner.
    Trustee,
    /// The registry withholds it.
    Disclosure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct IdnRule {
    pub sharp_s: SharpS,
}

/// What becomes of the letters that the two versions of IDNA treat differently: `ß` and `ς`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharpS {
    Keep,
    /// `ss`, `σ`.
    Fold,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationFlow {
    Realtime,
    /// Taken at once, carried out later.
    Delayed,
    /// Granted upon an application of this class.
    Application {
        class: String,
    },
}

/// Giving a domain up to the registry or to a registrar named by its tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    pub needs_tag: bool,
    /// Where it goes when no tag is given.
    pub default: String,
}

/// How the owner of a domain is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerChange {
    Update,
    Trade,
    /// A trade that both owners confirm, with a lock of 60 days after it.
    IcannTrade,
    /// By the registry, on paper.
    Registry,
    /// Only by deleting and registering anew.
    NewRegistration,
}

/// The facts of all extensions.
#[derive(Debug)]
pub struct Tlds {
    files: Files,
    classes: Classes,
    reports: RwLock<Reports>,
    /// As `reports`, asked one by one: what the price list's questions do not tell.
    zones: RwLock<Reports>,
}

/// By extension, and whether the live system says it.
type Reports = BTreeMap<String, (bool, Reported)>;

impl Tlds {
    /// Ours, then those of `extra_dir`, which replace ours of the same extension.
    pub fn load(extra_dir: Option<&Path>) -> Result<Self, TldError> {
        let (files, classes) = files::read(extra_dir)?;
        Ok(Self {
            classes: Classes::new(classes, &files),
            files,
            reports: RwLock::default(),
            zones: RwLock::default(),
        })
    }

    /// What holds for a name: the facts of the longest suffix that has a file, else the default's; corrected by
    /// what the registrar reports of the name's extension.
    pub fn of(&self, name: &DomainName) -> Arc<TldFacts> {
        let suffix = name.tld();
        let reports = self.reports();
        let longest = name
            .as_str()
            .match_indices('.')
            .filter_map(|(dot, _)| name.as_str().get(dot + 1..))
            // What only the registrar knows to be an extension is one too.
            .find(|suffix| self.files.has(suffix) || reports.contains_key(*suffix));
        drop(reports);
        // A name directly below "co.example" is not sold as one of "example", whether it has a file or not.
        let tld = match longest {
            Some(longest) if longest.len() > suffix.as_str().len() => longest,
            _ => suffix.as_str(),
        };
        self.of_tld(tld)
    }

    /// What holds for an extension, given without a dot in front.
    pub fn of_tld(&self, tld: &str) -> Arc<TldFacts> {
        let mut facts = self.files.facts(tld);
        let mut corrected = false;
        for reports in [&self.reports, &self.zones] {
            let reports = reports.read().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, reported)) = reports.get(tld) {
                reported.correct(&mut facts);
                corrected = true;
            }
        }
        if corrected {
            facts.from.push("registrar".to_owned());
        }
        Arc::new(facts)
    }

    /// A name as its registry wants it, with the letters that IDNA's versions treat differently by the
    /// extension's own rule.
    pub fn to_ascii(&self, text: &str) -> Result<DomainName, NameError> {
        let name = DomainName::parse(text)?;
        if !text.contains(DEVIATIONS) || self.of(&name).idn.sharp_s == SharpS::Keep {
            return Ok(name);
        }
        DomainName::parse(&fold(text))
    }

    /// The extension that a price class is about; `None` for one that is no extension of its own, or that nobody
    /// can tell.
    pub fn by_class(&self, class: &str) -> Option<String> {
        self.classes.tld(class)
    }

    /// Extensions that a price class may be about which [`by_class`](Self::by_class) does not know.
    pub(crate) fn guesses(&self, class: &str) -> Guesses {
        self.classes.guesses(class, &self.files)
    }

    /// The lines of WHMCS's `configuration.php` that keep clients from renewing before the registry takes it.
    pub fn renewal_minimums(&self) -> String {
        let zones = self.zones.read().unwrap_or_else(PoisonError::into_inner);
        let mut tlds: BTreeSet<String> = self.files.names().map(str::to_owned).collect();
        tlds.extend(zones.keys().cloned());
        drop(zones);
        let lines: String = tlds
            .iter()
            .map(|tld| self.of_tld(tld))
            .filter_map(|facts| Some((facts.tld.clone(), facts.renewal_window_days?)))
            .map(|(tld, days)| format!("$DomainRenewalMinimums['.{tld}'] = {days};\n"))
            .collect();
        format!(
            "// Extensions whose renewal is accepted only in the last days before the expiry.\n{lines}"
        )
    }

    /// What the registrar reports from now on.
    pub(crate) fn corrected_by(&self, live: bool, reports: &BTreeMap<String, Reported>) {
        let mut known = self.reports.write().unwrap_or_else(PoisonError::into_inner);
        for (tld, reported) in reports {
            keep(&mut known, live, tld, reported.clone());
        }
    }

    /// What the registrar says of one extension, asked about it alone.
    pub(crate) fn told_of(&self, live: bool, tld: &str, reported: Reported) {
        let mut known = self.zones.write().unwrap_or_else(PoisonError::into_inner);
        keep(&mut known, live, tld, reported);
    }

    fn reports(&self) -> std::sync::RwLockReadGuard<'_, Reports> {
        self.reports.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A test system has rules of its own: the live one counts more.
fn keep(known: &mut Reports, live: bool, tld: &str, reported: Reported) {
    if live || known.get(tld).is_none_or(|(live, _)| !live) {
        known.insert(tld.to_owned(), (live, reported));
    }
}

/// `ß` as `ss`, `ς` as `σ`.
pub(crate) fn fold(text: &str) -> String {
    text.replace(['ß', 'ẞ'], "ss").replace('ς', "σ")
}

/// Why facts cannot be used.
#[derive(Debug, Error)]
pub enum TldError {
    #[error("the file {file} cannot be used: {why}")]
    File { file: String, why: String },
    #[error("the folder of extensions {path} cannot be read")]
    Folder {
        path: String,
        #[source]
        source: std::io::Error,
    },
}

const DEVIATIONS: [char; 3] = ['ß', 'ẞ', 'ς'];

#[cfg(test)]
mod tests {
    use super::*;

    fn tlds() -> Tlds {
        Tlds::load(None).unwrap()
    }

    fn of(name: &str) -> Arc<TldFacts> {
        tlds().of(&DomainName::parse(name).unwrap())
    }

    #[test]
    fn every_file_loads_and_every_extension_of_the_protocol_has_one() {
        let tlds = tlds();
        for tld in NAMED.split_whitespace() {
            assert!(tlds.files.has(tld), "no file for .{tld}");
            let facts = tlds.of_tld(tld);
            assert_eq!(facts.tld, tld);
            assert!(!facts.registration_years.is_empty(), "{tld}");
            assert!(!facts.renewal_years.is_empty(), "{tld}");
        }
    }

    #[test]
    fn the_longest_suffix_decides_and_the_default_holds_for_the_rest() {
        assert_eq!(of("a.co.uk").tld, "co.uk");
        assert_eq!(of("a.co.uk").class.as_deref(), Some("COUK"));
        assert!(of("a.co.uk").transfer.tag_change);
        // No file of its own: its country's facts, its own name.
        assert_eq!(of("a.sch.uk").transfer, of("a.uk").transfer);
        assert_eq!(of("a.com.sg").owner_change, OwnerChange::Trade);
        assert_eq!(of("a.unheard").transfer.contacts, TransferContacts::None);
        assert_eq!(of("a.xx").transfer.contacts, TransferContacts::All);
        assert_eq!(of("a.uk.com").tld, "uk.com");
        assert_eq!(of("a.uk.com").id_protection, Privacy::Trustee);
        assert_eq!(of("a.name").class.as_deref(), Some("NAMESLD"));
    }

    #[test]
    fn facts_are_those_of_the_protocol() {
        let de = of("a.de");
        assert_eq!(de.auth_code, AuthCodeRule::DenicAuthInfo1);
        assert_eq!(
            (de.explicit_renewal, de.renewal_window_days, de.lock),
            (false, Some(61), false)
        );
        assert_eq!(de.release.as_ref().unwrap().default.as_str(), "TRANSIT");
        for tld in ["eu", "be", "at", "no"] {
            assert_eq!(tlds().of_tld(tld).auth_code, AuthCodeRule::Mailed, "{tld}");
        }
        assert_eq!(of("a.nz").auth_code, AuthCodeRule::WhenUnlocked);
        assert_eq!(of("a.fi").auth_code, AuthCodeRule::FreshWhenUnlocked);
        for tld in ["fr", "pm", "re", "tf", "wf", "yt"] {
            let contacts = tlds().of_tld(tld).transfer.contacts;
            assert_eq!(contacts, TransferContacts::WithoutOwnerAndBilling, "{tld}");
        }
        for tld in [
            "nu", "dk", "ca", "us", "pt", "no", "se", "es", "com", "berlin",
        ] {
            let contacts = tlds().of_tld(tld).transfer.contacts;
            assert_eq!(contacts, TransferContacts::None, "{tld}");
        }
        assert_eq!(
            of("a.swiss").registration,
            RegistrationFlow::Application {
                class: "GOLIVE".into()
            }
        );
        assert_eq!(of("a.dk").registration, RegistrationFlow::Delayed);
        for tld in ["com", "net", "cc", "tv"] {
            assert!(tlds().of_tld(tld).thin, "{tld}");
        }
        assert!(!of("a.org").thin);
    }

    #[test]
    fn names_are_written_by_the_rule_of_their_extension() {
        let ascii = |text: &str| tlds().to_ascii(text).unwrap().as_str().to_owned();
        assert_eq!(ascii("straße.de"), "xn--strae-oqa.de");
        assert_eq!(ascii("straße.com"), "strasse.com");
        assert_eq!(ascii("STRAẞE.com"), "strasse.com");
        assert_eq!(ascii("münchen.com"), "xn--mnchen-3ya.com");
        assert_eq!(ascii("straße.co.at"), "xn--strae-oqa.co.at");
    }

    #[test]
    fn the_registrar_knows_better_than_a_file() {
        let tlds = tlds();
        let reported = Reported {
            registration_years: vec![2, 3],
            explicit_renewal: Some(true),
            lock: Some(true),
            ..Reported::default()
        };
        tlds.corrected_by(true, &BTreeMap::from([("de".to_owned(), reported)]));
        let test_system = Reported {
            lock: Some(false),
            ..Reported::default()
        };
        tlds.corrected_by(false, &BTreeMap::from([("de".to_owned(), test_system)]));
        let facts = tlds.of_tld("de");
        assert_eq!(facts.registration_years, [2, 3]);
        assert_eq!(facts.renewal_years, [1], "what is not reported stays");
        assert!(facts.explicit_renewal && facts.lock);
        assert_eq!(
            facts.from,
            ["_default.toml", "_country.toml", "de.toml", "registrar"]
        );
    }

    #[test]
    fn late_renewals_are_told_to_whmcs() {
        let snippet = tlds().renewal_minimums();
        for tld in "amsterdam at be ch de dk it jp li lu lv nl no ru co.at".split(' ') {
            let line = format!("$DomainRenewalMinimums['.{tld}'] = 61;\n");
            assert!(snippet.contains(&line), "{tld}");
        }
        assert!(!snippet.contains("'.com'"));
    }

    /// The extensions that the protocol reference speaks of.
    const NAMED: &str = "com net cc tv org name de uk co.uk ve is at nu dk ca us pt no se es fr pm re tf wf yt ro hk health \
        in it cn eu jp sg br berlin hamburg bayern ruhr ch li nz fi swiss be au lv lt ie com.br nyc sydney melbourne aero cat \
        travel jobs pro ngo ong id za amsterdam lu nl ru";
}
