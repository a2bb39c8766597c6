//! sandbox-phone
