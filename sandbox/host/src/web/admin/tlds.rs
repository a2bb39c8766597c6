//! What WHMCS keeps under domain pricing, lookup provider and automation: prices and their import, premium
//! markups, suggestion options, the cron.

use axum::extract::Path;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::Staff;
use crate::amount::Amount;
use crate::app::Actor;
use crate::cron::{AUTOMATION, CronRun};
use crate::db::{Arg, Columns as _, Row, args};
use crate::modules::{Import, read_fields};
use crate::php::ModuleKind;
use crate::web::visit::{Failure, Page, Visit};

pub(super) async fn show(Staff(visit): Staff) -> Page {
    let app = &visit.app;
    let currency = app.currency_of(0).await?;
    let sql = "SELECT d.id, d.extension, d.autoreg, d.idprotection, d.dnsmanagement, d.grace_period, CAST(d.grace_period_fee AS TEXT) AS grace_fee,
        d.redemption_grace_period, CAST(d.redemption_grace_period_fee AS TEXT) AS redemption_fee,
        r.msetupfee AS register, n.msetupfee AS renew, t.msetupfee AS transfer FROM tbldomainpricing d
        LEFT JOIN tblpricing r ON r.type = 'domainregister' AND r.relid = d.id AND r.currency = ?1
        LEFT JOIN tblpricing n ON n.type = 'domainrenew' AND n.relid = d.id AND n.currency = ?1
        LEFT JOIN tblpricing t ON t.type = 'domaintransfer' AND t.relid = d.id AND t.currency = ?1
        ORDER BY d.\"order\", d.id LIMIT 500";
    let rows = app.db.rows(sql, args![currency.int("id")]).await?;
    let total = app
        .db
        .count("SELECT count(*) FROM tbldomainpricing", &[])
        .await?;
    let vars = json!({
        "title": "Domain pricing", "rows": rows, "total": total, "registrars": registrars(&visit).await?, "base": currency,
    });
    visit.render("admin/tlds.html", vars).await
}

/// Imports a registrar's price list.
pub(super) async fn import(Staff(visit): Staff) -> Page {
    let form = &visit.form;
    let only = form
        .text("extensions")
        .split([',', ' '])
        .filter(|text| !text.is_empty())
        .map(|text| format!(".{}", text.trim_start_matches('.').to_lowercase()))
        .collect();
    let Ok(margin) = form.text("margin").parse::<Decimal>() else {
        visit.flash(false, "The margin must be a percentage such as 20.");
        return Ok(visit.redirect("/admin/tlds"));
    };
    let import = Import {
        registrar: form.text("registrar").to_owned(),
        margin,
        only,
        automatic: form.flag("automatic"),
    };
    match visit.app.import_tlds(&visit.actor(), &import).await? {
        Ok(done) => {
            let skipped: Vec<String> = done
                .skipped
                .iter()
                .take(5)
                .map(|(extension, why)| format!("{extension}: {why}"))
                .collect();
            let text = format!(
                "{} extensions added, {} updated, {} skipped. {}",
                done.added,
                done.updated,
                done.skipped.len(),
                skipped.join("; ")
            );
            visit.flash(true, text);
        }
        Err(text) => visit.flash(false, text),
    }
    Ok(visit.redirect("/admin/tlds"))
}

/// Grace and redemption of one extension, and its addons.
pub(super) async fn change(Path(id): Path<i64>, Staff(visit): Staff) -> Page {
    let form = &visit.form;
    let mut columns: Vec<(&str, Arg)> = vec![
        ("idprotection", form.flag("idprotection").into()),
        ("dnsmanagement", form.flag("dnsmanagement").into()),
        ("autoreg", form.text("autoreg").into()),
    ];
    for (field, column) in [
        ("grace_period", "grace_period"),
        ("redemption_grace_period", "redemption_grace_period"),
    ] {
        columns.push((column, form.int(field).into()));
    }
    for (field, column) in [
        ("grace_fee", "grace_period_fee"),
        ("redemption_fee", "redemption_grace_period_fee"),
    ] {
        let Some(fee) = Amount::parse(form.text(field)) else {
            visit.flash(
                false,
                "A fee must be an amount such as 20.00, or -1 for no such period.",
            );
            return Ok(visit.redirect("/admin/tlds"));
        };
        columns.push((column, fee.into()));
    }
    let mut write = visit.app.db.begin().await?;
    write.update("tbldomainpricing", id, &columns).await?;
    write.commit().await?;
    visit.flash(true, "The extension was saved.");
    Ok(visit.redirect("/admin/tlds"))
}

/// Lookup provider: its suggestion options, and premium names.
pub(super) async fn lookup(Staff(visit): Staff) -> Page {
    let app = &visit.app;
    let registrar = app.setting("domainLookupRegistrar").await?;
    let stored = app.lookup_settings(&registrar).await?;
    let fields: Vec<Value> = suggestion_fields(&visit, &registrar)
        .await?
        .iter()
        .map(|field| {
            let value = stored.get(&field.name).and_then(Value::as_str);
            json!({ "field": field, "value": value.unwrap_or(&field.default) })
        })
        .collect();
    let vars = json!({
        "title": "Domain lookup", "registrar": registrar, "registrars": registrars(&visit).await?, "fields": fields,
        "premium": app.premium_enabled().await?, "brackets": app.premium_brackets().await?,
    });
    visit.render("admin/lookup.html", vars).await
}

pub(super) async fn save_lookup(Staff(visit): Staff) -> Page {
    let (app, form) = (&visit.app, &visit.form);
    let registrar = form.text("registrar").to_owned();
    app.set_setting("domainLookupRegistrar", &registrar).await?;
    let posted = form.list("field");
    let mut values = Vec::new();
    for field in suggestion_fields(&visit, &registrar).await? {
        let sent = posted
            .iter()
            .find(|(name, _)| *name == field.name)
            .map(|(_, value)| value.clone());
        values.push((field.name, sent.unwrap_or_default()));
    }
    app.save_lookup_settings(&registrar, &values).await?;
    let premium = if form.flag("premium") { "on" } else { "" };
    app.set_setting("PremiumDomains", premium).await?;
    let mut brackets: Vec<(Decimal, Decimal)> = Vec::new();
    let percents = form.list("percent");
    for (index, upto) in form.list("upto") {
        let percent = percents.iter().find(|(of, _)| *of == index);
        let Some((_, percent)) = percent.filter(|_| !upto.trim().is_empty()) else {
            continue;
        };
        let (Ok(upto), Ok(percent)) = (upto.trim().parse(), percent.trim().parse()) else {
            visit.flash(
                false,
                "A bracket needs an amount (-1 for everything above) and a percentage.",
            );
            return Ok(visit.redirect("/admin/lookup"));
        };
        brackets.push((upto, percent));
    }
    app.set_premium_brackets(&brackets).await?;
    visit.flash(true, "The lookup settings were saved.");
    Ok(visit.redirect("/admin/lookup"))
}

/// When the cron does what.
pub(super) async fn automation(Staff(visit): Staff) -> Page {
    let mut fields = Vec::new();
    for (setting, label, usual) in AUTOMATION {
        let value = visit.app.setting_or(setting, usual).await?;
        let switch = *usual == "on" || usual.is_empty();
        fields
            .push(json!({ "setting": setting, "label": label, "value": value, "switch": switch }));
    }
    let vars = json!({
        "title": "Automation", "fields": fields,
        "last": visit.app.setting("lastCronInvocationTime").await?, "now": visit.app.now(),
    });
    visit.render("admin/automation.html", vars).await
}

pub(super) async fn save_automation(Staff(visit): Staff) -> Page {
    for (setting, _, usual) in AUTOMATION {
        let switch = *usual == "on" || usual.is_empty();
        let value = match (switch, visit.form.flag(setting)) {
            (true, true) => "on",
            (true, false) => "",
            (false, _) => visit.form.text(setting),
        };
        visit.app.set_setting(setting, value).await?;
    }
    visit.flash(true, "The automation settings were saved.");
    Ok(visit.redirect("/admin/automation"))
}

pub(super) async fn run_cron(Staff(visit): Staff) -> Page {
    let report = visit.app.cron(CronRun::Everything).await?;
    let text = match report.did.is_empty() {
        true => "The cron ran; there was nothing to do.".to_owned(),
        false => {
            let first: Vec<&str> = report.did.iter().take(10).map(String::as_str).collect();
            let more = match report.did.len().saturating_sub(first.len()) {
                0 => String::new(),
                more => format!("; and {more} more"),
            };
            format!("The cron ran: {}{more}", first.join("; "))
        }
    };
    visit.flash(true, text);
    Ok(visit.redirect("/admin/automation"))
}

async fn registrars(visit: &Visit) -> Result<Vec<Row>, Failure> {
    let sql = "SELECT DISTINCT registrar AS name FROM tblregistrars ORDER BY registrar";
    Ok(visit.app.db.rows(sql, &[]).await?)
}

async fn suggestion_fields(
    visit: &Visit,
    registrar: &str,
) -> Result<Vec<crate::modules::Field>, Failure> {
    if registrar.is_empty() {
        return Ok(Vec::new());
    }
    let app = &visit.app;
    let actor = Actor::system("admin/configdomains.php");
    let params = app
        .module_settings(ModuleKind::Registrar, registrar)
        .await?;
    let answer = app
        .call(
            &actor,
            ModuleKind::Registrar,
            registrar,
            "DomainSuggestionOptions",
            params,
        )
        .await?;
    Ok(read_fields(&answer.value))
}
