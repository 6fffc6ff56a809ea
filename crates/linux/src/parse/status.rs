//! `/proc/PID/status`: what `stat` does not tell.

use super::{Fields, lines};

/// The lines that we use; `None` where the kernel wrote none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// State letter at this reading.
    pub state: Option<u8>,
    /// Effective user id.
    pub uid: Option<u32>,
    /// Resident file pages, bytes.
    pub file_bytes: Option<u64>,
    /// Resident shared-memory pages, bytes.
    pub shmem_bytes: Option<u64>,
    /// Swapped-out anonymous memory, bytes.
    pub swap_bytes: Option<u64>,
    /// Context switches by waiting, of the main thread.
    pub voluntary_switches: Option<u64>,
    /// Context switches by the scheduler, of the main thread.
    pub involuntary_switches: Option<u64>,
}

impl Status {
    /// Resident pages that other processes may share.
    pub fn shared_bytes(&self) -> Option<u64> {
        Some(self.file_bytes?.saturating_add(self.shmem_bytes?))
    }
}

/// Parses the file. Lines that are missing (zombies and kernel threads have no memory) stay `None`.
pub fn status(text: &[u8]) -> Status {
    let mut status = Status::default();
    for line in lines(text) {
        // A few of some sixty lines matter: the first letter sorts out nearly all others.
        match line.first() {
            Some(b'S') => {
                if let Some(mut fields) = after(line, b"State:") {
                    status.state = fields.text().and_then(|letter| letter.first().copied());
                }
            }
            Some(b'U') => {
                if let Some(mut fields) = after(line, b"Uid:") {
                    fields.skip(1);
                    status.uid = fields.unsigned().and_then(|uid| u32::try_from(uid).ok());
                }
            }
            Some(b'R') => {
                if let Some(fields) = after(line, b"RssFile:") {
                    status.file_bytes = kibibytes(fields);
                } else if let Some(fields) = after(line, b"RssShmem:") {
                    status.shmem_bytes = kibibytes(fields);
                }
            }
            Some(b'V') => {
                if let Some(fields) = after(line, b"VmSwap:") {
                    status.swap_bytes = kibibytes(fields);
                }
            }
            Some(b'v') => {
                if let Some(mut fields) = after(line, b"voluntary_ctxt_switches:") {
                    status.voluntary_switches = fields.unsigned();
                }
            }
            Some(b'n') => {
                if let Some(mut fields) = after(line, b"nonvoluntary_ctxt_switches:") {
                    status.involuntary_switches = fields.unsigned();
                }
            }
            _ => {}
        }
    }
    status
}

fn after<'a>(line: &'a [u8], key: &[u8]) -> Option<Fields<'a>> {
    line.strip_prefix(key).map(Fields::new)
}

/// The kernel writes `kB` and means 1,024 bytes.
pub(super) fn kibibytes(mut fields: Fields<'_>) -> Option<u64> {
    fields.unsigned()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Status, status};

    #[test]
    fn a_process_of_a_recent_kernel() {
        let text = b"Name:\tpython3\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t42\nNgid:\t0\n\
            Pid:\t42\nPPid:\t1\nUid:\t1000\t1001\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\n\
            VmPeak:\t  20000 kB\nVmRSS:\t    9000 kB\nRssAnon:\t    5000 kB\n\
            RssFile:\t    3996 kB\nRssShmem:\t       4 kB\nVmSwap:\t      16 kB\nThreads:\t4\n\
            SigQ:\t0/96000\nvoluntary_ctxt_switches:\t150\nnonvoluntary_ctxt_switches:\t12\n\
            x86_Thread_features:\t\n";
        let expected = Status {
            state: Some(b'S'),
            uid: Some(1001),
            file_bytes: Some(3996 * 1024),
            shmem_bytes: Some(4096),
            swap_bytes: Some(16 * 1024),
            voluntary_switches: Some(150),
            involuntary_switches: Some(12),
        };
        assert_eq!(status(text), expected);
        assert_eq!(expected.shared_bytes(), Some(4000 * 1024));
    }

    #[test]
    fn a_zombie_has_no_memory_and_an_old_kernel_no_split() {
        let zombie = status(b"Name:\tx\nState:\tZ (zombie)\nUid:\t0\t0\t0\t0\nThreads:\t1\n");
        assert_eq!(zombie.uid, Some(0));
        assert_eq!((zombie.shared_bytes(), zombie.swap_bytes), (None, None));
        let old = status(b"VmRSS:\t 9000 kB\nVmSwap:\t 0 kB\n");
        assert_eq!((old.shared_bytes(), old.swap_bytes), (None, Some(0)));
    }

    #[test]
    fn names_cannot_forge_a_line() {
        // The kernel escapes newlines of the name in this file; the key must start its line.
        assert_eq!(status(b"Name:\tUid:\t0\t0\n").uid, None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(text in prop::collection::vec(any::<u8>(), 0..400)) {
            status(&text);
        }

        #[test]
        fn written_figures_come_back(uid in any::<u32>(), kib in 0_u64..1 << 50, count in any::<u64>()) {
            let text = format!(
                "State:\tR (running)\nUid:\t7\t{uid}\t7\t7\nRssFile:\t{kib:>8} kB\nRssShmem:\t0 kB\n\
                 VmSwap:\t{kib} kB\nvoluntary_ctxt_switches:\t{count}\nnonvoluntary_ctxt_switches:\t{count}\n"
            );
            let read = status(text.as_bytes());
            prop_assert_eq!(read.uid, Some(uid));
            prop_assert_eq!(read.shared_bytes(), Some(kib * 1024));
            prop_assert_eq!(read.swap_bytes, Some(kib * 1024));
            prop_assert_eq!(read.voluntary_switches, Some(count));
            prop_assert_eq!(read.involuntary_switches, Some(count));
        }
    }
}
