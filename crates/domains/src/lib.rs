//! wharf-domains
