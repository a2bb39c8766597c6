//! wharf-registrar
