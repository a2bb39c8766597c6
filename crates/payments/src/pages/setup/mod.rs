//! Setting a store up, step by step. Each step says whether it is done, and is done on this page or one form away.

mod form;
mod keys;
mod phones;
mod problem;
mod removal;
mod sites;
mod stores;
mod wallets;

use askama::Template;
use wharf_core::Secret;
use wharf_whmcs::Sites;

use form::{Field, Input};

use super::list::{Cell, Column, Table};
use super::stores::rates_table;
use super::tables::{amount, reason};
use super::things::{devices_table, wallets_table};
use super::{Fragment, Look, PageError, SiteCheck, SiteVerdict, Words, rendered};
use crate::Payments;
use crate::devices::DeviceView;
use crate::settings::Mode;
use crate::setup::Over;
use crate::tables::{audit, lists};
use crate::views::{AuditFilter, MessageFilter, MessageView, StoreView};

/// What became of a form.
#[derive(Debug)]
pub enum Saved {
    /// Taken; the page that follows is there.
    To(String),
    /// Taken; this is shown once and never again.
    Shown(Fragment),
    /// Not taken: the form again, with what is wrong.
    Wrong(Fragment),
}

/// What is set up by a form of its own, with the id of what it changes.
#[derive(Clone, Debug)]
pub enum SetupForm {
    Site(Option<String>),
    Store(Option<String>),
    /// Of a store.
    Keys(String),
    /// Of a store, and which.
    Wallet(String, Option<String>),
    Phone(String, Option<String>),
}

/// The steps' page.
#[derive(Debug)]
pub struct SetupPage {
    pub fragment: Fragment,
    /// It waits for a message: when the browser should look again, and where, as the header `Refresh` has it.
    pub again: Option<String>,
}

impl Payments {
    pub async fn form_page(
        &self,
        form: &SetupForm,
        sites: &Sites,
        look: &Look<'_>,
    ) -> Result<Fragment, PageError> {
        match form {
            SetupForm::Site(id) => self.site_page(sites, id.as_deref(), look).await,
            SetupForm::Store(None) => match names(sites).await? {
                // The first thing that there must be.
                none if none.is_empty() => self.site_page(sites, None, look).await,
                names => self.new_store_page(&names, look).await,
            },
            SetupForm::Store(Some(id)) => {
                let names = names(sites).await?;
                self.store_settings_page(id, &names, look).await
            }
            SetupForm::Keys(id) => self.keys_page(id, look).await,
            SetupForm::Wallet(store, id) => self.wallet_form_page(store, id.as_deref(), look).await,
            SetupForm::Phone(store, id) => self.phone_form_page(store, id.as_deref(), look).await,
        }
    }

    pub async fn save_form(
        &self,
        form: &SetupForm,
        sites: &Sites,
        look: &Look<'_>,
    ) -> Result<Saved, PageError> {
        match form {
            SetupForm::Site(id) => self.save_site(sites, id.as_deref(), look).await,
            SetupForm::Store(None) => self.add_store(&names(sites).await?, look).await,
            SetupForm::Store(Some(id)) => self.change_store(id, &names(sites).await?, look).await,
            SetupForm::Keys(id) => self.save_keys(id, look).await,
            SetupForm::Wallet(store, id) => self.save_wallet(store, id.as_deref(), look).await,
            SetupForm::Phone(store, id) => self.save_phone(store, id.as_deref(), look).await,
        }
    }

    /// `/staff/stores/{id}/setup`, after the connection was tried perhaps.
    pub async fn setup_page(
        &self,
        id: &str,
        look: &Look<'_>,
        checks: Option<Vec<SiteCheck>>,
        problem: &str,
    ) -> Result<SetupPage, PageError> {
        let words = self.words(look, Some(id)).await?;
        let known = self.known_of(id).await?;
        let now = self.store.clock().now_ms();
        let wallets = self.wallets_of(id).await?;
        let since = look.field("listen").parse::<i64>().ok();
        let heard: Vec<MessageView> = known
            .messages
            .iter()
            .filter(|message| since.is_none_or(|since| message.stored_at >= since))
            .cloned()
            .collect();
        let refused = known.devices.iter().find_map(|device| {
            let stands = device.refused_since.is_some();
            // Not each one is written down while they go on.
            let fresh = since.is_none_or(|since| {
                let at = device.refused_at;
                at.is_some_and(|at| at >= since - A_MINUTE)
            });
            let why = device.refused_why.clone().filter(|_| stands && fresh)?;
            Some((device.id.clone(), why))
        });
        let waits = since.is_some_and(|since| heard.is_empty() && now - since < PATIENCE);
        let given_up = since.is_some() && heard.is_empty() && !waits;
        let lacking = known.lacking(words);
        let page = Setup {
            t: words,
            csrf: look.csrf,
            may: look.may_set_up,
            problem,
            store: &known.store,
            connected: known.connected,
            checks: checks.as_deref().unwrap_or_default(),
            wallets: Table {
                empty: words.text("wallets_none").to_owned(),
                ..wallets_table(words, &wallets, now, look)
            }
            .html(look),
            has_wallet: known.has_wallet(),
            devices: Table {
                empty: words.text("devices_none").to_owned(),
                ..devices_table(words, &known.devices, now, look)
            }
            .html(look),
            has_phone: known.has_phone(),
            has_heard: !known.messages.is_empty(),
            listening: since.is_some(),
            waits,
            given_up,
            silent: since.is_some_and(|since| {
                !known
                    .devices
                    .iter()
                    .any(|device| device.seen_at >= Some(since))
            }),
            refused,
            heard: if heard.is_empty() {
                String::new()
            } else {
                heard_table(words, &heard, &known.store).html(look)
            },
            now,
            rates: rates_table(words, &known.store, look).html(look),
            has_rate: !known.store.rates.is_empty(),
            no_rate: words.fill("wizard_no_rate", &[("currency", &known.store.currency)]),
            live: known.store.mode == "credit",
            lacking,
        };
        Ok(SetupPage {
            fragment: Fragment {
                title: format!("{}: {}", words.text("setup"), known.store.name),
                html: rendered(&page),
            },
            again: since.filter(|_| waits).map(|since| {
                // Another address each time: the same one with a fragment is not loaded again.
                format!("{LOOK_AGAIN}; url=?listen={since}&at={now}#test")
            }),
        })
    }

    /// Keeps how the connection to a store's WHMCS was when it was tried.
    pub async fn note_connection(
        &self,
        id: &str,
        look: &Look<'_>,
        checks: &[SiteCheck],
    ) -> Result<(), PageError> {
        let wrong = checks
            .iter()
            .find(|check| check.verdict == SiteVerdict::Wrong);
        let detail = wrong.map_or(FINE.to_owned(), |check| {
            format!("{}: {}", check.name, check.what)
        });
        let mut tx = self.store.begin().await?;
        let (clock, subject) = (self.store.clock(), format!("store/{id}"));
        audit::note_by(&mut tx, clock, look.actor, id, &subject, TRIED, &detail).await?;
        tx.commit().await.map_err(wharf_store::StoreError::from)?;
        Ok(())
    }

    /// Has a store credit, or look on again. `Err` says what is missing.
    pub async fn change_mode(
        &self,
        id: &str,
        look: &Look<'_>,
    ) -> Result<Result<(), String>, PageError> {
        let words = look.words();
        let known = self.known_of(id).await?;
        let mode = match look.field("mode") {
            "credit" => Mode::Credit,
            "observe" => Mode::Observe,
            _ => return Err(PageError::NotFound),
        };
        if mode == Mode::Credit
            && let Some(problem) = known.keeps_from_crediting(words)
        {
            return Ok(Err(problem));
        }
        let (mut setup, _) = self.as_it_stands(id).await?;
        setup.caution.mode = mode;
        let applied = setup
            .apply_by(&self.store, look.actor, Over::Standing)
            .await;
        match applied {
            Ok(()) => Ok(Ok(())),
            Err(error) => Ok(Err(problem::in_words(words, error)?)),
        }
    }

    /// Why a store cannot credit yet.
    async fn keeps_from_crediting(
        &self,
        id: &str,
        words: Words,
    ) -> Result<Option<String>, PageError> {
        Ok(self.known_of(id).await?.keeps_from_crediting(words))
    }

    async fn known_of(&self, id: &str) -> Result<Known, PageError> {
        let stores = self.stores().await?;
        let store = stores.into_iter().find(|store| store.id == id);
        let store = store.ok_or(PageError::NotFound)?;
        let mut devices = self.devices().await?;
        devices.retain(|device| device.store == id);
        let wallets = self.wallets_of(id).await?;
        let messages = self
            .messages(&MessageFilter {
                store: Some(id.to_owned()),
                limit: SHOWN,
                ..MessageFilter::default()
            })
            .await?;
        let mut db = self.connection().await?;
        let tried = AuditFilter {
            subject: Some(format!("store/{id}")),
            event: Some(TRIED.to_owned()),
            limit: 1,
            ..AuditFilter::default()
        };
        let tried = lists::audit(&mut db, &tried).await?;
        Ok(Known {
            connected: tried.first().map(|tried| tried.detail == FINE),
            enabled: wallets
                .into_iter()
                .filter(|wallet| wallet.enabled)
                .map(|wallet| wallet.id)
                .collect(),
            store,
            devices,
            messages,
        })
    }
}

/// What is known of a store's set-up.
struct Known {
    store: StoreView,
    /// `None`: nobody has tried.
    connected: Option<bool>,
    /// The wallets that take money.
    enabled: Vec<String>,
    devices: Vec<DeviceView>,
    /// The last ones.
    messages: Vec<MessageView>,
}

impl Known {
    fn has_wallet(&self) -> bool {
        !self.enabled.is_empty()
    }

    /// Whether each wallet's messages are forwarded by some phone.
    fn has_phone(&self) -> bool {
        self.has_wallet() && self.unserved().is_empty()
    }

    /// The wallets that no phone forwards.
    fn unserved(&self) -> Vec<&str> {
        let served = |wallet: &&String| {
            let mut devices = self.devices.iter();
            devices.any(|device| device.wallets.contains(wallet))
        };
        let unserved = self.enabled.iter().filter(|wallet| !served(wallet));
        unserved.map(String::as_str).collect()
    }

    fn phone_for(&self, words: Words) -> String {
        let wallets = self.unserved().join(words.text("comma"));
        words.fill("lacks_phone", &[("wallets", &wallets)])
    }

    fn keeps_from_crediting(&self, words: Words) -> Option<String> {
        let lacking = self.lacking(words);
        let what = || lacking.join(words.text("comma"));
        (!lacking.is_empty()).then(|| words.fill("go_lacks", &[("what", &what())]))
    }

    /// What must be there before money is credited.
    fn lacking(&self, words: Words) -> Vec<String> {
        [
            ("connection", self.connected == Some(true)),
            ("wallet", self.has_wallet()),
            ("phone", self.has_phone()),
            ("test", !self.messages.is_empty()),
        ]
        .into_iter()
        .filter(|(_, done)| !done)
        .map(|(step, _)| match (step, self.unserved().as_slice()) {
            ("phone", [_, ..]) => self.phone_for(words),
            _ => words.of("wizard", step),
        })
        .collect()
    }
}

async fn names(sites: &Sites) -> Result<Vec<String>, PageError> {
    let sites = sites.list().await?;
    Ok(sites.into_iter().map(String::from).collect())
}

/// A secret that was typed; an empty one where the one that stands is to go.
fn secret_sent(look: &Look<'_>, name: &str) -> Option<Secret> {
    let typed = look.given(name).map(Secret::new);
    let removed = !look.field(&format!("remove_{name}")).is_empty();
    typed.or_else(|| removed.then(|| Secret::new("")))
}

/// Where a secret stands that may be missing: to take it away.
fn removes(look: &Look<'_>, name: &str, since: Option<i64>) -> Option<Field> {
    since?;
    let field = Field::new(look, "remove", "", Input::Yes);
    Some(field.named(&format!("remove_{name}")))
}

/// What arrived, and how it was read.
fn heard_table(words: Words, messages: &[MessageView], store: &StoreView) -> Table {
    Table {
        columns: vec![
            Column::new(words, "stored_at"),
            Column::new(words, "device"),
            Column::new(words, "sender"),
            Column::new(words, "body"),
            Column::new(words, "state"),
            Column::new(words, "kind"),
            Column::number(words, "amount"),
        ],
        rows: messages
            .iter()
            .map(|message| {
                let kind = message.kind.as_deref();
                let kind = kind.map(|kind| words.of("meaning", kind));
                vec![
                    Cell::time(words, message.stored_at),
                    Cell::text(message.device.clone()),
                    Cell::code(message.sender.clone()),
                    Cell::text(message.body.clone()),
                    Cell::tag(words, "message", &message.state)
                        .with_note(reason(words, message.reason.as_deref())),
                    Cell::text(kind.unwrap_or_default())
                        .with_note(message.template.clone().unwrap_or_default()),
                    message
                        .amount_minor
                        .map_or_else(Cell::default, |minor| amount(minor, &store.currency)),
                ]
            })
            .collect(),
        empty: String::new(),
    }
}

#[derive(Template)]
#[template(path = "staff/setup.html")]
struct Setup<'a> {
    t: Words,
    csrf: &'a str,
    may: bool,
    problem: &'a str,
    store: &'a StoreView,
    connected: Option<bool>,
    checks: &'a [SiteCheck],
    wallets: String,
    has_wallet: bool,
    devices: String,
    has_phone: bool,
    has_heard: bool,
    listening: bool,
    waits: bool,
    given_up: bool,
    /// No phone has shown a sign of life since it is waited for.
    silent: bool,
    /// The phone whose delivery was turned away, and why.
    refused: Option<(String, String)>,
    heard: String,
    now: i64,
    rates: String,
    has_rate: bool,
    no_rate: String,
    live: bool,
    lacking: Vec<String>,
}

const TRIED: &str = "connection";
const FINE: &str = "fine";
/// Messages.
const SHOWN: i64 = 5;
/// Milliseconds.
const A_MINUTE: i64 = 60_000;
/// How long a message is waited for; milliseconds.
const PATIENCE: i64 = 10 * 60_000;
/// Seconds.
const LOOK_AGAIN: u32 = 4;
