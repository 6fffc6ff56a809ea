//! Threads of one process, on demand.

use std::os::fd::AsFd;

use model::{ProcessId, ProcessState};

use crate::ProcRoot;
use crate::parse::stat::stat;
use crate::root::{open_file, open_folder, read_into};

/// At most so many threads of one process are listed; the process's own count tells of more.
pub const MOST: usize = 4096;

/// One thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// Thread id; that of the main thread is the process id.
    pub tid: u32,
    /// Name, at most 15 bytes; as read, invalid UTF-8 replaced.
    pub name: String,
    /// State.
    pub state: ProcessState,
    /// CPU time in user mode, ticks.
    pub user_ticks: u64,
    /// CPU time in kernel mode, ticks.
    pub system_ticks: u64,
}

/// Threads of a process by id, at most [`MOST`]; `None` if the process is gone, its pid belongs to
/// another one by now, or it may not be read. Threads that end meanwhile are left out.
pub fn read(root: &ProcRoot, process: ProcessId) -> Option<Vec<Thread>> {
    // Everything is opened below one folder, which stays with the process that it was opened for.
    let folder = root.process(process.pid).ok()?;
    let mut buffer = [0; 2048];
    let own = open_file(folder.as_fd(), b"stat").ok()?;
    let line = read_into(own.as_fd(), &mut buffer).ok()?;
    if stat(line)?.start_ticks != process.start_ticks {
        return None;
    }
    let task = open_folder(folder.as_fd(), b"task").ok()?;
    let mut ids = Vec::new();
    crate::collect::numbered_entries(task.as_fd(), &mut Vec::new(), |tid| {
        if ids.len() < MOST {
            ids.push(tid);
        }
    })
    .ok()?;
    ids.sort_unstable();
    let threads = ids.into_iter().filter_map(|tid| {
        let path = crate::root::PidPath::new(tid, "stat");
        let file = open_file(task.as_fd(), path.as_bytes()).ok()?;
        let thread = stat(read_into(file.as_fd(), &mut buffer).ok()?)?;
        Some(Thread {
            tid,
            name: String::from_utf8_lossy(thread.comm).into_owned(),
            state: ProcessState::from_letter(thread.state),
            user_ticks: thread.user_ticks,
            system_ticks: thread.system_ticks,
        })
    });
    Some(threads.collect())
}
