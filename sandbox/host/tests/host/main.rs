//! The host as a whole, with real PHP: what customers, staff and API clients see.
#![cfg(test)]

mod access;
mod api;
mod contacts;
mod cron;
mod domains;
mod purchase;
mod services;
mod support;
