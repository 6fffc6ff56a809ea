//! `/proc/PID/cgroup`: the group that names a process best, and the container in it.
//!
//! A line is `HIERARCHY:CONTROLLERS:PATH`. Version 2 has one line, `0::PATH`; a hybrid machine has
//! both kinds, and there the version 2 path is often just `/`.

use super::lines;

/// Path in the cgroup hierarchy: version 2 where the process is in a group of it, else the
/// version 1 path of `name=systemd`, of `pids`, of `memory`; `/` where all of them are the root.
pub fn path(text: &[u8]) -> Option<&[u8]> {
    let mut best: Option<(u8, &[u8])> = None;
    for (controllers, path) in lines(text).filter_map(split) {
        let rank = if path == b"/" {
            4
        } else if controllers.is_empty() {
            0
        } else if controllers == b"name=systemd" {
            1
        } else if names(controllers, b"pids") {
            2
        } else if names(controllers, b"memory") {
            3
        } else {
            continue;
        };
        if best.is_none_or(|(so_far, _)| rank < so_far) {
            best = Some((rank, path));
        }
    }
    best.map(|(_, path)| path)
}

/// Id of the innermost container that a path of any line names.
pub fn container_id(text: &[u8]) -> Option<&[u8]> {
    lines(text)
        .filter_map(split)
        .find_map(|(_, path)| id_in_path(path))
}

/// Hierarchy number is not needed: its controllers say the same.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let first = memchr::memchr(b':', line)?;
    let rest = &line[first + 1..];
    let second = memchr::memchr(b':', rest)?;
    Some((&rest[..second], &rest[second + 1..]))
}

fn names(controllers: &[u8], wanted: &[u8]) -> bool {
    controllers.split(|&b| b == b',').any(|name| name == wanted)
}

/// Searches from the innermost group outwards. The parent's name is what tells twelve digits that
/// stand alone from any other short group.
fn id_in_path(path: &[u8]) -> Option<&[u8]> {
    let mut rest = path;
    while !rest.is_empty() {
        let slash = memchr::memrchr(b'/', rest);
        let (parent, component) = match slash {
            Some(at) => (&rest[..at], &rest[at + 1..]),
            None => (&rest[..0], rest),
        };
        if let Some(id) = id_in_component(component, last_component(parent)) {
            return Some(id);
        }
        rest = parent;
    }
    None
}

fn last_component(path: &[u8]) -> &[u8] {
    match memchr::memrchr(b'/', path) {
        Some(at) => &path[at + 1..],
        None => path,
    }
}

/// `ID`, `docker-ID.scope`, `libpod-ID.scope`, `cri-containerd-ID.scope`, `crio-ID`,
/// `kubelet-...slice:cri-containerd:ID`, and the like.
fn id_in_component<'a>(component: &'a [u8], parent: &[u8]) -> Option<&'a [u8]> {
    let name = component.strip_suffix(b".scope").unwrap_or(component);
    let start = name
        .iter()
        .rposition(|b| matches!(b, b'-' | b':'))
        .map_or(0, |at| at + 1);
    let (engine, id) = (&name[..start.saturating_sub(1)], &name[start..]);
    // The monitor of a container is outside of it.
    if engine.ends_with(b"-conmon") || !id.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let known = |name: &[u8]| {
        [
            &b"docker"[..],
            b"libpod",
            b"libpod_parent",
            b"containerd",
            b"cri-containerd",
            b"crio",
            b"nerdctl",
        ]
        .contains(&name)
    };
    match id.len() {
        64 => Some(id),
        12 if known(engine) || (start == 0 && known(parent)) => Some(id),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{container_id, path};

    const ID: &str = "5d1c0f8e3a7b49260f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978";

    /// What it is, lines with `ID` for a container's id, the path to choose, whether the id is found.
    const CASES: &[(&str, &str, &str, bool)] = &[
        (
            "v2, session",
            "0::/user.slice/user-1000.slice/session-3.scope\n",
            "/user.slice/user-1000.slice/session-3.scope",
            false,
        ),
        (
            "v2, desktop application",
            "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-code-12.scope\n",
            "/user.slice/user-1000.slice/user@1000.service/app.slice/app-code-12.scope",
            false,
        ),
        ("v2, root", "0::/\n", "/", false),
        (
            "v2, docker by systemd",
            "0::/system.slice/docker-ID.scope\n",
            "/system.slice/docker-ID.scope",
            true,
        ),
        (
            "v2, docker by cgroupfs",
            "0::/docker/ID\n",
            "/docker/ID",
            true,
        ),
        (
            "v2, service inside of a container",
            "0::/docker/ID/system.slice/ssh.service\n",
            "/docker/ID/system.slice/ssh.service",
            true,
        ),
        (
            "v2, rootless podman",
            "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-ID.scope/container\n",
            "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-ID.scope/container",
            true,
        ),
        (
            "v2, podman's monitor",
            "0::/machine.slice/libpod-conmon-ID.scope\n",
            "/machine.slice/libpod-conmon-ID.scope",
            false,
        ),
        (
            "v2, kubernetes",
            "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1f.slice/cri-containerd-ID.scope\n",
            "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1f.slice/cri-containerd-ID.scope",
            true,
        ),
        (
            "v2, kubernetes with crio",
            "0::/kubepods.slice/kubepods-pod1f.slice/crio-ID.scope\n",
            "/kubepods.slice/kubepods-pod1f.slice/crio-ID.scope",
            true,
        ),
        (
            "v2, containerd behind a slice",
            "0::/system.slice/containerd.service/kubepods-besteffort-pod1f.slice:cri-containerd:ID\n",
            "/system.slice/containerd.service/kubepods-besteffort-pod1f.slice:cri-containerd:ID",
            true,
        ),
        (
            "v2, containerd namespace",
            "0::/default/ID\n",
            "/default/ID",
            true,
        ),
        (
            "v1, docker",
            "12:pids:/docker/ID\n5:cpu,cpuacct:/docker/ID\n1:name=systemd:/docker/ID\n",
            "/docker/ID",
            true,
        ),
        (
            "v1, kubernetes",
            "11:memory:/kubepods/burstable/pod1f/ID\n3:cpuset:/kubepods/burstable/pod1f/ID\n",
            "/kubepods/burstable/pod1f/ID",
            true,
        ),
        (
            "v1, service",
            "9:pids:/system.slice/x.service\n4:memory:/system.slice/x.service\n1:name=systemd:/system.slice/y.service\n",
            "/system.slice/y.service",
            false,
        ),
        (
            "hybrid, v2 is the root",
            "9:name=systemd:/\n8:pids:/\n4:memory:/jobs/bc7b9db9aefd28e32893af72e0236dc4\n0::/\n",
            "/jobs/bc7b9db9aefd28e32893af72e0236dc4",
            false,
        ),
        (
            "hybrid, systemd names it",
            "8:pids:/user.slice\n1:name=systemd:/user.slice/session-1.scope\n0::/user.slice/session-1.scope\n",
            "/user.slice/session-1.scope",
            false,
        ),
        (
            "hybrid, joined controllers",
            "8:cpu,pids:/a\n4:memory:/b\n0::/\n",
            "/a",
            false,
        ),
    ];

    #[test]
    fn hierarchies_and_engines() {
        for &(name, text, group, contained) in CASES {
            let (text, group) = (text.replace("ID", ID), group.replace("ID", ID));
            let id = contained.then_some(ID.as_bytes());
            assert_eq!(path(text.as_bytes()), Some(group.as_bytes()), "{name}");
            assert_eq!(container_id(text.as_bytes()), id, "{name}");
        }
    }

    #[test]
    fn short_ids_need_an_engine() {
        for (text, expected) in [
            ("0::/docker/5d1c0f8e3a7b\n", Some("5d1c0f8e3a7b")),
            (
                "0::/system.slice/docker-5d1c0f8e3a7b.scope\n",
                Some("5d1c0f8e3a7b"),
            ),
            ("0::/jobs/5d1c0f8e3a7b\n", None),
            ("0::/docker/5D1C0F8E3A7B\n", None),
        ] {
            assert_eq!(
                container_id(text.as_bytes()),
                expected.map(str::as_bytes),
                "{text}"
            );
        }
    }

    #[test]
    fn the_innermost_container_counts() {
        let inner = ID.replace('5', "6");
        let text = format!("0::/docker/{ID}/docker/{inner}\n");
        assert_eq!(container_id(text.as_bytes()), Some(inner.as_bytes()));
    }

    #[test]
    fn no_line_is_no_group() {
        assert_eq!(path(b""), None);
        assert_eq!(path(b"nonsense\n"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(text in prop::collection::vec(any::<u8>(), 0..200)) {
            path(&text);
            container_id(&text);
        }

        #[test]
        fn a_path_comes_back(group in "/[a-z:@.]{1,40}") {
            let text = format!("0::{group}\n");
            prop_assert_eq!(path(text.as_bytes()), Some(group.as_bytes()));
        }
    }
}
