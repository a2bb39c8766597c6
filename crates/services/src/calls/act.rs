//! CreateAccount, SuspendAccount, UnsuspendAccount, TerminateAccount, Renew, ChangePackage, ChangePassword, and the
//! buttons of a connector's own.

use std::collections::BTreeMap;

use serde_json::json;
use wharf_core::{Deadline, Secret, id::new_id};
use wharf_store::journal::State as Journaled;
use wharf_store::{Effect as _, Outcome, Refusal, StoreError};
use wharf_whmcs::call::{CallError, ModuleAnswer, ModuleCall, Params};

use super::{internal, not_done, result, talk};
use crate::effects::{Act, Acted};
use crate::language::{Action, Connector};
use crate::order::{self, Order};
use crate::server::Server;
use crate::services::Services;
use crate::supplier::Log;
use crate::tables::services::Ordered;
use crate::tables::{ServiceId, ServiceRow, State, calls, servers, services as rows};
use crate::tell;
use crate::world::PASSWORD;

/// `{"result": "success", "properties": {…}}`, or the reason as the result.
pub(crate) async fn act(
    services: &Services,
    call: &ModuleCall,
    action: Action,
) -> Result<ModuleAnswer, CallError> {
    let world = &services.world;
    let deadline = Deadline::after(world.patience.change);
    let started = world.store.clock().now_ms();
    let service = call.params.required_integer("serviceid")?;
    let id = ServiceId {
        site: call.site.clone(),
        service,
    };
    let server = call.params.integer("serverid").unwrap_or(0);
    let until = tokio::time::Instant::now() + world.patience.change * 4 / 5;
    let _place = services.crowd.place(&id.site, server, until).await;
    let (outcome, request) = match begin(services, call, &id, &action, deadline).await {
        Ok(begun) => begun,
        Err(Not::Said(why)) => return Ok(result(why)),
        Err(Not::Logged(request, why)) => return Ok(result(&why).logged(request, why)),
        Err(Not::Trouble(error)) => return Err(internal(error)),
    };
    let exchanges = calls::since(&world.store, &id, started, MOST_LOGGED)
        .await
        .map_err(internal)?;
    Ok(match outcome {
        Outcome::Done(_) => match properties(services, &id).await {
            Ok(properties) => ModuleAnswer::new(match action {
                Action::Suspend | Action::Unsuspend | Action::Terminate => {
                    json!({ "result": "success" })
                }
                _ => json!({ "result": "success", "properties": properties }),
            })
            .logged(
                talk::requests(&request, &exchanges),
                talk::answers(&exchanges, "success"),
            ),
            Err(why) => result(&why).logged(request, why),
        },
        other => {
            let why = not_done(&other);
            let (request, response) = (
                talk::requests(&request, &exchanges),
                talk::answers(&exchanges, &why),
            );
            result(why).logged(request, response)
        }
    })
}

/// Why nothing was begun.
enum Not {
    Said(String),
    /// With what was asked for.
    Logged(String, String),
    Trouble(StoreError),
}

impl From<StoreError> for Not {
    fn from(error: StoreError) -> Self {
        Self::Trouble(error)
    }
}

impl From<String> for Not {
    fn from(why: String) -> Self {
        Self::Said(why)
    }
}

async fn begin(
    services: &Services,
    call: &ModuleCall,
    id: &ServiceId,
    action: &Action,
    deadline: Deadline,
) -> Result<(Outcome<Acted>, String), Not> {
    let world = &services.world;
    // An addon comes with its service's id: the two would be one service here.
    if call
        .params
        .integer("addonId")
        .is_some_and(|addon| addon > 0)
    {
        return Err(Not::Said(
            "Wharf provisions services, not product addons: make a product of it".to_owned(),
        ));
    }
    let row = rows::by_id(&world.store, id).await?;
    let run = new_id(world.store.clock());
    let (order, row, connector) = if *action == Action::Create {
        ordered(services, &call.params, id, row).await?
    } else {
        changed(services, &call.params, id, row, action, &run).await?
    };
    let request = format!(
        "{action} service {}: {} plan {} for {} <{}>",
        id.service,
        row.connector,
        row.plan,
        order.domain,
        order.email()
    );
    let done = || Ok((Outcome::Done(Acted {}), request.clone()));
    match (action, row.state) {
        (Action::Create, State::Active | State::Suspended) => {
            let there = Order::of(&row);
            if there.is_like(&order) {
                return done();
            }
            return Err(Not::Logged(request, EXISTS.to_owned()));
        }
        // It is Wharf that has WHMCS run it, after a person's decision: what is so is not asked for again.
        (_, state)
            if wanted(action) == Some(state) && tell::is_telling(&world.store, id).await? =>
        {
            return done();
        }
        // Nothing is to be done at the supplier for another term.
        (Action::Renew, _) if connector.steps(action).is_empty() => return done(),
        _ => {}
    }
    let effect = Act {
        action: action.clone(),
        cycle: row.cycle,
        run,
        again: wanted(action).is_some_and(|wanted| wanted == row.state),
        check_after: u64::try_from(world.patience.check.as_millis()).unwrap_or(u64::MAX),
        order,
    };
    // WHMCS asks for what it was not told of.
    if *action == Action::ChangePackage && was_the_last(services, &effect).await? {
        return done();
    }
    if *action == Action::Renew && row.trouble.as_deref() == Some(tell::RENEWED) {
        rows::no_trouble(&world.store, id).await?;
        return Err(Not::Logged(request, RENEWED.to_owned()));
    }
    calls::prune(&world.store, id, KEPT_CALLS).await?;
    match world.store.journal().run(&effect, deadline).await {
        Ok(outcome) => Ok((outcome, request)),
        Err(StoreError::Conflict { .. }) if *action == Action::Create => {
            Err(Not::Logged(request, EXISTS.to_owned()))
        }
        Err(StoreError::Conflict { .. }) => Ok((
            Outcome::Refused(Refusal::temporary(
                "another change of this service is under way; try again when it has ended",
            )),
            request,
        )),
        Err(error) => Err(error.into()),
    }
}

/// Whether the last change of the service, or its creation, asked for this very thing and ended well.
async fn was_the_last(services: &Services, effect: &Act) -> Result<bool, StoreError> {
    let last = match effect.cycle {
        0 => Act {
            action: Action::Create,
            ..effect.clone()
        },
        cycle => Act {
            cycle: cycle - 1,
            ..effect.clone()
        },
    };
    let entry = services.world.store.journal().by_key(&last.key()).await?;
    Ok(entry
        .filter(|entry| entry.state == Journaled::Done)
        .and_then(|entry| serde_json::from_value(entry.input).ok())
        .is_some_and(|earlier| effect.same_request(&earlier)))
}

type Begun = (Order, ServiceRow, std::sync::Arc<Connector>);

/// A new order, or one that is known already.
async fn ordered(
    services: &Services,
    params: &Params,
    id: &ServiceId,
    row: Option<ServiceRow>,
) -> Result<Begun, Not> {
    let world = &services.world;
    let name = params.text("configoption1").ok_or_else(|| {
        "the product has no connector: choose one in its module settings".to_owned()
    })?;
    let connector = world.suppliers.connector(&name)?;
    let options = order::options(&connector, params)?;
    let used = connector.used();
    let domain = order::domain(&used, params)?;
    let server = Server::read(params)?;
    let email = params.map("clientsdetails").text("email");
    if used.contains("client.email") && !email.is_some_and(|email| email.contains('@')) {
        return Err(Not::Said("the client has no e-mail address".to_owned()));
    }
    server.keep(&world.store, &id.site).await?;
    servers::used_by(&world.store, &id.site, server.id, &connector.name).await?;
    let generation = match &row {
        Some(row) if row.state == State::Terminated => row.generation + 1,
        Some(row) => row.generation,
        None => 1,
    };
    let facts = order::facts(&connector, params, id, generation, &domain, &options);
    let ordered = Ordered {
        connector: connector.name.clone(),
        server: server.id,
        authority: server.authority.clone(),
        domain: domain.clone(),
        options: options.clone(),
        facts: facts.clone(),
    };
    let generation = rows::order(&world.store, id, &ordered).await?;
    let row = rows::by_id(&world.store, id).await?;
    let Some(row) = row.filter(|row| row.generation == generation) else {
        return Err(Not::Said(
            "the service is being created by another call; try again".to_owned(),
        ));
    };
    if row.state == State::New
        && let Some(password) = params.secret("password")
    {
        keep_password(services, id, PASSWORD, &password).await?;
    }
    let order = Order {
        id: id.clone(),
        generation,
        connector: connector.name.clone(),
        server: server.id,
        authority: server.authority,
        domain,
        options,
        facts,
        password: None,
    };
    Ok((order, row, connector))
}

/// A change of a service that is there.
async fn changed(
    services: &Services,
    params: &Params,
    id: &ServiceId,
    row: Option<ServiceRow>,
    action: &Action,
    run: &str,
) -> Result<Begun, Not> {
    let world = &services.world;
    let Some(row) = row else {
        return Err(Not::Said(format!(
            "Wharf has not created service {}, so it can change nothing at the supplier. Run Create first, or do it at the supplier.",
            id.service
        )));
    };
    // New settings of the server (a changed token) are taken up; without any, the last known ones are used.
    match Server::read(params) {
        Ok(server) if server.id == row.server => server.keep(&world.store, &id.site).await?,
        _ => {}
    }
    let connector = world.suppliers.connector(&row.connector)?;
    let mut order = Order::of(&row).updated(&connector, params);
    if *action == Action::ChangePackage {
        let other = params.text("configoption1");
        if other.is_some_and(|other| other != row.connector) {
            return Err(Not::Said(format!(
                "The service was made with the connector {}: a product of another connector cannot take its place. Terminate it and create the other.",
                row.connector
            )));
        }
        let options = order::options(&connector, params)?;
        order = order.with_options(&connector, options);
    }
    if *action == Action::ChangePassword {
        let Some(password) = params.secret("password") else {
            return Err(Not::Said("there is no new password".to_owned()));
        };
        let name = format!("{PASSWORD}.{run}");
        keep_password(services, id, &name, &password).await?;
        order.password = Some(name);
    }
    Ok((order, row, connector))
}

async fn keep_password(
    services: &Services,
    id: &ServiceId,
    name: &str,
    password: &Secret,
) -> Result<(), String> {
    let vault = &services.world.suppliers.vault;
    let known = vault.read(id, name).await?;
    if known.is_some_and(|known| known.expose() == password.expose()) {
        return Ok(());
    }
    vault.keep(id, name, password).await
}

/// What WHMCS stores with the service. One whose values are not there is left out.
pub(crate) async fn properties(
    services: &Services,
    id: &ServiceId,
) -> Result<BTreeMap<String, String>, String> {
    let world = &services.world;
    let row = rows::by_id(&world.store, id)
        .await
        .map_err(|error| error.to_string())?
        .ok_or("the service's record is gone")?;
    let supplier = world
        .supplier(&id.site, row.server, &row.connector)
        .await
        .map_err(|refusal| refusal.reason)?;
    let (log, order) = (Log::of("properties"), Order::of(&row));
    let used = supplier.connector.shown();
    let scene = world
        .suppliers
        .scene(&supplier, &order, &row.kept, &used, &log)
        .await
        .map_err(|trouble| trouble.text)?;
    let properties = supplier.connector.properties.iter();
    Ok(properties
        .filter_map(|(name, text)| match text.render(&scene.context) {
            Ok(value) => Some((name.clone(), value)),
            Err(why) => {
                tracing::info!(property = name, why, "a service's property has no value");
                None
            }
        })
        .collect())
}

fn wanted(action: &Action) -> Option<State> {
    match action {
        Action::Suspend => Some(State::Suspended),
        Action::Unsuspend => Some(State::Active),
        Action::Terminate => Some(State::Terminated),
        _ => None,
    }
}

const EXISTS: &str = "This service exists already with another connector, plan or domain. \
    Terminate it first, or set the product back to what it was created with.";
const RENEWED: &str = "The service was renewed at the supplier after WHMCS had stopped waiting. \
    If this is for the same term, nothing is left to do. For another term run Renew once more.";
/// Requests of one action in WHMCS's module log.
const MOST_LOGGED: i64 = 60;
/// Requests that are kept of one service.
const KEPT_CALLS: i64 = 200;
