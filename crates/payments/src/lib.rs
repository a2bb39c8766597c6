//! Wallet payments: messages become transfers, transfers meet claims, and claims become credit.
pub mod wallets;
