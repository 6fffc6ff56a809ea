//! From an engine's answers to [`Container`]: one meaning for each of the ways in which engines and
//! versions write the same thing.

use jiff::Timestamp;

use super::raw::{ConfigFields, HostFields, Inspection, ListEntry, NetworkFields, StateFields};
use super::{Container, Exit, Health, Labels, Limits, Manner, Mount, Port, State};
use crate::engine::EngineError;

/// Mounts, ports and networks kept of one container, each.
const MOST_PARTS: usize = 64;

/// Longest name, image or path that is kept, in characters.
const LONGEST: usize = 512;

/// Nanoseconds of CPU time in a second, the unit of `NanoCpus`.
const NANO: f64 = 1e9;

/// Default of `CpuPeriod`, microseconds (Engine API).
const DEFAULT_PERIOD: i64 = 100_000;

/// An entry of the list: enough to see whether a container must be inspected again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) state: State,
    /// In the engine's words `Up 3 hours (unhealthy)`.
    pub(crate) health: Option<Health>,
    /// Seconds since 1970.
    pub(crate) created: i64,
    pub(crate) labels: Labels,
}

/// Reads the answer to `GET /containers/json`.
pub(crate) fn listed(answer: &[u8]) -> Result<Vec<Listed>, EngineError> {
    let entries: Vec<ListEntry> = serde_json::from_slice(answer)
        .map_err(|error| EngineError::garbled("GET /containers/json", &error))?;
    let named = entries.into_iter().filter(|entry| is_id(&entry.id));
    Ok(named.map(list_entry).collect())
}

fn list_entry(entry: ListEntry) -> Listed {
    let names = entry.names.unwrap_or_default();
    // The name without a further slash is its own; others are links' names for it.
    let own = names.iter().map(|name| name.trim_start_matches('/'));
    let name = own
        .min_by_key(|name| name.contains('/'))
        .unwrap_or_default();
    let labels = entry.labels.unwrap_or_default();
    Listed {
        name: cut(name),
        image: cut(&entry.image.unwrap_or_default()),
        state: State::of(&entry.state.unwrap_or_default().to_ascii_lowercase()),
        health: entry.status.as_deref().and_then(health_in),
        created: entry.created.as_ref().map_or(0, seconds),
        labels: Labels::new(
            labels
                .iter()
                .map(|(key, value)| (key.as_str(), value.as_str())),
        ),
        id: entry.id,
    }
}

/// Reads the answer to `GET /containers/ID/json`.
pub(crate) fn inspected(answer: &[u8]) -> Result<Container, EngineError> {
    let raw: Inspection = serde_json::from_slice(answer)
        .map_err(|error| EngineError::garbled("GET /containers/ID/json", &error))?;
    if !is_id(&raw.id) {
        return Err(EngineError::Garbled {
            call: "GET /containers/ID/json".to_owned(),
            why: "it has no id".to_owned(),
        });
    }
    Ok(container(raw))
}

fn container(raw: Inspection) -> Container {
    let config = raw.config.unwrap_or_default();
    let host = raw.host_config.unwrap_or_default();
    let state = raw.state.unwrap_or_default();
    let network = raw.network_settings.unwrap_or_default();
    let labels = config.labels.clone().unwrap_or_default();
    let labels = Labels::new(
        labels
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str())),
    );
    let name = cut(raw.name.unwrap_or_default().trim_start_matches('/'));
    // Podman's `Config.Image` may be an id where its `ImageName` is what was asked for.
    let image = cut(&raw.image_name.or(config.image.clone()).unwrap_or_default());
    let word = state
        .status
        .clone()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let path = raw.path.unwrap_or_default();
    let health = state.health.as_ref().or(state.healthcheck.as_ref());
    let verdict = health.and_then(|health| Health::of(health.status.as_deref()?));
    Container {
        is_infrastructure: raw.is_infra == Some(true) || is_pause(&name, &image),
        name,
        image,
        labels,
        state: State::of(&word),
        created: raw.created.as_deref().and_then(time),
        started: state.started_at.as_deref().and_then(time),
        pid: state
            .pid
            .and_then(|pid| u32::try_from(pid).ok())
            .filter(|pid| *pid > 0),
        health: verdict,
        failing_streak: verdict.and(health.and_then(|health| positive(health.failing_streak?))),
        restarts: raw.restart_count.and_then(positive),
        exit: exit(&state),
        oom_killed: state.oom_killed,
        mounts: mounts(raw.mounts.unwrap_or_default()),
        ports: ports(&network),
        networks: networks(network),
        limits: limits(&host),
        manner: manner(&config, &host),
        program: cut(path.rsplit('/').next().unwrap_or_default()),
        speaks_of_mcp: raw
            .arguments
            .is_some_and(|arguments| arguments.speak_of_mcp),
        cidfile: host
            .container_id_file
            .filter(|path| !path.is_empty())
            .map(|path| cut(&path)),
        id: raw.id,
    }
}

fn exit(state: &StateFields) -> Option<Exit> {
    // An engine that has never seen it end writes the year 1.
    let at = state.finished_at.as_deref().and_then(time)?;
    Some(Exit {
        code: state.exit_code?,
        at: Some(at),
    })
}

fn mounts(raw: Vec<super::raw::MountFields>) -> Vec<Mount> {
    let known = raw.into_iter().take(MOST_PARTS);
    known
        .map(|mount| Mount {
            kind: cut(&mount.kind.unwrap_or_default()),
            source: cut(&mount.source.or(mount.name).unwrap_or_default()),
            destination: cut(&mount.destination.unwrap_or_default()),
            writable: mount.rw,
        })
        .collect()
}

fn ports(network: &NetworkFields) -> Vec<Port> {
    let mut found = Vec::new();
    for (inside, outside) in network.ports.iter().flatten() {
        for port in outside.iter().flatten() {
            if let Some(number) = port.host_port.as_deref().and_then(|port| port.parse().ok()) {
                found.push(Port {
                    inside: cut(inside),
                    address: cut(port.host_ip.as_deref().unwrap_or_default()),
                    port: number,
                });
            }
        }
    }
    found.truncate(MOST_PARTS);
    found
}

fn networks(network: NetworkFields) -> Vec<String> {
    let names = network.networks.unwrap_or_default().0.into_iter();
    names.take(MOST_PARTS).map(|name| cut(&name)).collect()
}

fn limits(host: &HostFields) -> Limits {
    let bound = |value: Option<i64>| value.filter(|value| *value > 0).and_then(positive);
    let nano = host
        .nano_cpus
        .filter(|nano| *nano > 0)
        .map(|nano| nano as f64 / NANO);
    let quota = host.cpu_quota.filter(|quota| *quota > 0).map(|quota| {
        let period = host.cpu_period.filter(|period| *period > 0);
        quota as f64 / period.unwrap_or(DEFAULT_PERIOD) as f64
    });
    let files = host.ulimits.iter().flatten().find(|limit| {
        // Podman writes the kernel's name.
        let name = limit.name.as_deref().unwrap_or_default();
        name.eq_ignore_ascii_case("nofile") || name.eq_ignore_ascii_case("RLIMIT_NOFILE")
    });
    Limits {
        memory_bytes: bound(host.memory),
        memory_swap_bytes: bound(host.memory_swap),
        pids: bound(host.pids_limit),
        cpus: nano.or(quota),
        nofile: files.and_then(|limit| bound(limit.soft)),
    }
}

fn manner(config: &ConfigFields, host: &HostFields) -> Manner {
    let attach = [
        config.attach_stdin,
        config.attach_stdout,
        config.attach_stderr,
    ];
    let policy = host
        .restart_policy
        .as_ref()
        .and_then(|policy| policy.name.as_deref());
    Manner {
        open_stdin: config.open_stdin.unwrap_or(false),
        stdin_once: config.stdin_once.unwrap_or(false),
        tty: config.tty.unwrap_or(false),
        attached: attach
            .iter()
            .any(Option::is_some)
            .then(|| attach.contains(&Some(true))),
        auto_remove: host.auto_remove.unwrap_or(false),
        restarts_itself: policy.is_some_and(|policy| !matches!(policy, "" | "no")),
    }
}

/// The container that only holds a pod's namespaces together.
fn is_pause(name: &str, image: &str) -> bool {
    let image = image.split(['@', ':']).next().unwrap_or_default();
    (image.contains("podman-pause") && name.ends_with("-infra")) || image.ends_with("/pause")
}

/// `Up 3 hours (healthy)`; `(health: starting)`.
fn health_in(status: &str) -> Option<Health> {
    let (_, inside) = status.rsplit_once('(')?;
    let word = inside.trim_end_matches(')');
    Health::of(word.trim_start_matches("health:").trim())
}

/// Docker writes seconds, old versions of Podman a date.
fn seconds(created: &serde_json::Value) -> i64 {
    match created {
        serde_json::Value::Number(number) => number.as_i64().unwrap_or(0),
        serde_json::Value::String(date) => time(date).map_or(0, Timestamp::as_second),
        _ => 0,
    }
}

/// A time; nothing for the year 1, which stands for never.
fn time(text: &str) -> Option<Timestamp> {
    let time: Timestamp = text.parse().ok()?;
    (time.as_second() > 0).then_some(time)
}

fn positive(value: i64) -> Option<u64> {
    u64::try_from(value).ok()
}

fn is_id(id: &str) -> bool {
    (12..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}
