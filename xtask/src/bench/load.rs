//! What is running on the machine while it is measured.

use std::fmt;

/// How many processes, and how many of them belong to MCP servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Load {
    /// Of the whole machine, kernel threads included.
    pub(crate) processes: usize,
    /// Instances of servers under one owner, of [`PROCESSES_OF_A_SERVER`] processes each.
    pub(crate) servers: usize,
    /// Whether each of them is a server of its own, with its own name, or all are one server.
    pub(crate) named: bool,
}

/// A laptop.
pub(crate) const SMALL: Load = Load {
    processes: 600,
    servers: 0,
    named: false,
};

/// A host of many users.
pub(crate) const LARGE: Load = Load {
    processes: 2_000,
    servers: 0,
    named: false,
};

/// A laptop full of servers.
pub(crate) const SERVERS: Load = Load {
    processes: 600,
    servers: 50,
    named: false,
};

/// A laptop full of different servers.
pub(crate) const NAMED_SERVERS: Load = Load {
    named: true,
    ..SERVERS
};

/// In the order in which they are measured.
pub(crate) const LOADS: [Load; 3] = [SMALL, SERVERS, LARGE];

/// A server and its two children.
pub(crate) const PROCESSES_OF_A_SERVER: usize = 3;

impl fmt::Display for Load {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} processes", self.processes)?;
        if self.servers > 0 {
            write!(formatter, ", {} servers among them", self.servers)?;
        }
        Ok(())
    }
}
