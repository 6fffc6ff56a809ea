//! What the policy knows, over a restart: a file of the state directory.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use supervise::policy::Memory;

/// A thousand ladders with their evidence are a few megabytes.
const LONGEST: u64 = 64 << 20;

/// What was known; nothing if there is no file or it is not understood.
pub(super) fn read(path: &Path) -> Option<Memory> {
    let length = fs::metadata(path).ok()?.len();
    if length > LONGEST {
        tracing::warn!(
            "{} is too long and left out: ladders begin anew",
            path.display()
        );
        return None;
    }
    let text = fs::read(path).ok()?;
    serde_json::from_slice(&text)
        .inspect_err(|error| {
            tracing::warn!(
                "{} is not understood, so ladders begin anew: {error}",
                path.display()
            );
        })
        .ok()
}

/// Replaces the file.
pub(super) fn write(path: &Path, memory: &Memory) {
    let new = path.with_extension("json.new");
    let written = || -> std::io::Result<()> {
        let text = serde_json::to_vec(memory)?;
        let mut file = fs::File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(&text)?;
        fs::rename(&new, path)
    };
    if let Err(error) = written() {
        tracing::warn!(
            "{} cannot be written ({error}): after a restart, limits of the policy count anew",
            path.display()
        );
    }
}
