//! User names from `/etc/passwd`, read once.
//!
//! Names that only a directory service knows stay unknown: asking it may block for seconds, and a
//! table of processes must not.

use std::collections::HashMap;
use std::sync::Arc;

use crate::ProcRoot;
use crate::parse::{Fields, lines};

/// The file is read up to this length.
const LONGEST: usize = 16 << 20;

/// Names by user id.
#[derive(Clone, Debug, Default)]
pub struct Users {
    names: HashMap<u32, Arc<str>, foldhash::fast::RandomState>,
}

impl Users {
    /// Reads the machine's `etc/passwd`; no names if there is none.
    pub fn read(root: &ProcRoot) -> Self {
        let path = root.machine_path("etc/passwd");
        let text = rustix::fs::openat(
            rustix::fs::CWD,
            &path,
            rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::CLOEXEC | rustix::fs::OFlags::NONBLOCK,
            rustix::fs::Mode::empty(),
        )
        .and_then(|file| crate::root::read_up_to(std::os::fd::AsFd::as_fd(&file), LONGEST))
        .unwrap_or_default();
        Self::parse(&text)
    }

    /// Parses `NAME:x:UID:...` lines; the first name of an id counts, as getpwuid(3) has it.
    pub fn parse(text: &[u8]) -> Self {
        let mut names = HashMap::default();
        for line in lines(text) {
            let mut parts = line.split(|&b| b == b':');
            let name = parts.next().unwrap_or_default();
            let uid = parts
                .nth(1)
                .and_then(|uid| Fields::new(uid).unsigned())
                .and_then(|uid| u32::try_from(uid).ok());
            if let Some(uid) = uid
                && !name.is_empty()
            {
                names
                    .entry(uid)
                    .or_insert_with(|| Arc::from(String::from_utf8_lossy(name).as_ref()));
            }
        }
        Self { names }
    }

    /// Name of a user.
    pub fn name(&self, uid: u32) -> Option<&str> {
        self.names.get(&uid).map(AsRef::as_ref)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Users;

    #[test]
    fn first_name_of_an_id_counts() {
        let users = Users::parse(
            b"root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\n\n# note\nbroken:x\n:x:5:5\n\
              ann:x:1000:1000:Ann:/home/ann:/bin/bash",
        );
        assert_eq!(users.name(0), Some("root"));
        assert_eq!(users.name(1000), Some("ann"));
        assert_eq!(users.name(5), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(text in prop::collection::vec(any::<u8>(), 0..200)) {
            Users::parse(&text);
        }
    }
}
