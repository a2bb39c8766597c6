//! Services against a supplier that fails in every way, on both databases.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up must fail"
)]

mod before;
mod changing;
mod harness;
mod killed;
mod life;
mod module;
mod once;
mod orphans;
mod pages;
mod pending;
mod refused;
mod review;
mod supplier;
mod telling;
mod trial;
mod wire;
