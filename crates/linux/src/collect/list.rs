//! Listing folders whose entries are numbers: `/proc`, `/proc/PID/task`, `/proc/PID/fd`.

use std::os::fd::BorrowedFd;

use rustix::fs::{RawDir, SeekFrom, seek};
use rustix::io::Errno;

use crate::parse::number;

/// Room for some 1,300 entries at a call.
const ROOM: usize = 32 * 1024;

/// Calls `found` for each entry that is a number. `scratch` lends its spare room.
pub(crate) fn numbered_entries(
    folder: BorrowedFd<'_>,
    scratch: &mut Vec<u8>,
    mut found: impl FnMut(u32),
) -> Result<(), Errno> {
    seek(folder, SeekFrom::Start(0))?;
    scratch.clear();
    scratch.reserve(ROOM);
    let mut entries = RawDir::new(folder, scratch.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let number = number(entry.file_name().to_bytes()).and_then(|n| u32::try_from(n).ok());
        if let Some(number) = number {
            found(number);
        }
    }
    Ok(())
}
