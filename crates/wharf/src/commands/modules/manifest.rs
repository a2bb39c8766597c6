//! What was installed in a WHMCS, written down there, so that upgrade and removal are exact.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::shipped::Module;
use crate::trouble::Trouble;

/// `modules/wharf/manifest.json`. Paths are below modules/.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The program that wrote the files.
    pub version: String,
    pub site: String,
    pub modules: BTreeSet<Module>,
    /// Each file with the SHA-256 of what was written.
    pub files: BTreeMap<String, String>,
    /// Where something stood before → where it is kept.
    #[serde(default)]
    pub backups: BTreeMap<String, String>,
}

impl Manifest {
    /// `None` where Wharf is not installed, or was before there were manifests.
    pub fn read(modules: &Path) -> Result<Option<Self>, Trouble> {
        let path = modules.join(MANIFEST);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(
                    Trouble::failed(format!("{} cannot be read", path.display()))
                        .because(error)
                        .mend("run it as root, or as the owner of WHMCS's modules folder"),
                );
            }
        };
        serde_json::from_slice(&text).map(Some).map_err(|error| {
            Trouble::failed(format!("{} is damaged", path.display()))
                .because(error)
                .mend(
                    "restore it from a backup; without it nobody can tell Wharf's files from yours",
                )
        })
    }

    pub fn text(&self) -> Result<Vec<u8>, Trouble> {
        let mut text = serde_json::to_vec_pretty(self)
            .map_err(|error| Trouble::failed("the manifest cannot be written").because(error))?;
        text.push(b'\n');
        Ok(text)
    }
}

pub fn digest(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}

pub const MANIFEST: &str = "wharf/manifest.json";
