//! The connectors in force. A changed file of the provider's own folder comes into force by itself; a broken one
//! leaves the last good one where it is, and is named.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use serde::Serialize;

use crate::language::{self, Connector, ConnectorError};

/// Connectors that follow their files.
#[derive(Debug)]
pub(crate) struct Shelf {
    folder: Option<PathBuf>,
    look_again: Duration,
    state: Mutex<Shelved>,
}

#[derive(Debug, Default)]
struct Shelved {
    all: Arc<BTreeMap<String, Arc<Connector>>>,
    /// Which file gave which connector.
    sources: BTreeMap<PathBuf, String>,
    seen: Vec<Seen>,
    looked: Option<Instant>,
    troubles: Vec<ConnectorTrouble>,
}

/// A file that is not in force as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConnectorTrouble {
    pub file: String,
    /// With line and reason.
    pub why: String,
    /// The last good version of it goes on.
    pub last_good_in_force: bool,
}

/// Name, size and time of change of a file.
type Seen = (PathBuf, u64, Option<SystemTime>);

impl Shelf {
    /// Ours and those of `folder`. A broken one of ours is an error of the program.
    pub(crate) fn open(folder: Option<&Path>) -> Result<Self, ConnectorError> {
        Self::looking_every(folder, LOOK_AGAIN)
    }

    fn looking_every(folder: Option<&Path>, look_again: Duration) -> Result<Self, ConnectorError> {
        let mut all = BTreeMap::new();
        for (file, text) in BUILT_IN {
            let connector = language::parse(file, text, None)?;
            all.insert(connector.name.clone(), Arc::new(connector));
        }
        if let Some(folder) = folder {
            std::fs::read_dir(folder).map_err(|source| ConnectorError::Unreadable {
                file: folder.display().to_string(),
                source,
            })?;
        }
        Ok(Self {
            folder: folder.map(Path::to_owned),
            look_again,
            state: Mutex::new(Shelved {
                all: Arc::new(all),
                ..Shelved::default()
            }),
        })
    }

    /// The connectors as their files are now, a few seconds aside.
    pub(crate) fn all(&self) -> Arc<BTreeMap<String, Arc<Connector>>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = &self.folder
            && state
                .looked
                .is_none_or(|looked| looked.elapsed() >= self.look_again)
        {
            state.looked = Some(Instant::now());
            let seen = look(folder);
            if seen != state.seen {
                state.renew(&seen);
                state.seen = seen;
            }
        }
        state.all.clone()
    }

    pub(crate) fn troubles(&self) -> Vec<ConnectorTrouble> {
        self.all();
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.troubles.clone()
    }
}

impl Shelved {
    fn renew(&mut self, seen: &[Seen]) {
        let mut all = (*self.all).clone();
        self.troubles.clear();
        for (path, _, _) in seen {
            let file = path.display().to_string();
            let read = std::fs::read_to_string(path)
                .map_err(|source| ConnectorError::Unreadable {
                    file: file.clone(),
                    source,
                })
                .and_then(|text| language::parse(&file, &text, path.parent()));
            match read {
                Ok(connector) => {
                    let name = connector.name.clone();
                    let other = self
                        .sources
                        .iter()
                        .find(|(other, named)| *other != path && **named == name)
                        .filter(|(other, _)| seen.iter().any(|(path, _, _)| path == *other));
                    if let Some((other, _)) = other {
                        let why = format!(
                            "the connector \"{name}\" stands in {} already",
                            other.display()
                        );
                        self.trouble(file, why, true);
                        continue;
                    }
                    self.sources.insert(path.clone(), name.clone());
                    all.insert(name, Arc::new(connector));
                }
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
                    let why = format!("{error}{}", cause.unwrap_or_default());
                    let before = self.sources.contains_key(path);
                    self.trouble(file, why, before);
                }
            }
        }
        // Services of a connector whose file was taken away still need it: it goes at the next start.
        self.all = Arc::new(all);
        let broken = u32::try_from(self.troubles.len()).unwrap_or(u32::MAX);
        metrics::gauge!("wharf_connector_files_broken").set(f64::from(broken));
    }

    fn trouble(&mut self, file: String, why: String, last_good_in_force: bool) {
        tracing::error!(why, "a connector file is not in force");
        self.troubles.push(ConnectorTrouble {
            file,
            why,
            last_good_in_force,
        });
    }
}

fn look(folder: &Path) -> Vec<Seen> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut seen: Vec<Seen> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .map(|path| {
            let found = std::fs::metadata(&path).ok();
            let size = found.as_ref().map_or(0, std::fs::Metadata::len);
            (path, size, found.and_then(|found| found.modified().ok()))
        })
        .collect();
    seen.sort();
    seen
}

const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// The connectors that come with Wharf.
const BUILT_IN: &[(&str, &str)] = &[
    (
        "open-service-broker.toml",
        include_str!("../../../data/connectors/open-service-broker.toml"),
    ),
    (
        "powerdns.toml",
        include_str!("../../../data/connectors/powerdns.toml"),
    ),
    (
        "rabbitmq.toml",
        include_str!("../../../data/connectors/rabbitmq.toml"),
    ),
    (
        "siteshield.toml",
        include_str!("../../../data/connectors/siteshield.toml"),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_followed_and_a_broken_file_keeps_the_last_good_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.toml");
        let siteshield = BUILT_IN.iter().find(|(file, _)| *file == "siteshield.toml");
        let text = siteshield
            .unwrap()
            .1
            .replacen("\"siteshield\"", "\"other\"", 1);
        std::fs::write(folder.path().join("notes.txt"), "no connector").unwrap();
        let shelf = Shelf::looking_every(Some(folder.path()), Duration::ZERO).unwrap();
        assert_eq!(shelf.all().len(), BUILT_IN.len());
        std::fs::write(&path, &text).unwrap();
        assert_eq!(shelf.all()["other"].title, "SiteShield");

        std::fs::write(&path, format!("{text}\nnonsense = 1")).unwrap();
        assert_eq!(shelf.all()["other"].title, "SiteShield");
        let troubles = shelf.troubles();
        assert!(troubles[0].last_good_in_force);
        assert!(troubles[0].why.contains("nonsense"), "{troubles:?}");

        let mended = text.replacen("\"SiteShield\"", "\"Other Shield\"", 1);
        std::fs::write(&path, mended).unwrap();
        assert_eq!(shelf.all()["other"].title, "Other Shield");
        assert!(shelf.troubles().is_empty());

        std::fs::write(folder.path().join("second.toml"), &text).unwrap();
        assert!(shelf.troubles()[0].why.contains("other.toml already"));
        assert!(Shelf::open(Some(&folder.path().join("absent"))).is_err());
    }
}
