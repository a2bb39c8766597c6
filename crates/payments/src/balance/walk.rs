//! The rule: a pure function of a wallet's messages in the operator's order.

use crate::tables::links::{Link, Standing};

/// How far the walk has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Footing {
    /// The last balance that what follows is measured by.
    pub last: Option<Link>,
    /// Whether somebody who can know has told a balance by now.
    pub anchored: bool,
}

/// What a message may print after a balance: both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Allowed {
    pub least: i64,
    pub most: i64,
}

/// What `link` may print after `before`. Receipts are exact; where an outgoing one does not state its fee, up
/// to 1 % and one pound more may be missing.
pub(super) fn allowed(before: i64, link: &Link) -> Allowed {
    let exactly = |balance: i64| Allowed {
        least: balance,
        most: balance,
    };
    let less = |amount: i64| before.saturating_sub(amount);
    match link.kind.as_str() {
        "received" => exactly(before.saturating_add(link.amount)),
        "sent" | "withdrawn" | "paid" | "airtime" => match link.fee {
            Some(fee) => exactly(less(link.amount).saturating_sub(fee)),
            None => {
                let unstated = link.amount / 100 + i64::from(link.amount % 100 > 0) + A_POUND;
                Allowed {
                    least: less(link.amount).saturating_sub(unstated),
                    most: less(link.amount),
                }
            }
        },
        _ => exactly(before),
    }
}

/// Whether a link continues a balance. What was taken back may have come or gone.
fn continues(before: i64, link: &Link) -> bool {
    let fits = |Allowed { least, most }| (least..=most).contains(&link.balance);
    match link.kind.as_str() {
        "reversal" | "reversed" => {
            link.balance == before.saturating_sub(link.amount)
                || link.balance == before.saturating_add(link.amount)
        }
        _ => fits(allowed(before, link)),
    }
}

/// Walks over links in their order and says of each what it is worth. Links that cannot be told apart in time
/// may stand in any order that fits. `true`: a balance that is known proves the loose links before it, those
/// of earlier walks too.
pub(super) fn walk(footing: &mut Footing, links: &mut [Link]) -> bool {
    let (mut at, mut proved) = (0, false);
    while at < links.len() {
        let group = links
            .get(at..)
            .unwrap_or_default()
            .iter()
            .take_while(|link| {
                links
                    .get(at)
                    .is_some_and(|first| first.position() == link.position())
            })
            .count()
            .max(1);
        let end = at + group;
        let mut left: Vec<usize> = (at..end).collect();
        while !left.is_empty() {
            let next = left
                .iter()
                .position(|index| links.get(*index).is_some_and(|link| is_next(footing, link)))
                .unwrap_or(0);
            let index = left.remove(next);
            if step(footing, links, index) {
                proved = true;
                // What was only consistent so far leads to a balance that is known: it is proven.
                for link in links.iter_mut().take(index) {
                    if link.standing == Standing::Loose {
                        link.standing = Standing::Good;
                    }
                }
            }
        }
        at = end;
    }
    proved
}

/// `true`: this link proves the loose ones before it.
fn step(footing: &mut Footing, links: &mut [Link], index: usize) -> bool {
    let Some(link) = links.get_mut(index) else {
        return false;
    };
    if link.standing == Standing::Out {
        return false;
    }
    let before = footing.last.as_ref().map(|last| last.balance);
    let fits = before.is_none_or(|before| continues(before, link));
    let told = link.standing == Standing::Vouched || link.kind == ENQUIRY;
    let proves = told && fits && !footing.anchored && before.is_some();
    link.expected = before.map(|before| match link.kind.as_str() {
        "reversal" | "reversed" if fits => link.balance,
        "reversal" | "reversed" => before.saturating_sub(link.amount),
        _ => allowed(before, link).most,
    });
    if link.standing != Standing::Vouched {
        link.standing = match (fits, footing.anchored) {
            _ if told && !footing.anchored => Standing::Good,
            (false, _) => Standing::Gap,
            (true, true) => Standing::Good,
            (true, false) => Standing::Loose,
        };
    }
    if link.standing.is_trusted() {
        footing.anchored |= told;
        footing.last = Some(link.clone());
    }
    proves
}

/// How many links do not fit what stands before them, in the order that they have.
pub(super) fn misfits(footing: &Footing, mut links: Vec<Link>) -> usize {
    walk(&mut footing.clone(), &mut links);
    links.iter().filter(|link| is_misfit(link)).count()
}

/// Steps over one more link; whether it does not fit what stands before it.
pub(super) fn is_misfit_next(footing: &mut Footing, link: &Link) -> bool {
    let mut next = [link.clone()];
    walk(footing, &mut next);
    next.iter().any(is_misfit)
}

fn is_misfit(link: &Link) -> bool {
    match link.standing {
        Standing::Gap => true,
        Standing::Out => false,
        // Who told a balance is believed, whether it fits or not.
        _ => {
            let told = link.standing == Standing::Vouched || link.kind == ENQUIRY;
            told && link
                .expected
                .is_some_and(|expected| expected != link.balance)
        }
    }
}

fn is_next(footing: &Footing, link: &Link) -> bool {
    let before = footing.last.as_ref().map(|last| last.balance);
    link.standing != Standing::Out && before.is_none_or(|before| continues(before, link))
}

pub(super) const ENQUIRY: &str = "enquiry";
/// Or what else has a hundred minor units.
const A_POUND: i64 = 100;
