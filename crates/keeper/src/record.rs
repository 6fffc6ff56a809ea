//! What is kept of a server over the end of mcpvisor, however that comes: a file for each.
//!
//! It is written before a start is carried out and after, so that at any moment it names what may run: the
//! control group or mark at least, and with the answer the root. A file is replaced by a rename; if power
//! fails it may be the one before, whose boot is another anyway.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use linux::control::Expected;
use linux::private_file;
use model::ProcessId;
use serde::{Deserialize, Serialize};
use supervise::adopt::Run;
use supervise::lifecycle::Saved;

/// Ours are some hundred bytes long.
const LONGEST: u64 = 64 << 10;

/// All that is kept of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Its name.
    pub(crate) name: String,
    /// The mcpvisor that wrote this: groups that bear its number are of this state directory.
    pub(crate) maker: Option<ProcessId>,
    /// Orders and failures.
    pub(crate) saved: Saved,
    /// The last start, unless nothing of it is left.
    pub(crate) run: Option<Run>,
    /// Who its root was.
    pub(crate) root: Option<Expected>,
    /// The mark of the start.
    pub(crate) mark: Option<String>,
    /// Starts after the first, as they are counted for people.
    #[serde(default)]
    pub(crate) restarts: u64,
}

/// The folder of records.
#[derive(Clone, Debug)]
pub(crate) struct Records {
    folder: PathBuf,
}

impl Records {
    /// Makes the folder, for its owner only.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        // What one that was killed had begun to write.
        let files = fs::read_dir(folder)?.flatten().map(|entry| entry.path());
        for begun in files.filter(|path| path.extension().is_some_and(|end| end == "new")) {
            fs::remove_file(begun).ok();
        }
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// A file that belongs to a server.
    pub(crate) fn path(&self, name: &str, ending: &str) -> PathBuf {
        self.folder.join(format!("{name}.{ending}"))
    }

    /// All of them. One that cannot be read is told, and is as if it were not there.
    pub(crate) fn read(&self) -> Vec<Record> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let files = entries.map(|entry| entry.path());
        let files = files.filter(|path| path.extension().is_some_and(|end| end == "json"));
        let read = |path: PathBuf| {
            let found = read(&path);
            if let Err(error) = &found {
                tracing::warn!("{} is not understood and left out: {error}", path.display());
            }
            found.ok()
        };
        files.filter_map(read).collect()
    }

    pub(crate) fn write(&self, record: &Record) -> io::Result<()> {
        let text = serde_json::to_vec(record)?;
        private_file::replace(&self.path(&record.name, "json"), &text)
    }

    /// Forgets a server, but not its log.
    pub(crate) fn remove(&self, name: &str) {
        for ending in ["json", "fifo"] {
            // One that was never there is as good.
            fs::remove_file(self.path(name, ending)).ok();
        }
    }
}

fn read(path: &Path) -> io::Result<Record> {
    if fs::metadata(path)?.len() > LONGEST {
        return Err(io::Error::other("it is too long"));
    }
    let record: Record = serde_json::from_slice(&fs::read(path)?)?;
    // Its name becomes a path again.
    let is_own = path
        .file_stem()
        .is_some_and(|stem| stem == record.name.as_str());
    is_own
        .then_some(record)
        .ok_or_else(|| io::Error::other("it is about another server"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn record(name: &str) -> Record {
        Record {
            name: name.to_owned(),
            maker: None,
            saved: Saved::default(),
            run: None,
            root: None,
            mark: Some("memory/1/ab".to_owned()),
            restarts: 3,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let records = Records::open(&folder.path().join("servers")).unwrap();
        records.write(&record("memory")).unwrap();
        records.write(&record("github")).unwrap();
        records.remove("github");
        assert_eq!(records.read(), [record("memory")]);
    }

    #[test]
    fn what_is_broken_or_of_another_name_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let records = Records::open(folder.path()).unwrap();
        records.write(&record("memory")).unwrap();
        fs::copy(records.path("memory", "json"), folder.path().join("x.json")).unwrap();
        fs::write(folder.path().join("y.json"), "{\"name\":").unwrap();
        fs::write(folder.path().join("z.json"), " ".repeat(100_000)).unwrap();
        fs::write(folder.path().join("memory.json.7.new"), "{").unwrap();
        assert_eq!(records.read().len(), 1);
        Records::open(folder.path()).unwrap();
        assert!(!folder.path().join("memory.json.7.new").exists());
    }
}
