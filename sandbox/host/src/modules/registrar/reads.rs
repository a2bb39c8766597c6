//! What pages ask a registrar about a domain.

use serde_json::{Value, json};

use super::{Refusable, UNSUPPORTED};
use crate::app::{Actor, App};
use crate::db::Row;

impl App {
    /// What the registry says about a domain: from GetDomainInformation, or from the two older functions.
    pub(crate) async fn domain_information(&self, actor: &Actor, domain: &Row) -> Refusable<Row> {
        let said = self
            .domain_function(actor, domain, "GetDomainInformation", Row::new())
            .await?;
        match said {
            Ok(answer) => {
                return Ok(match answer.value {
                    Value::Object(information) => Ok(information),
                    _ => Ok(Row::new()),
                });
            }
            Err(text) if text != UNSUPPORTED => return Ok(Err(text)),
            Err(_) => {}
        }
        let nameservers = match self.nameservers(actor, domain).await? {
            Ok(nameservers) => nameservers,
            Err(text) => return Ok(Err(text)),
        };
        let mut information =
            Row::from_iter([("nameservers".to_owned(), Value::Object(nameservers))]);
        if let Ok(Some(locked)) = self.transfer_lock(actor, domain).await? {
            information.insert("transferLock".to_owned(), json!(locked));
        }
        Ok(Ok(information))
    }

    /// `ns1`…`ns5`. `Err` with WHMCS's words when the module has no such function.
    pub(crate) async fn nameservers(&self, actor: &Actor, domain: &Row) -> Refusable<Row> {
        let answer = self
            .domain_function(actor, domain, "GetNameservers", Row::new())
            .await?;
        if let Err(text) = &answer
            && text == UNSUPPORTED
        {
            let information = self
                .domain_function(actor, domain, "GetDomainInformation", Row::new())
                .await?;
            return Ok(information.map(|answer| only_nameservers(answer.value.get("nameservers"))));
        }
        Ok(answer.map(|answer| only_nameservers(Some(&answer.value))))
    }

    /// Whether the domain is locked; `None` when the registrar knows no lock for it.
    pub(crate) async fn transfer_lock(
        &self,
        actor: &Actor,
        domain: &Row,
    ) -> Refusable<Option<bool>> {
        let answer = self
            .domain_function(actor, domain, "GetRegistrarLock", Row::new())
            .await?;
        if let Err(text) = &answer
            && text == UNSUPPORTED
        {
            let information = self
                .domain_function(actor, domain, "GetDomainInformation", Row::new())
                .await?;
            return Ok(
                information.map(|answer| answer.value.get("transferLock").and_then(Value::as_bool))
            );
        }
        Ok(answer.map(|answer| match answer.value.as_str() {
            Some("locked") => Some(true),
            Some("unlocked") => Some(false),
            _ => None,
        }))
    }

    /// The code to show; `None` when the registrar sent it by mail.
    pub(crate) async fn auth_code(&self, actor: &Actor, domain: &Row) -> Refusable<Option<String>> {
        let answer = self
            .domain_function(actor, domain, "GetEPPCode", Row::new())
            .await?;
        Ok(answer.map(|answer| {
            let code = answer.value.get("eppcode").and_then(Value::as_str);
            code.filter(|code| !code.is_empty()).map(str::to_owned)
        }))
    }

    /// HTML of the module's own for the domain's page.
    pub(crate) async fn registrar_html(
        &self,
        actor: &Actor,
        domain: &Row,
        function: &str,
    ) -> Refusable<String> {
        let answer = self
            .domain_function(actor, domain, function, Row::new())
            .await?;
        Ok(match answer {
            Err(text) if text == UNSUPPORTED => Ok(String::new()),
            Err(text) => Err(text),
            Ok(answer) => Ok(match &answer.value {
                Value::String(html) => html.clone(),
                value => {
                    let html = value.get("html").and_then(Value::as_str);
                    html.unwrap_or(&answer.output).to_owned()
                }
            }),
        })
    }

    /// The module's fields on the staff's page: label and HTML.
    pub(crate) async fn tab_fields(
        &self,
        actor: &Actor,
        domain: &Row,
    ) -> Refusable<Vec<(String, String)>> {
        let answer = self
            .domain_function(actor, domain, "AdminDomainsTabFields", Row::new())
            .await?;
        Ok(match answer {
            Err(text) if text == UNSUPPORTED => Ok(Vec::new()),
            Err(text) => Err(text),
            Ok(answer) => Ok(answer
                .value
                .as_object()
                .into_iter()
                .flatten()
                .map(|(label, html)| (label.clone(), html.as_str().unwrap_or_default().to_owned()))
                .collect()),
        })
    }
}

fn only_nameservers(answer: Option<&Value>) -> Row {
    let keys = ["ns1", "ns2", "ns3", "ns4", "ns5"];
    let value = |key: &str| {
        answer
            .and_then(|answer| answer.get(key))
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    keys.iter()
        .map(|key| ((*key).to_owned(), json!(value(key))))
        .collect()
}
