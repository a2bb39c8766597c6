//! How an invoice's payment stands, for the page and for the script that asks.

use serde::Serialize;
use wharf_core::Money;

use crate::matching::AMOUNT_DIFFERS;
use crate::tables::claims::{Claim, ClaimState};

/// What the customer is told. The newest claim decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// Nothing was claimed yet.
    New,
    Waiting,
    /// Money came from that phone, but not this amount.
    Differs,
    Crediting,
    Held,
    /// Credited and used; something is still due.
    Partial,
    /// Credited, but not used for this invoice.
    Credited,
    Paid,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Waiting => "waiting",
            Self::Differs => "differs",
            Self::Crediting => "crediting",
            Self::Held => "held",
            Self::Partial => "partial",
            Self::Credited => "credited",
            Self::Paid => "paid",
        }
    }

    /// Whether it may change without the customer's doing.
    pub(super) fn is_moving(self) -> bool {
        matches!(
            self,
            Self::Waiting | Self::Differs | Self::Crediting | Self::Held
        )
    }

    /// Whether the customer may (again) say what was sent.
    pub(super) fn takes_claims(self) -> bool {
        !matches!(self, Self::Crediting | Self::Held | Self::Paid)
    }
}

/// `claims`: those of the invoice, newest first.
pub(super) fn standing(claims: &[Claim], now: i64) -> (State, Option<&Claim>) {
    let Some(claim) = claims
        .iter()
        .find(|claim| claim.state != ClaimState::Pending || claim.expires_at >= now)
    else {
        return (State::New, None);
    };
    let state = match claim.state {
        ClaimState::Pending if claim.reason.as_deref() == Some(AMOUNT_DIFFERS) => State::Differs,
        ClaimState::Pending => State::Waiting,
        ClaimState::Matched => State::Crediting,
        ClaimState::Held => State::Held,
        ClaimState::Credited => match claim.applied {
            None => State::Crediting,
            Some(_) if claim.paid => State::Paid,
            Some(0) => State::Credited,
            Some(_) => State::Partial,
        },
        ClaimState::Replaced | ClaimState::Expired => return (State::New, None),
    };
    (state, Some(claim))
}

/// What was credited for a claim.
pub(super) fn credited(claim: Option<&Claim>) -> Option<Money> {
    let claim = claim?;
    claim
        .currency
        .zip(claim.credited)
        .map(|(currency, minor)| Money::new(minor, currency))
}
