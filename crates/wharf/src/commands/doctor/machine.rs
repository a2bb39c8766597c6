//! This machine: key file, certificate authority, room on the disk, database, journal.

use nix::sys::statvfs::{FsFlags, statvfs};
use wharf_store::{SealKey, Store};

use super::Check;
use crate::config::Config;
use crate::rooms::{extra_authority, mend_key};
use crate::trouble::chain;

pub fn key_file(config: &Config) -> Check {
    let name = "key file";
    match SealKey::read(&config.key_file) {
        Ok(_) => Check::fine(name, config.key_file.display().to_string()),
        Err(error) => Check::wrong(name, error.to_string(), mend_key(&config.key_file)),
    }
}

pub fn authority(config: &Config) -> Check {
    let name = "certificate authorities";
    let Some(path) = &config.ca_file else {
        return Check::fine(name, "the system's");
    };
    let pem = match extra_authority(config) {
        Ok(pem) => pem.unwrap_or_default(),
        Err(trouble) => return Check::of_trouble(name, &trouble),
    };
    let usable = reqwest::Certificate::from_pem_bundle(&pem).is_ok_and(|found| !found.is_empty());
    if usable {
        Check::fine(name, format!("the system's and {}", path.display()))
    } else {
        Check::wrong(
            name,
            format!("{} holds no PEM certificate", path.display()),
            "put the authority's certificate there, PEM",
        )
    }
}

/// Where the disk is full nothing is lost, but nothing is taken in either.
pub fn room(config: &Config) -> Check {
    let (name, folder) = (ROOM, config.data_dir.display());
    let stat = match statvfs(&config.data_dir) {
        Ok(stat) => stat,
        Err(error) => {
            return Check::doubtful(
                name,
                format!("{folder}: {error}"),
                "check that the folder is there",
            );
        }
    };
    if stat.flags().contains(FsFlags::ST_RDONLY) {
        return Check::wrong(
            name,
            format!("{folder} is on a file system that is read-only"),
            "mount it for writing; after a fault of the disk the system's log (dmesg) tells why",
        );
    }
    let free = stat.blocks_available().saturating_mul(stat.fragment_size());
    enough_room(free, &folder.to_string())
}

fn enough_room(free: u64, folder: &str) -> Check {
    let (name, free) = (ROOM, free / MEGABYTE);
    let text = format!("{free} MB free in {folder}");
    let mend = "make room, or move data_dir to a larger disk";
    match free {
        0..100 => Check::wrong(name, text, mend),
        100..1_000 => Check::doubtful(name, text, mend),
        _ => Check::fine(name, text),
    }
}

const ROOM: &str = "room on the disk";
const MEGABYTE: u64 = 1_000_000;

/// The password of a database's address is not shown.
pub fn database_in_words(config: &Config) -> String {
    match config.database.split_once('@') {
        Some((_, host)) => format!("PostgreSQL at {host}"),
        None => config.database.clone(),
    }
}

pub async fn journal(store: &Store) -> Check {
    let name = "journal";
    match store.journal().counts().await {
        Err(error) => Check::wrong(name, chain(&error), "check that the database runs"),
        Ok(counts) => {
            let held = counts
                .iter()
                .find(|(state, _)| state == "held")
                .map_or(0, |(_, count)| *count);
            let all: i64 = counts.iter().map(|(_, count)| count).sum();
            if held > 0 {
                Check::doubtful(
                    name,
                    format!("{held} of {all} effects wait for a person"),
                    "wharf journal list --state held; when the cause is mended: wharf journal settle ID",
                )
            } else {
                Check::fine(name, format!("{all} effects, none waits for a person"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::Verdict;

    #[test]
    fn a_disk_that_fills_is_told_before_it_is_full() {
        for (free, wanted) in [
            (99_999_999, Verdict::Wrong),
            (100_000_000, Verdict::Doubtful),
            (999_999_999, Verdict::Doubtful),
            (1_000_000_000, Verdict::Fine),
        ] {
            assert_eq!(enough_room(free, "/data").verdict, wanted, "{free}");
        }
    }
}
