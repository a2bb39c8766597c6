//! ListAccounts: what a server has, beside what this installation knows; and taking an account over.

use serde::Serialize;
use serde_json::Value;

use super::Described;
use crate::app::{Actor, App, HostError, add_months};
use crate::billing::pricing::{cycle_name, months_of};
use crate::db::{Columns as _, Row, args};
use crate::form::Form;
use crate::modules::registrar::Refusable;
use crate::modules::{failure_of, truthy};
use crate::php::ModuleKind;

/// An account of a server.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Account {
    pub identifier: String,
    pub username: String,
    pub domain: String,
    pub email: String,
    pub product: String,
    pub ip: String,
    /// `Y-m-d H:i:s`
    pub created: String,
    pub status: String,
    /// The service that it is, and its status here.
    pub service: Option<i64>,
    pub here: String,
}

/// Both sides of a server.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Compared {
    /// How the module calls what identifies an account.
    pub identifier: String,
    pub accounts: Vec<Account>,
    /// Services that the server does not have.
    pub missing: Vec<Row>,
}

impl App {
    pub(crate) async fn compare_accounts(
        &self,
        actor: &Actor,
        server: &Row,
    ) -> Refusable<Compared> {
        let module = server.text("type");
        let described = self.described(ModuleKind::Server, module).await?;
        let listed = match self.list_accounts(actor, server).await? {
            Ok(listed) => listed,
            Err(text) => return Ok(Err(text)),
        };
        let services = self.services_of(server, &described).await?;
        let accounts: Vec<Account> = listed
            .iter()
            .map(|account| {
                let mut account = read(account);
                let known = services.iter().find(|row| {
                    !account.identifier.is_empty() && row.text("identifier") == account.identifier
                });
                account.service = known.map(|row| row.int("id"));
                account.here = known
                    .map(|row| row.text("domainstatus").to_owned())
                    .unwrap_or_default();
                account
            })
            .collect();
        let missing = services
            .into_iter()
            .filter(|row| matches!(row.text("domainstatus"), "Active" | "Suspended"))
            .filter(|row| {
                !accounts
                    .iter()
                    .any(|account| account.service == Some(row.int("id")))
            })
            .collect();
        Ok(Ok(Compared {
            identifier: described
                .meta("ListAccountsUniqueIdentifierDisplayName")
                .unwrap_or("Domain")
                .to_owned(),
            accounts,
            missing,
        }))
    }

    /// Makes a service of an account that is not known yet, for the client with its e-mail address, who is made
    /// where there is none; the service's id.
    pub(crate) async fn import_account(
        &self,
        actor: &Actor,
        server: &Row,
        account: &Account,
    ) -> Refusable<i64> {
        let module = server.text("type");
        let described = self.described(ModuleKind::Server, module).await?;
        let column = described
            .meta("ListAccountsProductField")
            .filter(|name| is_option(name))
            .unwrap_or("configoption1")
            .to_owned();
        let sql = format!(
            "SELECT * FROM tblproducts WHERE servertype = ? AND {column} = ? ORDER BY id LIMIT 1"
        );
        let Some(product) = self.db.row(&sql, args![module, &account.product]).await? else {
            return Ok(Err(format!(
                "no product has \"{}\" as its {column}",
                account.product
            )));
        };
        let client = match self.client_by_email(actor, account).await? {
            Ok(client) => client,
            Err(text) => return Ok(Err(text)),
        };
        let currency = self.currency_of(client).await?.int("id");
        let cycle = self.default_cycle(&product, currency).await?;
        let price = self.product_price(&product, currency, &cycle).await?;
        let due = add_months(&self.today(), months_of(&cycle).unwrap_or(0));
        let mut write = self.db.begin().await?;
        let columns = [
            ("userid", client.into()),
            ("packageid", product.int("id").into()),
            ("server", server.int("id").into()),
            (
                "regdate",
                account.created.get(..10).unwrap_or_default().into(),
            ),
            ("domain", (&account.domain).into()),
            ("username", (&account.username).into()),
            ("dedicatedip", (&account.ip).into()),
            ("amount", price.unwrap_or_default().1.into()),
            ("billingcycle", cycle_name(&cycle).into()),
            ("nextduedate", (&due).into()),
            ("nextinvoicedate", (&due).into()),
            ("domainstatus", (&account.status).into()),
            ("created_at", self.now().into()),
            ("updated_at", self.now().into()),
        ];
        let id = write.insert("tblhosting", &columns).await?;
        write.commit().await?;
        let line = format!(
            "Imported account {} of server {} - Service ID: {id}",
            account.identifier,
            server.text("name")
        );
        self.log_activity(actor, &line, client).await?;
        Ok(Ok(id))
    }

    async fn list_accounts(&self, actor: &Actor, server: &Row) -> Refusable<Vec<Value>> {
        let (module, params) = (server.text("type"), self.server_params(server));
        let answer = self
            .call(actor, ModuleKind::Server, module, "ListAccounts", params)
            .await?;
        if let Some(text) = failure_of(&answer) {
            return Ok(Err(text));
        }
        if !answer.exists {
            return Ok(Err("this module has no ListAccounts".to_owned()));
        }
        match answer.value.get("accounts") {
            Some(Value::Array(accounts)) if truthy(answer.value.get("success")) => {
                Ok(Ok(accounts.clone()))
            }
            _ => Ok(Err("the module listed no accounts".to_owned())),
        }
    }

    /// The services of a server, each with what identifies it in `identifier`.
    async fn services_of(
        &self,
        server: &Row,
        described: &Described,
    ) -> Result<Vec<Row>, HostError> {
        let field = described
            .meta("ListAccountsUniqueIdentifierField")
            .unwrap_or("domain");
        let custom = field.strip_prefix("customfield.").unwrap_or_default();
        let own = if field == "username" {
            "h.username"
        } else {
            "h.domain"
        };
        let sql = format!(
            "SELECT h.id, h.domain, h.username, h.domainstatus, p.name AS product,
                CASE WHEN ?2 = '' THEN {own} ELSE coalesce((SELECT v.value FROM tblcustomfields f
                    JOIN tblcustomfieldsvalues v ON v.fieldid = f.id AND v.relid = h.id
                    WHERE f.type = 'product' AND f.relid = h.packageid AND (f.fieldname = ?2 OR f.fieldname LIKE ?2 || '|%') LIMIT 1), '') END AS identifier
             FROM tblhosting h JOIN tblproducts p ON p.id = h.packageid
             WHERE h.server = ?1 ORDER BY h.domainstatus NOT IN ('Active', 'Suspended'), h.id"
        );
        Ok(self.db.rows(&sql, args![server.int("id"), custom]).await?)
    }

    async fn client_by_email(&self, actor: &Actor, account: &Account) -> Refusable<i64> {
        let sql = "SELECT id FROM tblclients WHERE lower(email) = lower(?)";
        if let Some(client) = self.db.row(sql, args![&account.email]).await? {
            return Ok(Ok(client.int("id")));
        }
        let name = account.email.split('@').next().unwrap_or_default();
        let fields = [
            ("firstname", name),
            ("lastname", "(imported)"),
            ("email", &account.email),
            ("password2", &crate::secrets::password()),
            ("skipvalidation", "1"),
        ];
        let form = serde_urlencoded::to_string(fields).unwrap_or_default();
        let added = self
            .add_client(actor, &Form::parse(form.as_bytes()))
            .await?;
        Ok(added.map(|(client, _)| client).map_err(str::to_owned))
    }
}

fn is_option(name: &str) -> bool {
    name.strip_prefix("configoption")
        .and_then(|number| number.parse::<u8>().ok())
        .is_some_and(|number| (1..=24).contains(&number))
}

fn read(account: &Value) -> Account {
    let text = |name: &str| {
        let value = account.get(name).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    Account {
        identifier: text("uniqueIdentifier"),
        username: text("username"),
        domain: text("domain"),
        email: text("email"),
        product: text("product"),
        ip: text("primaryip"),
        created: text("created"),
        status: text("status"),
        service: None,
        here: String::new(),
    }
}
