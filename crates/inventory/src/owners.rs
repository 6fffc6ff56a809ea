//! Programs that start MCP servers, and how to know them.
//!
//! Names are those of the configuration table (see [`crate::declared`]), so that a
//! running client and its files meet.

use model::Process;

use crate::OwnerKind;
use crate::command::{Command, base_name};

/// How one owner is recognised.
struct Known {
    name: &'static str,
    kind: OwnerKind,
    /// Base names of its program or script, and names that it gives itself.
    programs: &'static [&'static str],
    /// Packages that it is installed from.
    packages: &'static [&'static str],
    /// Parts of the path of its program.
    paths: &'static [&'static str],
}

/// A recognised owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// Name.
    pub name: &'static str,
    /// Kind.
    pub kind: OwnerKind,
}

const fn client(
    name: &'static str,
    programs: &'static [&'static str],
    packages: &'static [&'static str],
    paths: &'static [&'static str],
) -> Known {
    Known {
        name,
        kind: OwnerKind::Client,
        programs,
        packages,
        paths,
    }
}

const fn gateway(
    name: &'static str,
    programs: &'static [&'static str],
    packages: &'static [&'static str],
) -> Known {
    Known {
        name,
        kind: OwnerKind::Gateway,
        programs,
        packages,
        paths: &[],
    }
}

/// Order matters where one product contains another: an editor's forks come before it.
const KNOWN: &[Known] = &[
    client(
        "Claude Code",
        &["claude"],
        &["@anthropic-ai/claude-code"],
        &["/.claude/local/", "/claude/versions/"],
    ),
    client(
        "Claude Desktop",
        &["claude-desktop", "Claude"],
        &[],
        &["/claude-desktop/", "/claude-desktop-"],
    ),
    client(
        "Codex",
        &["codex", "codex-app-server"],
        &["@openai/codex"],
        &[],
    ),
    client(
        "Cursor",
        &["cursor", "cursor-agent", "cursor-server"],
        &[],
        &[
            "/.cursor-server/",
            "/cursor/resources/",
            "/usr/share/cursor/",
        ],
    ),
    client(
        "Windsurf",
        &["windsurf", "windsurf-server"],
        &[],
        &["/windsurf/", "/.windsurf-server/"],
    ),
    client("Antigravity", &["antigravity"], &[], &["/antigravity/"]),
    client("Kiro", &["kiro", "kiro-cli"], &[], &["/kiro/"]),
    client("Trae", &["trae"], &[], &["/trae/"]),
    client("Qoder", &["qoder"], &[], &["/qoder/"]),
    client(
        "VS Code",
        &[
            "code",
            "code-insiders",
            "code-oss",
            "codium",
            "vscodium",
            "code-server",
            "code-tunnel",
        ],
        &[],
        &[
            "/.vscode-server/",
            "/.vscode-server-insiders/",
            "/.vscode/",
            "/usr/share/code/",
            "/code-server/",
            "/visual-studio-code/",
        ],
    ),
    client(
        "Zed",
        &["zed", "zed-editor", "zeditor"],
        &[],
        &["/zed.app/", "/zed-editor"],
    ),
    client("Gemini CLI", &["gemini"], &["@google/gemini-cli"], &[]),
    client("Cline", &["cline"], &["cline"], &[]),
    client("Continue", &["cn"], &["@continuedev/cli"], &[]),
    client("Goose", &["goose", "goosed", "goose-desktop"], &[], &[]),
    client("opencode", &["opencode"], &["opencode-ai"], &[]),
    client(
        "LM Studio",
        &["lm-studio", "lmstudio", "LM-Studio"],
        &[],
        &["/.lmstudio/"],
    ),
    client(
        "GitHub Copilot CLI",
        &["copilot"],
        &["@github/copilot"],
        &[],
    ),
    client("Crush", &["crush"], &["@charmland/crush"], &[]),
    client("Amp", &["amp"], &["@sourcegraph/amp"], &[]),
    client("Kimi CLI", &["kimi", "kimi-cli"], &["kimi-cli"], &[]),
    client("Factory", &["droid"], &["@factory/cli"], &[]),
    client(
        "Mistral Vibe",
        &["vibe", "mistral-vibe"],
        &["mistral-vibe"],
        &[],
    ),
    client("Sema4.ai Studio", &["sema4ai-studio"], &[], &[]),
    client(
        "Warp",
        &["warp", "warp-terminal"],
        &[],
        &["/warp-terminal/"],
    ),
    client("Qwen Code", &["qwen"], &["@qwen-code/qwen-code"], &[]),
    client(
        "Hermes",
        &["hermes", "hermes-agent"],
        &["hermes-agent"],
        &[],
    ),
    client("OpenClaw", &["openclaw"], &["openclaw"], &[]),
    client(
        "Cherry Studio",
        &["cherry-studio", "cherrystudio"],
        &[],
        &[],
    ),
    client("OpenHands", &["openhands"], &["openhands-ai"], &[]),
    client("Open WebUI", &["open-webui"], &["open-webui"], &[]),
    client(
        "JetBrains",
        &[
            "idea",
            "pycharm",
            "webstorm",
            "goland",
            "rustrover",
            "phpstorm",
            "clion",
        ],
        &[],
        &[],
    ),
    gateway("mcp-hub", &["mcp-hub", "mcphub"], &["mcp-hub"]),
    gateway("mcpproxy-go", &["mcpproxy"], &[]),
    gateway("MetaMCP", &["metamcp"], &["metamcp"]),
    gateway("agentgateway", &["agentgateway"], &[]),
    gateway(
        "ContextForge",
        &["mcpgateway", "mcpgateway.translate", "mcpgateway.main"],
        &["mcp-contextforge-gateway"],
    ),
    gateway("docker/mcp-gateway", &["docker-mcp"], &[]),
    gateway("toolhive", &["thv", "thv-proxyrunner"], &[]),
    gateway("mcp-proxy", &["mcp-proxy", "mcp_proxy"], &["mcp-proxy"]),
    gateway("supergateway", &["supergateway"], &["supergateway"]),
    gateway("mcpo", &["mcpo"], &["mcpo"]),
    gateway(
        "inspector",
        &["mcp-inspector"],
        &[
            "@modelcontextprotocol/inspector",
            "@modelcontextprotocol/inspector-cli",
        ],
    ),
    gateway("rmcp-mux", &["rmcp-mux", "rmcp_mux"], &[]),
    gateway("endara-relay", &["endara-relay"], &[]),
    gateway(
        "mcp-remote",
        &["mcp-remote", "mcp-remote-client"],
        &["mcp-remote"],
    ),
];

/// The owner that this process is, if it is a known one.
///
/// `command` is its parsed command line, `found` the name of its script's package as the package's
/// metadata has it. A launcher is never an owner: `npx mcp-hub` only starts the hub.
pub fn recognise(
    process: &Process,
    command: Option<&Command>,
    found: Option<&str>,
) -> Option<Recognised> {
    let facts = &process.sample.facts;
    if command.is_some_and(|command| command.launcher.is_some()) {
        return None;
    }
    let own = |name: &str| base_name(name).to_owned();
    let mut names: Vec<String> = vec![facts.comm.clone()];
    names.extend(facts.exe.as_deref().map(own));
    names.extend(
        process
            .argv()
            .first()
            .map(|first| own(first.split(' ').next().unwrap_or(first))),
    );
    if let Some(command) = command {
        names.extend(
            command
                .script
                .as_deref()
                .map(|script| crate::command::stem(script).to_owned()),
        );
    }
    let package = command.and_then(|command| command.package.as_ref());
    let exe = facts.exe.as_deref().unwrap_or_default();
    let argv0 = process
        .argv()
        .first()
        .map(String::as_str)
        .unwrap_or_default();
    if is_server_mode(&names, command) {
        return None;
    }
    if names.iter().any(|name| name == "docker") && docker_gateway(process) {
        return Some(Recognised {
            name: "docker/mcp-gateway",
            kind: OwnerKind::Gateway,
        });
    }
    KNOWN
        .iter()
        .find(|known| {
            package.is_some_and(|package| known.packages.contains(&package.name.as_str()))
                || found.is_some_and(|found| known.packages.contains(&found))
                || names
                    .iter()
                    .any(|name| known.programs.contains(&name.as_str()))
                || known
                    .paths
                    .iter()
                    .any(|part| exe.contains(part) || argv0.contains(part))
        })
        .map(|known| Recognised {
            name: known.name,
            kind: known.kind,
        })
}

/// `codex mcp-server`, `claude mcp serve`, `goose mcp NAME`: a client's program that is a server.
fn is_server_mode(names: &[String], command: Option<&Command>) -> bool {
    let Some(command) = command else { return false };
    let mut words = command
        .args
        .iter()
        .map(String::as_str)
        .filter(|word| !word.starts_with('-'));
    let (first, second) = (words.next(), words.next());
    let named = |name: &str| names.iter().any(|have| have == name);
    match first {
        Some("mcp-server") => named("codex"),
        Some("mcp") => (named("claude") && second == Some("serve")) || named("goose"),
        _ => false,
    }
}

/// `docker mcp gateway run`.
fn docker_gateway(process: &Process) -> bool {
    let words: Vec<&str> = process.argv().iter().map(String::as_str).skip(1).collect();
    words.windows(2).any(|pair| pair == ["mcp", "gateway"])
}

/// Interactive shells: a person's terminal, not a launcher.
pub fn is_shell(comm: &str) -> bool {
    matches!(
        comm.trim_start_matches('-'),
        "sh" | "bash"
            | "dash"
            | "zsh"
            | "ash"
            | "ksh"
            | "fish"
            | "tcsh"
            | "nu"
            | "elvish"
            | "pwsh"
            | "xonsh"
    )
}

/// Processes that adopt others' orphans: the service manager, init programs of containers,
/// container shims.
pub fn is_reaper(process: &Process) -> bool {
    process.pid() == 1
        || matches!(
            process.comm(),
            "systemd"
                | "init"
                | "tini"
                | "dumb-init"
                | "catatonit"
                | "containerd-shim"
                | "containerd-shim-runc-v2"
                | "conmon"
                | "docker-init"
                | "podman-init"
                | "s6-svscan"
                | "runsvdir"
                | "upstart"
                | "openrc-init"
                | "launchd"
        )
        || process.comm().starts_with("containerd-shim")
}

/// Terminals' and sessions' own servers: never touched, and never an owner of a server.
pub fn is_session_keeper(comm: &str) -> bool {
    let comm = comm.trim_start_matches('-');
    comm.starts_with("tmux")
        || matches!(
            comm,
            "screen"
                | "SCREEN"
                | "sshd"
                | "mosh-server"
                | "zellij"
                | "dtach"
                | "abduco"
                | "sshd-session"
                | "login"
                | "systemd-logind"
        )
}
