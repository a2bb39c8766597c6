//! Stories of provisioned services. What the customer and the staff see is proved by the supplier's own records.

mod broker;
mod buyer;
mod life;
mod trouble;

pub(crate) use broker::{BARGE, SKIFF};

use super::shopper::Shopper;
use super::{ServiceStory, Step, StoryError, Timeline, Told};
use crate::Addresses;

/// Plays a story of services; `show` gets each step as soon as it is done.
pub async fn about_services(
    story: ServiceStory,
    addresses: &Addresses,
    show: impl FnMut(&Step) + Send,
) -> Result<Told, StoryError> {
    let shopper = Shopper::new(addresses)?;
    shopper.wait_for_daemon().await?;
    let time = Timeline::new(addresses, show);
    let buyer = buyer::Buyer::new(shopper);
    let played = match story {
        ServiceStory::Life => life::play(&buyer, time).await,
        ServiceStory::Broker => broker::play(&buyer, time).await,
        ServiceStory::Trouble => trouble::play(&buyer, time).await,
    };
    // What a story switched must not trouble the next one, however it ended.
    buyer.put_back().await;
    played
}
