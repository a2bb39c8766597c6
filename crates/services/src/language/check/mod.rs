//! From a connector's file to a connector: every text, path and name is checked here, so that nothing of it can be
//! wrong later.

mod page;
mod product;
mod requests;
mod supplier;
mod texts;

use std::collections::BTreeSet;
use std::path::Path;

use self::page::{facts, page};
use self::product::{accounts, custom_action, metrics, product_option, service, usage};
use self::requests::{note, read, steps};
use self::supplier::supplier;
use self::texts::{is_name, texts};
use super::file::File;
use super::names::{Known, RESERVED, actions, with};
use super::template::{Body, Names};
use super::{Action, Connector};

/// The key and what is wrong with it.
pub(super) type Wrong = (String, String);

pub(super) fn check(file: File, folder: Option<&Path>) -> Result<Connector, Wrong> {
    if !is_name(&file.name, '-') {
        return wrong("name", "use lower-case letters, digits and \"-\"");
    }
    let known = Known::of(&file);
    let (server, made) = (known.server(), known.made());
    names_are_free(&file)?;
    if !file.create.iter().any(|step| step.path.is_some()) {
        return wrong("create", "it has no step that makes anything");
    }
    let mut notes = Vec::new();
    let mut checked = Vec::new();
    for (action, list) in actions(&file) {
        let steps = steps(&place_of(&action, &file), &action, list, &known)?;
        notes.extend(steps.iter().filter_map(|step| note(&action, step)));
        checked.push((action, steps));
    }
    Ok(Connector {
        supplier: supplier(&file.supplier, folder)?,
        account: file
            .account
            .as_ref()
            .map(|account| read("account", account, &with(&Names::new(), &[])))
            .transpose()?,
        values: file
            .values
            .iter()
            .map(|(name, text)| {
                let names = without_values(&known.ordered());
                let body = Body::check(&text.clone().into(), &format!("values.{name}"), &names)?;
                Ok((name.clone(), body))
            })
            .collect::<Result<_, Wrong>>()?,
        options: file
            .options
            .iter()
            .enumerate()
            .map(|(index, option)| product_option(index, option, &server))
            .collect::<Result<_, Wrong>>()?,
        service: service(&file.service, &made)?,
        actions: checked,
        custom: file
            .custom
            .iter()
            .enumerate()
            .map(|(index, custom)| custom_action(index, custom))
            .collect::<Result<_, Wrong>>()?,
        properties: texts("properties", &file.properties, &made)?,
        accounts: file
            .accounts
            .as_ref()
            .map(|list| accounts(list, &server))
            .transpose()?,
        usage: file
            .usage
            .as_ref()
            .map(|list| usage(list, &server, &made))
            .transpose()?,
        metrics: metrics(&file)?,
        page: page(&file.page, &made)?,
        admin: facts("admin.facts", &file.admin.facts, &made)?,
        name: file.name,
        title: file.title,
        notes,
    })
}

fn names_are_free(file: &File) -> Result<(), Wrong> {
    let mut options = BTreeSet::new();
    for (index, option) in file.options.iter().enumerate() {
        let at = format!("options[{index}].name");
        if !is_name(&option.name, '_') {
            return wrong(&at, "use lower-case letters, digits and \"_\"");
        }
        if RESERVED.contains(&option.name.as_str()) {
            return wrong(&at, "this name has a meaning of its own");
        }
        if !options.insert(option.name.as_str()) {
            return wrong(&at, "there are two of this name");
        }
    }
    for (action, steps) in actions(file) {
        let mut seen = BTreeSet::new();
        for (index, step) in steps.iter().enumerate() {
            let at = format!("{}[{index}].name", place_of(&action, file));
            if !is_name(&step.name, '_') {
                return wrong(&at, "use lower-case letters, digits and \"_\"");
            }
            if RESERVED.contains(&step.name.as_str()) || options.contains(step.name.as_str()) {
                return wrong(&at, "this name has a meaning of its own");
            }
            if !seen.insert(step.name.as_str()) {
                return wrong(&at, "there are two of this name");
            }
        }
    }
    Ok(())
}

/// Where an action's steps stand in the file.
fn place_of(action: &Action, file: &File) -> String {
    match action {
        Action::Custom(name) => {
            let index = file.custom.iter().position(|custom| custom.name == *name);
            format!("custom[{}].steps", index.unwrap_or(0))
        }
        plain => plain.to_string(),
    }
}

fn without_values(names: &Names) -> Names {
    let plain = names.iter().filter(|name| !name.starts_with("values."));
    plain.cloned().collect()
}

fn wrong<T>(at: &str, why: &str) -> Result<T, Wrong> {
    Err((at.to_owned(), why.to_owned()))
}
