//! sandbox-world
