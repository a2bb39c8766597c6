//! CreateAccount.

use serde_json::json;
use wharf_core::{Deadline, DomainName};
use wharf_store::{Outcome, StoreError};
use wharf_whmcs::call::{CallError, ModuleAnswer, ModuleCall};

use super::{internal, not_done, result};
use crate::effects::{CreateService, Created, Order};
use crate::server::Server;
use crate::services::Services;
use crate::tables::{self, Ordered, ServiceId};

/// `{"result": "success", "properties": {…}}`, or the reason as the result.
pub(crate) async fn create(
    services: &Services,
    call: &ModuleCall,
) -> Result<ModuleAnswer, CallError> {
    let deadline = Deadline::after(services.world.patience.change);
    let service = call.params.required_integer("serviceid")?;
    let wanted = match Wanted::read(services, call) {
        Ok(wanted) => wanted,
        Err(why) => return Ok(result(why)),
    };
    let id = ServiceId {
        site: call.site.clone(),
        service,
    };
    let request = format!(
        "create service {service}: {} plan {} for {} <{}>",
        wanted.ordered.connector, wanted.ordered.plan, wanted.ordered.domain, wanted.email
    );
    let outcome = match begin(services, id, wanted, deadline).await {
        Ok(outcome) => outcome,
        Err(StoreError::Conflict { .. }) => {
            let why = "This service exists already with another connector, plan or domain. \
                Terminate it first, or set the product back to what it was created with.";
            return Ok(result(why).logged(request, why));
        }
        Err(error) => return Err(internal(error)),
    };
    Ok(match outcome {
        Outcome::Done(Created { properties }) => {
            let response = serde_json::to_string(&properties).unwrap_or_default();
            ModuleAnswer::new(json!({ "result": "success", "properties": properties }))
                .logged(request, response)
        }
        other => {
            let why = not_done(&other);
            result(&why).logged(request, why)
        }
    })
}

async fn begin(
    services: &Services,
    id: ServiceId,
    wanted: Wanted,
    deadline: Deadline,
) -> Result<Outcome<Created>, StoreError> {
    let world = &services.world;
    let Wanted {
        ordered,
        server,
        email,
        name,
    } = wanted;
    server.keep(&world.store, &id.site).await?;
    let generation = tables::order(&world.store, &id, &ordered).await?;
    let Ordered {
        connector,
        server,
        authority,
        plan,
        domain,
    } = ordered;
    let order = Order {
        id,
        generation,
        connector,
        server,
        authority,
        email,
        name,
        plan,
        domain,
    };
    let check_after = u64::try_from(world.patience.check.as_millis()).unwrap_or(u64::MAX);
    world
        .store
        .journal()
        .run(&CreateService { order, check_after }, deadline)
        .await
}

/// What the call asks for, checked.
struct Wanted {
    ordered: Ordered,
    server: Server,
    email: String,
    name: String,
}

impl Wanted {
    fn read(services: &Services, call: &ModuleCall) -> Result<Self, String> {
        let params = &call.params;
        // An addon comes with its service's id: the two would be one service here.
        if params.integer("addonId").is_some_and(|addon| addon > 0) {
            return Err(
                "Wharf provisions services, not product addons: make a product of it".to_owned(),
            );
        }
        let connector = params
            .text("configoption1")
            .ok_or("the product has no connector: choose one in its module settings")?;
        services.world.connector(&connector)?;
        let plan = params
            .text("configoption2")
            .ok_or("the product has no plan: enter one in its module settings")?;
        let domain = params
            .text("domain")
            .ok_or("the service has no domain: enter it, then create again")?;
        let domain = DomainName::parse(&domain).map_err(|error| error.to_string())?;
        let server = Server::read(params)?;
        let client = params.map("clientsdetails");
        let email = client
            .text("email")
            .filter(|email| email.contains('@'))
            .ok_or("the client has no e-mail address")?;
        let names = [client.text("firstname"), client.text("lastname")];
        let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let ordered = Ordered {
            connector,
            server: server.id,
            authority: server.authority.clone(),
            plan,
            domain: domain.as_str().to_owned(),
        };
        Ok(Self {
            ordered,
            server,
            name: if name.is_empty() { email.clone() } else { name },
            email,
        })
    }
}
