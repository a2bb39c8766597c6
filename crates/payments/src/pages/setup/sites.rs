//! A WHMCS and its credentials. What is secret goes in and never out: the page says only since when it stands.

use wharf_core::Secret;
use wharf_whmcs::setup::{SetupError, SiteChange, SiteSetup, SiteStanding};
use wharf_whmcs::{Sites, SitesError};

use super::form::{Field, Form, Group, Input};
use super::removal::remove;
use super::{Saved, removes, secret_sent};
use crate::Payments;
use crate::keys;
use crate::pages::list::encoded;
use crate::pages::{Fragment, Look, PageError, Words};
use crate::tables::audit;

impl Payments {
    /// `/staff/sites/{id}`; without an id, for a new one.
    pub(super) async fn site_page(
        &self,
        sites: &Sites,
        id: Option<&str>,
        look: &Look<'_>,
    ) -> Result<Fragment, PageError> {
        let stands = site_of(sites, id).await?;
        let words = self.words(look, None).await?;
        let form = site_form(words, look, id, stands.as_ref(), false, String::new());
        let Some(id) = id else {
            return Ok(form.page(look));
        };
        let uses = sites.uses(id).await?;
        let form = form.removed_by(remove(words, "site", &uses));
        Ok(form.over_standing().page(look))
    }

    pub(super) async fn save_site(
        &self,
        sites: &Sites,
        id: Option<&str>,
        look: &Look<'_>,
    ) -> Result<Saved, PageError> {
        let stands = site_of(sites, id).await?;
        let words = self.words(look, None).await?;
        if stands.is_some() {
            let form = site_form(words, look, id, stands.as_ref(), false, String::new());
            if let Some(form) = form.undoing(look) {
                return Ok(Saved::Wrong(form.page(look)));
            }
        }
        let (url, identifier) = (
            look.field("url").to_owned(),
            look.field("identifier").to_owned(),
        );
        let (secret, access_key) = (secret_sent(look, "secret"), secret_sent(look, "access_key"));
        let changed = [
            (
                "url",
                stands.as_ref().is_none_or(|stands| stands.url != url),
            ),
            (
                "identifier",
                stands
                    .as_ref()
                    .is_none_or(|stands| stands.identifier != identifier),
            ),
            ("secret", secret.is_some()),
            ("access_key", access_key.is_some()),
        ];
        let saved = match id {
            Some(id) => {
                let change = SiteChange {
                    url,
                    identifier,
                    secret,
                    access_key,
                };
                sites.change(id, change).await.map(|_| id)
            }
            None => {
                let setup = SiteSetup {
                    id: look.field("id").to_owned(),
                    token: keys::new_token()?,
                    url,
                    identifier,
                    secret: secret.unwrap_or_else(|| Secret::new("")),
                    access_key,
                };
                sites.add(&setup).await.map(|()| look.field("id"))
            }
        };
        let site = match saved {
            Ok(site) => site,
            Err(SitesError::Store(error)) => return Err(error.into()),
            Err(SitesError::Setup(error)) => {
                let problem = in_words(words, &error);
                let form = site_form(words, look, id, stands.as_ref(), true, problem);
                return Ok(Saved::Wrong(form.sent_again(look).page(look)));
            }
        };
        let changed: Vec<&str> = changed
            .iter()
            .filter(|(_, changed)| *changed)
            .map(|(name, _)| *name)
            .collect();
        if !changed.is_empty() {
            let event = if id.is_some() { "changed" } else { "added" };
            let mut tx = self.store.begin().await?;
            let (clock, subject, detail) = (
                self.store.clock(),
                format!("site/{site}"),
                changed.join(", "),
            );
            audit::note_by(&mut tx, clock, look.actor, "", &subject, event, &detail).await?;
            tx.commit().await.map_err(wharf_store::StoreError::from)?;
        }
        let mut stores = self.stores().await?;
        stores.retain(|store| store.site == site);
        let from = stores.iter().find(|store| store.id == look.field("store"));
        Ok(Saved::To(match (from, stores.as_slice()) {
            (Some(store), _) | (None, [store]) => steps_of(&store.id),
            (None, []) => "/staff/stores/new".to_owned(),
            (None, _) => "/staff/stores".to_owned(),
        }))
    }
}

fn steps_of(store: &str) -> String {
    format!("/staff/stores/{}/setup#connection", encoded(store))
}

async fn site_of(sites: &Sites, id: Option<&str>) -> Result<Option<SiteStanding>, PageError> {
    let Some(id) = id else { return Ok(None) };
    let stands = sites.standing(id).await?;
    Ok(Some(stands.ok_or(PageError::NotFound)?))
}

fn site_form(
    words: Words,
    look: &Look<'_>,
    id: Option<&str>,
    stands: Option<&SiteStanding>,
    sent: bool,
    problem: String,
) -> Form {
    let value = |name: &str, standing: Option<&String>| match sent {
        true => look.field(name).to_owned(),
        false => standing.cloned().unwrap_or_default(),
    };
    let mut fields = Vec::new();
    let required = || Input::Text { required: true };
    if id.is_none() {
        fields.push(Field::new(look, "site_id", look.field("id"), required()).named("id"));
    }
    let url = value("url", stands.map(|stands| &stands.url));
    fields.push(Field::new(look, "url", &url, required()));
    let identifier = value("identifier", stands.map(|stands| &stands.identifier));
    fields.push(Field::new(look, "identifier", &identifier, required()));
    let since = stands.and_then(|stands| stands.secret_since);
    fields.push(Field::secret(words, look, "secret", since));
    let since = stands.and_then(|stands| stands.access_key_since);
    fields.push(Field::secret(words, look, "access_key", since));
    fields.extend(removes(look, "access_key", since));
    let from = look.given("store");
    if let Some(store) = &from {
        fields.push(Field::new(look, "store", store, Input::Hidden));
    }
    let end = id.unwrap_or("new");
    Form {
        title: id.map_or_else(
            || words.text("site_new").to_owned(),
            |id| format!("{}: {id}", words.of("column", "site")),
        ),
        lead: words.text("site_lead").to_owned(),
        back: match from {
            Some(store) => (steps_of(&store), words.text("setup").to_owned()),
            None => ("/staff/stores".to_owned(), words.text("stores").to_owned()),
        },
        action: format!("/staff/sites/{end}"),
        groups: vec![Group {
            title: words.text("wizard_connection").to_owned(),
            folded: false,
            fields,
        }],
        submit: words.text("save").to_owned(),
        problem,
        remove: None,
        shown: String::new(),
    }
}

fn in_words(words: Words, error: &SetupError) -> String {
    match error {
        SetupError::Id(id) if id.is_empty() => words.text("bad_no_id").to_owned(),
        SetupError::Id(id) => words.fill("bad_id", &[("text", id)]),
        SetupError::Taken(id) => words.fill("there_already", &[("text", id)]),
        SetupError::Moved(_) => words.text("bad_site_moved").to_owned(),
        SetupError::Credentials(_) => words.text("bad_credentials").to_owned(),
        SetupError::Url { url, .. } => words.fill("bad_url", &[("text", url)]),
        _ => error.to_string(),
    }
}
