//! How often anybody may claim what is not there. Claims that found their money cost nothing, and repeating a
//! claim costs nothing: it tells nothing new. What is counted are the claims in the database, so that a
//! restart forgets nothing.

use std::net::IpAddr;

use wharf_core::Network;
use wharf_store::StoreError;

use crate::tables::Db;
use crate::tables::bindings;
use crate::tables::claims::{self, Claim, Claimer};
use crate::tables::stores::StoreRow;

/// Whose tries are too many; for the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exceeded {
    Client,
    ClientDay,
    Phone,
    Source,
}

impl Exceeded {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::ClientDay => "client_day",
            Self::Phone => "phone",
            Self::Source => "source",
        }
    }
}

/// Whether one more claim, which was just entered, is too many.
pub(crate) async fn exceeded(
    db: &mut Db,
    store: &StoreRow,
    claim: &Claim,
) -> Result<Option<Exceeded>, StoreError> {
    let caution = &store.caution;
    let soon = claim.created_at - TEN_MINUTES;
    let over = |limit: i64, misses: i64| limit > 0 && misses >= limit;
    if caution.misses_client > 0 || caution.misses_client_day > 0 {
        let day = claim.created_at - A_DAY;
        let claimer = Claimer {
            site: &claim.site,
            client: claim.client,
            by: claim.source,
        };
        let misses = claims::misses_of_client(db, claimer, Some(claim), soon, day).await?;
        if over(caution.misses_client, misses.0) {
            return Ok(Some(Exceeded::Client));
        }
        if over(caution.misses_client_day, misses.1) {
            return Ok(Some(Exceeded::ClientDay));
        }
    }
    let me = (claim.site.clone(), claim.client);
    if caution.misses_phone > 0
        // Others' tries keep nobody from the phone that he is known to pay from.
        && !bindings::owners(db, &store.id, &claim.phone).await?.contains(&me)
        && over(
            caution.misses_phone,
            claims::misses_of_phone(db, claim, soon).await?,
        )
    {
        return Ok(Some(Exceeded::Phone));
    }
    let Some(origin) = claim.origin.as_deref() else {
        return Ok(None);
    };
    // A shop's own server, which the store lists, asks for all its customers.
    let listed = || {
        let networks = caution.check_sources.split_whitespace();
        let address: Option<IpAddr> = origin.parse().ok();
        networks
            .filter_map(|network| network.parse::<Network>().ok())
            .any(|network| address.is_some_and(|address| network.holds(address)))
    };
    if caution.misses_source > 0
        && !listed()
        && over(
            caution.misses_source,
            claims::misses_of_source(db, claim, origin, soon).await?,
        )
    {
        return Ok(Some(Exceeded::Source));
    }
    Ok(None)
}

/// Whether who was turned away has used up the tries of a day: ten minutes later it would be the same.
pub(crate) async fn has_used_up_day(
    db: &mut Db,
    store: &StoreRow,
    claimer: Claimer<'_>,
    now: i64,
) -> Result<bool, StoreError> {
    let limit = store.caution.misses_client_day;
    if limit <= 0 {
        return Ok(false);
    }
    let (_, misses) = claims::misses_of_client(db, claimer, None, now, now - A_DAY).await?;
    Ok(misses >= limit)
}

const TEN_MINUTES: i64 = 600_000;
const A_DAY: i64 = 24 * 3_600_000;
