//! Targets of links in `/proc/PID/fd`, `/proc/PID/ns`, and of `exe` and `cwd`.

use model::{Access, FileTarget};

use super::number;

const DELETED: &[u8] = b" (deleted)";

/// What the target of a descriptor's link names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// `pipe:[INODE]`.
    Pipe(u64),
    /// `socket:[INODE]`.
    Socket(u64),
    /// A terminal's device.
    Tty(&'a [u8]),
    /// Any other path.
    File(&'a [u8]),
    /// `anon_inode:[NAME]`, or another kind without a path such as `net:[INODE]`.
    Anonymous(&'a [u8]),
}

/// Splits a target, and says whether what it names has been deleted.
pub fn target(text: &[u8]) -> (Target<'_>, bool) {
    let (path, deleted) = deleted(text);
    if path.first() == Some(&b'/') || path.starts_with(b"(unreachable)") {
        let kind = if is_tty(path) {
            Target::Tty(path)
        } else {
            Target::File(path)
        };
        return (kind, deleted);
    }
    if let Some(name) = text.strip_prefix(b"anon_inode:") {
        return (Target::Anonymous(bracketed(name).unwrap_or(name)), false);
    }
    let kind = match bracketed_number(text) {
        Some((b"pipe", inode)) => Target::Pipe(inode),
        Some((b"socket", inode)) => Target::Socket(inode),
        Some((name, _)) => Target::Anonymous(name),
        None => Target::Anonymous(text),
    };
    (kind, false)
}

impl Target<'_> {
    /// As the model's type; text that is not UTF-8 is replaced.
    pub fn to_model(self, deleted: bool) -> FileTarget {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match self {
            Self::Pipe(inode) => FileTarget::Pipe(inode),
            Self::Socket(inode) => FileTarget::Socket(inode),
            Self::Tty(path) => FileTarget::Tty {
                path: text(path),
                gone: deleted,
            },
            Self::File(path) => FileTarget::File {
                path: text(path),
                deleted,
            },
            Self::Anonymous(name) => FileTarget::Anonymous(text(name)),
        }
    }
}

/// A path without the kernel's mark for deleted files, and whether it had one. A file that is
/// really named so is taken for deleted: the link alone cannot tell.
pub fn deleted(path: &[u8]) -> (&[u8], bool) {
    match path.strip_suffix(DELETED) {
        Some(path) => (path, true),
        None => (path, false),
    }
}

/// Inode of a namespace link such as `net:[4026531840]`.
pub fn namespace(text: &[u8]) -> Option<u64> {
    bracketed_number(text).map(|(_, inode)| inode)
}

/// Direction from the permission bits of the link itself (proc(5), `/proc/PID/fd`). A descriptor
/// opened with `O_PATH` has neither bit and counts as reading.
pub fn access(mode: u32) -> Access {
    match (mode & 0o400 != 0, mode & 0o200 != 0) {
        (true, true) => Access::Both,
        (false, true) => Access::Write,
        (_, false) => Access::Read,
    }
}

fn is_tty(path: &[u8]) -> bool {
    path.starts_with(b"/dev/pts/")
        || path.starts_with(b"/dev/tty")
        || path == b"/dev/console"
        || path == b"/dev/ptmx"
}

fn bracketed(text: &[u8]) -> Option<&[u8]> {
    text.strip_prefix(b"[")?.strip_suffix(b"]")
}

fn bracketed_number(text: &[u8]) -> Option<(&[u8], u64)> {
    let colon = memchr::memchr(b':', text)?;
    Some((&text[..colon], number(bracketed(&text[colon + 1..])?)?))
}

#[cfg(test)]
mod tests {
    use model::{Access, FileTarget};
    use proptest::prelude::*;

    use super::{access, namespace, target};

    #[test]
    fn every_kind() {
        let file = |path: &str, deleted| FileTarget::File {
            path: path.into(),
            deleted,
        };
        let tty = |path: &str, gone| FileTarget::Tty {
            path: path.into(),
            gone,
        };
        let anonymous = |name: &str| FileTarget::Anonymous(name.into());
        for (text, expected) in [
            ("pipe:[123]", FileTarget::Pipe(123)),
            ("socket:[9]", FileTarget::Socket(9)),
            ("anon_inode:[eventpoll]", anonymous("eventpoll")),
            ("anon_inode:inotify", anonymous("inotify")),
            ("pidfd:[77]", anonymous("pidfd")),
            ("net:[4026531840]", anonymous("net")),
            ("pipe:[x]", anonymous("pipe:[x]")),
            ("", anonymous("")),
            ("/dev/null", file("/dev/null", false)),
            ("/dev/pts/3", tty("/dev/pts/3", false)),
            ("/dev/pts/3 (deleted)", tty("/dev/pts/3", true)),
            ("/dev/ttyS0", tty("/dev/ttyS0", false)),
            ("/tmp/a b (deleted)", file("/tmp/a b", true)),
            ("/memfd:x (deleted)", file("/memfd:x", true)),
            ("(unreachable)/x", file("(unreachable)/x", false)),
        ] {
            let (kind, deleted) = target(text.as_bytes());
            assert_eq!(kind.to_model(deleted), expected, "{text}");
        }
    }

    #[test]
    fn direction_is_in_the_mode() {
        for (mode, expected) in [
            (0o120_500, Access::Read),
            (0o120_300, Access::Write),
            (0o120_700, Access::Both),
            (0o120_000, Access::Read),
        ] {
            assert_eq!(access(mode), expected, "{mode:o}");
        }
    }

    #[test]
    fn namespaces() {
        assert_eq!(namespace(b"net:[4026531840]"), Some(4_026_531_840));
        assert_eq!(namespace(b"net:4026531840"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(text in prop::collection::vec(any::<u8>(), 0..80)) {
            let (kind, deleted) = target(&text);
            kind.to_model(deleted);
            namespace(&text);
        }
    }
}
