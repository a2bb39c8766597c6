//! How many different claims anybody may make. Repeating a claim costs nothing: it tells nothing new.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Allowances per source, phone, client and store; each refills evenly over ten minutes.
pub(crate) struct Limits {
    sources: DefaultKeyedRateLimiter<IpAddr>,
    phones: DefaultKeyedRateLimiter<String>,
    clients: DefaultKeyedRateLimiter<String>,
    stores: DefaultKeyedRateLimiter<String>,
    taken: AtomicU64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A shop's server asks for all its customers.
            sources: RateLimiter::keyed(per_ten_minutes(120)),
            phones: RateLimiter::keyed(per_ten_minutes(10)),
            clients: RateLimiter::keyed(per_ten_minutes(10)),
            stores: RateLimiter::keyed(per_ten_minutes(600)),
            taken: AtomicU64::new(0),
        }
    }
}

impl Limits {
    /// Takes one new claim from every allowance that it falls under. `false`: too many.
    pub(crate) fn allow(
        &self,
        store: &str,
        client: &str,
        phone: &str,
        source: Option<IpAddr>,
    ) -> bool {
        if self.taken.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            self.tidy();
        }
        self.clients.check_key(&client.to_owned()).is_ok()
            && self.phones.check_key(&phone.to_owned()).is_ok()
            && self.stores.check_key(&store.to_owned()).is_ok()
            && source.is_none_or(|source| self.sources.check_key(&source).is_ok())
    }

    /// Forgets whoever has been quiet long enough.
    fn tidy(&self) {
        self.sources.retain_recent();
        self.phones.retain_recent();
        self.clients.retain_recent();
        self.stores.retain_recent();
    }
}

const TIDY_EVERY: u64 = 1_000;

fn per_ten_minutes(count: u32) -> Quota {
    let count = NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
    let pause = Duration::from_secs(600) / count.get();
    Quota::with_period(pause)
        .unwrap_or_else(|| Quota::per_minute(count))
        .allow_burst(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_and_a_phone_have_allowances_of_their_own() {
        let limits = Limits::default();
        let allowed = (0..30)
            .filter(|n| limits.allow("s", "main/7", &format!("+20100000{n:04}"), None))
            .count();
        assert_eq!(allowed, 10);
        assert!(limits.allow("s", "main/8", "+201000000099", None));
        let others = (0..30)
            .filter(|n| limits.allow("s", &format!("main/{}", 100 + n), "+201111111111", None))
            .count();
        assert_eq!(others, 10);
    }
}
