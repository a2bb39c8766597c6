//! The room's queries.

pub(crate) mod calls;
pub mod load;
pub(crate) mod servers;
pub(crate) mod services;

pub(crate) use services::{Kept, ServiceRow};
pub use services::{ServiceId, State};
