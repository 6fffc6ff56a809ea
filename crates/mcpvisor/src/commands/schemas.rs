//! The JSON Schemas of all documents and the `OpenAPI` document, for `schema/`.

use std::path::Path;

use crate::api::{
    Alerts, HistoryReport, HistoryStats, ReceiverTest, Receivers, SilenceReport, Silences,
    WatchReport,
};
use crate::exit;
use crate::report::{CleanReport, ExplainReport, Report};

/// Writes one file for each document.
pub fn run(folder: &Path) -> anyhow::Result<u8> {
    std::fs::create_dir_all(folder)?;
    let all = [
        ("report.v1.json", schemars::schema_for!(Report)),
        (
            "containers.v1.json",
            schemars::schema_for!(crate::report::ContainersReport),
        ),
        ("clean.v1.json", schemars::schema_for!(CleanReport)),
        ("explain.v1.json", schemars::schema_for!(ExplainReport)),
        (
            "config-check.v1.json",
            schemars::schema_for!(crate::commands::config::CheckReport),
        ),
        ("config.json", crate::config::schema::schema()),
        (
            "status.v1.json",
            schemars::schema_for!(crate::commands::status::StatusReport),
        ),
        ("history.v1.json", schemars::schema_for!(HistoryReport)),
        ("history-stats.v1.json", schemars::schema_for!(HistoryStats)),
        ("watch.v1.json", schemars::schema_for!(WatchReport)),
        (
            "check.v1.json",
            schemars::schema_for!(crate::commands::check::CheckReport),
        ),
        ("alerts.v1.json", schemars::schema_for!(Alerts)),
        ("silence.v1.json", schemars::schema_for!(SilenceReport)),
        ("silences.v1.json", schemars::schema_for!(Silences)),
        ("receivers.v1.json", schemars::schema_for!(Receivers)),
        (
            "receiver-tests.v1.json",
            schemars::schema_for!(Vec<ReceiverTest>),
        ),
        ("rules.v1.json", schemars::schema_for!(crate::api::Rules)),
        (
            "rule.v1.json",
            schemars::schema_for!(crate::commands::rules::RuleShown),
        ),
        (
            "rules-test.v1.json",
            schemars::schema_for!(crate::rule_tests::RuleTestsReport),
        ),
        (
            "tasks.v1.json",
            schemars::schema_for!(Vec<crate::api::TaskReport>),
        ),
        ("logs.v1.json", schemars::schema_for!(crate::api::ServerLog)),
        (
            "limits.v1.json",
            schemars::schema_for!(crate::commands::limits::LimitsReport),
        ),
        (
            "service.v1.json",
            schemars::schema_for!(crate::service::report::ServiceReport),
        ),
        (
            "replay.v1.json",
            schemars::schema_for!(crate::replaying::ReplayReport),
        ),
        (
            "webhook.json",
            schemars::schema_for!(alerting::receivers::WebhookBody),
        ),
    ];
    for (name, schema) in all {
        let text = serde_json::to_string_pretty(&schema)?;
        std::fs::write(folder.join(name), format!("{text}\n"))?;
    }
    let openapi = serde_json::to_string_pretty(&crate::api::document())?;
    std::fs::write(folder.join("openapi.json"), format!("{openapi}\n"))?;
    Ok(exit::FINE)
}
