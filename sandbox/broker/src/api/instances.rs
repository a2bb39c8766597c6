//! Provisioning, fetching, updating and deprovisioning instances.

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value, json};

use super::request::{Asked, Fields};
use super::{Answer, accepted, answer, asked_before, carry_out, end, later, made, now};
use crate::Broker;
use crate::catalog::{self, OF_INSTANCES};
use crate::life::{Life, Phase};
use crate::refusal::Refusal;
use crate::state::{Instance, State as Known};
use crate::trouble::Change;

pub async fn provision(
    broker: State<Broker>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let incomplete = asked.accepts_incomplete()?;
    let fields = Fields::read(&headers, &body)?;
    let (service_id, plan_id) = (fields.text("service_id")?, fields.text("plan_id")?);
    let plan = catalog::plan(service_id, plan_id)?;
    fields.text("organization_guid")?;
    fields.text("space_guid")?;
    let context = fields.object("context")?.cloned().unwrap_or_default();
    let parameters = fields.object("parameters")?.cloned().unwrap_or_default();
    catalog::check_parameters(&parameters, OF_INSTANCES)?;
    fields.check_maintenance(plan)?;

    carry_out(&mut broker.lock(), Change::Provision, |state, fails| {
        if let Some(known) = state.instance(&id) {
            let same = known.service_id == service_id
                && known.plan_id == plan_id
                && known.parameters == parameters;
            let facts = json!({ "dashboard_url": known.dashboard_url });
            return asked_before("instance", &known.life, same, incomplete, facts);
        }
        if plan.slow_instances && !incomplete {
            return Err(Refusal::async_required());
        }
        let mut life = if plan.slow_instances {
            Life::creating(state.task(later(&broker), fails))
        } else {
            Life::ready()
        };
        let half_made = fails && !plan.slow_instances;
        if half_made {
            life.phase = Phase::Failed;
        }
        let instance = Instance {
            dashboard_url: format!("http://{}/dashboard/{id}", host(&headers)),
            id: id.clone(),
            service_id: service_id.to_owned(),
            plan_id: plan_id.to_owned(),
            parameters: parameters.clone(),
            context: context.clone().into(),
            created_at: now(&broker),
            change: None,
            data: String::new(),
            bindings: Vec::new(),
            life,
        };
        let facts = json!({ "dashboard_url": instance.dashboard_url });
        let made = made(&instance.life, facts);
        state.instances.push(instance);
        if half_made {
            return Err(Refusal::broken());
        }
        Ok(made)
    })
}

pub async fn fetch(State(broker): State<Broker>, Path(id): Path<String>) -> Answer {
    let absent = || Refusal::not_found("there is no such instance");
    let mut state = broker.lock();
    let instance = state.instance(&id).ok_or_else(absent)?;
    if !catalog::offering(&instance.service_id)?.retrievable {
        return Err(Refusal::not_found(
            "instances of this service cannot be fetched",
        ));
    }
    match instance.life.phase {
        Phase::Creating | Phase::Failed | Phase::Gone => Err(absent()),
        Phase::Updating => Err(Refusal::busy()),
        Phase::Ready | Phase::Deleting => Ok(answer(
            StatusCode::OK,
            json!({
                "service_id": instance.service_id,
                "plan_id": instance.plan_id,
                "dashboard_url": instance.dashboard_url,
                "parameters": instance.parameters,
                "maintenance_info": { "version": instance.plan()?.version },
            }),
        )),
    }
}

pub async fn update(
    broker: State<Broker>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let incomplete = asked.accepts_incomplete()?;
    let fields = Fields::read(&headers, &body)?;
    let service_id = fields.text("service_id")?;
    catalog::offering(service_id)?;
    let wanted_plan = fields.optional_text("plan_id")?;
    let wanted = fields.object("parameters")?;
    fields.object("context")?;
    if let Some(previous) = fields.object("previous_values")?
        && let Some(plan_id) = previous.get("plan_id")
    {
        catalog::plan(service_id, plan_id.as_str().unwrap_or_default())?;
    }

    carry_out(&mut broker.lock(), Change::Update, |state, fails| {
        let task = state.task(later(&broker), fails);
        let instance = state
            .instance(&id)
            .ok_or_else(|| Refusal::not_found("there is no such instance"))?;
        if instance.service_id != service_id {
            return Err(Refusal::malformed("service_id is not that of the instance"));
        }
        let plan_id = wanted_plan.unwrap_or(&instance.plan_id).to_owned();
        let plan = catalog::plan(service_id, &plan_id)?;
        fields.check_maintenance(plan)?;
        let mut parameters: Map<String, Value> = instance.parameters.clone();
        parameters.extend(wanted.cloned().unwrap_or_default());
        catalog::check_parameters(&parameters, OF_INSTANCES)?;
        let change = (plan_id, parameters);
        match instance.life.phase {
            Phase::Updating if instance.change.as_ref() == Some(&change) && incomplete => {
                return Ok(accepted(&instance.life, Value::Null));
            }
            Phase::Creating | Phase::Updating | Phase::Deleting => return Err(Refusal::busy()),
            Phase::Failed | Phase::Gone => {
                return Err(Refusal::unsupported("the instance is half-made"));
            }
            Phase::Ready => {}
        }
        if instance.plan_id != change.0 && !instance.plan()?.updateable {
            return Err(Refusal::unsupported(
                "this plan cannot be changed for another",
            ));
        }
        if instance.plan_id == change.0 && instance.parameters == change.1 {
            return Ok(answer(StatusCode::OK, json!({})));
        }
        if plan.slow_instances || instance.plan()?.slow_instances {
            if !incomplete {
                return Err(Refusal::async_required());
            }
            instance.change = Some(change);
            instance.life.begin(Phase::Updating, task);
            let facts = json!({ "dashboard_url": instance.dashboard_url });
            return Ok(accepted(&instance.life, facts));
        }
        if fails {
            return Err(Refusal::broken());
        }
        (instance.plan_id, instance.parameters) = change;
        Ok(answer(
            StatusCode::OK,
            json!({ "dashboard_url": instance.dashboard_url }),
        ))
    })
}

pub async fn deprovision(
    broker: State<Broker>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    let incomplete = asked.accepts_incomplete()?;
    let (service_id, plan_id) = asked.service_and_plan()?;
    carry_out(&mut broker.lock(), Change::Deprovision, |state, fails| {
        let task = state.task(later(&broker), fails);
        let instance = state.instance(&id).ok_or_else(Refusal::gone)?;
        if (instance.service_id.as_str(), instance.plan_id.as_str()) != (service_id, plan_id) {
            return Err(Refusal::malformed(
                "service_id and plan_id are not those of the instance",
            ));
        }
        // "Platforms MUST delete all Service Bindings for a Service Instance prior to …"
        if instance
            .bindings
            .iter()
            .any(|binding| !binding.life.is_gone())
        {
            return Err(Refusal::unsupported("the instance still has bindings"));
        }
        let slow = instance.plan()?.slow_instances;
        end(&mut instance.life, slow, incomplete, task)
    })
}

/// The instance that a binding is about.
pub fn instance<'a>(state: &'a mut Known, id: &str) -> Result<&'a mut Instance, Refusal> {
    state
        .instance(id)
        .ok_or_else(|| Refusal::not_found("there is no such instance"))
}

pub fn host(headers: &HeaderMap) -> &str {
    headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or("localhost")
}
