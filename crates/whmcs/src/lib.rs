//! wharf-whmcs
