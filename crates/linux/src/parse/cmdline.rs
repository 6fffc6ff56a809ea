//! `/proc/PID/cmdline`: arguments, each ended by NUL.

/// The arguments as bytes. A process may have overwritten them with a title, which then has no NUL
/// or is padded with them: NULs at the very end do not count, so empty last arguments are lost.
pub fn arguments(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let end = text.iter().rposition(|&b| b != 0);
    let kept = end.map(|end| text[..=end].split(|&b| b == 0));
    kept.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::arguments;

    #[test]
    fn arguments_and_titles() {
        for (text, expected) in [
            (&b""[..], &[][..]),
            (b"\0\0", &[]),
            (b"sh\0-c\0a b\0", &[&b"sh"[..], b"-c", b"a b"]),
            (b"a\0\0b\0", &[&b"a"[..], b"", b"b"]),
            (b"npm exec x\0\0\0\0", &[&b"npm exec x"[..]]),
            (b"cut", &[&b"cut"[..]]),
        ] {
            assert_eq!(arguments(text).collect::<Vec<_>>(), expected);
        }
    }

    proptest! {
        #[test]
        fn written_arguments_come_back(
            written in prop::collection::vec(prop::collection::vec(1_u8.., 1..9), 0..9)
        ) {
            let text: Vec<u8> = written.iter().flat_map(|a| a.iter().copied().chain([0])).collect();
            prop_assert_eq!(arguments(&text).collect::<Vec<_>>(), written);
        }
    }
}
