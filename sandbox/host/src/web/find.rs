//! Finding domains: search with premium prices, suggestions, transfers, and what goes into the cart.

use serde_json::{Value, json};
use wharf_core::DomainName;

use super::session::{CartItem, CartName};
use super::visit::{Failure, Page, Visit, encode};
use crate::amount::Amount;
use crate::billing::PremiumOrder;
use crate::billing::pricing::Extension;
use crate::db::Columns as _;
use crate::modules::Availability;

/// Asks the lookup registrar, the extension that was typed first. With `suggestions=1`, also for names like it.
pub(super) async fn search(visit: Visit) -> Page {
    let query = visit.query.text("query").to_lowercase();
    let app = &visit.app;
    let mut vars =
        json!({ "title": "Register a domain", "query": query, "idn_languages": IDN_LANGUAGES });
    if query.is_empty() {
        return visit.render("search.html", vars).await;
    }
    let extensions = app.extensions().await?;
    let typed = longest(&extensions, &query).map(|found| found.extension.clone());
    let label = match &typed {
        Some(extension) => query
            .strip_suffix(extension.as_str())
            .unwrap_or(&query)
            .to_owned(),
        None => query.trim_matches('.').to_owned(),
    };
    if label.contains('.') || DomainName::parse(&format!("{label}.com")).is_err() {
        let text = if label.contains('.') {
            "This extension is not on sale here."
        } else {
            "This is not a name that can be registered."
        };
        set(&mut vars, "error", json!(text));
        return visit.render("search.html", vars).await;
    }
    let mut wanted: Vec<String> = extensions
        .iter()
        .map(|found| found.extension.clone())
        .collect();
    wanted.sort_by_key(|extension| Some(extension) != typed.as_ref());
    wanted.truncate(MOST_EXTENSIONS);
    let actor = visit.actor();
    match app.check_availability(&actor, &label, &wanted).await? {
        Ok(found) => {
            let results = offers(&visit, &extensions, found).await?;
            set(&mut vars, "results", json!(results));
        }
        Err(text) => {
            app.log_activity(&actor, &format!("Domain lookup failed: {text}"), 0)
                .await?;
            set(&mut vars, "error", json!(NO_LOOKUP));
        }
    }
    if visit.query.flag("suggestions") {
        match app.suggestions(&actor, &label, &wanted).await? {
            Ok(found) => {
                let names = offers(&visit, &extensions, found).await?;
                set(&mut vars, "suggestions", json!(names));
            }
            Err(text) => {
                app.log_activity(&actor, &format!("Domain suggestions failed: {text}"), 0)
                    .await?;
                set(&mut vars, "suggestions", json!([]));
            }
        }
    }
    visit.render("search.html", vars).await
}

/// Results with the terms and prices that they are sold for. A premium name is sold for one year, at its own
/// price; where premium names are not sold, it counts as taken.
async fn offers(
    visit: &Visit,
    extensions: &[Extension],
    found: Vec<Availability>,
) -> Result<Vec<Value>, Failure> {
    let app = &visit.app;
    let currency = currency(visit).await?;
    let mut offers = Vec::new();
    for result in found {
        let Some(extension) = longest(extensions, &result.domain) else {
            continue;
        };
        let mut status = result.status.clone();
        let mut terms = Vec::new();
        if result.premium {
            match premium(visit, &result, currency).await? {
                Some((_, price)) => {
                    terms.push(json!({ "years": 1, "price": price.to_string() }));
                }
                None if status == "available" => status = "reserved".to_owned(),
                None => {}
            }
        } else {
            let sold = app
                .domain_terms(extension.id, "domainregister", currency)
                .await?;
            let shown = |(years, price): &(i64, Amount)| json!({ "years": years, "price": price.to_string() });
            terms.extend(sold.iter().map(shown));
        }
        offers.push(json!({
            "domain": result.domain, "id": result.domain.replace('.', "-"), "status": status, "terms": terms,
            "premium": result.premium, "extension": extension, "idn": is_idn(&result.domain),
        }));
    }
    Ok(offers)
}

/// What a premium name costs and is sold for; `None` when this shop does not sell it.
async fn premium(
    visit: &Visit,
    result: &Availability,
    currency: i64,
) -> Result<Option<(PremiumOrder, Amount)>, Failure> {
    let app = &visit.app;
    let Some(cost) = result.cost.as_ref().filter(|_| result.premium) else {
        return Ok(None);
    };
    let Some(register) = cost.register else {
        return Ok(None);
    };
    if !app.premium_enabled().await? {
        return Ok(None);
    }
    let price = app
        .premium_price(register, &cost.currency, currency)
        .await?;
    if price.is_none() {
        let line = format!(
            "{} is not offered: its price is in {}, which this shop does not have",
            result.domain, cost.currency
        );
        app.log_activity(&visit.actor(), &line, 0).await?;
    }
    Ok(price.map(|price| {
        let order = PremiumOrder {
            cost: register,
            renewal: cost.renew,
            currency: cost.currency.clone(),
        };
        (order, price)
    }))
}

/// Asks for the auth code of a domain that the customer has elsewhere.
pub(super) async fn transfer_form(visit: Visit) -> Page {
    let query = visit.query.text("query").to_lowercase();
    let extension = visit.app.extension_of(&query).await?;
    let price = match &extension {
        Some(extension) => {
            let currency = currency(&visit).await?;
            visit
                .app
                .domain_price(extension.id, "domaintransfer", currency, 1)
                .await?
        }
        None => None,
    };
    let vars = json!({
        "title": "Transfer a domain", "query": query, "extension": extension,
        "price": price.map(|price| price.to_string()),
    });
    visit.render("transfer.html", vars).await
}

/// Puts a registration or a transfer into the cart, unless a hook refuses it.
pub(super) async fn add(visit: Visit) -> Page {
    let name = visit.form.text("query").to_lowercase();
    let transfer = visit.form.text("domain") == "transfer";
    let kind = if transfer { "transfer" } else { "register" };
    let back = format!("/cart.php?a=add&domain={kind}&query={}", encode(&name));
    match chosen(&visit, &name, transfer).await? {
        Ok(item) => {
            let item = CartItem::Domain(item);
            visit.app.sessions.change(&visit.id, |data| {
                data.cart
                    .retain(|known| known.domain().is_none_or(|domain| domain.name != name));
                data.cart.push(item);
            });
            Ok(visit.redirect("/cart.php?a=view"))
        }
        Err(text) => {
            visit.flash(false, text);
            Ok(visit.redirect(&back))
        }
    }
}

async fn chosen(
    visit: &Visit,
    name: &str,
    transfer: bool,
) -> Result<Result<CartName, String>, Failure> {
    let app = &visit.app;
    let refused = |text: &str| Ok(Err(text.to_owned()));
    let Some(extension) = app.extension_of(name).await? else {
        return refused("This extension is not on sale here.");
    };
    if DomainName::parse(name).is_err() {
        return refused("This is not a name that can be registered.");
    }
    let mut item = CartName {
        name: name.to_owned(),
        transfer,
        years: visit.form.int("regperiod").max(1),
        auth: visit.form.text("epp").to_owned(),
        id_protection: extension.id_protection && visit.form.flag("idprotection"),
        dns_management: extension.dns_management && visit.form.flag("dnsmanagement"),
        idn_language: visit.form.text("idnlanguage").to_owned(),
        premium: None,
    };
    if transfer {
        item.years = 1;
        if extension.auth_code && item.auth.is_empty() {
            return refused("Enter the auth code that your present registrar gave you.");
        }
    } else {
        match still_free(visit, name, &extension).await? {
            Ok(premium) => item.premium = premium,
            Err(text) => return Ok(Err(text)),
        }
    }
    if item.premium.is_some() {
        item.years = 1;
    } else {
        let kind = if transfer {
            "domaintransfer"
        } else {
            "domainregister"
        };
        let currency = currency(visit).await?;
        if app
            .domain_price(extension.id, kind, currency, item.years)
            .await?
            .is_none()
        {
            return refused("This name is not offered for that many years.");
        }
    }
    let refusals = refusals(visit, &item).await?;
    Ok(match refusals.is_empty() {
        true => Ok(item),
        false => Err(refusals.join(" ")),
    })
}

/// Asked again: the page that offered it may be old.
async fn still_free(
    visit: &Visit,
    name: &str,
    extension: &Extension,
) -> Result<Result<Option<PremiumOrder>, String>, Failure> {
    let label = name
        .strip_suffix(extension.extension.as_str())
        .unwrap_or(name);
    let extensions = std::slice::from_ref(&extension.extension);
    let found = match visit
        .app
        .check_availability(&visit.actor(), label, extensions)
        .await?
    {
        Ok(found) => found,
        Err(_) => return Ok(Err(NO_LOOKUP.to_owned())),
    };
    let free = found
        .iter()
        .find(|found| is_same(&found.domain, name) && found.status == "available");
    let taken = || Ok(Err(format!("{name} is not available.")));
    match free {
        None => taken(),
        Some(result) if result.premium => {
            match premium(visit, result, currency(visit).await?).await? {
                Some((order, _)) => Ok(Ok(Some(order))),
                None => taken(),
            }
        }
        Some(_) => Ok(Ok(None)),
    }
}

/// What hooks say against a domain of the cart. They see it in `$_SESSION['cart']`, last in the list, and its
/// fields as the order form posts them.
async fn refusals(visit: &Visit, item: &CartName) -> Result<Vec<String>, Failure> {
    let app = &visit.app;
    let mut actor = visit.actor();
    let mut cart: Vec<Value> = match actor.session.cart.pointer_mut("/domains") {
        Some(Value::Array(domains)) => std::mem::take(domains),
        _ => Vec::new(),
    };
    cart.retain(|known| known.get("domain") != Some(&json!(item.name)));
    let index = cart.len().to_string();
    let kind = if item.transfer {
        "transfer"
    } else {
        "register"
    };
    cart.push(json!({
        "type": kind, "domain": item.name, "regperiod": item.years, "eppcode": item.auth,
        "idprotection": item.id_protection, "dnsmanagement": item.dns_management, "isPremium": item.premium.is_some(),
    }));
    actor.session.cart = json!({ "domains": cart });
    let (sld, tld) = item.name.split_once('.').unwrap_or((&item.name, ""));
    let vars =
        json!({ "domainoption": format!("{kind}domain"), "sld": sld, "tld": format!(".{tld}") });
    let mut answers = app.hook(&actor, "ShoppingCartValidateDomain", vars).await?;
    let configured = json!({
        "a": "confdomains", "update": "true", "validate": "true",
        "epp": { &index: item.auth },
        "idprotection": { &index: if item.id_protection { "on" } else { "" } },
        "dnsmanagement": { &index: if item.dns_management { "on" } else { "" } },
    });
    answers.extend(
        app.hook(&actor, "ShoppingCartValidateDomainsConfig", configured)
            .await?,
    );
    Ok(answers.iter().flat_map(super::checkout::texts).collect())
}

async fn currency(visit: &Visit) -> Result<i64, Failure> {
    let client = visit.session.client.unwrap_or_default();
    Ok(visit.app.currency_of(client).await?.int("id"))
}

fn longest<'a>(extensions: &'a [Extension], domain: &str) -> Option<&'a Extension> {
    let fits = extensions.iter().filter(|tld| {
        domain
            .strip_suffix(&tld.extension)
            .is_some_and(|label| !label.is_empty() && !label.contains('.'))
    });
    fits.max_by_key(|tld| tld.extension.len())
}

fn is_idn(domain: &str) -> bool {
    DomainName::parse(domain).is_ok_and(|name| name.is_idn())
}

/// Modules answer in either spelling of a name, with its own letters or in ASCII.
fn is_same(one: &str, other: &str) -> bool {
    one == other
        || matches!((DomainName::parse(one), DomainName::parse(other)), (Ok(one), Ok(other)) if one == other)
}

fn set(vars: &mut Value, name: &str, value: Value) {
    if let Some(vars) = vars.as_object_mut() {
        vars.insert(name.to_owned(), value);
    }
}

/// Codes and names, as WHMCS offers them; a few.
const IDN_LANGUAGES: &[(&str, &str)] = &[
    ("ara", "Arabic"),
    ("chi", "Chinese"),
    ("fre", "French"),
    ("ger", "German"),
    ("gre", "Greek"),
    ("heb", "Hebrew"),
    ("jpn", "Japanese"),
    ("kor", "Korean"),
    ("rus", "Russian"),
    ("spa", "Spanish"),
    ("tur", "Turkish"),
];
/// A shop with more extensions shows the first ones.
const MOST_EXTENSIONS: usize = 100;
const NO_LOOKUP: &str = "Names cannot be looked up at the moment. Please try again later.";
