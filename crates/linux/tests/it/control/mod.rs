//! Process control on real processes, which the tests start themselves.

mod pipes;
mod reuse;
mod stop;
mod target;

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use linux::{
    ProcRoot,
    control::{Expected, Target},
};

/// A child that does not outlive its test.
struct Kid(Child);

impl Kid {
    fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Kid {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn root() -> ProcRoot {
    ProcRoot::system().unwrap()
}

fn spawn(program: &str, arguments: &[&str]) -> Kid {
    let mut command = Command::new(program);
    command.args(arguments);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Kid(command.spawn().unwrap())
}

/// A shell script in a session of its own.
fn session(script: &str) -> Kid {
    spawn("setsid", &["sh", "-c", script])
}

fn hold(pid: u32) -> (Target, Expected) {
    Target::hold(&root(), pid).unwrap()
}

/// Pids of processes that live and have `marker` among their arguments.
fn marked(marker: &str) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        let cmdline = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if cmdline
            .split(|byte| *byte == 0)
            .any(|argument| argument == marker.as_bytes())
        {
            found.push(pid);
        }
    }
    found
}

/// Waits until `found` gives something.
fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    for _ in 0..1000 {
        if let Some(value) = found() {
            return value;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("waited five seconds for {what}");
}
