//! Where a supplier is and the token for it, as WHMCS's server settings say. They arrive with every call; the
//! last seen set is kept, the token sealed, for what goes on without WHMCS.

use reqwest::Url;
use wharf_core::Secret;
use wharf_core::network::is_this_machine;
use wharf_store::{Store, StoreError};
use wharf_whmcs::call::Params;

use crate::supplier::Place;
use crate::tables::servers;

/// A server of WHMCS's settings.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub id: i64,
    /// `https://api.example.com:8443`
    pub base: String,
    /// `api.example.com:8443`
    pub authority: String,
    /// For suppliers that want one; it may name the connector.
    pub username: String,
    pub token: Secret,
}

impl Server {
    /// Reads the server parameters. The error says what to enter where.
    pub(crate) fn read(params: &Params) -> Result<Self, String> {
        let host = params
            .text("serverhostname")
            .or_else(|| params.text("serverip"))
            .ok_or("no server is assigned: choose one in the product's module settings, with a hostname")?;
        let token = token(params)?;
        let secure = params.flag("serversecure")
            || params.text("serverhttpprefix").as_deref() == Some("https");
        let scheme = if secure { "https" } else { "http" };
        let port = params
            .integer("serverport")
            .filter(|port| (1..=65_535).contains(port));
        let base = match port {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        };
        let wrong =
            || format!("\"{host}\" is no host name: enter it without https:// and without a path");
        let url = Url::parse(&base).map_err(|_| wrong())?;
        let name = url.host_str().ok_or_else(wrong)?;
        let plain = url.path() == "/"
            && url.query().is_none()
            && url.username().is_empty()
            && !host.contains("//");
        if !plain {
            return Err(wrong());
        }
        if !secure && !is_this_machine(name) {
            return Err(
                "the server's connection is not secure: tick \"Secure\" in its settings".to_owned(),
            );
        }
        let authority = match url.port() {
            Some(port) => format!("{name}:{port}"),
            None => name.to_owned(),
        };
        Ok(Self {
            id: params.integer("serverid").unwrap_or(0),
            base: format!("{scheme}://{authority}"),
            authority,
            username: params.text("serverusername").unwrap_or_default(),
            token,
        })
    }

    pub(crate) fn place(&self) -> Place {
        Place::new(&self.base, &self.username, self.token.clone())
    }

    /// Remembers it for work in the background.
    pub(crate) async fn keep(&self, store: &Store, site: &str) -> Result<(), StoreError> {
        let scope = scope(site, self.id);
        let known = store.secrets().get(&scope, TOKEN).await?;
        if known.is_none_or(|known| known.expose() != self.token.expose()) {
            store.secrets().put(&scope, TOKEN, &self.token).await?;
        }
        let known = servers::by_id(store, site, self.id).await?;
        if known.is_none_or(|known| known.base != self.base || known.username != self.username) {
            servers::keep(store, site, self.id, &self.base, &self.username).await?;
        }
        Ok(())
    }

    /// What [`keep`](Self::keep) remembered.
    pub(crate) async fn kept(
        store: &Store,
        site: &str,
        id: i64,
    ) -> Result<Option<Place>, StoreError> {
        let row = servers::by_id(store, site, id).await?;
        let token = store.secrets().get(&scope(site, id), TOKEN).await?;
        Ok(row
            .zip(token)
            .map(|(row, token)| Place::new(&row.base, &row.username, token)))
    }
}

/// Password or Access Hash, whichever is filled in: which of them a supplier's module takes is never clear.
fn token(params: &Params) -> Result<Secret, String> {
    let filled = |name| {
        params
            .secret(name)
            .map(|secret: Secret| Secret::new(secret.expose().trim()))
            .filter(|secret| !secret.is_empty())
    };
    match (filled("serverpassword"), filled("serveraccesshash")) {
        (Some(password), Some(hash)) if password.expose() != hash.expose() => Err(
            "the server has two different tokens: enter it either as its Password or as its Access Hash, and empty the other"
                .to_owned(),
        ),
        (Some(token), _) | (None, Some(token)) => Ok(token),
        (None, None) => {
            Err("the server has no API token: enter it as its password".to_owned())
        }
    }
}

fn scope(site: &str, id: i64) -> String {
    format!("server/{site}/{id}")
}

const TOKEN: &str = "token";

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(params: Value) -> Result<Server, String> {
        Server::read(&Params::new(params.as_object().unwrap().clone()))
    }

    #[test]
    fn an_address_is_put_together_from_whmcs_fields() {
        let server = read(json!({"serverid": "3", "serverhostname": "api.example.com", "serverport": "8443", "serversecure": "on", "serveraccesshash": "t"})).unwrap();
        assert_eq!(
            (server.id, server.base.as_str(), server.authority.as_str()),
            (3, "https://api.example.com:8443", "api.example.com:8443")
        );
        let both =
            json!({"serverip": "127.0.0.1", "serverpassword": "t", "serveraccesshash": "t\n"});
        assert_eq!(read(both).unwrap().token.expose(), "t");
        let here =
            read(json!({"serverip": "127.0.0.1", "serverport": 9000, "serverpassword": "t"}))
                .unwrap();
        assert_eq!(here.base, "http://127.0.0.1:9000");
        let plain = read(json!({"serverhostname": "api.example.com", "serverhttpprefix": "https", "serverport": "", "serveraccesshash": "t"})).unwrap();
        assert_eq!(plain.base, "https://api.example.com");
    }

    #[test]
    fn wrong_settings_say_what_to_enter() {
        for (params, says) in [
            (json!({}), "no server is assigned"),
            (
                json!({"serverhostname": "api.example.com", "serversecure": true}),
                "password",
            ),
            (
                json!({"serverhostname": "api.example.com", "serveraccesshash": "t"}),
                "Secure",
            ),
            (
                json!({"serverhostname": "api.example.com", "serversecure": 1, "serveraccesshash": "t", "serverpassword": "u"}),
                "two different tokens",
            ),
            (
                json!({"serverhostname": "https://api.example.com", "serversecure": 1, "serveraccesshash": "t"}),
                "without https://",
            ),
            (
                json!({"serverhostname": "api.example.com/x", "serversecure": 1, "serveraccesshash": "t"}),
                "without a path",
            ),
            (
                json!({"serverhostname": "a@b", "serversecure": 1, "serveraccesshash": "t"}),
                "is no host name",
            ),
        ] {
            let error = read(params).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }
}
