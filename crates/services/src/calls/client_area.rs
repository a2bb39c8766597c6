//! ClientArea: the product's page of the customer.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use wharf_core::Deadline;
use wharf_whmcs::call::{CallError, ModuleAnswer, ModuleCall};

use super::{internal, language, service_id};
use crate::language::Action;
use crate::order::Order;
use crate::page::{Language, Note, ServicePage, Status};
use crate::server::Server;
use crate::services::Services;
use crate::supplier::{Log, Supplier};
use crate::tables::{Kept, ServiceId, ServiceRow, State, services as rows};
use crate::view;

/// What a supplier told, or that it told nothing.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    Now(Kept),
    Gone,
    Nothing,
}

/// `{"html": …}`: from our own record when that is fresh, else from the supplier if it answers in time,
/// else from the record, with its age.
pub(crate) async fn client_area(
    services: &Services,
    call: &ModuleCall,
) -> Result<ModuleAnswer, CallError> {
    let id = service_id(call)?;
    let params = &call.params;
    let language = language(params);
    let world = &services.world;
    let Some(row) = rows::by_id(&world.store, &id).await.map_err(internal)? else {
        return Ok(html(&ServicePage::unknown(language)));
    };
    if row.reference.is_none() {
        return Ok(html(&being_set_up(&row, language)));
    }
    // The settings that came with the call, else the last known ones: an old page needs no supplier.
    let connector = world.suppliers.connector(&row.connector);
    let supplier = match (connector, Server::read(params)) {
        (Ok(connector), Ok(server)) => world.supplier_for_page(connector, &server).ok(),
        (Ok(_), Err(_)) => world
            .supplier(&id.site, row.server, &row.connector)
            .await
            .ok(),
        (Err(_), _) => None,
    };
    let Some(supplier) = supplier else {
        return Ok(html(&being_set_up(&row, language)));
    };
    let heard = row.seen_at.max(row.changed_at);
    let age = world.store.clock().now_ms().saturating_sub(heard);
    let fresh = age <= i64::try_from(world.patience.fresh.as_millis()).unwrap_or(i64::MAX);
    let reads = !supplier.connector.steps(&Action::Facts).is_empty();
    let (kept, asked, note) = if fresh || !reads || row.state == State::Terminated {
        (row.kept.clone(), row.seen_at >= row.changed_at, None)
    } else {
        match ask(services, &id, &row, &supplier).await.as_ref() {
            Seen::Now(kept) => (kept.clone(), true, None),
            Seen::Gone => (row.kept.clone(), false, Some(Note::Gone)),
            Seen::Nothing => {
                let minutes = age / 60_000;
                (row.kept.clone(), false, Some(Note::Old { minutes }))
            }
        }
    };
    Ok(html(
        &page(services, &row, &supplier, &kept, asked, note, language).await,
    ))
}

/// Asks the supplier, once for all who ask now, and keeps what it told.
async fn ask(
    services: &Services,
    id: &ServiceId,
    row: &ServiceRow,
    supplier: &Supplier,
) -> Arc<Seen> {
    // A little more than the request may take: a view that is dropped with its question out would leave
    // nothing for the next one.
    let world = &services.world;
    let deadline = Deadline::after(world.patience.page + Duration::from_millis(200));
    let asking = services.seen.get_with(id.clone(), async {
        let (log, order) = (Log::of("facts"), Order::of(row));
        let facts = world.suppliers.facts(supplier, &order, &row.kept, &log);
        let limited = tokio::time::timeout(world.patience.page, facts).await;
        Arc::new(match limited {
            Ok(Ok(Some(kept))) => {
                let kept_now = rows::seen(&world.store, id, row.generation, &kept).await;
                if let Err(error) = kept_now {
                    tracing::warn!(%error, "a service's snapshot could not be kept");
                }
                Seen::Now(kept)
            }
            Ok(Ok(None)) => Seen::Gone,
            Ok(Err(trouble)) => {
                tracing::info!(site = %id.site, service = id.service, why = %trouble.text, "a page goes without the supplier");
                Seen::Nothing
            }
            Err(_) => Seen::Nothing,
        })
    });
    tokio::time::timeout_at(deadline.instant(), asking)
        .await
        .unwrap_or_else(|_| Arc::new(Seen::Nothing))
}

/// `asked` tells that the supplier's word for the state is newer than our own last change.
async fn page(
    services: &Services,
    row: &ServiceRow,
    supplier: &Supplier,
    kept: &Kept,
    asked: bool,
    note: Option<Note>,
    language: Language,
) -> ServicePage {
    let connector = &supplier.connector;
    let word = crate::state::word(connector, &Order::of(row), kept);
    let there = word
        .as_deref()
        .map(|word| crate::state::meaning(connector, word));
    let status = match (row.state, there) {
        (State::New, _) => Status::SettingUp,
        (State::Terminated, _) => Status::Terminated,
        (_, Some(Some(State::Active))) if asked => Status::Active,
        (_, Some(Some(State::Suspended))) if asked => Status::Suspended,
        (_, Some(Some(State::Terminated))) if asked => Status::Terminated,
        (_, Some(_)) if asked => Status::Unknown,
        (State::Active, _) => Status::Active,
        (State::Suspended, _) => Status::Suspended,
    };
    let mut page = ServicePage {
        language,
        service: row.id.service,
        status,
        title: Some(connector.title.clone()),
        domain: Some(row.domain.clone()).filter(|domain| !domain.is_empty()),
        plan: Some(row.plan.clone()).filter(|plan| !plan.is_empty()),
        note,
        ..ServicePage::default()
    };
    if status != Status::Terminated {
        let code = language.code();
        let filled = view::client(&services.world, supplier, row, kept, code).await;
        page.facts = filled.facts;
        page.bars = filled.bars;
        page.links = filled.links;
        if status == Status::Active {
            page.sign_on = filled.sign_on;
            page.buttons = filled.buttons;
        }
    }
    page
}

fn being_set_up(row: &ServiceRow, language: Language) -> ServicePage {
    let status = if row.state == State::Terminated {
        Status::Terminated
    } else {
        Status::SettingUp
    };
    let mut page = ServicePage::unknown(language);
    page.status = status;
    page.domain = Some(row.domain.clone()).filter(|domain| !domain.is_empty());
    page.plan = Some(row.plan.clone()).filter(|plan| !plan.is_empty());
    page.note = (status == Status::SettingUp).then_some(Note::SettingUp);
    page
}

fn html(page: &ServicePage) -> ModuleAnswer {
    ModuleAnswer::new(json!({ "html": page.html() }))
}
