//! Asking an engine for other limits: Docker's way, and Podman's own where it lacks Docker's.

use std::time::Duration;

use http::Method;
use serde::Deserialize;

use super::Wanted;
use crate::act::Target;
use crate::container::Container;
use crate::engine::{Engine, EngineError, EngineKind, encoded};

/// For the order itself.
const DEADLINE: Duration = Duration::from_secs(10);

/// What the engine said when it accepted.
pub(super) struct Accepted {
    pub(super) warnings: Vec<String>,
    /// It writes down what it was told, so that an inspection shows it.
    pub(super) is_recorded: bool,
}

/// Asks for it.
pub(super) async fn update(
    engine: &Engine,
    target: &Target,
    wanted: &Wanted,
    before: &Container,
) -> Result<Accepted, EngineError> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "PascalCase", default)]
    struct Said {
        warnings: Option<Vec<String>>,
    }
    let path = format!("/containers/{}/update", encoded(&target.id));
    let body = docker_body(wanted, before).to_string();
    let said = engine
        .order(Method::POST, &path, Some(body), DEADLINE)
        .await;
    let (answer, is_recorded) = match (said, &engine.version().libpod) {
        // Podman before 5 has this only in its own interface, and an inspection shows the old limits.
        (Err(error), Some(libpod))
            if engine.kind() == EngineKind::Podman
                && (error.is_not_found() || error.status() == Some(405)) =>
        {
            let path = format!("/v{libpod}/libpod{path}");
            let body = podman_body(wanted).to_string();
            let answer = engine
                .order(Method::POST, &path, Some(body), DEADLINE)
                .await?;
            (answer, false)
        }
        (said, _) => (said?, true),
    };
    let said: Said = serde_json::from_slice(&answer.1).unwrap_or_default();
    let warnings = said.warnings.unwrap_or_default().into_iter();
    Ok(Accepted {
        warnings: warnings
            .map(|warning| crate::engine::presentable(&warning))
            .collect(),
        is_recorded,
    })
}

/// The Engine API's `ContainerUpdate`.
fn docker_body(wanted: &Wanted, before: &Container) -> serde_json::Value {
    let mut body = serde_json::Map::new();
    let mut put = |key: &str, value: Option<u64>| {
        if let Some(value) = value {
            body.insert(key.to_owned(), value.into());
        }
    };
    put("Memory", wanted.memory_bytes);
    put("MemorySwap", swap(wanted, before));
    put("PidsLimit", wanted.pids);
    put("NanoCpus", wanted.cpus.map(|cpus| whole(cpus * 1e9)));
    body.into()
}

/// The runtime specification's resources, which is what Podman's own interface takes.
fn podman_body(wanted: &Wanted) -> serde_json::Value {
    const PERIOD: u64 = 100_000;
    let mut body = serde_json::Map::new();
    if wanted.memory_bytes.is_some() || wanted.memory_swap_bytes.is_some() {
        let memory = wanted.memory_bytes;
        let swap = wanted
            .memory_swap_bytes
            .or(memory.map(|memory| memory.saturating_mul(2)));
        body.insert(
            "memory".to_owned(),
            serde_json::json!({"limit": memory, "swap": swap}),
        );
    }
    if let Some(pids) = wanted.pids {
        body.insert("pids".to_owned(), serde_json::json!({"limit": pids}));
    }
    if let Some(cpus) = wanted.cpus {
        let quota = whole(cpus * PERIOD as f64);
        body.insert(
            "cpu".to_owned(),
            serde_json::json!({"quota": quota, "period": PERIOD}),
        );
    }
    body.into()
}

/// As much swap as memory, unless something was said; a stricter limit that still fits stays.
fn swap(wanted: &Wanted, before: &Container) -> Option<u64> {
    let memory = wanted.memory_bytes;
    wanted.memory_swap_bytes.or_else(|| {
        let usual = memory?.saturating_mul(2);
        let has = before
            .limits
            .memory_swap_bytes
            .filter(|has| Some(*has) >= memory);
        Some(has.map_or(usual, |has| has.min(usual)))
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "negative and huge numbers are cut to the bounds, which is what is wanted"
)]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::container;

    const MIB: u64 = 1 << 20;

    #[test]
    fn what_is_asked_of_each_engine() {
        let wanted = Wanted {
            memory_bytes: Some(64 * MIB),
            pids: Some(20),
            cpus: Some(0.5),
            ..Wanted::default()
        };
        assert_eq!(
            docker_body(&wanted, &container("a")),
            serde_json::json!({"Memory": 64 * MIB, "MemorySwap": 128 * MIB, "PidsLimit": 20, "NanoCpus": 500_000_000})
        );
        assert_eq!(
            podman_body(&wanted),
            serde_json::json!({"memory": {"limit": 64 * MIB, "swap": 128 * MIB}, "pids": {"limit": 20},
                "cpu": {"quota": 50_000, "period": 100_000}})
        );
        assert_eq!(
            docker_body(&Wanted::default(), &container("a")),
            serde_json::json!({})
        );
    }

    #[test]
    fn a_smaller_swap_limit_stays_and_one_below_memory_cannot() {
        let mut has = container("a");
        let wanted = Wanted {
            memory_bytes: Some(64 * MIB),
            ..Wanted::default()
        };
        has.limits.memory_swap_bytes = Some(100 * MIB);
        assert_eq!(swap(&wanted, &has), Some(100 * MIB));
        has.limits.memory_swap_bytes = Some(32 * MIB);
        assert_eq!(swap(&wanted, &has), Some(128 * MIB));
    }
}
