//! Damaged files that were set aside: `history.db.damaged-TIME`, each with its log. The newest few are
//! kept, as long as the disk limit leaves room for them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{fs, io};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::Error;
use crate::recover::io_error;
use crate::series::Millis;

/// So many damaged files are kept.
const KEPT: usize = 3;
const MARK: &str = ".damaged-";
const STAMP: &str = "%Y%m%dT%H%M%SZ";

/// The database and the two files that `SQLite` puts beside it.
pub(crate) fn beside(path: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|suffix| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    })
}

/// Renames the file and its log, and says the new name.
pub(crate) fn set_aside(path: &Path, now: Timestamp) -> Result<PathBuf, Error> {
    let mut stamp = now.strftime(STAMP).to_string();
    let named = |stamp: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(MARK);
        name.push(stamp);
        PathBuf::from(name)
    };
    let base = stamp.clone();
    let mut number = 1;
    while named(&stamp).exists() {
        number += 1;
        stamp = format!("{base}-{number}");
    }
    let aside = named(&stamp);
    for (from, to) in beside(path).iter().zip(beside(&aside)) {
        match fs::rename(from, &to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(io_error("set aside", from)(error));
            }
            _ => {}
        }
    }
    Ok(aside)
}

/// When a file was set aside, to the second; the milliseconds number those of the same second.
pub(crate) fn time(aside: &Path) -> Option<Millis> {
    let name = aside.file_name()?.to_str()?;
    let (_, stamp) = name.rsplit_once(MARK)?;
    let (stamp, number) = stamp.split_once('-').unwrap_or((stamp, "0"));
    let time = DateTime::strptime(STAMP, stamp).ok()?;
    let time = time.to_zoned(TimeZone::UTC).ok()?;
    Some(time.timestamp().as_millisecond() + number.parse::<Millis>().ok()?.clamp(0, 999))
}

/// Files that were set aside, newest first, each with its log.
pub(crate) fn all(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut prefix: OsString = path.file_name().unwrap_or_default().to_owned();
    prefix.push(MARK);
    let prefix = prefix.to_string_lossy().into_owned();
    let failed = io_error("list", folder);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(&failed)? {
        let name = entry.map_err(&failed)?.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(&prefix) && !name.ends_with("-wal") && !name.ends_with("-shm") {
            found.push(folder.join(name.as_ref()));
        }
    }
    found.sort_unstable_by(|a, b| b.cmp(a));
    Ok(found)
}

/// Removes all but the newest; how many bytes the rest takes.
pub(crate) fn remove_oldest(path: &Path) -> Result<u64, Error> {
    let mut bytes = 0;
    for (index, file) in all(path)?.iter().enumerate() {
        for part in beside(file) {
            if index >= KEPT {
                remove(&part)?;
            } else {
                bytes += fs::metadata(&part).map_or(0, |metadata| metadata.len());
            }
        }
    }
    Ok(bytes)
}

/// Removes the oldest; the bytes of the rest, or none if there was nothing to remove.
pub(crate) fn remove_one(path: &Path) -> Result<Option<u64>, Error> {
    let files = all(path)?;
    let Some(oldest) = files.last() else {
        return Ok(None);
    };
    for part in beside(oldest) {
        remove(&part)?;
    }
    remove_oldest(path).map(Some)
}

/// Removes a file if it is there.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io_error("remove", path)(error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_when() {
        let time = |name: &str| time(Path::new(name));
        assert_eq!(
            time("/a/history.db.damaged-20231115T000000Z"),
            Some(1_700_006_400_000)
        );
        assert_eq!(
            time("history.db.damaged-20231115T000000Z-2"),
            Some(1_700_006_400_002)
        );
        assert_eq!(time("history.db.damaged-yesterday"), None);
        assert_eq!(time("history.db"), None);
    }
}
