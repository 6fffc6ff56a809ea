//! The state directory: what one run tells the next, and the audit of what was done.
//!
//! Files are private to the user, replaced atomically, and bounded. A run that cannot
//! write its state says so once and works without.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use inventory::memory::Memory;
use inventory::watches::Watch;

/// Longest file that is read, bytes.
const MEMORY_CAP: u64 = 16 << 20;

/// Longest path of a socket, bytes (unix(7)).
const LONGEST_SOCKET: usize = 107;

/// The state directory.
#[derive(Clone, Debug)]
pub struct State {
    folder: PathBuf,
}

impl State {
    /// The folder that was named, else the usual one of this user.
    pub fn locate(named: Option<&Path>) -> Self {
        Self {
            folder: named.map_or_else(usual, Path::to_owned),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the folder, private to us, and makes sure that it is.
    pub fn create(&self) -> std::io::Result<()> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)?;
        let metadata = std::fs::metadata(&self.folder)?;
        let own = rustix::process::geteuid().as_raw();
        // Whoever may write here could forge since when an owner has been gone.
        if metadata.uid() != own || metadata.mode() & 0o022 != 0 {
            return Err(std::io::Error::new(
                std::io::ErrorKind::PermissionDenied,
                format!(
                    "{} belongs to user {} with mode {:03o}; it must belong to you and be writable by nobody else",
                    self.folder.display(),
                    metadata.uid(),
                    metadata.mode() & 0o777
                ),
            ));
        }
        Ok(())
    }

    /// The daemon's socket: here, or in the user's runtime directory where the path is too long for
    /// one (107 bytes, unix(7)).
    pub fn socket(&self) -> PathBuf {
        let socket = self.folder.join("mcpvisor.sock");
        if socket.as_os_str().len() <= LONGEST_SOCKET {
            return socket;
        }
        match std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from) {
            Some(folder) if folder.is_absolute() => folder.join("mcpvisor.sock"),
            _ => socket,
        }
    }

    /// What earlier runs remembered; empty if there is nothing that can be read or trusted.
    pub fn memory(&self) -> Memory {
        self.trusted("seen.json").unwrap_or_default()
    }

    /// A file that only we can have written.
    fn trusted<T: serde::de::DeserializeOwned>(&self, name: &str) -> Option<T> {
        let path = self.folder.join(name);
        let own = rustix::process::geteuid().as_raw();
        let metadata = std::fs::symlink_metadata(&path).ok()?;
        let trusted = metadata.is_file()
            && metadata.uid() == own
            && metadata.mode() & 0o022 == 0
            && metadata.len() <= MEMORY_CAP;
        let text = trusted.then(|| std::fs::read(&path).ok())??;
        serde_json::from_slice(&text).ok()
    }

    /// Stores what the next run should know.
    pub fn remember(&self, memory: &Memory) -> std::io::Result<()> {
        self.replace("seen.json", &serde_json::to_vec(memory)?)
    }

    /// What earlier runs remembered of containers; nothing if the file cannot be read or trusted.
    pub(crate) fn containers<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        self.trusted("containers.json")
    }

    /// Stores what the next run should know of containers.
    pub(crate) fn store_containers(&self, memory: &impl serde::Serialize) -> std::io::Result<()> {
        self.replace("containers.json", &serde_json::to_vec(memory)?)
    }

    /// What the policy knew when it was last written down; nothing if the file cannot be read or trusted.
    pub(crate) fn policy(&self) -> Option<supervise::policy::Memory> {
        self.trusted("policy.json")
    }

    /// Stores what the policy knows.
    pub(crate) fn store_policy(&self, memory: &supervise::policy::Memory) -> std::io::Result<()> {
        self.replace("policy.json", &serde_json::to_vec(memory)?)
    }

    /// Processes that are watched under a name; none if the file cannot be read or trusted.
    pub fn watches(&self) -> Vec<Watch> {
        self.trusted("watches.json").unwrap_or_default()
    }

    /// Stores the processes that are watched under a name.
    pub fn store_watches(&self, watches: &[Watch]) -> std::io::Result<()> {
        self.replace("watches.json", &serde_json::to_vec_pretty(watches)?)
    }

    /// Writes a file anew; whoever reads sees the old or the new one, never a part.
    fn replace(&self, name: &str, text: &[u8]) -> std::io::Result<()> {
        self.create()?;
        linux::private_file::replace(&self.folder.join(name), text)
    }

    /// Appends one entry to the audit, on disk before this returns.
    pub fn audit(&self, entry: &impl serde::Serialize) -> std::io::Result<()> {
        self.create()?;
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let mut file = std::fs::File::options()
            .append(true)
            .create(true)
            .mode(0o600)
            .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
            .open(self.folder.join("audit.jsonl"))?;
        // One write: lines of two runs at the same time do not mix.
        file.write_all(&line)?;
        file.sync_data()
    }
}

fn usual() -> PathBuf {
    let absolute = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    if let Some(folder) = absolute("XDG_STATE_HOME") {
        return folder.join("mcpvisor");
    }
    if rustix::process::geteuid().is_root() {
        return PathBuf::from("/var/lib/mcpvisor");
    }
    absolute("HOME")
        .unwrap_or_else(|| PathBuf::from("/"))
        .join(".local/state/mcpvisor")
}
