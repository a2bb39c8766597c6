//! Messages that wait for the daemon: one file each, in the order of their names.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use wharf_core::{Clock, id};

use super::message::Message;
use crate::trouble::Trouble;

/// A folder of its user's own.
#[derive(Debug)]
pub struct Spool(PathBuf);

/// The spool, while nobody else delivers from it.
#[derive(Debug)]
pub struct Turn<'a> {
    spool: &'a Spool,
    _lock: File,
}

impl Spool {
    pub fn open(folder: &Path) -> Result<Self, Trouble> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|error| {
                trouble(folder, error).mend("make the folder for smsd's user, or name another one as \"spool\" in the settings")
            })?;
        Ok(Self(folder.to_owned()))
    }

    /// Keeps a message; it survives a power cut from here on.
    pub fn put(&self, message: &Message) -> Result<(), Trouble> {
        let kept = || -> std::io::Result<()> {
            // Ids rise with time: names sort as messages came.
            let name = format!("{}.json", id::new_id(&Clock::system()));
            let unfinished = self.0.join(format!("{name}.new"));
            let mut file = File::options()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&unfinished)?;
            file.write_all(message.to_json().to_string().as_bytes())?;
            file.sync_all()?;
            fs::rename(&unfinished, self.0.join(name))?;
            File::open(&self.0)?.sync_all()
        };
        kept().map_err(|error| trouble(&self.0, error))
    }

    /// Waits until no other process delivers from here.
    pub fn take_turn(&self) -> Result<Turn<'_>, Trouble> {
        let lock = || -> std::io::Result<File> {
            let file = File::options()
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(self.0.join("lock"))?;
            file.lock()?;
            Ok(file)
        };
        Ok(Turn {
            spool: self,
            _lock: lock().map_err(|error| trouble(&self.0, error))?,
        })
    }
}

impl Turn<'_> {
    /// Those that wait, the oldest first.
    pub fn waiting(&self) -> Result<Vec<PathBuf>, Trouble> {
        let list = || -> std::io::Result<Vec<PathBuf>> {
            let mut paths = Vec::new();
            for item in fs::read_dir(&self.spool.0)? {
                let path = item?.path();
                if path
                    .extension()
                    .is_some_and(|extension| extension == "json")
                {
                    paths.push(path);
                }
            }
            paths.sort();
            Ok(paths)
        };
        list().map_err(|error| trouble(&self.spool.0, error))
    }

    pub fn read(&self, path: &Path) -> Result<String, Trouble> {
        fs::read_to_string(path).map_err(|error| trouble(path, error))
    }

    pub fn done(&self, path: &Path) -> Result<(), Trouble> {
        fs::remove_file(path).map_err(|error| trouble(path, error))
    }

    /// Out of the way of the others, for a person.
    pub fn set_aside(&self, path: &Path) -> Result<(), Trouble> {
        let aside = self.spool.0.join("refused");
        let moved = || -> std::io::Result<()> {
            fs::create_dir_all(&aside)?;
            fs::rename(path, aside.join(path.file_name().unwrap_or_default()))
        };
        moved().map_err(|error| trouble(path, error))
    }
}

fn trouble(path: &Path, error: std::io::Error) -> Trouble {
    Trouble::failed(format!("the spool {} cannot be used", path.display())).because(error)
}
