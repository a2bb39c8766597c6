//! ConfigOptions as the product's page asks for them: with the choices that loaders fetch from a server.

use serde_json::{Value, json};

use crate::app::{Actor, App, HostError};
use crate::db::{Columns as _, Row, args};
use crate::modules::Field;
use crate::php::ModuleKind;

impl App {
    /// The module's options, for a product (0: one that is still to be made), whose number the module finds in the
    /// address of its page. Loaders run only where a server is assigned; a loader that fails leaves its field
    /// to be typed in, and says why.
    pub(crate) async fn product_fields(
        &self,
        module: &str,
        product: i64,
        server: Option<&Row>,
    ) -> Result<Vec<(Field, Option<String>)>, HostError> {
        let mut actor = Actor::system("admin/configproducts.php");
        let query = format!("action=edit&id={product}");
        actor.request = Some(json!({ "method": "GET", "query": query, "post": "" }));
        let mut fields = Vec::new();
        for mut field in self.fields_for(&actor, ModuleKind::Server, module).await? {
            let mut trouble = None;
            if let Some(server) = server.filter(|_| field.loader) {
                let mut params = self.server_params(server);
                params.insert("_option".to_owned(), json!(field.name));
                let answer = self
                    .call(&actor, ModuleKind::Server, module, "__loader", params)
                    .await?;
                match (answer.failure, loaded(&answer.value)) {
                    (None, Some(options)) => {
                        field.kind = "dropdown".to_owned();
                        field.options = options;
                    }
                    (Some(failure), _) => trouble = Some(failure.message),
                    (None, None) => trouble = Some("the loader returned no list".to_owned()),
                }
            }
            fields.push((field, trouble));
        }
        Ok(fields)
    }

    /// The server that a product's services are made on: the first of its group, else the first of its module.
    pub(crate) async fn server_of_product(&self, product: &Row) -> Result<Option<Row>, HostError> {
        let sql = "SELECT s.* FROM tblservers s LEFT JOIN tblservergroupsrel r ON r.serverid = s.id AND r.groupid = ?1
                   WHERE s.disabled = 0 AND s.type = ?2 AND (?1 = 0 OR r.id IS NOT NULL) ORDER BY s.active DESC, s.id LIMIT 1";
        let args = args![product.int("servergroup"), product.text("servertype")];
        Ok(self.db.row(sql, args).await?)
    }
}

/// Value → label. PHP's lists count from 0, so a list's values are its places.
fn loaded(value: &Value) -> Option<Vec<(String, String)>> {
    let label = |value: &str, label: &Value| match label {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => value.to_owned(),
    };
    match value {
        Value::Object(map) => Some(
            map.iter()
                .map(|(value, text)| (value.clone(), label(value, text)))
                .collect(),
        ),
        Value::Array(list) => Some(
            list.iter()
                .enumerate()
                .map(|(at, text)| (at.to_string(), label(&at.to_string(), text)))
                .collect(),
        ),
        _ => None,
    }
}
