//! The whole system: the program, the sandbox, real PHP, a real browser. One program for all of these tests: each is its own
//! process when run by nextest, and is linked once.

mod browser;
mod claim_check;
mod clock;
mod connector_tutorial;
mod deadlines;
mod domain_stories;
mod exactly_once;
mod host;
mod independent;
mod operators;
mod operators_books;
mod operators_pages;
mod registrar;
mod renamed;
mod secrets;
mod service_stories;
mod services_broker;
mod services_cli;
mod services_pages;
mod services_powerdns;
mod services_rabbitmq;
mod signed_claims;
mod stories;
mod unmodified_gateway;
mod wallet_stories;
mod wallet_texts;
mod wrong_input;
