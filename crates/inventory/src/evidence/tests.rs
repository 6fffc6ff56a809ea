//! Tables of names: what counts as an MCP server and what does not.

use super::{LISTED, by_name};
use crate::command::Command;

fn confidence(line: &str) -> f64 {
    let argv: Vec<String> = line.split(' ').map(|word| word.replace('·', " ")).collect();
    Command::parse(&argv)
        .as_ref()
        .and_then(by_name)
        .map_or(0.0, |verdict| verdict.confidence)
}

#[test]
fn servers_are_recognised_by_name() {
    for line in [
        "npx -y @modelcontextprotocol/server-memory",
        "npm·exec·@modelcontextprotocol/server-everything",
        "node /srv/node_modules/.bin/mcp-server-memory",
        "/v/bin/python /v/bin/mcp-server-time",
        "python3 -m mcp_server_git",
        "uvx mcp-server-fetch",
        "npx chrome-devtools-mcp@latest",
        "npx @playwright/mcp@latest --headless",
        "docker run -i --rm mcp/fetch",
        "docker run -i --rm ghcr.io/github/github-mcp-server",
        "github-mcp-server stdio",
        "uvx --from git+https://github.com/oraios/serena serena start-mcp-server",
        "codex mcp-server",
        "claude mcp serve",
        "fastmcp run server.py",
        "uv run --with mcp mcp run server.py",
        "node /usr/bin/heroku mcp:start",
        "npx -y mcp-remote https://x.example/sse",
    ] {
        assert!(confidence(line) >= LISTED, "{line}: {}", confidence(line));
    }
}

#[test]
fn what_only_mentions_mcp_is_not() {
    for line in [
        "vim mcp.json",
        "tail -f /var/log/mcp-server.log",
        "grep -r mcp .",
        "bash -c grep·-r·mcp·.",
        "bash -c cd·/home/u/mcp-server·&&·npm·test",
        "node /home/u/mcp-tools/build.js",
        "node /home/u/mcp/node_modules/vite/bin/vite.js",
        "python -m http.server --directory /home/u/mcp",
        "python /home/u/mcp/test_mcp_server.py",
        "python /home/u/deploy-mcp.py",
        "pytest tests/mcp",
        "docker build -t mcp/x .",
        "docker ps --filter name=mcp",
        "git clone https://github.com/x/mcp-server",
        "ssh host mcp-server",
        "bash /home/u/deploy-mcp-server.sh",
        "mcp-hub --port 1 --config x",
        "npx @modelcontextprotocol/inspector",
        "claude mcp list",
        "codex mcp add x",
        "mcp install server.py",
        "code /home/u/mcp-server",
        "cargo run -p mcp",
        "mcp-cli call x",
        "grep --line-buffered mcp-server",
        "rg mcp-server",
        "/usr/bin/python3 /usr/bin/pytest mcp",
        "less mcp",
        "ssh mcp serve",
        "npx create-mcp-server",
    ] {
        assert!(confidence(line) < LISTED, "{line}: {}", confidence(line));
    }
}
