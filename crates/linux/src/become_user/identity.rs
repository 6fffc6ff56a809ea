//! The ids of a user, and how a thread takes them over.

use std::io;

use rustix::fs::{Gid, Uid};
use rustix::{
    process::geteuid,
    thread::{
        CapabilitySet, capabilities, set_thread_groups, set_thread_res_gid, set_thread_res_uid,
    },
};

/// Bytes read of `/etc/passwd` and `/etc/group`.
const LONGEST: usize = 16 << 20;
/// Group of those whom `/etc/passwd` does not know (`nogroup`).
const NO_GROUP: u32 = 65_534;

/// What a user may do, as the kernel sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// User id.
    pub uid: u32,
    /// Primary group.
    pub gid: u32,
    /// Further groups.
    pub groups: Vec<u32>,
}

impl Identity {
    /// From the machine's `/etc/passwd` and `/etc/group`. A user of a directory service,
    /// who is in neither, gets no group: asking the service may block.
    pub fn of(uid: u32) -> Self {
        let read = |path: &str| super::read_regular(path.as_ref(), LONGEST).unwrap_or_default();
        Self::parse(uid, &read("/etc/passwd"), &read("/etc/group"))
    }

    /// From the contents of the two files.
    pub fn parse(uid: u32, passwd: &[u8], group: &[u8]) -> Self {
        // NAME:x:UID:GID:...
        let account = lines(passwd).find_map(|fields| match fields[..] {
            [name, _, id, gid, ..] if number(id) == Some(uid) => Some((name, number(gid)?)),
            _ => None,
        });
        let Some((name, gid)) = account else {
            return Self {
                uid,
                gid: NO_GROUP,
                groups: Vec::new(),
            };
        };
        // NAME:x:GID:MEMBER,MEMBER
        let groups = lines(group).filter_map(|fields| match fields[..] {
            [_, _, id, members] if members.split(|b| *b == b',').any(|m| m == name) => number(id),
            _ => None,
        });
        Self {
            uid,
            gid,
            groups: groups.collect(),
        }
    }

    /// The account of a name, with its home folder, from the machine's `/etc/passwd`; `None` for one that
    /// is not in it.
    pub fn of_name(name: &str) -> Option<(Self, String)> {
        let read = |path: &str| super::read_regular(path.as_ref(), LONGEST).unwrap_or_default();
        let passwd = read("/etc/passwd");
        let (uid, home) = account(name, &passwd)?;
        Some((Self::parse(uid, &passwd, &read("/etc/group")), home))
    }

    /// Gives the calling thread the rights of this user, for good.
    pub(super) fn assume(&self) -> io::Result<()> {
        let (uid, gid) = (Uid::from_raw(self.uid), Gid::from_raw(self.gid));
        let groups: Vec<Gid> = self.groups.iter().copied().map(Gid::from_raw).collect();
        set_thread_groups(&groups)?;
        set_thread_res_gid(None, gid, None)?;
        set_thread_res_uid(None, uid, None)?;
        // Certain secure bits (capabilities(7)) keep root's capabilities through the switch.
        let kept = capabilities(None)?.effective;
        if geteuid() != uid || kept != CapabilitySet::empty() {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                format!("cannot give up root's rights to read as user {}", self.uid),
            ));
        }
        Ok(())
    }
}

fn lines(text: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    text.split(|byte| *byte == b'\n')
        .map(|line| line.split(|byte| *byte == b':').collect())
}

fn number(text: &[u8]) -> Option<u32> {
    str::from_utf8(text).ok()?.parse().ok()
}

/// Id and home folder of a name. NAME:x:UID:GID:COMMENT:HOME:SHELL
fn account(name: &str, passwd: &[u8]) -> Option<(u32, String)> {
    lines(passwd).find_map(|fields| match fields[..] {
        [known, _, id, _, _, home, ..] if known == name.as_bytes() => {
            Some((number(id)?, String::from_utf8_lossy(home).into_owned()))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Identity;

    const PASSWD: &[u8] =
        b"root:x:0:0:root:/root:/bin/sh\nann:x:1000:100:Ann:/home/ann:/bin/sh\nbroken\n";
    const GROUP: &[u8] =
        b"root:x:0:\nusers:x:100:\ndocker:x:120:bob,ann\naudio:x:29:anna\nx:x:y:ann\n";

    #[test]
    fn groups_are_those_that_name_the_user() {
        let ann = Identity::parse(1000, PASSWD, GROUP);
        assert_eq!((ann.gid, ann.groups), (100, vec![120]));
    }

    #[test]
    fn an_unknown_user_has_no_group() {
        let other = Identity::parse(4711, PASSWD, GROUP);
        assert_eq!((other.gid, other.groups), (65_534, vec![]));
    }

    proptest! {
        #[test]
        fn any_files_are_survived(uid in any::<u32>(), passwd in proptest::collection::vec(any::<u8>(), 0..200), group in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(Identity::parse(uid, &passwd, &group).uid, uid);
        }
    }
}
