//! A shop with many clients and domains, for measurements.

use std::collections::HashMap;

use super::Seed;
use crate::amount::Amount;
use crate::app::{App, HostError};
use crate::db::{Columns as _, Write, args};

/// Writes clients and domains inside the seed's transaction. They share one password, which nobody knows.
pub(super) async fn fill(app: &App, write: &mut Write, seed: &Seed) -> Result<(), HostError> {
    let now = app.now();
    let mut clients = Vec::with_capacity(seed.clients.len());
    for client in &seed.clients {
        let id = write
            .insert(
                "tblclients",
                &[
                    ("uuid", wharf_core::id::new_id(&app.clock).into()),
                    ("firstname", (&client.first_name).into()),
                    ("lastname", (&client.last_name).into()),
                    ("email", (&client.email).into()),
                    ("address1", "1 Sample Street".into()),
                    ("city", "Cairo".into()),
                    ("state", "Cairo".into()),
                    ("postcode", "11511".into()),
                    ("country", "EG".into()),
                    ("phonenumber", "01012345678".into()),
                    ("datecreated", app.today().into()),
                    ("created_at", (&now).into()),
                    ("updated_at", (&now).into()),
                ],
            )
            .await?;
        clients.push(id);
    }
    let prices = renewal_prices(write).await?;
    for domain in &seed.domains {
        let Some(client) = clients.get(domain.client) else {
            return Err(HostError::Seed(format!(
                "{} belongs to client {}, who is not there",
                domain.name, domain.client
            )));
        };
        let extension = domain.name.split_once('.').map_or("", |(_, tld)| tld);
        let price = prices.get(extension).copied().unwrap_or_default();
        let sql = "INSERT INTO tbldomains (userid, domain, registrar, registrationdate, expirydate, nextduedate, nextinvoicedate, status,
            registrationperiod, firstpaymentamount, recurringamount, paymentmethod, idprotection, created_at, updated_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?5, 'Active', 1, ?6, ?6, ?8, ?9, ?7, ?7)";
        let values = args![
            *client,
            &domain.name,
            &domain.registrar,
            &domain.registered,
            &domain.expires,
            price,
            &now,
            seed.gateways.first().map_or("", |gateway| &gateway.module),
            domain.id_protection
        ];
        write.exec(sql, values).await?;
    }
    Ok(())
}

/// For a year in the shop's own currency, by extension without the dot.
async fn renewal_prices(write: &mut Write) -> Result<HashMap<String, Amount>, HostError> {
    let sql = "SELECT d.extension, p.msetupfee FROM tbldomainpricing d JOIN tblpricing p ON p.relid = d.id
        AND p.type = 'domainrenew' AND p.currency = (SELECT id FROM tblcurrencies WHERE \"default\" = 1)";
    let rows = write.rows(sql, &[]).await?;
    Ok(rows
        .iter()
        .map(|row| {
            let extension = row.text("extension").trim_start_matches('.');
            (extension.to_owned(), row.amount("msetupfee"))
        })
        .collect())
}
