//! The package that a start fetches.

use inventory::command::{Command, Launcher, Registry, base_name};
use supervise::spec::Runs;

/// The package that `npx`, `bunx`, `uvx`, `pipx run` and their like fetch if it is missing, with its
/// registry and without its version: `npm:@scope/name`, `pypi:name`. None for programs that are there
/// already.
pub(super) fn fetched(runs: &Runs) -> Option<String> {
    let argv = std::iter::once(&runs.program).chain(&runs.arguments);
    let mut argv: Vec<String> = argv.cloned().collect();
    // `pipx run` takes what `uvx` does, and what runs is named by the tool alone.
    if base_name(&runs.program) == "pipx"
        && runs.arguments.first().is_some_and(|word| word == "run")
    {
        argv.splice(..2, ["uvx".to_owned()]);
    }
    let command = Command::parse(&argv)?;
    // What is installed in a folder is not fetched.
    if argv.iter().any(|word| word.contains("node_modules/")) {
        return None;
    }
    let launcher = command.launcher?;
    if launcher == Launcher::Container {
        return None;
    }
    let package = command.package?;
    let registry = match package.registry {
        Registry::Npm => "npm",
        Registry::Python => "pypi",
        Registry::Image => return None,
    };
    Some(format!("{registry}:{}", package.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_fetched() {
        for (line, package) in [
            (
                "npx -y @modelcontextprotocol/server-github",
                Some("npm:@modelcontextprotocol/server-github"),
            ),
            (
                "npx --yes @modelcontextprotocol/server-github@1.2.3 --flag",
                Some("npm:@modelcontextprotocol/server-github"),
            ),
            ("npx -y -p @scope/tools tool", Some("npm:@scope/tools")),
            ("npm exec -y server-memory", Some("npm:server-memory")),
            ("pnpm dlx server-memory", Some("npm:server-memory")),
            ("bunx server-memory", Some("npm:server-memory")),
            ("/usr/bin/npx server-memory", Some("npm:server-memory")),
            (
                "uvx mcp-server-time --local UTC",
                Some("pypi:mcp-server-time"),
            ),
            ("uvx mcp-server-time==1.2", Some("pypi:mcp-server-time")),
            (
                "uvx --from git+https://host.example/me/tool tool",
                Some("pypi:tool"),
            ),
            ("uv tool run mcp-server-time", Some("pypi:mcp-server-time")),
            ("pipx run mcp-server-time", Some("pypi:mcp-server-time")),
            ("pipx run --spec mcp-tools tool", Some("pypi:mcp-tools")),
            ("env A=b npx -y server-memory", Some("npm:server-memory")),
            ("node /srv/node_modules/server-memory/index.js", None),
            ("node server.js", None),
            ("mcp-server-time", None),
            ("python3 -m mcp_server_time", None),
            ("uv run server.py", None),
            ("npm run start", None),
            ("npx", None),
            ("docker run -i --rm mcp/fetch", None),
        ] {
            let mut words = line.split(' ').map(str::to_owned);
            let runs = Runs {
                program: words.next().unwrap_or_default(),
                arguments: words.collect(),
                ..Runs::default()
            };
            assert_eq!(fetched(&runs).as_deref(), package, "{line}");
        }
    }
}
