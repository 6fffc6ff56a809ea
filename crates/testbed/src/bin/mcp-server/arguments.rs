//! The flags: each is one misbehaviour, and they combine.

use std::path::PathBuf;

use clap::Parser;

/// A small MCP server over stdio, with misbehaviours for tests.
#[derive(Debug, Parser)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own that combines with the others"
)]
pub(crate) struct Arguments {
    /// The name that it gives in its answer to `initialize`.
    #[arg(long, default_value = "mcp-server")]
    pub(crate) name: String,

    /// Live on when standard input is closed.
    #[arg(long)]
    pub(crate) ignore_eof: bool,

    /// Ignore SIGTERM and SIGHUP.
    #[arg(long)]
    pub(crate) ignore_term: bool,

    /// Keep that many more bytes of memory each second.
    #[arg(long, value_name = "BYTES_PER_S")]
    pub(crate) leak_rss: Option<usize>,

    /// Open that many more file descriptors each second.
    #[arg(long, value_name = "PER_S")]
    pub(crate) leak_fds: Option<u32>,

    /// Start that many idle threads.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) threads: usize,

    /// Use a whole processor without end, or that many.
    #[arg(
        long,
        value_name = "THREADS",
        num_args = 0..=1,
        require_equals = true,
        default_value_t = 0,
        default_missing_value = "1"
    )]
    pub(crate) spin: usize,

    /// Start that many idle child processes; they outlive the server.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) children: usize,

    /// The children end when the server does.
    #[arg(long)]
    pub(crate) children_end_too: bool,

    /// Start one child process that leads a session of its own.
    #[arg(long)]
    pub(crate) setsid_child: bool,

    /// Start one child process that ends at once, and never wait for it.
    #[arg(long)]
    pub(crate) zombie: bool,

    /// Hold an exclusive lock (flock) on this file.
    #[arg(long, value_name = "PATH")]
    pub(crate) hold_file: Option<PathBuf>,

    /// Listen on this port of the loopback interface; 0 chooses one. The port is told on standard
    /// error as `{"listening":PORT}`.
    #[arg(long, value_name = "PORT")]
    pub(crate) listen: Option<u16>,

    /// End after so many seconds, with exit code 0.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) exit_after: Option<f64>,

    /// End after so many seconds whatever happens; children too.
    #[arg(long, value_name = "SECONDS", default_value_t = 300.0)]
    pub(crate) max_lifetime: f64,

    /// Only live: no conversation, no misbehaviour (what `--children` starts).
    #[arg(long, hide = true)]
    pub(crate) child: bool,

    /// Ask the kernel to be killed with the parent.
    #[arg(long, hide = true)]
    pub(crate) end_with_parent: bool,

    /// Lead a new session.
    #[arg(long, hide = true)]
    pub(crate) setsid: bool,

    /// Signals are ignored already.
    #[arg(long, hide = true)]
    pub(crate) signals_ignored: bool,
}
