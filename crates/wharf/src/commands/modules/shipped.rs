//! What this program ships for WHMCS's modules folder, under the names that were asked for.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use rust_embed::Embed;
use serde::{Deserialize, Serialize};

/// A kind of module that can be installed under names of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Registrar,
    Server,
    Gateway,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Registrar, Self::Server, Self::Gateway];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registrar => "registrar",
            Self::Server => "server",
            Self::Gateway => "gateway",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Registrar => "registrars",
            Self::Server => "servers",
            Self::Gateway => "gateways",
        }
    }
}

/// A module's name, by WHMCS's rule: lower-case letters and digits, a letter first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    /// The name under which the modules stand in this program.
    pub fn own() -> Self {
        Self(OWN.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let letter_first = text.starts_with(|c: char| c.is_ascii_lowercase());
        let plain = text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        // gateways/callback/ is WHMCS's own.
        if letter_first && plain && text.len() <= 60 && text != "callback" {
            return Ok(Self(text.to_owned()));
        }
        Err("a module's name has lower-case letters and digits only, a letter first".to_owned())
    }
}

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A module of a WHMCS.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Module {
    pub kind: Kind,
    pub name: Name,
}

impl Module {
    /// The files and folders that are this module's alone, below modules/.
    pub fn places(&self) -> Vec<String> {
        let (folder, name) = (self.kind.folder(), &self.name);
        match self.kind {
            Kind::Registrar | Kind::Server => vec![format!("{folder}/{name}")],
            Kind::Gateway => vec![
                format!("{folder}/{name}.php"),
                format!("{folder}/{name}"),
                format!("{folder}/callback/{name}.php"),
            ],
        }
    }

    pub fn owns(&self, path: &str) -> bool {
        self.places().iter().any(|place| is_at(path, place))
    }
}

impl fmt::Display for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.name)
    }
}

/// Whether `path` is `place` or below it.
pub fn is_at(path: &str, place: &str) -> bool {
    path.strip_prefix(place)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

pub type Files = BTreeMap<String, Cow<'static, [u8]>>;

/// The files that make up these modules, by their path below modules/; what they share is always among them.
pub fn shipped(modules: &BTreeSet<Module>) -> Files {
    let mut files = Files::new();
    for path in embedded() {
        let Some(content) = Embedded::get(&path).map(|file| file.data) else {
            continue;
        };
        let Some(kind) = Kind::ALL
            .into_iter()
            .find(|kind| original(*kind).owns(&path))
        else {
            files.insert(path, content);
            continue;
        };
        for module in modules.iter().filter(|module| module.kind == kind) {
            files.insert(
                named(&path, &module.name),
                rewritten(&path, content.clone(), &module.name),
            );
        }
    }
    files
}

#[derive(Embed)]
#[folder = "../../modules/"]
struct Embedded;

/// Tests stand beside the modules, and stay at home; a connection is each WHMCS's own.
fn embedded() -> impl Iterator<Item = String> {
    Embedded::iter()
        .filter(|path| {
            !path.starts_with("tests/") && !path.ends_with(CONNECTION) && !path.contains("/.")
        })
        .map(Cow::into_owned)
}

fn original(kind: Kind) -> Module {
    Module {
        kind,
        name: Name::own(),
    }
}

/// `registrars/wharf/wharf.php` → `registrars/ispapi/ispapi.php`.
fn named(path: &str, name: &Name) -> String {
    let parts = path.split('/').map(|part| match part.split_once('.') {
        _ if part == OWN => name.to_string(),
        Some((OWN, extension)) => format!("{name}.{extension}"),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

/// PHP functions carry their module's name as a prefix: `wharf_Sync` → `ispapi_Sync`.
fn rewritten(path: &str, content: Cow<'static, [u8]>, name: &Name) -> Cow<'static, [u8]> {
    let text = match std::str::from_utf8(&content) {
        Ok(text) if path.ends_with(".php") && name.as_str() != OWN => text,
        _ => return content,
    };
    let prefix = format!("{OWN}_");
    let mut new = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(&prefix) {
        new.push_str(before);
        // Part of a longer word, or a variable, is no function of ours.
        let inside = before.ends_with(|c: char| c.is_ascii_alphanumeric() || "_$>:".contains(c));
        new.push_str(if inside { OWN } else { name.as_str() });
        new.push('_');
        rest = after;
    }
    new.push_str(rest);
    Cow::Owned(new.into_bytes())
}

/// The file that connects a WHMCS with its daemon, below modules/.
pub const CONNECTION: &str = "wharf/connection.php";
const OWN: &str = "wharf";

#[cfg(test)]
mod tests {
    use super::*;

    fn module(kind: Kind, name: &str) -> Module {
        Module {
            kind,
            name: name.parse().unwrap(),
        }
    }

    fn text(files: &Files, path: &str) -> String {
        let content = files.get(path).unwrap_or_else(|| panic!("no {path}"));
        String::from_utf8(content.to_vec()).unwrap()
    }

    #[test]
    fn our_tests_are_not_shipped() {
        let files = shipped(&BTreeSet::new());
        assert!(files.contains_key("wharf/client.php"));
        assert!(
            files
                .keys()
                .all(|path| path.starts_with("wharf/") && path != CONNECTION)
        );
    }

    #[test]
    fn a_module_takes_the_name_that_it_is_given() {
        let files = shipped(&BTreeSet::from([
            module(Kind::Registrar, "ispapi"),
            module(Kind::Registrar, "wharf"),
            module(Kind::Gateway, "cash2"),
        ]));
        let ours = text(&files, "registrars/wharf/wharf.php");
        let theirs = text(&files, "registrars/ispapi/ispapi.php");
        assert_eq!(
            ours.matches("wharf_").count(),
            theirs.matches("ispapi_").count()
        );
        assert!(theirs.contains("function ispapi_RegisterDomain(") && !theirs.contains("wharf_"));
        assert!(theirs.contains("require_once __DIR__ . '/../../wharf/registrar.php'"));
        assert!(text(&files, "gateways/cash2.php").contains("function cash2_link("));
        assert!(files.contains_key("gateways/callback/cash2.php"));
        assert!(!files.keys().any(|path| path.starts_with("servers/")));
        assert!(!files.contains_key("gateways/wharf.php"));
    }

    #[test]
    fn only_function_names_are_rewritten() {
        let name: Name = "acme".parse().unwrap();
        let php =
            Cow::Borrowed("wharf_A('wharf_B', $wharf_c, my_wharf_d, self::wharf_e)".as_bytes());
        let new = rewritten("x.php", php.clone(), &name);
        assert_eq!(
            std::str::from_utf8(&new).unwrap(),
            "acme_A('acme_B', $wharf_c, my_wharf_d, self::wharf_e)"
        );
        assert_eq!(rewritten("x.tpl", php.clone(), &name), php);
    }

    #[test]
    fn names_are_whmcs_names() {
        for wrong in ["", "Wharf", "1st", "a_b", "a-b", "../x", "callback", "ä"] {
            assert!(wrong.parse::<Name>().is_err(), "{wrong}");
        }
        assert!("ispapi2".parse::<Name>().is_ok());
        assert!(is_at("gateways/acme/x.php", "gateways/acme"));
        assert!(!is_at("gateways/acme2.php", "gateways/acme"));
    }
}
