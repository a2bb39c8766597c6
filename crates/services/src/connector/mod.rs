//! Connectors: what Wharf needs to know of a supplier's API, as data. One TOML file each, checked when it is
//! loaded: a connector that loads can only fail for what the supplier answers.

mod check;
mod exchange;
mod file;
mod resource;
mod template;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use serde_json_path::JsonPath;
use thiserror::Error;

pub(crate) use exchange::{Limits, Supplier};
pub(crate) use resource::{Acted, Facts, Found, as_text};
pub(crate) use template::Context;

use file::File;
use template::{Body, Template};

/// A supplier's API.
#[derive(Debug)]
pub(crate) struct Connector {
    pub name: String,
    /// The supplier's name, for people.
    pub title: String,
    base: String,
    auth_header: String,
    auth_value: Template,
    error_code: JsonPath,
    error_message: Vec<JsonPath>,
    pub account: Account,
    pub user: Resource,
    pub service: Resource,
    pub service_read: Read,
    pub states: States,
    pub licence: Resource,
    pub suspend: Act,
    pub unsuspend: Act,
    pub terminate: Act,
    pub properties: Vec<(String, Template)>,
}

#[derive(Debug)]
pub(crate) struct Account {
    pub read: Read,
    pub pick: Pick,
}

#[derive(Debug)]
pub(crate) struct Resource {
    find: Find,
    pub pick: Pick,
    same: Vec<(String, Template)>,
    create: Create,
}

#[derive(Debug)]
struct Find {
    path: Template,
    list: JsonPath,
}

#[derive(Debug)]
pub(crate) struct Read {
    path: Template,
    item: JsonPath,
}

#[derive(Debug)]
struct Create {
    method: reqwest::Method,
    path: Template,
    body: Option<Body>,
    item: JsonPath,
    conflict: Vec<String>,
    taken: Template,
    needs_account: bool,
}

/// A change of a service that is there.
#[derive(Debug)]
pub(crate) struct Act {
    pub method: reqwest::Method,
    pub path: Template,
    pub body: Option<Body>,
    already: Vec<String>,
}

/// The supplier's words for a service's states.
#[derive(Debug)]
pub(crate) struct States {
    pub active: String,
    pub suspended: String,
    pub terminated: String,
}

/// Which values to take from an object.
pub(crate) type Pick = Vec<(String, JsonPath)>;

/// What is wrong with a connector.
#[derive(Debug, Error)]
pub enum ConnectorError {
    #[error("the connector file {file} cannot be read")]
    Unreadable {
        file: String,
        #[source]
        source: std::io::Error,
    },
    #[error("the connector file {file} is wrong: {why}")]
    Form { file: String, why: String },
    #[error("the connector file {file} is wrong at \"{key}\": {why}")]
    Key {
        file: String,
        key: String,
        why: String,
    },
}

/// The connectors that come with Wharf, and those in `extra`, which replace ones of the same name.
pub(crate) fn load(extra: Option<&Path>) -> Result<BTreeMap<String, Connector>, ConnectorError> {
    let mut all = BTreeMap::new();
    for (file, text) in BUILT_IN {
        let connector = parse(file, text)?;
        all.insert(connector.name.clone(), connector);
    }
    let Some(folder) = extra else { return Ok(all) };
    let unreadable = |path: &Path| {
        let file = path.display().to_string();
        move |source| ConnectorError::Unreadable { file, source }
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            files.push(path);
        }
    }
    files.sort();
    for path in files {
        let text = std::fs::read_to_string(&path).map_err(unreadable(&path))?;
        let connector = parse(&path.display().to_string(), &text)?;
        all.insert(connector.name.clone(), connector);
    }
    Ok(all)
}

/// Reads and checks one connector.
pub(crate) fn parse(file: &str, text: &str) -> Result<Connector, ConnectorError> {
    let read: File = toml::from_str(text).map_err(|error| {
        let before = error
            .span()
            .and_then(|span| text.get(..span.start))
            .unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        ConnectorError::Form {
            file: file.to_owned(),
            why: format!("line {line}: {}", error.message()),
        }
    })?;
    check::check(read).map_err(|(key, why)| ConnectorError::Key {
        file: file.to_owned(),
        key,
        why,
    })
}

/// The first value at a path that is there and not null.
fn first<'a>(path: &JsonPath, value: &'a Value) -> Option<&'a Value> {
    path.query(value).first().filter(|value| !value.is_null())
}

const BUILT_IN: &[(&str, &str)] = &[("siteshield.toml", include_str!("siteshield_before.toml"))];

#[cfg(test)]
mod tests {
    use super::*;

    fn siteshield(change: impl Fn(String) -> String) -> Result<Connector, ConnectorError> {
        let (file, text) = BUILT_IN[0];
        parse(file, &change(text.to_owned()))
    }

    #[test]
    fn the_connectors_that_come_with_wharf_load() {
        let all = load(None).unwrap();
        assert_eq!(all["siteshield"].title, "SiteShield");
        assert!(
            all["siteshield"].service.create.needs_account
                && !all["siteshield"].user.create.needs_account
        );
    }

    #[test]
    fn a_mistake_is_named_with_file_and_key() {
        let cases: [(&str, &str); 8] = [
            (
                "group_id = \"{{ account.group }}\"",
                "group_id = \"{{ account.groups }}\"",
            ),
            (
                "list = \"$.data\" }\npick = { id = \"$.id\" }",
                "list = \"data\" }\npick = { id = \"$.id\" }",
            ),
            ("method = \"DELETE\"", "method = \"GET\""),
            ("same = { plan", "same = { level"),
            (
                "same = { plan = \"{{ plan }}\"",
                "same = { plan = \"{{ account.group }}\"",
            ),
            (
                "&domain={{ domain | urlencode }}",
                "&group={{ account.group | urlencode }}",
            ),
            ("status = \"$.status\", ", ""),
            ("[auth]", "[author]"),
        ];
        let texts: Vec<String> = cases
            .iter()
            .map(|(from, to)| {
                siteshield(|text| {
                    assert!(text.contains(from), "{from}");
                    text.replacen(from, to, 1)
                })
                .unwrap_err()
                .to_string()
            })
            .collect();
        insta::assert_snapshot!(texts.join("\n"), @r#"
        the connector file siteshield.toml is wrong at "service.create.body.group_id": "account.groups" is not known here; known are: account.group, account.id, account.name, domain, email, name, plan, user.id
        the connector file siteshield.toml is wrong at "user.find.list": at position 0, parser error
        the connector file siteshield.toml is wrong at "terminate.method": use POST, PUT, PATCH or DELETE
        the connector file siteshield.toml is wrong at "service.same.level": service.pick has no "level"
        the connector file siteshield.toml is wrong at "service.same.plan": "account.group" is not known here; known are: domain, email, name, plan, user.id
        the connector file siteshield.toml is wrong at "service.find.path": "account.group" is not known here; known are: domain, email, name, plan, user.id
        the connector file siteshield.toml is wrong at "service.pick.status": it is missing
        the connector file siteshield.toml is wrong: line 10: unknown field `author`, expected one of `name`, `title`, `base`, `auth`, `errors`, `account`, `user`, `service`, `licence`, `suspend`, `unsuspend`, `terminate`, `properties`
        "#);
    }

    #[test]
    fn a_folder_adds_connectors_and_replaces_them() {
        let folder = tempfile::tempdir().unwrap();
        let text = BUILT_IN[0].1.replacen("\"siteshield\"", "\"other\"", 1);
        std::fs::write(folder.path().join("other.toml"), text).unwrap();
        std::fs::write(folder.path().join("notes.txt"), "no connector").unwrap();
        assert_eq!(load(Some(folder.path())).unwrap().len(), 2);
        std::fs::write(folder.path().join("broken.toml"), "name = ").unwrap();
        let error = load(Some(folder.path())).unwrap_err().to_string();
        assert!(error.contains("broken.toml"), "{error}");
        assert!(load(Some(&folder.path().join("absent"))).is_err());
    }
}
