//! Who may call the API: address, credentials, role.

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::HostOrRefusal;
use crate::app::{App, HostError};
use crate::db::{Columns as _, Row, args};
use crate::form::Form;
use crate::secrets;

/// The administrator behind a call.
pub(super) struct Admin {
    pub id: i64,
    pub name: String,
}

/// Checks address, credentials and permission, in this order. Refusals are answered with status 403.
pub(super) async fn check(app: &App, form: &Form, ip: IpAddr) -> Result<Admin, HostOrRefusal> {
    let refuse = |text: &str| Err(HostOrRefusal::Refused(text.to_owned()));
    match (form.text("accesskey"), &app.mood.ways().access_key) {
        ("", _) => {
            if !allowed(app, ip).await? {
                return refuse(&format!("Invalid IP {ip}"));
            }
        }
        (given, Some(expected)) if secrets::same(given, expected) => {}
        _ => return refuse("Access Denied"),
    }
    let (name, secret) = match (form.text("identifier"), form.text("secret")) {
        ("", _) => (form.text("username"), form.text("password")),
        pair => pair,
    };
    if name.is_empty() || secret.is_empty() {
        return refuse("Invalid or missing credentials");
    }
    let credential = app
        .db
        .row(
            "SELECT * FROM tbldeviceauth WHERE identifier = ? AND deleted_at IS NULL",
            args![name],
        )
        .await?;
    if let Some(credential) = credential {
        if !secrets::same(&secrets::digest(secret), credential.text("secret")) {
            return refuse("Authentication Failed");
        }
        let action = form.text("action").to_ascii_lowercase();
        if !permitted(app, &credential, &action).await? {
            return refuse(&format!(
                "Invalid Permissions: API action \"{action}\" is not allowed"
            ));
        }
        return admin(app, "id = ?", args![credential.int("user_id")])
            .await?
            .ok_or_else(|| HostOrRefusal::Refused("Access Denied".into()));
    }
    // The old way: an administrator's name and the MD5 of the password.
    let known = app
        .db
        .row(
            "SELECT passwordhash FROM tbladmins WHERE username = ?",
            args![name],
        )
        .await?;
    if !known.is_some_and(|row| secrets::matches(secret, row.text("passwordhash"))) {
        return refuse("Authentication Failed");
    }
    admin(app, "username = ?", args![name])
        .await?
        .ok_or_else(|| HostOrRefusal::Refused("Access Denied".into()))
}

async fn admin(
    app: &App,
    condition: &str,
    value: &[crate::db::Arg],
) -> Result<Option<Admin>, HostOrRefusal> {
    let row = app
        .db
        .row(
            &format!("SELECT id, username FROM tbladmins WHERE disabled = 0 AND {condition}"),
            value,
        )
        .await?;
    Ok(row.map(|row| Admin {
        id: row.int("id"),
        name: row.text("username").to_owned(),
    }))
}

/// Exact addresses only.
async fn allowed(app: &App, ip: IpAddr) -> Result<bool, HostOrRefusal> {
    let address = ip.to_string();
    Ok(addresses(app).await?.contains(&address))
}

/// The setting is PHP-serialised; the addresses in it are its texts after `s:2:"ip"`.
pub(super) async fn addresses(app: &App) -> Result<Vec<String>, HostError> {
    let list = app.setting("APIAllowedIPs").await?;
    let entries = list.split("s:2:\"ip\";").skip(1);
    Ok(entries
        .filter_map(|entry| entry.split('"').nth(1).map(str::to_owned))
        .collect())
}

/// What a role permits: lower-case names of actions.
pub(super) async fn permissions(app: &App, role: i64) -> Result<Map<String, Value>, HostError> {
    let row = app
        .db
        .row(
            "SELECT permissions FROM tblapi_roles WHERE id = ?",
            args![role],
        )
        .await?
        .unwrap_or_default();
    Ok(serde_json::from_str(row.text("permissions")).unwrap_or_default())
}

async fn permitted(app: &App, credential: &Row, action: &str) -> Result<bool, HostOrRefusal> {
    for role in credential.text("role_ids").split(',') {
        let actions = permissions(app, role.trim().parse().unwrap_or_default()).await?;
        if ["*", action]
            .iter()
            .any(|name| crate::modules::truthy(actions.get(*name)))
        {
            return Ok(true);
        }
    }
    Ok(false)
}
