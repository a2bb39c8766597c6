//! Queries on what went to suppliers.

use sqlx::Row as _;
use sqlx::any::AnyRow;
use wharf_store::{Store, StoreError};

use super::ServiceId;
use crate::supplier::Exchange;

/// Writes down that a request goes out; the row's id.
pub(crate) async fn begin(
    store: &Store,
    id: &ServiceId,
    run: &str,
    effect: &str,
    exchange: &Exchange,
) -> Result<String, StoreError> {
    let row = wharf_core::id::new_id(store.clock());
    sqlx::query(
        "INSERT INTO service_calls (id, site, service_id, run, effect_key, action, step, at, method, path, request, \
         status, response, ending, milliseconds) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, '', '', 0)",
    )
    .bind(&row)
    .bind(&id.site)
    .bind(id.service)
    .bind(run)
    .bind(effect)
    .bind(&exchange.action)
    .bind(&exchange.step)
    .bind(exchange.at)
    .bind(&exchange.method)
    .bind(&exchange.path)
    .bind(&exchange.request)
    .execute(store.pool())
    .await?;
    Ok(row)
}

/// Adds the answer.
pub(crate) async fn end(store: &Store, row: &str, exchange: &Exchange) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE service_calls SET status = $1, response = $2, ending = $3, milliseconds = $4 WHERE id = $5",
    )
    .bind(i64::from(exchange.status.unwrap_or(0)))
    .bind(&exchange.response)
    .bind(&exchange.end)
    .bind(exchange.milliseconds)
    .bind(row)
    .execute(store.pool())
    .await?;
    Ok(())
}

/// When an effect last sent a change in a step, and how that ended: nothing where no answer was seen.
pub(crate) async fn last_sent(
    store: &Store,
    effect: &str,
    step: &str,
) -> Result<Option<(i64, String)>, StoreError> {
    let row = sqlx::query(
        "SELECT at, ending FROM service_calls WHERE effect_key = $1 AND step = $2 AND method <> 'GET' \
         AND ending <> 'not sent' ORDER BY id DESC LIMIT 1",
    )
    .bind(effect)
    .bind(step)
    .fetch_optional(store.pool())
    .await?;
    row.map(|row| Ok((row.try_get("at")?, row.try_get("ending")?)))
        .transpose()
}

/// What went out for a service since a moment, oldest first.
pub(crate) async fn since(
    store: &Store,
    id: &ServiceId,
    at: i64,
    most: i64,
) -> Result<Vec<Exchange>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM service_calls WHERE site = $1 AND service_id = $2 AND at >= $3 ORDER BY id DESC LIMIT $4",
    )
    .bind(&id.site)
    .bind(id.service)
    .bind(at)
    .bind(most)
    .fetch_all(store.pool())
    .await?;
    let mut exchanges = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    exchanges.reverse();
    Ok(exchanges)
}

/// The effects that sent something for a service, newest first.
pub(crate) async fn effects(
    store: &Store,
    id: &ServiceId,
    most: i64,
) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(
        "SELECT effect_key, MAX(id) AS newest FROM service_calls WHERE site = $1 AND service_id = $2 \
         AND effect_key <> '' GROUP BY effect_key ORDER BY newest DESC LIMIT $3",
    )
    .bind(&id.site)
    .bind(id.service)
    .bind(most)
    .fetch_all(store.pool())
    .await?;
    rows.iter()
        .map(|row| Ok(row.try_get("effect_key")?))
        .collect()
}

/// Writes down what a person did about a service, among what went to its supplier.
pub(crate) async fn note(store: &Store, id: &ServiceId, text: &str) -> Result<(), StoreError> {
    let exchange = Exchange {
        action: "review".to_owned(),
        method: "NOTE".to_owned(),
        request: text.to_owned(),
        end: "done".to_owned(),
        at: store.clock().now_ms(),
        ..Exchange::default()
    };
    let row = begin(store, id, "", "", &exchange).await?;
    end(store, &row, &exchange).await
}

/// Forgets what is older than the newest `keep`.
pub(crate) async fn prune(store: &Store, id: &ServiceId, keep: i64) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM service_calls WHERE site = $1 AND service_id = $2 AND ending <> '' AND id < \
         (SELECT MIN(id) FROM (SELECT id FROM service_calls WHERE site = $1 AND service_id = $2 \
         ORDER BY id DESC LIMIT $3) newest)",
    )
    .bind(&id.site)
    .bind(id.service)
    .bind(keep)
    .execute(store.pool())
    .await?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<Exchange, StoreError> {
    let status: i64 = row.try_get("status")?;
    Ok(Exchange {
        action: row.try_get("action")?,
        step: row.try_get("step")?,
        method: row.try_get("method")?,
        path: row.try_get("path")?,
        request: row.try_get("request")?,
        status: u16::try_from(status).ok().filter(|status| *status > 0),
        response: row.try_get("response")?,
        end: row.try_get("ending")?,
        milliseconds: row.try_get("milliseconds")?,
        at: row.try_get("at")?,
    })
}
