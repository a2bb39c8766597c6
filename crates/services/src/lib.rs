//! Provisioning: connectors to suppliers' APIs, and the life of a service from its order to its end.

mod calls;
mod connector;
mod effects;
mod page;
mod server;
mod services;
mod tables;
mod tell;
mod world;

pub use connector::ConnectorError;
pub use services::{Services, ServicesConfig, ServicesError};
pub use world::Patience;
