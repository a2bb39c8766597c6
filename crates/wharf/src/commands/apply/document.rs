//! The document that `wharf apply` reads.

use std::path::Path;

use serde::Deserialize;
use wharf_whmcs::setup::SiteSetup;

use crate::config::toml_complaint;
use crate::trouble::Trouble;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    #[serde(default, rename = "site")]
    pub sites: Vec<SiteSetup>,
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
";
