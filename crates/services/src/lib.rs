//! Provisioning: connectors to suppliers' APIs, and the life of a service from its order to its end.

mod calls;
mod connector;
mod effects;
#[expect(
    dead_code,
    unused_imports,
    reason = "the engine is being rebuilt on it"
)]
mod language;
mod page;
mod server;
mod services;
mod tables;
mod tell;
mod world;

pub use connector::ConnectorError;
pub use language::{ConnectorError as FileError, Summary, check_file};
pub use services::{Services, ServicesConfig, ServicesError};
pub use world::Patience;
