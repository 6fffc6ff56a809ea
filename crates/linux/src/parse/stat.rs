//! `/proc/PID/stat` and `/proc/PID/task/TID/stat`: one line of figures.
//!
//! The name stands in parentheses and may itself hold spaces, parentheses and newlines, so the
//! figures begin after the *last* closing one.

use super::{Fields, number};

/// Figures of one process or thread, in the order of the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stat<'a> {
    /// Process or thread id.
    pub pid: u32,
    /// Name as the process set it, any bytes but NUL; 15 of them, more for kernel threads.
    pub comm: &'a [u8],
    /// State letter.
    pub state: u8,
    /// Parent.
    pub ppid: u32,
    /// Process group; 0 if it has none that we can see.
    pub pgid: u32,
    /// Session; 0 if it has none that we can see.
    pub sid: u32,
    /// Controlling terminal, 0 for none.
    pub tty: i32,
    /// Kernel flags (`PF_*`).
    pub flags: u32,
    /// Faults served without storage.
    pub minor_faults: u64,
    /// Faults that needed storage.
    pub major_faults: u64,
    /// CPU time in user mode, ticks.
    pub user_ticks: u64,
    /// CPU time in kernel mode, ticks.
    pub system_ticks: u64,
    /// Threads of the process.
    pub threads: u32,
    /// Start, ticks since boot.
    pub start_ticks: u64,
    /// Address space, bytes.
    pub vms_bytes: u64,
    /// Resident set, pages.
    pub rss_pages: u64,
    /// Address of the stack's bottom; 0 if we may not know.
    pub start_stack: u64,
    /// Address of the arguments; 0 if we may not know.
    pub arg_start: u64,
}

impl Stat<'_> {
    /// `PF_KTHREAD`: a thread of the kernel.
    pub const KERNEL_THREAD: u32 = 0x0020_0000;
    /// `PF_FORKNOEXEC`: forked, and has not executed a program since.
    pub const NOT_EXECUTED: u32 = 0x40;

    /// Is it a thread of the kernel?
    pub fn is_kernel_thread(&self) -> bool {
        self.flags & Self::KERNEL_THREAD != 0
    }
}

/// Parses the line; `None` if it has no name or no start time, without which nothing is known.
pub fn stat(text: &[u8]) -> Option<Stat<'_>> {
    let open = memchr::memchr(b'(', text)?;
    let close = memchr::memrchr(b')', text)?;
    let comm = text.get(open + 1..close)?;
    let pid = u32::try_from(number(text.get(..open)?.trim_ascii_end())?).ok()?;
    let mut fields = Fields::new(&text[close + 1..]);
    let state = *fields.text()?.first()?;
    let ppid = unsigned32(&mut fields);
    let pgid = unsigned32(&mut fields);
    let sid = unsigned32(&mut fields);
    let tty = fields
        .signed()
        .and_then(|tty| i32::try_from(tty).ok())
        .unwrap_or(0);
    fields.skip(1);
    let flags = unsigned32(&mut fields);
    let minor_faults = fields.unsigned().unwrap_or(0);
    fields.skip(1);
    let major_faults = fields.unsigned().unwrap_or(0);
    fields.skip(1);
    let user_ticks = fields.unsigned().unwrap_or(0);
    let system_ticks = fields.unsigned().unwrap_or(0);
    fields.skip(4);
    let threads = unsigned32(&mut fields);
    fields.skip(1);
    let start_ticks = fields.unsigned()?;
    let vms_bytes = fields.unsigned().unwrap_or(0);
    // The kernel prints what may be a small negative number as unsigned.
    let rss_pages = fields
        .signed()
        .map_or(0, |pages| u64::try_from(pages).unwrap_or(0));
    fields.skip(3);
    let start_stack = fields.unsigned().unwrap_or(0);
    fields.skip(19);
    let arg_start = fields.unsigned().unwrap_or(0);
    Some(Stat {
        pid,
        comm,
        state,
        ppid,
        pgid,
        sid,
        tty,
        flags,
        minor_faults,
        major_faults,
        user_ticks,
        system_ticks,
        threads,
        start_ticks,
        vms_bytes,
        rss_pages,
        start_stack,
        arg_start,
    })
}

/// Absent, negative (`-1` stands for none) and too large are all zero.
fn unsigned32(fields: &mut Fields<'_>) -> u32 {
    fields
        .unsigned()
        .and_then(|value| u32::try_from(value).ok())
        .unwrap_or(0)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::{Stat, stat};

    const SLEEP: &[u8] = b"8249 (sleep) S 8238 8237 6850 34816 8300 4194304 99 7 3 1 12 34 5 6 \
        20 0 4 0 112977 3133440 412 18446744073709551615 94657547022336 94657547042217 \
        140732619934272 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 94657547058224 94657547059840 \
        94658500947968 140732619938528 140732619938548 140732619938548 140732619939819 0\n";

    #[test]
    fn every_figure_is_in_its_place() {
        let expected = Stat {
            pid: 8249,
            comm: b"sleep",
            state: b'S',
            ppid: 8238,
            pgid: 8237,
            sid: 6850,
            tty: 34816,
            flags: 4_194_304,
            minor_faults: 99,
            major_faults: 3,
            user_ticks: 12,
            system_ticks: 34,
            threads: 4,
            start_ticks: 112_977,
            vms_bytes: 3_133_440,
            rss_pages: 412,
            start_stack: 140_732_619_934_272,
            arg_start: 140_732_619_938_528,
        };
        assert_eq!(stat(SLEEP), Some(expected));
        assert!(!expected.is_kernel_thread());
    }

    #[test]
    fn fields_may_be_missing_at_the_end_or_added() {
        let cut = stat(b"7 (a) Z 1 7 7 0 -1 4227084 0 0 0 0 0 0 0 0 20 0 1 0 99").unwrap();
        assert_eq!((cut.start_ticks, cut.vms_bytes, cut.arg_start), (99, 0, 0));
        let mut more = SLEEP.trim_ascii_end().to_vec();
        more.extend_from_slice(b" 1 2 three\n");
        assert_eq!(stat(&more), stat(SLEEP));
    }

    #[test]
    fn kernel_threads_and_removed_processes() {
        let kernel = stat(
            b"2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 1 0 0 20 0 1 0 4 0 0 18446744073709551615",
        )
        .unwrap();
        assert!(kernel.is_kernel_thread());
        let removed = stat(b"9 (x) X 0 -1 -1 0 -1 1028 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0").unwrap();
        assert_eq!((removed.pgid, removed.sid), (0, 0));
    }

    #[test]
    fn without_name_or_start_there_is_nothing() {
        for text in [
            "",
            "7",
            "7 (a",
            "7 a) S 1",
            ") 7 (",
            "x (a) S 1",
            "7 (a) S 1 2 3",
        ] {
            assert_eq!(stat(text.as_bytes()), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(text in prop::collection::vec(any::<u8>(), 0..600)) {
            stat(&text);
        }

        #[test]
        fn any_name_comes_back(
            comm in prop::collection::vec(1_u8.., 0..16),
            pid in 1_u32..4_194_304,
            start_ticks in any::<u64>(),
        ) {
            let mut line = format!("{pid} (").into_bytes();
            line.extend_from_slice(&comm);
            line.extend_from_slice(
                format!(") R 1 2 3 0 -1 64 5 0 6 0 7 8 0 0 20 0 9 0 {start_ticks} 10 11\n").as_bytes(),
            );
            let read = stat(&line).unwrap();
            prop_assert_eq!(read.comm, &comm[..]);
            prop_assert_eq!((read.pid, read.start_ticks), (pid, start_ticks));
            prop_assert_eq!((read.user_ticks, read.system_ticks, read.threads), (7, 8, 9));
            prop_assert_eq!((read.vms_bytes, read.rss_pages), (10, 11));
        }
    }
}
