//! Pure parsers of `/proc` files: bytes in, figures out.
//!
//! None of them allocates, assumes UTF-8 or panics. A field that is missing or not a number gives
//! no data; fields that a later kernel appends are ignored. Formats are those of proc(5) and of
//! the kernel's `Documentation/filesystems/proc.rst`.

pub mod cgroup;
pub mod cmdline;
mod fields;
pub mod io;
pub mod limits;
pub mod link;
pub mod mounts;
pub mod schedstat;
pub mod smaps;
pub mod stat;
pub mod status;

pub(crate) use fields::{Fields, lines, number};
