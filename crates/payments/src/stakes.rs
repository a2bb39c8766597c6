//! What a decision is about: the claims of which one gets the money, and the items that end with it. A person decides
//! about what he was shown; what has changed since is shown to him first.

use wharf_store::StoreError;

use crate::keys::identity;
use crate::review::{REVERSAL, ReviewError, is_afterwards, waits};
use crate::tables::claims::{self, Claim, ClaimState};
use crate::tables::reviews::{self, Review};
use crate::tables::{Db, transfers};
use crate::texts::Language;
use crate::views::{Beside, Seen};

#[derive(Clone, Debug, Default)]
pub(crate) struct Stakes {
    /// Whether it is about money that nobody has got yet.
    free: bool,
    /// Of those that can get the money, the ids.
    pub claims: Vec<String>,
    /// All that is undecided about it, this one included.
    pub items: Vec<Beside>,
    /// What each of them says.
    reasons: Vec<String>,
}

impl Stakes {
    pub(crate) async fn of(db: &mut Db, review: &Review) -> Result<Self, StoreError> {
        let Some(id) = review.transfer.as_deref().filter(|_| review.is_undecided()) else {
            return Ok(Self {
                items: vec![item(review)],
                reasons: vec![said(review)],
                ..Self::default()
            });
        };
        let state = transfers::by_id(db, id).await?.map(|known| known.state);
        let free = state.is_some_and(waits);
        let mut claims = Vec::new();
        if free && state.is_some_and(|state| !is_afterwards(&review.kind, state)) {
            let waiting = candidates(db, review, id).await?;
            claims.extend(waiting.into_iter().map(|claim| claim.id));
            claims.sort();
        }
        // That it was taken back is another question.
        let belongs = |item: &Review| item.id == review.id || item.kind != REVERSAL;
        let mut file = reviews::of_transfer(db, id).await?;
        file.retain(|item| item.is_undecided() && belongs(item));
        Ok(Self {
            free,
            claims,
            items: file.iter().map(item).collect(),
            reasons: file.iter().map(said).collect(),
        })
    }

    /// Short enough to be typed, and another one for whatever else is at stake.
    pub(crate) fn word(&self) -> String {
        let free = if self.free { "free" } else { "" };
        let items: Vec<&str> = self.items.iter().map(|item| item.id.as_str()).collect();
        let (claims, items) = (self.claims.join(" "), items.join(" "));
        let mut parts = vec![free, &claims, &items];
        parts.extend(self.reasons.iter().map(String::as_str));
        let mut word = identity(&parts);
        word.truncate(WORD);
        word
    }
}

/// The reason and what proves it may change while nobody has decided; and somebody may have, and taken it back.
fn said(review: &Review) -> String {
    let reason = Language::English.reason(&review.kind, &review.reason, &review.evidence);
    format!("{} {reason}", review.opened_at)
}

fn item(review: &Review) -> Beside {
    Beside {
        id: review.id.clone(),
        kind: review.kind.clone(),
    }
}

/// Refuses what was decided about something else than what is at stake. Under the store's turn.
pub(crate) async fn compare(db: &mut Db, review: &Review, seen: &Seen) -> Result<(), ReviewError> {
    let Seen::Shown(word) = seen else {
        return Ok(());
    };
    let stakes = Stakes::of(db, review).await?;
    match stakes.word() == word.trim() {
        true => Ok(()),
        false => Err(ReviewError::Changed),
    }
}

/// The claims that an approval can be for.
pub(crate) async fn candidates(
    db: &mut Db,
    review: &Review,
    transfer: &str,
) -> Result<Vec<Claim>, StoreError> {
    let mut waiting = claims::of_transfer(db, transfer).await?;
    waiting.retain(|claim| claim.state == ClaimState::Held);
    // Of an amount that differs, the claim goes on waiting for the right one.
    if let Some(id) = &review.claim
        && !waiting.iter().any(|claim| claim.id == *id)
        && let Some(claim) = claims::by_id(db, id).await?
        && claim.state == ClaimState::Pending
    {
        waiting.push(claim);
    }
    Ok(waiting)
}

const WORD: usize = 12;
