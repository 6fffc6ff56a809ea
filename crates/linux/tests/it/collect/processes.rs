//! Programs that a test starts, ended when it does.

use std::ffi::OsStr;
use std::io::Write;
use std::process::{Child, Command, Stdio};

/// A program with our pipe as its standard input: `cat` and the like end when it closes.
pub(super) struct Started(pub(super) Child);

impl Started {
    pub(super) fn new(program: impl AsRef<OsStr>, arguments: &[&str]) -> Self {
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    pub(super) fn pid(&self) -> u32 {
        self.0.id()
    }

    pub(super) fn tell(&mut self, text: &str) {
        self.0
            .stdin
            .as_mut()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
    }

    /// Waits until the kernel says that it sleeps: it has executed its program and started up.
    pub(super) fn settled(self) -> Self {
        let pid = self.pid();
        until("the program sleeps", || {
            let comm = std::fs::read(format!("/proc/{pid}/comm")).unwrap_or_default();
            let own = std::fs::read("/proc/self/comm").unwrap_or_default();
            let stat = std::fs::read(format!("/proc/{pid}/stat")).unwrap_or_default();
            let state = linux::parse::stat::stat(&stat).map(|s| s.state);
            comm != own && state == Some(b'S')
        });
        self
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // It has ended by itself, or is ended and waited for here.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Waits, at most ten seconds, until it is so.
pub(super) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let limit = linux::clock::boot_ns() + 10_000_000_000;
    while !is_so() {
        assert!(
            linux::clock::boot_ns() < limit,
            "waited in vain until {what}"
        );
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}
