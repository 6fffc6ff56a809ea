//! What names say: of packages, scripts and programs, and of the first words after them.

use crate::command::{Command, has_ending, stem};

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
pub(super) fn weight_of_name(name: &str) -> f64 {
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
pub(super) fn server_verb(command: &Command) -> Option<(f64, String)> {
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

pub(super) fn is_shell_script(path: &str) -> bool {
    !has_ending(path, &["js", "py", "ts"])
}

/// What the command calls itself: package, else script, else program; where a script's name says
/// nothing, the folder above it.
pub(super) fn own_name(command: &Command) -> String {
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
pub(super) fn short_name(package: &str) -> &str {
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
