//! sandbox-registry
