//! Stores and their set-up: what is done, what is missing, and trying each step out.

use askama::Template;
use wharf_core::Currency;
use wharf_whmcs::Sites;

use super::list::{Cell, Column, List, Table};
use super::parts::Facts;
use super::tables::amount_text;
use super::things::{devices_table, wallets_table};
use super::{Fragment, Look, PageError, Words, rendered};
use crate::Payments;
use crate::rates::Rate;
use crate::setup::place_of;
use crate::tables::stores::rate_set_at;
use crate::tables::{audit, setup as set_up};
use crate::views::StoreView;
use crate::wallets::Reading;
use crate::wallets::text::clean;

/// What was tried out on a store's page.
#[derive(Debug, Default)]
pub struct Tried {
    /// Whether a test message was sent.
    pub message: bool,
    /// Why a rate was not taken.
    pub problem: Option<String>,
}

/// Why a rate was not taken, for people.
#[derive(Clone, Debug)]
pub enum NoRate {
    Wrong(String),
    /// It is far from the one in force, and nobody said that it is meant.
    Far(String),
}

impl NoRate {
    pub fn text(self) -> String {
        match self {
            Self::Wrong(text) | Self::Far(text) => text,
        }
    }
}

impl Payments {
    /// `/staff/stores`
    pub async fn stores_page(&self, sites: &Sites, look: &Look<'_>) -> Result<Fragment, PageError> {
        let words = look.words();
        let stores = self.stores().await?;
        let list = List {
            title: words.text("stores").to_owned(),
            lead: words.text("stores_lead").to_owned(),
            path: "/staff/stores",
            filters: Vec::new(),
            table: Table {
                columns: vec![
                    Column::new(words, "name"),
                    Column::new(words, "site"),
                    Column::new(words, "mode"),
                    Column::new(words, "rate"),
                    Column::number(words, "wallets"),
                    Column::number(words, "open_reviews"),
                ],
                rows: stores
                    .iter()
                    .map(|store| {
                        let mode = if store.enabled {
                            store.mode.as_str()
                        } else {
                            "disabled"
                        };
                        vec![
                            Cell::text(store.name.clone())
                                .to(format!("/staff/stores/{}", store.id))
                                .with_note(store.id.clone()),
                            site(look, &store.site),
                            Cell::tag(words, "mode", mode),
                            Cell::code(rates(store)),
                            Cell::code(store.wallets.to_string()),
                            Cell::code(store.open_reviews.to_string()).to(format!(
                                "/staff/review?store={}",
                                super::list::encoded(&store.id)
                            )),
                        ]
                    })
                    .collect(),
                empty: words.text("stores_empty").to_owned(),
            },
            next: None,
            above: if look.may_set_up {
                let sites = sites.list().await?;
                let sites = sites.into_iter().map(String::from).collect();
                rendered(&NewStore { t: words, sites })
            } else {
                String::new()
            },
            problem: String::new(),
            csv: false,
        };
        Ok(list.page(look))
    }

    /// The WHMCS site of a store.
    pub async fn site_of(&self, store: &str) -> Result<String, PageError> {
        let stores = self.stores().await?;
        let found = stores.into_iter().find(|known| known.id == store);
        found.map(|store| store.site).ok_or(PageError::NotFound)
    }

    /// `/staff/stores/{id}`, after something was tried out perhaps.
    pub async fn store_page(
        &self,
        id: &str,
        look: &Look<'_>,
        tried: Tried,
    ) -> Result<Fragment, PageError> {
        let words = self.words(look, Some(id)).await?;
        let stores = self.stores().await?;
        let store = stores.into_iter().find(|store| store.id == id);
        let store = store.ok_or(PageError::NotFound)?;
        let wallets = self.wallets_of(id).await?;
        let mut devices = self.devices().await?;
        devices.retain(|device| device.store == id);
        let now = self.store.clock().now_ms();
        let typed = look.field("currency").to_ascii_uppercase().parse().ok();
        let far = match typed.zip(clean(look.field("rate")).parse().ok()) {
            Some((currency, rate)) => self.far_rate(id, currency, rate).await?.is_some(),
            None => false,
        };
        let page = StorePage {
            t: words,
            csrf: look.csrf,
            facts: self.limits(words, id, facts(words, &store)).await?.html(),
            rates: rates_table(words, &store, look).html(look),
            wallets: wallets_table(words, &wallets, now, look).html(look),
            devices: devices_table(words, &devices, now, look).html(look),
            sender: look.field("sender"),
            text: if tried.message {
                look.field("text")
            } else {
                ""
            },
            reading: if tried.message {
                self.explanation(words, look)
            } else {
                Vec::new()
            },
            problem: tried.problem.as_deref().unwrap_or_default(),
            currency: look.field("currency"),
            rate: look.field("rate"),
            far,
            may: look.may_set_up,
            store: &store,
        };
        Ok(Fragment {
            html: rendered(&page),
            title: store.name.clone(),
        })
    }

    /// What else a store's payments are measured by, beside what the facts say already.
    async fn limits(&self, words: Words, id: &str, facts: Facts) -> Result<Facts, PageError> {
        let (setup, _) = self.as_it_stands(id).await?;
        let caution = &setup.caution;
        let currency = setup.place().map(|place| place.currency.to_string());
        let currency = currency.unwrap_or_default();
        let amount = |text: &String| match text.as_str() {
            "0" => words.text("no_limit").to_owned(),
            text => format!("{text} {currency}"),
        };
        let mut facts = facts;
        for (name, value) in [
            ("second_person_above", amount(&caution.second_person_above)),
            ("ceiling_transfer", amount(&caution.ceiling_transfer)),
            ("ceiling_client_day", amount(&caution.ceiling_client_day)),
            ("ceiling_phone_day", amount(&caution.ceiling_phone_day)),
            ("ceiling_wallet_day", amount(&caution.ceiling_wallet_day)),
            (
                "ceiling_wallet_month",
                amount(&caution.ceiling_wallet_month),
            ),
            ("phones_per_client", caution.phones_per_client.to_string()),
            ("clients_per_phone", caution.clients_per_phone.to_string()),
            ("hold_days", caution.hold_days.to_string()),
        ] {
            facts = facts.called(words.of("set", name), Cell::text(value));
        }
        Ok(facts)
    }

    /// Puts another rate in force from now on, and tells how it was read; `Err` says what is wrong with it. One that is
    /// far from the last is taken only where the field `sure` is `yes`.
    pub async fn change_rate(
        &self,
        store: &str,
        look: &Look<'_>,
    ) -> Result<Result<(Currency, Rate), NoRate>, PageError> {
        let words = look.words();
        let wrong = |problem| Ok(Err(NoRate::Wrong(problem)));
        self.site_of(store).await?;
        let code = look.field("currency").to_ascii_uppercase();
        let parsed = code.parse::<Currency>().ok();
        let Some(currency) = parsed.filter(|currency| currency.is_iso() || code == TETHER) else {
            return wrong(words.fill("not_a_currency", &[("text", &code)]));
        };
        let text = look.field("rate");
        let Ok(rate) = clean(text).parse::<Rate>() else {
            return wrong(words.fill("not_a_rate", &[("text", text)]));
        };
        let place = place_of(&self.store, store).await?;
        if place.is_some_and(|place| place.currency == currency) {
            return wrong(words.fill("bad_own_rate", &[("currency", &code)]));
        }
        if look.field("sure") != "yes"
            && let Some(before) = self.far_rate(store, currency, rate).await?
        {
            let parts = [
                ("rate", text),
                ("before", &before.to_string()),
                ("currency", &code),
            ];
            return Ok(Err(NoRate::Far(words.fill("rate_far", &parts))));
        }
        let clock = self.store.clock();
        let mut tx = self.store.begin().await?;
        if !set_up::put_rate(&mut tx, store, currency, rate, clock.now_ms()).await? {
            return Ok(Ok((currency, rate)));
        }
        let detail = format!("{currency} {rate}");
        let subject = format!("store/{store}");
        audit::note_by(&mut tx, clock, look.actor, store, &subject, "rate", &detail).await?;
        tx.commit().await.map_err(wharf_store::StoreError::from)?;
        Ok(Ok((currency, rate)))
    }

    /// Takes a currency's rate away: clients who are billed in it cannot pay any more. `false`: there was none.
    pub async fn remove_rate(
        &self,
        store: &str,
        currency: &str,
        actor: &str,
    ) -> Result<bool, PageError> {
        self.site_of(store).await?;
        let mut tx = self.store.begin().await?;
        if !set_up::remove_rate(&mut tx, store, currency).await? {
            return Ok(false);
        }
        let (clock, subject) = (self.store.clock(), format!("store/{store}"));
        let event = "rate removed";
        audit::note_by(&mut tx, clock, actor, store, &subject, event, currency).await?;
        tx.commit().await.map_err(wharf_store::StoreError::from)?;
        Ok(true)
    }

    /// The rate in force, where this one is far from it.
    async fn far_rate(
        &self,
        store: &str,
        currency: Currency,
        rate: Rate,
    ) -> Result<Option<Rate>, PageError> {
        let mut db = self.connection().await?;
        let now = self.store.clock().now_ms();
        let before = rate_set_at(&mut db, store, currency, now).await?;
        Ok(before.filter(|before| rate.is_far_from(*before)))
    }

    /// What a test message means, or why it means nothing. Nothing is kept.
    fn explanation(&self, words: Words, look: &Look<'_>) -> Vec<(String, String)> {
        let (sender, text) = (look.field("sender"), look.field("text"));
        let wallets = self.wallets();
        let now = self.store.clock().now();
        let mut explained = wallets.read(sender, text, now);
        // What somebody tries out may have come long ago: its own date stands for the time of its arrival.
        let told = explained.reading.as_ref().and_then(|of| of.happened_at);
        if let Some(told) = told.filter(|told| *told < now) {
            explained = wallets.read(sender, text, told);
        }
        let line = |name: &str, value: String| (words.of("read", name), value);
        let Some(reading) = &explained.reading else {
            let mut lines = vec![line("nothing", words.text("read_nothing_text").to_owned())];
            if explained.operator.is_none() {
                lines.push(line("sender", words.text("read_sender_unknown").to_owned()));
            }
            if let Some(near) = wallets.nearest(sender, text) {
                lines.push(line("nearest", near.template));
                lines.push(line("found", near.found));
            }
            return lines;
        };
        meaning(words, reading)
    }
}

fn meaning(words: Words, reading: &Reading) -> Vec<(String, String)> {
    let code = reading.currency.to_string();
    let money = |minor: Option<i64>| minor.map(|minor| amount_text(minor, &code));
    let doubts: Vec<String> = reading
        .doubts
        .iter()
        .map(|doubt| words.of("doubt", doubt.as_str()))
        .collect();
    [
        ("kind", Some(words.of("meaning", reading.kind.as_str()))),
        (
            "template",
            Some(format!("{}/{}", reading.operator, reading.template)),
        ),
        ("amount", money(reading.amount)),
        ("fee", money(reading.fee)),
        ("balance", money(reading.balance)),
        (
            "phone",
            reading.phone.as_ref().map(wharf_core::Phone::national),
        ),
        ("payer", reading.payer.clone()),
        ("operator_id", reading.operator_id.clone()),
        (
            "happened_at",
            reading
                .happened_at
                .map(|at| words.time(at.as_millisecond())),
        ),
        (
            "doubts",
            Some(doubts.join("; ")).filter(|doubts| !doubts.is_empty()),
        ),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((words.of("column", name), value?)))
    .collect()
}

fn facts(words: Words, store: &StoreView) -> Facts {
    let mode = if store.enabled {
        store.mode.as_str()
    } else {
        "disabled"
    };
    let yes = |is: bool| words.text(if is { "yes" } else { "no" }).to_owned();
    Facts::new()
        .and(words, "id", Cell::code(store.id.clone()))
        .and(words, "site", Cell::text(store.site.clone()))
        .and(words, "mode", Cell::tag(words, "mode", mode))
        .and(words, "currency", Cell::code(store.currency.clone()))
        .and(
            words,
            "booking",
            Cell::text(words.of("booking", &store.booking)),
        )
        .and(words, "hold", Cell::text(words.of("hold", &store.hold)))
        .and(
            words,
            "phone_binding",
            Cell::text(words.of("binding", &store.phone_binding)),
        )
        .and(words, "balance_check", Cell::text(yes(store.balance_check)))
        .and(
            words,
            "check_answers",
            Cell::text(words.of("answers", &store.check_answers.replace('-', "_"))),
        )
        .and(
            words,
            "unsigned_checks",
            Cell::text(yes(store.unsigned_checks)),
        )
        .and(words, "check_key", Cell::text(yes(store.check_key)))
}

fn site(look: &Look<'_>, id: &str) -> Cell {
    let cell = Cell::text(id);
    match look.may_set_up {
        true => cell.to(format!("/staff/sites/{id}")),
        false => cell,
    }
}

fn rates(store: &StoreView) -> String {
    let rates: Vec<String> = store
        .rates
        .iter()
        .map(|rate| format!("1 {} = {} {}", rate.currency, rate.rate, store.currency))
        .collect();
    rates.join(", ")
}

pub(super) fn rates_table(words: Words, store: &StoreView, look: &Look<'_>) -> Table {
    Table {
        columns: vec![
            Column::new(words, "currency"),
            Column::number(words, "rate"),
            Column::new(words, "since"),
        ],
        rows: store
            .rates
            .iter()
            .map(|rate| {
                let since = Cell::time(words, rate.since);
                let remove = format!("/staff/stores/{}/rate/{}/remove", store.id, rate.currency);
                vec![
                    Cell::code(rate.currency.clone()),
                    Cell::code(rate.rate.clone()),
                    match look.may_set_up {
                        true => since.with_action(remove, words.text("rate_remove")).warned(
                            words.fill("rate_remove_text", &[("currency", &rate.currency)]),
                        ),
                        false => since,
                    },
                ]
            })
            .collect(),
        empty: words.text("rates_empty").to_owned(),
    }
}

/// The only code outside ISO 4217 that clients are commonly billed in; others are set up with a document.
const TETHER: &str = "USDT";

#[derive(Template)]
#[template(path = "staff/store.html")]
struct StorePage<'a> {
    t: Words,
    csrf: &'a str,
    store: &'a StoreView,
    facts: String,
    rates: String,
    wallets: String,
    devices: String,
    sender: &'a str,
    text: &'a str,
    reading: Vec<(String, String)>,
    problem: &'a str,
    currency: &'a str,
    rate: &'a str,
    /// Whether the rate is far from the one in force.
    far: bool,
    may: bool,
}

#[derive(Template)]
#[template(
    source = "<p><a class=\"button\" href=\"/staff/stores/new\">{{ t.text(\"store_new\") }}</a> <a class=\"button quiet\" href=\"/staff/sites/new\">{{ t.text(\"site_new\") }}</a></p>{% if !sites.is_empty() %}<p>{{ t.text(\"site_list\") }}{% for site in sites %} <a href=\"/staff/sites/{{ site }}\">{{ site }}</a>{% if !loop.last %},{% endif %}{% endfor %}</p>{% endif %}",
    ext = "html"
)]
struct NewStore {
    t: Words,
    sites: Vec<String>,
}
