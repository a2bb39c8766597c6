//! Provisioning: connectors to suppliers' APIs, and the life of a service from its order to its end.

mod calls;
mod effects;
mod front;
mod language;
mod order;
mod page;
mod sealing;
mod server;
mod services;
mod shelf;
mod state;
mod supplier;
mod tables;
mod tell;
mod vault;
mod view;
mod world;

pub use front::{
    ListedAccount, MetricInfo, Offer, OptionOffer, Promise, ReviewError, ServiceSummary,
    ServiceUsage, SignOn, Story, StoryEffect, Trial, UsageReport, Verdict, conform, try_connector,
};
pub use language::{ConnectorError, Period, Summary, Unit, check_file};
pub use services::{Services, ServicesConfig, ServicesError};
pub use shelf::ConnectorTrouble;
pub use supplier::Exchange;
pub use tables::{ServiceId, State, load};
pub use world::Patience;
