//! Time zones by their names, from the database of the system.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use crate::config::invalid::Invalid;
use crate::config::nearest::nearest;

/// Where systems keep it.
const FOLDERS: [&str; 2] = ["/usr/share/zoneinfo", "/etc/zoneinfo"];

/// Longest file of a zone, bytes; the usual ones have 3,000.
const CAP: u64 = 64 << 10;

/// The time zone of a name such as `Europe/Berlin`.
pub(super) fn named(name: &str) -> Result<TimeZone, Invalid> {
    let folders = FOLDERS.map(PathBuf::from);
    named_in(name, &folders)
}

fn named_in(name: &str, folders: &[PathBuf]) -> Result<TimeZone, Invalid> {
    if name == "UTC" {
        return Ok(TimeZone::UTC);
    }
    let fits = |part: &str| {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+');
        !part.is_empty() && part.bytes().all(fits)
    };
    if name.split('/').all(fits) {
        let mut found = folders.iter().filter_map(|folder| read(&folder.join(name)));
        if let Some(zone) = found.find_map(|bytes| TimeZone::tzif(name, &bytes).ok()) {
            return Ok(zone);
        }
    }
    let why = "is no time zone that this machine knows; write it like `Europe/Berlin` or `UTC`";
    let right = near(name, folders).filter(|right| right != name);
    Err(Invalid::new(name, why).or_rather(right))
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let file = File::open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(CAP).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The right spelling, if only the last part is wrong.
fn near(name: &str, folders: &[PathBuf]) -> Option<String> {
    let (region, place) = name.rsplit_once('/')?;
    if region.contains('.') || region.starts_with('/') {
        return None;
    }
    let entries = folders
        .iter()
        .filter_map(|folder| folder.join(region).read_dir().ok());
    let names = entries.flatten().flatten().map(|entry| entry.file_name());
    let names: Vec<String> = names.filter_map(|name| name.into_string().ok()).collect();
    let right = nearest(place, names.iter().map(String::as_str))?;
    Some(format!("{region}/{right}"))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    /// A file with one zone that is always an hour ahead.
    fn hour_ahead() -> Vec<u8> {
        let mut file = b"TZif".to_vec();
        file.extend([0; 16]);
        for count in [0_u32, 0, 0, 0, 1, 4] {
            file.extend(count.to_be_bytes());
        }
        file.extend(3600_i32.to_be_bytes());
        file.extend([0, 0]);
        file.extend(b"XYZ\0");
        file
    }

    #[test]
    fn zones_of_a_system() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("Europe")).unwrap();
        std::fs::write(folder.path().join("Europe/Here"), hour_ahead()).unwrap();
        std::fs::write(folder.path().join("Europe/Broken"), b"TZif").unwrap();
        let folders = [PathBuf::from("/nowhere"), folder.path().to_owned()];
        let zone = named_in("Europe/Here", &folders).unwrap();
        let noon: jiff::Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
        assert_eq!(noon.to_zoned(zone.clone()).hour(), 13);
        assert_eq!(zone.iana_name(), Some("Europe/Here"));
        assert_eq!(named_in("UTC", &[]).unwrap(), TimeZone::UTC);
        for (name, right) in [
            ("Europe/Heer", Some("Europe/Here")),
            ("Europe/here", Some("Europe/Here")),
            ("Europe/Broken", None),
            ("Europe", None),
            ("../Europe/Here", None),
            ("/etc/passwd", None),
            ("", None),
        ] {
            let error = named_in(name, &folders).unwrap_err();
            assert_eq!(error.right(), right, "{name}");
        }
    }
}
