//! Sessions, subusers, and how much may be called.

use std::time::Duration;

use jiff::Timestamp;

use super::State;

#[derive(Clone, Debug)]
pub struct Session {
    pub account: String,
    pub role: Option<String>,
    pub idle: Duration,
    pub last_used: Timestamp,
    pub ends: Timestamp,
}

impl Session {
    pub fn is_alive(&self, now: Timestamp) -> bool {
        let idle = now.as_millisecond() - self.last_used.as_millisecond();
        now < self.ends
            && u64::try_from(idle).is_ok_and(|idle| Duration::from_millis(idle) < self.idle)
    }
}

#[derive(Clone, Debug, Default)]
pub struct User {
    pub parent: Option<String>,
    /// Commands a minute.
    pub quota: Option<u32>,
    /// The minute that is counted, and its count.
    counted: (i64, u32),
}

impl User {
    pub fn below(parent: String) -> Self {
        Self {
            parent: Some(parent),
            ..Self::default()
        }
    }
}

impl State {
    /// Counts a command; says whether it is within the account's quota.
    pub fn count_command(&mut self, account: &str, now: Timestamp) -> bool {
        let Some(user) = self.users.get_mut(account) else {
            return true;
        };
        let Some(quota) = user.quota else { return true };
        let minute = now.as_second().div_euclid(60);
        if user.counted.0 != minute {
            user.counted = (minute, 0);
        }
        user.counted.1 = user.counted.1.saturating_add(1);
        user.counted.1 <= quota
    }

    pub fn is_parent(&self, parent: &str, user: &str) -> bool {
        self.users
            .get(user)
            .is_some_and(|known| known.parent.as_deref() == Some(parent))
    }

    /// The account itself, its subusers, or both.
    pub fn accounts_seen(&self, account: &str, own: bool, below: bool) -> Vec<String> {
        let itself = own.then(|| account.to_owned());
        let subusers = self
            .users
            .iter()
            .filter(|(_, user)| below && user.parent.as_deref() == Some(account))
            .map(|(login, _)| login.clone());
        itself.into_iter().chain(subusers).collect()
    }
}
