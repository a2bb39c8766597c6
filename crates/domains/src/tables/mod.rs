//! The tables of this room and all queries on them.

pub(crate) mod accounts;
pub(crate) mod snapshots;
