//! A small machine: four owners, one of them dead, and a program with a hostile name.

use std::sync::Arc;

use inventory::plan::{Plan, Refusal, RefusalKind, Refused, Removal};
use inventory::server::{DeclaredIn, Orphaned};
use inventory::{
    Instance, Inventory, Member, Owner, OwnerKind, Role, Server, ServerState, Transport,
};
use jiff::Timestamp;
use model::finding::Cost;
use model::{
    Connection, ConnectionState, Counters, Facts, FdKinds, Finding, FindingKind, Host, Memory,
    Moment, OpenFiles, Process, ProcessId, ProcessState, ProcessTable, Protocol, Reading, Sample,
    Severity, Usage,
};

use crate::picture::Picture;

/// The sample's moment: a day after boot.
pub(super) const BOOT_NS: u64 = 86_400 * super::SECOND;
const MIB: u64 = 1 << 20;

/// A process in few words.
struct Draft {
    pid: u32,
    ppid: u32,
    comm: &'static str,
    argv: &'static [&'static str],
    cpu_percent: Option<f64>,
    rss: u64,
    pss: Option<u64>,
    state: ProcessState,
}

const fn process(pid: u32, ppid: u32, comm: &'static str, argv: &'static [&'static str]) -> Draft {
    Draft {
        pid,
        ppid,
        comm,
        argv,
        cpu_percent: Some(0.0),
        rss: 40,
        pss: Some(20),
        state: ProcessState::Sleeping,
    }
}

fn drafts() -> Vec<Draft> {
    let github: &[&str] = &[
        "node",
        "/srv/github/index.js",
        "--api-key",
        "ghp_0123456789abcdefghijklmnopqrstuvwxyz",
    ];
    let mut drafts = vec![
        process(100, 1, "claude", &["claude"]),
        process(
            110,
            100,
            "npm exec @model",
            &["npm", "exec", "@modelcontextprotocol/server-memory"],
        ),
        process(111, 110, "sh", &["sh", "-c", "mcp-server-memory"]),
        Draft {
            cpu_percent: Some(3.25),
            rss: 92,
            pss: Some(81),
            ..process(
                112,
                111,
                "node",
                &[
                    "node",
                    "/home/ada/.npm/_npx/1/node_modules/.bin/mcp-server-memory",
                ],
            )
        },
        process(200, 1, "cursor", &["cursor"]),
        Draft {
            cpu_percent: Some(41.5),
            rss: 310,
            pss: Some(290),
            state: ProcessState::Running,
            ..process(
                210,
                200,
                "node",
                &[
                    "node",
                    "/opt/mcp-server-filesystem/index.js",
                    "/home/ada/work",
                ],
            )
        },
        process(211, 210, "rg", &["rg", "--files"]),
        Draft {
            rss: 55,
            pss: Some(48),
            ..process(
                300,
                1,
                "python3",
                &["/usr/bin/python3", "-m", "mcp_server_time"],
            )
        },
        Draft {
            rss: 0,
            pss: None,
            state: ProcessState::Zombie,
            ..process(301, 300, "git", &[])
        },
        Draft {
            cpu_percent: None,
            ..process(
                400,
                100,
                "ev\x1b[31mil\n",
                &["./\u{202e}evil", "\x1b]0;owned\x07"],
            )
        },
    ];
    for (number, cpu) in [(0, Some(0.1)), (1, None), (2, Some(0.3))] {
        drafts.push(Draft {
            cpu_percent: cpu,
            rss: 70,
            pss: Some(60),
            ..process(120 + number, 100, "node", github)
        });
    }
    drafts
}

fn build(draft: &Draft) -> Process {
    let seconds_old = 7_000 - u64::from(draft.pid) * 10;
    let is_zombie = draft.state == ProcessState::Zombie;
    let start_ticks = (86_400 - seconds_old) * 100;
    let facts = Facts {
        comm: draft.comm.to_owned(),
        cmdline: Some(
            draft
                .argv
                .iter()
                .map(|argument| (*argument).to_owned())
                .collect(),
        ),
        exe: Some("/usr/bin/node".to_owned()),
        cwd: Some("/home/ada/work".to_owned()),
        uid: Some(1000),
        user: Some("ada".to_owned()),
        cgroup: Some("/user.slice/user-1000.slice".to_owned()),
        fd_limit: Some(1024),
        ..Facts::default()
    };
    let counters = Counters {
        state: draft.state,
        ppid: draft.ppid,
        pgid: draft.pid,
        sid: draft.pid,
        tty: 0,
        user_ticks: 1000,
        system_ticks: 100,
        minor_faults: 5,
        major_faults: 0,
        threads: if is_zombie { 1 } else { 11 },
        vms_bytes: 900 * MIB,
        rss_bytes: draft.rss * MIB,
        shared_bytes: None,
        swap_bytes: Some(0),
        voluntary_switches: Some(4711),
        involuntary_switches: Some(12),
        io: None,
        fd_total: (!is_zombie).then_some(21),
        run_delay_ns: None,
        oom_score: None,
    };
    let kinds = FdKinds {
        socket: 3,
        pipe: 4,
        file: 12,
        tty: 0,
        anon_inode: 1,
        inotify: 0,
        eventfd: 1,
    };
    let connection = Connection {
        protocol: Protocol::Tcp4,
        state: ConnectionState::Listen,
        local: "127.0.0.1:8811".to_owned(),
        peer: String::new(),
        inode: 9,
        peer_inode: None,
    };
    let read_ns = BOOT_NS - 4 * super::SECOND;
    let sample = Sample {
        id: ProcessId {
            pid: draft.pid,
            start_ticks,
        },
        boot_ns: BOOT_NS,
        facts: Arc::new(facts),
        counters,
        memory: draft.pss.map(|pss| Reading {
            boot_ns: read_ns,
            value: Some(Memory {
                pss_bytes: pss * MIB,
                private_bytes: pss * MIB / 2,
                swap_pss_bytes: 0,
            }),
        }),
        files: (!is_zombie).then(|| Reading {
            boot_ns: read_ns,
            value: Some(Arc::new(OpenFiles {
                kinds,
                ..OpenFiles::default()
            })),
        }),
        connections: (draft.pid == 112).then(|| Reading {
            boot_ns: read_ns,
            value: Some(Arc::new(vec![connection])),
        }),
    };
    let usage = Usage {
        cpu_percent: draft.cpu_percent,
        write_bytes_per_second: Some(2048.0),
        ..Usage::default()
    };
    Process { sample, usage }
}

fn host() -> Host {
    Host {
        name: "laptop".to_owned(),
        boot_id: "b".to_owned(),
        kernel: "6.18.0".to_owned(),
        ticks_per_second: 100,
        page_size: 4096,
        memory_bytes: Some(16 << 30),
        cpus: 8,
    }
}

/// The moment so many seconds after the sample's.
pub(super) fn moment(later: u64) -> Moment {
    let wall: Timestamp = "2026-11-21T14:03:22Z".parse().unwrap();
    Moment {
        wall: wall + std::time::Duration::from_secs(later),
        boot_ns: BOOT_NS + later * super::SECOND,
    }
}

fn owner(name: &str, kind: OwnerKind, pid: u32, alive: bool) -> Owner {
    Owner {
        name: name.to_owned(),
        kind,
        pid: Some(pid),
        start_ticks: None,
        alive,
    }
}

fn instance(
    table: &ProcessTable,
    members: &[(u32, Role)],
    leaf: u32,
    state: ServerState,
) -> Instance {
    let id = |pid: u32| table.get(pid).unwrap().id();
    let members: Vec<Member> = members
        .iter()
        .map(|(pid, role)| Member {
            id: id(*pid),
            role: *role,
            stray: false,
        })
        .collect();
    let root = members[0].id;
    Instance {
        root,
        leaf: id(leaf),
        members,
        state,
        started_at: table.moment.wall_of(root.start_ticks, &table.host),
        orphaned: None,
        unused: None,
    }
}

fn server(name: &str, owner: Owner, state: ServerState, instances: Vec<Instance>) -> Server {
    Server {
        id: format!("{}-1f2e3d4c", name.split(' ').next().unwrap_or_default()),
        name: name.to_owned(),
        owner,
        transport: Transport::Stdio,
        declared_in: Vec::new(),
        state,
        confidence: 0.97,
        evidence: vec!["its package depends on @modelcontextprotocol/sdk".to_owned()],
        instances,
    }
}

fn servers(table: &ProcessTable) -> Vec<Server> {
    let claude = || owner("Claude Code", OwnerKind::Client, 100, true);
    let declared = DeclaredIn {
        client: "Claude Code".to_owned(),
        file: "/home/ada/.claude.json".to_owned(),
        line: Some(12),
        scope: "user".to_owned(),
    };
    let chain = [
        (110, Role::Wrapper),
        (111, Role::Wrapper),
        (112, Role::Server),
    ];
    let mut memory = server(
        "memory",
        claude(),
        ServerState::Running,
        vec![instance(table, &chain, 112, ServerState::Running)],
    );
    memory.declared_in.push(declared.clone());
    let github = [120, 121, 122]
        .map(|pid| instance(table, &[(pid, Role::Server)], pid, ServerState::Surplus));
    let files = [(210, Role::Server), (211, Role::Helper)];
    let mut files = instance(table, &files, 210, ServerState::Running);
    files.members[1].stray = true;
    let mut time = instance(
        table,
        &[(300, Role::Server), (301, Role::Helper)],
        300,
        ServerState::Orphan,
    );
    time.orphaned = Some(Orphaned {
        since: Some(moment(0).wall - std::time::Duration::from_mins(10)),
        evidence: vec!["mcp-hub (pid 299) has ended".to_owned()],
    });
    let mut postgres = server("postgres", claude(), ServerState::NotRunning, Vec::new());
    postgres.declared_in.push(DeclaredIn {
        line: Some(31),
        ..declared
    });
    let evil = instance(table, &[(400, Role::Server)], 400, ServerState::Running);
    vec![
        memory,
        server("github", claude(), ServerState::Surplus, github.into()),
        server(
            "filesystem",
            owner("Cursor", OwnerKind::Client, 200, true),
            ServerState::Running,
            vec![files],
        ),
        server(
            "time",
            owner("mcp-hub", OwnerKind::Gateway, 299, false),
            ServerState::Orphan,
            vec![time],
        ),
        postgres,
        server(
            "ev\x1b[2Jil 日本",
            claude(),
            ServerState::Running,
            vec![evil],
        ),
    ]
}

fn finding(
    kind: FindingKind,
    severity: Severity,
    title: &str,
    processes: Vec<ProcessId>,
) -> Finding {
    Finding {
        id: format!("{}-0a0b0c0d", kind.name()),
        kind,
        severity,
        title: title.to_owned(),
        server: None,
        cost: Cost {
            processes: u32::try_from(processes.len()).unwrap(),
            rss_bytes: 55 * MIB,
            pss_bytes: (!processes.is_empty()).then_some(48 * MIB),
            cpu_percent: None,
            fds: Some(42),
            disk_bytes: None,
        },
        processes,
        evidence: vec!["its owner mcp-hub (pid 299) is gone for 10m 00s".to_owned()],
        advice: "end it; nobody can reach it any more".to_owned(),
        command: Some(format!(
            "mcpvisor clean --apply --only {}-0a0b0c0d",
            kind.name()
        )),
    }
}

fn plan(table: &ProcessTable) -> Plan {
    let id = |pid: u32| table.get(pid).unwrap().id();
    Plan {
        id: "5ca1ab1e".to_owned(),
        removals: vec![Removal {
            server: "time-1f2e3d4c".to_owned(),
            name: "time".to_owned(),
            owner: "mcp-hub".to_owned(),
            root: id(300),
            processes: vec![id(300), id(301)],
            reasons: vec!["mcp-hub (pid 299) has ended".to_owned()],
            spared: vec![(id(211), "it has a terminal of its own".to_owned())],
        }],
        refused: vec![Refused {
            server: "ev-1f2e3d4c".to_owned(),
            name: "ev\x1b[2Jil".to_owned(),
            root: id(400),
            refusals: vec![Refusal {
                kind: RefusalKind::Grace,
                detail: "its owner is gone for 12s only".to_owned(),
                wait_seconds: Some(48.0),
            }],
        }],
    }
}

/// The plan to stop `memory`, as the source would answer.
pub(super) fn stop_plan() -> Plan {
    let table = table(0, &drafts());
    let processes: Vec<ProcessId> = [110, 111, 112]
        .map(|pid| table.get(pid).unwrap().id())
        .into();
    Plan {
        id: "0ddba115".to_owned(),
        removals: vec![Removal {
            server: "memory-1f2e3d4c".to_owned(),
            name: "memory".to_owned(),
            owner: "Claude Code".to_owned(),
            root: processes[0],
            processes,
            reasons: vec!["you chose it".to_owned()],
            spared: Vec::new(),
        }],
        refused: Vec::new(),
    }
}

fn table(later: u64, drafts: &[Draft]) -> ProcessTable {
    ProcessTable::new(
        host(),
        moment(later),
        drafts.iter().map(build).collect(),
        Vec::new(),
    )
}

fn picture_of(table: ProcessTable) -> Picture {
    let ids = |pids: &[u32]| {
        pids.iter()
            .map(|pid| table.get(*pid).unwrap().id())
            .collect::<Vec<_>>()
    };
    let findings = vec![
        finding(
            FindingKind::NotRunning,
            Severity::Info,
            "`postgres` is declared and does not run",
            Vec::new(),
        ),
        finding(
            FindingKind::Surplus,
            Severity::Warning,
            "3 instances of `github` under one Claude Code",
            ids(&[120, 121, 122]),
        ),
        finding(
            FindingKind::Orphan,
            Severity::Error,
            "`time` was left behind by mcp-hub",
            ids(&[300, 301]),
        ),
    ];
    Picture {
        inventory: Arc::new(Inventory {
            watched: Vec::new(),
            servers: servers(&table),
            owners: Vec::new(),
        }),
        findings: Arc::new(findings),
        plan: Arc::new(plan(&table)),
        table: Arc::new(table),
        engines: None,
        shed: None,
        own_cpu_percent: Some(0.42),
        own_rss_bytes: Some(9 * MIB + MIB / 2),
        pasts: Arc::default(),
    }
}

/// The sample.
pub(crate) fn picture() -> Picture {
    picture_of(table(0, &drafts()))
}

/// The sample some seconds later, when `memory` uses so much CPU.
pub(crate) fn later(seconds: u64, cpu_percent: f64) -> Picture {
    let mut drafts = drafts();
    for draft in drafts.iter_mut().filter(|draft| draft.pid == 112) {
        draft.cpu_percent = Some(cpu_percent);
    }
    picture_of(table(seconds, &drafts))
}

/// The sample without the server of this name and its findings, and with another plan.
pub(crate) fn without(name: &str) -> Picture {
    let mut picture = picture();
    let mut inventory = (*picture.inventory).clone();
    inventory.servers.retain(|server| server.name != name);
    picture.inventory = Arc::new(inventory);
    picture.findings = Arc::default();
    picture.plan = Arc::default();
    picture
}

/// A machine with nothing of interest.
pub(crate) fn nothing() -> Picture {
    let table = table(0, &[process(1, 0, "init", &["/sbin/init"])]);
    Picture {
        table: Arc::new(table),
        inventory: Arc::default(),
        findings: Arc::default(),
        plan: Arc::default(),
        engines: None,
        shed: None,
        own_cpu_percent: None,
        own_rss_bytes: None,
        pasts: Arc::default(),
    }
}
