//! The tables of this room and all queries on them.

pub(crate) mod accounts;
pub(crate) mod applications;
pub(crate) mod portfolio;
pub(crate) mod prices;
pub(crate) mod snapshots;
pub(crate) mod zones;
