//! What speaks for a container being left over, before it is asked for how long.

use jiff::Timestamp;

use super::{Certainty, Look};
use crate::client;
use crate::container::Container;
use crate::owner::{Owned, Owner};
use crate::process::Process;

/// A container that is started later than this after it was made was started again, by whom nobody
/// says; seconds.
const STARTED_AGAIN_S: i64 = 60;

/// How much earlier than what it made an owner may seem to have started, seconds.
const SLACK_S: i64 = 2;

/// What is suspected.
pub(super) enum Suspicion {
    Served(String),
    Unknown(&'static str),
    Orphan(Certainty, Vec<String>),
}

/// For a container that lives, that nobody keeps, and that has no living client.
pub(super) fn suspicion(owned: &Owned, look: &Look<'_>) -> Suspicion {
    let container = &owned.container;
    if let Some(why) = cannot_judge(container, look) {
        return Suspicion::Unknown(why);
    }
    match &owned.owner {
        Owner::Mcpproxy { pid, .. } => match pid {
            Some(pid) => of_mcpproxy(*pid, container, look),
            None => Suspicion::Unknown("its label does not say which mcpproxy made it"),
        },
        Owner::Mcpvisor { process, .. } => match process {
            Some(id) if look.processes.find(*id).is_some() => {
                Suspicion::Served(format!("process {} that made it lives", id.pid))
            }
            Some(id) => Suspicion::Orphan(
                Certainty::Proven,
                vec![format!("process {id} that made it, by its label, is gone")],
            ),
            None => Suspicion::Unknown("its labels do not say which process made it"),
        },
        Owner::DockerMcp { .. } | Owner::BareStdio if container.is_like_a_stdio_server() => {
            without_client(container, look)
        }
        _ => Suspicion::Unknown("nothing says whose it is, or what it is for"),
    }
}

/// What must be so before anybody may be called dead.
fn cannot_judge(container: &Container, look: &Look<'_>) -> Option<&'static str> {
    if !look.processes.is_complete() {
        return Some("not all processes of this machine can be seen");
    }
    let (Some(pid), Some(started)) = (container.pid, container.started) else {
        return Some("the engine does not say which its main process is, and since when");
    };
    if !look.processes.shows(pid, started) {
        return Some("its main process is not to be seen here: its engine runs on another kernel");
    }
    let later = container
        .created
        .map(|made| started.as_second() - made.as_second());
    if later.is_none_or(|later| later > STARTED_AGAIN_S) {
        return Some("it was started again after it was made, and nobody says by whom");
    }
    if look.processes.living().any(serves_another_machine) {
        return Some(
            "the engine is also used from another machine, whose processes cannot be seen",
        );
    }
    None
}

/// `docker system dial-stdio` carries a client over ssh; an engine with a TCP address serves any machine.
fn serves_another_machine(process: &Process) -> bool {
    let has = |part: &str| process.argv.iter().any(|word| word.contains(part));
    match process.program() {
        "dockerd" => has("tcp://"),
        "podman" if has("service") => has("tcp://"),
        _ => client::is_client(process) && has("dial-stdio"),
    }
}

/// The label is a process id without a start time, so whoever has that number now is looked at.
fn of_mcpproxy(pid: u32, container: &Container, look: &Look<'_>) -> Suspicion {
    let made = container.created;
    let gone = match look.processes.get(pid) {
        None => format!("mcpproxy {pid} that made it, by its label, is gone"),
        Some(process) => match is_older(process, made) {
            Some(true) if is_mcpproxy(process) => {
                return Suspicion::Served(format!("mcpproxy {pid} that made it lives"));
            }
            Some(false) => format!(
                "mcpproxy {pid} that made it, by its label, is gone: the number belongs to a process that \
                 was started later"
            ),
            _ => return Suspicion::Unknown("the process that its label names is another program"),
        },
    };
    // Inside a container mcpproxy writes the number that it has there.
    let may_be_elsewhere = look.processes.living().any(|process| {
        is_mcpproxy(process)
            && process.shares_our_pids != Some(true)
            && is_older(process, made) != Some(false)
    });
    if may_be_elsewhere {
        return Suspicion::Unknown(
            "a mcpproxy lives that numbers processes by itself (in a container)",
        );
    }
    Suspicion::Orphan(Certainty::Proven, vec![gone])
}

fn is_mcpproxy(process: &Process) -> bool {
    process.program().contains("mcpproxy")
}

/// Started before the container was made; `None` if one of the times is not known.
fn is_older(process: &Process, made: Option<Timestamp>) -> Option<bool> {
    Some(process.started?.as_second() <= made?.as_second() + SLACK_S)
}

/// Made for a client that stays with it, and there is none.
fn without_client(container: &Container, look: &Look<'_>) -> Suspicion {
    let no_client = "no living docker or podman process can be its client".to_owned();
    let image = format!(
        "it was made for a client that stays with it: {}",
        model::text::safe(&container.image)
    );
    match look.memory.client(&container.id) {
        Some(client) => Suspicion::Orphan(
            Certainty::Proven,
            vec![
                format!("its client, process {client}, was seen and is gone"),
                no_client,
            ],
        ),
        None => Suspicion::Orphan(Certainty::Likely, vec![image, no_client]),
    }
}
