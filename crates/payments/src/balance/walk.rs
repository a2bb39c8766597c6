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
            let index = left.remove(next_of(footing, links, &left));
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
    let told = is_told(link);
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

/// Which of the links that are left comes next: one that fits, first one whose balance somebody told. Where that is not
/// known, the one behind which the fewest do not fit.
fn next_of(footing: &Footing, links: &[Link], left: &[usize]) -> usize {
    let known = footing.last.as_ref().and(fitting(footing, links, left));
    known.unwrap_or_else(|| match left.len() {
        2..=MANY => (0..left.len())
            .min_by_key(|next| misfits_behind(footing, links, left, *next))
            .unwrap_or(0),
        _ => 0,
    })
}

fn fitting(footing: &Footing, links: &[Link], left: &[usize]) -> Option<usize> {
    let place = |is: &dyn Fn(&Link) -> bool| {
        left.iter()
            .position(|index| links.get(*index).is_some_and(is))
    };
    place(&|link| is_told(link) && is_next(footing, link))
        .or_else(|| place(&|link| is_next(footing, link)))
}

/// How many of the links that are left do not fit, if one of them comes next.
fn misfits_behind(footing: &Footing, links: &[Link], left: &[usize], mut next: usize) -> usize {
    let (mut footing, mut left, mut count) = (footing.clone(), left.to_vec(), 0);
    while !left.is_empty() {
        let link = links.get(left.remove(next));
        count += usize::from(link.is_some_and(|link| is_misfit_next(&mut footing, link)));
        next = fitting(&footing, links, &left).unwrap_or(0);
    }
    count
}

/// The links that do not fit what stands before them, in the order that they have.
pub(super) fn misfits(footing: &Footing, mut links: Vec<Link>) -> Vec<Link> {
    walk(&mut footing.clone(), &mut links);
    links.retain(is_misfit);
    links
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
            is_told(link)
                && link
                    .expected
                    .is_some_and(|expected| expected != link.balance)
        }
    }
}

fn is_next(footing: &Footing, link: &Link) -> bool {
    let before = footing.last.as_ref().map(|last| last.balance);
    link.standing != Standing::Out && before.is_none_or(|before| continues(before, link))
}

/// Whether somebody who can know has told the balance itself.
fn is_told(link: &Link) -> bool {
    link.standing == Standing::Vouched || link.kind == ENQUIRY
}

pub(super) const ENQUIRY: &str = "enquiry";
/// Or what else has a hundred minor units.
const A_POUND: i64 = 100;
/// Of so many at once each is tried as the first.
const MANY: usize = 16;
