//! wharf-web
