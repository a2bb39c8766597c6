//! Queries on the services that Wharf provisioned.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sqlx::any::AnyRow;
use sqlx::query::Query;
use sqlx::{Any, Database, Row as _};
use wharf_store::{Store, StoreError};

use crate::language::Context;
use crate::supplier::Facts;

/// A WHMCS service.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct ServiceId {
    pub site: String,
    pub service: i64,
}

/// What steps kept, by their names.
pub(crate) type Kept = BTreeMap<String, Facts>;

/// What an order asks for.
#[derive(Clone, Debug)]
pub(crate) struct Ordered {
    pub connector: String,
    pub server: i64,
    pub authority: String,
    pub domain: String,
    pub options: Facts,
    /// What texts know of the order.
    pub facts: Context,
}

/// What Wharf knows of a service.
#[derive(Clone, Debug)]
pub(crate) struct ServiceRow {
    pub id: ServiceId,
    pub generation: i64,
    pub cycle: i64,
    pub connector: String,
    pub server: i64,
    pub authority: String,
    pub plan: String,
    pub domain: String,
    pub state: State,
    /// The supplier's name of it.
    pub reference: Option<String>,
    pub kept: Kept,
    pub options: Facts,
    pub facts: Context,
    /// When the supplier was last heard of, and when Wharf last changed it.
    pub seen_at: i64,
    pub changed_at: i64,
    pub updated_at: i64,
    pub trouble: Option<String>,
    pub drift: Option<String>,
    pub usage: Option<Value>,
    pub usage_at: i64,
}

/// Where a service stands by what was done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Ordered; not created to the end.
    New,
    Active,
    Suspended,
    Terminated,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Terminated => "terminated",
        }
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        [Self::New, Self::Active, Self::Suspended, Self::Terminated]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// A statement on one service, which does nothing if that was created anew since. Its own values begin with $4.
macro_rules! of_one {
    ($what:literal $(, $and:literal)?) => {
        concat!($what, " WHERE site = $1 AND service_id = $2 AND generation = $3" $(, " AND ", $and)?)
    };
}

fn one<'q>(
    sql: &'static str,
    id: &'q ServiceId,
    generation: i64,
) -> Query<'q, Any, <Any as Database>::Arguments> {
    sqlx::query(sql)
        .bind(&id.site)
        .bind(id.service)
        .bind(generation)
}

/// Notes an order and answers its generation: a new one if the last one was terminated.
pub(crate) async fn order(
    store: &Store,
    id: &ServiceId,
    ordered: &Ordered,
) -> Result<i64, StoreError> {
    let now = store.clock().now_ms();
    let plan = plan(&ordered.options);
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
    .bind(&plan)
    .bind(&ordered.domain)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    // What is not created yet may still be ordered otherwise; what is there stays as it was made.
    sqlx::query(
        "UPDATE services SET generation = CASE WHEN state = 'terminated' THEN generation + 1 ELSE generation END, \
         supplier_ref = CASE WHEN state = 'terminated' THEN NULL ELSE supplier_ref END, \
         kept = CASE WHEN state = 'terminated' THEN '{}' ELSE kept END, \
         connector = $3, server_id = $4, authority = $5, plan = $6, domain = $7, updated_at = $8, options = $9, \
         order_facts = $10, state = 'new', trouble = NULL, drift = NULL, usage = NULL \
         WHERE site = $1 AND service_id = $2 AND (state = 'terminated' OR (state = 'new' AND supplier_ref IS NULL))",
    )
    .bind(&id.site)
    .bind(id.service)
    .bind(&ordered.connector)
    .bind(ordered.server)
    .bind(&ordered.authority)
    .bind(&plan)
    .bind(&ordered.domain)
    .bind(now)
    .bind(json!(ordered.options).to_string())
    .bind(json!(ordered.facts).to_string())
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

/// The services of a server that are not ended.
pub(crate) async fn of_server(
    store: &Store,
    site: &str,
    server: i64,
) -> Result<Vec<ServiceRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM services WHERE site = $1 AND server_id = $2 AND state <> 'terminated' ORDER BY service_id",
    )
    .bind(site)
    .bind(server)
    .fetch_all(store.pool())
    .await?;
    rows.iter().map(ServiceRow::read).collect()
}

/// The newest services; with `trouble`, those only that a person should look at.
pub(crate) async fn list(
    store: &Store,
    state: Option<State>,
    trouble: bool,
    most: i64,
) -> Result<Vec<ServiceRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM services WHERE ($1 = '' OR state = $1) \
         AND ($2 = 0 OR trouble IS NOT NULL OR drift IS NOT NULL) ORDER BY updated_at DESC LIMIT $3",
    )
    .bind(state.map(State::as_str).unwrap_or_default())
    .bind(i64::from(trouble))
    .bind(most)
    .fetch_all(store.pool())
    .await?;
    rows.iter().map(ServiceRow::read).collect()
}

/// Adds to what was kept, or with `None` takes a step's values away; and notes the supplier's name of the
/// service. Nothing, if the service was created anew since.
pub(crate) async fn keep(
    store: &Store,
    id: &ServiceId,
    generation: i64,
    step: &str,
    facts: Option<&Facts>,
    reference: Option<&str>,
) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    let known = one(of_one!("SELECT kept FROM services"), id, generation);
    let row = known.fetch_optional(&mut *tx).await?;
    let Some(row) = row else { return Ok(()) };
    let mut kept: Kept = json_of(row.try_get("kept")?)?;
    match facts {
        Some(facts) => kept
            .entry(step.to_owned())
            .or_default()
            .extend(facts.clone()),
        None => {
            kept.remove(step);
        }
    }
    let sql = of_one!("UPDATE services SET kept = $4, supplier_ref = $5, updated_at = $6");
    one(sql, id, generation)
        .bind(json!(kept).to_string())
        .bind(reference)
        .bind(store.clock().now_ms())
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Keeps what the supplier tells of its service now.
pub(crate) async fn seen(
    store: &Store,
    id: &ServiceId,
    generation: i64,
    kept: &Kept,
) -> Result<(), StoreError> {
    let sql = of_one!("UPDATE services SET kept = $4, seen_at = $5");
    one(sql, id, generation)
        .bind(json!(kept).to_string())
        .bind(store.clock().now_ms())
        .execute(store.pool())
        .await?;
    Ok(())
}

/// Records that the service was created to the end.
pub(crate) async fn created(
    store: &Store,
    id: &ServiceId,
    generation: i64,
) -> Result<(), StoreError> {
    let sql = of_one!(
        "UPDATE services SET state = 'active', trouble = NULL, seen_at = $4, changed_at = $4, updated_at = $4",
        "state = 'new'"
    );
    one(sql, id, generation)
        .bind(store.clock().now_ms())
        .execute(store.pool())
        .await?;
    Ok(())
}

/// Records a change that was done; with options, that they are the service's now. Only once for a cycle.
pub(crate) async fn changed(
    store: &Store,
    id: &ServiceId,
    generation: i64,
    cycle: i64,
    state: Option<State>,
    options: Option<(&Facts, &Context)>,
) -> Result<(), StoreError> {
    let sql = of_one!(
        "UPDATE services SET state = CASE WHEN $5 = '' THEN state ELSE $5 END, cycle = $6, trouble = NULL, \
         drift = NULL, changed_at = $7, updated_at = $7, \
         plan = CASE WHEN $8 = '' THEN plan ELSE $9 END, options = CASE WHEN $8 = '' THEN options ELSE $8 END, \
         order_facts = CASE WHEN $8 = '' THEN order_facts ELSE $10 END",
        "cycle = $4"
    );
    let (options, facts) = options.unzip();
    one(sql, id, generation)
        .bind(cycle)
        .bind(state.map(State::as_str).unwrap_or_default())
        .bind(cycle + 1)
        .bind(store.clock().now_ms())
        .bind(
            options
                .map(|options| json!(options).to_string())
                .unwrap_or_default(),
        )
        .bind(options.map(plan).unwrap_or_default())
        .bind(
            facts
                .map(|facts| json!(facts).to_string())
                .unwrap_or_default(),
        )
        .execute(store.pool())
        .await?;
    Ok(())
}

/// Notes why an action is not done. With `over`, its cycle has ended: another try is another effect.
pub(crate) async fn failed(
    store: &Store,
    id: &ServiceId,
    generation: i64,
    cycle: i64,
    over: bool,
    why: &str,
) -> Result<(), StoreError> {
    let sql = of_one!(
        "UPDATE services SET trouble = $5, updated_at = $6, cycle = cycle + $7",
        "cycle = $4"
    );
    one(sql, id, generation)
        .bind(cycle)
        .bind(why)
        .bind(store.clock().now_ms())
        .bind(i64::from(over))
        .execute(store.pool())
        .await?;
    Ok(())
}

/// A person says that all is well.
pub(crate) async fn no_trouble(store: &Store, id: &ServiceId) -> Result<(), StoreError> {
    sqlx::query("UPDATE services SET trouble = NULL, drift = NULL, updated_at = $1 WHERE site = $2 AND service_id = $3")
        .bind(store.clock().now_ms())
        .bind(&id.site)
        .bind(id.service)
        .execute(store.pool())
        .await?;
    Ok(())
}

/// Keeps what services used, and what the supplier says of them otherwise than Wharf.
pub(crate) async fn used(
    store: &Store,
    all: &[(ServiceId, Value, Option<String>)],
) -> Result<(), StoreError> {
    let now = store.clock().now_ms();
    let mut tx = store.begin().await?;
    for (id, usage, drift) in all {
        sqlx::query(
            "UPDATE services SET usage = $1, usage_at = $2, drift = $3 WHERE site = $4 AND service_id = $5",
        )
        .bind(usage.to_string())
        .bind(now)
        .bind(drift)
        .bind(&id.site)
        .bind(id.service)
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
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

impl ServiceRow {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        let state: String = row.try_get("state")?;
        let usage: Option<String> = row.try_get("usage")?;
        Ok(Self {
            id: ServiceId {
                site: row.try_get("site")?,
                service: row.try_get("service_id")?,
            },
            generation: row.try_get("generation")?,
            cycle: row.try_get("cycle")?,
            connector: row.try_get("connector")?,
            server: row.try_get("server_id")?,
            authority: row.try_get("authority")?,
            plan: row.try_get("plan")?,
            domain: row.try_get("domain")?,
            state: State::read(&state).ok_or_else(|| stored(None))?,
            reference: row.try_get("supplier_ref")?,
            kept: json_of(row.try_get("kept")?)?,
            options: json_of(row.try_get("options")?)?,
            facts: json_of(row.try_get("order_facts")?)?,
            seen_at: row.try_get("seen_at")?,
            changed_at: row.try_get("changed_at")?,
            updated_at: row.try_get("updated_at")?,
            trouble: row.try_get("trouble")?,
            drift: row.try_get("drift")?,
            usage: usage.as_deref().map(json_of).transpose()?,
            usage_at: row.try_get("usage_at")?,
        })
    }
}

/// The plan is what people call a service by.
fn plan(options: &Facts) -> String {
    options
        .get("plan")
        .or_else(|| options.values().next())
        .map(crate::supplier::as_text)
        .unwrap_or_default()
}

fn json_of<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| stored(Some(error)))
}

fn stored(source: Option<serde_json::Error>) -> StoreError {
    StoreError::Stored {
        what: "a service".to_owned(),
        source,
    }
}
