//! Passes over this machine: our own process and children whose figures we know.

use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;

use linux::{Collector, Options, Pass, ProcRoot, Selection, Wants, clock, threads};
use model::{Access, FileTarget, ProcessState, Sample};

use super::processes::{Started, until};

fn collector() -> Collector {
    Collector::new(ProcRoot::system().unwrap(), Options::one_shot())
}

fn everything_of(pids: &[u32]) -> Wants {
    let these = Selection::only(pids.iter().copied());
    Wants {
        counters: Selection::All,
        pss: these.clone(),
        files: these.clone(),
        connections: these,
        all_now: true,
    }
}

fn pass(pids: &[u32]) -> Pass {
    collector().pass(clock::now(), &everything_of(pids))
}

fn sample(pass: &Pass, pid: u32) -> &Sample {
    let at = pass
        .samples
        .binary_search_by_key(&pid, |s| s.id.pid)
        .unwrap();
    &pass.samples[at]
}

#[test]
fn a_child_is_what_it_was_started_as() {
    let folder = tempfile::tempdir().unwrap();
    let child = Started::new(
        "sh",
        &[
            "-c",
            "exec cat - 3>\"$0/log\" 4<\"$0\"",
            folder.path().to_str().unwrap(),
        ],
    );
    until("it is cat", || {
        std::fs::read(format!("/proc/{}/comm", child.pid())).unwrap() == b"cat\n"
    });
    let child = child.settled();
    let pass = pass(&[child.pid()]);
    let sample = sample(&pass, child.pid());
    assert_eq!(
        (sample.facts.comm.as_str(), sample.counters.ppid),
        ("cat", std::process::id())
    );
    assert_eq!(sample.facts.cmdline.as_ref().unwrap(), &["cat", "-"]);
    assert!(sample.facts.exe.as_ref().unwrap().starts_with('/'));
    assert_eq!(
        sample.facts.cwd.as_deref(),
        std::env::current_dir().unwrap().to_str()
    );
    assert_eq!(sample.facts.uid, Some(rustix::process::geteuid().as_raw()));
    assert_eq!(sample.counters.state, ProcessState::Sleeping);
    assert_eq!(sample.counters.threads, 1);
    assert!(sample.counters.rss_bytes > 0 && sample.counters.vms_bytes > sample.counters.rss_bytes);
    let own = sample_of_self(&pass);
    assert_eq!(sample.facts.net_namespace, own.facts.net_namespace);
    assert_eq!(sample.facts.fd_limit, own.facts.fd_limit);
    let files = sample.files.as_ref().unwrap().value.as_ref().unwrap();
    let total = u32::try_from(files.entries.len()).unwrap() + files.left_out;
    assert_eq!(sample.counters.fd_total, Some(total));
    assert!(matches!(files.get(0).unwrap().target, FileTarget::Pipe(_)));
    assert_eq!(files.get(0).unwrap().access, Access::Read);
    assert_eq!(files.get(3).unwrap().access, Access::Write);
    let log = folder.path().join("log").to_str().unwrap().to_owned();
    assert_eq!(
        files.get(3).unwrap().target,
        FileTarget::File {
            path: log,
            deleted: false
        }
    );
    let memory = sample.memory.as_ref().unwrap().value.unwrap();
    assert!(memory.pss_bytes > 0 && memory.pss_bytes <= sample.counters.rss_bytes * 2);
    assert!(memory.private_bytes <= memory.pss_bytes);
}

fn sample_of_self(pass: &Pass) -> &Sample {
    sample(pass, std::process::id())
}

#[test]
fn kinds_of_our_own_descriptors() {
    let before = pass(&[std::process::id()]);
    let (reader, writer) = std::io::pipe().unwrap();
    let event = rustix::event::eventfd(0, rustix::event::EventfdFlags::CLOEXEC).unwrap();
    let watch = rustix::fs::inotify::init(rustix::fs::inotify::CreateFlags::CLOEXEC).unwrap();
    let gone = tempfile::tempfile().unwrap();
    let (one, other) = UnixStream::pair().unwrap();
    let after = pass(&[std::process::id()]);
    let files = |pass: &Pass| {
        sample_of_self(pass)
            .files
            .as_ref()
            .unwrap()
            .value
            .clone()
            .unwrap()
    };
    let (before, after) = (files(&before), files(&after));
    let entry = |fd: std::os::fd::BorrowedFd<'_>| {
        let fd = u32::try_from(std::os::fd::AsRawFd::as_raw_fd(&fd)).unwrap();
        after.get(fd).unwrap().clone()
    };
    // Other tests of this process open and close files as well, so kinds are told by entry.
    assert!(after.kinds.pipe >= 2 && after.kinds.socket >= 2);
    assert!(after.kinds.eventfd >= 1 && after.kinds.inotify >= 1 && before.entries.len() >= 3);
    let (read, write) = (entry(reader.as_fd()), entry(writer.as_fd()));
    assert_eq!(read.target, write.target);
    assert_eq!((read.access, write.access), (Access::Read, Access::Write));
    assert_eq!(
        entry(event.as_fd()).target,
        FileTarget::Anonymous("eventfd".into())
    );
    assert_eq!(
        entry(watch.as_fd()).target,
        FileTarget::Anonymous("inotify".into())
    );
    assert!(matches!(
        entry(gone.as_fd()).target,
        FileTarget::File { deleted: true, .. }
    ));
    let inode = rustix::fs::fstat(&one).unwrap().st_ino;
    assert_eq!(entry(one.as_fd()).target, FileTarget::Socket(inode));
    assert_eq!(entry(other.as_fd()).access, Access::Both);
}

#[test]
fn connections_and_their_other_ends() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let client = TcpStream::connect(address).unwrap();
    let (server, _) = listener.accept().unwrap();
    let (one, other) = UnixStream::pair().unwrap();
    let pass = pass(&[std::process::id()]);
    let connections = sample_of_self(&pass)
        .connections
        .as_ref()
        .unwrap()
        .value
        .clone()
        .unwrap();
    let inode = |socket: std::os::fd::BorrowedFd<'_>| rustix::fs::fstat(socket).unwrap().st_ino;
    let connection = |socket: std::os::fd::BorrowedFd<'_>| {
        let inode = inode(socket);
        connections.iter().find(|c| c.inode == inode).unwrap()
    };
    assert_eq!(
        connection(listener.as_fd()).listening_port(),
        Some(address.port())
    );
    assert_eq!(connection(client.as_fd()).peer, address.to_string());
    assert_eq!(
        connection(client.as_fd()).peer_inode,
        Some(inode(server.as_fd()))
    );
    assert_eq!(
        connection(server.as_fd()).peer_inode,
        Some(inode(client.as_fd()))
    );
    if linux::sockets::unix_diag().is_err() {
        return println!("skipped in part: this kernel does not tell peers of Unix sockets");
    }
    assert_eq!(
        connection(one.as_fd()).peer_inode,
        Some(inode(other.as_fd()))
    );
}

#[test]
fn threads_have_names_and_states() {
    let (stop, wait) = std::sync::mpsc::sync_channel::<()>(0);
    let thread = std::thread::Builder::new()
        .name("listed (one".into())
        .spawn(move || wait.recv())
        .unwrap();
    let pass = pass(&[]);
    let id = sample_of_self(&pass).id;
    let root = ProcRoot::system().unwrap();
    until("the thread waits under its name", || {
        threads::read(&root, id).unwrap().iter().any(|t| {
            t.name == "listed (one" && t.state == ProcessState::Sleeping && t.tid != id.pid
        })
    });
    let listed = threads::read(&root, id).unwrap();
    assert!(listed.is_sorted_by_key(|t| t.tid) && listed.iter().any(|t| t.tid == id.pid));
    let other = model::ProcessId {
        start_ticks: id.start_ticks + 1,
        ..id
    };
    assert_eq!(
        threads::read(&root, other),
        None,
        "another process had this pid"
    );
    drop(stop);
    thread.join().unwrap().unwrap_err();
}

/// What the kernel says of a process at this moment of the figures that are not read each time.
fn slow_figures(pid: u32) -> (Option<u64>, Option<u64>, Option<model::Io>, usize) {
    let file = |name: &str| std::fs::read(format!("/proc/{pid}/{name}")).unwrap();
    let status = linux::parse::status::status(&file("status"));
    let fds = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .count();
    let io = linux::parse::io::io(&file("io"));
    (
        status.voluntary_switches,
        status.involuntary_switches,
        io,
        fds,
    )
}

#[test]
fn figures_are_right_although_they_are_read_only_after_a_change() {
    let mut child = Started::new(
        "sh",
        &["-c", "while read fd; do eval \"exec $fd</dev/null\"; done"],
    )
    .settled();
    let pid = child.pid();
    let mut collector = collector();
    for round in 0..20 {
        if round % 3 == 0 {
            child.tell(&format!("{}\n", 3 + round % 6));
        }
        // Quiet at both ends of a pass means quiet in between.
        let (mut truth, mut seen) = (slow_figures(pid), None);
        until("the shell is quiet", || {
            let pass = collector.pass(clock::now(), &Wants::cheap());
            let counters = sample(&pass, pid).counters;
            seen = Some((
                counters.voluntary_switches,
                counters.involuntary_switches,
                counters.io,
                counters.fd_total.map_or(0, |fds| fds as usize),
            ));
            let before = truth;
            truth = slow_figures(pid);
            before == truth
        });
        assert_eq!(seen, Some(truth), "round {round}");
    }
}

#[test]
fn names_that_would_break_a_parser() {
    let folder = tempfile::tempdir().unwrap();
    let cat = std::env::split_paths(&std::env::var_os("PATH").unwrap())
        .map(|path| path.join("cat"))
        .find(|path| path.exists())
        .unwrap();
    for name in [
        &b") (\n"[..],
        b"a) R 1 1 1 0",
        b"\xff\xfe(\x1b[2J",
        b"(",
        b"))))))))))))))",
    ] {
        let program = folder.path().join(std::ffi::OsStr::from_bytes(name));
        std::os::unix::fs::symlink(&cat, &program).unwrap();
        let child = Started::new(&program, &[]).settled();
        let mut collector = collector();
        let first = collector.pass(clock::now(), &Wants::cheap());
        let second = collector.pass(clock::now(), &Wants::cheap());
        let (first, second) = (sample(&first, child.pid()), sample(&second, child.pid()));
        assert_eq!(first.facts.comm, String::from_utf8_lossy(name));
        assert_eq!(first.counters.ppid, std::process::id());
        assert_eq!(first.counters.state, ProcessState::Sleeping);
        assert_eq!(first.facts, second.facts);
    }
}

#[test]
fn a_command_line_of_megabytes_costs_no_more_than_what_is_kept() {
    let long = "x".repeat(120_000);
    let mut arguments = vec!["-c", "read line", "sh"];
    arguments.extend(std::iter::repeat_n(long.as_str(), 15));
    let child = Started::new("sh", &arguments).settled();
    let mut collector = collector();
    let pass = collector.pass(clock::now(), &Wants::cheap());
    let facts = &sample(&pass, child.pid()).facts;
    assert!(facts.cmdline_cut);
    let kept: usize = facts
        .cmdline
        .as_ref()
        .unwrap()
        .iter()
        .map(|a| a.len() + 1)
        .sum();
    assert_eq!(kept, 32 * 1024 + 1);
    assert_eq!(facts.cmdline.as_ref().unwrap()[3], "sh");
}

#[test]
fn an_exec_is_noticed_at_the_next_pass() {
    let mut child = Started::new("sh", &["-c", "read line; exec cat \"$line\" -"]).settled();
    let mut collector = collector();
    let first = collector.pass(clock::now(), &Wants::cheap());
    assert_eq!(
        sample(&first, child.pid()).facts.cmdline.as_ref().unwrap()[1],
        "-c"
    );
    child.tell("/dev/null\n");
    until("it is cat", || {
        std::fs::read(format!("/proc/{}/comm", child.pid())).unwrap() == b"cat\n"
    });
    let second = collector.pass(clock::now(), &Wants::cheap());
    let facts = &sample(&second, child.pid()).facts;
    assert_eq!(
        (
            facts.comm.as_str(),
            facts.cmdline.as_ref().unwrap()[0].as_str()
        ),
        ("cat", "cat")
    );
    assert!(facts.exe.as_ref().unwrap() != sample(&first, child.pid()).facts.exe.as_ref().unwrap());
}

#[test]
fn a_zombie_keeps_its_facts_and_then_goes() {
    let mut child = Started::new("cat", &["-"]).settled();
    let pid = child.pid();
    let mut collector = collector();
    collector.pass(clock::now(), &everything_of(&[pid]));
    drop(child.0.stdin.take());
    let mut last = None;
    until("it is a zombie", || {
        let pass = collector.pass(clock::now(), &everything_of(&[pid]));
        let found = sample(&pass, pid).clone();
        let is_zombie = found.counters.state == ProcessState::Zombie;
        last = Some(found);
        is_zombie
    });
    let zombie = last.unwrap();
    assert_eq!(zombie.facts.cmdline.as_ref().unwrap(), &["cat", "-"]);
    assert!(zombie.memory.is_none() && zombie.files.is_none());
    child.0.wait().unwrap();
    let after = collector.pass(clock::now(), &Wants::cheap());
    assert!(after.samples.iter().all(|s| s.id != zombie.id));
}

#[test]
fn our_own_kernel_threads_are_listed() {
    let pass = pass(&[]);
    let kernel: Vec<&Sample> = pass
        .samples
        .iter()
        .filter(|s| s.counters.ppid == 2)
        .collect();
    if kernel.is_empty() {
        return println!("skipped: no kernel threads are visible here");
    }
    for sample in kernel {
        assert_eq!(
            (sample.facts.cmdline.as_deref(), sample.counters.rss_bytes),
            (Some(&[][..]), 0)
        );
        assert!(sample.counters.voluntary_switches.is_some());
    }
}

#[test]
fn regular_files_alone_are_opened() {
    // A procfs has no named pipe; a tree that somebody made may, and must not block us.
    let tree = super::tree::Tree::new();
    tree.process(42).write();
    let fifo = tree.path("proc/42/io");
    std::fs::remove_file(&fifo).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &fifo,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    let mut collector = Collector::new(tree.root(), Options::one_shot());
    let pass = collector.pass(clock::now(), &Wants::cheap());
    assert_eq!(sample(&pass, 42).counters.io, None);
    drop(File::options().read(true).write(true).open(&fifo).unwrap());
}
