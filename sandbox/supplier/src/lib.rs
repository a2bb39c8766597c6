//! sandbox-supplier
