//! The answer to `/containers/ID/stats`, of both engines and both versions of control groups.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::Stats;
use crate::engine::EngineError;

/// From here on a limit stands for none: control groups v1 write the largest number of pages.
const NO_LIMIT: u64 = 1 << 60;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Raw {
    read: Option<String>,
    cpu_stats: Option<Cpu>,
    memory_stats: Option<Memory>,
    pids_stats: Option<Pids>,
    blkio_stats: Option<Block>,
    networks: Option<BTreeMap<String, Network>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Cpu {
    #[serde(rename = "cpu_usage")]
    usage: Option<CpuUsage>,
    throttling_data: Option<Throttling>,
    system_cpu_usage: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CpuUsage {
    total_usage: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Throttling {
    throttled_periods: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Memory {
    usage: Option<u64>,
    limit: Option<u64>,
    stats: Option<BTreeMap<String, serde_json::Value>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Pids {
    current: Option<u64>,
    limit: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Block {
    io_service_bytes_recursive: Option<Vec<BlockEntry>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct BlockEntry {
    op: String,
    value: u64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Network {
    rx_bytes: Option<u64>,
    tx_bytes: Option<u64>,
}

/// Reads the answer; nothing if it is of a container that does not run. `now` is for engines that do not
/// say when they read.
pub fn parse(answer: &[u8], now: Timestamp) -> Result<Option<Stats>, EngineError> {
    // Podman's word for a container that does not run.
    if answer.trim_ascii().is_empty() {
        return Ok(None);
    }
    let raw: Raw = serde_json::from_slice(answer)
        .map_err(|error| EngineError::garbled("GET /containers/ID/stats", &error))?;
    let read: Option<Timestamp> = raw.read.as_deref().and_then(|at| at.parse().ok());
    let cpu = raw.cpu_stats.unwrap_or_default();
    let cpu_ns = cpu.usage.unwrap_or_default().total_usage;
    let memory = raw.memory_stats.unwrap_or_default();
    // Docker answers for a container that has ended with the year 1 and zeros.
    let is_read = read.is_some_and(|at| at.as_second() > 0);
    let is_empty = cpu_ns.unwrap_or(0) == 0 && memory.usage.is_none();
    if is_empty && (!is_read || cpu.system_cpu_usage.is_none()) {
        return Ok(None);
    }
    let pids = raw.pids_stats.unwrap_or_default();
    let entries = raw
        .blkio_stats
        .and_then(|block| block.io_service_bytes_recursive);
    let networks = raw.networks;
    let throttling = cpu.throttling_data;
    Ok(Some(Stats {
        at: read.filter(|_| is_read).unwrap_or(now),
        cpu_ns,
        memory_bytes: used(&memory),
        memory_limit_bytes: memory.limit.and_then(limit),
        received_bytes: sum(networks.as_ref(), |network| network.rx_bytes),
        sent_bytes: sum(networks.as_ref(), |network| network.tx_bytes),
        read_bytes: operations(entries.as_deref(), "read"),
        written_bytes: operations(entries.as_deref(), "write"),
        pids: pids.current.filter(|current| *current > 0),
        pids_limit: pids.limit.and_then(limit),
        throttled: throttling.and_then(|throttling| throttling.throttled_periods),
    }))
}

/// Memory as `docker stats` counts it.
fn used(memory: &Memory) -> Option<u64> {
    let usage = memory.usage?;
    let stats = memory.stats.as_ref();
    let figure = |name: &str| stats?.get(name)?.as_u64();
    let cache = figure("total_inactive_file").or_else(|| figure("inactive_file"));
    // More cache than use is a reading of two moments; then the use stands.
    Some(
        cache
            .and_then(|cache| usage.checked_sub(cache))
            .unwrap_or(usage),
    )
}

fn limit(value: u64) -> Option<u64> {
    (1..NO_LIMIT).contains(&value).then_some(value)
}

fn sum(
    networks: Option<&BTreeMap<String, Network>>,
    bytes: fn(&Network) -> Option<u64>,
) -> Option<u64> {
    let networks = networks.filter(|networks| !networks.is_empty())?;
    networks.values().map(bytes).sum()
}

/// No list is no figure, and neither is an empty one: kernels without these counters give that, too.
fn operations(entries: Option<&[BlockEntry]>, operation: &str) -> Option<u64> {
    let entries = entries.filter(|entries| !entries.is_empty())?.iter();
    // Control groups v1 write `Read`, v2 `read`.
    let matching = entries.filter(|entry| entry.op.eq_ignore_ascii_case(operation));
    Some(matching.map(|entry| entry.value).sum())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const READ: &str = r#""read":"2026-11-21T01:38:30.230995329Z""#;

    fn of(json: &str) -> Option<Stats> {
        parse(json.as_bytes(), Timestamp::from_second(5).unwrap()).unwrap()
    }

    #[test]
    fn cache_is_taken_off_on_both_versions() {
        for (stats, expected) in [
            (r#"{"total_inactive_file":40,"inactive_file":1}"#, 60),
            (r#"{"inactive_file":30}"#, 70),
            (r#"{"inactive_file":101}"#, 100),
            ("{}", 100),
            ("null", 100),
        ] {
            let json = format!(r#"{{{READ},"memory_stats":{{"usage":100,"stats":{stats}}}}}"#);
            assert_eq!(of(&json).unwrap().memory_bytes, Some(expected), "{stats}");
        }
    }

    #[test]
    fn what_is_missing_is_not_zero() {
        let stats = of(&format!(
            r#"{{{READ},"cpu_stats":{{"cpu_usage":{{"total_usage":5}}}},"memory_stats":{{}},
                "blkio_stats":{{"io_service_bytes_recursive":null}},"networks":{{}},
                "pids_stats":{{"limit":18446744073709551615}}}}"#
        ));
        let stats = stats.unwrap();
        assert_eq!(stats.cpu_ns, Some(5));
        assert_eq!(
            Stats {
                cpu_ns: None,
                ..stats
            },
            Stats {
                at: stats.at,
                ..Stats::default()
            }
        );
    }

    #[test]
    fn sums_and_both_spellings_of_operations() {
        let stats = of(&format!(
            r#"{{{READ},"memory_stats":{{"usage":1,"limit":9223372036854771712}},
                "networks":{{"a":{{"rx_bytes":1,"tx_bytes":2}},"b":{{"rx_bytes":10,"tx_bytes":20}}}},
                "blkio_stats":{{"io_service_bytes_recursive":[{{"op":"Read","value":3}},
                {{"op":"write","value":4}},{{"op":"read","value":5}},{{"op":"Sync","value":99}}]}}}}"#
        ));
        let stats = stats.unwrap();
        assert_eq!(
            (stats.received_bytes, stats.sent_bytes),
            (Some(11), Some(22))
        );
        assert_eq!((stats.read_bytes, stats.written_bytes), (Some(8), Some(4)));
        assert_eq!(
            stats.memory_limit_bytes, None,
            "the largest number stands for none"
        );
    }

    #[test]
    fn a_container_that_has_ended_has_no_figures() {
        assert_eq!(
            of(
                r#"{"read":"0001-01-01T00:00:00Z","cpu_stats":{"cpu_usage":{"total_usage":0}},"memory_stats":{}}"#
            ),
            None
        );
    }
}
