//! Stories of wallet payments. Each ends with the same proof from the far side: every client has exactly the credit
//! that the client's true transfers are worth, and the store's wallet holds exactly what came in.

mod crowd;
mod fight;
mod forged;
mod killed;
mod late;
mod outage;

use super::{Step, StoryError, Timeline, Told, WalletStory};
use crate::Addresses;
use crowd::Crowd;

/// Plays a story of wallet payments; `show` gets each step as soon as it is done.
pub async fn about_wallets(
    story: WalletStory,
    addresses: &Addresses,
    show: impl FnMut(&Step) + Send,
) -> Result<Told, StoryError> {
    let crowd = Crowd::new(addresses)?;
    crowd.wait_for_daemon().await?;
    let time = Timeline::new(addresses, show);
    let played = match story {
        WalletStory::Late => late::play(&crowd, time).await,
        WalletStory::Forged => forged::play(&crowd, time).await,
        WalletStory::Outage => outage::play(&crowd, time).await,
        WalletStory::Killed => killed::play(&crowd, time).await,
        WalletStory::Fight => fight::play(&crowd, time).await,
    };
    // What a story switched must not trouble the next one, however it ended.
    crowd.put_back().await;
    played
}
