//! Servers: whether they answer, ways into them, and their accounts beside ours.

use axum::extract::Path;
use http::StatusCode;
use serde_json::{Value, json};

use super::Staff;
use crate::db::{Columns as _, Row, args};
use crate::modules::Account;
use crate::php::ModuleKind;
use crate::web::module_html::with_tokens;
use crate::web::visit::{Failure, Page, Visit};

pub(super) async fn list(Staff(visit): Staff) -> Page {
    let sql = "SELECT s.*, (SELECT count(*) FROM tblhosting h WHERE h.server = s.id AND h.domainstatus IN ('Active', 'Suspended')) AS services
               FROM tblservers s ORDER BY s.id";
    let mut servers = Vec::new();
    for server in visit.app.db.rows(sql, &[]).await? {
        servers.push(shown(&visit, &server).await?);
    }
    let modules = visit.app.modules_of(ModuleKind::Server).await?;
    let vars = json!({ "title": "Servers", "servers": servers, "modules": modules });
    visit.render("admin/servers.html", vars).await
}

/// Without its secrets, with what its module offers.
async fn shown(visit: &Visit, server: &Row) -> Result<Value, Failure> {
    let app = &visit.app;
    let described = app
        .described(ModuleKind::Server, server.text("type"))
        .await?;
    let link = if described.has("AdminLink") {
        let html = app.admin_link(&visit.actor(), server).await?;
        with_tokens(&html, &visit.session.token, &app.system_url)
    } else {
        String::new()
    };
    let sign_on = described.has("AdminSingleSignOn").then(|| {
        described
            .meta("AdminSingleSignOnLabel")
            .unwrap_or("Log in to the server")
    });
    Ok(json!({
        "id": server.int("id"), "name": server.text("name"), "type": server.text("type"), "hostname": server.text("hostname"),
        "ipaddress": server.text("ipaddress"), "port": server.get("port"), "services": server.int("services"),
        "link": link, "sign_on": sign_on, "accounts": described.has("ListAccounts"),
    }))
}

pub(super) async fn act(Path(id): Path<i64>, Staff(visit): Staff) -> Page {
    let Some(server) = server(&visit, id).await? else {
        return missing(&visit).await;
    };
    let name = server.text("name");
    if visit.form.text("do") == "signon" {
        match visit.app.server_sign_on(&visit.actor(), &server).await? {
            Ok(address) => return Ok(visit.redirect(&address)),
            Err(text) => visit.flash(false, format!("{name}: {text}")),
        }
        return Ok(visit.redirect("/admin/servers"));
    }
    match visit.app.test_server(&visit.actor(), &server).await? {
        Ok(()) => visit.flash(true, format!("{name}: the connection works.")),
        Err(text) => visit.flash(false, format!("{name}: {text}")),
    }
    Ok(visit.redirect("/admin/servers"))
}

pub(super) async fn accounts(Path(id): Path<i64>, Staff(visit): Staff) -> Page {
    let Some(server) = server(&visit, id).await? else {
        return missing(&visit).await;
    };
    let said = visit.app.compare_accounts(&visit.actor(), &server).await?;
    let (compared, trouble) = match said {
        Ok(compared) => (json!(compared), Value::Null),
        Err(text) => (Value::Null, json!(text)),
    };
    let vars = json!({
        "title": format!("Accounts of {}", server.text("name")),
        "server": { "id": id, "name": server.text("name") }, "compared": compared, "trouble": trouble,
    });
    visit.render("admin/accounts.html", vars).await
}

/// Imports what was chosen, as the server describes it now.
pub(super) async fn import(Path(id): Path<i64>, Staff(visit): Staff) -> Page {
    let Some(server) = server(&visit, id).await? else {
        return missing(&visit).await;
    };
    let here = format!("/admin/servers/{id}/accounts");
    let actor = visit.actor();
    let compared = match visit.app.compare_accounts(&actor, &server).await? {
        Ok(compared) => compared,
        Err(text) => {
            visit.flash(false, text);
            return Ok(visit.redirect(&here));
        }
    };
    let chosen = visit.form.list("import");
    let wanted = |account: &&Account| {
        let named = chosen.iter().any(|(_, name)| *name == account.identifier);
        named && account.service.is_none()
    };
    let (mut done, mut troubles) = (0, Vec::new());
    for account in compared.accounts.iter().filter(wanted) {
        match visit.app.import_account(&actor, &server, account).await? {
            Ok(_) => done += 1,
            Err(text) => troubles.push(format!("{}: {text}", account.identifier)),
        }
    }
    if troubles.is_empty() {
        visit.flash(true, format!("{done} accounts were imported."));
    } else {
        visit.flash(false, troubles.join("; "));
    }
    Ok(visit.redirect(&here))
}

async fn server(visit: &Visit, id: i64) -> Result<Option<Row>, Failure> {
    let sql = "SELECT * FROM tblservers WHERE id = ?";
    Ok(visit.app.db.row(sql, args![id]).await?)
}

async fn missing(visit: &Visit) -> Page {
    let text = "There is no such server.";
    visit
        .message(StatusCode::NOT_FOUND, "Not found", text)
        .await
}
