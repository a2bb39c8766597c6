//! Adding a wallet to a store, and changing it.

use super::Saved;
use super::form::{Field, Form, Group, Input};
use super::problem::in_words;
use super::removal::remove;
use crate::Payments;
use crate::pages::{Fragment, Look, PageError};
use crate::setup::{Over, Place, WalletSetup, place_of};
use crate::views::WalletView;
use crate::wallets::text::clean;

impl Payments {
    /// `/staff/stores/{store}/wallets/{id}`; without an id, for a new one.
    pub(super) async fn wallet_form_page(
        &self,
        store: &str,
        id: Option<&str>,
        look: &Look<'_>,
    ) -> Result<Fragment, PageError> {
        let (place, known) = self.wallet_place(store, id).await?;
        let form = self.wallet_form(look, store, place, known.as_ref(), false, String::new());
        let Some(id) = id else {
            return Ok(form.page(look));
        };
        let uses = self.uses_of_wallet(id).await?;
        let form = form.removed_by(remove(look.words(), "wallet", &uses));
        Ok(form.over_standing().page(look))
    }

    pub(super) async fn save_wallet(
        &self,
        store: &str,
        id: Option<&str>,
        look: &Look<'_>,
    ) -> Result<Saved, PageError> {
        let words = look.words();
        let (place, known) = self.wallet_place(store, id).await?;
        let wrong = |problem: String| {
            let form = self.wallet_form(look, store, place, known.as_ref(), true, problem);
            Ok(Saved::Wrong(form.sent_again(look).page(look)))
        };
        if known.is_some() {
            let form = self.wallet_form(look, store, place, known.as_ref(), false, String::new());
            if let Some(form) = form.undoing(look) {
                return Ok(Saved::Wrong(form.page(look)));
            }
        }
        let setup = WalletSetup {
            id: id.unwrap_or(look.field("id")).to_owned(),
            store: store.to_owned(),
            operator: match &known {
                Some(known) => known.operator.clone(),
                None => look.field("operator").to_owned(),
            },
            number: look.field("number").to_owned(),
            balance: look.given("balance").map(|balance| clean(&balance)),
            enabled: id.is_none() || !look.field("enabled").is_empty(),
        };
        let wallets = self.wallets();
        let over = match id {
            Some(_) => Over::Standing,
            None => Over::Nothing,
        };
        let applied = setup.apply_by(&self.store, &wallets, look.actor, over);
        match applied.await {
            Ok(()) => Ok(Saved::To(format!("/staff/stores/{store}/setup#wallet"))),
            Err(error) => wrong(in_words(words, error)?),
        }
    }

    pub(super) async fn wallet_place(
        &self,
        store: &str,
        id: Option<&str>,
    ) -> Result<(Place, Option<WalletView>), PageError> {
        let place = place_of(&self.store, store).await?;
        let place = place.ok_or(PageError::NotFound)?;
        let Some(id) = id else {
            return Ok((place, None));
        };
        let wallets = self.wallets_of(store).await?;
        let known = wallets.into_iter().find(|wallet| wallet.id == id);
        Ok((place, Some(known.ok_or(PageError::NotFound)?)))
    }

    fn wallet_form(
        &self,
        look: &Look<'_>,
        store: &str,
        place: Place,
        known: Option<&WalletView>,
        sent: bool,
        problem: String,
    ) -> Form {
        let words = look.words();
        let value = |name: &str, standing: &str| {
            if sent {
                look.field(name).to_owned()
            } else {
                standing.to_owned()
            }
        };
        let mut fields = Vec::new();
        if known.is_none() {
            let input = Input::Text { required: true };
            fields.push(Field::new(look, "id", &value("id", ""), input));
            let wallets = self.wallets();
            let here = wallets
                .iter()
                .filter(|wallet| wallet.enabled)
                .filter(|wallet| {
                    (wallet.country, wallet.currency) == (place.country, place.currency)
                });
            let choices: Vec<_> = here
                .map(|wallet| (wallet.name.clone(), wallet.title.clone()))
                .collect();
            let input = Input::Choice(choices);
            fields.push(Field::new(look, "operator", &value("operator", ""), input));
        }
        let number = known.map(|known| crate::pages::tables::phone_text(Some(&known.number)));
        let number = value("number", &number.unwrap_or_default());
        let input = Input::Text { required: true };
        fields.push(Field::new(look, "number", &number, input));
        let mut balance = Field::new(look, "balance", &value("balance", ""), Input::Decimal);
        balance.label = format!("{} ({})", balance.label, place.currency);
        fields.push(balance);
        if let Some(known) = known {
            let enabled = value("enabled", if known.enabled { "1" } else { "" });
            fields.push(Field::new(look, "enabled", &enabled, Input::Yes));
        }
        let (title, end) = match known {
            None => (words.text("wallet_new").to_owned(), "new"),
            Some(known) => (format!("{} · {}", known.title, known.id), known.id.as_str()),
        };
        Form {
            title: title.clone(),
            lead: words.text("wallet_form_lead").to_owned(),
            back: (
                format!("/staff/stores/{store}/setup#wallet"),
                words.text("setup").to_owned(),
            ),
            action: format!("/staff/stores/{store}/wallets/{end}"),
            groups: vec![Group {
                title: words.text("wizard_wallet").to_owned(),
                folded: false,
                fields,
            }],
            submit: words.text("save").to_owned(),
            problem,
            remove: None,
            shown: String::new(),
        }
    }
}
