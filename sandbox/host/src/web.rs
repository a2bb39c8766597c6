//! Everything that browsers see, under WHMCS's own addresses.
//!
//! Every form is sent by POST and has a hidden field `token`. Forms are found by their ids:
//!
//! | page | form id | fields |
//! |---|---|---|
//! | `/`, `cart.php?a=add&domain=register` | `domain-search` (GET) | `query` |
//! | search results | `add-domain-<name with dots as dashes>` | `a=add`, `domain=register`, `query`, `regperiod`, `idprotection`, `dnsmanagement`, `idnlanguage` |
//! | `cart.php?a=add&pid=N` | `add-product` | `a=add`, `pid`, `billingcycle`, `domainname`, `customfield[<id>]` |
//! | `cart.php?a=view` | `remove-<index>` | `a=remove`, `i` |
//! | `cart.php?a=checkout` | `checkout` | `a=checkout`, `custtype` (`new`, `existing`), `firstname`, `lastname`, `companyname`, `email`, `phonenumber`, `address1`, `address2`, `city`, `state`, `postcode`, `country`, `password`, `password2`, `loginemail`, `loginpassword`, `currency`, `language`, `paymentmethod`, `accepttos` |
//! | `register.php` | `register` | the same personal fields |
//! | `login.php` → `dologin.php` | `login` | `username`, `password`, `goto` |
//! | the same with `suggestions=1` | the same forms | |
//! | `cart.php?a=add&domain=transfer` | `transfer-search` (GET) | `query` |
//! | | `add-transfer` | `a=add`, `domain=transfer`, `query`, `epp`, `idprotection`, `dnsmanagement` |
//! | `viewinvoice.php?id=N` | `choose-gateway` | `gateway` |
//! | | `apply-credit` | `applycredit=1`, `creditamount` |
//! | `clientarea.php?action=domaindetails&id=N` | `nameservers` | `sub=savens`, `nschoice`, `ns1`…`ns5` |
//! | | `renew` | `sub=renew`, `years` |
//! | `cart.php?gid=renewals` | `renew-<id>` | the same |
//! | `clientarea.php?action=domaindetails&id=N` | `lock` | `sub=savereglock`, `reglock` |
//! | | `get-auth-code` | `sub=getepp` |
//! | | `id-protection` | `sub=idprotection`, `idprotection` |
//! | | `auto-renew` | `sub=autorenew`, `autorenew` |
//! | | `release` | `sub=release`, `transtag` |
//! | `clientarea.php?action=details` | `language-form` | `language` |
//! | `admin/login` | `admin-login` | `username`, `password` |
//! | `admin/orders/N` | `accept-order` | `autosetup`, `sendregistrar` |
//! | `admin/queue` | `retry-<id>` | – |
//! | `clientarea.php?action=productdetails&id=N` | `change-password` | `modulechangepassword`, `newpw`, `confirmpw` |
//! | | `custom-action` | `modop=custom`, `a` |
//! | `upgrade.php?type=package&id=N` | `upgrade-<product>` | `pid` |
//! | `admin/services/N` | `service-action` | `do`: Create, Suspend, Unsuspend, Terminate, Renew, Change Package, Change Password; `reason`, `packageid`, `newpassword` |
//! | | `service-fields` | `do=save`, the module's own fields |
//! | | `refresh-metrics` | `do=refresh` |
//! | `admin/products/N` | `product` | `option[<name>]` |
//! | `admin/domains/N` | `domain-action` | `do`: register, transfer, renew, sync, lock, unlock, epp, idprotect, unidprotect, release, delete; `eppcode`, `years`, `transfertag` |
//! | | `domain-save` | `do=save`, `expirydate`, `nextduedate`, the module's own fields |
//! | `admin/tlds` | `import-tlds` | `registrar`, `margin`, `extensions`, `automatic` |
//! | | `change-tld-<id>` | `autoreg`, `idprotection`, `dnsmanagement`, `grace_period`, `grace_fee`, `redemption_grace_period`, `redemption_fee` |
//! | `admin/lookup` | `lookup` | `registrar`, `field[<name>]`, `premium`, `upto[n]`, `percent[n]` |
//! | `admin/automation` | `automation`, `run-cron` | settings of the cron |
//! | `admin/modules/registrar/NAME` (gateway, addon) | `module-settings` | the module's own fields, as `field[<name>]` |
//! | the same | `deactivate` | `do=deactivate` |
//! | `admin/modules/registrar/NAME` | `use-registrar` | – |
//! | `admin/modules/server/NAME` | `add-product` | `name`, `description`, `price`, `cycle`, `server`, `domain`, `customfields`, `option[<name>]` |
//! | `admin/servers` | `test-connection-<id>` | – |
//! | | `admin-sign-on-<id>` | `do=signon` |
//! | `admin/servers/N/accounts` | `import-accounts` | `import[]` |
//! | | `add-server` | `name`, `module`, `hostname`, `ip`, `port`, `secure`, `username`, `password`, `accesshash` |
//! | `admin/services/N`, `admin/domains/N` | `custom-action` | `custom`: a function of the module's own |
//!
//! Values to look for carry ids too: `invoice-status`, `invoice-balance`, `invoice-credit`, `domain-status`,
//! `nameserver-list`, `domain-expiry`, `domain-due`, `auth-code`, `service-status`, `service-due`, `service-usage`, `module-output`, `service-properties`, `message`.

mod account;
mod admin;
mod cart;
mod checkout;
mod clientarea;
mod details;
mod domain_actions;
mod find;
mod invoice;
mod module_html;
mod rows;
mod script;
mod service_actions;
mod session;
mod shop;
mod templates;
mod visit;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use http::StatusCode;
use tower::ServiceExt as _;

pub(crate) use session::Sessions;
pub(crate) use templates::Templates;

use crate::api;
use crate::app::App;

pub(crate) fn router(app: Arc<App>) -> Router {
    let routes = routes(app);
    Router::new().fallback(async move |request| carry_out(routes, request).await)
}

/// Carries a request out to its end even when the browser hangs up: a half-done activation would keep its
/// item claimed, and nobody would finish it.
async fn carry_out(routes: Router, request: Request) -> Response {
    match tokio::spawn(routes.oneshot(one_slash(request))).await {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(error) => {
            tracing::error!(%error, "a request ended in a panic");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// `//modules/x.php` is `/modules/x.php`: modules join addresses with and without a slash of their own.
fn one_slash(mut request: Request) -> Request {
    let uri = request.uri();
    if !uri.path().contains("//") {
        return request;
    }
    let path = uri
        .path()
        .split('/')
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("/");
    let query = uri
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    if let Ok(uri) = format!("/{path}{query}").parse() {
        *request.uri_mut() = uri;
    }
    request
}

fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(shop::home))
        .route("/index.php", get(shop::index).post(shop::index))
        .route("/cart.php", get(cart::show).post(cart::change))
        .route(
            "/register.php",
            get(account::register_form).post(account::register),
        )
        .route("/login.php", get(account::login_form))
        .route("/login", get(account::login_form).post(account::login))
        .route("/dologin.php", post(account::login))
        .route("/logout.php", get(account::logout).post(account::logout))
        .route(
            "/clientarea.php",
            get(clientarea::show).post(clientarea::change),
        )
        .route(
            "/upgrade.php",
            get(service_actions::upgrade).post(service_actions::upgrade),
        )
        .route("/viewinvoice.php", get(invoice::show).post(invoice::change))
        .route("/includes/api.php", post(api::entry))
        .route("/_internal/localapi", post(api::local))
        .route("/modules/{*path}", any(script::run))
        .route("/assets/style.css", get(templates::style))
        .route("/_sandbox/rows/{table}", get(rows::rows))
        .route("/_sandbox/cron", post(rows::cron))
        .route("/_sandbox/api", get(api::show_mood).post(api::change_mood))
        .merge(admin::router())
        .with_state(app)
}
