//! `/proc/PID/mountinfo`: how a `/proc` is mounted.

use super::{Fields, lines};

/// What `hidepid` hides (`Documentation/filesystems/proc.rst`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HidePid {
    /// Nothing.
    Off,
    /// Contents of other users' processes.
    NoAccess,
    /// Other users' processes altogether.
    Invisible,
    /// Everything that we may not trace.
    Ptraceable,
}

/// The `hidepid` of the procfs mounted at `mount_point`; `None` if none is mounted there. Of
/// several mounts on one place the last is the one that is seen.
pub fn hidepid(mountinfo: &[u8], mount_point: &[u8]) -> Option<HidePid> {
    lines(mountinfo)
        .filter_map(|line| {
            let mut fields = Fields::new(line);
            fields.skip(4);
            if fields.text()? != mount_point {
                return None;
            }
            // Optional fields end with a lone hyphen; then type, source, options of the superblock.
            while fields.text()? != b"-" {}
            (fields.text()? == b"proc").then_some(())?;
            fields.skip(1);
            Some(from_options(fields.text().unwrap_or_default()))
        })
        .last()
}

fn from_options(options: &[u8]) -> HidePid {
    let value = options
        .split(|&b| b == b',')
        .find_map(|option| option.strip_prefix(b"hidepid="));
    match value {
        Some(b"1" | b"noaccess") => HidePid::NoAccess,
        Some(b"2" | b"invisible") => HidePid::Invisible,
        Some(b"4" | b"ptraceable") => HidePid::Ptraceable,
        _ => HidePid::Off,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{HidePid, hidepid};

    #[test]
    fn options_of_the_right_mount() {
        let line = |options: &str| {
            format!(
                "21 1 8:1 / / rw - ext4 /dev/root rw\n\
                 25 21 0:22 / /proc rw,nosuid shared:12 - proc proc {options}\n\
                 40 21 0:50 / /mnt/proc rw - proc proc rw,hidepid=2\n"
            )
        };
        for (options, expected) in [
            ("rw", HidePid::Off),
            ("rw,hidepid=0", HidePid::Off),
            ("rw,gid=27,hidepid=1", HidePid::NoAccess),
            ("rw,hidepid=noaccess", HidePid::NoAccess),
            ("rw,hidepid=invisible", HidePid::Invisible),
            ("rw,hidepid=2", HidePid::Invisible),
            ("rw,hidepid=ptraceable", HidePid::Ptraceable),
        ] {
            assert_eq!(
                hidepid(line(options).as_bytes(), b"/proc"),
                Some(expected),
                "{options}"
            );
        }
        assert_eq!(hidepid(line("rw").as_bytes(), b"/elsewhere"), None);
        assert_eq!(hidepid(line("rw").as_bytes(), b"/"), None);
    }

    #[test]
    fn the_last_mount_covers_the_first() {
        let text =
            b"1 0 0:1 / /proc rw - proc proc rw\n2 1 0:2 / /proc rw - proc proc rw,hidepid=2\n";
        assert_eq!(hidepid(text, b"/proc"), Some(HidePid::Invisible));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(text in prop::collection::vec(any::<u8>(), 0..200)) {
            hidepid(&text, b"/proc");
        }
    }
}
