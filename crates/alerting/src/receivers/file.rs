//! A file of JSON lines: one notice a line, as our own JSON, readable by its owner only.
//!
//! A line counts as delivered when it is on the disk. Before the file would get too large it is renamed to
//! `PATH.1`, what was there to `PATH.2`, and so on. After a line that was cut by a crash or a full disk
//! the next one begins on a line of its own, so one damaged line never costs another. Symbolic links are
//! not followed: in a folder of others one could lead our text anywhere.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::{Delivered, Failure, settings};
use crate::Notice;

/// Appends a notice to the file.
pub(super) fn deliver(file: &settings::File, notice: &Notice) -> Result<Delivered, Failure> {
    let place = file.path.display();
    let mut line = serde_json::to_vec(notice)
        .map_err(|error| Failure::permanent(format!("the notice is no JSON: {error}")))?;
    line.push(b'\n');
    // A full disk, a missing folder, wrong permissions: all of it somebody can mend.
    append(file, &line).map_err(|error| {
        match error
            .raw_os_error()
            .map(rustix::io::Errno::from_raw_os_error)
        {
            Some(rustix::io::Errno::LOOP) => Failure::permanent(format!(
                "{place} is a symbolic link, which is not followed; set `path` to the file itself"
            )),
            _ => Failure::temporary(format!("cannot append to {place}: {error}")),
        }
    })?;
    Ok(Delivered::new(format!(
        "appended {} bytes to {place}",
        line.len()
    )))
}

fn append(file: &settings::File, line: &[u8]) -> io::Result<()> {
    let mut open = open(&file.path)?;
    let size = open.metadata()?.len();
    if size > 0 && size.saturating_add(line.len() as u64) > file.max_bytes {
        drop(open);
        rotate(&file.path, file.keep)?;
        open = self::open(&file.path)?;
    }
    let mut whole = Vec::with_capacity(line.len() + 1);
    if ends_within_a_line(&mut open)? {
        whole.push(b'\n');
    }
    whole.extend_from_slice(line);
    open.write_all(&whole)?;
    open.sync_all()?;
    sync_folder(&file.path)
}

/// Opens the file for appending and makes it if it is missing.
fn open(path: &Path) -> io::Result<fs::File> {
    // Without blocking: a pipe without a reader would hold us up for ever.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = fs::File::options()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(flags.bits().cast_signed())
        .open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "this is no regular file",
        ));
    }
    Ok(file)
}

fn ends_within_a_line(file: &mut fs::File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// Makes room: `PATH` becomes `PATH.1`, and what is beyond `keep` is removed.
fn rotate(path: &Path, keep: u32) -> io::Result<()> {
    if keep == 0 {
        return fs::remove_file(path);
    }
    for number in (1..keep).rev() {
        rename_if_there(&numbered(path, number), &numbered(path, number + 1))?;
    }
    fs::rename(path, numbered(path, 1))
}

fn rename_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(format!(".{number}"));
    PathBuf::from(name)
}

/// A new name is on the disk only when its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::File::open(folder)?.sync_all()
}
