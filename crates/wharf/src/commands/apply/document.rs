//! The document that `wharf apply` reads.

use std::path::Path;

use serde::Deserialize;
use wharf_payments::setup::{DeviceSetup, StoreSetup, WalletSetup};
use wharf_whmcs::setup::SiteSetup;

use crate::config::toml_complaint;
use crate::trouble::Trouble;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    #[serde(default, rename = "site")]
    pub sites: Vec<SiteSetup>,
    #[serde(default, rename = "store")]
    pub stores: Vec<StoreSetup>,
    #[serde(default, rename = "wallet")]
    pub wallets: Vec<WalletSetup>,
    #[serde(default, rename = "device")]
    pub devices: Vec<DeviceSetup>,
}

impl Document {
    /// From a file, or from standard input where the path is `-`.
    pub fn read(path: &Path) -> Result<Self, Trouble> {
        let (name, text) = if path.as_os_str() == "-" {
            (
                "standard input".to_owned(),
                std::io::read_to_string(std::io::stdin()),
            )
        } else {
            (path.display().to_string(), std::fs::read_to_string(path))
        };
        let text = text.map_err(|error| {
            Trouble::misuse(format!("{name} cannot be read"))
                .because(error)
                .mend("name a TOML document, or - for standard input")
        })?;
        toml::from_str(&text).map_err(|error| {
            Trouble::misuse(format!("{name}{}", toml_complaint(&text, &error)))
                .mend("nothing was changed; \"wharf apply --help\" shows a document")
        })
    }
}

pub const EXAMPLE: &str = "\
A document:

  [[site]]                           # a WHMCS installation
  id = \"main\"
  token = \"…\"                        # what its PHP modules identify themselves with, 16 characters or more
  url = \"https://billing.example.com\"
  identifier = \"…\"                   # its API credential: System Settings > API Credentials
  secret = \"…\"
  # access_key = \"…\"                 # $api_access_key of its configuration.php, if it has one

  [[store]]                          # a shop that takes wallet payments
  id = \"shop\"
  site = \"main\"
  name = \"Example Hosting\"
  rates = { USD = \"50.25\" }          # EGP for one unit of WHMCS's currency
  currency_label = \"USD\"
  # quote_minutes = 30
  # claim_hours = 24
  # check_answers = \"credit-only\"   # or \"when-covered\"

  [[wallet]]                         # where the money arrives
  id = \"main-wallet\"
  store = \"shop\"
  operator = \"vodafone-cash\"
  number = \"01012345678\"

  [[device]]                         # the phone that forwards the operator's messages
  id = \"phone-1\"
  store = \"shop\"
  token = \"…\"                        # it delivers to PUBLIC_URL/intake/TOKEN
  format = \"smsgate\"
  signing_key = \"…\"
  wallets = [\"main-wallet\"]
";
