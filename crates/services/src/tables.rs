//! Queries on the services that Wharf provisioned.

use serde_json::Value;
use sqlx::Row as _;
use sqlx::any::AnyRow;
use wharf_store::{Store, StoreError};

use crate::connector::{Facts, as_text};

/// A WHMCS service.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub(crate) struct ServiceId {
    pub site: String,
    pub service: i64,
}

/// What an order asks for.
#[derive(Clone, Debug)]
pub(crate) struct Ordered {
    pub connector: String,
    pub server: i64,
    pub authority: String,
    pub plan: String,
    pub domain: String,
}

/// What Wharf knows of a service.
#[derive(Clone, Debug)]
pub(crate) struct ServiceRow {
    pub generation: i64,
    pub cycle: i64,
    pub connector: String,
    pub server: i64,
    pub plan: String,
    pub domain: String,
    pub state: State,
    pub service: Option<Facts>,
    pub licence: Option<Facts>,
    pub seen_at: i64,
}

/// Where a service stands by what was done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Ordered; not created to the end.
    New,
    Active,
    Suspended,
    Terminated,
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Terminated => "terminated",
        }
    }

    fn read(text: &str) -> Option<Self> {
        [Self::New, Self::Active, Self::Suspended, Self::Terminated]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// Notes an order and answers its generation: a new one if the last one was terminated.
pub(crate) async fn order(
    store: &Store,
    id: &ServiceId,
    ordered: &Ordered,
) -> Result<i64, StoreError> {
    let now = store.clock().now_ms();
    let mut tx = store.begin().await?;
    sqlx::query(
        "INSERT INTO services (site, service_id, generation, cycle, connector, server_id, authority, plan, domain, \
         state, seen_at, created_at, updated_at) VALUES ($1, $2, 1, 0, $3, $4, $5, $6, $7, 'new', 0, $8, $8) \
         ON CONFLICT (site, service_id) DO NOTHING",
    )
    .bind(&id.site)
    .bind(id.service)
    .bind(&ordered.connector)
    .bind(ordered.server)
    .bind(&ordered.authority)
    .bind(&ordered.plan)
    .bind(&ordered.domain)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    // What is not created yet may still be ordered otherwise; what is there stays as it was made.
    sqlx::query(
        "UPDATE services SET generation = CASE WHEN state = 'terminated' THEN generation + 1 ELSE generation END, \
         supplier_ref = CASE WHEN state = 'terminated' THEN NULL ELSE supplier_ref END, \
         service_facts = CASE WHEN state = 'terminated' THEN NULL ELSE service_facts END, \
         licence_facts = CASE WHEN state = 'terminated' THEN NULL ELSE licence_facts END, \
         connector = $3, server_id = $4, authority = $5, plan = $6, domain = $7, updated_at = $8, state = 'new' \
         WHERE site = $1 AND service_id = $2 AND (state = 'terminated' OR (state = 'new' AND supplier_ref IS NULL))",
    )
    .bind(&id.site)
    .bind(id.service)
    .bind(&ordered.connector)
    .bind(ordered.server)
    .bind(&ordered.authority)
    .bind(&ordered.plan)
    .bind(&ordered.domain)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    let row = sqlx::query("SELECT generation FROM services WHERE site = $1 AND service_id = $2")
        .bind(&id.site)
        .bind(id.service)
        .fetch_one(&mut *tx)
        .await?;
    let generation = row.try_get(0)?;
    tx.commit().await?;
    Ok(generation)
}

pub(crate) async fn by_id(store: &Store, id: &ServiceId) -> Result<Option<ServiceRow>, StoreError> {
    let row = sqlx::query("SELECT * FROM services WHERE site = $1 AND service_id = $2")
        .bind(&id.site)
        .bind(id.service)
        .fetch_optional(store.pool())
        .await?;
    row.as_ref().map(ServiceRow::read).transpose()
}

/// Keeps what the supplier told of its service; nothing, if the service was created anew since.
pub(crate) async fn note_service(
    store: &Store,
    id: &ServiceId,
    generation: i64,
    facts: &Facts,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE services SET service_facts = $1, supplier_ref = $2, seen_at = $3, updated_at = $3 \
         WHERE site = $4 AND service_id = $5 AND generation = $6",
    )
    .bind(Value::Object(facts.clone()).to_string())
    .bind(facts.get("id").map(as_text))
    .bind(store.clock().now_ms())
    .bind(&id.site)
    .bind(id.service)
    .bind(generation)
    .execute(store.pool())
    .await?;
    Ok(())
}

/// Records that the service was created to the end, with its licence.
pub(crate) async fn created(
    store: &Store,
    id: &ServiceId,
    generation: i64,
    licence: &Facts,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE services SET state = 'active', licence_facts = $1, updated_at = $2 \
         WHERE site = $3 AND service_id = $4 AND generation = $5 AND state = 'new'",
    )
    .bind(Value::Object(licence.clone()).to_string())
    .bind(store.clock().now_ms())
    .bind(&id.site)
    .bind(id.service)
    .bind(generation)
    .execute(store.pool())
    .await?;
    Ok(())
}

/// Records a change that was done, and what the supplier calls the state now.
pub(crate) async fn changed(
    store: &Store,
    id: &ServiceId,
    generation: i64,
    state: State,
    facts: Option<&Facts>,
) -> Result<(), StoreError> {
    let now = store.clock().now_ms();
    sqlx::query(
        "UPDATE services SET state = $1, cycle = cycle + 1, service_facts = COALESCE($2, service_facts), \
         seen_at = $3, updated_at = $3 WHERE site = $4 AND service_id = $5 AND generation = $6",
    )
    .bind(state.as_str())
    .bind(facts.map(|facts| Value::Object(facts.clone()).to_string()))
    .bind(now)
    .bind(&id.site)
    .bind(id.service)
    .bind(generation)
    .execute(store.pool())
    .await?;
    Ok(())
}

/// Another service of ours, not terminated, that has this resource of the supplier.
pub(crate) async fn other_owner(
    store: &Store,
    id: &ServiceId,
    authority: &str,
    reference: &str,
) -> Result<Option<ServiceId>, StoreError> {
    let row = sqlx::query(
        "SELECT site, service_id FROM services WHERE authority = $1 AND supplier_ref = $2 \
         AND state <> 'terminated' AND NOT (site = $3 AND service_id = $4) LIMIT 1",
    )
    .bind(authority)
    .bind(reference)
    .bind(&id.site)
    .bind(id.service)
    .fetch_optional(store.pool())
    .await?;
    row.map(|row| {
        Ok(ServiceId {
            site: row.try_get(0)?,
            service: row.try_get(1)?,
        })
    })
    .transpose()
}

/// Remembers where a server is.
pub(crate) async fn keep_server(
    store: &Store,
    site: &str,
    server: i64,
    base: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO service_servers (site, server_id, base, updated_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (site, server_id) DO UPDATE SET base = excluded.base, updated_at = excluded.updated_at",
    )
    .bind(site)
    .bind(server)
    .bind(base)
    .bind(store.clock().now_ms())
    .execute(store.pool())
    .await?;
    Ok(())
}

pub(crate) async fn server_base(
    store: &Store,
    site: &str,
    server: i64,
) -> Result<Option<String>, StoreError> {
    let row = sqlx::query("SELECT base FROM service_servers WHERE site = $1 AND server_id = $2")
        .bind(site)
        .bind(server)
        .fetch_optional(store.pool())
        .await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}

impl ServiceRow {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        let stored = |source| StoreError::Stored {
            what: "a service".to_owned(),
            source,
        };
        let facts = |column: &str| -> Result<Option<Facts>, StoreError> {
            let text: Option<String> = row.try_get(column)?;
            text.map(|text| serde_json::from_str(&text).map_err(|error| stored(Some(error))))
                .transpose()
        };
        let state: String = row.try_get("state")?;
        Ok(Self {
            generation: row.try_get("generation")?,
            cycle: row.try_get("cycle")?,
            connector: row.try_get("connector")?,
            server: row.try_get("server_id")?,
            plan: row.try_get("plan")?,
            domain: row.try_get("domain")?,
            state: State::read(&state).ok_or_else(|| stored(None))?,
            service: facts("service_facts")?,
            licence: facts("licence_facts")?,
            seen_at: row.try_get("seen_at")?,
        })
    }
}
