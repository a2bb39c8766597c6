//! What a form's page says about taking away what it shows, and doing it.

use wharf_whmcs::Sites;

use super::form::Remove;
use super::{Saved, SetupForm};
use crate::Payments;
use crate::pages::{Look, PageError, Words};
use crate::setup::Removal;

impl Payments {
    /// Takes away what a form shows, once somebody is sure; what is used stays, and the form says by what.
    pub async fn remove_form(
        &self,
        form: &SetupForm,
        sites: &Sites,
        look: &Look<'_>,
    ) -> Result<Saved, PageError> {
        if look.field("sure").is_empty() {
            return Ok(Saved::Wrong(self.form_page(form, sites, look).await?));
        }
        let actor = look.actor;
        let (removed, then) = match form {
            SetupForm::Site(Some(id)) => (
                self.remove_site(sites, id, actor).await?,
                "/staff/stores".to_owned(),
            ),
            SetupForm::Store(Some(id)) => (
                self.remove_store(id, actor).await?,
                "/staff/stores".to_owned(),
            ),
            SetupForm::Wallet(store, Some(id)) => {
                // Of this store, or not at all.
                self.wallet_place(store, Some(id)).await?;
                (
                    self.remove_wallet(id, actor).await?,
                    format!("/staff/stores/{store}/setup#wallet"),
                )
            }
            SetupForm::Phone(store, Some(id)) => {
                self.phone_place(store, Some(id)).await?;
                let removed = match self.remove_device(id, actor).await? {
                    true => Removal::Done,
                    false => Removal::NotThere,
                };
                (removed, format!("/staff/stores/{store}/setup#phone"))
            }
            _ => return Err(PageError::NotFound),
        };
        match removed {
            Removal::Done => Ok(Saved::To(then)),
            Removal::NotThere => Err(PageError::NotFound),
            // The page has the reason where the button was.
            Removal::Used(_) => Ok(Saved::Wrong(self.form_page(form, sites, look).await?)),
        }
    }
}

/// The part of a page that takes its subject away, or says why it cannot be.
pub(super) fn remove(words: Words, what: &str, uses: &[(&'static str, i64)]) -> Remove {
    let used: Vec<String> = uses
        .iter()
        .map(|(name, count)| format!("{}: {count}", words.of("used", name)))
        .collect();
    Remove {
        title: words.of("remove", what),
        text: if used.is_empty() {
            words.of("remove_text", what)
        } else {
            words.of("remove_used", what)
        },
        used: used.join(words.text("comma")),
    }
}
