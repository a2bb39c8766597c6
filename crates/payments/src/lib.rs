//! wharf-payments
