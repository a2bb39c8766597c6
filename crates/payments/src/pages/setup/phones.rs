//! Adding a phone that forwards messages, and changing it. Its address and key are shown once, when they are made.

use std::collections::BTreeMap;

use askama::Template;
use wharf_core::Secret;

use super::Saved;
use super::form::{Field, Form, Group, Input};
use super::problem::in_words;
use crate::Payments;
use crate::devices::{DeviceView, FormatView, formats};
use crate::keys;
use crate::pages::{Fragment, Look, PageError, Words, rendered};
use crate::setup::{DeviceSetup, Over};
use crate::views::WalletView;

impl Payments {
    /// `/staff/stores/{store}/phones/{id}`; without an id, for a new one.
    pub(super) async fn phone_form_page(
        &self,
        store: &str,
        id: Option<&str>,
        look: &Look<'_>,
    ) -> Result<Fragment, PageError> {
        let (wallets, known) = self.phone_place(store, id).await?;
        let mut form = phone_form(look, store, &wallets, known.as_ref(), false, String::new());
        if known.is_some() {
            form = form.over_standing();
        }
        Ok(self.phone_page(look, &form, known.as_ref()))
    }

    pub(super) async fn save_phone(
        &self,
        store: &str,
        id: Option<&str>,
        look: &Look<'_>,
    ) -> Result<Saved, PageError> {
        let words = look.words();
        let (wallets, known) = self.phone_place(store, id).await?;
        let wrong = |problem: String| {
            let form = phone_form(look, store, &wallets, known.as_ref(), true, problem);
            let form = form.sent_again(look);
            Ok(Saved::Wrong(self.phone_page(look, &form, known.as_ref())))
        };
        if known.is_some() {
            let form = phone_form(look, store, &wallets, known.as_ref(), false, String::new());
            if let Some(form) = form.undoing(look) {
                return Ok(Saved::Wrong(self.phone_page(look, &form, known.as_ref())));
            }
        }
        let name = look.field("format");
        let Some(app) = formats().find(|format| format.name == name) else {
            return wrong(words.fill("bad_unknown", &[("text", name)]));
        };
        let heartbeat = match look.field("heartbeat_minutes") {
            "" => None,
            text => match text.parse() {
                Ok(minutes) => Some(minutes),
                Err(_) => {
                    let field = words.of("set", "heartbeat_minutes");
                    return wrong(words.fill("not_whole", &[("field", &field), ("text", text)]));
                }
            },
        };
        let chosen: Vec<String> = chosen(look);
        let mut sims: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for wallet in &chosen {
            let card = look.field(&format!("sim_{wallet}"));
            if !card.is_empty() {
                sims.entry(card.to_owned())
                    .or_default()
                    .push(wallet.clone());
            }
        }
        let key = match (look.given("signing_key"), id, app.key, app.name) {
            (Some(key), ..) => Some(Secret::new(key)),
            // The key of that app is the account's: only the account knows it.
            (None, None, _, "twilio") => {
                return wrong(words.text("bad_twilio_key").to_owned());
            }
            (None, None, "required", _) => Some(keys::new_token()?),
            (None, None, "optional", _) if look.field("unsigned").is_empty() => {
                Some(keys::new_token()?)
            }
            _ => None,
        };
        let token = keys::new_token()?;
        let setup = DeviceSetup {
            id: id.unwrap_or(look.field("id")).to_owned(),
            store: store.to_owned(),
            token: token.clone(),
            format: name.to_owned(),
            signing_key: key.clone(),
            wallets: chosen,
            sims,
            sources: look
                .field("sources")
                .split([' ', ',', '\n', '\r'])
                .filter(|source| !source.is_empty())
                .map(str::to_owned)
                .collect(),
            heartbeat_minutes: heartbeat,
        };
        let over = match id {
            Some(_) => Over::Standing,
            None => Over::Nothing,
        };
        if let Err(error) = setup.apply_by(&self.store, look.actor, over).await {
            return wrong(in_words(words, error)?);
        }
        if id.is_some() {
            return Ok(Saved::To(format!("/staff/stores/{store}/setup#phone")));
        }
        let shown = self.shown_once(look, store, &setup.id, &app, &token, key.as_ref());
        Ok(Saved::Shown(shown))
    }

    /// Gives the phone a new address, which is shown this once.
    pub async fn renew_phone(
        &self,
        store: &str,
        id: &str,
        look: &Look<'_>,
    ) -> Result<Saved, PageError> {
        if look.field("sure").is_empty() {
            let form = self.phone_form_page(store, Some(id), look).await?;
            return Ok(Saved::Wrong(form));
        }
        let (_, known) = self.phone_place(store, Some(id)).await?;
        let known = known.ok_or(PageError::NotFound)?;
        let app = formats().find(|format| format.name == known.format);
        let app = app.ok_or(PageError::NotFound)?;
        let token = self.rotate_device(id, look.actor).await?;
        let token = token.ok_or(PageError::NotFound)?;
        let shown = self.shown_once(look, store, id, &app, &token, None);
        Ok(Saved::Shown(shown))
    }

    pub(super) async fn phone_place(
        &self,
        store: &str,
        id: Option<&str>,
    ) -> Result<(Vec<WalletView>, Option<DeviceView>), PageError> {
        self.site_of(store).await?;
        let wallets = self.wallets_of(store).await?;
        let Some(id) = id else {
            return Ok((wallets, None));
        };
        let devices = self.devices().await?;
        let known = devices
            .into_iter()
            .find(|device| device.id == id && device.store == store);
        Ok((wallets, Some(known.ok_or(PageError::NotFound)?)))
    }

    fn phone_page(&self, look: &Look<'_>, form: &Form, known: Option<&DeviceView>) -> Fragment {
        let mut fragment = form.page(look);
        if let Some(known) = known {
            fragment.html.push_str(&rendered(&PhoneMore {
                t: look.words(),
                csrf: look.csrf,
                phone: known,
            }));
        }
        fragment
    }

    fn shown_once(
        &self,
        look: &Look<'_>,
        store: &str,
        id: &str,
        app: &FormatView,
        token: &Secret,
        key: Option<&Secret>,
    ) -> Fragment {
        let words = look.words();
        let address = self.intake_url(token.expose());
        let html = rendered(&PhoneShown {
            t: words,
            store,
            id,
            app: words.said(app.title),
            steps: app.steps_for(&address, look.language),
            is_clear: !address.starts_with("https://"),
            address,
            key: key.map(Secret::expose).unwrap_or_default(),
            listen: self.store.clock().now_ms(),
        });
        Fragment {
            title: words.text("phone_shown").to_owned(),
            html,
        }
    }
}

fn chosen(look: &Look<'_>) -> Vec<String> {
    let named = look.query.iter().filter(|(name, _)| name == "wallets");
    named.map(|(_, wallet)| wallet.clone()).collect()
}

/// An operator may have several wallets.
fn named(wallet: &WalletView) -> String {
    let number = crate::pages::tables::phone_text(Some(&wallet.number));
    format!("{} {number}", wallet.title)
}

fn phone_form(
    look: &Look<'_>,
    store: &str,
    wallets: &[WalletView],
    known: Option<&DeviceView>,
    sent: bool,
    problem: String,
) -> Form {
    let words = look.words();
    let value = |name: &str, standing: String| {
        if sent {
            look.field(name).to_owned()
        } else {
            standing
        }
    };
    let mut fields = Vec::new();
    if known.is_none() {
        let input = Input::Text { required: true };
        fields.push(Field::new(look, "id", &value("id", String::new()), input));
    }
    let apps = formats().map(|format| (format.name.to_owned(), words.said(format.title)));
    let standing = known.map(|known| known.format.clone());
    let app = value("format", standing.unwrap_or("smsgate".to_owned()));
    fields.push(Field::new(
        look,
        "format",
        &app,
        Input::Choice(apps.collect()),
    ));
    let picked = match (sent, known) {
        (true, _) => chosen(look),
        (false, Some(known)) => known.wallets.clone(),
        (false, None) => wallets.iter().map(|wallet| wallet.id.clone()).collect(),
    };
    let choices = wallets.iter().map(|wallet| {
        (
            wallet.id.clone(),
            named(wallet),
            picked.contains(&wallet.id),
        )
    });
    let input = Input::Many(choices.collect());
    fields.push(Field::new(look, "wallets", "", input));
    let mut more = Vec::new();
    let input = || Input::Text { required: false };
    more.push(Field::new(look, "signing_key", "", input()));
    if known.is_none() {
        let unsigned = value("unsigned", String::new());
        more.push(Field::new(look, "unsigned", &unsigned, Input::Yes));
    }
    let minutes = known.and_then(|known| known.set_heartbeat);
    let minutes = value(
        "heartbeat_minutes",
        minutes
            .map(|minutes| minutes.to_string())
            .unwrap_or_default(),
    );
    more.push(Field::new(
        look,
        "heartbeat_minutes",
        &minutes,
        Input::Whole,
    ));
    let sources = known.map(|known| known.sources.join(" "));
    let sources = value("sources", sources.unwrap_or_default());
    more.push(Field::new(look, "sources", &sources, input()));
    if wallets.len() > 1 {
        for wallet in wallets {
            let card = known.and_then(|known| {
                let of = known
                    .sims
                    .iter()
                    .find(|(_, wallets)| wallets.contains(&wallet.id));
                of.map(|(card, _)| card.clone())
            });
            let name = format!("sim_{}", wallet.id);
            let card = value(&name, card.unwrap_or_default());
            more.push(Field {
                label: words.fill("set_sim", &[("wallet", &named(wallet))]),
                hint: words.text("set_sim_hint").to_owned(),
                name,
                value: card,
                input: input(),
            });
        }
    }
    let (title, end) = match known {
        None => (words.text("phone_new").to_owned(), "new"),
        Some(known) => (known.id.clone(), known.id.as_str()),
    };
    Form {
        remove: None,
        shown: String::new(),
        title,
        lead: words.text("phone_form_lead").to_owned(),
        back: (
            format!("/staff/stores/{store}/setup#phone"),
            words.text("setup").to_owned(),
        ),
        action: format!("/staff/stores/{store}/phones/{end}"),
        groups: vec![
            Group {
                title: words.text("wizard_phone").to_owned(),
                folded: false,
                fields,
            },
            Group {
                title: words.text("phone_more").to_owned(),
                folded: true,
                fields: more,
            },
        ],
        submit: words.text("save").to_owned(),
        problem: match (problem.is_empty(), wallets.is_empty()) {
            (true, true) => words.text("phone_needs_wallet").to_owned(),
            _ => problem,
        },
    }
}

#[derive(Template)]
#[template(path = "staff/phone_shown.html")]
struct PhoneShown<'a> {
    t: Words,
    store: &'a str,
    id: &'a str,
    app: String,
    address: String,
    is_clear: bool,
    key: &'a str,
    steps: Vec<String>,
    /// From when on its messages are waited for.
    listen: i64,
}

#[derive(Template)]
#[template(path = "staff/phone_more.html")]
struct PhoneMore<'a> {
    t: Words,
    csrf: &'a str,
    phone: &'a DeviceView,
}
