//! A machine in a temporary folder: its `/proc/self`, its mounts, and the files that the kernel would
//! put into a new group.

use std::{
    fs,
    path::{Path, PathBuf},
};

use model::ProcessId;
use rustix::io::Errno;
use tempfile::TempDir;

use crate::{
    ProcRoot,
    cgroup::{
        Enforced, Group, GroupName, Hierarchies, Limits, create::create_in, folders::Folders,
    },
};

pub(super) struct Machine {
    folder: TempDir,
    mountinfo: String,
    membership: String,
    pub(super) kernel: Kernel,
}

impl Machine {
    pub(super) fn new() -> Self {
        let folder = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new());
        Self {
            folder: folder.unwrap(),
            mountinfo: "21 1 8:1 / / rw - ext4 /dev/root rw\n".to_owned(),
            membership: String::new(),
            kernel: Kernel::default(),
        }
    }

    /// A machine with only the unified hierarchy, on which we are in `/app` below a root that has
    /// these controllers; `given` are those that `/app` gives to groups below it.
    pub(super) fn v2(controllers: &str, given: &str) -> Self {
        let mut machine = Self::new();
        machine.mount_v2("/", "/sys/fs/cgroup", "/app");
        machine.own_v2("sys/fs/cgroup/app", controllers, given);
        machine.write("sys/fs/cgroup/app/cgroup.type", "domain\n");
        machine
    }

    /// A machine with version 1 only, controllers mounted as systemd does.
    pub(super) fn v1() -> Self {
        let mut machine = Self::new();
        for controllers in ["memory", "pids", "cpu,cpuacct", "blkio", "freezer"] {
            machine.mount_v1(controllers, "/", "/app");
        }
        machine
    }

    pub(super) fn mount_v1(&mut self, controllers: &str, root: &str, group: &str) {
        let point = format!("/sys/fs/cgroup/{controllers}");
        self.mountinfo.push_str(&format!(
            "33 31 0:30 {root} {point} rw,relatime shared:9 - cgroup cgroup rw,{controllers}\n"
        ));
        self.membership
            .push_str(&format!("4:{controllers}:{group}\n"));
        let below = group
            .strip_prefix(root.trim_end_matches('/'))
            .unwrap_or("/out");
        self.write(&format!("{point}{below}/cgroup.procs")[1..], "1\n");
    }

    /// Without the files of our own group: see [`Self::own_v2`].
    pub(super) fn mount_v2(&mut self, root: &str, point: &str, group: &str) {
        self.mountinfo.push_str(&format!(
            "41 31 0:38 {root} {point} rw - cgroup2 cgroup2 rw,nsdelegate\n"
        ));
        self.membership.push_str(&format!("0::{group}\n"));
    }

    pub(super) fn own_v2(&self, folder: &str, controllers: &str, given: &str) {
        self.write(&format!("{folder}/cgroup.procs"), "1\n");
        self.write(&format!("{folder}/cgroup.controllers"), controllers);
        self.write(&format!("{folder}/cgroup.subtree_control"), given);
    }

    pub(super) fn line(&mut self, mountinfo: &str) {
        self.mountinfo.push_str(mountinfo);
    }

    pub(super) fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    pub(super) fn write(&self, relative: &str, contents: &str) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    pub(super) fn hierarchies(&self) -> Hierarchies {
        self.write("proc/self/mountinfo", &self.mountinfo);
        if !self.membership.is_empty() {
            self.write("proc/self/cgroup", &self.membership);
        }
        let proc = ProcRoot::open(self.path("proc")).unwrap();
        Hierarchies::read(&proc, self.folder.path()).unwrap()
    }

    pub(super) fn create(&mut self, limits: &Limits) -> (Group, Enforced) {
        let hierarchies = self.hierarchies();
        create_in(&mut self.kernel, &hierarchies, &name(), limits)
    }
}

pub(super) fn name() -> GroupName {
    let maker = ProcessId {
        pid: 42,
        start_ticks: 7,
    };
    GroupName::new("github", maker)
}

/// Makes folders as the kernel does: with files in them.
#[derive(Default)]
pub(super) struct Kernel {
    /// Files that this kernel does not have.
    pub(super) lacks: Vec<&'static str>,
    /// Files that nobody may write.
    pub(super) read_only: Vec<&'static str>,
    /// Folders in whose paths this occurs cannot be made.
    pub(super) refuses: Option<(&'static str, Errno)>,
}

const V2: &[(&str, &str)] = &[
    ("cgroup.procs", ""),
    ("cgroup.type", "domain\n"),
    ("cgroup.events", "populated 0\nfrozen 0\n"),
    ("cgroup.kill", ""),
    ("cgroup.freeze", "0\n"),
    ("cpu.stat", "usage_usec 1500\nuser_usec 1000\n"),
];

/// What the folder or the controller is called, and the files that come with it.
const BY_CONTROLLER: &[(&str, &[(&str, &str)])] = &[
    (
        "v2 memory",
        &[
            ("memory.max", "max\n"),
            ("memory.high", "max\n"),
            ("memory.swap.max", "max\n"),
            ("memory.oom.group", "0\n"),
            ("memory.current", "8192\n"),
            ("memory.events", "low 0\nhigh 3\nmax 4\noom 2\noom_kill 1\n"),
        ],
    ),
    (
        "v2 pids",
        &[
            ("pids.max", "max\n"),
            ("pids.current", "3\n"),
            ("pids.events", "max 5\n"),
        ],
    ),
    ("v2 cpu", &[("cpu.max", "max 100000\n")]),
    (
        "v2 io",
        &[
            ("io.weight", "default 100\n"),
            ("io.bfq.weight", "default 100\n"),
        ],
    ),
    (
        "memory",
        &[
            ("memory.limit_in_bytes", "9223372036854771712\n"),
            ("memory.memsw.limit_in_bytes", "9223372036854771712\n"),
            ("memory.soft_limit_in_bytes", "9223372036854771712\n"),
            ("memory.usage_in_bytes", "4096\n"),
            ("memory.failcnt", "9\n"),
            (
                "memory.oom_control",
                "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
            ),
        ],
    ),
    (
        "pids",
        &[
            ("pids.max", "max\n"),
            ("pids.current", "2\n"),
            ("pids.events", "max 6\n"),
        ],
    ),
    (
        "cpu,cpuacct",
        &[
            ("cpu.cfs_quota_us", "-1\n"),
            ("cpu.cfs_period_us", "100000\n"),
            (
                "cpu.stat",
                "nr_periods 8\nnr_throttled 5\nthrottled_time 2000000\n",
            ),
            ("cpuacct.usage", "3000000\n"),
        ],
    ),
    (
        "blkio",
        &[("blkio.bfq.weight", "100\n"), ("blkio.weight", "500\n")],
    ),
    ("freezer", &[("freezer.state", "THAWED\n")]),
];

impl Folders for Kernel {
    fn make(&mut self, folder: &Path) -> Result<(), Errno> {
        let text = folder.to_str().unwrap();
        if let Some((_, error)) = self.refuses.filter(|(part, _)| text.contains(part)) {
            return Err(error);
        }
        fs::create_dir(folder).map_err(|error| Errno::from_io_error(&error).unwrap())?;
        let own = folder.parent().unwrap();
        let given = fs::read_to_string(own.join("cgroup.subtree_control"));
        let put = |files: &[(&str, &str)]| {
            for (name, contents) in files.iter().filter(|(name, _)| !self.lacks.contains(name)) {
                fs::write(folder.join(name), contents).unwrap();
            }
        };
        if let Ok(given) = given {
            put(V2);
            for name in given.split_whitespace() {
                let kind = format!("v2 {}", name.trim_start_matches('+'));
                put(files_of(|known| known == kind));
            }
        } else {
            put(&[("cgroup.procs", ""), ("tasks", "")]);
            put(files_of(|known| text.contains(&format!("/{known}/"))));
        }
        for name in &self.read_only {
            let path = folder.join(name);
            if path.exists() {
                // Root writes to read-only files, but nobody to a folder.
                fs::remove_file(&path).unwrap();
                fs::create_dir(&path).unwrap();
            }
        }
        Ok(())
    }

    fn remove(&mut self, folder: &Path) -> Result<(), Errno> {
        let Ok(entries) = fs::read_dir(folder) else {
            return Err(Errno::NOENT);
        };
        let entries: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        let procs = fs::read(folder.join("cgroup.procs")).unwrap_or_default();
        let group = |path: &PathBuf| path.join("cgroup.procs").exists();
        if !procs.is_empty() || entries.iter().any(group) {
            return Err(Errno::BUSY);
        }
        fs::remove_dir_all(folder).unwrap();
        Ok(())
    }
}

fn files_of(is: impl Fn(&str) -> bool) -> &'static [(&'static str, &'static str)] {
    let found = BY_CONTROLLER.iter().find(|(name, _)| is(name));
    found.map_or(&[], |(_, files)| files)
}
