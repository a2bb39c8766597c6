//! Which claim a transfer belongs to.
//!
//! The one way in is [`settle_phone`]: whoever changed something about a phone (a transfer came, a claim was
//! made) calls it in the same transaction, after taking the store's turn. So the rules see both sides whole,
//! and it does not matter which came first.

use serde_json::json;
use wharf_core::{Clock, Money, Phone};
use wharf_store::{Jobs, NewJob, StoreError};

use crate::credit;
use crate::tables::claims::{self, Claim, ClaimState};
use crate::tables::quotes::{self, Quote};
use crate::tables::stores::{self, StoreRow};
use crate::tables::transfers::{self, Transfer, TransferState};
use crate::tables::{Db, audit};

/// What becomes of a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nobody claims it.
    Wait,
    Match {
        claim: String,
    },
    /// Several clients claim it: a person decides.
    Contested {
        claims: Vec<String>,
    },
    /// One client's claim is for another amount: the operator's number would prove it.
    Differs {
        claim: String,
    },
}

/// The rule. `claims` are pending, oldest first.
pub(crate) fn judge(transfer: &Transfer, claims: &[Claim], claim_ms: i64) -> Verdict {
    let eligible: Vec<&Claim> = claims
        .iter()
        .filter(|claim| {
            claim.store == transfer.store && transfer.phone.as_ref() == Some(&claim.phone)
        })
        .filter(|claim| {
            claim.created_at - claim_ms <= transfer.received_at
                && transfer.received_at <= claim.expires_at
        })
        .filter(|claim| {
            claim
                .operator_id
                .as_ref()
                .is_none_or(|id| *id == transfer.operator_id)
        })
        .collect();
    // A quoted transaction number is proof: it also stands for another amount than the one agreed.
    let proven: Vec<&Claim> = eligible
        .iter()
        .copied()
        .filter(|claim| claim.operator_id.is_some())
        .collect();
    let exact: Vec<&Claim> = eligible
        .iter()
        .copied()
        .filter(|claim| claim.amount == transfer.amount)
        .collect();
    for candidates in [proven, exact] {
        let Some(first) = candidates.first() else {
            continue;
        };
        if candidates
            .iter()
            .all(|claim| claim.client == first.client && claim.site == first.site)
        {
            return Verdict::Match {
                claim: first.id.clone(),
            };
        }
        return Verdict::Contested {
            claims: candidates.iter().map(|claim| claim.id.clone()).collect(),
        };
    }
    let quoted: Vec<&&Claim> = eligible
        .iter()
        .filter(|claim| claim.quote.is_some())
        .collect();
    match quoted.as_slice() {
        [claim] => Verdict::Differs {
            claim: claim.id.clone(),
        },
        _ => Verdict::Wait,
    }
}

/// Brings everything about a phone to rest; the transfers that were matched. The caller commits, and then
/// wakes the jobs.
pub(crate) async fn settle_phone(
    db: &mut wharf_store::Tx,
    jobs: &Jobs,
    clock: &Clock,
    store: &StoreRow,
    phone: &Phone,
) -> Result<Vec<String>, StoreError> {
    let now = clock.now_ms();
    let mut pending = claims::pending(db, &store.id, phone, now).await?;
    let mut matched = Vec::new();
    if pending.is_empty() {
        return Ok(matched);
    }
    for transfer in transfers::free(db, &store.id, phone).await? {
        let from = transfer.state;
        let subject = format!("transfer/{}", transfer.id);
        match judge(&transfer, &pending, store.claim_ms) {
            Verdict::Wait => {}
            Verdict::Match { claim } => {
                let Some(at) = pending.iter().position(|known| known.id == claim) else {
                    continue;
                };
                let mut claim = pending.remove(at);
                let mut to = Transfer {
                    state: TransferState::Matched,
                    reason: None,
                    claim: Some(claim.id.clone()),
                    client: Some(claim.client),
                    ..transfer
                };
                if let Some(quote) = quote_of(db, &claim).await? {
                    freeze_terms(db, &mut to, Some(&quote), quote.due.currency).await?;
                }
                if !transfers::change(db, from, &to, now).await? {
                    continue;
                }
                claim.state = ClaimState::Matched;
                claim.reason = None;
                claim.transfer = Some(to.id.clone());
                claims::change(db, &claim, now).await?;
                audit::note(
                    db,
                    clock,
                    &store.id,
                    &subject,
                    "matched",
                    &format!("claim/{}", claim.id),
                )
                .await?;
                jobs.enqueue(db, credit_job(&to.id)).await?;
                metrics::counter!("wharf_payment_transfers_total", "end" => "matched").increment(1);
                matched.push(to.id);
            }
            Verdict::Contested { claims: contested } => {
                let to = Transfer {
                    state: TransferState::Held,
                    reason: Some(TWO_CLAIMS.to_owned()),
                    ..transfer
                };
                if !transfers::change(db, from, &to, now).await? {
                    continue;
                }
                for id in &contested {
                    let Some(at) = pending.iter().position(|known| known.id == *id) else {
                        continue;
                    };
                    let mut claim = pending.remove(at);
                    claim.state = ClaimState::Held;
                    claim.reason = Some(TWO_CLAIMS.to_owned());
                    claim.transfer = Some(to.id.clone());
                    claims::change(db, &claim, now).await?;
                }
                audit::note(
                    db,
                    clock,
                    &store.id,
                    &subject,
                    "held",
                    "claims of several clients",
                )
                .await?;
                metrics::counter!("wharf_payment_transfers_total", "end" => "held").increment(1);
            }
            Verdict::Differs { claim } => {
                let Some(claim) = pending.iter_mut().find(|known| known.id == claim) else {
                    continue;
                };
                if from == TransferState::Held && claim.reason.as_deref() == Some(AMOUNT_DIFFERS) {
                    continue;
                }
                let to = Transfer {
                    state: TransferState::Held,
                    reason: Some(AMOUNT_DIFFERS.to_owned()),
                    ..transfer
                };
                transfers::change(db, from, &to, now).await?;
                // The claim goes on waiting: the right amount, or the transaction number, may still come.
                claim.reason = Some(AMOUNT_DIFFERS.to_owned());
                claims::change(db, claim, now).await?;
                audit::note(
                    db,
                    clock,
                    &store.id,
                    &subject,
                    "held",
                    "the amount is not the one agreed",
                )
                .await?;
            }
        }
    }
    Ok(matched)
}

async fn quote_of(db: &mut Db, claim: &Claim) -> Result<Option<Quote>, StoreError> {
    match &claim.quote {
        Some(id) => quotes::by_id(db, id).await,
        None => Ok(None),
    }
}

/// Freezes currency, rate and credit of a matched transfer. Where they cannot be had (no rate, or worth
/// nothing) a person must look.
pub(crate) async fn freeze_terms(
    db: &mut Db,
    transfer: &mut Transfer,
    quote: Option<&Quote>,
    currency: wharf_core::Currency,
) -> Result<(), StoreError> {
    let quote = quote.filter(|quote| lies_inside(transfer, quote));
    let rate = match quote {
        Some(quote) => Some(quote.rate),
        None => {
            stores::rate_at(
                db,
                &transfer.store,
                currency,
                transfer.happened_at.min(transfer.received_at),
            )
            .await?
        }
    };
    let credit = match (quote, rate) {
        (Some(quote), _) if quote.amount == transfer.amount => Some(quote.due),
        (_, Some(rate)) => rate.worth(transfer.amount, currency),
        (_, None) => None,
    };
    match credit.filter(Money::is_positive) {
        Some(credit) => {
            transfer.currency = Some(currency);
            transfer.rate = rate;
            transfer.credit = Some(credit.minor);
        }
        None => {
            transfer.state = TransferState::Review;
            transfer.reason = Some(
                if rate.is_none() {
                    "no_rate"
                } else {
                    "worth_nothing"
                }
                .to_owned(),
            );
        }
    }
    Ok(())
}

/// Whether the money was sent while the quote held. The operator's time has no seconds; a message that came
/// before the quote ran out was sent before it, whatever the operator's clock says.
pub(crate) fn lies_inside(transfer: &Transfer, quote: &Quote) -> bool {
    let in_time =
        transfer.received_at <= quote.expires_at || transfer.happened_at <= quote.expires_at;
    in_time && transfer.happened_at + A_MINUTE > quote.created_at
}

pub(crate) fn credit_job(transfer: &str) -> NewJob {
    NewJob::new(credit::JOB, json!({ "transfer": transfer }))
        .once(format!("{}/{transfer}", credit::JOB))
}

pub(crate) const TWO_CLAIMS: &str = "two_claims";
pub(crate) const AMOUNT_DIFFERS: &str = "amount_differs";
const A_MINUTE: i64 = 60_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::claims::Source;

    fn transfer() -> Transfer {
        Transfer {
            id: "t".into(),
            store: "s".into(),
            wallet: "w".into(),
            operator_id: "0231".into(),
            message: "m".into(),
            amount: 50_250,
            phone: Phone::parse("01098765432").ok(),
            payer: None,
            balance: None,
            happened_at: 1_000_000,
            received_at: 1_030_000,
            state: TransferState::Received,
            reason: None,
            claim: None,
            client: None,
            currency: None,
            rate: None,
            credit: None,
        }
    }

    fn claim(id: &str, client: i64) -> Claim {
        Claim {
            id: id.into(),
            key: id.into(),
            store: "s".into(),
            site: "main".into(),
            client,
            invoice: Some(1),
            quote: Some("q".into()),
            source: Source::Gateway,
            phone: Phone::parse("01098765432").unwrap(),
            amount: 50_250,
            operator_id: None,
            state: ClaimState::Pending,
            reason: None,
            transfer: None,
            credited: None,
            currency: None,
            applied: None,
            paid: false,
            answered_true: false,
            created_at: 1_000_000,
            expires_at: 9_000_000,
        }
    }

    fn verdict(claims: &[Claim]) -> Verdict {
        judge(&transfer(), claims, 3_600_000)
    }

    fn matched(id: &str) -> Verdict {
        Verdict::Match { claim: id.into() }
    }

    #[test]
    fn phone_amount_store_and_window_must_all_fit() {
        assert_eq!(verdict(&[]), Verdict::Wait);
        assert_eq!(verdict(&[claim("a", 1)]), matched("a"));
        let phone = Phone::parse("01198765432").unwrap();
        assert_eq!(
            verdict(&[Claim {
                phone,
                ..claim("a", 1)
            }]),
            Verdict::Wait
        );
        assert_eq!(
            verdict(&[Claim {
                store: "x".into(),
                ..claim("a", 1)
            }]),
            Verdict::Wait
        );
        assert_eq!(
            verdict(&[Claim {
                expires_at: 1_029_999,
                ..claim("a", 1)
            }]),
            Verdict::Wait
        );
        assert_eq!(
            verdict(&[Claim {
                created_at: 5_000_000,
                ..claim("a", 1)
            }]),
            Verdict::Wait
        );
        assert_eq!(
            verdict(&[Claim {
                amount: 50_000,
                quote: None,
                ..claim("a", 1)
            }]),
            Verdict::Wait
        );
    }

    #[test]
    fn one_client_gets_the_oldest_claim_and_two_clients_get_a_person() {
        assert_eq!(verdict(&[claim("a", 1), claim("b", 1)]), matched("a"));
        let contested = Verdict::Contested {
            claims: vec!["a".into(), "b".into()],
        };
        assert_eq!(verdict(&[claim("a", 1), claim("b", 2)]), contested);
        assert_eq!(
            verdict(&[
                claim("a", 1),
                Claim {
                    site: "other".into(),
                    ..claim("b", 1)
                }
            ]),
            contested
        );
    }

    #[test]
    fn the_operators_number_decides() {
        let quoting = |id: &str, number: &str| Claim {
            operator_id: Some(number.into()),
            ..claim(id, 2)
        };
        assert_eq!(
            verdict(&[claim("a", 1), quoting("b", "0231")]),
            matched("b")
        );
        assert_eq!(verdict(&[quoting("b", "0232")]), Verdict::Wait);
        assert_eq!(
            verdict(&[Claim {
                amount: 1,
                ..quoting("b", "0231")
            }]),
            matched("b")
        );
        let other_phone = Claim {
            phone: Phone::parse("01198765432").unwrap(),
            ..quoting("b", "0231")
        };
        assert_eq!(verdict(&[other_phone]), Verdict::Wait);
    }

    #[test]
    fn another_amount_than_agreed_is_not_taken_silently() {
        let differs = Verdict::Differs { claim: "a".into() };
        assert_eq!(
            verdict(&[Claim {
                amount: 50_300,
                ..claim("a", 1)
            }]),
            differs
        );
        let both = [
            Claim {
                amount: 50_300,
                ..claim("a", 1)
            },
            Claim {
                amount: 1,
                ..claim("b", 2)
            },
        ];
        assert_eq!(verdict(&both), Verdict::Wait);
    }
}
