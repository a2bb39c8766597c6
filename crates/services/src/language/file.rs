//! What stands in a connector's file, before it is checked. The comments are the descriptions of the JSON Schema.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// A connector of Wharf: how services are made and changed at a supplier with a REST API. Texts may hold
/// `{{ … }}` (MiniJinja).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// Lower-case letters, digits and "-". Services are known by it: never change it.
    pub name: String,
    /// The supplier's name, for people.
    pub title: String,
    pub supplier: Supplier,
    /// Our own account with the supplier: read when a text names one of its values.
    pub account: Option<Read>,
    /// Values to use as `values.NAME`: keys of the supplier whose defaults are not obvious.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    /// What the product offers, in the order of its settings in WHMCS. The first is the plan.
    #[serde(default)]
    pub options: Vec<ProductOption>,
    /// How the supplier names a service, and its states.
    pub service: Service,
    /// The steps that make a service.
    pub create: Vec<Step>,
    #[serde(default)]
    pub suspend: Vec<Step>,
    #[serde(default)]
    pub unsuspend: Vec<Step>,
    #[serde(default)]
    pub terminate: Vec<Step>,
    /// After each paid renewal invoice.
    #[serde(default)]
    pub renew: Vec<Step>,
    #[serde(default)]
    pub change_package: Vec<Step>,
    #[serde(default)]
    pub change_password: Vec<Step>,
    /// The connection test; without any, the account is read.
    #[serde(default)]
    pub test: Vec<Step>,
    /// Single sign-on of the customer: a step keeps `url`.
    #[serde(default)]
    pub sso: Vec<Step>,
    /// Single sign-on of staff to the server: a step keeps `url`.
    #[serde(default)]
    pub admin_sso: Vec<Step>,
    /// Reads whose kept values refresh those of the steps of the same names: what a page shows.
    #[serde(default)]
    pub facts: Vec<Step>,
    /// Actions of the connector's own, as buttons.
    #[serde(default)]
    pub custom: Vec<Custom>,
    /// What WHMCS stores with the service, by the property's name.
    #[serde(default)]
    pub properties: BTreeMap<String, String>,
    /// All services of a server, for WHMCS's server sync.
    pub accounts: Option<Accounts>,
    /// What services used.
    pub usage: Option<Usage>,
    /// Counters for WHMCS's usage billing, by their names there. They need `[usage]`.
    #[serde(default)]
    pub metrics: BTreeMap<String, Metric>,
    /// The service's page in the client area.
    #[serde(default)]
    pub page: Page,
    /// The service's page in the admin area.
    #[serde(default)]
    pub admin: Admin,
}

/// Where requests go and how.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Supplier {
    /// In front of every path; empty or beginning with "/". No request leaves it.
    pub base: String,
    pub auth: Auth,
    /// Headers that every request carries.
    pub headers: BTreeMap<String, String>,
    pub deadline: Deadlines,
    pub rate: Option<Rate>,
    /// The longest answer that is read, in bytes.
    pub longest_answer: Option<usize>,
    /// A PEM file with the authority of the supplier's certificate, beside the connector's file.
    pub ca: Option<String>,
    /// Where the supplier says what is wrong.
    pub errors: Errors,
    /// What answers mean, for all steps.
    pub answers: Answers,
}

/// How requests prove whose they are. `token` is the server's Password or Access Hash in WHMCS, `username` its
/// Username.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Auth {
    /// `Authorization: Bearer TOKEN`
    #[default]
    Bearer,
    /// User name and token by HTTP Basic.
    Basic,
    /// A header of the supplier's own.
    Header {
        name: String,
        /// A text with `token` and `username`.
        value: String,
    },
    /// Every request is signed with the token (HMAC-SHA-256).
    Hmac {
        /// What is signed: a text with `method`, `path` (with query), `timestamp` (seconds), `body`, `username`.
        sign: String,
        #[serde(default)]
        encoding: Encoding,
        /// The headers: texts with `signature`, `timestamp`, `username`.
        headers: BTreeMap<String, String>,
    },
    /// OAuth client credentials: the client is `username`, its secret the token. Tokens are used until they end.
    Oauth {
        /// The path of the token request, below the base.
        path: String,
        #[serde(default)]
        scope: Option<String>,
    },
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Encoding {
    #[default]
    Hex,
    Base64,
}

/// How many seconds one request may take.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Deadlines {
    /// A read in the background; 10 unless told.
    pub read: Option<u64>,
    /// A change; 30 unless told.
    pub change: Option<u64>,
}

/// What the supplier lets one account do. Requests wait for their turn.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rate {
    pub per_second: u32,
    /// How many may go at once after a rest; as many as a second has unless told.
    pub burst: Option<u32>,
    /// How many may be under way at a time.
    pub at_once: Option<u32>,
}

/// JSON paths of the supplier's error code and of its words: the first that is there counts.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Errors {
    pub code: Vec<String>,
    pub message: Vec<String>,
}

/// What answers mean: by the supplier's error code, by status (409), by its hundred ("5xx"), and of good answers
/// that do not say what they must by "malformed 200" or "malformed 2xx". What is named in a step comes before what
/// is named for the supplier, codes before statuses, a status before its hundred.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Answers {
    /// It was done.
    pub done: Vec<Mark>,
    /// It was so already.
    pub already: Vec<Mark>,
    /// There is no such thing (any more).
    pub gone: Vec<Mark>,
    /// A definite no.
    pub refused: Vec<Mark>,
    /// No for now; tried again.
    pub later: Vec<Mark>,
    /// Accepted; the step's `poll` tells how it ends.
    pub pending: Vec<Mark>,
    /// Nobody can tell from it whether it was done.
    pub unknown: Vec<Mark>,
}

/// A status (409, "5xx", "malformed 200") or an error code ("already_exists").
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Mark {
    Status(u16),
    Text(String),
}

impl Mark {
    /// "5xx"
    pub(crate) fn means_hundred(&self, status: u16) -> bool {
        matches!(self, Self::Text(text) if hundred(text) == Some(status / 100))
    }

    /// "malformed 200", "malformed 2xx"
    pub(crate) fn means_malformed(&self, status: u16) -> bool {
        self.of_malformed()
            .is_some_and(|of| of.parse() == Ok(status) || hundred(of) == Some(status / 100))
    }

    pub(crate) fn of_malformed(&self) -> Option<&str> {
        match self {
            Self::Text(text) => text.strip_prefix("malformed "),
            Self::Status(_) => None,
        }
    }
}

/// The 5 of "5xx".
pub(crate) fn hundred(text: &str) -> Option<u16> {
    text.strip_suffix("xx")?.parse().ok()
}

/// Something that the product offers.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductOption {
    /// Used as `options.NAME`.
    pub name: String,
    pub title: Words,
    /// What it is where neither the product nor the customer chose. Without one a choice is required.
    pub default: Option<String>,
    /// The choices; without them, and without `loader`, it is a text.
    #[serde(default)]
    pub choices: Vec<Choice>,
    /// Asks the supplier for the choices.
    pub loader: Option<Loader>,
    /// What belongs to a choice, to use as `NAME.KEY` (limits of a plan, say): by choice.
    #[serde(default)]
    pub facts: BTreeMap<String, BTreeMap<String, Value>>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choice {
    pub value: String,
    pub title: Words,
}

/// A list of the supplier's. `value` and `title` are texts over `item`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Loader {
    pub path: String,
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    /// JSON path of the list, or (`$.services[*].plans[*]`) of its items.
    pub list: String,
    pub pages: Option<Pages>,
    pub value: String,
    pub title: String,
}

/// A text for people, or one for each language (en, ar, de, fr; English is required).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Words {
    One(String),
    Each(BTreeMap<String, String>),
}

/// How a service is recognised.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Service {
    /// The supplier's name of the service, of kept values: no two services have the same.
    pub reference: String,
    /// The supplier's word for its state, of kept values. Without it, pages show what Wharf did.
    pub status: Option<String>,
    /// The supplier's words for each state.
    #[serde(default)]
    pub active: Vec<String>,
    #[serde(default)]
    pub suspended: Vec<String>,
    #[serde(default)]
    pub terminated: Vec<String>,
}

/// A request of an action.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// What it keeps is known as `NAME.KEY`, in later steps, in later actions and on pages.
    pub name: String,
    /// An expression (without braces); if it is not true the step is left out.
    pub when: Option<String>,
    /// What else must not be changed at the same time at this supplier, over all services: "user/{{ client.email }}".
    pub subject: Option<String>,
    /// Looks first whether it is there already.
    pub find: Option<Find>,
    /// POST unless told; GET in reads (`test`, `facts`).
    pub method: Option<Method>,
    /// Below the base. What `{{ … }}` puts in is encoded.
    pub path: Option<String>,
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// JSON with texts in it. A text that is one single `{{ … }}` keeps the type of its value.
    pub body: Option<Value>,
    /// JSON path of the thing in the answer; the whole answer unless told.
    pub item: Option<String>,
    /// Which values of the item to keep, as JSON paths below it. An answer without one of them is none.
    #[serde(default)]
    pub keep: BTreeMap<String, String>,
    /// As `keep`, for values that need not be there.
    #[serde(default)]
    pub optional: BTreeMap<String, String>,
    /// What answers mean.
    #[serde(default)]
    pub answers: Answers,
    /// What staff is told when the supplier says that it is there already but does not show it.
    pub taken: Option<String>,
    /// Follows what was accepted and is not done yet.
    pub poll: Option<Poll>,
    /// Takes back what this step made, when a later one is refused for good.
    pub undo: Option<Undo>,
    /// Whether doing it twice is harmless: so it is with GET, PUT and DELETE unless told.
    pub repeat: Option<bool>,
    /// Names of fields of request and answer that no log shows. Passwords and tokens need not be named.
    #[serde(default)]
    pub secret: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// A read that shows whether something is there.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Find {
    pub path: String,
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    /// JSON path of a list; its first item that agrees with `where` is taken.
    pub list: Option<String>,
    /// How the list comes in pages.
    pub pages: Option<Pages>,
    /// JSON path of the thing, where the answer is no list; the whole answer unless told.
    pub item: Option<String>,
    /// An expression over `item`: whether it is the one.
    #[serde(rename = "where")]
    pub matching: Option<String>,
    /// Kept values that must be these. In `create` another value is a conflict; in other actions it means that
    /// the change is still to be made.
    #[serde(default)]
    pub same: BTreeMap<String, String>,
    /// What answers mean.
    #[serde(default)]
    pub answers: Answers,
}

/// How a list comes in pages: `query` holds `page` (1, 2, …) or `next`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pages {
    pub query: BTreeMap<String, String>,
    /// JSON path of the mark of the next page; without one there it was the last.
    pub next: Option<String>,
    /// JSON path of the number of pages. Without `next` and `last` an empty page ends the list.
    pub last: Option<String>,
}

/// A read that is repeated until what was accepted is done.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Poll {
    /// May use `accepted`, the answer that said "pending".
    pub path: String,
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    /// An expression over `answer`: it is done.
    pub until: String,
    /// An expression over `answer`: it failed.
    pub failed: Option<String>,
    /// JSON path of the supplier's words.
    pub message: Option<String>,
    /// JSON path of the thing to keep values of; unless told they are of the answer that said "pending".
    pub item: Option<String>,
    /// Seconds between two reads; 5 unless told.
    pub every: Option<u64>,
    /// Seconds until a person is asked; one hour unless told.
    pub at_most: Option<u64>,
    /// What answers mean: `gone` counts as done when something is ended.
    #[serde(default)]
    pub answers: Answers,
}

/// The request that takes a step back, when a later one is refused for good.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Undo {
    /// DELETE unless told.
    pub method: Option<Method>,
    pub path: String,
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    pub body: Option<Value>,
    #[serde(default)]
    pub answers: Answers,
    pub poll: Option<Box<Poll>>,
    /// Also where nobody can tell whether the step was done: no answer, "unknown". It is taken back before it is
    /// done anew. Otherwise it is looked for (`find`), repeated where that is harmless, or a person is asked.
    #[serde(default)]
    pub in_doubt: bool,
}

/// A read of one thing.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Read {
    pub path: String,
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    pub item: Option<String>,
    #[serde(default)]
    pub keep: BTreeMap<String, String>,
    #[serde(default)]
    pub optional: BTreeMap<String, String>,
}

/// A button.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Custom {
    /// Letters and digits: WHMCS's name of the function.
    pub name: String,
    pub title: Words,
    /// Who may press it.
    #[serde(default, rename = "for")]
    pub who: Who,
    pub steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Who {
    Client,
    #[default]
    Admin,
    Both,
}

/// A list of all services of the account. Values are texts over `item`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accounts {
    pub path: String,
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    pub list: String,
    pub pages: Option<Pages>,
    /// As `service.reference`.
    pub reference: String,
    pub domain: String,
    pub username: Option<String>,
    pub email: Option<String>,
    pub plan: Option<String>,
    pub ip: Option<String>,
    /// A date, or a date and a time.
    pub created: Option<String>,
    pub status: Option<String>,
}

/// What services used. With `list`, one list of all services; without, one read for each, whose path names kept
/// values. Values are texts over `item`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Usage {
    pub path: String,
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    pub list: Option<String>,
    pub pages: Option<Pages>,
    /// As `service.reference`; required with `list`.
    pub reference: Option<String>,
    /// The supplier's word for the state, to see what differs from WHMCS.
    pub status: Option<String>,
    /// MiB
    pub disk_used: Option<String>,
    /// MiB
    pub disk_limit: Option<String>,
    /// MiB
    pub bandwidth_used: Option<String>,
    /// MiB
    pub bandwidth_limit: Option<String>,
}

/// A counter for usage billing.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metric {
    pub title: Words,
    /// A text over the item of `[usage]`.
    pub value: String,
    #[serde(default)]
    pub unit: Unit,
    #[serde(default)]
    pub period: Period,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    #[default]
    Number,
    Decimal,
    Bytes,
    Kilobytes,
    Megabytes,
    Gigabytes,
    Domains,
    Accounts,
}

/// Whether the counter says how it is, or counts over a day or a month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    #[default]
    Snapshot,
    Day,
    Month,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Page {
    pub facts: Vec<Fact>,
    pub links: Vec<Link>,
    pub bars: Vec<Bar>,
}

/// A value to see.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fact {
    pub title: Words,
    pub value: String,
    /// An expression; if it is not true it is not shown.
    pub when: Option<String>,
    /// It is for copying: a key, an address.
    #[serde(default)]
    pub copy: bool,
    /// It is shown on demand.
    #[serde(default)]
    pub secret: bool,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Link {
    pub title: Words,
    pub url: String,
    pub when: Option<String>,
}

/// How much of something is used.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bar {
    pub title: Words,
    pub used: String,
    pub limit: Option<String>,
    #[serde(default)]
    pub unit: String,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Admin {
    pub facts: Vec<Fact>,
}
