//! Mounts of control groups in `/proc/self/mountinfo` (`proc_pid_mountinfo(5)`).
//!
//! A line is `ID PARENT DEVICE ROOT POINT OPTIONS [TAG..] - TYPE SOURCE OPTIONS`. ROOT is the group
//! that the mount shows at its top, as seen from our cgroup namespace: `/` for all of the hierarchy,
//! a longer path for a bind mount of a part, and `/..` for a mount that reaches above the namespace.

use memchr::memmem;

use super::controller::Version;
use crate::parse::{Fields, lines};

/// One mount of a hierarchy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    pub(super) version: Version,
    /// The group at the top of the mount.
    pub(super) root: Vec<u8>,
    /// Where it is mounted.
    pub(super) point: Vec<u8>,
    /// Options of the superblock: in version 1 the controllers are among them.
    options: Vec<u8>,
}

impl Mount {
    /// Whether it is a version 1 mount that has this controller.
    pub(super) fn has(&self, controller: &str) -> bool {
        self.version == Version::V1
            && self
                .options
                .split(|&b| b == b',')
                .any(|option| option == controller.as_bytes())
    }
}

/// All mounts of control groups, in the order of the file: of several on one place the last is seen.
pub(super) fn cgroup_mounts(text: &[u8]) -> Vec<Mount> {
    // A host of many containers has thousands of other mounts.
    let sought = memmem::Finder::new(b" - cgroup");
    lines(text)
        .filter(|line| sought.find(line).is_some())
        .filter_map(mount)
        .collect()
}

fn mount(line: &[u8]) -> Option<Mount> {
    let mut fields = Fields::new(line);
    fields.skip(3);
    let (root, point) = (fields.text()?, fields.text()?);
    // Optional tags end with a lone hyphen.
    while fields.text()? != b"-" {}
    let version = match fields.text()? {
        b"cgroup" => Version::V1,
        b"cgroup2" => Version::V2,
        _ => return None,
    };
    fields.skip(1);
    Some(Mount {
        version,
        root: unescape(root),
        point: unescape(point),
        options: fields.text().unwrap_or_default().to_vec(),
    })
}

/// Blank, tab, newline and backslash are written as a backslash and three octal digits.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let escaped = (first == b'\\').then(|| octal(after)).flatten();
        plain.push(escaped.unwrap_or(first));
        rest = match escaped {
            Some(_) => after.get(3..).unwrap_or_default(),
            None => after,
        };
    }
    plain
}

fn octal(text: &[u8]) -> Option<u8> {
    let digits = text.first_chunk::<3>()?;
    let mut value: u8 = 0;
    for digit in digits {
        if !matches!(digit, b'0'..=b'7') {
            return None;
        }
        value = value.checked_mul(8)?.checked_add(digit - b'0')?;
    }
    Some(value)
}

#[cfg(test)]
#[expect(clippy::panic, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::{Version, cgroup_mounts, unescape};

    const TEXT: &[u8] = b"\
21 1 8:1 / / rw - ext4 /dev/root rw
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
33 31 0:30 /docker/ab /sys/fs/cgroup/cpu,cpuacct ro,relatime shared:9 master:3 - cgroup cgroup rw,cpu,cpuacct
34 31 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
41 31 0:38 /../x /mnt/a\\040b\\134c rw - cgroup2 cgroup2 rw,nsdelegate
42 31 0:39 / /x rw - cgroup-like none rw
";

    #[test]
    fn versions_roots_and_controllers() {
        let mounts = cgroup_mounts(TEXT);
        let [cpu, systemd, unified] = &mounts[..] else {
            panic!("{mounts:?}");
        };
        assert_eq!(
            (cpu.version, &cpu.root[..]),
            (Version::V1, &b"/docker/ab"[..])
        );
        assert!(cpu.has("cpu") && cpu.has("cpuacct") && !cpu.has("cpuset"));
        assert!(!systemd.has("systemd"));
        assert_eq!(
            (unified.version, &unified.root[..]),
            (Version::V2, &b"/../x"[..])
        );
        assert_eq!(unified.point, b"/mnt/a b\\c");
        assert!(!unified.has("rw"));
    }

    #[test]
    fn what_is_no_escape_stays() {
        for (text, plain) in [
            (&b"a\\011b"[..], &b"a\tb"[..]),
            (b"\\", b"\\"),
            (b"\\04", b"\\04"),
            (b"\\777x", b"\\777x"),
            (b"\\09x", b"\\09x"),
        ] {
            assert_eq!(unescape(text), plain);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(text in prop::collection::vec(any::<u8>(), 0..300)) {
            cgroup_mounts(&text);
        }

        #[test]
        fn damaged_lines_are_survived(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut text = TEXT.to_vec();
            let at = at.index(text.len());
            text[at] = byte;
            // A newline in the middle cannot make more mounts than there were.
            prop_assert!(cgroup_mounts(&text).len() <= 4);
        }

        #[test]
        fn points_come_back(point in "/[ -~]{0,40}") {
            let escaped = point.replace('\\', "\\134").replace(' ', "\\040");
            let line = format!("1 0 0:1 / {escaped} rw - cgroup2 none rw\n");
            let mounts = cgroup_mounts(line.as_bytes());
            prop_assert_eq!(&mounts[0].point, point.as_bytes());
        }
    }
}
