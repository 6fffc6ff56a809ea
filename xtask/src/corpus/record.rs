//! Recording: one picture of some trees with what is above them, as a JSON file with a process a line.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use inventory::command::Command;
use inventory::packages::{PackageFacts, Packages};
use linux::{Collector, Options, ProcRoot, Wants};
use model::{Host, Process, ProcessTable, derive};
use serde_json::{Value, json};

use super::shrink::Shrink;
use crate::step::Outcome;

/// What to record.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// File to write; its name is the name of the record.
    file: PathBuf,
    /// Topmost processes: everything below and above them is recorded.
    #[arg(long = "root", required = true)]
    roots: Vec<u32>,
    /// Replaces FROM in every text; in the order given.
    #[arg(long = "replace", value_name = "FROM=TO")]
    replace: Vec<String>,
    /// JSON object with what is known besides: `about`, `declared`, `hubs`, `expected`.
    #[arg(long)]
    facts: PathBuf,
    /// Recorded after the rules were made: scored by itself.
    #[arg(long)]
    held_out: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let facts = std::fs::read_to_string(&arguments.facts).context("reading the facts")?;
    let facts: Value = serde_json::from_str(&facts).context("parsing the facts")?;
    let root = ProcRoot::system()?;
    let host = linux::host::read(&root);
    let mut collector = Collector::new(root, Options::one_shot());
    collector.pass(linux::clock::now(), &Wants::cheap());
    std::thread::sleep(Duration::from_millis(100));
    let wants = Wants {
        pss: linux::Selection::None,
        all_now: true,
        ..Wants::default()
    };
    let pass = collector.pass(linux::clock::now(), &wants);
    let processes = derive::processes(&[], pass.samples, host.ticks_per_second);
    let whole = ProcessTable::new(host, pass.moment, processes, Vec::new());
    let chosen = choose(&whole, &arguments.roots)?;
    let shrink = Shrink::new(&whole, &chosen, &arguments.replace)?;
    let mut records: Vec<Process> = chosen
        .iter()
        .map(|&at| shrink.process(&whole.processes()[at]))
        .collect();
    records.sort_by_key(Process::pid);
    let document = document(
        arguments,
        &facts,
        &whole,
        &chosen,
        &records,
        &shrink,
        collector.root(),
    );
    if let Some(folder) = arguments.file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&arguments.file, document).context("writing the record")?;
    println!("{}: {} processes", arguments.file.display(), records.len());
    Ok(Outcome::Done)
}

/// Positions of the trees and of what is above them.
fn choose(table: &ProcessTable, roots: &[u32]) -> Result<BTreeSet<usize>> {
    let mut chosen = BTreeSet::new();
    for &root in roots {
        let Some(at) = table.position(root) else {
            bail!("PID {root} does not run")
        };
        chosen.extend(table.subtree(at));
        chosen.extend(table.ancestors(at));
    }
    Ok(chosen)
}

fn document(
    arguments: &Arguments,
    facts: &Value,
    whole: &ProcessTable,
    chosen: &BTreeSet<usize>,
    records: &[Process],
    shrink: &Shrink,
    root: &ProcRoot,
) -> String {
    let mut writers = Vec::new();
    let mut packages = Vec::new();
    let mut lookup = Packages::default();
    for &at in chosen {
        let process = &whole.processes()[at];
        let (input, _) = inventory::wiring::streams(process);
        if let Some(gone) = linux::control::stdin_writer_gone(root, process.pid(), input) {
            writers.push(json!([process.pid(), !gone]));
        }
        if let Some(found) = package(process, &mut lookup) {
            let found = shrink.replaced(&json!(found));
            packages.push(json!([process.pid(), trimmed(found)]));
        }
    }
    let mut text = String::from("{\n");
    let mut field = |name: &str, value: &Value| {
        text.push_str(&format!("{}: {value},\n", json!(name)));
    };
    field("held_out", &json!(arguments.held_out));
    for key in ["about", "declared", "hubs", "expected"] {
        if let Some(value) = facts.get(key) {
            field(key, &shrink.replaced(value));
        }
    }
    field("writers", &json!(writers));
    field("packages", &json!(packages));
    field("host", &json!(neutral(&whole.host)));
    field(
        "moment",
        &json!({"wall": "2026-01-02T03:04:05Z", "boot_ns": whole.moment.boot_ns}),
    );
    text.push_str("\"processes\": [\n");
    let lines: Vec<String> = records
        .iter()
        .map(|process| trimmed(json!(process)).to_string())
        .collect();
    text.push_str(&lines.join(",\n"));
    text.push_str("\n]\n}\n");
    text
}

fn package(process: &Process, lookup: &mut Packages) -> Option<PackageFacts> {
    let command = Command::parse(process.argv())?;
    let read = |path: &Path, cap: usize| {
        let whole = std::fs::read(path).ok()?;
        (whole.len() <= cap).then_some(whole)
    };
    lookup.look(process, &command, &read)
}

/// The machine without what tells it from others.
fn neutral(host: &Host) -> Host {
    Host {
        name: "demo".to_owned(),
        boot_id: "00000000-0000-4000-8000-000000000000".to_owned(),
        kernel: "6.12.0".to_owned(),
        memory_bytes: Some(16 << 30),
        cpus: 8,
        ..host.clone()
    }
}

/// Fields that may be left out where they are false.
const FALSE: [&str; 4] = ["cmdline_cut", "exe_deleted", "entry", "speaks_of_mcp"];
/// Counts of what was left out.
const DROPPED: [&str; 2] = ["kinds", "left_out"];

/// Without fields that say nothing: reading fills them in again.
fn trimmed(value: Value) -> Value {
    let says_something = |(key, value): &(String, Value)| {
        let nothing = value.is_null() || *value == json!({});
        let no = *value == json!(false) && FALSE.contains(&key.as_str());
        !nothing && !no && !DROPPED.contains(&key.as_str())
    };
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(key, value)| (key, trimmed(value)));
            Value::Object(fields.filter(says_something).collect())
        }
        Value::Array(all) => Value::Array(all.into_iter().map(trimmed).collect()),
        other => other,
    }
}
