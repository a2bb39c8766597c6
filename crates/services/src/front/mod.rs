//! What else the room tells and does, beside the actions: for modules, pages and the command line.

mod accounts;
mod choices;
mod conform;
mod review;
mod sign_on;
mod story;
mod trial;
mod usage;

pub use accounts::ListedAccount;
pub use choices::{Offer, OptionOffer};
pub use conform::{Promise, Verdict, conform};
pub use review::ReviewError;
pub use sign_on::SignOn;
pub use story::{ServiceSummary, Story, StoryEffect};
pub use trial::{Trial, try_connector};
pub use usage::{MetricInfo, ServiceUsage, UsageReport};

use crate::language::Template;
use crate::supplier::Scene;

/// The value of a text over an item; none where it is not there or empty.
fn value(text: Option<&Template>, scene: &Scene) -> Option<String> {
    text?
        .render(&scene.context)
        .ok()
        .filter(|text| !text.is_empty() && text != "none")
}
