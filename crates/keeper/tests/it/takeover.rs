//! A keeper that is killed, and the one after it. The first runs in a process of its own: this test's
//! program, started again with a variable that names the folder.

use std::path::Path;
use std::process::{Child, Command};

use keeper::{Handle, Settings, Wanted};
use supervise::adopt::Survival;
use supervise::lifecycle::State;
use supervise::spec::RestartPolicy;
use testbed::Identity;
use testbed::wait::{wait_for, wait_until};

use crate::support::{SOON, World, all_gone, script, server};

const VARIABLE: &str = "KEEPER_TEST_FOLDER";
/// With or without control groups, if the first keeper is to have only the server that becomes another.
const BECOMES: &str = "KEEPER_TEST_BECOMES";

fn wanted() -> Vec<Wanted> {
    let web = |name: &str| {
        let mut spec = script(name, "while :; do echo alive; sleep 0.05; done");
        spec.restart.policy = RestartPolicy::Always;
        Wanted::new(spec)
    };
    let mut ended = web("ended");
    ended.survival = Survival::End;
    let deaf = Wanted::new(server("deaf", &["--ignore-eof", "--ignore-term"]));
    vec![web("adopted"), ended, deaf]
}

/// As `env`, `uvx` and shell wrappers do: the process stays, its program does not.
fn becomes_another() -> Wanted {
    Wanted::new(script("becomes", "sleep 0.3; exec sleep 600"))
}

/// Not a test by itself: the keeper that is killed.
#[test]
fn a_keeper_to_be_killed() {
    let Some(folder) = std::env::var_os(VARIABLE) else {
        return;
    };
    let becomes = std::env::var(BECOMES).ok();
    let keeper = Handle::start(Settings {
        folder: Path::new(&folder).join("servers"),
        wanted: match becomes {
            Some(_) => vec![becomes_another()],
            None => wanted(),
        },
        groups: becomes.is_none_or(|groups| groups == "true"),
        version: "0".to_owned(),
        changed: Box::new(|| {}),
    });
    let _keeper = keeper.unwrap();
    std::thread::sleep(std::time::Duration::from_mins(2));
}

fn first_keeper(folder: &Path) -> Child {
    first(folder).spawn().unwrap()
}

fn first(folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "takeover::a_keeper_to_be_killed", "--nocapture"])
        .env(VARIABLE, folder)
        .stdout(std::process::Stdio::null());
    command
}

fn recorded(folder: &Path, name: &str) -> Option<Identity> {
    let text = std::fs::read_to_string(folder.join(format!("servers/{name}.json"))).ok()?;
    let record: serde_json::Value = serde_json::from_str(&text).ok()?;
    let pid = record["run"]["root"]["pid"].as_u64()?;
    Identity::of(u32::try_from(pid).ok()?)
}

#[test]
fn what_outlives_a_kill_is_adopted_or_ended_as_configured() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = first_keeper(folder.path());
    let roots = wait_for("all three of them", SOON, || {
        let found = ["adopted", "ended", "deaf"].map(|name| recorded(folder.path(), name));
        found
            .iter()
            .all(Option::is_some)
            .then(|| found.map(Option::unwrap))
    })
    .unwrap();
    first.kill().unwrap();
    first.wait().unwrap();
    let [adopted, ended, deaf] = roots;
    assert!(adopted.is_running() && ended.is_running() && deaf.is_running());

    let mut world = World::new(Vec::new());
    world.end();
    world.folder = folder;
    world.begin(wanted());
    for name in ["adopted", "ended", "deaf"] {
        world.wait_state(name, State::Running);
    }
    assert_eq!(
        world.root("adopted").pid,
        adopted.pid,
        "{:#?}",
        world.told("adopted")
    );
    assert!(adopted.is_running());
    all_gone(&[ended, deaf]);
    world.wait_told("deaf", "its input and output ended");
    world.wait_told("adopted", "outlived an earlier mcpvisor");
    let before = world.log("adopted").matches("alive").count();
    wait_until("its log goes on", SOON, || {
        world.log("adopted").matches("alive").count() > before
    })
    .unwrap();
    // Its end is noticed although it is not our child.
    assert!(adopted.signal(rustix::process::Signal::KILL));
    world.wait("adopted", "another process", |server| {
        server.process.is_some_and(|id| id.pid != adopted.pid) && server.state == State::Running
    });
    world.end();
}

/// What was recorded in the first moments of a root does not hold later: it is another program, and an old
/// kernel that reuses inodes of pidfds and a start within the tick of the record prove nothing.
#[test]
fn a_root_that_became_another_program_is_adopted() {
    for groups in [true, false] {
        let mut world = if groups {
            World::new(Vec::new())
        } else {
            World::without_groups(Vec::new())
        };
        world.end();
        let folder = tempfile::tempdir().unwrap();
        let mut killed = first(folder.path())
            .env(BECOMES, groups.to_string())
            .spawn()
            .unwrap();
        let root = wait_for("a start", SOON, || recorded(folder.path(), "becomes")).unwrap();
        killed.kill().unwrap();
        killed.wait().unwrap();
        let path = folder.path().join("servers/becomes.json");
        let mut record: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        record["root"]["settled"] = false.into();
        record["root"]["pidfs_inode"] = serde_json::Value::Null;
        std::fs::write(&path, record.to_string()).unwrap();
        wait_until("another program", SOON, || {
            std::fs::read_to_string(format!("/proc/{}/comm", root.pid)).unwrap() == "sleep\n"
        })
        .unwrap();
        world.folder = folder;
        world.begin(vec![becomes_another()]);
        world.wait_told("becomes", "outlived an earlier mcpvisor");
        world.wait_state("becomes", State::Running);
        assert_eq!(world.root("becomes").pid, root.pid, "groups: {groups}");
        world.end();
        all_gone(&[root]);
    }
}

#[test]
fn what_is_no_longer_configured_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = first_keeper(folder.path());
    let adopted = wait_for("a start", SOON, || recorded(folder.path(), "adopted")).unwrap();
    first.kill().unwrap();
    first.wait().unwrap();
    let mut world = World::new(Vec::new());
    world.end();
    world.folder = folder;
    world.begin(Vec::new());
    all_gone(&[adopted]);
    wait_until("nothing is recorded any more", SOON, || {
        let entries = std::fs::read_dir(world.folder.path().join("servers")).unwrap();
        !entries
            .flatten()
            .any(|entry| entry.path().extension().is_some_and(|end| end == "json"))
    })
    .unwrap();
    world.end();
}
