//! WHMCS: the typed calls that come in from the PHP modules, and the client of its API going out.

pub mod call;
