//! Who a process was when a plan was made, and whether it still is.
//!
//! What proves that a pid means the same process again, strongest first:
//! 1. The inode of its pidfd. Since kernel 6.9 pidfds live in a file system of their own
//!    (pidfs), which numbers processes and never reuses a number within a boot.
//! 2. The start time, if the process was at least a tick old when it was observed
//!    ([`Expected::settled`]): it was alive then, so whoever has its pid later was started
//!    later, and start times do not go back. (Since kernel 5.0 the start time is taken after
//!    the pid, and pidfds need 5.3, so a fork that hangs in between cannot forge it.)
//! 3. Neither: an older kernel, and a process that was observed within the clock tick in
//!    which it started. A successor in that same tick may be equal in everything that is
//!    visible: parent, session, program, arguments. So it is refused as unproven: whoever
//!    plans holds the pidfd until the signal, or observes again a tick later.
//!
//! All start times are worth nothing in another boot, so the boot's id is compared too.
//!
//! Being the same process is not enough: it may have become something else since the plan was
//! shown. Another program, user or session is a change, and so are other arguments where the
//! inode does not vouch for the process (some rewrite their arguments as a title, which is
//! why they are not compared where it does). Another parent alone is none: the kernel gives
//! a process a new parent when the old one ends, which is what the plan waited for.

use std::os::fd::BorrowedFd;

use model::ProcessId;
use rustix::fs::{fstat, fstatfs};
use serde::{Deserialize, Serialize};

use crate::{
    ProcRoot,
    parse::{link, stat, status},
};

/// `PID_FS_MAGIC` of linux/magic.h.
const PIDFS: u64 = 0x5049_4446;
/// Bytes of the command line that count; the collector keeps as many.
const COMMAND_LINE: usize = 32 << 10;

/// What was known of a process when a plan was made. May be stored: of the command line,
/// which may hold secrets, it has a checksum only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// Pid and start time.
    pub id: ProcessId,
    /// `/proc/sys/kernel/random/boot_id`.
    pub boot_id: String,
    /// Inode of its pidfd, where the kernel has pidfs.
    pub pidfs_inode: Option<u64>,
    /// It was at least one clock tick old, so its start time tells it from all successors.
    pub settled: bool,
    /// Parent.
    pub ppid: u32,
    /// Session.
    pub sid: u32,
    /// Path of its program; `None` if unreadable.
    pub exe: Option<String>,
    /// Checksum and length of its arguments; `None` if unreadable.
    pub cmdline: Option<String>,
    /// Effective user.
    pub uid: Option<u32>,
}

/// What is not as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// Recorded in another boot.
    #[error("the machine was restarted")]
    Boot,
    /// The pid belongs to another process now.
    #[error("the pid belongs to another process now")]
    Process,
    /// Another start time: the pid belongs to another process now.
    #[error("the start time differs")]
    StartTime,
    /// Another parent, which counts only where the start time proves nothing.
    #[error("the parent differs")]
    Parent,
    /// Another session.
    #[error("the session differs")]
    Session,
    /// Another program.
    #[error("the program differs")]
    Program,
    /// Other arguments.
    #[error("the command line differs")]
    CommandLine,
    /// Another effective user.
    #[error("the user differs")]
    User,
}

/// Everything that is compared is equal, but that proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unproven;

impl Expected {
    /// Compares with what is seen now, both read while a pidfd kept the pid from being
    /// reused. The differences are empty if it is the same process and still what it was.
    pub(super) fn compare(&self, now: &Self) -> Result<Vec<Difference>, Unproven> {
        let mut found = Vec::new();
        let mut unless = |equal: bool, difference| {
            if !equal {
                found.push(difference);
            }
        };
        let inode = self.pidfs_inode.is_some();
        // Each check alone forbids: a kernel that lies in one of them is caught by another.
        unless(
            self.boot_id == now.boot_id && !self.boot_id.is_empty(),
            Difference::Boot,
        );
        unless(
            !inode || self.pidfs_inode == now.pidfs_inode,
            Difference::Process,
        );
        unless(self.id == now.id, Difference::StartTime);
        unless(self.sid == now.sid, Difference::Session);
        unless(self.exe == now.exe, Difference::Program);
        unless(self.uid == now.uid, Difference::User);
        unless(
            inode || self.cmdline == now.cmdline,
            Difference::CommandLine,
        );
        unless(
            inode || self.settled || self.ppid == now.ppid,
            Difference::Parent,
        );
        if found.is_empty() && !inode && !self.settled {
            return Err(Unproven);
        }
        Ok(found)
    }

    /// Reads all of it. The caller holds `pidfd` since before, and looks afterwards whether
    /// the process is alive: then everything that was read is of this one process.
    /// `None` means that it has just ended, or that we may not look at it.
    pub(super) fn read(root: &ProcRoot, pid: u32, pidfd: BorrowedFd<'_>) -> Option<Seen> {
        let text = root.read(&format!("{pid}/stat"), 4096).ok()?;
        let stat = stat::stat(&text)?;
        let status = root.read(&format!("{pid}/status"), 16 << 10).ok();
        let exe = std::fs::read_link(root.path().join(format!("{pid}/exe"))).ok();
        let cmdline = root.read(&format!("{pid}/cmdline"), COMMAND_LINE).ok();
        let boot_id = root
            .read("sys/kernel/random/boot_id", 64)
            .unwrap_or_default();
        let uptime = root.read("uptime", 64).ok();
        let expected = Self {
            id: ProcessId {
                pid,
                start_ticks: stat.start_ticks,
            },
            boot_id: String::from_utf8_lossy(boot_id.trim_ascii()).into_owned(),
            pidfs_inode: pidfs_inode(pidfd),
            settled: uptime
                .and_then(|text| ticks_since_boot(&text))
                // One tick is the proof, another is for rounding.
                .is_some_and(|now| now >= stat.start_ticks.saturating_add(2)),
            ppid: stat.ppid,
            sid: stat.sid,
            exe: exe.map(|path| {
                let (path, _) = link::deleted(path.as_os_str().as_encoded_bytes());
                String::from_utf8_lossy(path).into_owned()
            }),
            cmdline: cmdline.map(|text| checksum(&text)),
            uid: status.and_then(|text| status::status(&text).uid),
        };
        Some(Seen {
            expected,
            pgid: stat.pgid,
            kernel_thread: stat.is_kernel_thread(),
        })
    }
}

/// One look at a process.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) expected: Expected,
    pub(super) pgid: u32,
    pub(super) kernel_thread: bool,
}

/// The pidfd's own inode, if it lies on pidfs; before 6.9 all pidfds share one.
fn pidfs_inode(pidfd: BorrowedFd<'_>) -> Option<u64> {
    let file_system = fstatfs(pidfd).ok()?.f_type;
    if u64::try_from(file_system).ok()? != PIDFS {
        return None;
    }
    Some(fstat(pidfd).ok()?.st_ino)
}

/// `/proc/uptime` in the unit of start times. It counts suspended time, as they do.
fn ticks_since_boot(uptime: &[u8]) -> Option<u64> {
    let text = str::from_utf8(uptime).ok()?;
    let (seconds, rest) = text.split_once('.')?;
    let hundredths = rest.get(..2)?;
    let hundredths = seconds.parse::<u64>().ok()? * 100 + hundredths.parse::<u64>().ok()?;
    Some(hundredths * rustix::param::clock_ticks_per_second() / 100)
}

/// FNV-1a over the bytes, and their number. It is no secret's keeper, but what can be
/// guessed from it is no more than whether a guess at the whole line was right.
fn checksum(text: &[u8]) -> String {
    let hash = text.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}:{}", text.len())
}

#[cfg(test)]
mod tests {
    use model::ProcessId;

    use super::{Difference, Expected, Unproven, checksum, ticks_since_boot};

    fn expected() -> Expected {
        Expected {
            id: ProcessId {
                pid: 4242,
                start_ticks: 1000,
            },
            boot_id: "b-1".into(),
            pidfs_inode: Some(77),
            settled: true,
            ppid: 10,
            sid: 20,
            exe: Some("/usr/bin/node".into()),
            cmdline: Some(checksum(b"node\0server.js\0")),
            uid: Some(1000),
        }
    }

    /// Differences after `change`, with and without an inode and a settled start time.
    fn differences(change: fn(&mut Expected)) -> [Result<Vec<Difference>, Unproven>; 3] {
        [(Some(77), true), (None, true), (None, false)].map(|(inode, settled)| {
            let mut before = expected();
            before.pidfs_inode = inode;
            before.settled = settled;
            let mut now = expected();
            change(&mut now);
            before.compare(&now)
        })
    }

    #[test]
    fn equality_needs_a_proof() {
        assert_eq!(differences(|_| ()), [Ok(vec![]), Ok(vec![]), Err(Unproven)]);
    }

    #[test]
    fn a_changed_world_is_told() {
        use Difference as D;
        let all = |difference: D| {
            [
                Ok(vec![difference]),
                Ok(vec![difference]),
                Ok(vec![difference]),
            ]
        };
        assert_eq!(differences(|now| now.boot_id = "b-2".into()), all(D::Boot));
        assert_eq!(
            differences(|now| now.id.start_ticks += 1),
            all(D::StartTime)
        );
        assert_eq!(differences(|now| now.sid = 4242), all(D::Session));
        assert_eq!(differences(|now| now.exe = None), all(D::Program));
        assert_eq!(differences(|now| now.uid = Some(0)), all(D::User));
    }

    #[test]
    fn titles_and_parents_count_only_where_nothing_better_is_known() {
        use Difference as D;
        assert_eq!(
            differences(|now| now.cmdline = Some(checksum(b"node"))),
            [
                Ok(vec![]),
                Ok(vec![D::CommandLine]),
                Ok(vec![D::CommandLine])
            ]
        );
        assert_eq!(
            differences(|now| now.ppid = 1),
            [Ok(vec![]), Ok(vec![]), Ok(vec![D::Parent])]
        );
    }

    #[test]
    fn another_inode_is_another_process_even_if_all_else_is_equal() {
        let mut now = expected();
        for other in [Some(78), None] {
            now.pidfs_inode = other;
            assert_eq!(expected().compare(&now), Ok(vec![Difference::Process]));
        }
    }

    #[test]
    fn without_a_boot_id_nothing_is_the_same() {
        let mut before = expected();
        before.boot_id.clear();
        assert_eq!(before.compare(&before.clone()), Ok(vec![Difference::Boot]));
    }

    #[test]
    fn uptime_is_in_ticks() {
        let second = rustix::param::clock_ticks_per_second();
        assert_eq!(ticks_since_boot(b"12.50 3.00\n"), Some(second * 25 / 2));
        assert_eq!(ticks_since_boot(b"x"), None);
    }

    #[test]
    fn what_is_stored_holds_no_argument() -> serde_json::Result<()> {
        let mut stored = expected();
        stored.cmdline = Some(checksum(b"server\0--api-key\0hunter2\0"));
        let text = serde_json::to_string(&stored)?;
        assert!(!text.contains("hunter2") && !text.contains("api-key"));
        assert_eq!(serde_json::from_str::<Expected>(&text)?, stored);
        Ok(())
    }
}
