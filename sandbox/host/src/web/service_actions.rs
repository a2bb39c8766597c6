//! What a client does with a service of the account: sign on at its supplier, another password, another product.

use serde_json::json;

use super::details::{missing, number, own_service};
use super::visit::{Page, Visit};
use crate::db::{Columns as _, Row};

/// `dosinglesignon=1`: on to where the module says.
pub(super) async fn sign_on(visit: Visit, client: &Row) -> Page {
    let id = number(&visit, "id");
    let Some(service) = own_service(&visit, client, id).await? else {
        return missing(&visit).await;
    };
    if service.text("domainstatus") != "Active" {
        visit.flash(false, "This service is not active.");
        return Ok(visit.redirect(&page_of(id)));
    }
    let said = visit.app.service_sign_on(&visit.actor(), &service).await?;
    go(&visit, said, &page_of(id))
}

/// `customaction_id=…`: an entry of the module's CustomActions.
pub(super) async fn run_action(visit: Visit, client: &Row) -> Page {
    let id = number(&visit, "id");
    let Some(service) = own_service(&visit, client, id).await? else {
        return missing(&visit).await;
    };
    if service.text("domainstatus") != "Active" {
        visit.flash(false, "This service is not active.");
        return Ok(visit.redirect(&page_of(id)));
    }
    let identifier = visit.field("customaction_id").to_owned();
    let said = visit
        .app
        .run_module_action(&visit.actor(), &service, &identifier)
        .await?;
    go(&visit, said, &page_of(id))
}

/// `modulechangepassword`: a module's error is shown to the client, as WHMCS does.
pub(super) async fn change_password(visit: Visit, client: &Row) -> Page {
    let id = number(&visit, "id");
    let Some(service) = own_service(&visit, client, id).await? else {
        return missing(&visit).await;
    };
    let new = visit.form.get("newpw").unwrap_or_default().to_owned();
    let again = visit.form.get("confirmpw").unwrap_or_default().to_owned();
    if service.text("domainstatus") != "Active" {
        visit.flash(false, "This service is not active.");
    } else if new.is_empty() || new != again {
        visit.flash(false, "The passwords are not the same.");
    } else {
        match visit.app.change_password(&visit.actor(), id, &new).await? {
            Ok(()) => visit.flash(true, "Your password was changed."),
            Err(text) => visit.flash(false, text),
        }
    }
    Ok(visit.redirect(&page_of(id)))
}

/// `upgrade.php?type=package&id=N`
pub(super) async fn upgrade(visit: Visit) -> Page {
    let client = match visit.client().await? {
        Ok(client) => client,
        Err(login) => return Ok(login),
    };
    let id = number(&visit, "id");
    let Some(service) = own_service(&visit, &client, id).await? else {
        return missing(&visit).await;
    };
    if visit.posted {
        let product = visit.form.int("pid");
        let said = visit
            .app
            .order_upgrade(&visit.actor(), &service, product)
            .await?;
        return Ok(match said {
            Ok(Some(invoice)) => visit.redirect(&format!("/viewinvoice.php?id={invoice}")),
            Ok(None) => {
                visit.flash(true, "Your service is being changed.");
                visit.redirect(&page_of(id))
            }
            Err(text) => {
                visit.flash(false, text);
                visit.redirect(&page_of(id))
            }
        });
    }
    let offers = visit.app.upgrade_offers(&service).await?;
    let vars = json!({ "title": "Upgrade", "service": service, "offers": offers });
    visit.render("upgrade.html", vars).await
}

fn go(visit: &Visit, said: Result<String, String>, back: &str) -> Page {
    Ok(match said {
        Ok(address) => visit.redirect(&address),
        Err(text) => {
            visit.flash(false, text);
            visit.redirect(back)
        }
    })
}

fn page_of(id: i64) -> String {
    format!("/clientarea.php?action=productdetails&id={id}")
}
