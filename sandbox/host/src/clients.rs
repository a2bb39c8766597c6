//! Clients and their users: signing up, logging in, and the details that modules and API are given.

use serde_json::json;

use crate::app::{Actor, App, HostError};
use crate::countries::country;
use crate::db::{Columns as _, Row, args};
use crate::form::Form;
use crate::secrets;

/// A client's row with everything that is derived from it.
#[derive(Clone, Debug)]
pub(crate) struct ClientDetails<'a> {
    client: &'a Row,
    phone_cc: String,
    phone_local: String,
}

impl<'a> ClientDetails<'a> {
    pub fn of(client: &'a Row) -> Self {
        let code = country(client.text("country")).map_or("1", |(_, _, code)| code);
        let (phone_cc, phone_local) = split_phone(client.text("phonenumber"), code);
        Self {
            client,
            phone_cc,
            phone_local,
        }
    }

    /// The fields of a registrant, under the names that registrar modules know.
    pub fn contact(&self) -> Vec<(&'static str, String)> {
        let text = |key: &str| self.client.text(key).to_owned();
        let code = text("country").to_ascii_uppercase();
        let country_name =
            country(&code).map_or_else(|| code.clone(), |(_, name, _)| name.to_owned());
        vec![
            ("firstname", text("firstname")),
            ("lastname", text("lastname")),
            ("fullname", self.full_name()),
            ("companyname", text("companyname")),
            ("email", text("email")),
            ("address1", text("address1")),
            ("address2", text("address2")),
            ("city", text("city")),
            ("state", text("state")),
            ("fullstate", text("state")),
            ("statecode", text("state")),
            ("postcode", text("postcode")),
            ("country", code.clone()),
            ("countrycode", code),
            ("countryname", country_name),
            ("phonenumber", self.phone_local.clone()),
            ("phonecc", self.phone_cc.clone()),
            ("fullphonenumber", self.full_phone()),
            ("phonenumberformatted", self.full_phone()),
            ("tax_id", text("tax_id")),
        ]
    }

    /// `clientsdetails` of WHMCS: the contact set and the account's own fields.
    pub async fn all(&self, app: &App) -> Result<Row, HostError> {
        let client = self.client;
        let id = client.int("id");
        let currency = app.currency_of(id).await?;
        let owner = app
            .db
            .row(
                "SELECT auth_user_id FROM tblusers_clients WHERE client_id = ? AND owner = 1",
                args![id],
            )
            .await?;
        let fields = app.custom_field_values("client", 0, id).await?;
        let mut details = Row::from_iter([
            ("userid".to_owned(), json!(id)),
            ("id".to_owned(), json!(id)),
            ("client_id".to_owned(), json!(id)),
            (
                "owner_user_id".to_owned(),
                json!(owner.map_or(0, |row| row.int("auth_user_id"))),
            ),
            ("uuid".to_owned(), json!(client.text("uuid"))),
        ]);
        details.extend(
            self.contact()
                .into_iter()
                .map(|(key, value)| (key.to_owned(), json!(value))),
        );
        let preferences: serde_json::Value =
            serde_json::from_str(client.text("email_preferences")).unwrap_or_else(|_| json!({}));
        let flag = |key: &str| json!(client.on(key));
        for (key, value) in [
            ("telephoneNumber", json!(self.full_phone())),
            ("email_preferences", preferences),
            ("billingcid", json!(client.int("billingcid"))),
            ("notes", json!(client.text("notes"))),
            ("currency", json!(client.int("currency"))),
            ("currency_code", json!(currency.text("code"))),
            ("defaultgateway", json!(client.text("defaultgateway"))),
            ("groupid", json!(client.int("groupid"))),
            ("status", json!(client.text("status"))),
            ("credit", json!(client.amount("credit").to_string())),
            ("taxexempt", flag("taxexempt")),
            ("latefeeoveride", flag("latefeeoveride")),
            ("overideduenotices", flag("overideduenotices")),
            ("separateinvoices", flag("separateinvoices")),
            ("disableautocc", flag("disableautocc")),
            ("emailoptout", flag("emailoptout")),
            ("marketing_emails_opt_in", flag("marketing_emails_opt_in")),
            ("overrideautoclose", flag("overrideautoclose")),
            ("allowSingleSignOn", json!(client.int("allow_sso"))),
            ("email_verified", flag("email_verified")),
            ("language", json!(client.text("language"))),
            (
                "isOptedInToMarketingEmails",
                flag("marketing_emails_opt_in"),
            ),
            ("lastlogin", json!(client.text("lastlogin"))),
            ("datecreated", json!(client.text("datecreated"))),
        ] {
            details.insert(key.to_owned(), value);
        }
        let mut listed = Vec::new();
        for (index, (_, value)) in fields.iter().enumerate() {
            details.insert(format!("customfields{}", index + 1), value.clone());
            listed.push(json!({ "id": index + 1, "value": value }));
        }
        details.insert("customfields".to_owned(), listed.into());
        Ok(details)
    }

    pub fn full_name(&self) -> String {
        format!(
            "{} {}",
            self.client.text("firstname"),
            self.client.text("lastname")
        )
        .trim()
        .to_owned()
    }

    /// `+20.1012345678`
    fn full_phone(&self) -> String {
        if self.phone_local.is_empty() {
            String::new()
        } else {
            format!("+{}.{}", self.phone_cc, self.phone_local)
        }
    }
}

impl App {
    pub(crate) async fn client(&self, id: i64) -> Result<Option<Row>, HostError> {
        Ok(self
            .db
            .row("SELECT * FROM tblclients WHERE id = ?", args![id])
            .await?)
    }

    /// Makes a client and the user who owns it; the refusal is WHMCS's text. Fields are those of AddClient.
    pub(crate) async fn add_client(
        &self,
        actor: &Actor,
        form: &Form,
    ) -> Result<Result<(i64, i64), &'static str>, HostError> {
        let owner = form.int("owner_user_id");
        if let Some(refusal) = wrong_in(form, owner > 0) {
            return Ok(Err(refusal));
        }
        let email = form.text("email").to_owned();
        let currency = match form.int("currency") {
            0 => self.currency_of(0).await?.int("id"),
            id => id,
        };
        let password = secrets::hash(form.text("password2"));
        let mut write = self.db.begin().await?;
        if write
            .row(
                "SELECT 1 AS one FROM tblclients WHERE lower(email) = lower(?)",
                args![&email],
            )
            .await?
            .is_some()
        {
            return Ok(Err("A user already exists with that email address"));
        }
        let known = if owner > 0 {
            write
                .row("SELECT id FROM tblusers WHERE id = ?", args![owner])
                .await?
        } else {
            write
                .row(
                    "SELECT id FROM tblusers WHERE lower(email) = lower(?)",
                    args![&email],
                )
                .await?
        };
        let user = match known {
            None if owner > 0 => return Ok(Err("Invalid Owner User ID")),
            Some(user) if owner > 0 => user.int("id"),
            Some(_) => return Ok(Err("A user already exists with that email address")),
            None => {
                write
                    .insert(
                        "tblusers",
                        &[
                            ("first_name", form.text("firstname").into()),
                            ("last_name", form.text("lastname").into()),
                            ("email", (&email).into()),
                            ("password", (&password).into()),
                            ("language", form.text("language").into()),
                            ("created_at", self.now().into()),
                            ("updated_at", self.now().into()),
                        ],
                    )
                    .await?
            }
        };
        let mut columns = vec![
            ("uuid", wharf_core::id::new_id(&self.clock).into()),
            ("email", (&email).into()),
            ("password", password.into()),
            ("currency", currency.into()),
            ("country", form.text("country").to_ascii_uppercase().into()),
            ("datecreated", self.today().into()),
            (
                "ip",
                if form.text("clientip").is_empty() {
                    actor.ip.as_str()
                } else {
                    form.text("clientip")
                }
                .into(),
            ),
            ("groupid", form.int("groupid").into()),
            (
                "marketing_emails_opt_in",
                form.flag("marketingoptin").into(),
            ),
            ("created_at", self.now().into()),
            ("updated_at", self.now().into()),
        ];
        let copied = [
            "firstname",
            "lastname",
            "companyname",
            "address1",
            "address2",
            "city",
            "state",
            "postcode",
            "phonenumber",
            "tax_id",
            "language",
            "notes",
        ];
        columns.extend(copied.map(|name| (name, form.text(name).into())));
        let client = write.insert("tblclients", &columns).await?;
        write
            .insert(
                "tblusers_clients",
                &[
                    ("auth_user_id", user.into()),
                    ("client_id", client.into()),
                    ("owner", 1.into()),
                    ("created_at", self.now().into()),
                ],
            )
            .await?;
        write.commit().await?;

        let line = format!(
            "Created Client {} {} - User ID: {client}",
            form.text("firstname"),
            form.text("lastname")
        );
        self.log_activity(actor, &line, client).await?;
        let vars = json!({
            "client_id": client, "userid": client, "user_id": user, "firstname": form.text("firstname"), "lastname": form.text("lastname"),
            "companyname": form.text("companyname"), "email": email, "address1": form.text("address1"), "address2": form.text("address2"),
            "city": form.text("city"), "state": form.text("state"), "postcode": form.text("postcode"), "country": form.text("country"),
            "phonenumber": form.text("phonenumber"),
        });
        self.hook(actor, "ClientAdd", vars).await?;
        Ok(Ok((client, user)))
    }

    /// The user and client that e-mail and password belong to.
    pub(crate) async fn log_in(
        &self,
        email: &str,
        password: &str,
    ) -> Result<Option<Row>, HostError> {
        let sql = "SELECT u.id, u.password, c.id AS client, c.language FROM tblusers u
                   JOIN tblusers_clients l ON l.auth_user_id = u.id JOIN tblclients c ON c.id = l.client_id
                   WHERE lower(u.email) = lower(?) AND c.status <> 'Closed' ORDER BY l.owner DESC, l.id LIMIT 1";
        let found = self.db.row(sql, args![email]).await?;
        Ok(found.filter(|row| secrets::matches(password, row.text("password"))))
    }
}

/// The first thing that is wrong in a sign-up, in WHMCS's words.
fn wrong_in(form: &Form, has_owner: bool) -> Option<&'static str> {
    let missing = |name: &str| form.text(name).is_empty();
    if form.flag("skipvalidation") {
        return None;
    }
    let email = form.text("email");
    let well_formed = email.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty()
            && host.contains('.')
            && !email.contains(char::is_whitespace)
            && !host.starts_with('.')
    });
    let phone = form.text("phonenumber");
    match () {
        () if missing("firstname") => Some("You did not enter your first name"),
        () if missing("lastname") => Some("You did not enter your last name"),
        () if missing("email") => Some("You did not enter your email address"),
        () if !well_formed => Some("The email address you entered was not valid"),
        () if missing("address1") => Some("You did not enter your address line 1"),
        () if missing("city") => Some("You did not enter your city"),
        () if missing("state") => Some("You did not enter your state"),
        () if missing("postcode") => Some("You did not enter your postcode"),
        () if country(form.text("country")).is_none() => Some("Valid country required"),
        () if missing("phonenumber") => Some("You did not enter your phone number"),
        () if phone
            .chars()
            .any(|c| !(c.is_ascii_digit() || " +-.()/".contains(c))) =>
        {
            Some("Invalid telephone phone number")
        }
        () if !has_owner && missing("password2") => Some("You did not enter a password"),
        () => None,
    }
}

/// Calling code and national number of what a client typed: `+20.101…`, `+20 101…`, `0101…`.
fn split_phone(text: &str, code: &str) -> (String, String) {
    let digits = |text: &str| {
        text.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    if let Some(international) = text.trim().strip_prefix('+') {
        if let Some((cc, local)) = international.split_once('.') {
            return (digits(cc), digits(local));
        }
        let all = digits(international);
        return match all.strip_prefix(code) {
            Some(local) => (code.to_owned(), local.to_owned()),
            None => (code.to_owned(), all),
        };
    }
    let national = digits(text);
    // Italian numbers keep their zero.
    let local = if code == "39" {
        national.as_str()
    } else {
        national.strip_prefix('0').unwrap_or(&national)
    };
    (code.to_owned(), local.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_split_into_code_and_number() {
        for text in [
            "+20.1012345678",
            "+20 101 234 5678",
            "01012345678",
            "+201012345678",
        ] {
            assert_eq!(
                split_phone(text, "20"),
                ("20".to_owned(), "1012345678".to_owned()),
                "{text}"
            );
        }
    }
}
