//! `/proc/PID/io`: bytes and calls of a whole process.

use model::Io;

use super::{Fields, lines};

/// Parses the file; `None` unless all six figures are there.
pub fn io(text: &[u8]) -> Option<Io> {
    let (mut read_chars, mut write_chars) = (None, None);
    let (mut read_calls, mut write_calls) = (None, None);
    let (mut read_bytes, mut write_bytes) = (None, None);
    for line in lines(text) {
        let Some(colon) = memchr::memchr(b':', line) else {
            continue;
        };
        let place = match &line[..colon] {
            b"rchar" => &mut read_chars,
            b"wchar" => &mut write_chars,
            b"syscr" => &mut read_calls,
            b"syscw" => &mut write_calls,
            b"read_bytes" => &mut read_bytes,
            b"write_bytes" => &mut write_bytes,
            _ => continue,
        };
        *place = Fields::new(&line[colon + 1..]).unsigned();
    }
    Some(Io {
        read_bytes: read_bytes?,
        write_bytes: write_bytes?,
        read_chars: read_chars?,
        write_chars: write_chars?,
        read_calls: read_calls?,
        write_calls: write_calls?,
    })
}

#[cfg(test)]
mod tests {
    use model::Io;
    use proptest::prelude::*;

    use super::io;

    const TEXT: &str = "rchar: 1948\nwchar: 12\nsyscr: 7\nsyscw: 8\nread_bytes: 4096\n\
        write_bytes: 0\ncancelled_write_bytes: 3\n";

    #[test]
    fn all_six_figures() {
        let expected = Io {
            read_bytes: 4096,
            write_bytes: 0,
            read_chars: 1948,
            write_chars: 12,
            read_calls: 7,
            write_calls: 8,
        };
        assert_eq!(io(TEXT.as_bytes()), Some(expected));
    }

    #[test]
    fn half_a_file_is_no_data() {
        assert_eq!(io(b""), None);
        assert_eq!(io(&TEXT.as_bytes()[..40]), None);
        assert_eq!(io(TEXT.replace("4096", "lots").as_bytes()), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(text in prop::collection::vec(any::<u8>(), 0..300)) {
            io(&text);
        }

        #[test]
        fn written_figures_come_back(values in any::<[u64; 6]>()) {
            let [a, b, c, d, e, f] = values;
            let text = format!(
                "rchar: {a}\nwchar: {b}\nsyscr: {c}\nsyscw: {d}\nread_bytes: {e}\nwrite_bytes: {f}\n"
            );
            let read = io(text.as_bytes());
            prop_assert_eq!(
                read.map(|io| [io.read_chars, io.write_chars, io.read_calls, io.write_calls,
                    io.read_bytes, io.write_bytes]),
                Some(values)
            );
        }
    }
}
