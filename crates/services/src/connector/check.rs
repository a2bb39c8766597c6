//! From a connector's file to a connector: every text, path and name is checked here, so that nothing of it can be
//! wrong later.

use std::collections::{BTreeMap, BTreeSet};

use serde_json_path::JsonPath;

use super::file::{self, File};
use super::template::{Body, Template};
use super::{Account, Act, Connector, Create, Find, Pick, Read, Resource, States};

/// The key and what is wrong with it.
type Wrong = (String, String);

pub(super) fn check(file: File) -> Result<Connector, Wrong> {
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

    let user_names = with(&[&order]);
    let service_names = with(&[&order, &user]);
    let licence_names = with(&[&order, &user, &service]);
    // The account is read for making something, not for finding it.
    let creating = |names: &BTreeSet<String>| with(&[names, &account]);
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
            &with(&[&creating(&user_names), &password]),
        )?,
        service: resource(
            "service",
            &file.service,
            &service_names,
            &creating(&service_names),
        )?,
        licence: resource(
            "licence",
            &file.licence,
            &licence_names,
            &creating(&licence_names),
        )?,
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
