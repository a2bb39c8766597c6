//! What the service knows.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Default)]
pub struct State {
    pub users: Vec<User>,
    pub services: Vec<Service>,
    /// Services that are being set up.
    pub waiting: Vec<Waiting>,
    /// Addresses that open something once: token and what.
    pub doors: Vec<(String, Door)>,
    pub refuses: Refuses,
}

/// What the service is told to refuse for a while.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Refuses {
    pub licences: bool,
    pub token: bool,
}

/// A service that somebody sets up by hand.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub id: String,
    pub service: Service,
    pub ready: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Door {
    Home,
    Dashboard(String),
}

#[derive(Clone, Debug, Serialize)]
pub struct User {
    pub id: i64,
    pub email: String,
    pub name: String,
    pub created_at: String,
    #[serde(skip)]
    pub password: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Service {
    pub id: String,
    pub user_id: i64,
    pub plan_id: String,
    pub group_id: i64,
    pub domain: String,
    pub status: Status,
    pub dashboard_url: String,
    pub created_at: String,
    #[serde(skip)]
    pub reason: Option<String>,
    #[serde(skip)]
    pub licence: Option<Licence>,
    /// The operation that set it up, if one did.
    #[serde(skip)]
    pub operation: String,
    #[serde(skip)]
    pub scans: u64,
    #[serde(skip)]
    pub storage_mb: u64,
    #[serde(skip)]
    pub traffic_mb: u64,
    #[serde(skip)]
    pub requests: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Active,
    Suspended,
    Terminated,
}

#[derive(Clone, Debug, Serialize)]
pub struct Licence {
    pub id: String,
    pub service_id: String,
    pub key: String,
    pub created_at: String,
}

impl State {
    pub fn user_by_email(&self, email: &str) -> Option<&User> {
        self.users
            .iter()
            .find(|user| user.email.eq_ignore_ascii_case(email))
    }

    /// The service that runs for a domain: terminated ones do not count.
    pub fn service_of(&self, domain: &str) -> Option<&Service> {
        self.services
            .iter()
            .find(|service| service.lives() && service.domain == domain)
    }

    pub fn living(&mut self, id: &str) -> Option<&mut Service> {
        self.services
            .iter_mut()
            .find(|service| service.lives() && service.id == id)
    }

    /// What a token opens; it does so once.
    pub fn open(&mut self, token: &str) -> Option<Door> {
        let at = self.doors.iter().position(|(known, _)| known == token)?;
        Some(self.doors.swap_remove(at).1)
    }

    /// Puts into service what has been set up by now.
    pub fn finish_until(&mut self, now: Timestamp) {
        let (ready, waiting) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|waiting| waiting.ready <= now);
        self.waiting = waiting;
        self.services
            .extend(ready.into_iter().map(|waiting: Waiting| waiting.service));
    }

    /// One user with so many services, each of which used something.
    pub fn fill(&mut self, services: u32, now: &str) {
        if services == 0 {
            return;
        }
        let user = User {
            id: self.next_user_id(),
            email: "filled@example.com".to_owned(),
            name: "Filled".to_owned(),
            created_at: now.to_owned(),
            password: String::new(),
        };
        let service = |number: u32| {
            let id = format!("svc_{}", FILLED + u64::from(number));
            Service {
                dashboard_url: format!("https://supplier.example/dashboard/{id}"),
                id,
                user_id: user.id,
                plan_id: "pro".to_owned(),
                group_id: DEFAULT_GROUP,
                domain: format!("site-{number}.example"),
                status: Status::Active,
                created_at: now.to_owned(),
                reason: None,
                licence: None,
                operation: String::new(),
                scans: 0,
                storage_mb: u64::from(number % 5_000),
                traffic_mb: u64::from(number % 50_000),
                requests: u64::from(number),
            }
        };
        self.services.extend((1..=services).map(service));
        self.users.push(user);
    }

    /// Ids start high, so that nobody mistakes one for an index.
    pub fn next_user_id(&self) -> i64 {
        self.users.last().map_or(7_001, |user| user.id + 1)
    }
}

impl Service {
    pub fn lives(&self) -> bool {
        self.status != Status::Terminated
    }
}

/// The numbers of filled services begin above it.
const FILLED: u64 = 100_000_000_000;
/// Plan ids and names.
pub const PLANS: [(&str, &str); 4] = [
    ("basic", "SiteShield Basic"),
    ("pro", "SiteShield Pro"),
    ("business", "SiteShield Business"),
    (BY_HAND, "SiteShield Enterprise"),
];
/// The plan that is set up by hand: its order is accepted, and done some time later.
pub const BY_HAND: &str = "enterprise";
/// The group that a reseller's services belong to unless told otherwise. Only `/account` tells it.
pub const DEFAULT_GROUP: i64 = 1_042;
/// Another group that exists.
pub const AGENCY_GROUP: i64 = 1_057;
