//! What a whole `/proc` keeps from us: hidden processes, other PID namespaces.

use crate::ProcRoot;
use crate::parse::link;
use crate::parse::mounts::{HidePid, hidepid};
use model::Unavailable;

/// Inode of the machine's first PID namespace (`PROC_PID_INIT_INO`, `include/linux/proc_ns.h`).
const FIRST_PID_NAMESPACE: u64 = 0xEFFF_FFFC;

/// What was found out at the start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visibility {
    hidepid: HidePid,
    inner_namespace: bool,
    root: bool,
    /// Our own network namespace.
    pub(crate) net_namespace: Option<u64>,
}

impl Visibility {
    pub(crate) fn find(root: &ProcRoot) -> Self {
        let mounts = root.read("self/mountinfo", 4 << 20).unwrap_or_default();
        let path = root.path().as_os_str().as_encoded_bytes();
        let namespace = |name: &str| {
            let mut buffer = [0; 64];
            super::facts::readlink(root.folder(), name.as_bytes(), &mut buffer)
                .ok()
                .and_then(link::namespace)
        };
        Self {
            hidepid: hidepid(&mounts, path).unwrap_or(HidePid::Off),
            inner_namespace: namespace("self/ns/pid").is_some_and(|own| own != FIRST_PID_NAMESPACE),
            root: rustix::process::geteuid().is_root(),
            net_namespace: namespace("self/ns/net"),
        }
    }

    /// Says what cannot be seen; `hidden_parents` processes have a parent that is not shown.
    pub(crate) fn tell(&self, hidden_parents: usize, found: &mut Vec<Unavailable>) {
        let hides = match self.hidepid {
            HidePid::Off => None,
            HidePid::NoAccess => Some(("details of other users' processes", "hidepid=noaccess")),
            HidePid::Invisible => Some(("processes of other users", "hidepid=invisible")),
            HidePid::Ptraceable => Some(("processes that we may not trace", "hidepid=ptraceable")),
        };
        if let Some((what, option)) = hides
            && (!self.root || hidden_parents > 0)
        {
            found.push(Unavailable {
                what: what.into(),
                why: format!("`/proc` is mounted with `{option}`"),
                remedy:
                    "run as root, or as a member of the group that the mount option `gid=` names"
                        .into(),
            });
        } else if hidden_parents > 0 {
            found.push(Unavailable {
                what: "some processes".into(),
                why: format!("{hidden_parents} processes have a parent that `/proc` does not show"),
                remedy: "run as root on the machine itself".into(),
            });
        }
        if self.inner_namespace {
            found.push(Unavailable {
                what: "processes outside of this PID namespace".into(),
                why: "it is not the machine's first one: this runs in a container or a sandbox"
                    .into(),
                remedy: "run on the machine itself, or with its PID namespace (`--pid=host`)"
                    .into(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{HidePid, Visibility};

    #[test]
    fn each_limit_is_said_once() {
        for (hidepid, inner_namespace, root, hidden, expected) in [
            (HidePid::Off, false, false, 0, &[][..]),
            (HidePid::Off, false, false, 3, &["some processes"]),
            (
                HidePid::Invisible,
                false,
                false,
                3,
                &["processes of other users"],
            ),
            (HidePid::Invisible, false, true, 0, &[]),
            (
                HidePid::NoAccess,
                true,
                false,
                0,
                &[
                    "details of other users' processes",
                    "processes outside of this PID namespace",
                ],
            ),
        ] {
            let visibility = Visibility {
                hidepid,
                inner_namespace,
                root,
                net_namespace: None,
            };
            let mut found = Vec::new();
            visibility.tell(hidden, &mut found);
            let what: Vec<&str> = found.iter().map(|u| u.what.as_str()).collect();
            assert_eq!(what, expected, "{visibility:?}");
        }
    }
}
