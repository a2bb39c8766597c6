//! ClientArea: the product's page of the customer.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use wharf_core::Deadline;
use wharf_whmcs::call::{CallError, ModuleAnswer, ModuleCall};

use super::internal;
use crate::connector::{Connector, Context, Facts, Found, as_text};
use crate::page::{Language, Note, PageFact, PageLink, ServicePage, Status};
use crate::server::Server;
use crate::services::Services;
use crate::tables::{self, ServiceId, ServiceRow, State};

/// What a supplier told, or that it told nothing.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    Now(Facts),
    Gone,
    Nothing,
}

/// `{"html": …}`: from our own record when that is fresh, else from the supplier if it answers in time,
/// else from the record, with its age.
pub(crate) async fn client_area(
    services: &Services,
    call: &ModuleCall,
) -> Result<ModuleAnswer, CallError> {
    let service = call.params.required_integer("serviceid")?;
    let id = ServiceId {
        site: call.site.clone(),
        service,
    };
    let params = &call.params;
    let language = params
        .text("language")
        .or_else(|| params.map("clientsdetails").text("language"));
    let language = Language::of(language.as_deref());
    let world = &services.world;
    let Some(row) = tables::by_id(&world.store, &id).await.map_err(internal)? else {
        return Ok(html(&ServicePage::unknown(language)));
    };
    let age = world.store.clock().now_ms().saturating_sub(row.seen_at);
    let fresh = age <= i64::try_from(world.patience.fresh.as_millis()).unwrap_or(i64::MAX);
    let page = match (&row.service, world.connectors.get(&row.connector)) {
        (Some(facts), Some(connector)) if !fresh && row.state != State::Terminated => {
            match ask(services, call, &id, &row, connector, facts)
                .await
                .as_ref()
            {
                Seen::Now(facts) => view(&row, connector, facts, None, language),
                Seen::Gone => view(&row, connector, facts, Some(Note::Gone), language),
                Seen::Nothing => view(
                    &row,
                    connector,
                    facts,
                    Some(Note::Old {
                        minutes: age / 60_000,
                    }),
                    language,
                ),
            }
        }
        (Some(facts), Some(connector)) => view(&row, connector, facts, None, language),
        _ => being_set_up(&row, language),
    };
    Ok(html(&page))
}

/// Asks the supplier, once for all who ask now, and keeps what it told.
async fn ask(
    services: &Services,
    call: &ModuleCall,
    id: &ServiceId,
    row: &ServiceRow,
    connector: &Connector,
    facts: &Facts,
) -> Arc<Seen> {
    // A little more than the request may take: a view that is dropped with its question out would leave
    // nothing for the next one.
    let deadline = Deadline::after(services.world.patience.page + Duration::from_millis(200));
    let Ok(server) = Server::read(&call.params) else {
        return Arc::new(Seen::Nothing);
    };
    let asking = services.seen.get_with(id.clone(), async {
        let supplier = services.world.supplier_for_page(connector, &server);
        let mut context = Context::new();
        context.insert("service".to_owned(), facts.clone().into());
        Arc::new(match supplier.service(&context).await {
            Found::Facts(facts) => {
                let store = &services.world.store;
                if let Err(error) = tables::note_service(store, id, row.generation, &facts).await {
                    tracing::warn!(%error, "a service's snapshot could not be kept");
                }
                Seen::Now(facts)
            }
            Found::Nothing => Seen::Gone,
            Found::Failed(trouble) => {
                tracing::info!(site = %id.site, service = id.service, why = %trouble.text, "a page goes without the supplier");
                Seen::Nothing
            }
        })
    });
    tokio::time::timeout_at(deadline.instant(), asking)
        .await
        .unwrap_or_else(|_| Arc::new(Seen::Nothing))
}

fn view(
    row: &ServiceRow,
    connector: &Connector,
    facts: &Facts,
    note: Option<Note>,
    language: Language,
) -> ServicePage {
    let word = facts.get("status").map(as_text).unwrap_or_default();
    let status = match row.state {
        State::New => Status::SettingUp,
        State::Terminated => Status::Terminated,
        _ if word == connector.states.active => Status::Active,
        _ if word == connector.states.suspended => Status::Suspended,
        _ if word == connector.states.terminated => Status::Terminated,
        _ => Status::Unknown,
    };
    let text =
        |facts: Option<&Facts>, name: &str| facts.and_then(|facts| facts.get(name)).map(as_text);
    let texts = language.texts();
    let living = status != Status::Terminated;
    let licence = text(row.licence.as_ref(), "key").filter(|_| living);
    let dashboard = facts
        .get("dashboard")
        .and_then(Value::as_str)
        .filter(|url| living && (url.starts_with("https://") || url.starts_with("http://")));
    ServicePage {
        language,
        status,
        title: Some(connector.title.clone()),
        domain: Some(row.domain.clone()),
        plan: Some(row.plan.clone()),
        facts: licence
            .map(|value| PageFact {
                title: texts.licence.clone(),
                value,
                copy: true,
                secret: false,
            })
            .into_iter()
            .collect(),
        links: dashboard
            .map(|url| PageLink {
                title: texts.dashboard.clone(),
                url: url.to_owned(),
            })
            .into_iter()
            .collect(),
        note,
        ..ServicePage::default()
    }
}

fn being_set_up(row: &ServiceRow, language: Language) -> ServicePage {
    let status = if row.state == State::Terminated {
        Status::Terminated
    } else {
        Status::SettingUp
    };
    let mut page = ServicePage::unknown(language);
    page.status = status;
    page.domain = Some(row.domain.clone());
    page.plan = Some(row.plan.clone());
    page.note = (status == Status::SettingUp).then_some(Note::SettingUp);
    page
}

fn html(page: &ServicePage) -> ModuleAnswer {
    ModuleAnswer::new(json!({ "html": page.html() }))
}
