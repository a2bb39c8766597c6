//! How an invoice's payment stands, for the page and for the script that asks.

use wharf_core::Money;

use crate::holds::is_of_another;
use crate::matching::{AMOUNT_DIFFERS, UNFOUND, lies_inside};
use crate::tables::claims::{Claim, ClaimState};
use crate::tables::quotes::Quote;
use crate::tables::transfers::Transfer;

/// What the customer is told. The newest claim decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing was claimed yet.
    New,
    Waiting,
    /// It takes longer than usual: the customer had better look the figures over.
    Overdue,
    /// The phones that report transfers are silent: waiting has another reason than the customer.
    Delayed,
    /// The offer has run out while the money was awaited.
    Expired,
    /// The money has not come in the claim's time, or what came was another's: its number would find it.
    Unfound,
    /// Money came from that phone, but not this amount.
    Differs,
    Crediting,
    Held,
    /// A person decided against it.
    Rejected,
    /// The operator took it back, and with it went the credit.
    Reversed,
    /// The store only looks on.
    Observed,
    /// Credited and used; something is still due.
    Partial,
    /// As partial, because the money was sent after the offer had run out.
    Late,
    /// Credited, but not used for this invoice.
    Credited,
    Paid,
    /// Paid, and something is left on the account.
    Over,
}

/// What else there is to know about the newest claim.
#[derive(Clone, Copy, Default)]
pub(super) struct Around<'a> {
    pub quote: Option<&'a Quote>,
    pub transfer: Option<&'a Transfer>,
    pub is_forwarding_delayed: bool,
    pub now: i64,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Waiting => "waiting",
            Self::Overdue => "overdue",
            Self::Delayed => "delayed",
            Self::Expired => "expired",
            Self::Unfound => "unfound",
            Self::Differs => "differs",
            Self::Crediting => "crediting",
            Self::Held => "held",
            Self::Rejected => "rejected",
            Self::Reversed => "reversed",
            Self::Observed => "observed",
            Self::Partial => "partial",
            Self::Late => "late",
            Self::Credited => "credited",
            Self::Paid => "paid",
            Self::Over => "over",
        }
    }

    /// Whether the claim waits for its money.
    pub(super) fn awaits(self) -> bool {
        matches!(
            self,
            Self::Waiting
                | Self::Overdue
                | Self::Delayed
                | Self::Expired
                | Self::Unfound
                | Self::Differs
        )
    }

    /// Whether it may change without the customer's doing.
    pub(super) fn is_moving(self) -> bool {
        self.awaits() || matches!(self, Self::Crediting | Self::Held)
    }

    /// Whether the customer may (again) say what was sent.
    pub(super) fn takes_claims(self) -> bool {
        !matches!(
            self,
            Self::Crediting | Self::Held | Self::Observed | Self::Paid | Self::Over
        )
    }

    /// Whether the offer that its claim was made on is still the one that is shown.
    pub(super) fn keeps(self, quote: &Quote, now: i64) -> bool {
        let asks_anew = self == Self::Unfound || (quote.expires_at <= now && self != Self::Differs);
        !(self.awaits() && asks_anew)
    }

    /// Whether WHMCS's own figures on the page have changed with it.
    pub(super) fn changes_invoice(self) -> bool {
        matches!(
            self,
            Self::Partial | Self::Late | Self::Credited | Self::Paid | Self::Over
        )
    }
}

/// `claims`: those of the invoice, newest first. What another store of the shop waits for is none of this one's.
pub(super) fn newest<'a>(claims: &'a [Claim], store: &str, now: i64) -> Option<&'a Claim> {
    claims
        .iter()
        .filter(|claim| claim.store == store || !waits(claim))
        .find(|claim| {
            // What was sent in time may still come; who has sent it must not be asked to send it again.
            !waits(claim) || differs(claim) || claim.expires_at + SPOKEN_OF_MS >= now
        })
        .filter(|claim| !matches!(claim.state, ClaimState::Replaced | ClaimState::Expired))
}

/// Whether its customer is told that the money has not arrived.
pub(super) fn waits(claim: &Claim) -> bool {
    match claim.state {
        ClaimState::Pending => true,
        // Somebody else's transfer: no more is told than of none.
        ClaimState::Held | ClaimState::Rejected => is_of_another(claim),
        _ => false,
    }
}

pub(super) fn standing(claim: Option<&Claim>, around: Around<'_>) -> State {
    let Some(claim) = claim else {
        return State::New;
    };
    match claim.state {
        ClaimState::Pending if differs(claim) => State::Differs,
        ClaimState::Pending | ClaimState::Held | ClaimState::Rejected if waits(claim) => {
            awaiting(claim, around)
        }
        ClaimState::Pending | ClaimState::Held => State::Held,
        ClaimState::Matched => State::Crediting,
        ClaimState::Rejected => State::Rejected,
        ClaimState::Reversed => State::Reversed,
        ClaimState::Observed => State::Observed,
        ClaimState::Credited => credited_state(claim, around),
        ClaimState::Replaced | ClaimState::Expired => State::New,
    }
}

fn awaiting(claim: &Claim, around: Around<'_>) -> State {
    if around.is_forwarding_delayed && claim.expires_at + LATE_MS >= around.now {
        State::Delayed
    } else if is_unfound(claim, around.now) {
        State::Unfound
    } else if around
        .quote
        .is_some_and(|quote| quote.expires_at < around.now)
    {
        State::Expired
    } else if is_overdue(claim, around.now) {
        State::Overdue
    } else {
        State::Waiting
    }
}

/// Whether nothing but the transfer's number helps any more: the claim has run out, or the transfer that it was held for
/// was another's; or it tells a number in the place of such a one.
pub(crate) fn is_unfound(claim: &Claim, now: i64) -> bool {
    let told = claim.state == ClaimState::Pending && claim.reason.as_deref() == Some(UNFOUND);
    waits(claim) && (told || claim.expires_at < now)
}

pub(super) fn is_overdue(claim: &Claim, now: i64) -> bool {
    now - claim.created_at > USUAL_MS
}

/// Whether another amount has arrived than the one that was agreed.
pub(super) fn differs(claim: &Claim) -> bool {
    claim.state == ClaimState::Pending && claim.reason.as_deref() == Some(AMOUNT_DIFFERS)
}

fn credited_state(claim: &Claim, around: Around<'_>) -> State {
    let late = || {
        let pair = around.transfer.zip(around.quote);
        pair.is_some_and(|(transfer, quote)| !lies_inside(transfer, quote))
    };
    match claim.applied {
        None => State::Crediting,
        Some(applied) if claim.paid && claim.credited.is_some_and(|credit| credit > applied) => {
            State::Over
        }
        Some(_) if claim.paid => State::Paid,
        Some(0) => State::Credited,
        Some(_) if late() => State::Late,
        Some(_) => State::Partial,
    }
}

/// What was credited for a claim, and was not taken back.
pub(super) fn credited(claim: Option<&Claim>) -> Option<Money> {
    let claim = claim.filter(|claim| claim.state != ClaimState::Reversed)?;
    claim
        .currency
        .zip(claim.credited)
        .map(|(currency, minor)| Money::new(minor, currency))
}

/// What of the credit was not used for the invoice.
pub(super) fn surplus(claim: Option<&Claim>) -> Option<Money> {
    let credit = credited(claim)?;
    let applied = claim?.applied?;
    Some(Money::new(credit.minor - applied, credit.currency))
}

/// How long after a claim has run out late messages may be why.
const LATE_MS: i64 = 7 * 24 * 3_600_000;
/// How long a claim that has run out is still spoken of.
const SPOKEN_OF_MS: i64 = 30 * 24 * 3_600_000;
/// How long a message usually takes at most.
const USUAL_MS: i64 = 10 * 60_000;

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [State; 17] = [
        State::New,
        State::Waiting,
        State::Overdue,
        State::Delayed,
        State::Expired,
        State::Unfound,
        State::Differs,
        State::Crediting,
        State::Held,
        State::Rejected,
        State::Reversed,
        State::Observed,
        State::Partial,
        State::Late,
        State::Credited,
        State::Paid,
        State::Over,
    ];

    #[test]
    fn what_waits_is_polled_and_what_has_ended_is_not() {
        for state in ALL {
            let ended = state.changes_invoice()
                || matches!(
                    state,
                    State::New | State::Rejected | State::Reversed | State::Observed
                );
            assert_eq!(state.is_moving(), !ended, "{state:?}");
            assert!(!state.awaits() || state.takes_claims(), "{state:?}");
        }
        assert!(!State::Paid.takes_claims() && State::Late.takes_claims());
    }
}
