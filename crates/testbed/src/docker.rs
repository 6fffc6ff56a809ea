//! A real dockerd of a test's own: in a folder for temporary files, without network, with one image made
//! of busybox. It is ended through its `Child`, with its containers.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]

mod client;

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

pub use client::Client;

use crate::real::Skipped;

/// The image that it has: busybox, called like that of an MCP server.
pub const IMAGE: &str = "mcp/demo:1";

/// Far beyond what it takes anywhere.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running dockerd.
#[derive(Debug)]
pub struct Dockerd {
    child: Child,
    folder: tempfile::TempDir,
    is_live_restore: bool,
}

impl Dockerd {
    /// One with [`IMAGE`], or why there can be none. With live-restore containers outlive it.
    pub fn start(is_live_restore: bool) -> Result<Self, Skipped> {
        possible().map_err(Skipped::because)?;
        let folder = tempfile::Builder::new()
            .prefix("mcpvisor-dockerd-")
            .tempdir()
            .unwrap();
        let child = spawn(folder.path(), is_live_restore);
        let dockerd = Self {
            child,
            folder,
            is_live_restore,
        };
        dockerd.wait_until_ready();
        dockerd.import();
        Ok(dockerd)
    }

    /// Its folder, for files of the test too.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its socket, in that folder.
    pub fn socket(&self) -> PathBuf {
        self.folder().join("docker.sock")
    }

    /// A call of the client; what it writes.
    pub fn docker(&self, arguments: &[&str]) -> String {
        let output = self.client().args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "docker {arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// A detached container; its id.
    pub fn run_detached(&self, options: &[&str], command: &[&str]) -> String {
        let arguments = [
            ["run", "-d", "--network", "none"].as_slice(),
            options,
            &[IMAGE],
            command,
        ];
        self.docker(&arguments.concat())
    }

    /// The client of this engine.
    pub fn client(&self) -> Command {
        let mut client = Command::new("docker");
        client.env("DOCKER_HOST", format!("unix://{}", self.socket().display()));
        client.env("HOME", self.folder()).stdin(Stdio::null());
        client
    }

    /// SIGSTOP: it takes connections and does not answer.
    pub fn freeze(&self) {
        kill_process(Pid::from_child(&self.child), Signal::STOP).unwrap();
    }

    /// SIGCONT.
    pub fn thaw(&self) {
        kill_process(Pid::from_child(&self.child), Signal::CONT).unwrap();
    }

    /// SIGKILL, and waits for it.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// After [`Self::kill`].
    pub fn start_again(&mut self) {
        for left in ["dockerd.pid", "exec/containerd/containerd.pid"] {
            fs::remove_file(self.folder().join(left)).ok();
        }
        self.child = spawn(self.folder(), self.is_live_restore);
        self.wait_until_ready();
    }

    fn wait_until_ready(&self) {
        let until = Instant::now() + PATIENCE;
        while !self
            .client()
            .arg("version")
            .output()
            .unwrap()
            .status
            .success()
        {
            if Instant::now() > until {
                let log = fs::read_to_string(self.folder().join("dockerd.log")).unwrap_or_default();
                panic!("dockerd does not answer: {log}");
            }
            sleep(Duration::from_millis(100));
        }
    }

    fn import(&self) {
        let root = self.folder().join("rootfs");
        for folder in ["bin", "tmp", "etc", "proc", "sys", "dev"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::copy("/bin/busybox", root.join("bin/busybox")).unwrap();
        for applet in ["sh", "sleep", "cat", "tail", "false", "true"] {
            symlink("busybox", root.join("bin").join(applet)).unwrap();
        }
        let archive = self.folder().join("image.tar");
        let packed = Command::new("tar")
            .arg("-C")
            .arg(&root)
            .arg("-cf")
            .arg(&archive)
            .arg(".")
            .status();
        assert!(packed.unwrap().success());
        self.docker(&["import", archive.to_str().unwrap(), IMAGE]);
    }
}

impl Drop for Dockerd {
    fn drop(&mut self) {
        self.thaw_quietly();
        let ids = self.client().args(["ps", "-aq"]).output();
        let ids = ids.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        for id in ids.unwrap_or_default().split_whitespace() {
            self.client().args(["rm", "-f", id]).output().ok();
        }
        kill_process(Pid::from_child(&self.child), Signal::TERM).ok();
        let until = Instant::now() + PATIENCE;
        while !matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
            if Instant::now() > until {
                self.child.kill().ok();
            }
            sleep(Duration::from_millis(50));
        }
        // With live-restore it leaves what it mounted.
        for place in self.mounts() {
            Command::new("umount").arg(place).output().ok();
        }
    }
}

impl Dockerd {
    /// What is mounted below its folder, the innermost first.
    fn mounts(&self) -> Vec<String> {
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
        let folder = format!("{}/", self.folder().display());
        let places = mounts.lines().filter_map(|line| line.split(' ').nth(1));
        let mut below: Vec<String> = places
            .filter(|place| place.starts_with(&folder))
            .map(str::to_owned)
            .collect();
        below.reverse();
        below
    }

    fn thaw_quietly(&self) {
        kill_process(Pid::from_child(&self.child), Signal::CONT).ok();
    }
}

/// Another engine of this machine has containers: what acts on all of them is no test then.
pub fn others_have_containers() -> bool {
    let sockets = ["/var/run/docker.sock", "/run/podman/podman.sock"];
    let mut others = sockets.iter().filter(|socket| Path::new(socket).exists());
    others.any(|socket| {
        let mut client = Command::new("docker");
        client.args(["-H", &format!("unix://{socket}"), "ps", "-aq"]);
        // One that does not answer lets nobody act on anything.
        let listed = client.stdin(Stdio::null()).output();
        listed.is_ok_and(|output| output.status.success() && !output.stdout.is_empty())
    })
}

/// Where programs are; Debian has engines in folders that only root looks into.
fn path() -> OsString {
    let mut path = std::env::var_os("PATH").unwrap_or_default();
    path.push(":/usr/sbin:/sbin");
    path
}

fn possible() -> Result<(), String> {
    if let Ok(reason) = std::env::var("MCPVISOR_TESTBED_SKIP_DOCKER") {
        return Err(reason);
    }
    for program in ["dockerd", "docker", "containerd", "runc", "tar"] {
        let found = std::env::split_paths(&path()).any(|folder| folder.join(program).is_file());
        if !found {
            return Err(format!("no {program}"));
        }
    }
    if !rustix::process::geteuid().is_root() {
        return Err("dockerd needs root".to_owned());
    }
    let busybox = fs::read("/bin/busybox").map_err(|error| format!("no busybox: {error}"))?;
    // A program with an interpreter needs libraries that the image does not have.
    if has_interpreter(&busybox) {
        Err("no static busybox".to_owned())
    } else {
        Ok(())
    }
}

/// A program header of type `PT_INTERP` in a 64-bit little-endian file (elf(5)).
fn has_interpreter(file: &[u8]) -> bool {
    let number = |at: usize, bytes: usize| {
        let field = file.get(at..at + bytes).unwrap_or_default();
        field
            .iter()
            .rev()
            .fold(0usize, |sum, byte| sum << 8 | usize::from(*byte))
    };
    let (start, size, count) = (number(32, 8), number(54, 2), number(56, 2));
    (0..count).any(|header| number(start + header * size, 4) == 3)
}

fn spawn(folder: &Path, is_live_restore: bool) -> Child {
    let log = fs::File::options()
        .create(true)
        .append(true)
        .open(folder.join("dockerd.log"))
        .unwrap();
    let mut dockerd = Command::new("dockerd");
    dockerd
        .env("PATH", path())
        .arg("--data-root")
        .arg(folder.join("data"))
        .arg("--exec-root")
        .arg(folder.join("exec"))
        .arg("--pidfile")
        .arg(folder.join("dockerd.pid"))
        .arg("-H")
        .arg(format!("unix://{}", folder.join("docker.sock").display()))
        .args(["--iptables=false", "--ip6tables=false", "--bridge=none"])
        .args(["--exec-opt", "native.cgroupdriver=cgroupfs"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    if is_live_restore {
        dockerd.arg("--live-restore");
    }
    dockerd.spawn().unwrap()
}
