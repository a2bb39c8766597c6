//! One module call: what goes to the runner script and what comes back.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::error::PhpError;
use super::fpm::Fpm;
use super::wire;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModuleKind {
    Registrar,
    Server,
    Gateway,
    Addon,
}

impl ModuleKind {
    pub const ALL: [Self; 4] = [Self::Registrar, Self::Server, Self::Gateway, Self::Addon];

    /// The folder under `modules/`.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Registrar => "registrars",
            Self::Server => "servers",
            Self::Gateway => "gateways",
            Self::Addon => "addons",
        }
    }
}

/// Who is looking, as PHP's `$_SESSION` shows it. Only the host fills it; nothing that a visitor sends can.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Session {
    /// The client that is logged in.
    pub uid: Option<i64>,
    pub admin_id: Option<i64>,
    /// Language name such as `english`; empty for the default.
    pub language: String,
    /// The CSRF token of the session's forms.
    pub token: String,
    /// Names the visitor's session; what modules put into `$_SESSION` is kept under it. Empty: kept nowhere.
    pub id: String,
    /// `$_SESSION['cart']`, as hooks of the order form read it.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub cart: Value,
}

#[derive(Clone, Debug)]
pub struct PhpCall {
    pub kind: ModuleKind,
    pub module: String,
    /// Without the `<module>_` prefix.
    pub function: String,
    /// Plain parameters; PHP adds `domainObj`, `original`, `model`, `clientsdetails.model` and the like itself.
    pub params: Map<String, Value>,
    /// The page on whose behalf this happens: PHP's `SCRIPT_NAME`, such as `viewinvoice.php`.
    pub page: String,
    pub session: Session,
}

/// What a module call came to.
///
/// Objects in `value` are maps with `__class`:
/// - `WHMCS\Domains\DomainLookup\ResultsList`, `WHMCS\Results\ResultsList`: `items`
/// - `WHMCS\Domains\DomainLookup\SearchResult`: `sld`, `tld` (no dot), `status` (`available`, `registered`, `reserved`,
///   `unknown`, `unsupported`), `score`, `premium` (bool), `pricing` (`register`, `renew`, `transfer`, `CurrencyCode`) or null
/// - `WHMCS\Domain\Registrar\Domain`: `domain`, `registrationStatus` (`Active`, `Pending Delete`, …), `nameservers`
///   (`ns1`…), `transferLock`, `expiryDate` (YYYY-MM-DD), … each null when unset
/// - anything else: its public fields
///
/// A `ClientArea` answer (or any page array with `templatefile`) is rendered: `html`, with `placement`
/// `replace` or `append` for the overview tab and `breadcrumb`, `pagetitle` when given.
/// What JSON cannot say is `{"__unencodable": "what it was"}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PhpAnswer {
    /// Whether the module has that function. Hooks around it run either way.
    pub exists: bool,
    pub value: Value,
    /// What was echoed.
    pub output: String,
    /// An uncaught exception or a fatal error, with the file and line of its origin.
    pub failure: Option<PhpFailure>,
    /// The module ended the request by `exit`; `value` is null then, and that is no failure by itself.
    pub exited: bool,
    /// Headers that the module sent, such as `Location`.
    pub headers: Vec<(String, String)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PhpFailure {
    /// The exception's class; `FatalError` for errors that PHP does not throw.
    pub class: String,
    pub message: String,
    pub file: String,
    pub line: u32,
}

pub(super) async fn run(fpm: &Fpm, call: &PhpCall) -> Result<PhpAnswer, PhpError> {
    let request = json!({
        "kind": call.kind,
        "module": call.module,
        "function": call.function,
        "params": call.params,
    });
    wire::runner(fpm, &request, &call.page, &call.session).await
}

/// Lists the modules of a kind, each described by a request of its own: two modules may not share a process.
pub(super) async fn modules(fpm: &Fpm, call: PhpCall) -> Result<PhpAnswer, PhpError> {
    let found = run(fpm, &call).await?;
    let names: Vec<String> = serde_json::from_value(found.value.clone())
        .map_err(|error| PhpError::Garbled(error.to_string()))?;
    let mut modules = Vec::with_capacity(names.len());
    for module in names {
        let one = PhpCall {
            module: module.clone(),
            function: "__describe".to_owned(),
            ..call.clone()
        };
        let answer = run(fpm, &one).await?;
        let mut described = match answer.value {
            Value::Object(fields) => fields,
            _ => Map::from_iter([("name".to_owned(), Value::String(module))]),
        };
        let error = answer
            .failure
            .map(|f| format!("{} ({}:{})", f.message, f.file, f.line));
        described.insert("error".to_owned(), error.map_or(Value::Null, Value::String));
        modules.push(Value::Object(described));
    }
    Ok(PhpAnswer {
        exists: true,
        value: Value::Array(modules),
        ..PhpAnswer::default()
    })
}
