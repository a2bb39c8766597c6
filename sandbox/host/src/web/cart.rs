//! The cart: searching names, adding, looking, removing.

use http::StatusCode;
use serde_json::{Value, json};
use wharf_core::DomainName;

use super::checkout;
use super::session::CartItem;
use super::shop::shown;
use super::visit::{Failure, Page, Visit, encode};
use crate::amount::Amount;
use crate::billing::pricing::cycle_name;
use crate::billing::{CartDomain, CartProduct};
use crate::db::{Columns as _, args};

pub(super) async fn show(visit: Visit) -> Page {
    match (
        visit.query.text("a"),
        visit.query.text("domain"),
        visit.query.int("pid"),
    ) {
        ("add", "register", _) => search(visit).await,
        ("add", _, pid) if pid > 0 => product(visit, pid).await,
        ("checkout", ..) => checkout::form(visit).await,
        ("complete", ..) => checkout::complete(visit).await,
        ("view", ..) => view(visit).await,
        _ => super::shop::home(visit).await,
    }
}

pub(super) async fn change(visit: Visit) -> Page {
    match visit.form.text("a") {
        "add" if visit.form.text("domain") == "register" => add_domain(visit).await,
        "add" => add_product(visit).await,
        "remove" => {
            let index = usize::try_from(visit.form.int("i")).unwrap_or(usize::MAX);
            visit.app.sessions.change(&visit.id, |data| {
                if index < data.cart.len() {
                    data.cart.remove(index);
                }
            });
            Ok(visit.redirect("/cart.php?a=view"))
        }
        "checkout" => checkout::place(visit).await,
        _ => Ok(visit.redirect("/cart.php?a=view")),
    }
}

/// Asks the lookup registrar, the extension that was typed first.
async fn search(visit: Visit) -> Page {
    let query = visit.query.text("query").to_lowercase();
    let app = &visit.app;
    let currency = app
        .currency_of(visit.session.client.unwrap_or_default())
        .await?
        .int("id");
    let extensions = app.extensions().await?;
    let mut vars = json!({ "title": "Register a domain", "query": query });
    if query.is_empty() {
        return visit.render("search.html", vars).await;
    }
    let typed = app.extension_of(&query).await?.map(|found| found.extension);
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
    match app
        .check_availability(&visit.actor(), &label, &wanted)
        .await?
    {
        Ok(found) => {
            let mut results = Vec::new();
            for result in found {
                let Some(extension) = app.extension_of(&result.domain).await? else {
                    continue;
                };
                let terms = terms(&visit, extension.id, currency).await?;
                let id = result.domain.replace('.', "-");
                results.push(json!({ "domain": result.domain, "id": id, "status": result.status, "terms": terms }));
            }
            set(&mut vars, "results", json!(results));
        }
        Err(text) => {
            app.log_activity(&visit.actor(), &format!("Domain lookup failed: {text}"), 0)
                .await?;
            set(
                &mut vars,
                "error",
                json!("Names cannot be looked up at the moment. Please try again later."),
            );
        }
    }
    visit.render("search.html", vars).await
}

async fn terms(visit: &Visit, extension: i64, currency: i64) -> Result<Vec<Value>, Failure> {
    let mut terms = Vec::new();
    for years in 1..=10 {
        if let Some(price) = visit
            .app
            .domain_price(extension, "domainregister", currency, years)
            .await?
        {
            terms.push(json!({ "years": years, "price": price.to_string() }));
        }
    }
    Ok(terms)
}

async fn add_domain(visit: Visit) -> Page {
    let query = visit.form.text("query").to_lowercase();
    let years = visit.form.int("regperiod").max(1);
    let back = format!("/cart.php?a=add&domain=register&query={}", encode(&query));
    let refused = |text: &str| {
        visit.flash(false, text);
        Ok(visit.redirect(&back))
    };
    let Some(extension) = visit.app.extension_of(&query).await? else {
        return refused("This extension is not on sale here.");
    };
    if DomainName::parse(&query).is_err() {
        return refused("This is not a name that can be registered.");
    }
    let currency = visit
        .app
        .currency_of(visit.session.client.unwrap_or_default())
        .await?
        .int("id");
    if visit
        .app
        .domain_price(extension.id, "domainregister", currency, years)
        .await?
        .is_none()
    {
        return refused("This name is not offered for that many years.");
    }
    let (label, _) = query.split_once('.').unwrap_or((&query, ""));
    // Asked again: the page that offered it may be old.
    let free = match visit
        .app
        .check_availability(
            &visit.actor(),
            label,
            std::slice::from_ref(&extension.extension),
        )
        .await?
    {
        Ok(found) => found
            .iter()
            .any(|found| found.domain == query && found.status == "available"),
        Err(_) => {
            return refused("Names cannot be looked up at the moment. Please try again later.");
        }
    };
    if !free {
        return refused(&format!("{query} is not available."));
    }
    let item = CartItem::Domain { name: query, years };
    visit.app.sessions.change(&visit.id, |data| {
        data.cart.retain(|known| !matches!((known, &item), (CartItem::Domain { name: a, .. }, CartItem::Domain { name: b, .. }) if a == b));
        data.cart.push(item);
    });
    Ok(visit.redirect("/cart.php?a=view"))
}

async fn product(visit: Visit, pid: i64) -> Page {
    let currency = visit
        .app
        .currency_of(visit.session.client.unwrap_or_default())
        .await?
        .int("id");
    let sql = "SELECT * FROM tblproducts WHERE id = ? AND retired = 0";
    let Some(product) = visit.app.db.row(sql, args![pid]).await? else {
        return visit
            .message(
                StatusCode::NOT_FOUND,
                "Not found",
                "There is no such product.",
            )
            .await;
    };
    let product = shown(&visit.app, &product, currency).await?;
    let fields = visit.app.order_fields(pid).await?;
    let names: Vec<&str> = visit
        .session
        .cart
        .iter()
        .filter_map(|item| match item {
            CartItem::Domain { name, .. } => Some(name.as_str()),
            CartItem::Product { .. } => None,
        })
        .collect();
    visit
        .render(
            "product.html",
            json!({ "title": product.get("name"), "product": product, "cart_domains": names, "fields": fields }),
        )
        .await
}

async fn add_product(visit: Visit) -> Page {
    let pid = visit.form.int("pid");
    let sql = "SELECT * FROM tblproducts WHERE id = ? AND retired = 0";
    let Some(product) = visit.app.db.row(sql, args![pid]).await? else {
        return visit
            .message(
                StatusCode::NOT_FOUND,
                "Not found",
                "There is no such product.",
            )
            .await;
    };
    let currency = visit
        .app
        .currency_of(visit.session.client.unwrap_or_default())
        .await?
        .int("id");
    let asked = visit.form.text("billingcycle").to_ascii_lowercase();
    let cycle = if visit
        .app
        .product_price(&product, currency, &asked)
        .await?
        .is_some()
    {
        asked
    } else {
        visit.app.default_cycle(&product, currency).await?
    };
    let typed = visit.form.text("domainname").to_lowercase();
    let domain = match DomainName::parse(&typed) {
        Ok(name) => name.as_str().to_owned(),
        Err(_) if typed.is_empty() && !product.on("showdomainoptions") => String::new(),
        Err(_) => {
            visit.flash(
                false,
                "Enter the domain that the product is for, such as example.com.",
            );
            return Ok(visit.redirect(&format!("/cart.php?a=add&pid={pid}")));
        }
    };
    let fields = visit
        .app
        .known_fields(pid, &visit.form.list("customfield"))
        .await?;
    visit.app.sessions.change(&visit.id, |data| {
        data.cart.push(CartItem::Product {
            pid,
            cycle,
            domain,
            fields,
        })
    });
    Ok(visit.redirect("/cart.php?a=view"))
}

async fn view(visit: Visit) -> Page {
    let client = visit.session.client.unwrap_or_default();
    let currency = visit.app.currency_of(client).await?.int("id");
    let priced = price(&visit, currency).await?;
    visit
        .render(
            "cart.html",
            json!({ "title": "Cart", "lines": priced.lines, "total": priced.total.to_string() }),
        )
        .await
}

/// A cart with today's prices.
pub(super) struct Priced {
    pub products: Vec<CartProduct>,
    pub domains: Vec<CartDomain>,
    pub lines: Vec<Value>,
    pub total: Amount,
}

/// Prices what is in the cart; what is no longer on sale is left out.
pub(super) async fn price(visit: &Visit, currency: i64) -> Result<Priced, Failure> {
    let app = &visit.app;
    let mut priced = Priced {
        products: Vec::new(),
        domains: Vec::new(),
        lines: Vec::new(),
        total: Amount::ZERO,
    };
    for (index, item) in visit.session.cart.iter().enumerate() {
        match item {
            CartItem::Product {
                pid,
                cycle,
                domain,
                fields,
            } => {
                let Some(product) = app
                    .db
                    .row("SELECT * FROM tblproducts WHERE id = ?", args![*pid])
                    .await?
                else {
                    continue;
                };
                let Some((setup, price)) = app.product_price(&product, currency, cycle).await?
                else {
                    continue;
                };
                priced.lines.push(json!({
                    "index": index, "name": product.text("name"), "domain": domain, "term": cycle_name(cycle), "price": (setup + price).to_string(),
                }));
                priced.total += setup + price;
                priced.products.push(CartProduct {
                    product,
                    domain: domain.clone(),
                    cycle: cycle.clone(),
                    setup,
                    price,
                    custom_fields: fields.clone(),
                });
            }
            CartItem::Domain { name, years } => {
                let Some(extension) = app.extension_of(name).await? else {
                    continue;
                };
                let Some(price) = app
                    .domain_price(extension.id, "domainregister", currency, *years)
                    .await?
                else {
                    continue;
                };
                let renewal = app
                    .domain_price(extension.id, "domainrenew", currency, *years)
                    .await?
                    .unwrap_or(price);
                priced.lines.push(json!({
                    "index": index, "name": "Domain registration", "domain": name, "term": format!("{years} year(s)"), "price": price.to_string(),
                }));
                priced.total += price;
                priced.domains.push(CartDomain {
                    domain: name.clone(),
                    transfer: false,
                    years: *years,
                    price,
                    renewal,
                    registrar: extension.autoreg,
                    fields: Vec::new(),
                });
            }
        }
    }
    Ok(priced)
}

fn set(vars: &mut Value, name: &str, value: Value) {
    if let Some(vars) = vars.as_object_mut() {
        vars.insert(name.to_owned(), value);
    }
}
