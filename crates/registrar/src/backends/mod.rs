//! One folder per family of APIs.

pub mod centralnic;
