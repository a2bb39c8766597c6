//! Sessions of visitors, in memory: a host that restarts asks everybody to log in again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::billing::PremiumOrder;
use crate::secrets;

/// All sessions by cookie value.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<String, SessionData>>);

#[derive(Clone, Debug)]
pub(crate) struct SessionData {
    /// The user (tblusers) and the client that are logged in.
    pub user: Option<i64>,
    pub client: Option<i64>,
    pub admin: Option<i64>,
    /// Every form of this session carries it.
    pub token: String,
    /// PHP keeps what modules store under this name; the cookie itself is nothing for modules.
    pub php: String,
    pub language: String,
    pub cart: Vec<CartItem>,
    /// Shown once: what the last action came to.
    pub flash: Option<Flash>,
}

#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Flash {
    pub good: bool,
    pub text: String,
}

/// What lies in a cart. Prices are found when it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CartItem {
    Product {
        pid: i64,
        cycle: String,
        domain: String,
        /// Custom field id → what the customer entered.
        fields: Vec<(i64, String)>,
    },
    Domain(CartName),
}

/// A domain in the cart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CartName {
    pub name: String,
    pub transfer: bool,
    pub years: i64,
    /// For a transfer.
    pub auth: String,
    pub id_protection: bool,
    pub dns_management: bool,
    /// Of a name that is not in Latin letters: `ara`, `ger` …; empty when none was chosen.
    pub idn_language: String,
    /// A premium name, at the cost that the customer's price was made from.
    pub premium: Option<PremiumOrder>,
}

impl CartItem {
    pub fn domain(&self) -> Option<&CartName> {
        match self {
            Self::Domain(domain) => Some(domain),
            Self::Product { .. } => None,
        }
    }
}

impl Sessions {
    /// The session of a cookie, or a new one with its new cookie value.
    pub fn open(&self, cookie: Option<&str>) -> (String, SessionData, bool) {
        let mut all = self.lock();
        if let Some((id, data)) = cookie.and_then(|id| all.get_key_value(id)) {
            return (id.clone(), data.clone(), false);
        }
        let id = secrets::token::<24>();
        let data = SessionData::new();
        all.insert(id.clone(), data.clone());
        (id, data, true)
    }

    pub fn change(&self, id: &str, change: impl FnOnce(&mut SessionData)) {
        if let Some(data) = self.lock().get_mut(id) {
            change(data);
        }
    }

    /// Gives a session a new cookie value and token: after a log-in the old ones must be worth nothing.
    pub fn renew(&self, id: &str) -> String {
        let mut all = self.lock();
        let mut data = all.remove(id).unwrap_or_else(SessionData::new);
        data.token = secrets::token::<20>();
        let fresh = secrets::token::<24>();
        all.insert(fresh.clone(), data);
        fresh
    }

    pub fn end(&self, id: &str) {
        self.lock().remove(id);
    }

    /// The message for the visitor, taken out.
    pub fn take_flash(&self, id: &str) -> Option<Flash> {
        self.lock().get_mut(id).and_then(|data| data.flash.take())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, SessionData>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SessionData {
    fn new() -> Self {
        Self {
            user: None,
            client: None,
            admin: None,
            token: secrets::token::<20>(),
            php: secrets::token::<16>(),
            language: "english".to_owned(),
            cart: Vec::new(),
            flash: None,
        }
    }
}
