//! Containers for tests, made by hand.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use containers::View;
use containers::container::Container;
use containers::orphan::{Certainty, Judged, Verdict};
use containers::owner::{ClientFound, Owned, Owner};
use containers::stats::Rates;
use containers::view::{EngineState, EngineView, Seen};
use serde_json::json;

use super::{Look, Plan};

pub(crate) fn id(letter: char) -> String {
    letter.to_string().repeat(64)
}

pub(crate) fn container(letter: char, name: &str) -> Container {
    serde_json::from_value(json!({
        "id": id(letter), "name": name, "image": "mcp/time:1",
        "labels": {"known": {}, "count": 0, "fingerprint": "f"},
        "state": "running", "created": "2026-11-21T08:00:00Z", "started": "2026-11-21T08:00:00Z",
        "pid": null, "health": null, "failing_streak": null, "restarts": null, "exit": null,
        "oom_killed": null, "mounts": [], "ports": [], "networks": [],
        "limits": {"memory_bytes": null, "memory_swap_bytes": null, "pids": null, "cpus": null, "nofile": null},
        "manner": {"open_stdin": true, "stdin_once": true, "tty": false, "attached": true,
                   "auto_remove": true, "restarts_itself": false},
        "program": "server", "speaks_of_mcp": true, "cidfile": null, "is_infrastructure": false,
    }))
    .unwrap()
}

pub(crate) fn judged(letter: char, name: &str, verdict: Verdict) -> Judged {
    Judged {
        owned: Owned {
            container: Arc::new(container(letter, name)),
            owner: Owner::DockerMcp {
                server: Some("time".to_owned()),
                is_helper: false,
            },
            client: ClientFound::None,
        },
        verdict,
    }
}

pub(crate) fn orphan(certainty: Certainty) -> Verdict {
    Verdict::Orphan {
        certainty,
        since: None,
        evidence: vec!["its client is gone".to_owned()],
    }
}

/// Of one engine that answers.
pub(crate) fn view(judged: &[Judged]) -> View {
    let seen = judged.iter().map(|judged| Seen {
        container: Arc::clone(&judged.owned.container),
        stats: None,
        rates: Rates::default(),
        oom_kills: 0,
    });
    let engine = EngineView {
        socket: PathBuf::from("/run/engine.sock"),
        version: None,
        state: EngineState::Up,
        taken: None,
        containers: seen.collect(),
        total: judged.len(),
        not_inspected: 0,
        not_read: 0,
        problems: Vec::new(),
        looks: 1,
    };
    View {
        engines: vec![Arc::new(engine)],
        notes: Vec::new(),
    }
}

/// A look at these, of which the configuration names one.
pub(crate) fn look(judged: Vec<Judged>, named: Option<(&str, usize)>) -> Look {
    let named = named.map(|(server, at)| {
        let container = Arc::clone(&judged[at].owned.container);
        (server.to_owned(), container)
    });
    Look {
        view: Arc::new(view(&judged)),
        judged,
        plan: Plan::default(),
        named: named.into_iter().collect(),
        about: BTreeMap::new(),
        unavailable: Vec::new(),
    }
}
