//! `/proc/PID/schedstat`: what the scheduler did with the main thread.

use super::Fields;

/// The three figures of the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Schedstat {
    /// Time on a processor, nanoseconds.
    pub run_ns: u64,
    /// Time ready but waiting for a processor, nanoseconds.
    pub delay_ns: u64,
    /// How often it was put on a processor.
    pub slices: u64,
}

/// Parses the line; `None` if a figure is missing. Kernels without `CONFIG_SCHED_INFO` write zeros
/// or have no such file.
pub fn schedstat(text: &[u8]) -> Option<Schedstat> {
    let mut fields = Fields::new(text);
    Some(Schedstat {
        run_ns: fields.unsigned()?,
        delay_ns: fields.unsigned()?,
        slices: fields.unsigned()?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::schedstat;

    #[test]
    fn half_a_line_is_no_data() {
        assert_eq!(schedstat(b"12 34\n"), None);
        assert_eq!(schedstat(b""), None);
    }

    proptest! {
        #[test]
        fn written_figures_come_back(run in any::<u64>(), delay in any::<u64>(), slices in any::<u64>()) {
            let read = schedstat(format!("{run} {delay} {slices}\n").as_bytes());
            prop_assert_eq!(read.map(|s| (s.run_ns, s.delay_ns, s.slices)), Some((run, delay, slices)));
        }

        #[test]
        fn any_bytes_are_survived(text in prop::collection::vec(any::<u8>(), 0..80)) {
            schedstat(&text);
        }
    }
}
