//! Which claim a transfer belongs to: the rule alone, a pure function of both sides.

use crate::holds::{Proof, same_client};
use crate::tables::claims::{Claim, Source};
use crate::tables::transfers::Transfer;

/// What becomes of a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nobody claims it.
    Wait,
    Match {
        claim: String,
        proof: Option<Proof>,
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

impl Verdict {
    /// Those that get it, or contend for it.
    pub(crate) fn claims(&self) -> &[String] {
        match self {
            Self::Match { claim, .. } => std::slice::from_ref(claim),
            Self::Contested { claims } => claims,
            Self::Wait | Self::Differs { .. } => &[],
        }
    }
}

/// Who is known to pay from a phone: site and client.
pub(crate) type Owner = (String, i64);

/// How a claim speaks of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// It names the operator's number, which stands for any phone and amount.
    Number,
    /// Phone, and the last digits of the number.
    Tail,
    Phone,
}

/// The rule. `claims` are those that wait, and those that are held for this transfer, oldest first; `owners`
/// are the clients to whom its phone is bound.
pub(crate) fn judge(
    transfer: &Transfer,
    claims: &[Claim],
    owners: &[Owner],
    claim_ms: i64,
) -> Verdict {
    let fitting: Vec<(Fit, &Claim)> = claims
        .iter()
        .filter(|claim| claim.store == transfer.store)
        .filter_map(|claim| Some((fit(transfer, claim)?, claim)))
        // Who names the whole number means this transfer, however old it is.
        .filter(|(fit, claim)| *fit == Fit::Number || in_window(transfer, claim, claim_ms))
        .collect();
    let named: Vec<&Claim> = with(&fitting, |fit, _| fit == Fit::Number);
    if let Some(first) = named.first() {
        if !all_of_one(&named) {
            return contested(&named);
        }
        let mut payers = passed_over(transfer, &fitting, first, owners);
        if payers.is_empty() && named.iter().all(|claim| is_guess(transfer, claim)) {
            payers = with(&fitting, |_, claim| {
                claim.amount == transfer.amount && !same_client(first, claim)
            });
        }
        if !payers.is_empty() {
            return contested(&[named, payers].concat());
        }
        return Verdict::Match {
            claim: invoiced(&named).unwrap_or(first).id.clone(),
            proof: Some(Proof::Number),
        };
    }
    let exact: Vec<&Claim> = with(&fitting, |_, claim| claim.amount == transfer.amount);
    let proven: Vec<&Claim> = with(&fitting, |fit, claim| {
        fit == Fit::Tail && claim.amount == transfer.amount
    });
    if let (Some(first), true) = (proven.first(), all_of_one(&proven)) {
        let payers = passed_over(transfer, &fitting, first, owners);
        if !payers.is_empty() {
            return contested(&[proven, payers].concat());
        }
        return Verdict::Match {
            claim: invoiced(&proven).unwrap_or(first).id.clone(),
            proof: Some(Proof::Tail),
        };
    }
    if let Some(first) = exact.first() {
        let first = if all_of_one(&exact) {
            Some(invoiced(&exact).unwrap_or(first))
        } else {
            early_one(transfer, &exact, owners)
        };
        return first.map_or_else(
            || contested(&exact),
            |first| Verdict::Match {
                claim: first.id.clone(),
                proof: None,
            },
        );
    }
    let quoted: Vec<&Claim> = with(&fitting, |_, claim| claim.quote.is_some());
    match quoted.as_slice() {
        [claim] => Verdict::Differs {
            claim: claim.id.clone(),
        },
        _ => Verdict::Wait,
    }
}

/// Whether the claim of another phone named the number before there was one. By the operator's clock alone: a message
/// tells of its money late.
fn is_guess(transfer: &Transfer, claim: &Claim) -> bool {
    transfer.phone.as_ref() != Some(&claim.phone)
        && transfer.dated
        && claim.created_at + A_MINUTE < transfer.happened_at
}

/// Somebody may have seen a number who did not pay: who is known to pay from that phone, and says that he did, is asked
/// as well.
fn passed_over<'a>(
    transfer: &Transfer,
    fitting: &[(Fit, &'a Claim)],
    first: &Claim,
    owners: &[Owner],
) -> Vec<&'a Claim> {
    let is_owner = |claim: &Claim| owners.contains(&(claim.site.clone(), claim.client));
    if is_owner(first) {
        return Vec::new();
    }
    with(fitting, |_, claim| {
        claim.amount == transfer.amount && is_owner(claim) && !same_client(first, claim)
    })
}

/// Of one client's claims the first for an invoice, which must not be left unpaid.
fn invoiced<'a>(claims: &[&'a Claim]) -> Option<&'a Claim> {
    claims.iter().copied().find(|claim| claim.invoice.is_some())
}

/// Of the claims of several clients, the one of the only client who announced the transfer from a logged-in
/// session before it was made. Somebody who is known to pay from that phone is never passed over for it.
fn early_one<'a>(transfer: &Transfer, claims: &[&'a Claim], owners: &[Owner]) -> Option<&'a Claim> {
    let early: Vec<&Claim> = claims
        .iter()
        .copied()
        .filter(|claim| {
            claim.source == Source::Gateway && claim.created_at + A_MINUTE <= transfer.happened_at
        })
        .collect();
    let first = early.first().copied()?;
    let strangers = claims.iter().filter(|claim| !same_client(first, claim));
    let owned = strangers
        .into_iter()
        .any(|claim| owners.contains(&(claim.site.clone(), claim.client)));
    (all_of_one(&early) && !owned).then_some(first)
}

/// Whether the claim has the transfer's whole number.
pub(crate) fn names(claim: &Claim, transfer: &Transfer) -> bool {
    fit(transfer, claim) == Some(Fit::Number)
}

/// Whether the claim shows to be about the transfer by more than phone and amount.
pub(crate) fn proves(claim: &Claim, transfer: &Transfer) -> bool {
    matches!(fit(transfer, claim), Some(Fit::Number | Fit::Tail))
}

fn fit(transfer: &Transfer, claim: &Claim) -> Option<Fit> {
    let same_phone = transfer.phone.as_ref() == Some(&claim.phone);
    match &claim.operator_id {
        Some(number) if number.eq_ignore_ascii_case(&transfer.operator_id) => Some(Fit::Number),
        Some(number)
            if same_phone && transfer.has_number() && is_tail(number, &transfer.operator_id) =>
        {
            Some(Fit::Tail)
        }
        Some(_) => None,
        None => same_phone.then_some(Fit::Phone),
    }
}

/// Whether somebody who saw the number can have typed this of it.
fn is_tail(typed: &str, number: &str) -> bool {
    typed.len() >= TAIL
        && typed.len() < number.len()
        && number
            .to_ascii_lowercase()
            .ends_with(&typed.to_ascii_lowercase())
}

fn in_window(transfer: &Transfer, claim: &Claim, claim_ms: i64) -> bool {
    let bound = claim.transfer.as_ref() == Some(&transfer.id);
    // What was sent in time counts, whenever its message comes.
    let sent_at = transfer.happened_at.min(transfer.received_at);
    bound || (claim.created_at - claim_ms <= transfer.received_at && sent_at <= claim.expires_at)
}

fn with<'a>(
    fitting: &[(Fit, &'a Claim)],
    mut keep: impl FnMut(Fit, &Claim) -> bool,
) -> Vec<&'a Claim> {
    fitting
        .iter()
        .filter(|(fit, claim)| keep(*fit, claim))
        .map(|(_, claim)| *claim)
        .collect()
}

fn all_of_one(claims: &[&Claim]) -> bool {
    claims
        .first()
        .is_some_and(|first| claims.iter().all(|claim| same_client(first, claim)))
}

fn contested(claims: &[&Claim]) -> Verdict {
    Verdict::Contested {
        claims: claims.iter().map(|claim| claim.id.clone()).collect(),
    }
}

const A_MINUTE: i64 = 60_000;
/// So many last digits of a number show that somebody has seen it.
const TAIL: usize = 5;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wharf_core::Phone;

    use super::*;
    use crate::tables::claims::ClaimState;
    use crate::tables::transfers::TransferState;

    fn transfer() -> Transfer {
        Transfer {
            id: "t".into(),
            store: "s".into(),
            wallet: "w".into(),
            operator_id: "023123456789".into(),
            message: "m".into(),
            amount: 50_250,
            phone: Phone::parse("01098765432").ok(),
            payer: None,
            balance: None,
            dated: true,
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
            origin: None,
            created_at: 1_000_000,
            expires_at: 9_000_000,
            changed_at: 1_000_000,
        }
    }

    fn verdict(claims: &[Claim]) -> Verdict {
        judge(&transfer(), claims, &[], 3_600_000)
    }

    fn matched(id: &str) -> Verdict {
        Verdict::Match {
            claim: id.into(),
            proof: None,
        }
    }

    #[test]
    fn a_number_that_was_named_before_there_was_one_passes_nobody_over() {
        let named = |id: &str, client, created_at| Claim {
            phone: Phone::parse("01198765432").unwrap(),
            operator_id: Some("023123456789".into()),
            created_at,
            ..claim(id, client)
        };
        let (payer, early) = (claim("a", 1), named("b", 2, 900_000));
        assert_eq!(
            verdict(&[early.clone(), payer.clone()]),
            Verdict::Contested {
                claims: vec!["b".into(), "a".into()]
            }
        );
        let proven = Verdict::Match {
            claim: "b".into(),
            proof: Some(Proof::Number),
        };
        // Nobody else claims it; or he has named it when it was there.
        assert_eq!(verdict(std::slice::from_ref(&early)), proven);
        assert_eq!(verdict(&[payer, named("b", 2, 950_000)]), proven);
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
                expires_at: 999_999,
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
        let check = Claim {
            invoice: None,
            quote: None,
            source: Source::Check,
            ..claim("a", 1)
        };
        assert_eq!(verdict(&[check.clone(), claim("b", 1)]), matched("b"));
        assert_eq!(verdict(&[check]), matched("a"));
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

    fn proven(id: &str, proof: Proof) -> Verdict {
        Verdict::Match {
            claim: id.into(),
            proof: Some(proof),
        }
    }

    fn quoting(id: &str, number: &str) -> Claim {
        Claim {
            operator_id: Some(number.into()),
            ..claim(id, 2)
        }
    }

    fn other_phone(claim: Claim) -> Claim {
        Claim {
            phone: Phone::parse("01198765432").unwrap(),
            ..claim
        }
    }

    #[test]
    fn the_operators_number_beats_phone_and_amount() {
        let number = || quoting("b", "023123456789");
        assert_eq!(
            verdict(&[claim("a", 1), number()]),
            proven("b", Proof::Number)
        );
        assert_eq!(verdict(&[quoting("b", "023123456780")]), Verdict::Wait);
        let other_amount = Claim {
            amount: 1,
            ..number()
        };
        assert_eq!(verdict(&[other_amount]), proven("b", Proof::Number));
        assert_eq!(
            verdict(&[other_phone(number())]),
            proven("b", Proof::Number)
        );
        let without_phone = Transfer {
            phone: None,
            ..transfer()
        };
        let claims = [claim("a", 1), other_phone(number())];
        assert_eq!(
            judge(&without_phone, &claims, &[], 3_600_000),
            proven("b", Proof::Number)
        );
        assert_eq!(
            judge(&without_phone, &claims[..1], &[], 3_600_000),
            Verdict::Wait
        );
        let both = [
            number(),
            Claim {
                client: 3,
                ..quoting("c", "023123456789")
            },
        ];
        let contested = Verdict::Contested {
            claims: vec!["b".into(), "c".into()],
        };
        assert_eq!(verdict(&both), contested);
    }

    #[test]
    fn last_digits_prove_only_with_phone_and_amount() {
        let tail = || quoting("b", "56789");
        assert_eq!(verdict(&[claim("a", 1), tail()]), proven("b", Proof::Tail));
        assert_eq!(verdict(&[quoting("b", "6789")]), Verdict::Wait);
        assert_eq!(verdict(&[quoting("b", "56780")]), Verdict::Wait);
        assert_eq!(verdict(&[other_phone(tail())]), Verdict::Wait);
        let other_amount = Claim {
            amount: 1,
            ..tail()
        };
        assert_eq!(
            verdict(&[other_amount]),
            Verdict::Differs { claim: "b".into() }
        );
    }

    #[test]
    fn an_intent_before_the_transfer_wins_over_one_after_it() {
        let minute = |at: i64| at * 60_000;
        let transfer = Transfer {
            happened_at: minute(100),
            received_at: minute(101),
            ..transfer()
        };
        let at = |claim: Claim, minutes: i64| Claim {
            created_at: minute(minutes),
            expires_at: minute(9_000),
            ..claim
        };
        let judged =
            |claims: &[Claim], owners: &[Owner]| judge(&transfer, claims, owners, minute(60));
        let (early, late) = (at(claim("a", 1), 99), at(claim("b", 2), 100));
        let contested = Verdict::Contested {
            claims: vec!["a".into(), "b".into()],
        };
        assert_eq!(judged(&[early.clone(), late.clone()], &[]), matched("a"));
        // Two before, two after, or one from where anybody may say anything: a person.
        assert_eq!(
            judged(&[early.clone(), at(claim("b", 2), 98)], &[]),
            contested
        );
        assert_eq!(
            judged(&[at(claim("a", 1), 100), late.clone()], &[]),
            contested
        );
        let unsigned = Claim {
            source: Source::Check,
            quote: None,
            ..early.clone()
        };
        assert_eq!(judged(&[unsigned, late.clone()], &[]), contested);
        // Nobody announces away the transfer of whoever is known to pay from that phone.
        let owner = [("main".to_owned(), 2)];
        assert_eq!(judged(&[early, late], &owner), contested);
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

    fn any_claim() -> impl Strategy<Value = Claim> {
        let number = prop_oneof![
            Just(None),
            Just(Some("023123456789".to_owned())),
            Just(Some("56789".to_owned())),
            Just(Some("023123456780".to_owned())),
        ];
        (
            1..4_i64,
            prop_oneof![Just(50_250_i64), Just(1_i64)],
            any::<bool>(),
            number,
            -40..40_i64,
            any::<bool>(),
        )
            .prop_map(|(client, amount, same_phone, number, minutes, gateway)| {
                let created_at = 1_000_000 + minutes * 60_000;
                let known = claim("", client);
                Claim {
                    amount,
                    phone: if same_phone {
                        known.phone.clone()
                    } else {
                        other_phone(known.clone()).phone
                    },
                    operator_id: number,
                    source: if gateway {
                        Source::Gateway
                    } else {
                        Source::Check
                    },
                    created_at,
                    expires_at: created_at + 3_600_000,
                    ..known
                }
            })
    }

    proptest! {
        /// Whatever is claimed: money goes to somebody who named the number, or who named phone and amount
        /// exactly; and where two clients did so alike, to nobody.
        #[test]
        fn money_is_never_guessed(mut claims in proptest::collection::vec(any_claim(), 0..6)) {
            for (index, claim) in claims.iter_mut().enumerate() {
                claim.id = index.to_string();
            }
            claims.sort_by_key(|claim| claim.created_at);
            let transfer = transfer();
            let named = |claim: &Claim| claim.operator_id.as_deref() == Some("023123456789");
            let exact = |claim: &Claim| {
                transfer.phone.as_ref() == Some(&claim.phone)
                    && claim.amount == transfer.amount
                    && claim.operator_id.as_deref().is_none_or(|number| number != "023123456780")
            };
            if let Verdict::Match { claim, proof } = verdict(&claims) {
                let found = claims.iter().find(|known| known.id == claim).unwrap();
                prop_assert!(named(found) || exact(found));
                prop_assert_eq!(proof == Some(Proof::Number), named(found));
                let in_time = |claim: &&Claim| {
                    claim.created_at - 3_600_000 <= transfer.received_at && transfer.happened_at <= claim.expires_at
                };
                let rivals = |fits: &dyn Fn(&Claim) -> bool| {
                    claims.iter().filter(in_time).filter(|rival| fits(rival)).any(|rival| rival.client != found.client)
                };
                if named(found) {
                    prop_assert!(!rivals(&named));
                } else if proof.is_none() && rivals(&exact) {
                    prop_assert!(found.source == Source::Gateway && found.created_at + A_MINUTE <= transfer.happened_at);
                }
                // The same claims in another order of arrival in the list: the same end.
                claims.reverse();
                claims.sort_by_key(|claim| claim.created_at);
                let again = matches!(verdict(&claims), Verdict::Match { .. });
                prop_assert!(again);
            }
        }
    }
}
