//! Does this process speak MCP? Evidence, each with its weight, and a stated confidence.
//!
//! A name alone proves little: people edit `mcp.json`, grep for `mcp`, and build in a
//! folder called `mcp-tools`. So only names count that say what *runs* (package,
//! script, program), never folders or other arguments; metadata of the script's own
//! package counts more; and how its standard streams are wired decides where names are
//! weak: a stdio server hangs on pipes, not on a terminal.

use crate::command::{Command, Launcher, base_name, has_ending, is_python, stem};
use crate::packages::PackageFacts;

/// From this confidence on a process is listed as an MCP server.
pub const LISTED: f64 = 0.5;
/// From this confidence on an instance may be cleaned.
pub const CERTAIN_ENOUGH: f64 = 0.7;

/// What a process seems to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What it calls itself.
    pub name: String,
    /// 0 to 1.
    pub confidence: f64,
    /// Why, one fact a line.
    pub evidence: Vec<String>,
}

/// How the standard streams of a process look, as far as its descriptors could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streams {
    /// Not readable.
    Unknown,
    /// Input and output are pipes or sockets: somebody can talk to it.
    Wired,
    /// A terminal: somebody types.
    Terminal,
    /// Neither, but it listens on a socket.
    Listening,
    /// Neither, and it listens nowhere.
    Nothing,
}

/// Weighs the names on a command line.
pub fn by_name(command: &Command) -> Option<Verdict> {
    let mut best: Option<(f64, String)> = None;
    let mut offer = |weight: f64, why: String| {
        if best.as_ref().is_none_or(|(have, _)| *have < weight) {
            best = Some((weight, why));
        }
    };
    for (what, name) in named_things(command) {
        let weight = weight_of_name(name);
        if weight > 0.0 {
            offer(weight, format!("the {what} is named `{name}`"));
        }
    }
    if let Some((weight, word)) = server_verb(command) {
        offer(weight, format!("it was started with `{word}`"));
    }
    let (mut confidence, why) = best?;
    // A shell script says what somebody does, not what speaks: `deploy-mcp-server.sh`.
    if command.launcher == Some(Launcher::Shell)
        && command.script.as_deref().is_some_and(is_shell_script)
    {
        confidence = confidence.min(0.4);
    }
    Some(Verdict {
        name: own_name(command),
        confidence,
        evidence: vec![why],
    })
}

/// Doubts a name that only the command line claims: a program is what its file is called, and
/// `exec -a mcp-server sleep 60` sleeps. What an interpreter runs may give itself any title.
pub fn with_program(mut verdict: Verdict, command: &Command, exe: Option<&str>) -> Verdict {
    let plain = command.launcher.is_none() && command.script.is_none() && command.package.is_none();
    let file = exe.map(base_name);
    if plain
        && file.is_some_and(|file| {
            stem(file) != command.program && weight_of_name(file) == 0.0 && !is_interpreter(file)
        })
    {
        verdict.confidence *= 0.4;
        let file = file.unwrap_or_default();
        verdict
            .evidence
            .push(format!("but the program that runs is `{file}`"));
    }
    verdict
}

fn is_interpreter(file: &str) -> bool {
    is_python(file)
        || matches!(
            file,
            "node" | "nodejs" | "deno" | "bun" | "ruby" | "perl" | "php" | "java" | "electron"
        )
}

/// Adds what the metadata of its package and its script say.
pub fn with_package(
    verdict: Option<Verdict>,
    command: &Command,
    facts: Option<&PackageFacts>,
) -> Option<Verdict> {
    let Some(facts) = facts else { return verdict };
    let mut verdict = verdict.unwrap_or_else(|| Verdict {
        name: own_name(command),
        confidence: 0.0,
        evidence: Vec::new(),
    });
    if let Some(name) = &facts.name {
        short_name(name).clone_into(&mut verdict.name);
        // Much is run in the folder of a package that is not what the package is for: its build,
        // its tests.
        let most = if facts.entry || facts.imports.is_some() {
            1.0
        } else {
            0.3
        };
        let weight = weight_of_name(name).min(most);
        if weight > verdict.confidence {
            verdict.confidence = weight;
            verdict.evidence.push(format!("its package is `{name}`"));
        }
    }
    match (&facts.sdk, facts.entry) {
        (Some(sdk), true) => {
            verdict.confidence = raise(verdict.confidence, 0.6);
            verdict
                .evidence
                .push(format!("its package runs this file and depends on `{sdk}`"));
        }
        (Some(sdk), false) if verdict.confidence > 0.3 => {
            verdict.confidence = raise(verdict.confidence, 0.3);
            verdict
                .evidence
                .push(format!("its package depends on `{sdk}`"));
        }
        _ => {}
    }
    // A bundled program has its SDK inside and depends on nothing; its keywords still tell.
    if facts.speaks_of_mcp && facts.entry && verdict.confidence == 0.0 {
        verdict.confidence = 0.5;
        verdict
            .evidence
            .push("its package runs this file and says that it is about MCP".to_owned());
    } else if facts.speaks_of_mcp && verdict.confidence > 0.3 {
        verdict.confidence = raise(verdict.confidence, 0.2);
        verdict
            .evidence
            .push("its package says that it is about MCP".to_owned());
    }
    if let Some(import) = &facts.imports {
        verdict.confidence = raise(verdict.confidence, 0.75);
        verdict.evidence.push(format!("its script uses `{import}`"));
    }
    (verdict.confidence > 0.0).then_some(verdict)
}

/// Corrects a verdict by how the process is wired.
pub fn with_streams(mut verdict: Verdict, streams: Streams, launcher: bool) -> Verdict {
    match streams {
        Streams::Wired => {
            verdict.confidence = raise(verdict.confidence, 0.2);
            verdict
                .evidence
                .push("its standard input and output are pipes or sockets".to_owned());
        }
        Streams::Terminal => {
            // Somebody may try a server by hand, but then its name says so plainly.
            verdict.confidence = if verdict.confidence >= 0.85 {
                0.6
            } else {
                verdict.confidence * 0.5
            };
            verdict
                .evidence
                .push("its standard input is a terminal".to_owned());
        }
        Streams::Nothing if !launcher => {
            verdict.confidence *= 0.8;
            verdict
                .evidence
                .push("its standard input leads nowhere and it listens nowhere".to_owned());
        }
        _ => {}
    }
    verdict
}

/// Two independent signs together are stronger than each: 1 - (1 - a)(1 - b), below certainty.
fn raise(confidence: f64, by: f64) -> f64 {
    (1.0 - (1.0 - confidence) * (1.0 - by)).min(0.97)
}

/// Package, script and program, with what each is called in a sentence.
fn named_things(command: &Command) -> Vec<(&'static str, &str)> {
    let mut things = Vec::new();
    if let Some(package) = &command.package {
        things.push(("package", package.name.as_str()));
    }
    if let Some(script) = &command.script {
        things.push(("script", stem(script)));
    }
    things.push(("program", command.program.as_str()));
    things
}

/// Words that name the protocol.
fn names_protocol(word: &str) -> bool {
    matches!(
        word,
        "mcp" | "mcpserver" | "modelcontextprotocol" | "fastmcp" | "mcps"
    )
}

/// Words of a name whose owner does something *with* MCP servers, or to their source.
const OTHER_TRADES: &[&str] = &[
    "client",
    "clients",
    "inspector",
    "cli",
    "host",
    "scan",
    "scanner",
    "publisher",
    "create",
    "sdk",
    "test",
    "tests",
    "build",
    "builder",
    "deploy",
    "publish",
    "release",
    "lint",
    "check",
    "bench",
    "benchmark",
    "backup",
    "generate",
    "gen",
    "install",
    "installer",
    "setup",
    "log",
    "logs",
    "docs",
    "config",
    "conf",
    "validator",
    "debug",
    "hub",
    "proxy",
    "gateway",
    "bridge",
    "conformance",
    "migrate",
    "clean",
    "cleanup",
    "kill",
    "watchdog",
    "monitor",
    "reaper",
];

/// How much a name alone says, 0 to 1.
fn weight_of_name(name: &str) -> f64 {
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("@modelcontextprotocol/server-") {
        return 0.95;
    }
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    if !words.iter().any(|word| names_protocol(word)) {
        return 0.0;
    }
    let last = words.last().copied().unwrap_or_default();
    let first = words.first().copied().unwrap_or_default();
    if OTHER_TRADES.contains(&first) || (OTHER_TRADES.contains(&last) && !words.contains(&"server"))
    {
        return 0.0;
    }
    if matches!(
        last,
        "json" | "jsonc" | "toml" | "yaml" | "yml" | "md" | "txt" | "sock" | "rs" | "go" | "html"
    ) {
        return 0.0;
    }
    if words
        .iter()
        .any(|word| matches!(*word, "server" | "servers" | "mcpserver"))
    {
        return 0.85;
    }
    // `mcp`, the SDK's own tool, and `fastmcp` are servers only by what they are told to do.
    if words == ["mcp"] || words == ["fastmcp"] {
        return 0.0;
    }
    0.75
}

/// Tools whose first argument is what they work on: a pattern, a file, a folder, a host, a test.
const WORK_ON_IT: &[&str] = &[
    "grep",
    "egrep",
    "fgrep",
    "zgrep",
    "rg",
    "ag",
    "ack",
    "ugrep",
    "sed",
    "awk",
    "gawk",
    "mawk",
    "jq",
    "yq",
    "find",
    "fd",
    "fdfind",
    "locate",
    "ls",
    "cat",
    "bat",
    "head",
    "tail",
    "less",
    "more",
    "most",
    "tee",
    "wc",
    "sort",
    "diff",
    "cp",
    "mv",
    "rm",
    "mkdir",
    "touch",
    "tar",
    "zip",
    "unzip",
    "rsync",
    "scp",
    "sftp",
    "ssh",
    "mosh",
    "curl",
    "wget",
    "ping",
    "dig",
    "nc",
    "man",
    "which",
    "whereis",
    "type",
    "echo",
    "printf",
    "test",
    "ps",
    "pgrep",
    "pkill",
    "kill",
    "killall",
    "pidof",
    "top",
    "htop",
    "watch",
    "strace",
    "lsof",
    "fuser",
    "systemctl",
    "journalctl",
    "service",
    "screen",
    "tmux",
    "su",
    "git",
    "hg",
    "svn",
    "gh",
    "glab",
    "make",
    "just",
    "cargo",
    "go",
    "npm",
    "pnpm",
    "yarn",
    "pip",
    "pip3",
    "apt",
    "brew",
    "vim",
    "vi",
    "nvim",
    "view",
    "nano",
    "emacs",
    "emacsclient",
    "micro",
    "hx",
    "pytest",
    "py.test",
    "jest",
    "vitest",
    "mocha",
    "tox",
    "nox",
    "ruff",
    "mypy",
    "eslint",
    "prettier",
    "tsc",
    "cd",
    "source",
    "sleep",
    "inotifywait",
    "entr",
    "xargs",
];

/// The argument that turns a general program into a server, and what it says: `codex mcp-server`,
/// `mcp run x.py`.
fn server_verb(command: &Command) -> Option<(f64, String)> {
    let mut words = command.args.iter().filter(|word| !word.starts_with('-'));
    let first = words.next()?.as_str();
    let second = words.next().map(String::as_str);
    let tool = command
        .script
        .as_deref()
        .map_or(command.program.as_str(), stem);
    if WORK_ON_IT.contains(&tool) {
        return None;
    }
    let package = command
        .package
        .as_ref()
        .map(|package| package.name.as_str());
    let sdk_tool = matches!(tool, "mcp" | "fastmcp") || matches!(package, Some("mcp" | "fastmcp"));
    let is_server = match first {
        "mcp-server" | "start-mcp-server" | "mcp:start" | "serve-mcp" | "mcp-serve"
        | "mcp-stdio" => true,
        "run" | "dev" => sdk_tool,
        "mcp" => {
            matches!(second, Some("serve" | "server" | "start" | "run" | "stdio"))
                || (tool != "docker" && tool != "claude" && tool != "codex" && second.is_none())
        }
        _ => false,
    };
    is_server.then(|| match second {
        Some(second) if first == "mcp" => (0.7, format!("{first} {second}")),
        // By itself the word may be anything: a topic, a folder.
        None if first == "mcp" => (0.55, first.to_owned()),
        _ => (0.7, first.to_owned()),
    })
}

fn is_shell_script(path: &str) -> bool {
    !has_ending(path, &["js", "py", "ts"])
}

/// What the command calls itself: package, else script, else program; where a script's name says
/// nothing, the folder above it.
fn own_name(command: &Command) -> String {
    if let Some(package) = &command.package {
        return short_name(&package.name).to_owned();
    }
    let Some(script) = &command.script else {
        return command.program.clone();
    };
    let name = stem(script);
    if !is_generic(name) {
        return name.to_owned();
    }
    script
        .rsplit('/')
        .skip(1)
        .find(|folder| {
            !folder.is_empty() && !is_generic(folder) && *folder != "." && *folder != ".."
        })
        .unwrap_or(name)
        .to_owned()
}

fn is_generic(name: &str) -> bool {
    matches!(
        name,
        "index"
            | "main"
            | "server"
            | "cli"
            | "app"
            | "__main__"
            | "dist"
            | "build"
            | "src"
            | "lib"
            | "bin"
            | "start"
            | "run"
            | "stdio"
            | "out"
            | "target"
            | "release"
            | "debug"
    )
}

/// A package's name without its scope, but for scopes that say more than the rest: `@playwright/mcp`
/// is `playwright`.
fn short_name(package: &str) -> &str {
    match package.rsplit_once('/') {
        Some((scope, "mcp" | "mcp-server" | "server" | "mcp-server-stdio")) => scope
            .trim_start_matches('@')
            .rsplit('/')
            .next()
            .unwrap_or(scope),
        Some((_, name)) => name,
        None => package,
    }
}

#[cfg(test)]
mod tests;
