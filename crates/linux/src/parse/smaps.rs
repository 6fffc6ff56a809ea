//! `/proc/PID/smaps_rollup`: proportional memory.

use model::Memory;

use super::{Fields, lines, status::kibibytes};

/// Parses the file; `None` without a `Pss` line, which is what kernel threads and processes that
/// end at that moment have.
pub fn smaps_rollup(text: &[u8]) -> Option<Memory> {
    let mut pss = None;
    let mut memory = Memory::default();
    for line in lines(text) {
        let Some(colon) = memchr::memchr(b':', line) else {
            continue;
        };
        let figure = || kibibytes(Fields::new(&line[colon + 1..]));
        match &line[..colon] {
            b"Pss" => pss = figure(),
            b"Private_Clean" | b"Private_Dirty" | b"Private_Hugetlb" => {
                memory.private_bytes = memory.private_bytes.saturating_add(figure().unwrap_or(0));
            }
            b"SwapPss" => memory.swap_pss_bytes = figure().unwrap_or(0),
            _ => {}
        }
    }
    memory.pss_bytes = pss?;
    Some(memory)
}

#[cfg(test)]
mod tests {
    use model::Memory;
    use proptest::prelude::*;

    use super::smaps_rollup;

    #[test]
    fn pss_private_and_swap() {
        let text = b"5582a000-7ffd5000 ---p 00000000 00:00 0                          [rollup]\n\
            Rss:                1600 kB\nPss:                 143 kB\nPss_Dirty:            92 kB\n\
            Pss_Anon:             92 kB\nPss_File:             51 kB\nPss_Shmem:             0 kB\n\
            Shared_Clean:       1504 kB\nShared_Dirty:          0 kB\nPrivate_Clean:         4 kB\n\
            Private_Dirty:        92 kB\nSwap:                  8 kB\nSwapPss:               5 kB\n";
        let expected = Memory {
            pss_bytes: 143 * 1024,
            private_bytes: 96 * 1024,
            swap_pss_bytes: 5 * 1024,
        };
        assert_eq!(smaps_rollup(text), Some(expected));
    }

    #[test]
    fn no_pss_is_no_data() {
        assert_eq!(smaps_rollup(b""), None);
        assert_eq!(smaps_rollup(b"Rss: 1 kB\nPss_Dirty: 1 kB\n"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(text in prop::collection::vec(any::<u8>(), 0..300)) {
            smaps_rollup(&text);
        }
    }
}
