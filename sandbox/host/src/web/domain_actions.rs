//! What a client does with a domain of the account: lock, auth code, ID protection, renewal, release.

use serde_json::json;

use super::visit::{Failure, Page, Visit};
use crate::amount::Amount;
use crate::billing::{InvoiceItem, NewInvoice};
use crate::db::{Columns as _, Row, args};

/// Carries out `sub` of the domain's page; `None` when it is none of these.
pub(super) async fn run(
    visit: &Visit,
    client: &Row,
    domain: &Row,
) -> Result<Option<Page>, Failure> {
    let here = format!(
        "/clientarea.php?action=domaindetails&id={}",
        domain.int("id")
    );
    let (sub, active) = (visit.form.text("sub"), domain.text("status") == "Active");
    if !active && !matches!(sub, "renew" | "autorenew") {
        return Ok(None);
    }
    let said = match sub {
        "savereglock" => lock(visit, domain).await?,
        "idprotection" => match id_protection(visit, client, domain).await? {
            Ok(Some(invoice)) => {
                return Ok(Some(Ok(
                    visit.redirect(&format!("/viewinvoice.php?id={invoice}"))
                )));
            }
            Ok(None) => Ok("ID protection was changed.".to_owned()),
            Err(text) => Err(text),
        },
        "autorenew" => auto_renew(visit, domain).await?,
        "release" => release(visit, domain).await?,
        "renew" => {
            let years = visit.form.int("years").max(1);
            match visit
                .app
                .order_renewal(&visit.actor(), domain, years)
                .await?
            {
                Ok(invoice) => {
                    return Ok(Some(Ok(
                        visit.redirect(&format!("/viewinvoice.php?id={invoice}"))
                    )));
                }
                Err(text) => Err(text),
            }
        }
        "getepp" => return Ok(Some(auth_code(visit, domain).await)),
        _ => return Ok(None),
    };
    match said {
        Ok(text) => visit.flash(true, text),
        Err(text) => visit.flash(false, text),
    }
    Ok(Some(Ok(visit.redirect(&here))))
}

/// `cart.php?gid=renewals`: everything that the client can renew, soonest first.
pub(super) async fn renewals(visit: Visit) -> Page {
    let client = match visit.client().await? {
        Ok(client) => client,
        Err(login) => return Ok(login),
    };
    let sql = "SELECT * FROM tbldomains WHERE userid = ? AND status IN ('Active', 'Grace', 'Redemption', 'Expired') ORDER BY expirydate, id";
    let mut rows = Vec::new();
    for domain in visit.app.db.rows(sql, args![client.int("id")]).await? {
        let terms = visit.app.renewal_terms(&domain).await?;
        rows.push(json!({ "domain": domain, "terms": shown(&terms) }));
    }
    let vars = json!({ "title": "Domain renewals", "rows": rows });
    visit.render("renewals.html", vars).await
}

fn shown(terms: &[(i64, Amount)]) -> Vec<serde_json::Value> {
    terms
        .iter()
        .map(|(years, price)| json!({ "years": years, "price": price.to_string() }))
        .collect()
}

/// What the page offers besides the name servers.
pub(super) async fn offers(visit: &Visit, domain: &Row) -> Result<serde_json::Value, Failure> {
    let app = &visit.app;
    let active = domain.text("status") == "Active";
    let registrar = domain.text("registrar");
    let extension = app.extension_of(domain.text("domain")).await?;
    let currency = app.currency_of(domain.int("userid")).await?.int("id");
    let protection =
        extension.is_some_and(|extension| extension.id_protection) || domain.on("idprotection");
    let functions = match active {
        true => app.registrar_functions(&visit.actor(), registrar).await?,
        false => Vec::new(),
    };
    let can = |function: &str| {
        functions
            .iter()
            .any(|known| known.eq_ignore_ascii_case(function))
    };
    let terms: Vec<_> = match domain.text("status") {
        "Active" | "Grace" | "Redemption" | "Expired" => app.renewal_terms(domain).await?,
        _ => Vec::new(),
    };
    Ok(json!({
        "terms": shown(&terms),
        "auth_code": can("GetEPPCode"),
        "lock": can("SaveRegistrarLock"),
        "release": domain.text("domain").ends_with(".uk") && can("ReleaseDomain"),
        "protection": protection && can("IDProtectToggle"),
        "protection_price": app.addon_prices(currency).await?.id_protection.to_string(),
    }))
}

/// A registrar's text is for staff; it stands in the activity log.
fn sorry(what: &str) -> String {
    format!("{what} Please try again later.")
}

async fn lock(visit: &Visit, domain: &Row) -> Result<Result<String, String>, Failure> {
    let locked = visit.form.flag("reglock");
    let said = visit.app.save_lock(&visit.actor(), domain, locked).await?;
    let word = if locked { "locked" } else { "unlocked" };
    Ok(said
        .map(|()| format!("The domain is {word} now."))
        .map_err(|_| sorry("The lock could not be changed.")))
}

async fn release(visit: &Visit, domain: &Row) -> Result<Result<String, String>, Failure> {
    let tag = visit.form.text("transtag");
    if tag.is_empty() {
        return Ok(Err("Enter the tag of the new registrar.".to_owned()));
    }
    let said = visit
        .app
        .release_domain(&visit.actor(), domain, tag)
        .await?;
    Ok(said
        .map(|()| "The domain was released.".to_owned())
        .map_err(|_| sorry("The domain could not be released.")))
}

async fn auto_renew(visit: &Visit, domain: &Row) -> Result<Result<String, String>, Failure> {
    let off = !visit.form.flag("autorenew");
    let sql = "UPDATE tbldomains SET donotrenew = ? WHERE id = ?";
    visit.app.db.exec(sql, args![off, domain.int("id")]).await?;
    let word = if off { "off" } else { "on" };
    Ok(Ok(format!("Renewal by invoice is {word} now.")))
}

/// Removing it happens at once. Buying it makes an invoice, unless it is free.
async fn id_protection(
    visit: &Visit,
    client: &Row,
    domain: &Row,
) -> Result<Result<Option<i64>, String>, Failure> {
    let app = &visit.app;
    let on = visit.form.flag("idprotection");
    let prices = app.addon_prices(client.int("currency")).await?;
    if !on || !prices.id_protection.is_positive() {
        let said = app.toggle_id_protection(&visit.actor(), domain, on).await?;
        return Ok(said
            .map(|()| None)
            .map_err(|_| sorry("ID protection could not be changed.")));
    }
    let item = InvoiceItem {
        kind: "DomainAddonIDP".into(),
        relid: domain.int("id"),
        description: format!("ID Protection - {}", domain.text("domain")),
        amount: prices.id_protection,
        taxed: false,
    };
    let invoice = NewInvoice {
        client: client.int("id"),
        status: "Unpaid",
        payment_method: domain.text("paymentmethod").to_owned(),
        items: vec![item],
        ..NewInvoice::default()
    };
    let mut write = app.db.begin().await?;
    let id = app.create_invoice_in(&mut write, &invoice).await?;
    write.commit().await?;
    app.invoice_created(&visit.actor(), id, "clientarea", "Unpaid")
        .await?;
    Ok(Ok(Some(id)))
}

async fn auth_code(visit: &Visit, domain: &Row) -> Page {
    let said = visit.app.auth_code(&visit.actor(), domain).await?;
    let mut vars = json!({ "title": "Auth code", "domain": domain });
    let (name, value) = match said {
        Ok(Some(code)) => ("code", code),
        Ok(None) => (
            "note",
            "The registrar has sent the code by mail.".to_owned(),
        ),
        Err(text) => {
            let line = format!("EPP code failed - {}: {text}", domain.text("domain"));
            visit
                .app
                .log_activity(&visit.actor(), &line, domain.int("userid"))
                .await?;
            ("trouble", sorry("The code cannot be told at the moment."))
        }
    };
    if let Some(vars) = vars.as_object_mut() {
        vars.insert(name.to_owned(), json!(value));
    }
    visit.render("auth_code.html", vars).await
}
