//! The cart: products, looking, removing, prices. Domains are found in `find`.

use http::StatusCode;
use serde_json::{Value, json};
use wharf_core::DomainName;

use super::checkout;
use super::domain_actions;
use super::find;
use super::session::{CartItem, CartName};
use super::shop::shown;
use super::visit::{Failure, Page, Visit};
use crate::amount::Amount;
use crate::billing::pricing::cycle_name;
use crate::billing::{CartDomain, CartProduct};
use crate::db::{Columns as _, args};

pub(super) async fn show(visit: Visit) -> Page {
    if visit.query.text("gid") == "renewals" {
        return domain_actions::renewals(visit).await;
    }
    match (
        visit.query.text("a"),
        visit.query.text("domain"),
        visit.query.int("pid"),
    ) {
        ("add", "register", _) => find::search(visit).await,
        ("add", "transfer", _) => find::transfer_form(visit).await,
        ("add", _, pid) if pid > 0 => product(visit, pid).await,
        ("checkout", ..) => checkout::form(visit).await,
        ("complete", ..) => checkout::complete(visit).await,
        ("view", ..) => view(visit).await,
        _ => super::shop::home(visit).await,
    }
}

pub(super) async fn change(visit: Visit) -> Page {
    match visit.form.text("a") {
        "add" if !visit.form.text("domain").is_empty() => find::add(visit).await,
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
            CartItem::Domain(domain) => Some(domain.name.as_str()),
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
            CartItem::Domain(domain) => {
                let Some(sold) = sold(visit, domain, currency).await? else {
                    continue;
                };
                let what = match (domain.transfer, &domain.premium) {
                    (true, _) => "Domain transfer",
                    (false, Some(_)) => "Premium domain registration",
                    (false, None) => "Domain registration",
                };
                priced.lines.push(json!({
                    "index": index, "name": what, "domain": domain.name, "term": format!("{} year(s)", domain.years), "price": sold.price.to_string(),
                }));
                priced.total += sold.price;
                priced.domains.push(sold);
            }
        }
    }
    Ok(priced)
}

/// A domain of the cart at today's price; `None` when it is no longer sold for that term.
async fn sold(
    visit: &Visit,
    domain: &CartName,
    currency: i64,
) -> Result<Option<CartDomain>, Failure> {
    let app = &visit.app;
    let Some(extension) = app.extension_of(&domain.name).await? else {
        return Ok(None);
    };
    let price_of = async |kind: &str| {
        app.domain_price(extension.id, kind, currency, domain.years)
            .await
    };
    let kind = if domain.transfer {
        "domaintransfer"
    } else {
        "domainregister"
    };
    let (price, renewal) = match &domain.premium {
        Some(premium) => {
            let price = async |cost| app.premium_price(cost, &premium.currency, currency).await;
            let first = price(premium.cost).await?;
            let renewal = price(premium.renewal.unwrap_or(premium.cost)).await?;
            (first, renewal)
        }
        None => (price_of(kind).await?, price_of("domainrenew").await?),
    };
    let Some(price) = price else {
        return Ok(None);
    };
    let extras = app.addon_prices(currency).await?.of(
        domain.id_protection,
        domain.dns_management,
        domain.years,
    );
    Ok(Some(CartDomain {
        domain: domain.name.clone(),
        transfer: domain.transfer,
        years: domain.years,
        price: price + extras,
        renewal: renewal.unwrap_or(price) + extras,
        registrar: extension.autoreg,
        fields: Vec::new(),
        auth: domain.auth.clone(),
        id_protection: domain.id_protection,
        dns_management: domain.dns_management,
        idn_language: domain.idn_language.clone(),
        premium: domain.premium.clone(),
    }))
}
