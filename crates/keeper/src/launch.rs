//! Starting a server: its group with limits, its streams, its environment, its user.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::{Child, Command};

use linux::ProcRoot;
use linux::become_user::Identity;
use linux::cgroup::{Enforced, Group, GroupName, Hierarchies};
use linux::control::{Expected, Target};
use linux::marks;
use linux::spawn::{Place, spawn};
use model::ProcessId;
use rustix::fs::OFlags;
use supervise::spec::{Hidden, Readiness, Runs, Value};

use crate::port;
use crate::streams::{self, Ours};
use crate::tree::Tree;
use crate::wanted::Wanted;

/// What the names of groups of supervised servers begin with, after that of all of ours.
pub(crate) const LABEL: &str = "serve.";

/// A value in a file is at most so long.
const LONGEST_VALUE: u64 = 64 << 10;

/// Variables of ours that a server must not take for its own: what systemd gave to us (`sd_notify(3)`,
/// `sd_listen_fds(3)`).
const NOT_INHERITED: [&str; 5] = [
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "WATCHDOG_PID",
    "LISTEN_FDS",
    "LISTEN_PID",
];

/// Where servers are started.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) root: ProcRoot,
    /// This process.
    pub(crate) us: ProcessId,
    /// Where groups are made; why nowhere.
    pub(crate) hierarchies: Result<Hierarchies, String>,
}

/// A start that is prepared: what is recorded before it is carried out.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) tree: Tree,
    pub(crate) mark: String,
    pub(crate) enforced: Enforced,
    /// Why there is no group.
    pub(crate) nowhere: Option<String>,
}

impl Prepared {
    /// By what the tree is found again.
    pub(crate) fn name(&self) -> String {
        match self.tree.group() {
            Some(group) => group.name().to_owned(),
            None => self.mark.clone(),
        }
    }
}

/// A start that was carried out.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) child: Child,
    pub(crate) id: ProcessId,
    /// Nothing if it has ended already.
    pub(crate) held: Option<(Target, Expected)>,
    pub(crate) ours: Ours,
}

/// Makes the group.
pub(crate) fn prepare(ground: &Ground, wanted: &Wanted, generation: u64) -> Prepared {
    let name = wanted.name();
    let mark = format!("{name}/{generation}/{}", nonce());
    let made = ground.hierarchies.as_ref().map(|hierarchies| {
        let label = format!("{LABEL}{name}");
        Group::create(
            hierarchies,
            &GroupName::new(&label, ground.us),
            &wanted.limits,
        )
    });
    match made {
        Ok((group, enforced)) => Prepared {
            nowhere: group
                .is_nowhere()
                .then(|| "no control group can be made below our own".to_owned()),
            tree: Tree::new(Some(group), mark.clone()),
            mark,
            enforced,
        },
        Err(why) => Prepared {
            tree: Tree::new(None, mark.clone()),
            mark,
            enforced: Enforced::default(),
            nowhere: Some(why.clone()),
        },
    }
}

/// Two starts with the same name and number never have the same mark.
fn nonce() -> String {
    let mut bytes = [0_u8; 8];
    match rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()) {
        Ok(_) => format!("{:016x}", u64::from_ne_bytes(bytes)),
        Err(_) => format!("{:016x}", linux::clock::boot_ns()),
    }
}

/// Starts it. The words of an error are for people, and name no value.
pub(crate) fn start(
    ground: &Ground,
    wanted: &Wanted,
    prepared: &mut Prepared,
    fifo: &Path,
) -> Result<Started, String> {
    let runs = &wanted.spec.runs;
    if let Readiness::Port(number) = wanted.spec.readiness
        && port::is_open(number)
    {
        // Whoever it is would be taken for the server.
        return Err(format!(
            "port {number} is taken by another program; end that, or configure another port"
        ));
    }
    let (ours, theirs) = streams::make(runs.transport, fifo)
        .map_err(|error| format!("its standard streams cannot be made: {error}"))?;
    let mut command = command(runs, &prepared.mark)?;
    let user = user(&mut command, runs)?;
    command
        .stdin(theirs.stdin)
        .stdout(theirs.stdout)
        .stderr(theirs.stderr);
    let groups = prepared.tree.group().map(Group::procs_files);
    let place = Place {
        own_session: true,
        groups: groups.unwrap_or_default(),
        nofile: wanted.nofile,
        user,
        ..Place::default()
    };
    let child = spawn(&mut command, &place).map_err(|error| not_started(runs, &error))?;
    prepared.tree.set_root(child.id());
    // It was not waited for, so its pid is its own even if it has ended.
    let id = ground.root.id_of(child.id()).unwrap_or(ProcessId {
        pid: child.id(),
        start_ticks: 0,
    });
    let held = Target::hold(&ground.root, child.id()).ok();
    Ok(Started {
        child,
        id,
        held,
        ours,
    })
}

fn not_started(runs: &Runs, error: &io::Error) -> String {
    let program = &runs.program;
    match error.kind() {
        io::ErrorKind::NotFound => format!(
            "there is no program `{program}` in the PATH that mcpvisor has; install it, or give its whole path"
        ),
        io::ErrorKind::PermissionDenied => {
            format!("`{program}` may not be executed: {error}")
        }
        _ => format!("`{program}` cannot be started: {error}"),
    }
}

fn command(runs: &Runs, mark: &str) -> Result<Command, String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "who keeps servers starts them, and waits for them"
    )]
    let mut command = Command::new(&runs.program);
    command.args(&runs.arguments);
    for name in NOT_INHERITED {
        command.env_remove(name);
    }
    for (name, value) in variables(&runs.environment)? {
        command.env(name, value);
    }
    command.env(marks::VARIABLE, mark);
    if let Some(directory) = &runs.directory {
        if !Path::new(directory).is_dir() {
            return Err(format!("there is no directory {directory}"));
        }
        command.current_dir(directory);
    }
    Ok(command)
}

/// Whose rights it gets, if not ours.
fn user(command: &mut Command, runs: &Runs) -> Result<Option<Identity>, String> {
    let Some(name) = &runs.user else {
        return Ok(None);
    };
    let Some((account, home)) = Identity::of_name(name) else {
        return Err(format!("there is no user `{name}` in /etc/passwd"));
    };
    let ours = rustix::process::geteuid().as_raw();
    if account.uid == ours {
        return Ok(None);
    }
    if ours != 0 {
        return Err(format!("only root can start it as user `{name}`"));
    }
    for (variable, value) in [("HOME", &home), ("USER", name), ("LOGNAME", name)] {
        // What is configured goes before.
        if !runs.environment.contains_key(variable) {
            command.env(variable, value);
        }
    }
    Ok(Some(account))
}

fn variables(wanted: &BTreeMap<String, Value>) -> Result<Vec<(&str, String)>, String> {
    let value = |(name, value): (&'_ String, &Value)| -> Result<String, String> {
        match value {
            Value::Plain(Hidden(text)) => Ok(text.clone()),
            Value::File(path) => {
                from_file(path).map_err(|why| format!("variable `{name}`: {path}: {why}"))
            }
            Value::Variable(other) => std::env::var(other)
                .map_err(|_| format!("variable `{name}`: mcpvisor has no variable `{other}`")),
        }
    };
    wanted
        .iter()
        .map(|(name, one)| Ok((name.as_str(), value((name, one))?)))
        .collect()
}

/// Without the line end that editors put there.
fn from_file(path: &str) -> Result<String, String> {
    // A pipe must not hold us up.
    let waits_not = OFlags::NONBLOCK.bits().cast_signed();
    let file = fs::File::options()
        .read(true)
        .custom_flags(waits_not)
        .open(path);
    let file = file.map_err(|error| error.to_string())?;
    let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
    if !is_file {
        return Err("it is no regular file".to_owned());
    }
    let mut text = String::new();
    let read = file.take(LONGEST_VALUE + 1).read_to_string(&mut text);
    let length = read.map_err(|error| error.to_string())?;
    if length as u64 > LONGEST_VALUE {
        return Err(format!("it is longer than {LONGEST_VALUE} bytes"));
    }
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
