//! A `/proc` made of literal files.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use linux::ProcRoot;
use tempfile::TempDir;

/// A folder with `proc` and `etc` in it.
pub(super) struct Tree {
    folder: TempDir,
}

impl Tree {
    pub(super) fn new() -> Self {
        // In memory where there is such a place: these tests write thousands of tiny files.
        let folder = TempDir::new_in("/dev/shm")
            .or_else(|_| TempDir::new())
            .unwrap();
        fs::create_dir_all(folder.path().join("proc")).unwrap();
        fs::create_dir_all(folder.path().join("etc")).unwrap();
        Self { folder }
    }

    pub(super) fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    pub(super) fn root(&self) -> ProcRoot {
        ProcRoot::open(self.path("proc")).unwrap()
    }

    pub(super) fn write(&self, relative: &str, contents: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    pub(super) fn link(&self, relative: &str, target: impl AsRef<Path>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        drop(fs::remove_file(&path));
        symlink(target, path).unwrap();
    }

    pub(super) fn remove(&self, pid: u32) {
        fs::remove_dir_all(self.path(&format!("proc/{pid}"))).unwrap();
    }

    pub(super) fn process(&self, pid: u32) -> Process<'_> {
        Process {
            tree: self,
            pid,
            comm: b"server".to_vec(),
            state: 'S',
            ppid: 1,
            flags: 0x0040_0000,
            start_ticks: 1000,
            user_ticks: 5,
            rss_pages: 100,
            threads: 1,
            arg_start: 0x7000,
            uid: 1000,
        }
    }
}

/// Writes the files of one process.
pub(super) struct Process<'a> {
    tree: &'a Tree,
    pub(super) pid: u32,
    pub(super) comm: Vec<u8>,
    pub(super) state: char,
    pub(super) ppid: u32,
    pub(super) flags: u32,
    pub(super) start_ticks: u64,
    pub(super) user_ticks: u64,
    pub(super) rss_pages: u64,
    pub(super) threads: u32,
    pub(super) arg_start: u64,
    pub(super) uid: u32,
}

impl Process<'_> {
    /// Only `stat`.
    pub(super) fn stat(&self) {
        let mut line = format!("{} (", self.pid).into_bytes();
        line.extend_from_slice(&self.comm);
        line.extend_from_slice(
            format!(
                ") {} {} 7 7 0 -1 {} 11 0 2 0 {} 3 0 0 20 0 {} 0 {} 4096000 {} 18446744073709551615 \
                 0 0 28672 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 {} 0 0 0 0\n",
                self.state, self.ppid, self.flags, self.user_ticks, self.threads, self.start_ticks,
                self.rss_pages, self.arg_start,
            )
            .as_bytes(),
        );
        self.file("stat", line);
    }

    /// All the files that a server has.
    pub(super) fn write(&self) {
        self.stat();
        self.file(
            "status",
            format!(
                "Name:\tx\nState:\t{} (x)\nUid:\t7\t{}\t7\t7\nRssFile:\t 40 kB\nRssShmem:\t 4 kB\n\
                 VmSwap:\t 8 kB\nvoluntary_ctxt_switches:\t21\nnonvoluntary_ctxt_switches:\t3\n",
                self.state, self.uid
            ),
        );
        self.file("schedstat", "1000 200 30\n");
        self.file(
            "io",
            "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\n",
        );
        self.file("oom_score", "666\n");
        self.file("cgroup", "0::/user.slice/session-2.scope\n");
        self.file("cmdline", b"node\0server.js\0");
        self.file(
            "limits",
            "Limit  Soft  Hard  Units\nMax open files            1024   4096   files\n",
        );
        self.file(
            "smaps_rollup",
            "Rss: 400 kB\nPss: 120 kB\nPrivate_Dirty: 90 kB\nSwapPss: 8 kB\n",
        );
        self.link("exe", "/usr/bin/node (deleted)");
        self.link("cwd", "/home/ann/work");
        self.link("ns/net", "net:[4026531840]");
        self.link("ns/pid", "pid:[4026531836]");
        self.link("fd/0", "pipe:[501]");
        self.link("fd/1", "pipe:[502]");
        self.link("fd/2", "/dev/pts/3");
        self.link("fd/10", "socket:[600]");
        self.link("fd/11", "anon_inode:[eventpoll]");
        self.link("fd/12", "anon_inode:[eventfd]");
        self.link("fd/13", "anon_inode:inotify");
        self.link("fd/14", "/var/log/x.log (deleted)");
        self.file(
            "net/tcp",
            "  sl  local_address rem_address   st\n   0: 0100007F:1F90 00000000:0000 0A 0:0 00:0 0  \
             1000        0 600 1 0 100 0 0 10 0\n",
        );
    }

    pub(super) fn file(&self, name: &str, contents: impl AsRef<[u8]>) {
        self.tree
            .write(&format!("proc/{}/{name}", self.pid), contents);
    }

    pub(super) fn link(&self, name: &str, target: &str) {
        self.tree.link(&format!("proc/{}/{name}", self.pid), target);
    }
}
