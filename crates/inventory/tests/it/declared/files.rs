//! Where files are looked for, and whose they are.

use std::cell::Cell;
use std::path::Path;

use inventory::declared::{
    Contents, Declared, FileReader, FolderEntry, GatewaySource, Home, LocalFiles, ProblemKind,
    ReadError, Scope, Variables, discover, hub_workspaces,
};
use tempfile::tempdir;

use super::{declared_in, home_at, write};

/// A configuration with one server of this name.
fn one(name: &str) -> String {
    format!("{{\"mcpServers\": {{\"{name}\": {{\"command\": \"{name}\"}}}}}}")
}

fn names(declared: &Declared) -> Vec<&str> {
    declared
        .servers
        .iter()
        .map(|server| server.name.as_str())
        .collect()
}

#[test]
fn an_empty_home_declares_nothing() {
    let machine = tempdir().unwrap();
    assert_eq!(
        declared_in(&machine.path().join("home")),
        Declared::default()
    );
}

#[test]
fn the_same_name_in_two_clients_is_two_servers() {
    let machine = tempdir().unwrap();
    let home = machine.path().join("home");
    write(&home.join(".cursor/mcp.json"), one("memory"));
    write(&home.join(".kiro/settings/mcp.json"), one("memory"));
    let declared = declared_in(&home);
    let clients: Vec<_> = declared
        .servers
        .iter()
        .map(|server| server.client)
        .collect();
    assert_eq!(clients, ["Cursor", "Kiro"]);
}

#[test]
fn files_linked_from_elsewhere_are_read_once_for_each_client() {
    let machine = tempdir().unwrap();
    let home = machine.path().join("home");
    let kept = machine.path().join("dotfiles/mcp.json");
    write(&kept, one("shared"));
    for path in [".cursor", ".lmstudio", ".cache/lm-studio"] {
        std::fs::create_dir_all(home.join(path)).unwrap();
        std::os::unix::fs::symlink(&kept, home.join(path).join("mcp.json")).unwrap();
    }
    let declared = declared_in(&home);
    let clients: Vec<_> = declared
        .servers
        .iter()
        .map(|server| server.client_id)
        .collect();
    assert_eq!(clients, ["cursor", "lm-studio"]);
}

#[test]
fn projects_end_at_the_repository() {
    let machine = tempdir().unwrap();
    let home = machine.path().join("home");
    let repository = home.join("src/shop");
    for (folder, name) in [
        ("src", "above"),
        ("src/shop", "root"),
        ("src/shop/web", "web"),
    ] {
        write(&home.join(folder).join(".mcp.json"), one(name));
    }
    std::fs::create_dir_all(repository.join(".git")).unwrap();
    let projects = [repository.join("web/pages"), repository.join("web")];
    let declared = discover(&home_at(&home), &projects, &[], &LocalFiles);
    assert_eq!(names(&declared), ["web", "root"]);
    assert_eq!(declared.servers[1].scope, Scope::Project(repository));
}

#[test]
fn projects_end_at_the_home() {
    let machine = tempdir().unwrap();
    let home = machine.path().join("home");
    write(&machine.path().join(".mcp.json"), one("above-home"));
    write(&home.join(".mcp.json"), one("in-home"));
    write(&home.join(".cursor/mcp.json"), one("user"));
    let declared = discover(
        &home_at(&home),
        std::slice::from_ref(&home),
        &[],
        &LocalFiles,
    );
    let scopes: Vec<_> = declared
        .servers
        .iter()
        .map(|server| (&*server.name, &server.scope))
        .collect();
    assert_eq!(
        scopes,
        [
            ("user", &Scope::User),
            ("in-home", &Scope::Project(home.clone()))
        ]
    );
}

#[test]
fn moved_folders_are_read_with_the_usual_ones() {
    let machine = tempdir().unwrap();
    let home = machine.path().join("home");
    let moved = machine.path().join("claude");
    write(&moved.join(".claude.json"), one("moved"));
    write(&home.join(".claude.json"), one("usual"));
    let env = Variables::from_iter([("CLAUDE_CONFIG_DIR", moved.to_str().unwrap())]);
    let declared = discover(&Home::new(&home, env), &[], &[], &LocalFiles);
    assert_eq!(names(&declared), ["moved", "usual"]);
}

#[test]
fn a_dead_hub_still_names_its_servers() {
    let machine = tempdir().unwrap();
    let home = machine.path().join("home");
    write(&home.join("work/hub.json"), one("time"));
    let state = format!(
        "{{\"3000\": {{\"cwd\": \"{}\", \"config_files\": [\"work/hub.json\"], \"pid\": 4711,\n\
         \"port\": 3000, \"startTime\": \"2026-11-21T01:58:57.578Z\", \"state\": \"active\"}}}}",
        home.display()
    );
    write(&home.join(".local/state/mcp-hub/workspaces.json"), state);
    let home = home_at(&home);
    let (hubs, problems) = hub_workspaces(&home, &LocalFiles);
    assert_eq!(problems, []);
    assert_eq!(
        (hubs[0].port, hubs[0].pid, hubs[0].state.as_str()),
        (3000, 4711, "active")
    );
    assert_eq!(hubs[0].started_at.unwrap().as_second(), 1_795_226_337);
    let sources: Vec<GatewaySource> = hubs[0].sources().collect();
    assert_eq!(
        names(&discover(&home, &[], &sources, &LocalFiles)),
        ["time"]
    );

    // A folder of its own in the home wins, even without a state file in it.
    std::fs::create_dir(home.home.join(".mcp-hub")).unwrap();
    assert_eq!(hub_workspaces(&home, &LocalFiles), (Vec::new(), Vec::new()));
}

/// Shows a file half written until it is asked to wait.
struct HalfWritten {
    settled: Cell<u32>,
    whole: String,
    cut: usize,
}

impl FileReader for HalfWritten {
    fn read(&self, path: &Path, _: u64) -> Result<Contents, ReadError> {
        if !path.ends_with(".claude.json") {
            return Err(ReadError::Absent);
        }
        let length = if self.settled.get() == 0 {
            self.cut
        } else {
            self.whole.len()
        };
        let bytes = self.whole.as_bytes()[..length].to_vec();
        Ok(Contents {
            bytes,
            identity: (1, 1),
        })
    }

    fn list(&self, _: &Path, _: usize) -> Result<Vec<FolderEntry>, ReadError> {
        Err(ReadError::Absent)
    }

    fn exists(&self, _: &Path) -> bool {
        false
    }

    fn settle(&self) {
        self.settled.set(self.settled.get() + 1);
    }
}

#[test]
fn a_half_written_file_is_read_again() {
    let whole = one("memöry");
    for cut in [
        0,
        whole.len() / 2,
        whole.len() - 1,
        whole.find('ö').unwrap() + 1,
    ] {
        let reader = HalfWritten {
            settled: Cell::new(0),
            whole: whole.clone(),
            cut,
        };
        let declared = discover(
            &Home::new("/home/ada", Variables::default()),
            &[],
            &[],
            &reader,
        );
        assert_eq!(names(&declared), ["memöry"], "{cut}");
        assert_eq!(declared.problems, []);
        assert_eq!(declared.files_read.len(), 1);
        assert_eq!(reader.settled.get(), 1);
    }
}

#[test]
fn a_file_that_stays_broken_is_named_once_after_one_wait() {
    let reader = HalfWritten {
        settled: Cell::new(0),
        whole: "{\"a\" 1}".to_owned(),
        cut: 3,
    };
    let declared = discover(
        &Home::new("/home/ada", Variables::default()),
        &[],
        &[],
        &reader,
    );
    let [problem] = &declared.problems[..] else {
        panic!("{declared:?}")
    };
    assert_eq!(
        (problem.kind, problem.line, problem.column),
        (ProblemKind::Syntax, Some(1), Some(6))
    );
    assert_eq!(reader.settled.get(), 1);
}

#[test]
fn what_is_in_the_way_of_several_places_is_named_once() {
    let machine = tempdir().unwrap();
    let home = machine.path().join("home");
    let config = home.join(".config");
    std::fs::create_dir_all(&home).unwrap();
    std::os::unix::fs::symlink(&config, &config).unwrap();
    let declared = declared_in(&home);
    let of_the_folder = declared
        .problems
        .iter()
        .filter(|problem| problem.file == config);
    assert_eq!(of_the_folder.count(), 1, "{declared:?}");
}
