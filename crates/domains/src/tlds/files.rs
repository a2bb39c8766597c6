//! The files of facts: `<extension>.toml` says what differs from `_country.toml` (extensions of two letters) and
//! `_default.toml`, or, with `like`, from another file. `_classes.toml` maps price classes.

use std::collections::BTreeMap;
use std::path::Path;

use rust_embed::RustEmbed;
use serde::Deserialize;
use wharf_core::Tld;

use super::{
    AuthCodeRule, IdnRule, OwnerChange, Privacy, RegistrationFlow, Release, SharpS, TldError,
    TldFacts, TransferAuth, TransferContacts, TransferRule,
};

#[derive(RustEmbed)]
#[folder = "../../data/tlds"]
struct Shipped;

/// All files, merged per extension.
#[derive(Debug)]
pub(super) struct Files {
    default: TldFacts,
    country: TldFacts,
    tlds: BTreeMap<String, TldFacts>,
}

/// Price class to extension, as far as files say it.
pub(super) type ClassMap = BTreeMap<String, String>;

pub(super) fn read(extra: Option<&Path>) -> Result<(Files, ClassMap), TldError> {
    let mut loose = Loose::default();
    for name in Shipped::iter() {
        let data = Shipped::get(&name)
            .map(|found| found.data.into_owned())
            .unwrap_or_default();
        loose.add(&name, &name, &String::from_utf8_lossy(&data))?;
    }
    if let Some(folder) = extra {
        let unreadable = |source| TldError::Folder {
            path: folder.display().to_string(),
            source,
        };
        let mut paths = Vec::new();
        for item in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = item.map_err(unreadable)?.path();
            if path.extension().is_some_and(|end| end == "toml") {
                paths.push(path);
            }
        }
        paths.sort();
        for path in paths {
            let text = std::fs::read_to_string(&path).map_err(unreadable)?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            loose.add(&name, &path.display().to_string(), &text)?;
        }
    }
    loose.merged()
}

impl Files {
    pub fn has(&self, tld: &str) -> bool {
        self.tlds.contains_key(tld)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tlds.keys().map(String::as_str)
    }

    /// The facts of an extension: its own, else of the one that it stands below, else the default's.
    pub fn facts(&self, tld: &str) -> TldFacts {
        if let Some(own) = self.tlds.get(tld) {
            return own.clone();
        }
        let above = tld
            .match_indices('.')
            .filter_map(|(dot, _)| tld.get(dot + 1..))
            .find_map(|above| self.tlds.get(above));
        let base = above.unwrap_or(if is_country(tld) {
            &self.country
        } else {
            &self.default
        });
        TldFacts {
            tld: tld.to_owned(),
            class: Some(class_of(tld)),
            ..base.clone()
        }
    }
}

/// The class that an extension has by the rule: `COUK`.
pub(super) fn class_of(tld: &str) -> String {
    tld.replace('.', "").to_ascii_uppercase()
}

fn is_country(tld: &str) -> bool {
    tld.rsplit('.').next().is_some_and(|last| last.len() == 2)
}

/// Files as they were read, each with the name by which messages call it.
#[derive(Default)]
struct Loose {
    tlds: BTreeMap<String, (String, TldFile)>,
    classes: ClassMap,
}

impl Loose {
    fn add(&mut self, name: &str, shown: &str, text: &str) -> Result<(), TldError> {
        let wrong = |why: String| TldError::File {
            file: shown.to_owned(),
            why,
        };
        if name == CLASSES {
            let classes: ClassMap =
                toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
            self.classes.extend(
                classes
                    .into_iter()
                    .map(|(class, tld)| (class.to_ascii_uppercase(), tld)),
            );
            return Ok(());
        }
        if name == LOOKUP {
            return Ok(());
        }
        let file: TldFile = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let key = match name {
            DEFAULT | COUNTRY => name.trim_end_matches(".toml").to_owned(),
            _ => file.checked_tld().map_err(wrong)?,
        };
        file.check().map_err(wrong)?;
        self.tlds.insert(key, (shown.to_owned(), file));
        Ok(())
    }

    fn merged(self) -> Result<(Files, ClassMap), TldError> {
        let none = |file: &str| TldError::File {
            file: file.to_owned(),
            why: "it is missing".to_owned(),
        };
        let (shown, default) = self.tlds.get("_default").ok_or_else(|| none(DEFAULT))?;
        let default = default.whole(shown).map_err(|key| TldError::File {
            file: shown.clone(),
            why: format!("its key \"{key}\" is missing"),
        })?;
        let (shown, country) = self.tlds.get("_country").ok_or_else(|| none(COUNTRY))?;
        let country = country.over(default.clone(), shown);
        let mut files = Files {
            default,
            country,
            tlds: BTreeMap::new(),
        };
        for (tld, (shown, file)) in &self.tlds {
            if tld.starts_with('_') {
                continue;
            }
            let base = self.base(tld, &files, LONGEST_CHAIN)?;
            let mut facts = file.over(base, shown);
            facts.tld.clone_from(tld);
            facts.class = Some(file.class.clone().unwrap_or_else(|| class_of(tld)));
            files.tlds.insert(tld.clone(), facts);
        }
        Ok((files, self.classes))
    }

    /// What the file of an extension changes.
    fn base(&self, tld: &str, files: &Files, left: u8) -> Result<TldFacts, TldError> {
        let own = self.tlds.get(tld);
        let like = own.and_then(|(shown, file)| Some((shown, file.like.as_deref()?)));
        let Some((shown, like)) = like else {
            return Ok(if is_country(tld) {
                files.country.clone()
            } else {
                files.default.clone()
            });
        };
        let wrong = |why: String| TldError::File {
            file: shown.clone(),
            why,
        };
        if like == "_default" {
            return Ok(files.default.clone());
        }
        let Some((above, file)) = self.tlds.get(like) else {
            return Err(wrong(format!(
                "its key \"like\" names \"{like}\", which has no file"
            )));
        };
        let Some(left) = left.checked_sub(1) else {
            return Err(wrong("its key \"like\" leads round in a circle".to_owned()));
        };
        Ok(file.over(self.base(like, files, left)?, above))
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TldFile {
    tld: Option<String>,
    like: Option<String>,
    class: Option<String>,
    registration_years: Option<Vec<i64>>,
    renewal_years: Option<Vec<i64>>,
    transfer_years: Option<Vec<i64>>,
    explicit_renewal: Option<bool>,
    renewal_window_days: Option<i64>,
    grace_days: Option<i64>,
    redemption_days: Option<i64>,
    auth_code: Option<AuthCodeRule>,
    lock: Option<bool>,
    id_protection: Option<Privacy>,
    sharp_s: Option<SharpS>,
    thin: Option<bool>,
    registration: Option<RegistrationFlow>,
    owner_change: Option<OwnerChange>,
    #[serde(default)]
    transfer: TransferFile,
    release: Option<Release>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct TransferFile {
    contacts: Option<TransferContacts>,
    auth: Option<TransferAuth>,
    nameservers: Option<bool>,
    tag_change: Option<bool>,
}

impl TldFile {
    fn checked_tld(&self) -> Result<String, String> {
        let tld = self.tld.as_deref().ok_or("its key \"tld\" is missing")?;
        match Tld::parse(tld) {
            Ok(parsed) if parsed.as_str() == tld => Ok(tld.to_owned()),
            Ok(parsed) => Err(format!(
                "its key \"tld\" is \"{tld}\"; write \"{}\"",
                parsed.as_str()
            )),
            Err(error) => Err(format!("its key \"tld\": {error}")),
        }
    }

    fn check(&self) -> Result<(), String> {
        let years = [
            ("registration_years", &self.registration_years, 1),
            ("renewal_years", &self.renewal_years, 1),
            ("transfer_years", &self.transfer_years, 0),
        ];
        for (key, years, least) in years {
            let Some(years) = years else { continue };
            let rising = years.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
            if years.is_empty() || !rising || years.iter().any(|year| !(least..=10).contains(year))
            {
                return Err(format!(
                    "its key \"{key}\" must hold rising numbers from {least} to 10"
                ));
            }
        }
        let days = [
            ("renewal_window_days", self.renewal_window_days),
            ("grace_days", self.grace_days),
            ("redemption_days", self.redemption_days),
        ];
        for (key, days) in days {
            if days.is_some_and(|days| !(0..=3_650).contains(&days)) {
                return Err(format!("its key \"{key}\" must be from 0 to 3650"));
            }
        }
        Ok(())
    }

    /// What this file says over what holds without it.
    fn over(&self, base: TldFacts, shown: &str) -> TldFacts {
        let file = self.clone();
        let mut from = base.from;
        from.push(shown.to_owned());
        TldFacts {
            tld: base.tld,
            class: base.class,
            registration_years: file.registration_years.unwrap_or(base.registration_years),
            renewal_years: file.renewal_years.unwrap_or(base.renewal_years),
            transfer_years: file.transfer_years.unwrap_or(base.transfer_years),
            explicit_renewal: file.explicit_renewal.unwrap_or(base.explicit_renewal),
            renewal_window_days: file.renewal_window_days.or(base.renewal_window_days),
            grace_days: file.grace_days.unwrap_or(base.grace_days),
            redemption_days: file.redemption_days.unwrap_or(base.redemption_days),
            auth_code: file.auth_code.unwrap_or(base.auth_code),
            lock: file.lock.unwrap_or(base.lock),
            transfer: TransferRule {
                contacts: file.transfer.contacts.unwrap_or(base.transfer.contacts),
                auth: file.transfer.auth.unwrap_or(base.transfer.auth),
                nameservers_in_request: file
                    .transfer
                    .nameservers
                    .unwrap_or(base.transfer.nameservers_in_request),
                tag_change: file.transfer.tag_change.unwrap_or(base.transfer.tag_change),
            },
            id_protection: file.id_protection.unwrap_or(base.id_protection),
            idn: IdnRule {
                sharp_s: file.sharp_s.unwrap_or(base.idn.sharp_s),
            },
            thin: file.thin.unwrap_or(base.thin),
            registration: file.registration.unwrap_or(base.registration),
            release: file.release.or(base.release),
            owner_change: file.owner_change.unwrap_or(base.owner_change),
            from,
        }
    }

    /// The facts of a file that stands on nothing; else the key that it lacks.
    fn whole(&self, shown: &str) -> Result<TldFacts, &'static str> {
        let file = self.clone();
        Ok(TldFacts {
            tld: String::new(),
            class: None,
            registration_years: file.registration_years.ok_or("registration_years")?,
            renewal_years: file.renewal_years.ok_or("renewal_years")?,
            transfer_years: file.transfer_years.ok_or("transfer_years")?,
            explicit_renewal: file.explicit_renewal.ok_or("explicit_renewal")?,
            renewal_window_days: file.renewal_window_days,
            grace_days: file.grace_days.ok_or("grace_days")?,
            redemption_days: file.redemption_days.ok_or("redemption_days")?,
            auth_code: file.auth_code.ok_or("auth_code")?,
            lock: file.lock.ok_or("lock")?,
            transfer: TransferRule {
                contacts: file.transfer.contacts.ok_or("transfer.contacts")?,
                auth: file.transfer.auth.ok_or("transfer.auth")?,
                nameservers_in_request: file.transfer.nameservers.ok_or("transfer.nameservers")?,
                tag_change: file.transfer.tag_change.ok_or("transfer.tag_change")?,
            },
            id_protection: file.id_protection.ok_or("id_protection")?,
            idn: IdnRule {
                sharp_s: file.sharp_s.ok_or("sharp_s")?,
            },
            thin: file.thin.ok_or("thin")?,
            registration: file.registration.ok_or("registration")?,
            release: file.release,
            owner_change: file.owner_change.ok_or("owner_change")?,
            from: vec![shown.to_owned()],
        })
    }
}

const DEFAULT: &str = "_default.toml";
const COUNTRY: &str = "_country.toml";
/// Who answers for names that the registrar does not sell; not about facts.
const LOOKUP: &str = "_lookup.toml";
const CLASSES: &str = "_classes.toml";
const LONGEST_CHAIN: u8 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, text: &str) -> Result<(Files, ClassMap), TldError> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(name), text).unwrap();
        read(Some(dir.path()))
    }

    fn wrong(name: &str, text: &str) -> String {
        let error = with(name, text).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
        error
    }

    #[test]
    fn a_folder_adds_and_replaces() {
        let (files, _) = with(
            "de.toml",
            "tld = \"de\"\nlock = true\nregistration_years = [2]\n",
        )
        .unwrap();
        let de = files.facts("de");
        assert!(de.lock && de.explicit_renewal, "ours is replaced whole");
        assert_eq!(de.registration_years, [2]);
        let (files, _) = with("moon.toml", "tld = \"moon\"\nlike = \"fr\"\n").unwrap();
        assert_eq!(files.facts("moon").transfer, files.facts("fr").transfer);
        let (_, classes) = with("_classes.toml", "moonsld = \"moon\"\n").unwrap();
        assert_eq!(classes["MOONSLD"], "moon");
        assert_eq!(classes["NAMESLD"], "name", "ours stay");
    }

    #[test]
    fn what_is_wrong_is_told_with_file_and_key() {
        assert!(wrong("x.toml", "lock = true\n").contains("\"tld\" is missing"));
        assert!(wrong("x.toml", "tld = \".X\"\n").contains("write \"x\""));
        assert!(wrong("x.toml", "tld = \"x\"\nlok = true\n").contains("lok"));
        assert!(wrong("x.toml", "tld = \"x\"\nauth_code = \"mail\"\n").contains("auth_code"));
        assert!(
            wrong("x.toml", "tld = \"x\"\nregistration_years = [2, 1]\n")
                .contains("registration_years")
        );
        assert!(wrong("x.toml", "tld = \"x\"\ngrace_days = -1\n").contains("grace_days"));
        assert!(wrong("x.toml", "tld = \"x\"\nlike = \"nowhere\"\n").contains("nowhere"));
        assert!(wrong("x.toml", "tld = \"x\"\nlike = \"x\"\n").contains("circle"));
    }
}
