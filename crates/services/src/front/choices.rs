//! What products can be made of: connectors, their options, and the choices that suppliers offer.

use serde::Serialize;
use wharf_core::Deadline;
use wharf_whmcs::call::ModuleCall;

use crate::calls;
use crate::language::Connector;
use crate::server::Server;
use crate::services::Services;
use crate::supplier::Log;

/// A connector as a product can choose it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Offer {
    pub connector: String,
    pub title: String,
    pub options: Vec<OptionOffer>,
    /// Custom actions: name, title, and whether the customer and staff may run it.
    pub buttons: Vec<(String, String, bool, bool)>,
    pub client_sign_on: bool,
    pub admin_sign_on: bool,
}

/// An option, in the order of the product's settings: the first is the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OptionOffer {
    pub name: String,
    pub title: String,
    pub default: Option<String>,
    /// Value and title; empty for a text.
    pub choices: Vec<(String, String)>,
    /// The choices come from the supplier.
    pub loads: bool,
}

impl Services {
    /// The connectors with their options; titles in a language (`en`).
    pub fn offers(&self, language: &str) -> Vec<Offer> {
        let all = self.world.suppliers.shelf.all();
        all.values()
            .map(|connector| offer(connector, language))
            .collect()
    }

    /// The choices of one option, value and title: of the product's connector (`configoption1`), else of the
    /// server's. Within the deadline of a page.
    pub async fn choices(
        &self,
        call: &ModuleCall,
        option: &str,
    ) -> Result<Vec<(String, String)>, String> {
        let suppliers = &self.world.suppliers;
        let named = call.params.text("configoption1");
        let server = Server::read(&call.params);
        let connector = match (&named, &server) {
            (Some(name), _) => suppliers.connector(name)?,
            (None, Ok(server)) => calls::of_server(self, &call.site, server).await?,
            (None, Err(why)) => return Err(why.clone()),
        };
        let known = connector
            .options
            .iter()
            .find(|known| known.name == option)
            .ok_or_else(|| format!("{} has no option \"{option}\"", connector.title))?;
        let Some(loader) = &known.loader else {
            let choices = known.choices.iter();
            return Ok(choices
                .map(|choice| {
                    let title = choice.title.in_language("en");
                    (choice.value.clone(), title.to_owned())
                })
                .collect());
        };
        let supplier = self.world.supplier_for_page(connector.clone(), &server?)?;
        let log = Log::of("choices");
        let asking = async {
            let used = loader.list.request.used();
            let scene = suppliers.server_scene(&supplier, &used, &log).await?;
            let items = supplier.list(&loader.list, option, &scene, &log).await?;
            Ok((scene, items))
        };
        let deadline = Deadline::after(self.world.patience.page);
        let (scene, items) = tokio::time::timeout_at(deadline.instant(), asking)
            .await
            .map_err(|_| supplier.says("it did not answer in time"))?
            .map_err(|trouble: crate::supplier::Trouble| trouble.text)?;
        items
            .into_iter()
            .map(|item| {
                let scene = scene.with("item", item);
                let value = loader.value.render(&scene.context)?;
                Ok((value, loader.title.render(&scene.context)?))
            })
            .collect::<Result<_, String>>()
            .map_err(|why| supplier.says(&why))
    }
}

fn offer(connector: &Connector, language: &str) -> Offer {
    use crate::language::{Action, Who};
    let options = connector.options.iter().map(|option| OptionOffer {
        name: option.name.clone(),
        title: option.title.in_language(language).to_owned(),
        default: option.default.clone(),
        choices: option
            .choices
            .iter()
            .map(|choice| {
                let title = choice.title.in_language(language);
                (choice.value.clone(), title.to_owned())
            })
            .collect(),
        loads: option.loader.is_some(),
    });
    let buttons = connector.custom.iter().map(|custom| {
        let title = custom.title.in_language(language).to_owned();
        let (client, admin) = (custom.who != Who::Admin, custom.who != Who::Client);
        (custom.name.clone(), title, client, admin)
    });
    Offer {
        connector: connector.name.clone(),
        title: connector.title.clone(),
        options: options.collect(),
        buttons: buttons.collect(),
        client_sign_on: !connector.steps(&Action::Sso).is_empty(),
        admin_sign_on: !connector.steps(&Action::AdminSso).is_empty(),
    }
}
