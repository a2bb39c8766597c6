//! `[[site]]`

use wharf_whmcs::setup::{SetupError, SiteSetup};

use super::{Change, distinct, mistake};
use crate::rooms::Rooms;
use crate::trouble::Trouble;

pub async fn check(sites: &[SiteSetup], rooms: &Rooms) -> Result<(), Trouble> {
    distinct("site", sites.iter().map(|site| site.id.as_str()))?;
    for (place, site) in sites.iter().enumerate() {
        site.check()
            .map_err(|error| mistake("site", &site.id, &error))?;
        let twin = sites
            .iter()
            .take(place)
            .find(|other| other.token.expose() == site.token.expose());
        let holder = rooms
            .sites
            .by_token(site.token.expose())
            .await
            .map_err(database)?
            .map(String::from);
        // The holder may be about to get another token from this document; applying it in two steps is
        // asking little.
        let other = twin
            .map(|twin| twin.id.clone())
            .or(holder.filter(|holder| *holder != site.id));
        if let Some(other) = other {
            return Err(mistake(
                "site",
                &site.id,
                &SetupError::SharedToken {
                    id: site.id.clone(),
                    other,
                },
            ));
        }
    }
    Ok(())
}

pub async fn apply(site: &SiteSetup, rooms: &Rooms) -> Result<Change, Trouble> {
    let known = rooms.sites.url(&site.id).await.map_err(database)?.is_some();
    rooms
        .sites
        .upsert(site)
        .await
        .map_err(|error| Trouble::failed(format!("site \"{}\"", site.id)).because(error))?;
    let what = if known { "updated" } else { "added" };
    Ok(Change {
        kind: "site",
        id: site.id.clone(),
        what,
    })
}

fn database(error: wharf_store::StoreError) -> Trouble {
    Trouble::failed("the sites cannot be read").because(error)
}
