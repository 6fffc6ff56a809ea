//! Reading the end of a log that is set aside when it is full, and what is written to it afterwards.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Bytes read of a file to find its last lines.
const MOST: u64 = 16 << 20;

/// The last lines, the oldest first; from the file that was set aside last too, if there are too few.
/// Nothing if there is no log yet.
///
/// # Errors
/// It is there and cannot be read.
pub fn last_lines(path: &Path, count: usize) -> io::Result<Vec<String>> {
    let mut lines = tail(path, count)?;
    if lines.len() < count {
        let mut aside = path.to_owned().into_os_string();
        aside.push(".1");
        let mut older = tail(&PathBuf::from(aside), count - lines.len())?;
        older.append(&mut lines);
        lines = older;
    }
    Ok(lines)
}

fn tail(path: &Path, count: usize) -> io::Result<Vec<String>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let length = file.metadata()?.len();
    let from = length.saturating_sub(MOST);
    file.seek(SeekFrom::Start(from))?;
    let mut text = Vec::new();
    file.take(MOST).read_to_end(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    // The first line may be the rest of one.
    let skipped = usize::from(from > 0);
    let lines: Vec<&str> = text.lines().skip(skipped).collect();
    let first = lines.len().saturating_sub(count);
    Ok(lines.into_iter().skip(first).map(str::to_owned).collect())
}

/// Follows a log from its present end, also into the file that takes its place.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    file: Option<BufReader<File>>,
    /// A line that has not ended yet.
    begun: String,
}

impl Follower {
    /// Begins at its end.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut follower = Self {
            path: path.to_owned(),
            file: None,
            begun: String::new(),
        };
        follower.reopen()?;
        if let Some(file) = &mut follower.file {
            file.seek(SeekFrom::End(0))?;
        }
        Ok(follower)
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            other => Some(BufReader::new(other?)),
        };
        Ok(())
    }

    /// Lines that were written since it was asked last.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn new_lines(&mut self) -> io::Result<Vec<String>> {
        let mut lines = Vec::new();
        self.read(&mut lines)?;
        if self.is_replaced() {
            // What was written before it was set aside.
            self.read(&mut lines)?;
            self.reopen()?;
            self.read(&mut lines)?;
        }
        Ok(lines)
    }

    fn read(&mut self, lines: &mut Vec<String>) -> io::Result<()> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let mut bytes = Vec::new();
        while file.read_until(b'\n', &mut bytes)? > 0 {
            self.begun.push_str(&String::from_utf8_lossy(&bytes));
            bytes.clear();
            if let Some(line) = self.begun.strip_suffix('\n') {
                lines.push(line.to_owned());
                self.begun.clear();
            }
        }
        Ok(())
    }

    /// Another file has its name now.
    fn is_replaced(&self) -> bool {
        let Ok(now) = std::fs::metadata(&self.path) else {
            return false;
        };
        let ours = self
            .file
            .as_ref()
            .and_then(|file| file.get_ref().metadata().ok());
        ours.is_none_or(|ours| (ours.dev(), ours.ino()) != (now.dev(), now.ino()))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;
    use std::io::Write as _;

    use super::*;

    #[test]
    fn the_last_lines_of_both_files() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("a.log");
        assert!(last_lines(&log, 5).unwrap().is_empty());
        fs::write(folder.path().join("a.log.1"), "1\n2\n3\n").unwrap();
        fs::write(&log, "4\n5\n").unwrap();
        assert_eq!(last_lines(&log, 1).unwrap(), ["5"]);
        assert_eq!(last_lines(&log, 3).unwrap(), ["3", "4", "5"]);
        assert_eq!(last_lines(&log, 9).unwrap().len(), 5);
    }

    #[test]
    fn it_is_followed_into_the_next_file() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("a.log");
        fs::write(&log, "old\n").unwrap();
        let mut follower = Follower::open(&log).unwrap();
        assert!(follower.new_lines().unwrap().is_empty());
        let mut file = File::options().append(true).open(&log).unwrap();
        file.write_all(b"one\ntw").unwrap();
        assert_eq!(follower.new_lines().unwrap(), ["one"]);
        file.write_all(b"o\nthree\n").unwrap();
        fs::rename(&log, folder.path().join("a.log.1")).unwrap();
        fs::write(&log, "four\n").unwrap();
        assert_eq!(follower.new_lines().unwrap(), ["two", "three", "four"]);
    }

    #[test]
    fn a_log_that_is_made_later_is_followed_from_its_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("a.log");
        let mut follower = Follower::open(&log).unwrap();
        assert!(follower.new_lines().unwrap().is_empty());
        fs::write(&log, "one\n").unwrap();
        assert_eq!(follower.new_lines().unwrap(), ["one"]);
    }
}
