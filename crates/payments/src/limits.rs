//! How often anybody may claim what is not there. Claims that found their money cost nothing, and repeating a
//! claim costs nothing: it tells nothing new. What is counted are the claims in the database, so that a
//! restart forgets nothing.

use std::net::IpAddr;

use wharf_core::Network;
use wharf_store::StoreError;

use crate::tables::Db;
use crate::tables::claims::{self, Claim};
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
    if over(
        caution.misses_client,
        claims::misses_of_client(db, claim, soon).await?,
    ) {
        return Ok(Some(Exceeded::Client));
    }
    let day = claim.created_at - A_DAY;
    if over(
        caution.misses_client_day,
        claims::misses_of_client(db, claim, day).await?,
    ) {
        return Ok(Some(Exceeded::ClientDay));
    }
    if over(
        caution.misses_phone,
        claims::misses_of_phone(db, claim, soon).await?,
    ) {
        return Ok(Some(Exceeded::Phone));
    }
    // A shop's own server, which the store lists, asks for all its customers.
    let listed = claim.origin.as_ref().is_some_and(|origin| {
        let networks = caution.check_sources.split_whitespace();
        let address: Option<IpAddr> = origin.parse().ok();
        networks
            .filter_map(|network| network.parse::<Network>().ok())
            .any(|network| address.is_some_and(|address| network.holds(address)))
    });
    if !listed
        && over(
            caution.misses_source,
            claims::misses_of_source(db, claim, soon).await?,
        )
    {
        return Ok(Some(Exceeded::Source));
    }
    Ok(None)
}

const TEN_MINUTES: i64 = 600_000;
const A_DAY: i64 = 24 * 3_600_000;
