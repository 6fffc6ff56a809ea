//! Archives that the kernel unpacks at its start (`newc` in `buffer-format.rst` of its documentation).
//! Several may follow each other, and later ones add to the earlier.

use std::io::{self, Write};

const FOLDER: u32 = 0o040_755;
const FILE: u32 = 0o100_000;

/// Writes an archive; everything in it belongs to root.
#[derive(Debug)]
pub(crate) struct Archive<W> {
    to: W,
    entries: u32,
}

impl<W: Write> Archive<W> {
    pub(crate) fn new(to: W) -> Self {
        Self { to, entries: 0 }
    }

    /// A folder; one that is there stays.
    pub(crate) fn folder(&mut self, path: &str) -> io::Result<()> {
        self.entry(path, FOLDER, &[])
    }

    /// A file with these permissions.
    pub(crate) fn file(&mut self, path: &str, permissions: u32, contents: &[u8]) -> io::Result<()> {
        self.entry(path, FILE | permissions, contents)
    }

    /// The end. An archive that follows has to begin at a multiple of four, as ours ends.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.entry("TRAILER!!!", 0, &[])?;
        Ok(self.to)
    }

    fn entry(&mut self, path: &str, mode: u32, contents: &[u8]) -> io::Result<()> {
        self.entries += 1;
        let size = u32::try_from(contents.len()).map_err(io::Error::other)?;
        let name = u32::try_from(path.len() + 1).map_err(io::Error::other)?;
        // Inode, mode, owner, group, links, time, size, four numbers of devices, length of the name, sum.
        let fields = [self.entries, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, name, 0];
        self.to.write_all(b"070701")?;
        for field in fields {
            write!(self.to, "{field:08x}")?;
        }
        self.to.write_all(path.as_bytes())?;
        self.to.write_all(b"\0")?;
        // The header has 110 bytes.
        self.pad(110 + path.len() + 1)?;
        self.to.write_all(contents)?;
        self.pad(contents.len())
    }

    fn pad(&mut self, written: usize) -> io::Result<()> {
        let missing = written.next_multiple_of(4) - written;
        self.to.write_all(&[0; 3][..missing])
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use super::*;
    use crate::command::exists;

    fn archive() -> Vec<u8> {
        let mut archive = Archive::new(Vec::new());
        archive.folder("a").unwrap();
        archive.file("a/b", 0o755, b"12345").unwrap();
        archive.file("a/empty", 0o644, b"").unwrap();
        archive.finish().unwrap()
    }

    #[test]
    fn all_begins_at_multiples_of_four() {
        let bytes = archive();
        let magic = |window: &[u8]| window == b"070701";
        let begins: Vec<_> = (0..bytes.len() - 5)
            .filter(|&at| magic(&bytes[at..at + 6]))
            .collect();
        assert_eq!(begins.len(), 4);
        assert!(
            begins.iter().all(|at| at % 4 == 0) && bytes.len().is_multiple_of(4),
            "{begins:?}"
        );
    }

    #[test]
    fn others_read_it() {
        if !exists("bsdtar") {
            eprintln!("skipped: no bsdtar");
            return;
        }
        let mut list = Command::new("bsdtar")
            .args(["-tvf", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        list.stdin.take().unwrap().write_all(&archive()).unwrap();
        let output = list.wait_with_output().unwrap();
        let listed = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<_> = listed.lines().collect();
        assert_eq!(lines.len(), 3, "{listed}");
        assert!(
            lines[0].starts_with("drwxr-xr-x") && lines[0].ends_with(" a"),
            "{listed}"
        );
        assert!(
            lines[1].starts_with("-rwxr-xr-x") && lines[1].contains(" 5 "),
            "{listed}"
        );
        assert!(lines[2].starts_with("-rw-r--r--"), "{listed}");
    }
}
