//! What the broker knows.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::catalog;
use crate::life::{Life, Task};
use crate::refusal::Refusal;
use crate::trouble::{Change, Trouble, Way};

#[derive(Debug, Default)]
pub struct State {
    /// Gone ones too, in the order of their making.
    pub instances: Vec<Instance>,
    pub troubles: Vec<Trouble>,
    tasks: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct Instance {
    pub id: String,
    pub service_id: String,
    pub plan_id: String,
    pub parameters: Map<String, Value>,
    pub context: Value,
    pub dashboard_url: String,
    pub created_at: String,
    /// What the last update makes of it when it ends.
    #[serde(skip)]
    pub change: Option<(String, Map<String, Value>)>,
    /// The database.
    pub data: String,
    pub bindings: Vec<Binding>,
    #[serde(flatten)]
    pub life: Life,
}

#[derive(Clone, Debug, Serialize)]
pub struct Binding {
    pub id: String,
    pub parameters: Map<String, Value>,
    pub bind_resource: Value,
    pub username: String,
    #[serde(skip)]
    pub password: String,
    pub created_at: String,
    #[serde(flatten)]
    pub life: Life,
}

impl State {
    /// Ends what is due.
    pub fn advance(&mut self, now_ms: i64) {
        for instance in &mut self.instances {
            if instance.life.advance(now_ms)
                && let Some((plan_id, parameters)) = instance.change.take()
            {
                instance.plan_id = plan_id;
                instance.parameters = parameters;
            }
            for binding in &mut instance.bindings {
                binding.life.advance(now_ms);
            }
        }
    }

    /// The instance with this id that is not gone.
    pub fn instance(&mut self, id: &str) -> Option<&mut Instance> {
        self.instances
            .iter_mut()
            .find(|instance| instance.id == id && !instance.life.is_gone())
    }

    /// The newest instance with this id, even if it is gone.
    pub fn latest(&mut self, id: &str) -> Option<&mut Instance> {
        self.instances
            .iter_mut()
            .rev()
            .find(|instance| instance.id == id)
    }

    pub fn task(&mut self, ends_ms: i64, fails: bool) -> Task {
        self.tasks += 1;
        Task {
            id: format!("task_{}", self.tasks),
            ends_ms,
            fails,
        }
    }

    /// What was ordered to go wrong with this change, if anything; it is used up.
    pub fn strike(&mut self, on: Change) -> Option<Way> {
        let at = self.troubles.iter().position(|trouble| trouble.on == on)?;
        Some(self.troubles.remove(at).way)
    }
}

impl Instance {
    pub fn plan(&self) -> Result<&'static catalog::Plan, Refusal> {
        catalog::plan(&self.service_id, &self.plan_id)
    }

    pub fn binding(&mut self, id: &str) -> Option<&mut Binding> {
        self.bindings
            .iter_mut()
            .find(|binding| binding.id == id && !binding.life.is_gone())
    }

    pub fn latest_binding(&self, id: &str) -> Option<&Binding> {
        self.bindings.iter().rev().find(|binding| binding.id == id)
    }
}

/// An unpredictable text.
pub fn random() -> Result<String, Refusal> {
    let mut bytes = [0_u8; 12];
    getrandom::fill(&mut bytes).map_err(|_| Refusal::broken())?;
    Ok(hex::encode(bytes))
}
