//! One table: command line, and what it runs.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{Command, Launcher};

/// Splits at spaces; `·` stands for a space inside an argument.
fn argv(line: &str) -> Vec<String> {
    line.split(' ').map(|word| word.replace('·', " ")).collect()
}

fn check(
    line: &str,
    launcher: Option<Launcher>,
    program: &str,
    script: &str,
    package: &str,
    args: &str,
) {
    let command = Command::parse(&argv(line)).unwrap();
    assert_eq!(command.launcher, launcher, "launcher of {line}");
    assert_eq!(command.program, program, "program of {line}");
    assert_eq!(
        command.script.as_deref().unwrap_or(""),
        script,
        "script of {line}"
    );
    let name = command
        .package
        .map(|package| package.name)
        .unwrap_or_default();
    assert_eq!(name, package, "package of {line}");
    assert_eq!(command.args.join(" "), args, "arguments of {line}");
}

#[test]
fn npm_in_all_its_forms() {
    let some = Some(Launcher::Npm);
    let server = "@modelcontextprotocol/server-memory";
    for line in [
        "npx -y @modelcontextprotocol/server-memory --x 1",
        "npx --yes @modelcontextprotocol/server-memory@latest --x 1",
        "npm exec @modelcontextprotocol/server-memory@1.2.3 -- --x 1",
        "npm·exec·@modelcontextprotocol/server-memory·--x·1",
        "node /usr/lib/node_modules/npm/bin/npx-cli.js -y @modelcontextprotocol/server-memory --x 1",
        "node /usr/bin/npx -y @modelcontextprotocol/server-memory --x 1",
        "pnpm dlx @modelcontextprotocol/server-memory --x 1",
        "bunx @modelcontextprotocol/server-memory --x 1",
    ] {
        check(line, some, "server-memory", "", server, "--x 1");
    }
    check(
        "npx -y -p @scope/pkg the-bin a",
        some,
        "the-bin",
        "",
        "@scope/pkg",
        "a",
    );
}

#[test]
fn node_scripts() {
    check(
        "node /srv/node_modules/@modelcontextprotocol/server-memory/dist/index.js /data",
        None,
        "node",
        "/srv/node_modules/@modelcontextprotocol/server-memory/dist/index.js",
        "@modelcontextprotocol/server-memory",
        "/data",
    );
    check(
        "node /srv/node_modules/.bin/mcp-server-memory",
        None,
        "node",
        "/srv/node_modules/.bin/mcp-server-memory",
        "",
        "",
    );
    check(
        "node --import tsx --inspect src/server.ts a",
        None,
        "node",
        "src/server.ts",
        "",
        "a",
    );
    check("node -e code", None, "node", "", "", "-e code");
    check("node", None, "node", "", "", "");
}

#[test]
fn python_in_all_its_forms() {
    let some = Some(Launcher::Python);
    check(
        "uvx mcp-server-time@2025.1 --local-timezone UTC",
        some,
        "mcp-server-time",
        "",
        "mcp-server-time",
        "--local-timezone UTC",
    );
    check(
        "uv tool uvx mcp-server-git --repository /r",
        some,
        "mcp-server-git",
        "",
        "mcp-server-git",
        "--repository /r",
    );
    check(
        "uvx --from git+https://github.com/oraios/serena serena start-mcp-server",
        some,
        "serena",
        "",
        "serena",
        "start-mcp-server",
    );
    check(
        "uv --directory /p run server.py",
        some,
        "python",
        "server.py",
        "",
        "",
    );
    check(
        "uv run --with mcp mcp run server.py",
        some,
        "mcp",
        "",
        "",
        "run server.py",
    );
    check(
        "/v/bin/python3 /v/bin/mcp-server-time --local-timezone UTC",
        None,
        "python3",
        "/v/bin/mcp-server-time",
        "",
        "--local-timezone UTC",
    );
    check(
        "python3.12 -u -X dev -m mcp_server_git -v",
        None,
        "python3.12",
        "mcp_server_git",
        "",
        "-v",
    );
    check(
        "/h/.local/share/uv/tools/mcp-server-time/bin/python /h/.local/bin/mcp-server-time",
        None,
        "python",
        "/h/.local/bin/mcp-server-time",
        "mcp-server-time",
        "",
    );
    check("python -c print(1)", None, "python", "", "", "-c print(1)");
}

#[test]
fn shells_and_prefixes() {
    let some = Some(Launcher::Shell);
    check(
        "sh -c mcp-server-memory",
        some,
        "mcp-server-memory",
        "",
        "",
        "",
    );
    check(
        "/bin/bash -lc cd·/x·&&·A=1·exec·npx·-y·@s/p·z",
        some,
        "p",
        "",
        "@s/p",
        "z",
    );
    check(
        "sh -c python3·/x/deaf.py;·true",
        some,
        "python3",
        "/x/deaf.py",
        "",
        "",
    );
    check(
        "bash /home/u/start.sh x",
        some,
        "sh",
        "/home/u/start.sh",
        "",
        "x",
    );
    check("bash", None, "bash", "", "", "");
    check("-zsh", None, "zsh", "", "", "");
    let some = Some(Launcher::Prefix);
    check(
        "env A=b node /x/server.js",
        some,
        "node",
        "/x/server.js",
        "",
        "",
    );
    check(
        "timeout -k 5 60 uvx mcp-server-time",
        some,
        "mcp-server-time",
        "",
        "mcp-server-time",
        "",
    );
    check(
        "mcpvisor run --name m -- npx -y @s/p",
        some,
        "p",
        "",
        "@s/p",
        "",
    );
}

#[test]
fn containers() {
    check(
        "docker run -i --rm -e TOKEN --name x -v /a:/b ghcr.io/github/github-mcp-server:v1 stdio",
        Some(Launcher::Container),
        "github-mcp-server",
        "",
        "github/github-mcp-server",
        "stdio",
    );
    check(
        "docker run --rm -i mcp/fetch",
        Some(Launcher::Container),
        "fetch",
        "",
        "mcp/fetch",
        "",
    );
    check("docker ps -a", None, "docker", "", "", "ps -a");
}

#[test]
fn hostile_command_lines_end() {
    let deep: Vec<String> = std::iter::repeat_n("env".to_owned(), 10_000).collect();
    assert!(Command::parse(&deep).is_some());
    assert!(Command::parse(&[]).is_none());
    assert!(Command::parse(&[String::new()]).is_some());
    assert!(Command::parse(&argv("npx")).is_some());
    assert!(Command::parse(&argv("docker run -e")).is_some());
}
