//! Space left on the file systems with our state and that of clients.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// File systems at most; the first ones count.
const MOST: usize = 8;

/// A file system.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Disk {
    /// Where it is mounted.
    pub(super) mount: String,
    /// Bytes that ordinary users may still take.
    pub(super) free_bytes: u64,
    /// These over what is used and these, 0 to 1: what `df` shows as used, the other way round. Space that
    /// is kept back for root counts on neither side.
    pub(super) free_ratio: f64,
}

/// The file systems of some folders, each once. Folders that do not exist are left out, and so are
/// file systems without blocks (`/proc`).
pub(super) fn of(folders: impl IntoIterator<Item = PathBuf>) -> Vec<Disk> {
    let mut devices = Vec::new();
    let mut disks = Vec::new();
    for folder in folders {
        let Ok(metadata) = std::fs::metadata(&folder) else {
            continue;
        };
        if devices.len() >= MOST || devices.contains(&metadata.dev()) {
            continue;
        }
        devices.push(metadata.dev());
        disks.extend(disk(&folder, metadata.dev()));
    }
    disks
}

fn disk(folder: &Path, device: u64) -> Option<Disk> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    let used = stat.f_blocks.saturating_sub(stat.f_bfree);
    let of_users = used.saturating_add(stat.f_bavail);
    if of_users == 0 {
        return None;
    }
    Some(Disk {
        mount: mount_point(folder, device)?,
        free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
        free_ratio: stat.f_bavail as f64 / of_users as f64,
    })
}

/// The topmost folder above that is on the same device, as `stat --format %m` finds it.
fn mount_point(folder: &Path, device: u64) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let same = |above: &&Path| std::fs::metadata(above).is_ok_and(|above| above.dev() == device);
    let top = folder.ancestors().take_while(same).last()?;
    Some(top.display().to_string())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::path::PathBuf;

    use super::of;

    #[test]
    fn a_file_system_counts_once_under_its_mount_point() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("below");
        std::fs::create_dir(&below).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&below, &link).unwrap();
        let none = folder.path().join("none");
        let all = of([none, below.clone(), link, folder.path().to_owned()]);
        assert_eq!(all.len(), 1);
        assert!(below.starts_with(&all[0].mount));
        assert!((0.0..=1.0).contains(&all[0].free_ratio), "{all:?}");
        // What `df` says of the folder is what is said here.
        let stat = rustix::fs::statvfs(&below).unwrap();
        let used = (stat.f_blocks - stat.f_bfree) as f64 * stat.f_frsize as f64;
        let free = all[0].free_bytes as f64;
        assert!(
            (all[0].free_ratio - free / (used + free)).abs() < 1e-3,
            "{all:?}"
        );
    }

    #[test]
    fn what_has_no_blocks_is_no_disk() {
        assert_eq!(of([PathBuf::from("/proc")]), []);
        assert_eq!(of([PathBuf::from("/nowhere/at/all")]), []);
    }
}
