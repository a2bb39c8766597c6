//! What is sold. Ids are fixed: a platform knows offerings and plans by them alone.

use serde_json::{Map, Value, json};

use crate::refusal::Refusal;

pub struct Offering {
    pub id: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    /// Whether instances and bindings can be fetched.
    pub retrievable: bool,
    pub plans: &'static [Plan],
}

pub struct Plan {
    pub id: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    /// Instances are made, changed and deleted after a while; the platform must accept that.
    pub slow_instances: bool,
    pub slow_bindings: bool,
    pub updateable: bool,
    pub version: &'static str,
}

pub const OFFERINGS: [Offering; 2] = [
    Offering {
        id: "7c2f0c1e-8a53-4a8e-9d0a-0c9a6f6e1d01",
        name: "harbour-database",
        description: "A small database in the harbour.",
        retrievable: true,
        plans: &[
            Plan {
                id: "7c2f0c1e-8a53-4a8e-9d0a-0c9a6f6e1d11",
                name: "skiff",
                description: "A shared database, there at once.",
                slow_instances: false,
                slow_bindings: false,
                updateable: true,
                version: "1.0.0",
            },
            Plan {
                id: "7c2f0c1e-8a53-4a8e-9d0a-0c9a6f6e1d12",
                name: "barge",
                description: "A database of its own, there after a while.",
                slow_instances: true,
                slow_bindings: false,
                updateable: true,
                version: "1.0.0",
            },
            Plan {
                id: "7c2f0c1e-8a53-4a8e-9d0a-0c9a6f6e1d13",
                name: "freighter",
                description: "A database with replicas; its credentials take a while too.",
                slow_instances: true,
                slow_bindings: true,
                updateable: false,
                version: "2.1.0",
            },
        ],
    },
    // What many real brokers are: nothing can be fetched, credentials are told when they are made.
    Offering {
        id: "7c2f0c1e-8a53-4a8e-9d0a-0c9a6f6e1d02",
        name: "harbour-notes",
        description: "Notes that nobody can look up a second time.",
        retrievable: false,
        plans: &[Plan {
            id: "7c2f0c1e-8a53-4a8e-9d0a-0c9a6f6e1d21",
            name: "slip",
            description: "One note.",
            slow_instances: false,
            slow_bindings: false,
            updateable: false,
            version: "1.0.0",
        }],
    },
];

/// The answer of `GET /v2/catalog`.
pub fn catalog() -> Value {
    let offerings: Vec<Value> = OFFERINGS.iter().map(offering_object).collect();
    json!({ "services": offerings })
}

/// An offering by its id.
pub fn offering(service_id: &str) -> Result<&'static Offering, Refusal> {
    OFFERINGS
        .iter()
        .find(|offering| offering.id == service_id)
        .ok_or_else(|| Refusal::malformed("service_id is not in the catalog"))
}

/// A plan of an offering.
pub fn plan(service_id: &str, plan_id: &str) -> Result<&'static Plan, Refusal> {
    offering(service_id)?
        .plans
        .iter()
        .find(|plan| plan.id == plan_id)
        .ok_or_else(|| Refusal::malformed("plan_id is no plan of this service"))
}

/// What can be configured, of instances and of bindings alike: nothing else than the schema in the catalogue.
pub fn check_parameters(
    parameters: &Map<String, Value>,
    allowed: &[Parameter],
) -> Result<(), Refusal> {
    for (name, value) in parameters {
        let Some((_, values)) = allowed.iter().find(|(known, _)| known == name) else {
            return Err(Refusal::malformed(&format!(
                "the parameter {name} is not known"
            )));
        };
        if !value.as_str().is_some_and(|value| values.contains(&value)) {
            return Err(Refusal::malformed(&format!(
                "the parameter {name} must be one of: {}",
                values.join(", ")
            )));
        }
    }
    Ok(())
}

/// A name and its possible values.
pub type Parameter = (&'static str, &'static [&'static str]);

pub const OF_INSTANCES: &[Parameter] = &[
    ("region", &["north", "south"]),
    ("backup", &["daily", "none"]),
];
pub const OF_BINDINGS: &[Parameter] = &[("access", &["read", "write"])];

fn offering_object(offering: &Offering) -> Value {
    let plans: Vec<Value> = offering.plans.iter().map(plan_object).collect();
    json!({
        "id": offering.id,
        "name": offering.name,
        "description": offering.description,
        "tags": ["database"],
        "bindable": true,
        "binding_rotatable": true,
        "instances_retrievable": offering.retrievable,
        "bindings_retrievable": offering.retrievable,
        "allow_context_updates": true,
        "plan_updateable": true,
        "metadata": { "displayName": offering.name },
        "plans": plans,
    })
}

fn plan_object(plan: &Plan) -> Value {
    let schema = |parameters: &[Parameter]| {
        let properties: Map<String, Value> = parameters
            .iter()
            .map(|(name, values)| {
                (
                    (*name).to_owned(),
                    json!({ "type": "string", "enum": values }),
                )
            })
            .collect();
        json!({ "parameters": {
            "$schema": "http://json-schema.org/draft-04/schema#",
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
        } })
    };
    json!({
        "id": plan.id,
        "name": plan.name,
        "description": plan.description,
        "free": false,
        "bindable": true,
        "plan_updateable": plan.updateable,
        "maximum_polling_duration": 3600,
        "maintenance_info": { "version": plan.version, "description": "The version of the database." },
        "schemas": {
            "service_instance": { "create": schema(OF_INSTANCES), "update": schema(OF_INSTANCES) },
            "service_binding": { "create": schema(OF_BINDINGS) },
        },
    })
}
