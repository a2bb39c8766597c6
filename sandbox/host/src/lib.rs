//! A WHMCS-compatible host: shop, client area, staff area and `includes/api.php` over one SQLite database
//! with WHMCS's own tables, running real PHP modules in real PHP.
//!
//! What a module calls itself is of no interest here: modules are found in the folders of the root by
//! WHMCS's rules, and called as WHMCS documents.

mod amount;
mod api;
mod app;
mod billing;
mod clients;
mod countries;
mod cron;
mod db;
mod form;
mod host;
mod modules;
pub mod php;
mod php_text;
mod secrets;
mod seed;
mod web;

pub use app::HostError;
pub use cron::{CronReport, CronRun};
pub use host::{Host, HostOptions, classify};
pub use seed::{
    AdminSeed, ClientSeed, CredentialSeed, CurrencySeed, DomainSeed, ModuleSeed, PeriodSeed,
    ProductSeed, Seed, ServerSeed, TldSeed,
};
