//! Containers that MCP servers run in: as engines tell, else counted by the commands that run them.

use inventory::{Instance, Inventory, OwnerKind};
use model::{Process, ProcessState, ProcessTable};

use crate::picture::Picture;

/// Gateways that start containers without any command that would show.
const THROUGH_THE_ENGINE: [&str; 2] = ["toolhive", "docker/mcp-gateway"];
/// Clients of container engines.
const ENGINES: [&str; 3] = ["docker", "podman", "nerdctl"];

/// How many run, as engines tell; `None` where there is no engine, or one does not answer.
pub(super) fn told(picture: &Picture) -> Option<usize> {
    let look = picture.engines.as_ref()?;
    if look.view.engines.is_empty() || !look.view.is_complete() {
        return None;
    }
    let running = look
        .of_mcp()
        .filter(|judged| judged.owned.container.state.is_alive());
    Some(running.count())
}

/// How many there are; `None` where a gateway runs that starts them without a command, or a command
/// line could not be read.
pub(super) fn count(inventory: &Inventory, table: &ProcessTable) -> Option<usize> {
    let unseen = inventory.owners.iter().any(|owner| {
        owner.kind == OwnerKind::Gateway && THROUGH_THE_ENGINE.contains(&owner.name.as_str())
    });
    if unseen {
        return None;
    }
    let counts = inventory.instances().map(|(_, run)| of(run, table));
    counts.sum()
}

fn of(run: &Instance, table: &ProcessTable) -> Option<usize> {
    let (mut count, mut below) = (0, Vec::new());
    for member in &run.members {
        let Some(process) = table.get(member.id.pid).filter(|p| p.id() == member.id) else {
            continue;
        };
        if matches!(
            process.sample.counters.state,
            ProcessState::Zombie | ProcessState::Dead
        ) {
            continue;
        }
        process.sample.facts.cmdline.as_ref()?;
        // Parents stand before children. Podman without root starts itself anew as its own child.
        let is_below = below.contains(&process.ppid());
        if is_below || runs_a_container(process) {
            count += usize::from(!is_below);
            below.push(process.pid());
        }
    }
    Some(count)
}

fn runs_a_container(process: &Process) -> bool {
    let mut words = process.argv().iter().map(String::as_str);
    let Some(program) = words.next() else {
        return false;
    };
    let name = program.rsplit('/').next().unwrap_or(program);
    // Options before the command: `docker --context far run`.
    ENGINES.contains(&name) && words.take(8).any(|word| word == "run")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use inventory::{Owner, OwnerKind};
    use model::{Process, ProcessTable};

    use super::count;
    use crate::top::tests::sample;

    /// The sample, in which these processes have other command lines.
    fn table(commands: &[(u32, Option<&str>)]) -> ProcessTable {
        let picture = sample::picture();
        let table = &picture.table;
        let processes: Vec<Process> = table
            .processes()
            .iter()
            .map(|process| {
                let mut process = process.clone();
                let other = commands.iter().find(|(pid, _)| *pid == process.pid());
                if let Some((_, command)) = other {
                    let mut facts = (*process.sample.facts).clone();
                    let words = |text: &str| text.split(' ').map(str::to_owned).collect();
                    facts.cmdline = command.map(words);
                    process.sample.facts = Arc::new(facts);
                }
                process
            })
            .collect();
        ProcessTable::new(table.host.clone(), table.moment, processes, Vec::new())
    }

    #[test]
    fn each_running_command_is_a_container() {
        let inventory = sample::picture().inventory;
        // 110, 111 and 112 are one instance, one below the other.
        for (commands, expected) in [
            (&[][..], Some(0)),
            (
                &[(112, Some("/usr/bin/docker run -i --rm mcp/memory"))],
                Some(1),
            ),
            (
                &[(112, Some("docker --context far run mcp/memory"))],
                Some(1),
            ),
            (&[(112, Some("docker ps"))], Some(0)),
            (&[(112, Some("node docker run"))], Some(0)),
            (
                &[
                    (111, Some("podman run -i x")),
                    (112, Some("podman run -i x")),
                ],
                Some(1),
            ),
            (
                &[(112, Some("podman run -i x")), (210, Some("nerdctl run y"))],
                Some(2),
            ),
            // A process of another user whose command line is hidden may be anything.
            (&[(112, None)], None),
        ] {
            assert_eq!(
                count(&inventory, &table(commands)),
                expected,
                "{commands:?}"
            );
        }
    }

    #[test]
    fn what_a_gateway_starts_through_the_engine_is_not_known() {
        let mut inventory = (*sample::picture().inventory).clone();
        inventory.owners.push(Owner {
            name: "toolhive".to_owned(),
            kind: OwnerKind::Gateway,
            pid: Some(4_000),
            start_ticks: Some(1),
            alive: true,
        });
        assert_eq!(count(&inventory, &table(&[])), None);
    }
}
