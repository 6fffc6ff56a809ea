//! Servers that the daemon keeps: from the configuration to the keeper, and from the keeper to what others
//! see: the inventory, events, listeners.

use std::path::PathBuf;
use std::sync::Arc;

use inventory::kept::{KeptServer, Trouble};
use keeper::{Happened, LogLimits, Notice, ServerView, View, Wanted};
use linux::cgroup::{Limits, Outcome};
use linux::spawn::OpenFiles;
use model::{FindingKind, Severity};
use serde_json::json;
use supervise::lifecycle::{State, Told};
use supervise::spec::Transport;

use super::changes::Change;
use super::handle::Daemon;
use super::signals::Signal;
use crate::config::{Config, ServerLimits, ServerSetting, What};
use crate::state;

/// Folder of records and logs, in the state directory.
const FOLDER: &str = "servers";

/// The servers that a configuration has us keep.
pub(super) fn wanted(config: &Config) -> Vec<Wanted> {
    config
        .servers
        .iter()
        .filter_map(|server| one(config, server))
        .collect()
}

fn one(config: &Config, server: &ServerSetting) -> Option<Wanted> {
    let What::Command(spec) = &server.what else {
        return None;
    };
    let limits = config.limits_of(&spec.name);
    Some(Wanted {
        spec: Arc::clone(spec),
        autostart: server.autostart,
        survival: server.survival,
        limits: of_group(&limits),
        nofile: limits.nofile.map(|files| OpenFiles {
            soft: files.soft,
            hard: files.hard,
        }),
        run_time: limits.run_time,
        log: LogLimits {
            max_size: server.log.max_size,
            files: server.log.files,
        },
        package: server.package.clone(),
    })
}

/// What a control group can hold of them.
pub(crate) fn of_group(limits: &ServerLimits) -> Limits {
    Limits {
        memory_max: limits.memory_max,
        memory_high: limits.memory_high,
        swap_max: limits.swap_max,
        pids_max: limits.pids_max,
        cpu: limits.cpu,
        io_weight: limits.io_weight,
    }
}

impl Daemon {
    /// Begins to keep servers. Once.
    pub(super) fn keep_servers(self: &Arc<Self>) -> Result<(), keeper::StartError> {
        let daemon = Arc::downgrade(self);
        let settings = keeper::Settings {
            folder: self.state().folder().join(FOLDER),
            wanted: wanted(&self.config()),
            groups: true,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            changed: Box::new(move || {
                if let Some(daemon) = daemon.upgrade() {
                    daemon.kept_has_changed();
                }
            }),
        };
        let handle = keeper::Handle::start(settings)?;
        // Set twice it would still be the first, and the second ends at once.
        drop(self.set_keeper(handle));
        Ok(())
    }

    fn kept_has_changed(&self) {
        self.kept_signal()
            .send_modify(|number| *number = number.wrapping_add(1));
        self.signal(Signal::Kept);
    }

    /// Servers that are kept, as they are.
    pub fn kept(&self) -> Arc<View> {
        self.keeper().map(keeper::Handle::view).unwrap_or_default()
    }
}

/// As the inventory knows them. `source`: the configuration file.
pub(super) fn inventory_of(view: &View, source: Option<&str>) -> Vec<KeptServer> {
    let source = PathBuf::from(source.unwrap_or("mcpvisor.toml"));
    let kept = |server: &Arc<ServerView>| KeptServer {
        name: server.name.clone(),
        root: server.process,
        transport: transport(server.transport),
        is_wanted: server.is_wanted,
        source: source.clone(),
        troubles: troubles(server),
    };
    view.servers.iter().map(kept).collect()
}

/// Where the log of a kept server is.
pub(crate) fn log_of(state: &state::State, name: &str) -> PathBuf {
    state.folder().join(FOLDER).join(format!("{name}.log"))
}

/// The id that a kept server has.
pub(crate) fn id_of(name: &str) -> String {
    let kept = KeptServer {
        name: name.to_owned(),
        root: None,
        transport: inventory::Transport::Unknown,
        is_wanted: false,
        source: PathBuf::new(),
        troubles: Vec::new(),
    };
    kept.id()
}

/// What is wrong with it.
fn troubles(server: &ServerView) -> Vec<Trouble> {
    let name = &server.name;
    let mut troubles = Vec::new();
    if let Some(found) = &server.crash_loop {
        troubles.push(Trouble {
            kind: FindingKind::CrashLoop,
            severity: Severity::Error,
            title: found.title(),
            evidence: found.evidence(),
            advice: found.advice(name),
            command: Some(format!("mcpvisor logs {name}")),
        });
    }
    if server.state == State::Degraded {
        let reason = server.reason.clone().unwrap_or_default();
        troubles.push(Trouble {
            kind: FindingKind::Degraded,
            severity: Severity::Warning,
            title: "runs and is not ready any more".to_owned(),
            evidence: vec![reason],
            advice: "Its clients wait for it. Its log may say why; a restart often helps."
                .to_owned(),
            command: Some(format!("mcpvisor restart {name}")),
        });
    }
    let not_held: Vec<String> = not_held(server);
    if !not_held.is_empty() && server.process.is_some() {
        troubles.push(Trouble {
            kind: FindingKind::NotLimited,
            severity: Severity::Warning,
            title: "runs without limits that it is configured to have".to_owned(),
            evidence: not_held,
            advice: "What it takes beyond them, nothing stops. `mcpvisor limits` says what this machine can \
                     hold; as a service of systemd mcpvisor can do more."
                .to_owned(),
            command: Some("mcpvisor limits".to_owned()),
        });
    }
    troubles
}

/// Limits that were asked for and do not hold.
fn not_held(server: &ServerView) -> Vec<String> {
    let asks = server.limits.asked().next().is_some();
    if let Some(why) = server.nowhere.as_ref().filter(|_| asks) {
        return vec![why.clone()];
    }
    let limits = server.enforced.limits.iter();
    let not = limits.filter(|limit| matches!(limit.outcome, Outcome::Not(_)));
    not.map(ToString::to_string).collect()
}

fn transport(transport: Transport) -> inventory::Transport {
    match transport {
        Transport::Stdio => inventory::Transport::Stdio,
        Transport::Http => inventory::Transport::Http,
    }
}

/// What happened to them, as events.
pub(super) fn changes(notices: Vec<Notice>) -> impl Iterator<Item = Change> {
    notices.into_iter().map(|notice| Change {
        kind: "server",
        severity: severity(&notice.what),
        server: Some(id_of(&notice.server)),
        title: format!("`{}` {}", notice.server, notice.what),
        data: json!({
            "server": notice.server,
            "at": notice.at,
            "supervision": data(&notice.what),
        }),
    })
}

fn severity(what: &Happened) -> Severity {
    match what {
        Happened::Told(told) => match told {
            Told::CrashLoop(_) | Told::Survives { .. } => Severity::Error,
            Told::SpawnFailed { .. } | Told::StartTimedOut { .. } | Told::Degraded { .. } => {
                Severity::Warning
            }
            Told::Exited {
                is_ordered: false,
                exit,
                ..
            } if exit.to_string() != "ended with code 0" => Severity::Warning,
            _ => Severity::Info,
        },
        Happened::OomKilled(_)
        | Happened::ForksRefused(_)
        | Happened::NotLimited(_)
        | Happened::NotRecorded(_) => Severity::Warning,
        Happened::WaitsForPackage(_)
        | Happened::Throttled(_)
        | Happened::RunTimeOver(_)
        | Happened::Left(_) => Severity::Info,
    }
}

fn data(what: &Happened) -> serde_json::Value {
    match what {
        Happened::Told(told) => serde_json::to_value(told).unwrap_or_default(),
        Happened::OomKilled(count) => json!({"what": "oom_killed", "count": count}),
        Happened::ForksRefused(count) => json!({"what": "forks_refused", "count": count}),
        Happened::Throttled(time) => json!({"what": "throttled", "seconds": time.as_secs_f64()}),
        Happened::RunTimeOver(time) => {
            json!({"what": "run_time_over", "seconds": time.as_secs_f64()})
        }
        Happened::NotLimited(why) => json!({"what": "not_limited", "why": why}),
        Happened::WaitsForPackage(package) => {
            json!({"what": "waits_for_package", "package": package})
        }
        Happened::Left(words) => json!({"what": "left", "why": words}),
        Happened::NotRecorded(why) => json!({"what": "not_recorded", "why": why}),
    }
}
