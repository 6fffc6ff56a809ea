//! A real mcp-hub with real servers behind it, in a home folder of its own.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{Skipped, npm_folder, npm_script};
use crate::Spawned;
use crate::wait::wait_for;

/// Starting Node and npx several times takes seconds, on a busy machine many.
const READY_WITHIN: Duration = Duration::from_mins(2);

/// A running mcp-hub. Dropping it ends it and its servers.
#[derive(Debug)]
pub struct Hub {
    /// The hub's own process: `node .../mcp-hub/dist/cli.js --port N --config FILE`.
    pub process: Spawned,
    /// Its port on the loopback interface.
    pub port: u16,
    /// The configuration file that its command line names.
    pub config: PathBuf,
    /// Its `HOME`; its state is below `.local/state/mcp-hub` in it.
    pub home: PathBuf,
}

/// Starts mcp-hub with `servers` (the object under `mcpServers`) and waits until all are connected.
/// The outer result is about this machine, the inner one about the hub.
pub fn hub(folder: &Path, servers: &Value) -> Result<Result<Hub>, Skipped> {
    let script = npm_script("mcp-hub")?;
    let packages = npm_folder()?;
    Ok(start(folder, servers, &script, &packages))
}

impl Hub {
    /// What `GET /api/health` answers now; `None` while it does not.
    #[must_use]
    pub fn health(&self) -> Option<Value> {
        health(self.port)
    }
}

fn start(folder: &Path, servers: &Value, script: &Path, packages: &Path) -> Result<Hub> {
    let home = folder.join("home");
    fs::create_dir_all(&home).with_context(|| format!("cannot make {}", home.display()))?;
    let config = folder.join("hub.json");
    fs::write(&config, json!({"mcpServers": servers}).to_string())
        .with_context(|| format!("cannot write {}", config.display()))?;
    let port = free_port()?;
    let mut process = Spawned::start(
        Command::new("node")
            .arg(script)
            .arg(format!("--port={port}"))
            .arg("--config")
            .arg(&config)
            .current_dir(packages)
            .env("HOME", &home)
            .env_remove("XDG_STATE_HOME")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_DATA_HOME")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null()),
    )?;
    let wanted = servers.as_object().map_or(0, serde_json::Map::len);
    wait_for("mcp-hub and its servers", READY_WITHIN, || {
        connected(&health(port)?).filter(|count| *count == wanted)
    })?;
    process.note_descendants();
    Ok(Hub {
        process,
        port,
        config,
        home,
    })
}

/// How many servers are connected, once the hub is past its start.
fn connected(health: &Value) -> Option<usize> {
    if health["state"] != "ready" {
        return None;
    }
    let servers = health["servers"].as_array()?;
    let connected = servers
        .iter()
        .filter(|server| server["status"] == "connected");
    Some(connected.count())
}

fn health(port: u16) -> Option<Value> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .ok()?;
    let request = b"GET /api/health HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    stream.write_all(request).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    serde_json::from_str(body).ok()
}

/// A port that is free now. Another program may take it before the hub does; the hub then ends, and
/// the wait for its health says so.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr().context("no free port")?.port())
}
