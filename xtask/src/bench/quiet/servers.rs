//! The ten servers: from npm and `PyPI`, started as people start them, and what they are asked to do.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::command::run;
use crate::repository;
use crate::testbed;

/// A server of our own over a framework that many use.
const WEATHER: &str = "\
from fastmcp import FastMCP

mcp = FastMCP(\"weather\")


@mcp.tool
def forecast(city: str) -> str:
    return f\"It will be fine in {city}.\"


if __name__ == \"__main__\":
    mcp.run()
";

/// Installs what is missing.
pub(super) fn install() -> Result<()> {
    testbed::npm::install()?;
    testbed::python::install_servers()
}

/// All of them by name, with their calls; `folder` takes their files.
pub(super) fn plan(folder: &Path) -> Result<Value> {
    let files = folder.join("files");
    let repository = folder.join("repository");
    for place in [&files, &repository] {
        fs::create_dir_all(place).with_context(|| format!("cannot make {}", place.display()))?;
    }
    run(Command::new("git")
        .args(["init", "--quiet"])
        .arg(&repository))?;
    let weather = folder.join("weather.py");
    fs::write(&weather, WEATHER).with_context(|| format!("cannot write {}", weather.display()))?;
    let node = |package: &str| {
        let script = format!("node_modules/@modelcontextprotocol/{package}/dist/index.js");
        repository::testbed().join("npm").join(script)
    };
    let python = |program: &str| repository::testbed().join("python/bin").join(program);
    let memory = |name: &str| json!({ "MEMORY_FILE_PATH": folder.join(name) });
    let everything = json!([call("echo", json!({"message": "hello"}))]);
    let graph = json!([
        call(
            "create_entities",
            json!({"entities": [
            {"name": "mcp", "entityType": "protocol", "observations": ["it is spoken"]}]})
        ),
        call("read_graph", json!({})),
        call("search_nodes", json!({"query": "mcp"})),
    ]);
    let note = files.join("note.txt");
    let disk = json!([
        call(
            "write_file",
            json!({"path": note, "content": "a note\n".repeat(200)})
        ),
        call("read_text_file", json!({"path": note})),
        call("list_directory", json!({"path": files})),
    ]);
    let forecast = json!([call("forecast", json!({"city": "Oslo"}))]);
    Ok(json!({
        "memory": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-memory"],
            "env": memory("memory.json"), "calls": graph},
        "everything": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-everything"],
            "calls": everything},
        "files": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", files],
            "calls": disk},
        "notes": {"command": "node", "args": [node("server-memory")], "env": memory("notes.json"),
            "calls": graph},
        "reference": {"command": "node", "args": [node("server-everything")], "calls": everything},
        "documents": {"command": "node", "args": [node("server-filesystem"), files], "calls": disk},
        "clock": {"command": python("mcp-server-time"), "args": ["--local-timezone", "UTC"],
            "calls": [call("get_current_time", json!({"timezone": "Asia/Tokyo"}))]},
        "git": {"command": python("mcp-server-git"), "args": ["--repository", repository],
            "calls": [call("git_status", json!({"repo_path": repository}))]},
        "weather": {"command": python("python3"), "args": [weather], "calls": forecast},
        "climate": {"command": python("fastmcp"), "args": ["run", weather, "--no-banner"], "calls": forecast},
    }))
}

fn call(name: &str, arguments: Value) -> Value {
    let mut call = json!({ "name": name });
    call["arguments"] = arguments;
    call
}

/// The servers as a client's file declares them: without what only the traffic needs.
pub(super) fn declared(plan: &Value) -> Value {
    let mut declared = plan.clone();
    for server in declared
        .as_object_mut()
        .into_iter()
        .flat_map(|all| all.values_mut())
    {
        if let Some(server) = server.as_object_mut() {
            server.remove("calls");
        }
    }
    declared
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_declared_says_nothing_of_the_traffic() {
        let plan = json!({"a": {"command": "x", "calls": [call("echo", json!({}))]}});
        assert_eq!(declared(&plan), json!({"a": {"command": "x"}}));
    }
}
