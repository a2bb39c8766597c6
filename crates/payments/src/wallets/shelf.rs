//! The wallets in force. A changed file of the provider's own folder comes into force by itself; a broken one
//! changes nothing but what `trouble` says.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::{WalletError, Wallets, files};

/// Wallets that follow their files.
#[derive(Debug)]
pub struct Shelf {
    folder: Option<PathBuf>,
    look_again: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    wallets: Arc<Wallets>,
    /// What the folder looked like when it was last read.
    seen: Vec<Seen>,
    looked: Instant,
    /// Grows with every change that came into force.
    generation: u64,
    trouble: Option<String>,
}

/// Name, size and time of change of a file.
type Seen = (PathBuf, u64, Option<SystemTime>);

impl Shelf {
    /// Ours and those of `folder`. At boot a broken file is an error: it is better seen than left out.
    pub fn open(folder: Option<&Path>) -> Result<Self, WalletError> {
        Self::looking_every(folder, LOOK_AGAIN)
    }

    fn looking_every(folder: Option<&Path>, look_again: Duration) -> Result<Self, WalletError> {
        let seen = folder.map(look).unwrap_or_default();
        Ok(Self {
            folder: folder.map(Path::to_owned),
            look_again,
            state: Mutex::new(State {
                wallets: loaded(folder)?,
                seen,
                looked: Instant::now(),
                generation: 0,
                trouble: None,
            }),
        })
    }

    /// The wallets as their files are now, a few seconds aside.
    pub fn wallets(&self) -> Arc<Wallets> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = &self.folder
            && state.looked.elapsed() >= self.look_again
        {
            state.looked = Instant::now();
            let seen = look(folder);
            if seen != state.seen {
                state.seen = seen;
                state.renew(folder);
            }
        }
        state.wallets.clone()
    }

    /// Another number whenever other wallets are in force.
    pub fn generation(&self) -> u64 {
        self.wallets();
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.generation
    }

    /// Why the files as they are now are not in force.
    pub fn trouble(&self) -> Option<String> {
        self.wallets();
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.trouble.clone()
    }
}

impl State {
    fn renew(&mut self, folder: &Path) {
        match Wallets::load(Some(folder)) {
            Ok(wallets) => {
                self.wallets = Arc::new(wallets);
                self.trouble = None;
                self.generation += 1;
                tracing::info!(folder = %folder.display(), "changed wallet files are in force");
            }
            Err(error) => {
                let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
                let why = format!("{error}{}", cause.unwrap_or_default());
                tracing::error!(
                    why,
                    "changed wallet files are not in force; the last good ones are"
                );
                self.trouble = Some(why);
            }
        }
        metrics::gauge!("wharf_wallet_files_broken").set(if self.trouble.is_some() {
            1.0
        } else {
            0.0
        });
    }
}

/// A folder that is gone looks empty, and reading it then says so.
fn look(folder: &Path) -> Vec<Seen> {
    let paths = files(folder).unwrap_or_default();
    let seen = paths.into_iter().map(|path| {
        let found = std::fs::metadata(&path).ok();
        let size = found.as_ref().map_or(0, std::fs::Metadata::len);
        (path, size, found.and_then(|found| found.modified().ok()))
    });
    seen.collect()
}

const LOOK_AGAIN: Duration = Duration::from_secs(3);

/// Ours alone are read once, and each pattern compiled once, however many rooms are opened on them.
fn loaded(folder: Option<&Path>) -> Result<Arc<Wallets>, WalletError> {
    static OURS: OnceLock<Arc<Wallets>> = OnceLock::new();
    if folder.is_some() {
        return Ok(Arc::new(Wallets::load(folder)?));
    }
    if let Some(ours) = OURS.get() {
        return Ok(ours.clone());
    }
    let ours = Arc::new(Wallets::load(None)?);
    Ok(OURS.get_or_init(|| ours).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_files_come_into_force_and_broken_ones_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::looking_every(Some(folder.path()), Duration::ZERO).unwrap();
        let knows = |name: &str| shelf.wallets().by_name(name).is_some();
        assert!(knows("vodafone-cash") && !knows("nile-pay"));

        let file = folder.path().join("nile.toml");
        let good = "name = \"nile-pay\"\ntitle = \"Nile Pay\"\nsenders = [\"NilePay\"]\n";
        std::fs::write(&file, good).unwrap();
        assert!(knows("nile-pay"));
        assert_eq!(shelf.trouble(), None);

        std::fs::write(
            &file,
            format!(
                "{good}[[template]]\nname = \"got\"\nkind = \"received\"\npattern = '(<amount>'\n"
            ),
        )
        .unwrap();
        assert!(knows("nile-pay"), "the last good ones stay");
        let trouble = shelf.trouble().unwrap();
        assert!(
            trouble.contains("nile.toml") && trouble.contains("\"got\""),
            "{trouble}"
        );

        std::fs::write(&file, format!("{good}enabled = false\n")).unwrap();
        assert!(!knows("nile-pay"));
        assert_eq!(shelf.trouble(), None);
        std::fs::remove_file(&file).unwrap();
        assert!(knows("vodafone-cash"));

        drop(folder);
        // A folder that is gone leaves what was known.
        assert!(knows("vodafone-cash"));
    }
}
