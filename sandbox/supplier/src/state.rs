//! What the service knows.

use serde::Serialize;

#[derive(Debug, Default)]
pub struct State {
    pub users: Vec<User>,
    pub services: Vec<Service>,
}

#[derive(Clone, Debug, Serialize)]
pub struct User {
    pub id: i64,
    pub email: String,
    pub name: String,
    pub created_at: String,
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

/// Plan ids and names.
pub const PLANS: [(&str, &str); 3] = [
    ("basic", "SiteShield Basic"),
    ("pro", "SiteShield Pro"),
    ("business", "SiteShield Business"),
];
/// The group that a reseller's services belong to unless told otherwise. Only `/account` tells it.
pub const DEFAULT_GROUP: i64 = 1_042;
/// Another group that exists.
pub const AGENCY_GROUP: i64 = 1_057;
