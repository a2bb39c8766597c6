//! The vocabulary of Wharf: values that cannot hold a wrong content, the clock, deadlines and error
//! classes. Everything else stands on this crate, the sandbox included (of it: clock, ids, money, names).

pub mod breaker;
pub mod clock;
pub mod country;
pub mod deadline;
pub mod domain_name;
pub mod error;
pub mod id;
pub mod money;
pub mod network;
pub mod phone;
pub mod secret;

pub use breaker::Breaker;
pub use clock::Clock;
pub use country::{Country, CountryError};
pub use deadline::Deadline;
pub use domain_name::{DomainName, Tld};
pub use error::ErrorClass;
pub use money::{Currency, Money};
pub use network::Network;
pub use phone::Phone;
pub use secret::Secret;
