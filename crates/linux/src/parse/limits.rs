//! `/proc/PID/limits`: the soft limit of open files.

use super::{Fields, lines, number};

/// Soft limit of open files; `None` if it is unlimited or not there.
pub fn open_files(text: &[u8]) -> Option<u64> {
    let line = lines(text).find_map(|line| line.strip_prefix(b"Max open files"))?;
    number(Fields::new(line).text()?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::open_files;

    #[test]
    fn the_soft_limit_is_the_first() {
        let head =
            "Limit                     Soft Limit           Hard Limit           Units     \n";
        for (line, expected) in [
            (
                "Max open files            1024                 524288               files     \n",
                Some(1024),
            ),
            (
                "Max open files            unlimited            unlimited            files     \n",
                None,
            ),
            (
                "Max processes             96000                96000                processes \n",
                None,
            ),
        ] {
            assert_eq!(
                open_files(format!("{head}{line}").as_bytes()),
                expected,
                "{line}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(text in prop::collection::vec(any::<u8>(), 0..300)) {
            open_files(&text);
        }
    }
}
