//! The one place that chooses the TLS implementation.

/// For the whole process: every TLS client takes it from here.
pub fn install_provider() {
    // It fails only when one is installed already, and then there is nothing to do.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
