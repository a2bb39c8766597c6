//! Calls on the module socket, as the PHP modules make them.

use std::path::Path;

use serde_json::{Value, json};

use crate::Sandbox;

/// A WHMCS's line to the daemon.
#[derive(Clone, Debug)]
pub struct ModuleSocket {
    client: reqwest::Client,
    token: String,
}

impl ModuleSocket {
    /// With the address and token that were installed beside the PHP modules.
    pub fn of(sandbox: &Sandbox) -> Self {
        let file = sandbox.at.dir.join("whmcs/modules/wharf/connection.php");
        let text = std::fs::read_to_string(file).unwrap();
        let value = |key: &str| {
            let (_, rest) = text.split_once(&format!("'{key}'")).unwrap_or_default();
            rest.split('\'').nth(1).unwrap_or_default().to_owned()
        };
        Self::at(Path::new(&value("socket")), &value("token"))
    }

    /// With a socket and a site's token.
    pub fn at(socket: &Path, token: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            client: reqwest::Client::builder()
                .no_proxy()
                .unix_socket(socket)
                .build()
                .unwrap(),
            token: token.to_owned(),
        }
    }

    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        token.clone_into(&mut self.token);
        self
    }

    /// The status and what the function returns (or the whole answer, when it is no function's).
    pub async fn call(&self, path: &str, params: &Value) -> (u16, Value) {
        let answer = self
            .client
            .post(format!("http://wharf/whmcs/{path}"))
            .bearer_auth(&self.token)
            .json(params)
            .send()
            .await
            .unwrap();
        let status = answer.status().as_u16();
        let answer: Value = answer.json().await.unwrap();
        (status, answer.get("return").cloned().unwrap_or(answer))
    }
}

/// The parameters of RegisterDomain for a name, as WHMCS sends them.
pub fn registration(sandbox: &Sandbox, domain_id: i64, name: &str) -> Value {
    let (sld, tld) = name.split_once('.').unwrap_or((name, ""));
    let password = sandbox.at.secrets.get(1).cloned().unwrap_or_default();
    let mut params = json!({
        "Environment": "LIVE", "Username": "test.user", "Password": password,
        "userid": 1, "domainid": domain_id, "domain": name, "domainname": name, "sld": sld, "tld": tld,
        "regperiod": 1, "registrar": "wharf", "dnsmanagement": false, "emailforwarding": false, "idprotection": false,
        "ns1": "ns1.nile-hosting.example", "ns2": "ns2.nile-hosting.example", "ns3": "", "ns4": "", "ns5": "",
        "additionalfields": {}, "premiumEnabled": false, "premiumCost": 0,
    });
    for prefix in ["", "admin"] {
        for (field, value) in [
            ("firstname", "Mona"),
            ("lastname", "Sample"),
            ("fullname", "Mona Sample"),
            ("companyname", ""),
            ("email", "mona@example.com"),
            ("address1", "1 Sample Street"),
            ("address2", ""),
            ("city", "Cairo"),
            ("state", "Cairo"),
            ("fullstate", "Cairo"),
            ("postcode", "11511"),
            ("country", "EG"),
            ("countrycode", "EG"),
            ("countryname", "Egypt"),
            ("phonenumber", "1012345678"),
            ("phonecc", "20"),
            ("fullphonenumber", "+20.1012345678"),
        ] {
            if let Some(params) = params.as_object_mut() {
                params.insert(format!("{prefix}{field}"), value.into());
            }
        }
    }
    params
}

/// The parameters of CreateAccount, as WHMCS sends them.
pub fn account(sandbox: &Sandbox, service_id: i64, email: &str, domain: &str) -> Value {
    let port: u16 = sandbox
        .at
        .supplier
        .rsplit(':')
        .next()
        .and_then(|port| port.parse().ok())
        .unwrap_or_default();
    let token = sandbox.at.secrets.get(2).cloned().unwrap_or_default();
    json!({
        "serviceid": service_id, "accountid": service_id, "addonId": 0, "userid": 1, "pid": 1, "serverid": 1,
        "domain": domain, "username": "sampleus", "password": "not-used-1", "producttype": "other", "moduletype": "wharf",
        "configoption1": "siteshield", "configoption2": "pro", "customfields": {}, "configoptions": {},
        "clientsdetails": { "id": 1, "userid": 1, "firstname": "Mona", "lastname": "Sample", "email": email, "country": "EG" },
        "server": true, "serverip": "127.0.0.1", "serverhostname": "127.0.0.1", "serverport": port, "serversecure": false,
        "serverhttpprefix": "http", "serverusername": "reseller", "serverpassword": "", "serveraccesshash": token,
        "model": { "id": service_id }, "whmcsVersion": "8.13.0",
    })
}
