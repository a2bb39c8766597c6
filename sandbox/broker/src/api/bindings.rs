//! Binding, fetching and unbinding.

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::instances::{host, instance};
use super::request::{Asked, Fields};
use super::{Answer, answer, asked_before, carry_out, end, later, made, now};
use crate::Broker;
use crate::catalog::{self, OF_BINDINGS};
use crate::life::{Life, Phase};
use crate::refusal::Refusal;
use crate::state::{Binding, random};
use crate::trouble::Change;

pub async fn bind(
    broker: State<Broker>,
    Path((id, binding_id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let incomplete = asked.accepts_incomplete()?;
    let fields = Fields::read(&headers, &body)?;
    let (service_id, plan_id) = (fields.text("service_id")?, fields.text("plan_id")?);
    fields.optional_text("app_guid")?;
    fields.object("context")?;
    let predecessor = fields.optional_text("predecessor_binding_id")?;
    let bind_resource: Value = fields.object("bind_resource")?.cloned().into();
    let parameters = fields.object("parameters")?.cloned().unwrap_or_default();
    catalog::check_parameters(&parameters, OF_BINDINGS)?;

    carry_out(&mut broker.lock(), Change::Bind, |state, fails| {
        let task = state.task(later(&broker), fails);
        let instance = instance(state, &id)?;
        if (instance.service_id.as_str(), instance.plan_id.as_str()) != (service_id, plan_id) {
            return Err(Refusal::malformed(
                "service_id and plan_id are not those of the instance",
            ));
        }
        match instance.life.phase {
            Phase::Ready => {}
            Phase::Creating | Phase::Updating | Phase::Deleting => return Err(Refusal::busy()),
            Phase::Failed | Phase::Gone => {
                return Err(Refusal::unsupported("the instance is half-made"));
            }
        }
        if let Some(known) = instance.binding(&binding_id) {
            let same = known.parameters == parameters && known.bind_resource == bind_resource;
            let facts = match known.life.phase {
                Phase::Ready => told(known, &id, &headers),
                _ => Value::Null,
            };
            return asked_before("binding", &known.life, same, incomplete, facts);
        }
        if let Some(predecessor) = predecessor
            && instance.binding(predecessor).is_none()
        {
            return Err(Refusal::malformed(
                "predecessor_binding_id is no binding of the instance",
            ));
        }
        let slow = instance.plan()?.slow_bindings;
        if slow && !incomplete {
            return Err(Refusal::async_required());
        }
        let mut binding = Binding {
            id: binding_id.clone(),
            parameters: parameters.clone(),
            bind_resource: bind_resource.clone(),
            username: format!("u{}", random()?),
            password: random()?,
            created_at: now(&broker),
            life: if slow {
                Life::creating(task)
            } else {
                Life::ready()
            },
        };
        if fails && !slow {
            binding.life.phase = Phase::Failed;
            instance.bindings.push(binding);
            return Err(Refusal::broken());
        }
        // Credentials are not told before they are good.
        let facts = if slow {
            Value::Null
        } else {
            told(&binding, &id, &headers)
        };
        let made = made(&binding.life, facts);
        instance.bindings.push(binding);
        Ok(made)
    })
}

pub async fn fetch(
    State(broker): State<Broker>,
    Path((id, binding_id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    let absent = || Refusal::not_found("there is no such binding");
    let mut state = broker.lock();
    let instance = state.instance(&id).ok_or_else(absent)?;
    if !catalog::offering(&instance.service_id)?.retrievable {
        return Err(Refusal::not_found(
            "bindings of this service cannot be fetched",
        ));
    }
    let binding = instance.binding(&binding_id).ok_or_else(absent)?;
    match binding.life.phase {
        Phase::Ready | Phase::Deleting => {
            let mut facts = told(binding, &id, &headers);
            if let Some(facts) = facts.as_object_mut() {
                facts.insert("parameters".to_owned(), binding.parameters.clone().into());
            }
            Ok(answer(StatusCode::OK, facts))
        }
        _ => Err(absent()),
    }
}

pub async fn unbind(
    broker: State<Broker>,
    Path((id, binding_id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Answer {
    let incomplete = asked.accepts_incomplete()?;
    let (service_id, plan_id) = asked.service_and_plan()?;
    carry_out(&mut broker.lock(), Change::Unbind, |state, fails| {
        let task = state.task(later(&broker), fails);
        let instance = state.instance(&id).ok_or_else(Refusal::gone)?;
        if (instance.service_id.as_str(), instance.plan_id.as_str()) != (service_id, plan_id) {
            return Err(Refusal::malformed(
                "service_id and plan_id are not those of the instance",
            ));
        }
        let slow = instance.plan()?.slow_bindings;
        let binding = instance.binding(&binding_id).ok_or_else(Refusal::gone)?;
        end(&mut binding.life, slow, incomplete, task)
    })
}

/// What a binding is good for.
fn told(binding: &Binding, instance_id: &str, headers: &HeaderMap) -> Value {
    let host = host(headers);
    let (name, port) = host.rsplit_once(':').unwrap_or((host, "80"));
    let (username, password) = (&binding.username, &binding.password);
    json!({
        "credentials": {
            "uri": format!("http://{username}:{password}@{host}/data/{instance_id}"),
            "url": format!("http://{host}/data/{instance_id}"),
            "username": username,
            "password": password,
        },
        "endpoints": [{ "host": name, "ports": [port], "protocol": "tcp" }],
    })
}
