//! The effect "take a credit away again", for a transfer that the operator took back and a person gave up.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wharf_core::Money;
use wharf_store::{Effect, Ending, NewJob, Pace, Performed, Refusal, Settled};
use wharf_whmcs::ApiError;
use wharf_whmcs::api::{self, NewCredit};

use super::add::{Looked, refusal, subject};
use super::blind::may_not_look;
use super::token::{Token, is_explained, is_since};
use super::{CreditWorld, Credited, follow_up, pace, remove_job};
use crate::tables::credits::CreditRow;
use crate::tables::stores::StoreRow;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RemoveCredit {
    pub site: String,
    pub store: String,
    pub wallet: String,
    pub operator_id: String,
    pub client: i64,
    /// What was credited; positive.
    pub amount: Money,
    pub transfer: String,
    pub settle_after_seconds: i64,
    /// When it was credited; epoch milliseconds.
    #[serde(default)]
    pub credited_at: i64,
    /// A person has looked into WHMCS and found that it is not taken away: what only looks like it counts no more.
    #[serde(default)]
    pub judged: bool,
}

impl RemoveCredit {
    /// Of what was credited; `None` where it is not known how much that was.
    pub(super) fn of(store: &StoreRow, credit: &CreditRow) -> Option<Self> {
        Some(Self {
            site: credit.site.clone(),
            store: credit.store.clone(),
            wallet: credit.wallet.clone(),
            operator_id: credit.operator_id.clone(),
            client: credit.client,
            amount: credit.money()?,
            transfer: credit.transfer.clone(),
            settle_after_seconds: store.settle_after_seconds,
            credited_at: credit.ended_at,
            judged: false,
        })
    }

    pub(super) fn key_of(removal: &CreditRow) -> String {
        key(&removal.store, &removal.wallet, &removal.operator_id)
    }

    pub(super) fn description(&self) -> String {
        self.token().reversal()
    }

    fn token(&self) -> Token<'_> {
        Token {
            store: &self.store,
            wallet: &self.wallet,
            operator_id: &self.operator_id,
        }
    }

    pub(super) async fn look(&self, world: &CreditWorld) -> Result<Looked, ApiError> {
        let currency = self.amount.currency;
        let rows = world
            .till
            .credits(&self.site, self.client, currency)
            .await?;
        Ok(self.among(&rows))
    }

    /// The row that took it away, if there is one. Whatever its amount: twice is too often.
    fn among(&self, rows: &[api::CreditRow]) -> Looked {
        let (token, minor) = (self.token(), self.amount.minor);
        let mut ours = rows
            .iter()
            .filter(|row| row.amount.minor < 0 && token.is_reversed_in(&row.description));
        if let Some(row) = ours.next() {
            let differs = (row.amount.minor != -minor).then(|| {
                format!(
                    "WHMCS took {} away for this transfer; expected {}",
                    row.amount, self.amount
                )
            });
            let twice = ours
                .next()
                .map(|_| "WHMCS took this transfer's credit away more than once".to_owned());
            return Looked::There(Credited {
                row: Some(row.id),
                balance: None,
                doubt: twice.or(differs),
                way: None,
                told: false,
            });
        }
        let by_hand = |row: &&api::CreditRow| {
            row.amount.minor == -minor && is_since(row, self.credited_at) && !is_explained(row)
        };
        match rows.iter().find(by_hand) {
            Some(row) if !self.judged => Looked::Odd(format!(
                "WHMCS took {} away since then without our transaction number (\"{}\"): somebody may have taken this \
                 credit back by hand",
                self.amount,
                row.description.chars().take(80).collect::<String>()
            )),
            _ => Looked::Nothing,
        }
    }
}

impl Effect for RemoveCredit {
    const KIND: &'static str = "payments.remove_credit";
    type World = CreditWorld;
    type Output = Credited;

    fn key(&self) -> String {
        key(&self.store, &self.wallet, &self.operator_id)
    }

    fn subject(&self) -> String {
        subject(&self.site, self.client)
    }

    fn same_request(&self, earlier: &Self) -> bool {
        self.site == earlier.site && self.client == earlier.client && self.amount == earlier.amount
    }

    async fn perform(&self, world: &CreditWorld, _attempt: i64) -> Performed<Credited> {
        let began_at = world.now_ms();
        match self.look(world).await {
            Ok(Looked::There(done)) => return Performed::Done(done),
            Ok(Looked::Odd(why)) => return Performed::Unknown(why),
            Ok(Looked::Nothing) => {}
            Err(error) if error.is_about_the_role() => {}
            Err(error @ ApiError::Unknown { .. }) => {
                return Performed::Refused(Refusal::temporary(error.in_words()));
            }
            Err(error) => return Performed::Refused(refusal(&error)),
        }
        if let Err(late) = world.in_time(began_at) {
            return Performed::Refused(late);
        }
        let credit = NewCredit {
            client: self.client,
            amount: self.amount,
            description: self.description(),
        };
        match world.till.remove_credit(&self.site, credit).await {
            Ok(removed) => Performed::Done(Credited {
                row: None,
                balance: removed.new_balance,
                doubt: None,
                way: None,
                told: false,
            }),
            Err(error @ ApiError::Unknown { .. }) => Performed::Unknown(error.in_words()),
            // Where it is spent, say, what comes later is other money: not for us to take.
            Err(error) => Performed::Refused(refusal(&error)),
        }
    }

    async fn settle(&self, world: &CreditWorld, _attempt: i64) -> Settled<Credited> {
        match self.look(world).await {
            Ok(Looked::There(done)) => Settled::Happened(done),
            Ok(Looked::Odd(why)) => Settled::AskAPerson(why),
            Ok(Looked::Nothing) => Settled::DidNotHappen,
            Err(error) if error.is_about_the_role() => {
                Settled::AskAPerson(may_not_look("the answer was lost", "gone", &error))
            }
            // It does not mend itself: the client is gone, say.
            Err(error @ ApiError::Refused { .. }) if !error.is_about_access() => {
                Settled::AskAPerson(error.in_words())
            }
            Err(error) => Settled::CannotTell(error.in_words()),
        }
    }

    fn follow_up(&self, ending: &Ending<Credited>) -> Vec<NewJob> {
        follow_up(remove_job(&self.transfer), ending)
    }

    fn pace() -> Pace {
        pace(Duration::from_secs(50))
    }

    fn believe_after(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.settle_after_seconds).unwrap_or(90))
    }
}

fn key(store: &str, wallet: &str, operator_id: &str) -> String {
    format!("payments.remove/{store}/{wallet}/in/{operator_id}")
}

#[cfg(test)]
mod tests {
    use wharf_core::Currency;

    use super::*;
    use crate::sayings::said;
    use crate::texts::Language;

    fn effect(judged: bool) -> RemoveCredit {
        RemoveCredit {
            site: "main".into(),
            store: "nile".into(),
            wallet: "vf1".into(),
            operator_id: "023123".into(),
            client: 7,
            amount: Money::new(1_000, Currency::USD),
            transfer: "t".into(),
            settle_after_seconds: 2,
            // 2026-09-03T11:26:00Z
            credited_at: 1_788_434_760_000,
            judged,
        }
    }

    fn row(description: &str, minor: i64, date: &str) -> api::CreditRow {
        api::CreditRow {
            id: 1,
            date: date.parse().ok(),
            description: description.into(),
            amount: Money::new(minor, Currency::USD),
            related: None,
        }
    }

    #[test]
    fn what_took_it_away_is_found_and_what_only_looks_like_it_is_for_a_person() {
        let found = |judged: bool, rows: &[api::CreditRow]| match effect(judged).among(rows) {
            Looked::There(done) => format!("gone {}", done.doubt.unwrap_or_default()),
            Looked::Odd(why) => why,
            Looked::Nothing => "there".to_owned(),
        };
        let description = effect(false).description();
        let ours = row(&description, -1_000, "2026-09-05");
        assert_eq!(found(false, std::slice::from_ref(&ours)), "gone ");
        assert!(found(false, &[ours.clone(), ours]).contains("more than once"));
        let other_amount = [row(&description, -900, "2026-09-05")];
        assert!(found(false, &other_amount).contains("expected 10.00 USD"));
        // With our words, but not away.
        let added = [row(&description, 1_000, "2026-09-05")];
        assert_eq!(found(false, &added), "there");

        let by_hand = [row("fraud, by phone", -1_000, "2026-09-12")];
        let why = found(false, &by_hand);
        assert!(why.contains("by hand"), "{why}");
        assert_ne!(said(Language::Arabic, &why), why);
        assert_eq!(found(true, &by_hand), "there", "a person has looked");
        for other in [
            row("fraud, by phone", -999, "2026-09-12"),
            row("an old one", -1_000, "2026-08-30"),
            row("Credit Applied to Invoice #12", -1_000, "2026-09-12"),
            row(
                "VodafoneCash reversal - trans_id: 099 [b:nile/vf1]",
                -1_000,
                "2026-09-12",
            ),
        ] {
            assert_eq!(
                found(false, std::slice::from_ref(&other)),
                "there",
                "{other:?}"
            );
        }
    }
}
