//! A valid and an invalid sample for each client and gateway.
//!
//! Each folder in `tests/declared/valid` and `tests/declared/invalid` is a small
//! machine: `home`, maybe a project in `home/project` and system files in `root`, and
//! beside them what is expected. To add a client, add its two folders and run the tests
//! with `INSTA_UPDATE=always`, then read what was written.
//!
//! Wherever a sample holds a secret it says `CANARY`, which may come out nowhere.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use inventory::declared::{
    Declared, DeclaredServer, GatewaySource, HubWorkspace, Launch, LocalFiles, Problem, discover,
    hub_workspaces, known_clients,
};

use super::home_at;

fn samples(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/declared")
        .join(kind)
}

/// What the machine of a sample declares.
fn declared(sample: &Path) -> Declared {
    let home = home_at(&sample.join("home"));
    let (hubs, problems) = hub_workspaces(&home, &LocalFiles);
    let mut gateways: Vec<_> = hubs.iter().flat_map(HubWorkspace::sources).collect();
    gateways.push(GatewaySource::HubConfig {
        file: home.home.join("hub.json"),
    });
    gateways.push(GatewaySource::ProxyConfig {
        file: home.home.join("named-servers.json"),
    });
    let pairs = home.home.join("named-servers.txt");
    let lines = std::fs::read_to_string(&pairs).unwrap_or_default();
    let split = |line: &str| {
        line.split_once('\t')
            .map(|(name, line)| (name.into(), line.into()))
    };
    let pairs = GatewaySource::ProxyServers {
        process: pairs,
        pairs: lines.lines().filter_map(split).collect(),
    };
    gateways.push(pairs);
    let mut declared = discover(&home, &[home.home.join("project")], &gateways, &LocalFiles);
    declared.problems.extend(problems);
    declared
}

/// Compares with what is kept beside the sample.
fn check(kind: &str, text_of: impl Fn(&Path, &Declared) -> String) {
    let mut rows = 0;
    let mut folders: Vec<_> = std::fs::read_dir(samples(kind))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    for folder in folders {
        let declared = declared(&folder);
        assert!(
            !format!("{declared:?}").contains("CANARY"),
            "{}",
            folder.display()
        );
        let text = text_of(&folder, &declared).replace(folder.to_str().unwrap(), "");
        assert!(!text.contains("CANARY"), "{text}");
        let mut settings = insta::Settings::new();
        settings.set_snapshot_path(&folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!("expected", text));
        rows += 1;
    }
    assert!(rows >= 42, "{rows} of {kind} samples");
}

#[test]
fn valid_samples_declare_what_they_should() {
    check("valid", |folder, declared| {
        assert_eq!(declared.problems, [], "{}", folder.display());
        assert!(!declared.servers.is_empty(), "{}", folder.display());
        declared.servers.iter().map(server_text).collect()
    });
}

#[test]
fn invalid_samples_are_named_with_file_line_and_reason() {
    check("invalid", |folder, declared| {
        assert!(!declared.problems.is_empty(), "{}", folder.display());
        assert!(
            declared
                .problems
                .iter()
                .all(|problem| problem.line.is_some()),
            "{declared:?}"
        );
        let mut text: String = declared.problems.iter().map(problem_text).collect();
        for server in &declared.servers {
            writeln!(text, "still declared: {}", server.name).unwrap();
        }
        text
    });
}

#[test]
fn every_client_has_both_samples() {
    let of_clients = |kind: &str| -> BTreeSet<&str> {
        let folders = std::fs::read_dir(samples(kind)).unwrap();
        let folders: Vec<_> = folders.map(|entry| entry.unwrap().file_name()).collect();
        let has = |id: &str| {
            folders
                .iter()
                .any(|folder| folder.to_str().unwrap().starts_with(id))
        };
        known_clients()
            .map(|(_, id)| id)
            .filter(|id| has(id))
            .collect()
    };
    let all: BTreeSet<_> = known_clients().map(|(_, id)| id).collect();
    assert_eq!(of_clients("valid"), all);
    assert_eq!(of_clients("invalid"), all);
}

fn server_text(server: &DeclaredServer) -> String {
    let DeclaredServer {
        name,
        client,
        scope,
        source,
        line,
        launch,
        shown,
        why_disabled,
        ..
    } = server;
    let line = line.map_or_else(String::new, |line| format!(":{line}"));
    let mut text = format!(
        "{name}\n  {client}, {scope:?}, {}{line}\n",
        source.display()
    );
    assert_eq!(server.enabled, why_disabled.is_none());
    if let Some(why) = why_disabled {
        writeln!(text, "  off: {why:?}").unwrap();
    }
    writeln!(text, "  shown: {shown}").unwrap();
    match launch {
        Launch::Stdio {
            command,
            args,
            cwd,
            env_names,
        } => {
            writeln!(text, "  stdio: {command:?} {args:?}").unwrap();
            if let Some(cwd) = cwd {
                writeln!(text, "  in: {cwd}").unwrap();
            }
            if !env_names.is_empty() {
                writeln!(text, "  env: {}", env_names.join(" ")).unwrap();
            }
        }
        Launch::Remote { url, transport } => writeln!(text, "  {transport:?}: {url}").unwrap(),
    }
    text
}

fn problem_text(problem: &Problem) -> String {
    format!("{problem} ({:?})\n", problem.kind)
}
