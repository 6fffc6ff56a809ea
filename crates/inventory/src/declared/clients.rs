//! The table of clients and gateways: where each keeps its servers, and in which shape.
//!
//! One row per client; a place is a path below a base folder, with the keys that lead
//! to the servers. Shapes and synonyms that all clients share are not repeated here
//! (see [`super::shape`]). To add a client, add a row, and one valid and one invalid
//! sample to the tests.

use super::format::KeyPath;
use super::home::Base;
use crate::server::Transport;

/// A client or gateway that declares servers.
#[derive(Debug)]
pub(super) struct Client {
    /// Name as people know it.
    pub(super) name: &'static str,
    /// The same for machines.
    pub(super) id: &'static str,
    pub(super) places: &'static [Place],
    pub(super) quirks: Quirks,
}

/// A file, or files of one pattern, in which servers are declared.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) base: Base,
    /// Below the base; `*` stands for any name or part of one, a last `**` for what
    /// plugins have anywhere below.
    pub(super) path: &'static str,
    pub(super) reach: Reach,
    pub(super) form: Form,
    /// Ways to the servers, all of which are followed.
    pub(super) at: &'static [KeyPath],
}

/// For whom the servers of a place are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    User,
    Project,
    Managed,
    Plugin,
    Gateway,
}

/// What a file of a place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A map or list of servers at each of the ways.
    Servers,
    /// The same, or the map itself without a key around it.
    BareServers,
    /// The file is one workload of `ToolHive`.
    Workload,
    /// Names only, of servers that stand in Docker's catalogues.
    DockerRegistry,
}

/// Where one client differs from the others.
#[derive(Debug)]
pub(super) struct Quirks {
    /// Transport behind a `url` without a type.
    pub(super) url_is: Transport,
    /// `command` is a line that the client splits into words.
    pub(super) splits_command: bool,
    /// The list also names what the client brings along and runs itself.
    pub(super) brings_own: bool,
    /// A file whose entries count only where the second file has none of that name.
    pub(super) shadowed: Option<(&'static str, &'static str)>,
}

const NONE: Quirks = Quirks {
    url_is: Transport::Unknown,
    splits_command: false,
    brings_own: false,
    shadowed: None,
};
/// A bare `url` is the older transport; the newer one is called `httpUrl`.
const GEMINI: Quirks = Quirks {
    url_is: Transport::Sse,
    ..NONE
};
const BRINGS_OWN: Quirks = Quirks {
    brings_own: true,
    ..NONE
};
const SPLITS_COMMAND: Quirks = Quirks {
    splits_command: true,
    ..NONE
};
const OPENCODE: Quirks = Quirks {
    shadowed: Some(("opencode.json", "opencode.jsonc")),
    ..NONE
};

const MCP_SERVERS: &[KeyPath] = &[&["mcpServers"]];
const CLAUDE_CODE: &[KeyPath] = &[&["mcpServers"], &["projects", "*", "mcpServers"]];
const SERVERS: &[KeyPath] = &[&["servers"]];
/// Nested, and as one key with a dot, which an editor's settings may have as well.
const VSCODE_SETTINGS: &[KeyPath] = &[&["mcp", "servers"], &["mcp.servers"]];
const MCP: &[KeyPath] = &[&["mcp"]];
const CONTEXT_SERVERS: &[KeyPath] = &[&["context_servers"]];
const SNAKE: &[KeyPath] = &[&["mcp_servers"]];
const AMP: &[KeyPath] = &[&["amp.mcpServers"]];
const GOOSE: &[KeyPath] = &[&["extensions"]];
const OPENCLAW: &[KeyPath] = &[&["mcp", "servers"]];
const HUB: &[KeyPath] = &[&["mcpServers"], &["servers"]];
const REGISTRY: &[KeyPath] = &[&["registry"]];
const WHOLE: &[KeyPath] = &[&[]];

const fn place(base: Base, path: &'static str, reach: Reach, at: &'static [KeyPath]) -> Place {
    Place {
        base,
        path,
        reach,
        form: Form::Servers,
        at,
    }
}

const fn user(path: &'static str, at: &'static [KeyPath]) -> Place {
    place(Base::Home, path, Reach::User, at)
}

const fn config(path: &'static str, at: &'static [KeyPath]) -> Place {
    place(Base::Config, path, Reach::User, at)
}

const fn project(path: &'static str, at: &'static [KeyPath]) -> Place {
    place(Base::Project, path, Reach::Project, at)
}

/// `.mcp.json` and `plugin.json` of each plugin.
const PLUGINS: Place = Place {
    base: Base::ClaudeFolder,
    path: "plugins/**",
    reach: Reach::Plugin,
    form: Form::BareServers,
    at: MCP_SERVERS,
};

const fn gateway(base: Base, path: &'static str, form: Form, at: &'static [KeyPath]) -> Place {
    Place {
        base,
        path,
        reach: Reach::Gateway,
        form,
        at,
    }
}

const fn client(name: &'static str, id: &'static str, places: &'static [Place]) -> Client {
    quirky(name, id, places, NONE)
}

const fn quirky(
    name: &'static str,
    id: &'static str,
    places: &'static [Place],
    quirks: Quirks,
) -> Client {
    Client {
        name,
        id,
        places,
        quirks,
    }
}

/// All clients and gateways.
pub(super) static CLIENTS: &[Client] = &[
    client(
        "Claude Desktop",
        "claude-desktop",
        &[
            config("Claude/claude_desktop_config.json", MCP_SERVERS),
            config("claude/claude_desktop_config.json", MCP_SERVERS),
        ],
    ),
    client(
        "Claude Code",
        "claude-code",
        &[
            place(Base::ClaudeFile, ".claude.json", Reach::User, CLAUDE_CODE),
            project(".mcp.json", MCP_SERVERS),
            PLUGINS,
            place(
                Base::System,
                "etc/claude-code/managed-mcp.json",
                Reach::Managed,
                MCP_SERVERS,
            ),
        ],
    ),
    client(
        "Cursor",
        "cursor",
        &[
            user(".cursor/mcp.json", MCP_SERVERS),
            project(".cursor/mcp.json", MCP_SERVERS),
        ],
    ),
    client(
        "VS Code",
        "vs-code",
        &[
            config("Code/User/mcp.json", SERVERS),
            config("Code/User/profiles/*/mcp.json", SERVERS),
            config("Code/User/settings.json", VSCODE_SETTINGS),
            config("Code - Insiders/User/mcp.json", SERVERS),
            config("Code - Insiders/User/profiles/*/mcp.json", SERVERS),
            config("Code - Insiders/User/settings.json", VSCODE_SETTINGS),
            user(".vscode-server/data/User/mcp.json", SERVERS),
            project(".vscode/mcp.json", SERVERS),
            project(".vscode/settings.json", VSCODE_SETTINGS),
        ],
    ),
    client(
        "Windsurf",
        "windsurf",
        &[
            user(".codeium/windsurf/mcp_config.json", MCP_SERVERS),
            user(".codeium/mcp_config.json", MCP_SERVERS),
        ],
    ),
    quirky(
        "Zed",
        "zed",
        &[config("zed/settings.json", CONTEXT_SERVERS)],
        BRINGS_OWN,
    ),
    client(
        "Codex",
        "codex",
        &[
            place(Base::Codex, "config.toml", Reach::User, SNAKE),
            project(".codex/config.toml", SNAKE),
        ],
    ),
    quirky(
        "Gemini CLI",
        "gemini-cli",
        &[
            user(".gemini/settings.json", MCP_SERVERS),
            project(".gemini/settings.json", MCP_SERVERS),
        ],
        GEMINI,
    ),
    client(
        "Antigravity",
        "antigravity",
        &[user(".gemini/antigravity/mcp_config.json", MCP_SERVERS)],
    ),
    // Extensions of VS Code, which also run in Cursor, Windsurf and other editors made of it.
    client(
        "Cline",
        "cline",
        &[
            config(
                "*/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
                MCP_SERVERS,
            ),
            user(
                ".vscode-server/data/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
                MCP_SERVERS,
            ),
            user(".cline/data/settings/cline_mcp_settings.json", MCP_SERVERS),
        ],
    ),
    client(
        "Roo Code",
        "roo-code",
        &[
            config(
                "*/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json",
                MCP_SERVERS,
            ),
            user(
                ".vscode-server/data/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json",
                MCP_SERVERS,
            ),
            project(".roo/mcp.json", MCP_SERVERS),
        ],
    ),
    client(
        "Kilo Code",
        "kilo-code",
        &[
            config(
                "*/User/globalStorage/kilocode.kilo-code/settings/mcp_settings.json",
                MCP_SERVERS,
            ),
            user(
                ".vscode-server/data/User/globalStorage/kilocode.kilo-code/settings/mcp_settings.json",
                MCP_SERVERS,
            ),
        ],
    ),
    client(
        "Continue",
        "continue",
        &[
            user(".continue/config.yaml", MCP_SERVERS),
            user(".continue/config.json", MCP_SERVERS),
            project(".continue/mcpServers/*.yaml", MCP_SERVERS),
        ],
    ),
    quirky(
        "Goose",
        "goose",
        &[config("goose/config.yaml", GOOSE)],
        BRINGS_OWN,
    ),
    quirky(
        "opencode",
        "opencode",
        &[
            config("opencode/opencode.json", MCP),
            config("opencode/opencode.jsonc", MCP),
            project("opencode.json", MCP),
            project("opencode.jsonc", MCP),
        ],
        OPENCODE,
    ),
    client(
        "LM Studio",
        "lm-studio",
        &[
            user(".lmstudio/mcp.json", MCP_SERVERS),
            user(".cache/lm-studio/mcp.json", MCP_SERVERS),
        ],
    ),
    client(
        "GitHub Copilot CLI",
        "copilot-cli",
        &[user(".copilot/mcp-config.json", MCP_SERVERS)],
    ),
    client(
        "Kiro",
        "kiro",
        &[
            user(".kiro/settings/mcp.json", MCP_SERVERS),
            project(".kiro/settings/mcp.json", MCP_SERVERS),
        ],
    ),
    client(
        "Crush",
        "crush",
        &[
            config("crush/crush.json", MCP),
            project(".crush.json", MCP),
            project("crush.json", MCP),
        ],
    ),
    client("Amp", "amp", &[config("amp/settings.json", AMP)]),
    client("Trae", "trae", &[config("Trae/User/mcp.json", MCP_SERVERS)]),
    client(
        "Kimi CLI",
        "kimi-cli",
        &[user(".kimi/mcp.json", MCP_SERVERS)],
    ),
    client(
        "Factory",
        "factory",
        &[user(".factory/mcp.json", MCP_SERVERS)],
    ),
    client("Qoder", "qoder", &[user(".qoder/mcp.json", MCP_SERVERS)]),
    quirky(
        "Mistral Vibe",
        "mistral-vibe",
        &[user(".vibe/config.toml", SNAKE)],
        SPLITS_COMMAND,
    ),
    client(
        "Sema4.ai Studio",
        "sema4ai-studio",
        &[user(
            ".sema4ai/sema4ai-studio/mcp_servers.json",
            MCP_SERVERS,
        )],
    ),
    client("Warp", "warp", &[user(".warp/.mcp.json", MCP_SERVERS)]),
    // Made from Gemini CLI, whose meaning of `url` it keeps.
    quirky(
        "Qwen Code",
        "qwen-code",
        &[user(".qwen/settings.json", MCP_SERVERS)],
        GEMINI,
    ),
    client("Hermes", "hermes", &[user(".hermes/config.yaml", SNAKE)]),
    client(
        "OpenClaw",
        "openclaw",
        &[user(".openclaw/openclaw.json", OPENCLAW)],
    ),
    client(
        "mcpproxy-go",
        "mcpproxy-go",
        &[
            gateway(
                Base::Home,
                ".mcpproxy/mcp_config.json",
                Form::Servers,
                MCP_SERVERS,
            ),
            gateway(
                Base::System,
                "etc/mcpproxy/mcp_config.json",
                Form::Servers,
                MCP_SERVERS,
            ),
        ],
    ),
    client("mcp-hub", "mcp-hub", &[HUB_EDITOR]),
    client(
        "inspector",
        "inspector",
        &[gateway(
            Base::Home,
            ".mcp-inspector/mcp.json",
            Form::Servers,
            MCP_SERVERS,
        )],
    ),
    client(
        "toolhive",
        "toolhive",
        &[gateway(
            Base::State,
            "toolhive/runconfigs/*.json",
            Form::Workload,
            WHOLE,
        )],
    ),
    client(
        "docker/mcp-gateway",
        "docker-mcp-gateway",
        &[gateway(
            Base::Home,
            ".docker/mcp/registry.yaml",
            Form::DockerRegistry,
            REGISTRY,
        )],
    ),
    client("mcp-proxy", "mcp-proxy", &[]),
];

/// Where the editor plugin keeps the hub's configuration.
const HUB_EDITOR: Place = gateway(Base::Config, "mcphub/servers.json", Form::Servers, HUB);

/// A file that a hub's command line or state file names.
pub(super) static HUB_FILE: Place = gateway(Base::Home, "", Form::Servers, HUB);

/// A file that a proxy's command line names.
pub(super) static PROXY_FILE: Place = gateway(Base::Home, "", Form::Servers, MCP_SERVERS);

/// The row with this id.
pub(super) fn by_id(id: &str) -> Option<&'static Client> {
    CLIENTS.iter().find(|client| client.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Base, CLIENTS, Reach};

    #[test]
    fn names_and_ids_are_unique() {
        let names: BTreeSet<_> = CLIENTS.iter().map(|client| client.name).collect();
        let ids: BTreeSet<_> = CLIENTS.iter().map(|client| client.id).collect();
        assert_eq!((names.len(), ids.len()), (CLIENTS.len(), CLIENTS.len()));
    }

    #[test]
    fn projects_are_where_projects_are() {
        for place in CLIENTS.iter().flat_map(|client| client.places) {
            assert_eq!(
                place.base == Base::Project,
                place.reach == Reach::Project,
                "{}",
                place.path
            );
        }
    }
}
