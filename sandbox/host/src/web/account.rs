//! Signing up, logging in and out.

use serde_json::json;

use super::visit::{Failure, Page, Visit};
use crate::countries::COUNTRIES;
use crate::db::{Columns as _, args};
use crate::form::Form;

pub(super) async fn register_form(visit: Visit) -> Page {
    let vars = person_fields(&visit, "").await?;
    visit.render("register.html", vars).await
}

pub(super) async fn register(mut visit: Visit) -> Page {
    match sign_up(&mut visit).await? {
        Ok(_) => Ok(visit.redirect("/clientarea.php")),
        Err(text) => {
            let vars = person_fields(&visit, &text).await?;
            visit.render("register.html", vars).await
        }
    }
}

/// Makes the account that the posted fields describe and logs it in.
pub(super) async fn sign_up(visit: &mut Visit) -> Result<Result<i64, String>, Failure> {
    if visit.form.get("password").unwrap_or_default().len() < 5 {
        return Ok(Err(
            "The password must have five characters or more".to_owned()
        ));
    }
    if visit
        .form
        .get("password2")
        .is_some_and(|again| Some(again) != visit.form.get("password"))
    {
        return Ok(Err("The two passwords are not the same".to_owned()));
    }
    let mut fields: Vec<(String, String)> = visit
        .form
        .fields()
        .iter()
        .filter(|(name, _)| {
            name != "password2"
                && name != "skipvalidation"
                && name != "owner_user_id"
                && name != "groupid"
        })
        .cloned()
        .collect();
    fields.push((
        "password2".to_owned(),
        visit.form.get("password").unwrap_or_default().to_owned(),
    ));
    let form = Form::from_fields(fields);
    match visit.app.add_client(&visit.actor(), &form).await? {
        Err(text) => Ok(Err(text.to_owned())),
        Ok((client, user)) => {
            enter(visit, user, client, form.text("language")).await?;
            Ok(Ok(client))
        }
    }
}

pub(super) async fn login_form(visit: Visit) -> Page {
    let goto = safe(visit.query.text("goto")).to_owned();
    visit
        .render("login.html", json!({ "title": "Log in", "goto": goto }))
        .await
}

pub(super) async fn login(mut visit: Visit) -> Page {
    let goto = safe(visit.form.text("goto")).to_owned();
    let (email, password) = (
        visit.form.text("username").to_owned(),
        visit.form.get("password").unwrap_or_default().to_owned(),
    );
    if log_in(&mut visit, &email, &password).await? {
        return Ok(visit.redirect(&goto));
    }
    visit.flash(false, "Login details incorrect. Please try again.");
    visit
        .render(
            "login.html",
            json!({ "title": "Log in", "goto": goto, "username": email }),
        )
        .await
}

pub(super) async fn log_in(
    visit: &mut Visit,
    email: &str,
    password: &str,
) -> Result<bool, Failure> {
    let Some(user) = visit.app.log_in(email, password).await? else {
        let line = format!(
            "Failed Login Attempt - {}",
            email.chars().take(80).collect::<String>()
        );
        visit.app.log_activity(&visit.actor(), &line, 0).await?;
        return Ok(false);
    };
    enter(
        visit,
        user.int("id"),
        user.int("client"),
        user.text("language"),
    )
    .await?;
    Ok(true)
}

pub(super) async fn logout(visit: Visit) -> Page {
    if let (Some(user), Some(client)) = (visit.session.user, visit.session.client) {
        visit
            .app
            .hook(&visit.actor(), "UserLogout", json!({ "user": user }))
            .await?;
        visit
            .app
            .hook(&visit.actor(), "ClientLogout", json!({ "userid": client }))
            .await?;
    }
    if visit.session.admin.is_some() {
        visit
            .app
            .sessions
            .change(&visit.id, |data| (data.user, data.client) = (None, None));
    } else {
        visit.app.sessions.end(&visit.id);
    }
    Ok(visit.redirect("/"))
}

/// Binds the session to a client and changes its cookie.
async fn enter(visit: &mut Visit, user: i64, client: i64, language: &str) -> Result<(), Failure> {
    visit.app.sessions.change(&visit.id, |data| {
        data.user = Some(user);
        data.client = Some(client);
        if !language.is_empty() {
            data.language = language.to_owned();
        }
    });
    visit.id = visit.app.sessions.renew(&visit.id);
    visit.session = visit.app.sessions.open(Some(&visit.id)).1;
    let mut write = visit.app.db.begin().await?;
    let now = visit.app.now();
    write
        .exec(
            "UPDATE tblusers SET last_login = ?, last_ip = ? WHERE id = ?",
            args![&now, &visit.ip, user],
        )
        .await?;
    write
        .exec(
            "UPDATE tblclients SET lastlogin = ?, ip = ? WHERE id = ?",
            args![&now, &visit.ip, client],
        )
        .await?;
    write.commit().await?;
    visit
        .app
        .hook(&visit.actor(), "UserLogin", json!({ "user": user }))
        .await?;
    visit
        .app
        .hook(&visit.actor(), "ClientLogin", json!({ "userid": client }))
        .await?;
    Ok(())
}

/// What the form of a person's data shows: what was typed, and the lists to choose from.
pub(super) async fn person_fields(
    visit: &Visit,
    error: &str,
) -> Result<serde_json::Value, Failure> {
    let typed: serde_json::Map<String, serde_json::Value> = visit
        .form
        .fields()
        .iter()
        .filter(|(name, _)| !name.contains("password") && name != "token")
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    let currencies = visit
        .app
        .db
        .rows(
            "SELECT id, code FROM tblcurrencies ORDER BY \"default\" DESC, id",
            &[],
        )
        .await?;
    let country = visit.app.setting("DefaultCountry").await?;
    Ok(json!({
        "title": "Register", "error": error, "typed": typed, "currencies": currencies, "default_country": country,
        "countries": COUNTRIES.iter().map(|(code, name, _)| json!({ "code": code, "name": name })).collect::<Vec<_>>(),
    }))
}

/// Only addresses of this host.
fn safe(goto: &str) -> &str {
    let own = goto.starts_with('/') && !goto.starts_with("//") && !goto.contains('\\');
    if own { goto } else { "/clientarea.php" }
}
