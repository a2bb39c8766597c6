//! Contacts: handles of their own, and those that come inline with a domain.

use std::collections::BTreeMap;

use super::paging::Page;
use super::{Call, switch, wrong_syntax};
use crate::answer::{Answer, Failure, Outcome};
use crate::command::CONTACT_FIELDS;
use crate::dates;
use crate::state::Contact;

/// What AddContact takes.
pub const FIELDS: &[&str] = &[
    "TITLE",
    "NAME",
    "FIRSTNAME",
    "MIDDLENAME",
    "LASTNAME",
    "ORGANIZATION",
    "STREET",
    "STREET#",
    "CITY",
    "ZIP",
    "STATE",
    "COUNTRY",
    "PHONE",
    "FAX",
    "EMAIL",
    "VATID",
    "IDNUMBER",
    "IDAUTHORITY",
    "DISCLOSE",
    "NEW",
    "X-*",
];

pub fn add(call: &mut Call<'_>) -> Outcome {
    let fields = read(call, "")?;
    let always_new = switch(call.command, "NEW")?.unwrap_or(false);
    let (handle, new) = store(call, fields, "P", always_new);
    if new {
        call.log("CONTACT", &handle, "CREATE");
    }
    Ok(Answer::ok()
        .with("CONTACT", handle)
        .with("NEW", if new { "1" } else { "0" })
        .with("STATUS", "OK"))
}

pub fn status(call: &mut Call<'_>) -> Outcome {
    let contact = owned(call, call.command.required("CONTACT")?)?;
    let mut answer = Answer::ok()
        .with("CONTACT", contact.handle.clone())
        .with("STATUS", "OK");
    for (name, value) in &contact.fields {
        answer = answer.with(name, value.clone());
    }
    Ok(answer
        .with("CREATEDDATE", dates::text(contact.created))
        .with("USER", contact.account.clone()))
}

pub fn list(call: &mut Call<'_>) -> Outcome {
    let page = Page::asked(call.command)?;
    let wide = switch(call.command, "WIDE")?.unwrap_or(false);
    let pattern = call
        .command
        .filled("CONTACT")
        .unwrap_or("*")
        .to_ascii_uppercase();
    let own = call
        .state
        .contacts
        .values()
        .filter(|contact| contact.account == call.account);
    let found: Vec<&Contact> = own
        .filter(|contact| super::paging::glob(&pattern, &contact.handle))
        .collect();
    let rows = page.of(&found);
    let mut answer = page.head(found.len(), rows.len());
    if rows.is_empty() {
        return Ok(answer);
    }
    answer = answer.with_all("CONTACT", rows.iter().map(|contact| contact.handle.clone()));
    for field in CONTACT_FIELDS
        .iter()
        .filter(|field| wide && **field != "NEW")
    {
        let cells = rows
            .iter()
            .map(|contact| contact.fields.get(*field).cloned().unwrap_or_default());
        answer = answer.with_all(&format!("CONTACT{field}"), cells);
    }
    Ok(answer)
}

/// The handle that a slot (`OWNERCONTACT0`) names or describes; `None` if the slot is empty. Nothing is
/// stored yet: the command may still be refused.
pub fn slot(call: &Call<'_>, slot: &str) -> Result<Option<Slot>, Failure> {
    if let Some(handle) = call.command.filled(slot) {
        return Ok(Some(Slot::Handle(owned(call, handle)?.handle.clone())));
    }
    let inline = call.command.attributes().any(|(key, value)| {
        !value.is_empty()
            && key
                .strip_prefix(slot)
                .is_some_and(|field| field.starts_with(|c: char| c.is_ascii_alphabetic()))
    });
    if inline {
        Ok(Some(Slot::Inline(read(call, slot)?)))
    } else {
        Ok(None)
    }
}

/// What stood in a contact slot.
pub enum Slot {
    Handle(String),
    Inline(BTreeMap<String, String>),
}

impl Slot {
    /// The handle, made if need be.
    pub fn resolve(self, call: &mut Call<'_>) -> String {
        match self {
            Self::Handle(handle) => handle,
            Self::Inline(fields) => store(call, fields, "AUTO", false).0,
        }
    }
}

fn owned<'a>(call: &'a Call<'_>, handle: &str) -> Result<&'a Contact, Failure> {
    let contact = call.state.contacts.get(&handle.to_ascii_uppercase());
    let contact = contact.ok_or_else(|| Answer::new(545).detail(handle))?;
    if contact.account == call.account {
        Ok(contact)
    } else {
        Err(Answer::new(531).detail(handle))
    }
}

fn store(
    call: &mut Call<'_>,
    fields: BTreeMap<String, String>,
    prefix: &str,
    always_new: bool,
) -> (String, bool) {
    let account = call.account.clone();
    call.state
        .contact(&account, fields, prefix, always_new, call.now)
}

/// Reads and checks a contact's fields, each named `prefix` + field.
fn read(call: &Call<'_>, prefix: &str) -> Result<BTreeMap<String, String>, Failure> {
    let value = |field: &str| call.command.filled(&format!("{prefix}{field}"));
    let missing = |field: &str| Answer::new(504).detail(format!("{prefix}{field}"));
    let named =
        value("NAME").is_some() || (value("FIRSTNAME").is_some() && value("LASTNAME").is_some());
    if !named {
        let field = if value("FIRSTNAME").is_none() {
            "FIRSTNAME"
        } else {
            "LASTNAME"
        };
        return Err(missing(field));
    }
    if value("STREET").or_else(|| value("STREET0")).is_none() {
        return Err(missing("STREET"));
    }
    for field in ["CITY", "ZIP", "COUNTRY", "PHONE", "EMAIL"] {
        let text = value(field).ok_or_else(|| missing(field))?;
        if !is_well_formed(field, text) {
            return Err(wrong_syntax(&format!("{prefix}{field}")));
        }
    }
    let all = CONTACT_FIELDS
        .iter()
        .chain(&["STREET0", "STREET1", "STREET2"])
        .filter(|field| **field != "NEW");
    Ok(all
        .filter_map(|field| Some(((*field).to_owned(), value(field)?.to_owned())))
        .collect())
}

fn is_well_formed(field: &str, text: &str) -> bool {
    match field {
        "COUNTRY" => text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic()),
        // +CC.number
        "PHONE" => text
            .strip_prefix('+')
            .and_then(|rest| rest.split_once('.'))
            .is_some_and(|(country, number)| {
                let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
                (1..=3).contains(&country.len())
                    && (4..=14).contains(&number.len())
                    && digits(country)
                    && digits(number)
            }),
        "EMAIL" => text.split_once('@').is_some_and(|(user, host)| {
            !user.is_empty()
                && !text.contains(' ')
                && !host.contains('@')
                && host.contains('.')
                && !host.starts_with('.')
                && !host.ends_with('.')
        }),
        _ => true,
    }
}
