//! What is running on the machine while it is measured.

use std::fmt;

/// How many processes, and how many of them belong to MCP servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Load {
    /// Of the whole machine, kernel threads included.
    pub(crate) processes: usize,
    /// Instances of one server under one owner, of [`PROCESSES_OF_A_SERVER`] processes each.
    pub(crate) servers: usize,
}

/// A laptop.
pub(crate) const SMALL: Load = Load {
    processes: 600,
    servers: 0,
};

/// A host of many users.
pub(crate) const LARGE: Load = Load {
    processes: 2_000,
    servers: 0,
};

/// A laptop full of servers.
pub(crate) const SERVERS: Load = Load {
    processes: 600,
    servers: 50,
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
