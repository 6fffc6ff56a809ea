//! Documents about findings of the past.

use jiff::Timestamp;
use model::{FindingKind, Severity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `GET /api/v1/findings/history`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct PastFindings {
    /// Findings, those that were seen last first.
    pub findings: Vec<PastFinding>,
    /// There are more than one answer may hold; the earliest are missing.
    pub truncated: bool,
}

/// A finding, and how long it was there.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct PastFinding {
    /// What was wrong; `null` for what this version does not know.
    pub kind: Option<FindingKind>,
    /// How bad it was when it was last seen.
    pub severity: Severity,
    /// Name of the server that it was about.
    pub server: Option<String>,
    /// Name of that server's owner.
    pub owner: Option<String>,
    /// One line.
    pub title: String,
    /// When it was first seen.
    pub from: Timestamp,
    /// When it was seen no more; `null` if it is still there.
    pub to: Option<Timestamp>,
}

impl From<history::FindingRecord> for PastFinding {
    fn from(record: history::FindingRecord) -> Self {
        let time = |at| Timestamp::from_millisecond(at).unwrap_or_default();
        let word = |name: &str| record.data.get(name)?.as_str().map(str::to_owned);
        let severity = serde_json::from_value(record.severity.as_str().into());
        let kind = FindingKind::ALL
            .into_iter()
            .find(|kind| kind.name() == record.kind);
        Self {
            kind,
            severity: severity.unwrap_or(Severity::Warning),
            // Earlier versions kept the id alone, which begins with the name.
            server: word("name").or_else(|| name_in(record.server.as_deref()?)),
            owner: word("owner"),
            title: record.title.clone(),
            from: time(record.first_seen),
            to: record.closed.map(time),
        }
    }
}

/// The name in the id `memory-1f2e3d4c`.
fn name_in(id: &str) -> Option<String> {
    let (name, rest) = id.rsplit_once('-')?;
    let is_hash = rest.len() == 8 && rest.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(server: &str, data: serde_json::Value) -> PastFinding {
        history::FindingRecord {
            id: "x".into(),
            kind: "orphan".into(),
            severity: "critical".into(),
            server: Some(server.into()),
            title: "t".into(),
            data,
            first_seen: 1_000,
            last_seen: 2_000,
            closed: None,
        }
        .into()
    }

    #[test]
    fn whose_it_was_is_known_by_name() {
        let known = serde_json::json!({ "name": "a-b", "owner": "Cursor" });
        let found = record("a-b-1f2e3d4c", known);
        assert_eq!(found.kind, Some(FindingKind::Orphan));
        assert_eq!(found.severity, Severity::Critical);
        assert_eq!(found.server.as_deref(), Some("a-b"));
        assert_eq!(found.owner.as_deref(), Some("Cursor"));
        assert_eq!(found.to, None);
        let old = record("a-b-1f2e3d4c", serde_json::json!({}));
        assert_eq!((old.server.as_deref(), old.owner), (Some("a-b"), None));
        assert_eq!(record("memory", serde_json::json!({})).server, None);
    }
}
