//! Proportional memory of one process.

use std::os::fd::{AsFd, BorrowedFd};

use model::Memory;
use rustix::io::Errno;

use crate::parse::smaps::smaps_rollup;
use crate::root::{open_file, read_into};

/// Reads `smaps_rollup`, which walks all page tables of the process: some 0.2 ms for ten megabytes.
/// It must be opened anew each time: an open one stays with the memory of the program that ran then.
pub(crate) fn read(folder: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<Memory, Errno> {
    let file = open_file(folder, b"smaps_rollup")?;
    smaps_rollup(read_into(file.as_fd(), buffer)?).ok_or(Errno::SRCH)
}
