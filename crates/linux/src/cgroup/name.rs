//! Names of groups: `mcpvisor-LABEL-PID-TICKS-SERIAL`.
//!
//! PID and TICKS are those of the process that made the group, so that a later run can tell whether
//! its maker still lives. Within one boot and one pid namespace they name one process.

use std::fmt;

use model::ProcessId;

/// What the names of all our groups begin with.
pub const PREFIX: &str = "mcpvisor-";

/// Characters of a label that are kept. A name may have 255 bytes (`NAME_MAX`); the numbers and the
/// prefix need at most 53.
const LONGEST_LABEL: usize = 64;

/// Stands for a label of which nothing is left.
const UNNAMED: &str = "server";

/// A name that tells who made the group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GroupName {
    label: String,
    maker: ProcessId,
    serial: u32,
}

impl GroupName {
    /// A name for the server `label`. Characters other than `A-Z a-z 0-9 _ . -` become `_`, and 64
    /// are kept. `maker` is the process that makes and removes the group.
    pub fn new(label: &str, maker: ProcessId) -> Self {
        let plain = |character: char| if allowed(character) { character } else { '_' };
        let label: String = label.chars().take(LONGEST_LABEL).map(plain).collect();
        Self {
            label: if label.is_empty() {
                UNNAMED.to_owned()
            } else {
                label
            },
            maker,
            serial: 0,
        }
    }

    /// Reads a name back; `None` if mcpvisor did not make it.
    pub fn parse(name: &str) -> Option<Self> {
        // The label may have hyphens, so the numbers are taken from the end.
        let mut parts = name.strip_prefix(PREFIX)?.rsplitn(4, '-');
        let serial = parts.next()?.parse().ok()?;
        let start_ticks = parts.next()?.parse().ok()?;
        let pid = parts.next()?.parse().ok()?;
        let read = Self {
            serial,
            ..Self::new(parts.next()?, ProcessId { pid, start_ticks })
        };
        // Only what we would write ourselves: no sign, no leading zero, no other character.
        (read.to_string() == name).then_some(read)
    }

    /// The server's name as it is in the group's.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The process that made the group.
    pub fn maker(&self) -> ProcessId {
        self.maker
    }

    /// Tells groups of one maker apart that have the same label.
    pub fn serial(&self) -> u32 {
        self.serial
    }

    pub(super) fn next(&self) -> Self {
        Self {
            serial: self.serial.wrapping_add(1),
            ..self.clone()
        }
    }
}

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (label, serial) = (&self.label, self.serial);
        let ProcessId { pid, start_ticks } = self.maker;
        write!(f, "{PREFIX}{label}-{pid}-{start_ticks}-{serial}")
    }
}

fn allowed(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '-')
}

#[cfg(test)]
mod tests {
    use model::ProcessId;
    use proptest::prelude::*;

    use super::GroupName;

    const MAKER: ProcessId = ProcessId {
        pid: 4711,
        start_ticks: 123_456,
    };

    #[test]
    fn labels_are_made_safe() {
        for (label, name) in [
            ("github", "mcpvisor-github-4711-123456-0"),
            ("a/../b c", "mcpvisor-a_.._b_c-4711-123456-0"),
            ("näh\n", "mcpvisor-n_h_-4711-123456-0"),
            ("", "mcpvisor-server-4711-123456-0"),
        ] {
            assert_eq!(GroupName::new(label, MAKER).to_string(), name);
        }
        let long = GroupName::new(&"x".repeat(1000), MAKER).to_string();
        assert!(long.len() < 256, "{}", long.len());
    }

    #[test]
    fn only_our_own_names_are_read() {
        for name in [
            "mcpvisor-x",
            "mcpvisor-x-1-2",
            "mcpvisor--1-2-3",
            "mcpvisor-x-1-2-03",
            "mcpvisor-x-+1-2-3",
            "mcpvisor-x y-1-2-3",
            "mcpvisor-x-99999999999-2-3",
            "user.slice",
        ] {
            assert_eq!(GroupName::parse(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn names_come_back(label in ".{0,80}", pid: u32, start_ticks: u64, steps in 0..3_u32) {
            let mut name = GroupName::new(&label, ProcessId { pid, start_ticks });
            for _ in 0..steps {
                name = name.next();
            }
            prop_assert_eq!(GroupName::parse(&name.to_string()), Some(name));
        }

        #[test]
        fn any_text_is_survived(text in "(mcpvisor-)?.{0,60}") {
            if let Some(name) = GroupName::parse(&text) {
                prop_assert_eq!(name.to_string(), text);
            }
        }
    }
}
