//! Adding a store, and its settings.

use serde_json::{Map, Value, json};
use wharf_core::Country;

use super::Saved;
use super::form::{Field, Form, Group, Input, Kind, Setting};
use super::problem::in_words;
use super::removal::remove;
use crate::Payments;
use crate::pages::{Fragment, Look, PageError};
use crate::settings::Mode;
use crate::setup::{Over, StoreSetup};
use crate::tables::stores::{by_id_in, wallets_with_state};
use crate::wallets::text::clean;

impl Payments {
    /// `/staff/stores/new`; `sites` are the WHMCS installations that are set up.
    pub(super) async fn new_store_page(
        &self,
        sites: &[String],
        look: &Look<'_>,
    ) -> Result<Fragment, PageError> {
        let blank = standing(&blank(sites))?;
        Ok(store_form(look, sites, None, false, &blank, true, String::new()).page(look))
    }

    /// Adds the store that was sent. It looks on, until somebody has it credit.
    pub(super) async fn add_store(
        &self,
        sites: &[String],
        look: &Look<'_>,
    ) -> Result<Saved, PageError> {
        let words = look.words();
        let blank = standing(&blank(sites))?;
        let wrong = |problem: String| {
            let form = store_form(look, sites, None, true, &blank, true, problem);
            Ok(Saved::Wrong(form.page(look)))
        };
        let setup = match sent(look, sites, &blank, true) {
            Ok(setup) => setup,
            Err(problem) => return wrong(problem),
        };
        if let Err(error) = setup.check_place(&self.wallets()) {
            return wrong(in_words(words, error)?);
        }
        match setup.apply_by(&self.store, look.actor, Over::Nothing).await {
            Ok(()) => Ok(Saved::To(format!("/staff/stores/{}/setup", setup.id))),
            Err(error) => wrong(in_words(words, error)?),
        }
    }

    /// `/staff/stores/{id}/settings`
    pub(super) async fn store_settings_page(
        &self,
        id: &str,
        sites: &[String],
        look: &Look<'_>,
    ) -> Result<Fragment, PageError> {
        let (stands, movable) = self.as_it_stands(id).await?;
        let stands = standing(&stands)?;
        let problem = String::new();
        let form = store_form(look, sites, Some(id), false, &stands, movable, problem);
        let form = form.over_standing();
        let uses = self.uses_of_store(id).await?;
        let form = form.removed_by(remove(look.words(), "store", &uses));
        Ok(form.page(look))
    }

    pub(super) async fn change_store(
        &self,
        id: &str,
        sites: &[String],
        look: &Look<'_>,
    ) -> Result<Saved, PageError> {
        let (stands, movable) = self.as_it_stands(id).await?;
        let stands = standing(&stands)?;
        let wrong = |problem: String| {
            let form = store_form(look, sites, Some(id), true, &stands, movable, problem);
            Ok(Saved::Wrong(form.sent_again(look).page(look)))
        };
        let form = store_form(
            look,
            sites,
            Some(id),
            false,
            &stands,
            movable,
            String::new(),
        );
        if let Some(form) = form.undoing(look) {
            return Ok(Saved::Wrong(form.page(look)));
        }
        let setup = match sent(look, sites, &stands, movable) {
            Ok(setup) => setup,
            Err(problem) => return wrong(problem),
        };
        if movable && let Err(error) = setup.check_place(&self.wallets()) {
            return wrong(in_words(look.words(), error)?);
        }
        if setup.caution.mode == Mode::Credit
            && stands.get("mode") != Some(&json!(Mode::Credit))
            && let Some(problem) = self.keeps_from_crediting(id, look.words()).await?
        {
            return wrong(problem);
        }
        match setup
            .apply_by(&self.store, look.actor, Over::Standing)
            .await
        {
            Ok(()) => Ok(Saved::To(format!("/staff/stores/{id}"))),
            Err(error) => wrong(in_words(look.words(), error)?),
        }
    }

    /// The set-up that stands, and whether the store can still change its country.
    pub(in crate::pages) async fn as_it_stands(
        &self,
        id: &str,
    ) -> Result<(StoreSetup, bool), PageError> {
        let mut tx = self.store.begin().await?;
        let row = by_id_in(&mut tx, id).await?.ok_or(PageError::NotFound)?;
        let movable = wallets_with_state(&mut tx, id).await?.is_empty();
        Ok((StoreSetup::of(&row), movable))
    }
}

/// What a new store is suggested to be: careful, and crediting nothing yet.
fn blank(sites: &[String]) -> Value {
    json!({
        "id": "", "name": "", "mode": "observe",
        "site": sites.first().map(String::as_str).unwrap_or_default(),
    })
}

/// Every setting with the value that it has.
fn standing(setup: &impl serde::Serialize) -> Result<Value, PageError> {
    let said = serde_json::to_value(setup).unwrap_or_default();
    let whole: StoreSetup =
        serde_json::from_value(said).map_err(|error| PageError::Misuse(error.to_string()))?;
    serde_json::to_value(whole).map_err(|error| PageError::Misuse(error.to_string()))
}

/// The set-up that was sent, over the one that stands.
fn sent(
    look: &Look<'_>,
    sites: &[String],
    standing: &Value,
    movable: bool,
) -> Result<StoreSetup, String> {
    let words = look.words();
    let mut said: Map<String, Value> = standing.as_object().cloned().unwrap_or_default();
    let adding = said.get("id").and_then(Value::as_str) == Some("");
    if adding {
        said.insert("id".to_owned(), json!(look.field("id")));
        let (code, rate) = (look.field("rate_currency"), look.field("rate"));
        if !rate.is_empty() {
            let code = code.to_ascii_uppercase();
            said.insert("rates".to_owned(), json!({ code: clean(rate) }));
        }
    }
    let site = look.field("site");
    if !sites.iter().any(|known| known == site) {
        return Err(words.fill("bad_site", &[("text", site)]));
    }
    said.insert("site".to_owned(), json!(site));
    if look.field("name").is_empty() {
        return Err(words.text("bad_name").to_owned());
    }
    for group in GROUPS {
        for setting in group.settings {
            if is_left_out(setting.name, adding, movable) {
                continue;
            }
            setting.take(look, &mut said)?;
        }
    }
    serde_json::from_value(Value::Object(said)).map_err(|error| error.to_string())
}

fn store_form(
    look: &Look<'_>,
    sites: &[String],
    id: Option<&str>,
    sent: bool,
    standing: &Value,
    movable: bool,
    problem: String,
) -> Form {
    let words = look.words();
    let mut groups = Vec::new();
    for group in GROUPS {
        let mut fields = Vec::new();
        if group.name == "basics" {
            let site = match standing.get("site").and_then(Value::as_str) {
                Some(site) if !sent => site,
                _ => look.field("site"),
            };
            if id.is_none() {
                let input = Input::Text { required: true };
                fields.push(Field::new(look, "id", look.field("id"), input));
            }
            let choices = sites.iter().map(|site| (site.clone(), site.clone()));
            let input = Input::Choice(choices.collect());
            fields.push(Field::new(look, "site", site, input));
        }
        for setting in group.settings {
            if is_left_out(setting.name, id.is_none(), movable) {
                continue;
            }
            fields.push(match setting.name {
                "country" => country_field(look, setting, sent, standing),
                _ => setting.field(look, sent, standing),
            });
        }
        if group.name == "basics" && id.is_none() {
            let code = look.given("rate_currency").unwrap_or("USD".to_owned());
            let input = Input::Text { required: false };
            fields.push(Field::new(look, "rate_currency", &code, input));
            fields.push(Field::new(look, "rate", look.field("rate"), Input::Decimal));
        }
        groups.push(Group {
            title: words.of("settings", group.name),
            folded: group.folded,
            fields,
        });
    }
    let (title, back, action) = match id {
        None => (
            words.text("store_new").to_owned(),
            ("/staff/stores".to_owned(), words.text("stores").to_owned()),
            "/staff/stores/new".to_owned(),
        ),
        Some(id) => (
            words.text("settings").to_owned(),
            (format!("/staff/stores/{id}"), id.to_owned()),
            format!("/staff/stores/{id}/settings"),
        ),
    };
    let problem = match (problem.is_empty(), sites.is_empty()) {
        (true, true) => words.text("no_site").to_owned(),
        _ => problem,
    };
    Form {
        title,
        lead: words.text("store_form_lead").to_owned(),
        back,
        action,
        groups,
        submit: words.text("save").to_owned(),
        problem,
        remove: None,
        shown: String::new(),
    }
}

fn country_field(look: &Look<'_>, setting: &Setting, sent: bool, standing: &Value) -> Field {
    let words = look.words();
    let mut field = setting.field(look, sent, standing);
    let choices = Country::ALL.iter().map(|country| {
        let name = words.of("country", country.code());
        (
            country.code().to_owned(),
            format!("{name} ({})", country.currency()),
        )
    });
    field.input = Input::Choice(choices.collect());
    field
}

/// Where a store is stays as it is once it has wallets; a new one looks on until its set-up is done.
fn is_left_out(name: &str, adding: bool, movable: bool) -> bool {
    match name {
        "country" | "currency" => !movable,
        "mode" => adding,
        _ => false,
    }
}

struct Settings {
    name: &'static str,
    folded: bool,
    settings: &'static [Setting],
}

const fn setting(name: &'static str, kind: Kind) -> Setting {
    Setting { name, kind }
}

const GROUPS: &[Settings] = &[
    Settings {
        name: "basics",
        folded: false,
        settings: &[
            setting("name", Kind::Text),
            setting("country", Kind::Text),
            setting("mode", Kind::Choice("mode", &["observe", "credit"])),
            setting("enabled", Kind::Yes),
        ],
    },
    Settings {
        name: "caution",
        folded: false,
        settings: &[
            setting(
                "hold",
                Kind::Choice("hold", &["first_payment", "above", "always", "off"]),
            ),
            setting("hold_above", Kind::Amount),
            setting("second_person_above", Kind::Amount),
            setting("phone_binding", Kind::Choice("binding", &["prove", "off"])),
            setting("balance_check", Kind::Yes),
            setting("ceiling_transfer", Kind::Amount),
            setting("ceiling_client_day", Kind::Amount),
            setting("ceiling_phone_day", Kind::Amount),
            setting("ceiling_wallet_day", Kind::Amount),
            setting("ceiling_wallet_month", Kind::Amount),
        ],
    },
    Settings {
        name: "times",
        folded: true,
        settings: &[
            setting("quote_minutes", Kind::Whole),
            setting("claim_hours", Kind::Whole),
            setting("stale_hours", Kind::Whole),
            setting("hold_days", Kind::Whole),
            setting("settle_after_seconds", Kind::Whole),
        ],
    },
    Settings {
        name: "check",
        folded: true,
        settings: &[
            setting("unsigned_checks", Kind::Yes),
            setting(
                "check_answers",
                Kind::Choice("answers", &["credit-only", "when-covered"]),
            ),
            setting("repeat_success", Kind::Yes),
            setting("check_sources", Kind::Words),
            setting("currency_label", Kind::Text),
        ],
    },
    Settings {
        name: "limits",
        folded: true,
        settings: &[
            setting("phones_per_client", Kind::Whole),
            setting("clients_per_phone", Kind::Whole),
            setting("unseeded_above", Kind::Amount),
            setting("misses_client", Kind::Whole),
            setting("misses_client_day", Kind::Whole),
            setting("misses_phone", Kind::Whole),
            setting("misses_source", Kind::Whole),
        ],
    },
    Settings {
        name: "booking",
        folded: true,
        settings: &[
            setting(
                "booking",
                Kind::Choice("booking", &["add_credit", "add_transaction"]),
            ),
            setting("booking_gateway", Kind::Text),
            setting("currency", Kind::Text),
        ],
    },
];
