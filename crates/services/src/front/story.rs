//! Services as staff looks at them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};
use wharf_store::StoreError;
use wharf_store::journal::{Entry, Filter, State as Journaled};

use crate::effects::Act;
use crate::language::Action;
use crate::services::Services;
use crate::supplier::Exchange;
use crate::tables::{ServiceId, ServiceRow, State, calls, services as rows};
use crate::view;
use wharf_store::Effect as _;

/// One line of the list of services.
#[derive(Clone, Debug, Serialize)]
pub struct ServiceSummary {
    #[serde(flatten)]
    pub id: ServiceId,
    pub connector: String,
    pub plan: String,
    pub domain: String,
    pub state: State,
    pub reference: Option<String>,
    /// Why its last action is not done.
    pub trouble: Option<String>,
    /// What the supplier says otherwise than Wharf.
    pub drift: Option<String>,
    /// Epoch milliseconds.
    pub updated_at: i64,
}

/// Everything about one service.
#[derive(Clone, Debug, Serialize)]
pub struct Story {
    #[serde(flatten)]
    pub summary: ServiceSummary,
    pub server: i64,
    pub authority: String,
    pub generation: i64,
    pub options: Map<String, Value>,
    /// What steps kept, by their names.
    pub kept: BTreeMap<String, Map<String, Value>>,
    pub usage: Option<Value>,
    pub usage_at: i64,
    pub seen_at: i64,
    pub changed_at: i64,
    /// The connector's facts for staff, title and value; secret ones are left out.
    pub facts: Vec<(String, String)>,
    /// Buttons of the connector for staff, name and title.
    pub buttons: Vec<(String, String)>,
    /// Actions and their steps, newest first.
    pub effects: Vec<StoryEffect>,
    /// What went to the supplier, oldest first.
    pub calls: Vec<Exchange>,
}

/// An action, a step, the taking back of one, or the wait for one.
#[derive(Clone, Debug, Serialize)]
pub struct StoryEffect {
    /// In the journal.
    pub id: String,
    /// `action`, `step`, `undo`, `wait`
    pub kind: &'static str,
    pub action: String,
    /// None for an action.
    pub step: Option<String>,
    pub state: Journaled,
    pub attempts: i64,
    pub reason: Option<String>,
    pub created_at: i64,
    pub updated_at: i64,
    pub due_at: i64,
}

impl Story {
    /// Whether there is something that a person may decide.
    pub fn is_open(&self) -> bool {
        let open =
            |effect: &StoryEffect| !matches!(effect.state, Journaled::Done | Journaled::Refused);
        self.summary.trouble.is_some() || self.effects.iter().any(open)
    }
}

impl Services {
    /// The services that changed last; with `attention` those only that a person should look at.
    pub async fn list(
        &self,
        state: Option<State>,
        attention: bool,
        most: i64,
    ) -> Result<Vec<ServiceSummary>, StoreError> {
        let rows = rows::list(&self.world.store, state, attention, most).await?;
        Ok(rows.iter().map(summary).collect())
    }

    pub async fn story(&self, id: &ServiceId) -> Result<Option<Story>, StoreError> {
        let store = &self.world.store;
        let Some(row) = rows::by_id(store, id).await? else {
            return Ok(None);
        };
        let supplier = self
            .world
            .supplier(&id.site, row.server, &row.connector)
            .await;
        let (mut facts, mut buttons) = (Vec::new(), Vec::new());
        if let Ok(supplier) = &supplier {
            let shown = view::admin(&self.world, supplier, &row, "en").await;
            facts.extend(
                shown
                    .into_iter()
                    .filter(|fact| !fact.secret)
                    .map(|fact| (fact.title, fact.value)),
            );
            let staff = view::buttons(&supplier.connector, crate::language::Who::Admin, "en");
            buttons.extend(
                staff
                    .into_iter()
                    .map(|button| (button.function, button.title)),
            );
        }
        Ok(Some(Story {
            facts,
            buttons,
            effects: self.effects(id).await?,
            calls: calls::since(store, id, 0, MOST_CALLS).await?,
            server: row.server,
            authority: row.authority.clone(),
            generation: row.generation,
            options: row.options.clone(),
            kept: row.kept.clone(),
            usage: row.usage.clone(),
            usage_at: row.usage_at,
            seen_at: row.seen_at,
            changed_at: row.changed_at,
            summary: summary(&row),
        }))
    }

    async fn effects(&self, id: &ServiceId) -> Result<Vec<StoryEffect>, StoreError> {
        let journal = self.world.store.journal();
        let mut entries = self.actions(id).await?;
        for key in calls::effects(&self.world.store, id, MOST_EFFECTS).await? {
            let wait = journal.by_key(&format!("wait/{key}")).await?;
            entries.extend(journal.by_key(&key).await?);
            entries.extend(wait);
        }
        let mut all: Vec<StoryEffect> = entries.iter().filter_map(effect).collect();
        all.sort_by(|a, b| b.created_at.cmp(&a.created_at).then(b.id.cmp(&a.id)));
        all.dedup_by(|a, b| a.id == b.id);
        Ok(all)
    }

    /// The actions of a service in the journal, newest first.
    pub(super) async fn actions(&self, id: &ServiceId) -> Result<Vec<Entry>, StoreError> {
        let filter = Filter {
            subject: Some(format!("service/{}/{}", id.site, id.service)),
            kind: Some(Act::KIND.to_owned()),
            limit: MOST_EFFECTS,
            ..Filter::default()
        };
        self.world.store.journal().list(&filter).await
    }
}

fn summary(row: &ServiceRow) -> ServiceSummary {
    ServiceSummary {
        id: row.id.clone(),
        connector: row.connector.clone(),
        plan: row.plan.clone(),
        domain: row.domain.clone(),
        state: row.state,
        reference: row.reference.clone(),
        trouble: row.trouble.clone(),
        drift: row.drift.clone(),
        updated_at: row.updated_at,
    }
}

fn effect(entry: &Entry) -> Option<StoryEffect> {
    let input = match entry.kind.as_str() {
        "services.wait" => entry.input.get("step")?,
        _ => &entry.input,
    };
    let undo = input.get("undo").and_then(Value::as_bool) == Some(true);
    let kind = match entry.kind.as_str() {
        "services.action" => "action",
        "services.wait" => "wait",
        "services.step" if undo => "undo",
        "services.step" => "step",
        _ => return None,
    };
    let action: Action = serde_json::from_value(input.get("action")?.clone()).ok()?;
    Some(StoryEffect {
        id: entry.id.clone(),
        kind,
        action: action.to_string(),
        step: input.get("step").and_then(Value::as_str).map(str::to_owned),
        state: entry.state,
        attempts: entry.attempt,
        reason: entry.reason.clone(),
        created_at: entry.created_at,
        updated_at: entry.updated_at,
        due_at: entry.due_at,
    })
}

const MOST_EFFECTS: i64 = 60;
const MOST_CALLS: i64 = 100;
