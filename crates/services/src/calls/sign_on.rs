//! Ways into a supplier: ServiceSingleSignOn, AdminSingleSignOn, AdminLink, LoginLink, CustomActions.

use askama::Template;
use serde_json::json;
use wharf_whmcs::call::{CallError, ModuleAnswer, ModuleCall};

use super::{internal, language, of_server, service_id, talk};
use crate::front::SignOn;
use crate::language::Action;
use crate::page::Language;
use crate::server::Server;
use crate::services::Services;
use crate::tables::{State, services as rows};
use crate::view;

/// `{"success": true, "redirectTo": …}` or `{"success": false, "errorMsg": …}`. Customers read the message: the reason
/// stands in the module log.
pub(crate) async fn service(services: &Services, call: &ModuleCall) -> ModuleAnswer {
    let texts = language(&call.params).texts();
    answer(
        services.client_sign_on(call).await,
        Some(&texts.no_sign_on),
        "single sign-on of the customer",
    )
}

/// The same for the server's own panel; staff reads the reason.
pub(crate) async fn server(services: &Services, call: &ModuleCall) -> ModuleAnswer {
    let asked = "single sign-on of staff";
    answer(services.admin_sign_on(call).await, None, asked)
}

fn answer(ended: SignOn, message: Option<&str>, asked: &str) -> ModuleAnswer {
    let (value, said) = match &ended.url {
        Ok(url) => (
            json!({ "success": true, "redirectTo": url }),
            "signed on".to_owned(),
        ),
        Err(why) => (
            json!({ "success": false, "errorMsg": message.unwrap_or(why) }),
            why.clone(),
        ),
    };
    let exchanges = &ended.exchanges;
    ModuleAnswer::new(value)
        .logged(
            talk::requests(asked, exchanges),
            talk::answers(exchanges, &said),
        )
        .processed(said)
}

/// `{"html": …}`: the supplier's address, in the list of servers.
pub(crate) async fn admin_link(services: &Services, call: &ModuleCall) -> ModuleAnswer {
    let Ok(server) = Server::read(&call.params) else {
        return ModuleAnswer::new(json!({}));
    };
    let title = match of_server(services, &call.site, &server).await {
        Ok(connector) => connector.title.clone(),
        Err(_) => server.authority.clone(),
    };
    html(&server.base, &title)
}

/// `{"html": …}`: the first link of the connector's page.
pub(crate) async fn login_link(
    services: &Services,
    call: &ModuleCall,
) -> Result<ModuleAnswer, CallError> {
    let world = &services.world;
    let id = service_id(call)?;
    let row = rows::by_id(&world.store, &id).await.map_err(internal)?;
    let Some(row) = row.filter(|row| matches!(row.state, State::Active | State::Suspended)) else {
        return Ok(ModuleAnswer::new(json!({})));
    };
    let supplier = world.supplier(&id.site, row.server, &row.connector).await;
    let Ok(supplier) = supplier else {
        return Ok(ModuleAnswer::new(json!({})));
    };
    let code = Language::English.code();
    let filled = view::client(world, &supplier, &row, &row.kept, code).await;
    Ok(match filled.links.first() {
        Some(link) => html(&link.url, &link.title),
        None => ModuleAnswer::new(json!({})),
    })
}

/// `{"actions": [{"name": …, "title": …, "function": …}]}` for the home page of clients.
pub(crate) async fn actions(
    services: &Services,
    call: &ModuleCall,
) -> Result<ModuleAnswer, CallError> {
    let world = &services.world;
    let row = rows::by_id(&world.store, &service_id(call)?)
        .await
        .map_err(internal)?;
    let row = row.filter(|row| row.state == State::Active);
    let offered = row.and_then(|row| world.suppliers.connector(&row.connector).ok());
    let actions = match offered {
        Some(connector) if !connector.steps(&Action::Sso).is_empty() => {
            let texts = language(&call.params).texts();
            let title = format!("{}: {}", connector.title, texts.sign_on);
            json!([{ "name": "sign-on", "title": title, "function": "ServiceSingleSignOn" }])
        }
        _ => json!([]),
    };
    Ok(ModuleAnswer::new(json!({ "actions": actions })))
}

#[derive(Template)]
#[template(
    source = r#"<a href="{{ url }}" target="_blank" rel="noopener noreferrer">{{ title }}</a>"#,
    ext = "html"
)]
struct Link<'a> {
    url: &'a str,
    title: &'a str,
}

fn html(url: &str, title: &str) -> ModuleAnswer {
    let link = Link { url, title };
    ModuleAnswer::new(json!({ "html": link.render().unwrap_or_default() }))
}
