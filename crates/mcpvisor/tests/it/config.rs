//! Configurations as data: `config/valid` with what they put in force, `config/invalid` with all
//! that is said about them. Then the commands on files, and the documents about them.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use mcpvisor::config::{self, Config};

use crate::support::World;

/// Files of a folder, with the lines that follow a mark in them.
fn cases(folder: &str, mark: &str) -> Vec<(PathBuf, String, Vec<String>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/config")
        .join(folder);
    let mut cases: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let marked = text.lines().filter_map(|line| line.strip_prefix(mark));
            let marked = marked.map(str::to_owned).collect();
            (path, text, marked)
        })
        .collect();
    cases.sort();
    assert!(cases.len() > 5, "the cases are gone");
    cases
}

#[test]
fn valid_files() {
    for (path, text, lines) in cases("valid", "# in force: ") {
        let path = path.display();
        let config = config::parse(&text, Path::new("/etc/mcpvisor"));
        let config = config.unwrap_or_else(|problems| panic!("{path} {problems}"));
        let shown = config.effective();
        assert!(!lines.is_empty(), "{path} expects nothing");
        for line in lines {
            assert!(
                shown.lines().any(|shown| shown == line),
                "{path}: no {line} in\n{shown}"
            );
        }
        assert!(!shown.contains("hunter2"), "{path}: {shown}");
        let json = serde_json::to_string(&config).unwrap();
        assert!(!json.contains("hunter2"), "{path}: {json}");
        let again = config::parse(&shown, Path::new("/elsewhere"));
        if shown.contains("(hidden)") {
            let problems = again.unwrap_err();
            let mut all = problems.list().iter();
            assert!(
                all.all(|problem| problem.message.contains("config show")),
                "{path}: {problems}"
            );
        } else {
            assert!(
                again == Ok(config),
                "{path} is shown as another one:\n{shown}"
            );
        }
    }
}

#[test]
fn invalid_files() {
    let mut wrong = Vec::new();
    for (path, text, expected) in cases("invalid", "# said: ") {
        let problems = config::parse(&text, Path::new("/etc/mcpvisor")).err();
        let list = problems
            .as_ref()
            .map(config::Problems::list)
            .unwrap_or_default();
        let said: Vec<String> = list.iter().map(ToString::to_string).collect();
        assert!(
            said.iter().all(|line| !line.contains(char::is_control)),
            "{said:?}"
        );
        let is_secret_told = said.iter().any(|line| line.contains("hunter"));
        assert!(!is_secret_told, "{}: {said:?}", path.display());
        if said != expected || said.is_empty() {
            wrong.push(format!(
                "{}\n# said: {}",
                path.display(),
                said.join("\n# said: ")
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "other words than expected:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn examples_of_the_documents_are_right() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut count = 0;
    for page in ["docs/guide/alerts.md", "docs/configuration.md"] {
        let text = std::fs::read_to_string(root.join(page)).unwrap();
        for block in text.split("```toml\n").skip(1) {
            let (block, _) = block.split_once("```").unwrap();
            count += 1;
            let problems = config::parse(block, Path::new("/etc/mcpvisor")).err();
            let list = problems
                .as_ref()
                .map(config::Problems::list)
                .unwrap_or_default();
            // A route names receivers of another example.
            let mut wrong = list
                .iter()
                .filter(|problem| !problem.message.starts_with("there is no receiver"));
            assert_eq!(wrong.next(), None, "{page}:\n{block}");
        }
    }
    assert!(count >= 5, "the examples are gone");
}

#[test]
fn damaged_files_are_judged_too() {
    let everything =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/config/valid/alerts.toml");
    let everything = std::fs::read_to_string(everything).unwrap();
    let whole = config::template().replace("# ", "") + &everything;
    for at in (0..whole.len()).step_by(61) {
        for damage in ["\"", "[", "]\n", "=", "\0", "\u{202e}", "[[x]]\n", "{"] {
            let (before, after) = whole.split_at(whole.floor_char_boundary(at));
            let text = format!("{before}{damage}{after}");
            if let Err(problems) = config::parse(&text, Path::new("/etc")) {
                let lines = text.matches('\n').count() + 1;
                for problem in problems.list() {
                    assert!(
                        problem.line.is_some_and(|line| (1..=lines).contains(&line)),
                        "{problem}"
                    );
                }
            }
        }
    }
}

#[test]
fn check_tells_everything_and_its_code() {
    let world = World::new();
    let file = world.folder.path().join("mcpvisor.toml");
    let name = file.to_str().unwrap();
    let (report, code) = world.json(&["config", "check", name, "--json"]);
    assert_eq!(code, 66, "a named file must exist: {report}");
    assert_eq!(
        (&report["exists"], &report["valid"]),
        (&false.into(), &false.into())
    );

    std::fs::write(&file, "[daemon]\ninterval = \"0s\"\nlisten = 5\n").unwrap();
    let (report, code) = world.json(&["config", "check", name, "--json"]);
    assert_eq!((code, &report["valid"]), (78, &false.into()));
    let problems = report["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 2, "{report}");
    assert_eq!(problems[0]["line"], 2);
    assert_eq!(problems[1]["key"], "daemon.listen");
    let output = world.run(&["--config", name, "config", "check"]);
    assert_eq!(output.status.code(), Some(78));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains(name) && said.contains("line 2") && said.contains("line 3"),
        "{said}"
    );

    std::fs::write(&file, "").unwrap();
    assert_eq!(world.json(&["config", "check", name, "--json"]).1, 0);
    let usual = world.run(&["config", "check"]);
    assert_eq!(
        usual.status.code(),
        Some(0),
        "without a file the defaults are right"
    );
}

#[test]
fn init_writes_what_changes_nothing_and_replaces_only_by_force() {
    let world = World::new();
    assert_eq!(world.run(&["config", "init"]).status.code(), Some(0));
    let file = world.home().join(".config/mcpvisor/mcpvisor.toml");
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let shown: serde_json::Value = world.json(&["config", "show", "--json"]).0;
    assert_eq!(shown, serde_json::to_value(Config::default()).unwrap());

    std::fs::write(&file, "[clean]\ngrace = \"7s\"\n").unwrap();
    let again = world.run(&["config", "init"]);
    assert_eq!(again.status.code(), Some(73));
    assert!(String::from_utf8_lossy(&again.stderr).contains("--force"));
    let shown = world.run(&["config", "show"]).stdout;
    assert!(String::from_utf8_lossy(&shown).contains("grace = \"7s\""));
    assert_eq!(
        world.run(&["config", "init", "--force"]).status.code(),
        Some(0)
    );
    assert!(
        std::fs::read_to_string(&file)
            .unwrap()
            .contains("# grace = \"60s\"")
    );
    let left = std::fs::read_dir(file.parent().unwrap()).unwrap().count();
    assert_eq!(left, 1, "no half-written file stays");
}

#[test]
fn the_documents_know_every_key() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("docs/configuration.md")).unwrap();
    let keys = config::schema::keys();
    for key in keys {
        let row = format!("| `{}.{}` |", key.section, key.name);
        assert!(
            page.contains(&row),
            "docs/configuration.md has no row {row}"
        );
    }
    for line in page.lines().filter_map(|line| line.strip_prefix("| `")) {
        let name = line.split('`').next().unwrap_or_default();
        let Some((section, name)) = name.split_once('.') else {
            continue;
        };
        let mut same = keys.iter().filter(|key| key.section == section).peekable();
        if same.peek().is_some() {
            let known = same.any(|key| key.name == name);
            assert!(
                known,
                "docs/configuration.md tells of `{section}.{name}`, which is no key"
            );
        }
    }
    let committed = std::fs::read_to_string(root.join("schema/config.json")).unwrap();
    let printed = World::new().run(&["config", "schema"]).stdout;
    assert_eq!(
        committed,
        String::from_utf8(printed).unwrap(),
        "schema/config.json is of another version"
    );
}
