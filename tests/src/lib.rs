//! wharf-tests
