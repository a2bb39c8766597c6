//! Connectors: what Wharf needs to know of a supplier's API, as data. One TOML file each, checked when it is
//! loaded: a connector that loads can only fail for what the supplier answers.

mod exchange;
mod file;
mod resource;
mod template;

use std::collections::{BTreeMap, BTreeSet};
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
    check(read).map_err(|(key, why)| ConnectorError::Key {
        file: file.to_owned(),
        key,
        why,
    })
}

type Wrong = (String, String);

fn check(file: File) -> Result<Connector, Wrong> {
    let named = !file.name.is_empty()
        && file
            .name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !named {
        return Err((
            "name".to_owned(),
            "use lower-case letters, digits and \"-\"".to_owned(),
        ));
    }
    if !file.base.is_empty() && !file.base.starts_with('/') {
        return Err(("base".to_owned(), "it must begin with \"/\"".to_owned()));
    }
    let order = names(&[], &["email", "name", "domain", "plan"]);
    let account = names(&[("account", &file.account.pick)], &[]);
    let user = names(&[("user", &file.user.pick)], &[]);
    let service = names(&[("service", &file.service.pick)], &[]);
    let licence = names(&[("licence", &file.licence.pick)], &[]);
    let with = |sets: &[&BTreeSet<String>]| {
        sets.iter()
            .flat_map(|set| set.iter().cloned())
            .collect::<BTreeSet<_>>()
    };
    let password = names(&[], &["password"]);
    let reason = names(&[], &["reason"]);

    let user_names = with(&[&order, &account]);
    let service_names = with(&[&order, &account, &user]);
    let licence_names = with(&[&order, &account, &user, &service]);
    let act_names = with(&[&service, &reason]);

    let Some(service_read) = &file.service.read else {
        return Err(("service.read".to_owned(), "it is missing".to_owned()));
    };
    let Some(states) = file.service.states.clone() else {
        return Err(("service.states".to_owned(), "it is missing".to_owned()));
    };
    for needed in ["id", "status"] {
        if !file.service.pick.contains_key(needed) {
            return Err((format!("service.pick.{needed}"), "it is missing".to_owned()));
        }
    }
    let property_names = with(&[&user, &service, &licence]);
    Ok(Connector {
        auth_value: template("auth.value", &file.auth.value, &names(&[], &["token"]))?,
        auth_header: file.auth.header.to_ascii_lowercase(),
        error_code: json_path("errors.code", &file.errors.code)?,
        error_message: file
            .errors
            .message
            .iter()
            .map(|path| json_path("errors.message", path))
            .collect::<Result<_, _>>()?,
        account: Account {
            read: read("account.read", &file.account.read, &BTreeSet::new())?,
            pick: pick("account.pick", &file.account.pick)?,
        },
        service_read: read("service.read", service_read, &service)?,
        states: States {
            active: states.active,
            suspended: states.suspended,
            terminated: states.terminated,
        },
        user: resource(
            "user",
            &file.user,
            &user_names,
            &with(&[&user_names, &password]),
        )?,
        service: resource("service", &file.service, &service_names, &service_names)?,
        licence: resource("licence", &file.licence, &licence_names, &licence_names)?,
        suspend: act("suspend", &file.suspend, &act_names)?,
        unsuspend: act("unsuspend", &file.unsuspend, &act_names)?,
        terminate: act("terminate", &file.terminate, &act_names)?,
        properties: file
            .properties
            .iter()
            .map(|(name, text)| {
                Ok((
                    name.clone(),
                    template(&format!("properties.{name}"), text, &property_names)?,
                ))
            })
            .collect::<Result<_, Wrong>>()?,
        name: file.name,
        title: file.title,
        base: file.base.trim_end_matches('/').to_owned(),
    })
}

fn resource(
    at: &str,
    file: &file::Resource,
    names: &BTreeSet<String>,
    create_names: &BTreeSet<String>,
) -> Result<Resource, Wrong> {
    let create = &file.create;
    let body = body(
        &format!("{at}.create.body"),
        create.body.as_ref(),
        create_names,
    )?;
    let path = template(&format!("{at}.create.path"), &create.path, create_names)?;
    if !file.pick.contains_key("id") {
        return Err((format!("{at}.pick.id"), "it is missing".to_owned()));
    }
    if let Some(name) = file.same.keys().find(|name| !file.pick.contains_key(*name)) {
        return Err((
            format!("{at}.same.{name}"),
            format!("{at}.pick has no \"{name}\""),
        ));
    }
    Ok(Resource {
        find: Find {
            path: template(&format!("{at}.find.path"), &file.find.path, names)?,
            list: json_path(&format!("{at}.find.list"), &file.find.list)?,
        },
        pick: pick(&format!("{at}.pick"), &file.pick)?,
        same: file
            .same
            .iter()
            .map(|(name, text)| {
                Ok((
                    name.clone(),
                    template(&format!("{at}.same.{name}"), text, names)?,
                ))
            })
            .collect::<Result<_, Wrong>>()?,
        create: Create {
            method: method(&format!("{at}.create.method"), &create.method)?,
            needs_account: path.mentions("account")
                || body.as_ref().is_some_and(|body| body.mentions("account")),
            path,
            body,
            item: json_path(&format!("{at}.create.item"), &create.item)?,
            conflict: create.conflict.clone(),
            taken: template(&format!("{at}.create.taken"), &create.taken, names)?,
        },
    })
}

fn act(at: &str, file: &file::Act, names: &BTreeSet<String>) -> Result<Act, Wrong> {
    Ok(Act {
        method: method(&format!("{at}.method"), &file.method)?,
        path: template(&format!("{at}.path"), &file.path, names)?,
        body: body(&format!("{at}.body"), file.body.as_ref(), names)?,
        already: file.already.clone(),
    })
}

fn read(at: &str, file: &file::Read, names: &BTreeSet<String>) -> Result<Read, Wrong> {
    Ok(Read {
        path: template(&format!("{at}.path"), &file.path, names)?,
        item: json_path(&format!("{at}.item"), &file.item)?,
    })
}

fn pick(at: &str, file: &BTreeMap<String, String>) -> Result<Pick, Wrong> {
    file.iter()
        .map(|(name, path)| Ok((name.clone(), json_path(&format!("{at}.{name}"), path)?)))
        .collect()
}

fn body(
    at: &str,
    file: Option<&toml::Value>,
    names: &BTreeSet<String>,
) -> Result<Option<Body>, Wrong> {
    file.map(|value| Body::check(value, at, names)).transpose()
}

fn template(at: &str, text: &str, names: &BTreeSet<String>) -> Result<Template, Wrong> {
    Template::check(text, names).map_err(|why| (at.to_owned(), why))
}

fn json_path(at: &str, text: &str) -> Result<JsonPath, Wrong> {
    JsonPath::parse(text).map_err(|error| (at.to_owned(), error.to_string()))
}

fn method(at: &str, text: &str) -> Result<reqwest::Method, Wrong> {
    ["POST", "PUT", "PATCH", "DELETE"]
        .contains(&text)
        .then(|| reqwest::Method::from_bytes(text.as_bytes()).ok())
        .flatten()
        .ok_or_else(|| (at.to_owned(), "use POST, PUT, PATCH or DELETE".to_owned()))
}

fn names(picked: &[(&str, &BTreeMap<String, String>)], plain: &[&str]) -> BTreeSet<String> {
    let fields = picked
        .iter()
        .flat_map(|(root, pick)| pick.keys().map(move |name| format!("{root}.{name}")));
    fields
        .chain(plain.iter().map(|name| (*name).to_owned()))
        .collect()
}

/// The first value at a path that is there and not null.
fn first<'a>(path: &JsonPath, value: &'a Value) -> Option<&'a Value> {
    path.query(value).first().filter(|value| !value.is_null())
}

const BUILT_IN: &[(&str, &str)] = &[(
    "siteshield.toml",
    include_str!("../../../../data/connectors/siteshield.toml"),
)];

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
        let cases: [(&str, &str); 6] = [
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
