//! Whatever the process table looks like: nothing panics, and nothing is planned that may not be.

use std::fmt::Write as _;

use inventory::plan::{Plan, Wishes, plan};
use inventory::stock::look::Looks;
use inventory::wiring::Wiring;
use inventory::{Context, Inventory};
use model::{FileTarget, Process, ProcessState, ProcessTable};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use crate::support::table::{process, table};

const COMMANDS: [&str; 14] = [
    "node /srv/demo/node_modules/.bin/mcp-server-memory",
    "npm·exec·@modelcontextprotocol/server-memory",
    "sh -c mcp-server-memory",
    "/srv/demo/venv/bin/python3 /srv/demo/venv/bin/mcp-server-time",
    "uvx mcp-server-time",
    "claude",
    "node /srv/demo/node_modules/.bin/mcp-hub --port 37373",
    "-bash",
    "tmux: server",
    "/usr/bin/firefox",
    "node server.js",
    "/usr/lib/systemd/systemd --user",
    "docker run -i --rm mcp/fetch",
    "",
];

/// One process, its relations still as small numbers.
#[derive(Clone, Debug)]
struct Seed {
    parent: usize,
    session: u8,
    state: char,
    uid: u32,
    age: u32,
    tty: bool,
    command: usize,
    wires: Vec<(u32, u64, bool)>,
    extra: u8,
}

fn seed() -> impl Strategy<Value = Seed> {
    let wires = prop::collection::vec((0..6_u32, 7..12_u64, any::<bool>()), 0..4);
    let state = prop::sample::select(vec!['S', 'S', 'S', 'R', 'T', 'Z']);
    let uid = prop::sample::select(vec![1000, 1000, 1000, 1000, 1001, 0]);
    (
        0..100_usize,
        0..6_u8,
        state,
        uid,
        1..9000_u32,
        prop::bool::weighted(0.15),
        0..COMMANDS.len(),
        wires,
        0..20_u8,
    )
        .prop_map(
            |(parent, session, state, uid, age, tty, command, wires, extra)| Seed {
                parent,
                session,
                state,
                uid,
                age,
                tty,
                command,
                wires,
                extra,
            },
        )
}

fn pid_of(at: usize) -> u32 {
    100 + 7 * u32::try_from(at).unwrap()
}

fn grow(seeds: &[Seed]) -> Vec<Process> {
    let mut all = vec![process("1 0 1 1 S 0 90000 - comm=systemd : /sbin/init")];
    for (at, seed) in seeds.iter().enumerate() {
        // Every third is somebody's child whose parent has died.
        let parent = if at == 0 || seed.parent % 3 == 0 {
            1
        } else {
            pid_of(seed.parent % at)
        };
        let pid = pid_of(at);
        let session = match seed.session {
            0 => pid,
            1 => parent,
            2 => 50,
            3 => pid_of(seed.parent % (at + 1)),
            _ => 60,
        };
        let tty = if seed.tty { "pts/1" } else { "-" };
        let mut fields = String::new();
        if seed.state != 'Z' {
            for (fd, inode, writes) in &seed.wires {
                if !fields.contains(&format!(" {fd}=")) {
                    let end = if *writes { 'w' } else { 'r' };
                    write!(fields, " {fd}=pipe:{inode}{end}").unwrap();
                }
            }
            fields += match seed.extra {
                0 => " fds=?",
                1 => " listen=8080",
                2 => " listen=8080 in=8080:31>?",
                3 => " cgroup=/system.slice/x.service",
                4 => " container=0123456789ab",
                5 => " conns=?",
                _ => "",
            };
        }
        let command = if seed.state == 'Z' {
            ""
        } else {
            COMMANDS[seed.command]
        };
        let line = format!(
            "{pid} {parent} {session} {session} {} {} {} {tty}{fields} : {command}",
            seed.state, seed.uid, seed.age
        );
        all.push(process(&line));
    }
    all
}

/// All that nobody writes to is known to be so: otherwise hardly anything would be planned.
fn context(table: &ProcessTable, own_pid: u32, known: bool) -> Context {
    let mut context = Context {
        own_pid,
        own_uid: 1000,
        ..Context::default()
    };
    for process in table.processes() {
        if let Some(FileTarget::Pipe(inode)) = process
            .files()
            .and_then(|files| Some(&files.get(0)?.target))
            && known
        {
            let written = table.processes().iter().any(|other| writes(other, *inode));
            context.writers.insert(process.id(), written);
        }
    }
    context
}

fn writes(process: &Process, pipe: u64) -> bool {
    process.files().is_some_and(|files| {
        files
            .entries
            .iter()
            .any(|file| file.access.writes() && file.target == FileTarget::Pipe(pipe))
    })
}

fn judge(table: &ProcessTable, context: &Context) -> (Inventory, Plan) {
    let inventory = inventory::stock::take(table, context, &mut Looks::default());
    let wiring = Wiring::new(table);
    let scene = inventory::findings::Scene {
        table,
        inventory: &inventory,
        context,
        wiring: &wiring,
    };
    inventory::findings::judge(&scene);
    let wishes = Wishes {
        grace_seconds: 0.0,
        ..Wishes::default()
    };
    let plan = plan(table, &inventory, context, &wiring, &wishes);
    (inventory, plan)
}

fn assert_harmless(table: &ProcessTable, context: &Context, inventory: &Inventory, plan: &Plan) {
    let planned: Vec<u32> = plan
        .removals
        .iter()
        .flat_map(|removal| removal.processes.iter().map(|id| id.pid))
        .collect();
    let mut trees: Vec<usize> = Vec::new();
    for removal in &plan.removals {
        trees.extend(table.subtree(table.position(removal.root.pid).unwrap()));
    }
    let own = table.position(context.own_pid).unwrap();
    for removal in &plan.removals {
        let (server, instance) = inventory.instance_of(removal.root.pid).unwrap();
        assert!(!server.owner.alive, "{server:?} has a living owner");
        assert!(instance.orphaned.is_some());
        let subtree = table.subtree(table.position(removal.root.pid).unwrap());
        for id in &removal.processes {
            let at = table.position(id.pid).unwrap();
            let process = &table.processes()[at];
            assert!(subtree.contains(&at), "{id} is not below {}", removal.root);
            assert_eq!(process.id(), *id);
            assert_eq!(
                process.sample.facts.uid,
                Some(1000),
                "{id} is another user's"
            );
            assert!(
                at != own && !table.ancestors(own).any(|above| above == at),
                "{id} is above us"
            );
            // Its own container is the world of whoever runs in one.
            let container = &process.sample.facts.container_id;
            assert!(
                container.is_none()
                    || *container == table.processes()[own].sample.facts.container_id,
                "{id} is in a container"
            );
            assert!(process.sample.facts.cgroup.is_none(), "{id} is a service's");
        }
        for pid in [instance.root.pid, instance.leaf.pid] {
            let process = table.get(pid).unwrap();
            let Some(FileTarget::Pipe(input)) = process
                .files()
                .and_then(|files| Some(&files.get(0)?.target))
            else {
                continue;
            };
            for (at, other) in table.processes().iter().enumerate() {
                let living = other.sample.counters.state != ProcessState::Zombie;
                assert!(
                    !(living && writes(other, *input) && !trees.contains(&at)),
                    "{} writes to {pid}, which is planned in {planned:?}",
                    other.pid()
                );
            }
        }
    }
}

/// Words that the parser knows, and any other.
fn word() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "npx",
        "npm",
        "exec",
        "uvx",
        "uv",
        "run",
        "tool",
        "sh",
        "-c",
        "bash",
        "env",
        "A=b",
        "timeout",
        "5",
        "node",
        "--import",
        "python3",
        "-m",
        "docker",
        "-i",
        "-e",
        "--",
        "-p",
        "--package=",
        "@a/b@1",
        "git+https://x/y@z",
        "mcp",
        "mcp-server",
        "serve",
        "npm exec @a/b",
        "cd /x && 'y",
        "/a/node_modules/",
        "/a/node_modules/@s",
    ]);
    prop_oneof![3 => known.prop_map(str::to_owned), 1 => any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_planned_that_may_not_be(
        seeds in prop::collection::vec(seed(), 1..25),
        own in 0..25_usize,
        known in prop::bool::weighted(0.8),
    ) {
        let own_pid = pid_of(own % seeds.len());
        let table = table(grow(&seeds));
        let context = context(&table, own_pid, known);
        let (inventory, plan) = judge(&table, &context);
        assert_harmless(&table, &context, &inventory, &plan);
    }

    #[test]
    fn any_command_line_is_taken_apart(words in prop::collection::vec(word(), 0..12)) {
        if let Some(command) = inventory::command::Command::parse(&words) {
            let seen = inventory::evidence::by_name(&command);
            prop_assert!(seen.is_none_or(|verdict| (0.0..=1.0).contains(&verdict.confidence)));
        }
    }

    #[test]
    fn an_id_is_for_one_world(seeds in prop::collection::vec(seed(), 1..25), turn in 0..25_usize) {
        let processes = grow(&seeds);
        let straight = table(processes.clone());
        // Nobody in particular asks: our own process is not in the picture.
        let context = context(&straight, 9, true);
        let (_, plan) = judge(&straight, &context);
        let mut turned = processes.clone();
        turned.reverse();
        turned.rotate_left(turn % processes.len());
        let (_, again) = judge(&table(turned), &context);
        prop_assert_eq!(&plan, &again);
        if let Some(removal) = plan.removals.first() {
            let mut more = processes;
            let root = straight.get(removal.root.pid).unwrap();
            let (pid, counters) = (root.pid(), root.sample.counters);
            let line = format!("99 {pid} {} {} S 1000 0 - : sleep 60", counters.pgid, counters.sid);
            more.push(process(&line));
            let (_, other) = judge(&table(more), &context);
            prop_assert_ne!(plan.id, other.id);
        }
    }
}

/// The generator makes worlds in which there is something to clean: otherwise it would prove nothing.
#[test]
fn random_worlds_have_something_to_clean() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let worlds = prop::collection::vec(seed(), 1..25);
    let planned = (0..200).filter(|_| {
        let seeds = worlds.new_tree(&mut runner).unwrap().current();
        let table = table(grow(&seeds));
        !judge(&table, &context(&table, 9, true))
            .1
            .removals
            .is_empty()
    });
    let planned = planned.count();
    assert!(
        planned >= 20,
        "only {planned} of 200 worlds have something to clean"
    );
}
