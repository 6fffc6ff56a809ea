//! One line of text is one process.

use std::sync::Arc;

use model::{
    Access, Connection, ConnectionState, Counters, Facts, FileTarget, Host, Moment, OpenFile,
    OpenFiles, Process, ProcessId, ProcessState, ProcessTable, Protocol, Reading, Sample, Usage,
};

/// The machine has run this long when the picture is taken, seconds.
const UPTIME: u64 = 1_000_000;
const TICKS: u64 = 100;

/// The host of all pictures.
pub(crate) fn host() -> Host {
    Host {
        name: "demo".to_owned(),
        boot_id: "00000000-0000-4000-8000-000000000000".to_owned(),
        kernel: "6.12.0".to_owned(),
        ticks_per_second: TICKS,
        page_size: 4096,
        memory_bytes: Some(16 << 30),
        cpus: 8,
    }
}

/// The moment of all pictures.
pub(crate) fn moment() -> Moment {
    Moment {
        wall: "2026-01-02T03:04:05Z".parse().unwrap(),
        boot_ns: UPTIME * 1_000_000_000,
    }
}

/// A picture of these processes.
pub(crate) fn table(processes: Vec<Process>) -> ProcessTable {
    ProcessTable::new(host(), moment(), processes, Vec::new())
}

/// Start time of a process of this age.
pub(crate) fn started(age_seconds: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "ages are small"
    )]
    let age = (age_seconds * TICKS as f64) as u64;
    UPTIME * TICKS - age
}

/// Splits at spaces; `·` stands for a space inside a word.
pub(crate) fn words(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(|word| word.replace('·', " "))
        .collect()
}

/// Parses a line; see the module above for its form.
pub(crate) fn process(line: &str) -> Process {
    let (described, command) = line.split_once(" : ").unwrap_or((line, ""));
    let mut fields = described.trim_end_matches(" :").split_whitespace();
    let mut next = || {
        fields
            .next()
            .unwrap_or_else(|| panic!("a field is missing in {line}"))
    };
    let number = |word: &str| {
        word.parse::<u32>()
            .unwrap_or_else(|_| panic!("{word} in {line}"))
    };
    let (pid, ppid, pgid, sid) = (
        number(next()),
        number(next()),
        number(next()),
        number(next()),
    );
    let state = ProcessState::from_letter(next().as_bytes()[0]);
    let uid = next().parse().ok();
    let age: f64 = next().parse().unwrap();
    let tty = i32::from(next() != "-");
    let mut draft = Draft::new(pid, state, words(command));
    draft.counters = Counters {
        ppid,
        pgid,
        sid,
        tty,
        ..draft.counters
    };
    draft.facts.uid = uid;
    for field in fields {
        let (key, value) = field
            .split_once('=')
            .unwrap_or_else(|| panic!("{field} in {line}"));
        draft.set(key, &value.replace('·', " "));
    }
    draft.finish(started(age))
}

/// A process while its line is read.
struct Draft {
    pid: u32,
    facts: Facts,
    counters: Counters,
    files: Option<Vec<OpenFile>>,
    connections: Option<Vec<Connection>>,
    usage: Usage,
}

impl Draft {
    fn new(pid: u32, state: ProcessState, argv: Vec<String>) -> Self {
        let zombie = state == ProcessState::Zombie;
        let program = argv.first().map(String::as_str).unwrap_or_default();
        // A title is no path, and the kernel keeps 15 bytes of a name.
        let name = if program.contains(' ') {
            program
        } else {
            program.rsplit('/').next().unwrap_or_default()
        };
        let exe = program.starts_with('/').then(|| program.to_owned());
        let comm = name.chars().take(15).collect();
        let counters = Counters {
            state,
            ppid: 0,
            pgid: 0,
            sid: 0,
            tty: 0,
            user_ticks: 0,
            system_ticks: 0,
            minor_faults: 0,
            major_faults: 0,
            threads: 1,
            vms_bytes: 64 << 20,
            rss_bytes: if zombie { 0 } else { 32 << 20 },
            shared_bytes: None,
            swap_bytes: None,
            voluntary_switches: None,
            involuntary_switches: None,
            io: None,
            fd_total: None,
            run_delay_ns: None,
            oom_score: None,
        };
        let facts = Facts {
            comm,
            cmdline: Some(argv),
            exe,
            ..Facts::default()
        };
        let files = (!zombie).then(Vec::new);
        Self {
            pid,
            facts,
            counters,
            files,
            connections: Some(Vec::new()),
            usage: Usage::default(),
        }
    }

    fn set(&mut self, key: &str, value: &str) {
        match key {
            "comm" => value.clone_into(&mut self.facts.comm),
            "exe" => self.facts.exe = Some(value.to_owned()),
            "cwd" => self.facts.cwd = Some(value.to_owned()),
            "cgroup" => self.facts.cgroup = Some(value.to_owned()),
            "container" => self.facts.container_id = Some(value.to_owned()),
            "cmdline" => self.facts.cmdline = None,
            "fds" => self.files = None,
            "conns" => self.connections = None,
            "rss" => self.counters.rss_bytes = value.parse::<u64>().unwrap() << 20,
            "cpu" => self.usage.cpu_percent = Some(value.parse().unwrap()),
            "busy" => self.counters.user_ticks = value.parse::<u64>().unwrap() * TICKS,
            "open" => {
                let (total, limit) = value.split_once('/').unwrap();
                self.counters.fd_total = Some(total.parse().unwrap());
                self.facts.fd_limit = Some(limit.parse().unwrap());
            }
            "listen" if value.starts_with(['/', '@']) => {
                self.connect(Protocol::Unix, ConnectionState::Listen, value, "", 0, None);
            }
            "listen" => {
                let at = format!("127.0.0.1:{value}");
                self.connect(
                    Protocol::Tcp4,
                    ConnectionState::Listen,
                    &at,
                    "0.0.0.0:0",
                    0,
                    None,
                );
            }
            "in" | "out" => {
                let (port, ends) = value.split_once(':').unwrap();
                let (inode, peer) = ends_of(ends);
                let (fixed, other) = (
                    format!("127.0.0.1:{port}"),
                    format!("127.0.0.1:{}", 40_000 + inode),
                );
                let (local, peer_name) = if key == "in" {
                    (fixed, other)
                } else {
                    (other, fixed)
                };
                self.connect(
                    Protocol::Tcp4,
                    ConnectionState::Established,
                    &local,
                    &peer_name,
                    inode,
                    peer,
                );
                let fd = 20 + u32::try_from(self.files.as_ref().map_or(0, Vec::len)).unwrap();
                self.open(fd, Access::Both, FileTarget::Socket(inode));
            }
            fd => self.wire(fd.parse().unwrap_or_else(|_| panic!("no key {fd}")), value),
        }
    }

    fn wire(&mut self, fd: u32, value: &str) {
        let file = |path: &str| FileTarget::File {
            path: path.to_owned(),
            deleted: false,
        };
        let (kind, rest) = value.split_once(':').unwrap_or((value, ""));
        let (access, target) = match kind {
            "null" => (Access::Both, file("/dev/null")),
            "tty" => (
                Access::Both,
                FileTarget::Tty {
                    path: "/dev/pts/1".to_owned(),
                    gone: false,
                },
            ),
            "tty-gone" => (
                Access::Both,
                FileTarget::Tty {
                    path: "/dev/pts/1".to_owned(),
                    gone: true,
                },
            ),
            "pipe" => {
                let (inode, access) = rest.split_at(rest.len() - 1);
                let access = if access == "r" {
                    Access::Read
                } else {
                    Access::Write
                };
                (access, FileTarget::Pipe(inode.parse().unwrap()))
            }
            "sock" => {
                let (inode, peer) = ends_of(rest);
                self.connect(
                    Protocol::Unix,
                    ConnectionState::Established,
                    "",
                    "",
                    inode,
                    peer,
                );
                (Access::Both, FileTarget::Socket(inode))
            }
            _ => (Access::Both, file(value)),
        };
        self.open(fd, access, target);
    }

    fn open(&mut self, fd: u32, access: Access, target: FileTarget) {
        if let Some(files) = &mut self.files {
            files.push(OpenFile { fd, access, target });
        }
    }

    fn connect(
        &mut self,
        protocol: Protocol,
        state: ConnectionState,
        local: &str,
        peer: &str,
        inode: u64,
        peer_inode: Option<u64>,
    ) {
        if let Some(all) = &mut self.connections
            && (inode == 0 || all.iter().all(|have| have.inode != inode))
        {
            let (local, peer) = (local.to_owned(), peer.to_owned());
            all.push(Connection {
                protocol,
                state,
                local,
                peer,
                inode,
                peer_inode,
            });
        }
    }

    fn finish(self, start_ticks: u64) -> Process {
        let boot_ns = moment().boot_ns;
        let files = self.files.map(|mut entries| {
            entries.sort_by_key(|entry| entry.fd);
            Arc::new(OpenFiles {
                entries,
                ..OpenFiles::default()
            })
        });
        Process {
            sample: Sample {
                id: ProcessId {
                    pid: self.pid,
                    start_ticks,
                },
                boot_ns,
                facts: Arc::new(self.facts),
                counters: self.counters,
                memory: None,
                files: Some(Reading {
                    boot_ns,
                    value: files,
                }),
                connections: self.connections.map(|all| Reading {
                    boot_ns,
                    value: Some(Arc::new(all)),
                }),
            },
            usage: self.usage,
        }
    }
}

/// `12>15`: an inode, and what the kernel says of its other end.
fn ends_of(text: &str) -> (u64, Option<u64>) {
    let (inode, peer) = text.split_once('>').unwrap_or((text, "?"));
    (inode.parse().unwrap(), peer.parse().ok())
}
