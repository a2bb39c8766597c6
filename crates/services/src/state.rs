//! What kept values say of a service.

use serde_json::json;

use crate::language::{Connector, Template};
use crate::order::Order;
use crate::supplier::Scene;
use crate::tables::{Kept, State};

/// What kept values fill texts with, without secrets and without asking anybody.
pub(crate) fn plain_scene(connector: &Connector, order: &Order, kept: &Kept) -> Scene {
    let mut scene = Scene {
        context: order.facts.clone(),
        secrets: Vec::new(),
    };
    for step in connector.step_names() {
        scene.context.insert(step.to_owned(), json!({}));
    }
    for (step, facts) in kept {
        scene.context.insert(step.clone(), facts.clone().into());
    }
    scene
}

/// The supplier's name of the service, once it is known.
pub(crate) fn reference(connector: &Connector, order: &Order, kept: &Kept) -> Option<String> {
    let scene = plain_scene(connector, order, kept);
    filled(&connector.service.reference, &scene)
}

/// The supplier's word for the state.
pub(crate) fn word(connector: &Connector, order: &Order, kept: &Kept) -> Option<String> {
    let scene = plain_scene(connector, order, kept);
    filled(connector.service.status.as_ref()?, &scene)
}

/// The state that the supplier's word means; none for a word that the connector does not name.
pub(crate) fn at_supplier(connector: &Connector, order: &Order, kept: &Kept) -> Option<State> {
    meaning(connector, &word(connector, order, kept)?)
}

pub(crate) fn meaning(connector: &Connector, word: &str) -> Option<State> {
    let service = &connector.service;
    let lists = [
        (State::Active, &service.active),
        (State::Suspended, &service.suspended),
        (State::Terminated, &service.terminated),
    ];
    lists
        .into_iter()
        .find(|(_, words)| words.iter().any(|known| known == word))
        .map(|(state, _)| state)
}

fn filled(text: &Template, scene: &Scene) -> Option<String> {
    text.render(&scene.context)
        .ok()
        .filter(|text| !text.is_empty())
}
