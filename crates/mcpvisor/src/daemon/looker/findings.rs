//! What a look leaves in the history that is no series: findings with since when they are seen, and how all
//! was each hour.

use super::Looker;
use crate::picture::Picture;
use crate::report::summary_severity;

/// Findings that stay the same are noted as seen this often, nanoseconds.
const FINDINGS_EVERY_NS: u64 = 60_000_000_000;
/// How all was is kept this often, nanoseconds.
const SUMMARIES_EVERY_NS: u64 = 3_600_000_000_000;

impl Looker<'_> {
    /// Keeps what is no series: findings with since when they are seen, and how all was each hour.
    pub(super) fn keep(&mut self, picture: &Picture) {
        let (boot, wall) = (picture.table.moment.boot_ns, picture.table.moment.wall);
        let ids = picture.findings.iter().map(|finding| finding.id.clone());
        let ids: Vec<String> = ids.collect();
        let is_due = boot.saturating_sub(self.findings_kept_ns) >= FINDINGS_EVERY_NS;
        if ids != self.findings_kept || is_due {
            let rows = picture
                .findings
                .iter()
                .map(|finding| row(finding, picture))
                .collect();
            self.daemon.keep_findings(wall, rows);
            self.findings_kept = ids;
            self.findings_kept_ns = boot;
        }
        if boot.saturating_sub(self.summary_kept_ns) >= SUMMARIES_EVERY_NS || self.looks == 1 {
            self.daemon.keep_summary(wall, picture);
            self.summary_kept_ns = boot;
        }
    }
}

fn row(finding: &model::Finding, picture: &Picture) -> history::FindingRow {
    let inventory = &picture.inventory;
    let mut servers = inventory.servers.iter().chain(&inventory.watched);
    let server = servers.find(|server| finding.server.as_ref() == Some(&server.id));
    history::FindingRow {
        id: finding.id.clone(),
        kind: finding.kind.name().to_owned(),
        severity: summary_severity(finding.severity).to_owned(),
        server: finding.server.clone(),
        title: finding.title.clone(),
        data: serde_json::json!({
            "evidence": finding.evidence,
            "cost": finding.cost,
            "name": server.map(|server| &server.name),
            "owner": server.map(|server| &server.owner.name),
        }),
    }
}
