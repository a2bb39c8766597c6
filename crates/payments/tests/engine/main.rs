//! Payments from a message to a credit, on a real database, with a till that can lose answers. One program for all of
//! them: each is its own process when run by nextest, and is linked once.

mod balance;
mod box_closed;
mod box_states;
mod box_unfound;
mod ceilings;
mod claim_check;
mod crediting;
mod currencies;
mod devices;
mod flow;
mod intake;
mod own_wallets;
mod patience;
mod payment_box;
mod proving;
mod random_order;
mod reading;
mod review;
mod signed_claims;
mod support;
mod told_again;
mod twin_wallets;
mod undecided;
mod wallet_files;
