//! A server as it is to be kept: what is decided about it, and what is done for it.

use std::sync::Arc;
use std::time::Duration;

use linux::cgroup::Limits;
use linux::spawn::OpenFiles;
use supervise::Spec;
use supervise::adopt::Survival;

/// A server that is to be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// What it runs, and when it is started and stopped.
    pub spec: Arc<Spec>,
    /// It is started when it is first known.
    pub autostart: bool,
    /// What becomes of it when mcpvisor was killed.
    pub survival: Survival,
    /// What its group is limited to.
    pub limits: Limits,
    /// Open files that each of its processes may have.
    pub nofile: Option<OpenFiles>,
    /// After so long it is restarted.
    pub run_time: Option<Duration>,
    /// Its log.
    pub log: LogLimits,
    /// The package that its start fetches, if it is missing: the first start of a package is made alone,
    /// since two that fetch it at once spoil each other's cache.
    pub package: Option<String>,
}

impl Wanted {
    /// With defaults for all but its specification.
    pub fn new(spec: Spec) -> Self {
        Self {
            spec: Arc::new(spec),
            autostart: true,
            survival: Survival::default(),
            limits: Limits::default(),
            nofile: None,
            run_time: None,
            log: LogLimits::default(),
            package: None,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.spec.name
    }
}

/// Bounds of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLimits {
    /// Bytes after which a file is set aside.
    pub max_size: u64,
    /// Files that are kept aside.
    pub files: u32,
}

impl Default for LogLimits {
    fn default() -> Self {
        Self {
            max_size: 10 << 20,
            files: 3,
        }
    }
}
