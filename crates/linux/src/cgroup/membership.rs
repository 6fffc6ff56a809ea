//! `/proc/self/cgroup`: which group of each hierarchy we are in (cgroups(7)).
//!
//! A line is `HIERARCHY:CONTROLLERS:PATH`, and `0::PATH` for the unified hierarchy. PATH is seen from
//! the root of our cgroup namespace; outside of that it begins with `/..`.

use super::controller::Version;
use crate::parse::lines;

/// Our group in the unified hierarchy.
pub(super) fn unified(text: &[u8]) -> Option<&[u8]> {
    lines(text).find_map(|line| line.strip_prefix(b"0::"))
}

/// Our group in the version 1 hierarchy that has this controller.
pub(super) fn with_controller<'t>(text: &'t [u8], controller: &str) -> Option<&'t [u8]> {
    lines(text).find_map(|line| {
        let (_, rest) = split(line)?;
        let (controllers, path) = split(rest)?;
        controllers
            .split(|&b| b == b',')
            .any(|name| name == controller.as_bytes())
            .then_some(path)
    })
}

/// Where the group `own` is below the top of a mount that shows the group `root` there; `None` if it
/// is not below it. The answer is empty or begins with a slash.
pub(super) fn below<'p>(root: &[u8], own: &'p [u8]) -> Option<&'p [u8]> {
    let rest = own.strip_prefix(root.strip_suffix(b"/").unwrap_or(root))?;
    let inside = rest.is_empty() || rest.starts_with(b"/");
    let climbs = rest.split(|&b| b == b'/').any(|part| part == b"..");
    (inside && !climbs).then_some(if rest == b"/" { b"" } else { rest })
}

/// Our group as the kernel names it, for the hierarchy of this version.
pub(super) fn path<'t>(text: &'t [u8], version: Version, controller: &str) -> Option<&'t [u8]> {
    match version {
        Version::V1 => with_controller(text, controller),
        Version::V2 => unified(text),
    }
}

fn split(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(b':', text)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{below, unified, with_controller};

    const TEXT: &[u8] = b"9:name=systemd:/user.slice\n4:cpu,cpuacct:/a:b/c\n2:memory:/m\n0::/u/v\n";

    #[test]
    fn groups_of_each_hierarchy() {
        assert_eq!(unified(TEXT), Some(&b"/u/v"[..]));
        for (controller, path) in [
            ("cpu", Some(&b"/a:b/c"[..])),
            ("cpuacct", Some(b"/a:b/c")),
            ("memory", Some(b"/m")),
            ("pids", None),
            ("", None),
        ] {
            let found = with_controller(&TEXT[..TEXT.len() - 8], controller);
            assert_eq!(found, path, "{controller}");
        }
    }

    #[test]
    fn mounts_of_parts_and_namespaces() {
        for (root, own, expected) in [
            ("/", "/", Some("")),
            ("/", "/a/b", Some("/a/b")),
            ("/a", "/a/b", Some("/b")),
            ("/a", "/a", Some("")),
            ("/a", "/ab", None),
            ("/a/b", "/a", None),
            // We were left outside of our namespace.
            ("/", "/../x", None),
            // The mount reaches above our namespace.
            ("/..", "/..", Some("")),
            ("/..", "/../x", Some("/x")),
            ("/..", "/", None),
            ("/..", "/../../x", None),
        ] {
            let found = below(root.as_bytes(), own.as_bytes());
            assert_eq!(found, expected.map(str::as_bytes), "{root} {own}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(
            text in prop::collection::vec(any::<u8>(), 0..200),
            root in prop::collection::vec(any::<u8>(), 0..20),
        ) {
            unified(&text);
            with_controller(&text, "memory");
            below(&root, &text);
        }

        #[test]
        fn what_is_below_never_climbs(root in "/[a./]{0,8}", own in "/[a./]{0,12}") {
            if let Some(rest) = below(root.as_bytes(), own.as_bytes()) {
                prop_assert!(!rest.split(|&b| b == b'/').any(|part| part == b".."));
                prop_assert!(rest.is_empty() || rest[0] == b'/');
            }
        }
    }
}
