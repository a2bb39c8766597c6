//! The payment box of an invoice: which offer it makes, and how the payment stands.

use wharf_core::{Money, id};
use wharf_store::StoreError;

use super::fragment::{self, Offer, Told, WalletShown};
use super::standing::{Around, State, credited, newest, standing, surplus, waits};
use super::token::Form;
use crate::Payments;
use crate::holds::{has_expired, lacks_proof};
use crate::keys;
use crate::tables::quotes::{self, Quote};
use crate::tables::stores::{self, StoreRow, WalletRow};
use crate::tables::{claims, transfers};
use crate::texts::Language;
use crate::wallets::Wallet;

/// The invoice that a box is for. Who made it knows that the client may see it.
pub(super) struct Seat<'a> {
    pub site: &'a str,
    /// The name that the gateway module is installed under.
    pub module: &'a str,
    pub store: &'a StoreRow,
    pub client: i64,
    pub invoice: i64,
    pub due: Money,
    /// The path of the WHMCS root, with a slash at the end.
    pub base: &'a str,
    pub language: Language,
}

/// A box, and what it shows.
pub(super) struct Shown {
    pub state: State,
    pub credited: Option<Money>,
    pub html: String,
}

impl Payments {
    pub(super) async fn payment_box(&self, seat: &Seat<'_>) -> Result<Shown, StoreError> {
        let now = self.store.clock().now_ms();
        let mut db = self.store.pool().acquire().await?;
        let claims = claims::of_invoice(&mut db, seat.site, seat.client, seat.invoice).await?;
        let claim = newest(&claims, &seat.store.id, now);
        let claimed = match claim.and_then(|claim| claim.quote.as_deref()) {
            Some(id) => quotes::by_id(&mut db, id).await?,
            None => None,
        };
        let transfer = match claim.and_then(|claim| claim.transfer.as_deref()) {
            Some(id) => transfers::by_id(&mut db, id).await?,
            None => None,
        };
        let proving = match claim.zip(transfer.as_ref()) {
            Some((claim, transfer)) => {
                lacks_proof(&mut db, seat.store, transfer, claim, now).await?
            }
            None => false,
        };
        drop(db);
        let waits = claim.is_some_and(waits);
        let around = Around {
            quote: claimed.as_ref(),
            transfer: transfer.as_ref(),
            is_forwarding_delayed: waits && self.is_forwarding_delayed(&seat.store.id).await?,
            now,
        };
        let state = standing(claim, around);
        let notice = |text: String| Shown {
            state,
            credited: credited(claim),
            html: fragment::notice(seat.language, &text),
        };
        let wallets = stores::offered(self.store.pool(), &seat.store.id).await?;
        // What was claimed is what is awaited; an offer that has run out is followed by a new one.
        let quote = match claimed.clone() {
            Some(quote)
                if state.is_moving() && state != State::Expired && quote.store == seat.store.id =>
            {
                quote
            }
            _ => match self.quote(seat, &wallets).await? {
                Ok(quote) => quote,
                Err(Unquoted::NoWallet) => {
                    return Ok(notice(seat.language.text("no_wallet").to_owned()));
                }
                Err(Unquoted::NoRate) => {
                    let currency = seat.due.currency.to_string();
                    return Ok(notice(
                        seat.language.fill("no_rate", &[("currency", &currency)]),
                    ));
                }
            },
        };
        let form = Form {
            site: seat.site.to_owned(),
            store: seat.store.id.clone(),
            client: seat.client,
            invoice: seat.invoice,
            quote: quote.id.clone(),
            due: quote.due,
            base: seat.base.to_owned(),
            language: seat.language,
            at: now,
        };
        let key = keys::form_key(&self.store).await?;
        let Some(token) = form.seal(&key) else {
            return Ok(notice(seat.language.text("unavailable").to_owned()));
        };
        let offer = Offer {
            language: seat.language,
            state,
            proving,
            due: quote.due,
            rate: quote.rate,
            place: seat.store.place(),
            asked: seat.store.money(quote.amount),
            wallets: self.shown(&wallets, &quote),
            quote: &quote.id,
            expires_at: quote.expires_at,
            now,
            token: &token,
            action: &format!("{}modules/gateways/callback/{}.php", seat.base, seat.module),
            page: &format!("{}viewinvoice.php?id={}", seat.base, seat.invoice),
            problem: quote
                .problem
                .as_ref()
                .filter(|problem| now - problem.at <= PROBLEM_SHOWN),
            told: claim.map(|claim| Told {
                phone: &claim.phone,
                asked: seat.store.money(claim.amount),
                has_expired: has_expired(claim),
                offered_until: claimed.as_ref().map(|quote| quote.expires_at),
                credited: credited(Some(claim)),
                surplus: surplus(Some(claim)),
            }),
        };
        Ok(Shown {
            state,
            credited: credited(claim),
            html: fragment::offer(&offer),
        })
    }

    /// All wallets that take the money, the one of the offer first.
    fn shown<'a>(&'a self, wallets: &'a [WalletRow], quote: &Quote) -> Vec<WalletShown<'a>> {
        let known = self.wallets();
        let mut shown: Vec<_> = wallets
            .iter()
            .map(|wallet| {
                let known = known.by_name(&wallet.operator);
                let title = known.map_or(wallet.operator.as_str(), |known| known.title.as_str());
                WalletShown {
                    title: title.to_owned(),
                    number: &wallet.number,
                    first: wallet.id == quote.wallet,
                    tells_payers: known.is_none_or(Wallet::tells_payers),
                    digits: known.is_some_and(Wallet::numbers_in_digits),
                }
            })
            .collect();
        shown.sort_by_key(|wallet| !wallet.first);
        shown
    }

    /// The offer that still holds for exactly this amount, or a new one.
    async fn quote(
        &self,
        seat: &Seat<'_>,
        wallets: &[WalletRow],
    ) -> Result<Result<Quote, Unquoted>, StoreError> {
        let now = self.store.clock().now_ms();
        let Some(wallet) = wallets.first() else {
            return Ok(Err(Unquoted::NoWallet));
        };
        let mut db = self.store.pool().acquire().await?;
        let latest =
            quotes::latest(&mut db, seat.store, seat.client, seat.invoice, seat.due).await?;
        if let Some(quote) = latest.filter(|quote| {
            quote.expires_at > now && wallets.iter().any(|wallet| wallet.id == quote.wallet)
        }) {
            return Ok(Ok(quote));
        }
        let rate = stores::rate_at(&mut db, seat.store, seat.due.currency, now).await?;
        let Some((rate, amount)) =
            rate.and_then(|rate| Some((rate, rate.asked_for(seat.due, seat.store.currency())?)))
        else {
            return Ok(Err(Unquoted::NoRate));
        };
        let quote = Quote {
            id: id::new_id(self.store.clock()),
            store: seat.store.id.clone(),
            wallet: wallet.id.clone(),
            site: seat.site.to_owned(),
            client: seat.client,
            invoice: seat.invoice,
            due: seat.due,
            rate,
            amount: amount.minor,
            created_at: now,
            expires_at: now + seat.store.quote_ms,
            problem: None,
        };
        quotes::insert(&mut db, &quote).await?;
        Ok(Ok(quote))
    }
}

enum Unquoted {
    NoWallet,
    NoRate,
}

const PROBLEM_SHOWN: i64 = 10 * 60_000;
