//! The payment box of an invoice: which offer it makes, and how the payment stands.

use wharf_core::{Money, id};
use wharf_store::StoreError;

use super::fragment::{self, Asking, Offer, Sending, Told, WalletShown};
use super::standing::{
    Around, State, credited, differs, is_overdue, newest, standing, surplus, waits,
};
use super::token::Form;
use crate::Payments;
use crate::claiming::arrived_for;
use crate::holds::{has_expired, lacks_proof};
use crate::keys;
use crate::tables::quotes::{self, Problem, Quote};
use crate::tables::stores::{self, StoreRow, WalletRow};
use crate::tables::{claims, transfers};
use crate::texts::Language;
use crate::typed::is_whole;
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

impl Seat<'_> {
    /// What a form on the page is about; without a quote it only asks how it stands.
    fn form(&self, quote: Option<&Quote>, now: i64) -> Form {
        Form {
            site: self.site.to_owned(),
            store: self.store.id.clone(),
            client: self.client,
            invoice: self.invoice,
            quote: quote.map(|quote| quote.id.clone()).unwrap_or_default(),
            due: quote.map_or(self.due, |quote| quote.due),
            base: self.base.to_owned(),
            language: self.language,
            at: now,
        }
    }
}

/// A box, and what it shows.
pub(super) struct Shown {
    pub state: State,
    /// The state, and what else has it say something new.
    pub was: String,
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
        let arrived = match claim.filter(|claim| differs(claim)) {
            Some(claim) => arrived_for(&mut db, claim).await?,
            None => None,
        };
        // Where the operator gives no numbers there is none to ask for.
        let is_numberless = arrived.is_some_and(|arrived| !arrived.has_number());
        drop(db);
        let waits = claim.is_some_and(waits);
        let around = Around {
            quote: claimed.as_ref(),
            transfer: transfer.as_ref(),
            is_forwarding_delayed: waits && self.is_forwarding_delayed(&seat.store.id).await?,
            now,
        };
        let state = standing(claim, around);
        // Only after a while is there something to do about an offer that has run out.
        let was = match claim.is_some_and(|claim| is_overdue(claim, now)) {
            true if state == State::Expired => format!("{}-overdue", state.name()),
            _ => state.name().to_owned(),
        };
        let notice = |text: String| Shown {
            state,
            was: state.name().to_owned(),
            credited: credited(claim),
            html: fragment::notice(seat.language, &text),
        };
        // A store that is switched off takes no more; what was sent to it is spoken of all the same.
        let wallets = match seat.store.enabled {
            true => stores::offered(self.store.pool(), &seat.store.id).await?,
            false => Vec::new(),
        };
        // What was claimed is what is awaited; an offer that has run out is followed by a new one.
        let awaited = claimed
            .as_ref()
            .filter(|quote| state.is_moving() && quote.store == seat.store.id);
        let holds = awaited.is_some_and(|quote| state.keeps(quote, now));
        let fresh = match holds {
            true => None,
            false => match self.quote(seat, &wallets).await? {
                Ok(quote) => Some(quote),
                Err(_) if claim.is_some() => None,
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
        let first = awaited.or(fresh.as_ref());
        let offered = fresh.as_ref().or(awaited);
        let key = keys::form_key(&self.store).await?;
        let whole = claim.and_then(|claim| claim.operator_id.as_deref());
        let whole = whole.filter(|number| is_whole(number));
        let anew = matches!(state, State::Unfound | State::Rejected);
        let second = fresh.as_ref().filter(|_| awaited.is_some() || anew);
        let token = |quote| seat.form(quote, now).seal(&key);
        let (Some(first_token), Some(second_token)) = (token(first), token(second)) else {
            return Ok(notice(seat.language.text("unavailable").to_owned()));
        };
        let id = |quote: &Quote| quote.id.clone();
        let is_shared = second.is_some() && first.map(id) == second.map(id);
        let problem = |quote: Option<&Quote>, is_second: bool| -> Option<Problem> {
            let problem = quote?.problem.clone()?;
            // Where both forms are about one offer, a phone is typed in the second only.
            let is_here = !is_shared || is_second != problem.phone.is_empty();
            (is_here && now - problem.at <= PROBLEM_SHOWN).then_some(problem)
        };
        let (first_problem, second_problem) = (problem(first, false), problem(second, true));
        let offer = Offer {
            language: seat.language,
            state,
            was: &was,
            proving,
            place: seat.store.place(),
            now,
            wallets: offered.map_or_else(Vec::new, |quote| self.shown(&wallets, quote)),
            is_open: holds || fresh.is_some(),
            sending: offered.map(|quote| Sending {
                due: quote.due,
                rate: quote.rate,
                asked: seat.store.money(quote.amount),
                quote: &quote.id,
                expires_at: quote.expires_at,
            }),
            first: Asking {
                token: &first_token,
                problem: first_problem.as_ref(),
            },
            // What was turned down is decided.
            takes_first: first.is_some() && state != State::Rejected && !is_numberless,
            second: second.map(|_| Asking {
                token: &second_token,
                problem: second_problem.as_ref(),
            }),
            action: &format!("{}modules/gateways/callback/{}.php", seat.base, seat.module),
            page: &format!("{}viewinvoice.php?id={}", seat.base, seat.invoice),
            told: claim.map(|claim| Told {
                phone: &claim.phone,
                asked: seat.store.money(claim.amount),
                is_overdue: is_overdue(claim, now),
                number: whole.unwrap_or_default(),
                has_expired: has_expired(claim),
                is_numberless,
                offered_until: claimed.as_ref().map(|quote| quote.expires_at),
                credited: credited(Some(claim)),
                surplus: surplus(Some(claim)),
            }),
        };
        let html = fragment::offer(&offer);
        Ok(Shown {
            state,
            was,
            credited: credited(claim),
            html,
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
