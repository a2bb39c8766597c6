//! ConfigOptions, and what the loaders of its fields offer.

use serde_json::{Value, json};
use wharf_whmcs::call::{ModuleAnswer, ModuleCall};

use super::of_server;
use crate::front::{Offer, OptionOffer};
use crate::server::Server;
use crate::services::Services;

/// A list of fields, each with its `name`: the connector first, then what it offers.
pub(crate) fn config_options(services: &Services, call: &ModuleCall) -> ModuleAnswer {
    let offers = services.offers("en");
    let named = call.params.text("configoption1");
    let chosen = chosen(&offers, named.as_deref());
    let titles = offers.iter();
    let connectors: Vec<Value> = titles
        .map(|offer| choice(&offer.connector, &offer.title))
        .collect();
    let mut fields = vec![json!({
        "name": "Connector",
        "Type": "dropdown",
        "choices": connectors,
        "Default": chosen.map(|offer| offer.connector.as_str()).unwrap_or_default(),
        "Description": "Which supplier. The settings below are this one's: save after another choice.",
        "SimpleMode": true,
    })];
    let options = chosen.map(|offer| offer.options.as_slice());
    fields.extend(options.unwrap_or_default().iter().map(field));
    ModuleAnswer::new(Value::Array(fields))
}

fn field(option: &OptionOffer) -> Value {
    let mut field = json!({
        "name": option.title,
        "Type": "text",
        "Size": "25",
        "Default": option.default.clone().unwrap_or_default(),
        "SimpleMode": true,
    });
    if let Some(fields) = field.as_object_mut() {
        if option.loads {
            fields.insert("Loader".to_owned(), true.into());
        } else if !option.choices.is_empty() {
            let choices = option.choices.iter();
            let choices: Vec<Value> = choices.map(|(value, title)| choice(value, title)).collect();
            fields.insert("Type".to_owned(), "dropdown".into());
            fields.insert("choices".to_owned(), choices.into());
        }
    }
    field
}

/// `{"choices": [{"value": …, "title": …}]}` of the option whose number WHMCS counts (2 is the first), or
/// `{"error": …}`.
pub(crate) async fn choices(services: &Services, call: &ModuleCall, number: usize) -> ModuleAnswer {
    let offers = services.offers("en");
    // A product that is still to be made has no connector yet; its server may tell.
    let named = match (
        call.params.text("configoption1"),
        Server::read(&call.params),
    ) {
        (Some(name), _) => Some(name),
        (None, Ok(server)) => {
            let connector = of_server(services, &call.site, &server).await;
            connector.ok().map(|connector| connector.name.clone())
        }
        (None, Err(_)) => None,
    };
    let option = chosen(&offers, named.as_deref())
        .zip(number.checked_sub(2))
        .and_then(|(offer, at)| offer.options.get(at));
    let Some(option) = option else {
        return ModuleAnswer::new(json!({ "error": "the connector has no such option" }));
    };
    ModuleAnswer::new(match services.choices(call, &option.name).await {
        Ok(choices) => {
            let choices: Vec<Value> = choices
                .iter()
                .map(|(value, title)| choice(value, title))
                .collect();
            json!({ "choices": choices })
        }
        Err(why) => json!({ "error": why }),
    })
}

/// The connector of that name; the first one where none is named.
fn chosen<'a>(offers: &'a [Offer], named: Option<&str>) -> Option<&'a Offer> {
    let known = offers
        .iter()
        .find(|offer| named == Some(offer.connector.as_str()));
    known.or_else(|| offers.first())
}

fn choice(value: &str, title: &str) -> Value {
    json!({ "value": value, "title": title })
}
