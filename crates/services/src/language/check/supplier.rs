//! Where the supplier is, how it is asked, and what its answers mean.

use std::path::Path;
use std::time::Duration;

use super::super::names::with;
use super::super::template::Names;
use super::super::{Auth, Supplier, file};
use super::texts::{answers, header, headers, json_path, path_text, text};
use super::{Wrong, wrong};

pub(super) fn supplier(file: &file::Supplier, folder: Option<&Path>) -> Result<Supplier, Wrong> {
    let base = file.base.trim_end_matches('/');
    if !base.is_empty() && (!base.starts_with('/') || base.starts_with("//")) {
        return wrong("supplier.base", "it must begin with one \"/\"");
    }
    if base.contains(['?', '#', '\\', ' ', '{']) || base.split('/').any(|part| part == "..") {
        return wrong("supplier.base", "it is no plain path");
    }
    let names = with(&Names::new(), &["server.username", "server.host"]);
    let paths = |at: &str, list: &[String]| {
        list.iter()
            .map(|path| json_path(at, path))
            .collect::<Result<Vec<_>, _>>()
    };
    let ca = match (&file.ca, folder) {
        (None, _) => None,
        (Some(_), None) => return wrong("supplier.ca", "this connector stands in no folder"),
        (Some(name), Some(folder)) => Some(
            std::fs::read(folder.join(name))
                .map_err(|error| ("supplier.ca".to_owned(), format!("{name}: {error}")))?,
        ),
    };
    let rate = file.rate;
    if rate.is_some_and(|rate| {
        rate.per_second == 0 || rate.burst == Some(0) || rate.at_once == Some(0)
    }) {
        return wrong("supplier.rate", "0 lets nothing through");
    }
    Ok(Supplier {
        base: base.to_owned(),
        auth: auth(&file.auth)?,
        headers: headers("supplier.headers", &file.headers, &names)?,
        read: Duration::from_secs(file.deadline.read.unwrap_or(10).max(1)),
        change: Duration::from_secs(file.deadline.change.unwrap_or(30).clamp(1, 45)),
        rate,
        longest_answer: file.longest_answer.unwrap_or(8 << 20),
        ca,
        error_code: paths("supplier.errors.code", &file.errors.code)?,
        error_message: paths("supplier.errors.message", &file.errors.message)?,
        answers: answers("supplier.answers", &file.answers)?,
    })
}

fn auth(file: &file::Auth) -> Result<Auth, Wrong> {
    let names = |more: &[&str]| with(&Names::new(), more);
    Ok(match file {
        file::Auth::Bearer => Auth::Bearer,
        file::Auth::Basic => Auth::Basic,
        file::Auth::Header { name, value } => Auth::Header {
            name: header("supplier.auth.name", name)?,
            value: text("supplier.auth.value", value, &names(&["token", "username"]))?,
        },
        file::Auth::Hmac {
            sign,
            encoding,
            headers: list,
        } => Auth::Hmac {
            sign: text(
                "supplier.auth.sign",
                sign,
                &names(&["method", "path", "timestamp", "body", "username"]),
            )?,
            encoding: *encoding,
            headers: headers(
                "supplier.auth.headers",
                list,
                &names(&["signature", "timestamp", "username"]),
            )?,
        },
        file::Auth::Oauth { path, scope } => Auth::Oauth {
            path: path_text("supplier.auth.path", path, &names(&[]))?,
            scope: scope.clone(),
        },
    })
}
