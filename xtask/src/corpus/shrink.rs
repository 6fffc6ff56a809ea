//! What of a process judging needs; the rest is left out or made round.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use model::{
    Connection, ConnectionState, Counters, Facts, FileTarget, OpenFile, OpenFiles, Process,
    ProcessTable, Reading, Sample, Usage,
};
use serde_json::Value;

/// Cuts processes down, each in the light of all that are recorded.
pub(super) struct Shrink {
    replace: Vec<(String, String)>,
    /// Pipes and sockets that a recorded process has as a standard stream, with their other ends.
    streams: BTreeSet<u64>,
}

impl Shrink {
    pub(super) fn new(
        table: &ProcessTable,
        chosen: &BTreeSet<usize>,
        replace: &[String],
    ) -> Result<Self> {
        let replace = replace
            .iter()
            .map(|pair| {
                pair.split_once('=')
                    .map(|(from, to)| (from.to_owned(), to.to_owned()))
            })
            .collect::<Option<Vec<_>>>()
            .context("a replacement is FROM=TO")?;
        let mut streams = BTreeSet::new();
        for process in chosen.iter().map(|&at| &table.processes()[at]) {
            let files = process
                .files()
                .map(|files| files.entries.as_slice())
                .unwrap_or_default();
            let inodes: Vec<u64> = files
                .iter()
                .filter(|file| is_stream(process, file))
                .filter_map(inode_of)
                .collect();
            let others = connections(process)
                .iter()
                .filter(|c| inodes.contains(&c.inode) || c.state == ConnectionState::Established)
                .filter_map(|c| c.peer_inode);
            streams.extend(
                inodes
                    .iter()
                    .copied()
                    .chain(others.filter(|inode| *inode != 0)),
            );
        }
        Ok(Self { replace, streams })
    }

    pub(super) fn process(&self, process: &Process) -> Process {
        let sample = &process.sample;
        let files = process.files().map(|files| {
            let kept = files
                .entries
                .iter()
                .filter(|file| self.keeps(process, file))
                .map(|file| OpenFile {
                    target: self.target(&file.target),
                    ..file.clone()
                });
            Arc::new(OpenFiles {
                entries: kept.collect(),
                ..OpenFiles::default()
            })
        });
        let inodes: Vec<u64> = files
            .iter()
            .flat_map(|files| files.entries.iter().filter_map(inode_of))
            .collect();
        let kept = connections(process)
            .iter()
            .filter(|c| c.state == ConnectionState::Listen || inodes.contains(&c.inode))
            .map(|c| Connection {
                local: self.text(&c.local),
                peer: self.text(&c.peer),
                ..c.clone()
            })
            .collect();
        Process {
            sample: Sample {
                id: sample.id,
                boot_ns: sample.boot_ns,
                facts: Arc::new(self.facts(process)),
                counters: Self::counters(process),
                memory: None,
                files: Some(Reading {
                    boot_ns: sample.boot_ns,
                    value: files,
                }),
                connections: sample.connections.as_ref().map(|reading| Reading {
                    boot_ns: reading.boot_ns,
                    value: Some(Arc::new(kept)),
                }),
            },
            usage: Usage::default(),
        }
    }

    /// Standard streams, and pipes and sockets that are others' standard streams.
    fn keeps(&self, process: &Process, file: &OpenFile) -> bool {
        is_stream(process, file)
            || inode_of(file).is_some_and(|inode| self.streams.contains(&inode))
    }

    fn target(&self, target: &FileTarget) -> FileTarget {
        match target {
            FileTarget::File { path, deleted } => FileTarget::File {
                path: self.text(path),
                deleted: *deleted,
            },
            other => other.clone(),
        }
    }

    fn facts(&self, process: &Process) -> Facts {
        let facts = &process.sample.facts;
        if process.pid() == 1 {
            // Whatever starts this machine: others have a plain init.
            return Facts {
                comm: "init".to_owned(),
                cmdline: Some(vec!["/sbin/init".to_owned()]),
                exe: Some("/sbin/init".to_owned()),
                uid: Some(0),
                user: Some("root".to_owned()),
                ..Facts::default()
            };
        }
        let root = facts.uid == Some(0);
        Facts {
            comm: self.text(&facts.comm),
            cmdline: facts
                .cmdline
                .as_ref()
                .map(|words| words.iter().map(|word| self.text(word)).collect()),
            exe: facts.exe.as_deref().map(|path| self.text(path)),
            cwd: facts.cwd.as_deref().map(|path| self.text(path)),
            // The person at the machine is nobody special.
            uid: if root { Some(1000) } else { facts.uid },
            user: if root {
                Some("user".to_owned())
            } else {
                facts.user.clone()
            },
            exe_deleted: facts.exe_deleted,
            container_id: facts.container_id.clone(),
            ..Facts::default()
        }
    }

    fn counters(process: &Process) -> Counters {
        let counters = &process.sample.counters;
        let mib = |bytes: u64| bytes >> 20 << 20;
        Counters {
            minor_faults: 0,
            major_faults: 0,
            user_ticks: 0,
            system_ticks: 0,
            vms_bytes: mib(counters.vms_bytes),
            rss_bytes: mib(counters.rss_bytes),
            shared_bytes: None,
            swap_bytes: None,
            voluntary_switches: None,
            involuntary_switches: None,
            io: None,
            fd_total: None,
            run_delay_ns: None,
            oom_score: None,
            ..*counters
        }
    }

    fn text(&self, text: &str) -> String {
        self.replace
            .iter()
            .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    }

    /// All texts of a value replaced.
    pub(super) fn replaced(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(all) => Value::Array(all.iter().map(|v| self.replaced(v)).collect()),
            Value::Object(all) => Value::Object(
                all.iter()
                    .map(|(k, v)| (k.clone(), self.replaced(v)))
                    .collect(),
            ),
            other => other.clone(),
        }
    }
}

/// A standard stream, or what the process has made of it.
fn is_stream(process: &Process, file: &OpenFile) -> bool {
    let (input, output) = inventory::wiring::streams(process);
    file.fd < 3 || file.fd == input || file.fd == output
}

fn inode_of(file: &OpenFile) -> Option<u64> {
    match file.target {
        FileTarget::Pipe(inode) | FileTarget::Socket(inode) => Some(inode),
        _ => None,
    }
}

fn connections(process: &Process) -> &[Connection] {
    process
        .sample
        .connections
        .as_ref()
        .and_then(|reading| reading.value.as_ref())
        .map(|all| all.as_slice())
        .unwrap_or_default()
}
