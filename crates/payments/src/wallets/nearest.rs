//! Why a message was not understood: the template that it comes nearest to, and where it departs from it.

use serde::Serialize;

use super::Wallets;
use super::text::{clean, fold};

/// The template that a message almost fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Nearest {
    /// `wallet/template`.
    pub template: String,
    /// Pieces of its pattern that fit, of how many.
    pub fitting: usize,
    pub of: usize,
    /// The text that fits.
    pub fits: String,
    /// The piece of the pattern that does not fit; `None` when the text goes on after the pattern's end.
    pub expected: Option<String>,
    /// What stands there instead.
    pub found: String,
}

impl Wallets {
    /// For a message that was not understood. `None` when the sender is unknown or nothing is alike.
    pub fn nearest(&self, sender: &str, body: &str) -> Option<Nearest> {
        let text = clean(body.get(..super::reading::TEXT_LIMIT).unwrap_or(body));
        let folded = fold(&text);
        let mut best: Option<Nearest> = None;
        for wallet in self.of_sender(sender) {
            for template in wallet.templates.iter().filter(|one| !one.kind.is_noise()) {
                let near = template.pattern.near(&folded);
                let fits = text.get(..near.at).unwrap_or_default();
                let better = best
                    .as_ref()
                    .is_none_or(|best| fits.len() > best.fits.len());
                if near.fitting == 0 || fits.trim().is_empty() || !better {
                    continue;
                }
                let rest = text.get(near.at..).unwrap_or_default();
                best = Some(Nearest {
                    template: format!("{}/{}", wallet.name, template.name),
                    fitting: near.fitting,
                    of: near.of,
                    fits: fits.to_owned(),
                    expected: near.failed,
                    found: rest.chars().take(SHOWN).collect(),
                });
            }
        }
        best
    }
}

/// Characters of the departing text.
const SHOWN: usize = 60;
