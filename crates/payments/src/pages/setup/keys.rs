//! A store's keys: the one that claim checks bring, and the one that its shop signs claims with. They go in and never
//! out: the page says only since when they stand.

use super::form::{Form, Group};
use super::problem::in_words;
use super::{Saved, removes, secret_sent};
use crate::Payments;
use crate::keys;
use crate::pages::{Fragment, Look, PageError};
use crate::setup::Over;
use crate::tables::audit;

impl Payments {
    /// `/staff/stores/{id}/keys`
    pub(super) async fn keys_page(&self, id: &str, look: &Look<'_>) -> Result<Fragment, PageError> {
        Ok(self.keys_form(id, look, String::new()).await?.page(look))
    }

    pub(super) async fn save_keys(&self, id: &str, look: &Look<'_>) -> Result<Saved, PageError> {
        let (mut setup, _) = self.as_it_stands(id).await?;
        setup.caution.check_key = secret_sent(look, "check_key");
        setup.claim_key = secret_sent(look, "claim_key");
        let applied = setup.apply_by(&self.store, look.actor, Over::Standing);
        match applied.await {
            Ok(()) => Ok(Saved::To(format!("/staff/stores/{id}"))),
            Err(error) => {
                let problem = in_words(look.words(), error)?;
                let form = self.keys_form(id, look, problem).await?;
                Ok(Saved::Wrong(form.page(look)))
            }
        }
    }

    async fn keys_form(
        &self,
        id: &str,
        look: &Look<'_>,
        problem: String,
    ) -> Result<Form, PageError> {
        let words = self.words(look, Some(id)).await?;
        let stores = self.stores().await?;
        let store = stores.into_iter().find(|store| store.id == id);
        let store = store.ok_or(PageError::NotFound)?;
        let mut db = self.connection().await?;
        // Only its digest is kept, and when it came stands in the audit log.
        let check_since = match store.check_key {
            true => Some(audit::last_of(&mut db, &format!("store/{id}"), "check_key_hash").await?),
            false => None,
        };
        drop(db);
        let claim_since = keys::claim_key_since(&self.store, id).await?;
        let group = |name: &'static str, since: Option<i64>| {
            let mut fields = vec![super::form::Field::secret(words, look, name, since)];
            fields.extend(removes(look, name, since));
            Group {
                title: words.of("keys", name),
                folded: false,
                fields,
            }
        };
        Ok(Form {
            title: words.text("keys").to_owned(),
            lead: words.text("keys_lead").to_owned(),
            back: (format!("/staff/stores/{id}"), store.name.clone()),
            action: format!("/staff/stores/{id}/keys"),
            groups: vec![
                group("check_key", check_since),
                group("claim_key", claim_since),
            ],
            submit: words.text("save").to_owned(),
            problem,
            remove: None,
            shown: String::new(),
        })
    }
}
