//! Finds files with a container's id in the folders that it is given, and removes one that is stale.
//!
//! Only regular files with a telling name are opened, without following links and without waiting; what
//! does not hold an id is not one of them, whatever it is called.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::{Mode, OFlags};

use super::{Cidfile, Content, Writer};

/// Entries that are looked at in one folder.
const MOST_ENTRIES: usize = 20_000;

/// Files that are kept of one scan.
const MOST_FILES: usize = 1_000;

/// An id has 64 digits, perhaps with an end of line.
const LONGEST: u64 = 128;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// The files, by path.
    pub files: Vec<Cidfile>,
    /// Folders and files that could not be read, with the reason.
    pub problems: Vec<String>,
    /// There was more than is looked at.
    pub is_cut: bool,
}

/// Looks into these folders, not below them. One that does not exist has none.
pub fn scan(folders: &[PathBuf]) -> Scan {
    let mut found = Scan::default();
    for folder in folders {
        match fs::read_dir(folder) {
            Ok(entries) => look_into(entries, &mut found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => found
                .problems
                .push(format!("cannot read {}: {error}", folder.display())),
        }
    }
    found.files.sort_by(|a, b| a.path.cmp(&b.path));
    found.files.dedup_by(|a, b| a.identity == b.identity);
    found
}

fn look_into(entries: fs::ReadDir, found: &mut Scan) {
    for (seen, entry) in entries.flatten().enumerate() {
        if seen >= MOST_ENTRIES || found.files.len() >= MOST_FILES {
            found.is_cut = true;
            return;
        }
        let path = entry.path();
        let Some(writer) = writer(&path) else {
            continue;
        };
        match read(&path) {
            Ok(Some((content, facts))) => found.files.push(Cidfile {
                writer,
                content,
                modified: Timestamp::from_second(facts.mtime()).unwrap_or_default(),
                identity: (facts.dev(), facts.ino()),
                path,
            }),
            Ok(None) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => found
                .problems
                .push(format!("cannot read {}: {error}", path.display())),
        }
    }
}

/// By the file's name; nothing for another name.
fn writer(path: &Path) -> Option<Writer> {
    let name = path.file_name()?.to_str()?;
    if let Some(rest) = name.strip_prefix("mcpproxy-cid-") {
        let digits = rest.strip_suffix(".txt")?;
        return is_number(digits).then_some(Writer::Mcpproxy);
    }
    let stem = name
        .strip_suffix(".cid")
        .or_else(|| name.strip_suffix(".cidfile"))?;
    let folder = path.parent().and_then(Path::file_name);
    if folder.is_some_and(|folder| folder == "guards") && is_number(stem) {
        return stem.parse().ok().map(|pid| Writer::Guard { pid });
    }
    Some(Writer::Other)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What stands in it, if that is an id or nothing.
fn read(path: &Path) -> io::Result<Option<(Content, Metadata)>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        // A link, whatever it leads to.
        Err(rustix::io::Errno::LOOP) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let facts = file.metadata()?;
    if !facts.is_file() || facts.len() > LONGEST {
        return Ok(None);
    }
    let mut text = Vec::new();
    file.take(LONGEST).read_to_end(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    let text = text.trim();
    if text.is_empty() {
        return Ok(Some((Content::Empty, facts)));
    }
    let is_id =
        (12..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    Ok(is_id.then(|| {
        (
            Content::Id {
                id: text.to_owned(),
            },
            facts,
        )
    }))
}

impl Cidfile {
    /// Removes the file, if it is still the one that was judged.
    ///
    /// # Errors
    /// It is another file by now, or the system says no. One that is gone is no error.
    pub fn remove(&self) -> io::Result<()> {
        let facts = match fs::symlink_metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            facts => facts?,
        };
        let is_same = self.identity == (facts.dev(), facts.ino())
            && self.modified.as_second() == facts.mtime();
        if !is_same {
            return Err(io::Error::other(
                "it was replaced or written again since it was judged",
            ));
        }
        fs::remove_file(&self.path)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn only_files_that_are_what_they_are_called() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let id = "0123456789abcdef".repeat(4);
        fs::write(at("mcpproxy-cid-123.txt"), &id).unwrap();
        fs::write(at("x.cid"), "").unwrap();
        fs::write(at("mcpproxy-cid-abc.txt"), &id).unwrap();
        fs::write(at("secrets.cid"), "password=hunter2").unwrap();
        fs::write(at("long.cid"), "a".repeat(500)).unwrap();
        fs::create_dir(at("folder.cid")).unwrap();
        std::os::unix::fs::symlink(at("x.cid"), at("link.cid")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            at("pipe.cid"),
            rustix::fs::FileType::Fifo,
            Mode::RWXU,
            0,
        )
        .unwrap();
        let scan = scan(&[
            folder.path().to_owned(),
            at("none"),
            folder.path().to_owned(),
        ]);
        let names: Vec<_> = scan.files.iter().map(|file| file.path.clone()).collect();
        assert_eq!(names, [at("mcpproxy-cid-123.txt"), at("x.cid")]);
        assert_eq!(scan.files[0].content, Content::Id { id });
        assert_eq!(
            (&scan.files[0].writer, &scan.files[1].content),
            (&Writer::Mcpproxy, &Content::Empty)
        );
        assert_eq!(scan.problems, Vec::<String>::new());
    }

    #[test]
    fn a_guards_file_names_its_process() {
        assert_eq!(
            writer(Path::new("/s/guards/4711.cid")),
            Some(Writer::Guard { pid: 4711 })
        );
        assert_eq!(writer(Path::new("/s/other/4711.cid")), Some(Writer::Other));
        assert_eq!(writer(Path::new("/s/guards/notes.txt")), None);
    }

    #[test]
    fn another_file_in_its_place_is_not_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.cid");
        fs::write(&path, "").unwrap();
        let file = scan(&[folder.path().to_owned()]).files.remove(0);
        fs::write(folder.path().join("y"), "").unwrap();
        fs::rename(folder.path().join("y"), &path).unwrap();
        assert!(file.remove().is_err() && path.exists());
        let file = scan(&[folder.path().to_owned()]).files.remove(0);
        file.remove().unwrap();
        assert!(!path.exists());
        file.remove().unwrap();
    }
}
