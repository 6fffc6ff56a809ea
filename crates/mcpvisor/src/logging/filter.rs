//! Which lines are written.

use tracing_subscriber::EnvFilter;

use super::Fault;
use crate::config::Level;

/// Crates of ours: the level is about them. From the libraries below only what went wrong is of
/// use, and at `trace` they would write about every byte that is logged.
const OURS: [&str; 6] = ["mcpvisor", "web", "history", "linux", "inventory", "export"];

/// The filter for a level; a wish of the environment goes before it.
pub(super) fn filter(level: Level, wish: Option<&str>) -> Result<EnvFilter, Fault> {
    let directives = match wish.map(str::trim).filter(|wish| !wish.is_empty()) {
        Some(wish) => wish.to_owned(),
        None => directives(level),
    };
    EnvFilter::try_new(directives).map_err(|error| Fault::Filter(error.to_string()))
}

fn directives(level: Level) -> String {
    let (ours, others) = match level {
        Level::Error => ("error", "error"),
        Level::Warn => ("warn", "warn"),
        Level::Info => ("info", "warn"),
        Level::Debug => ("debug", "warn"),
        Level::Trace => ("trace", "warn"),
    };
    let ours = OURS.map(|name| format!("{name}={ours}"));
    format!("{others},{}", ours.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_go_first() {
        for (wish, fine) in [
            ("debug", true),
            ("warn,mcpvisor::daemon=trace", true),
            (" ", true),
            ("web=loud", false),
        ] {
            assert_eq!(filter(Level::Info, Some(wish)).is_ok(), fine, "{wish}");
        }
        let shown = filter(Level::Debug, None)
            .map(|filter| filter.to_string())
            .unwrap_or_default();
        assert!(
            shown.contains("history=debug") && shown.contains("warn"),
            "{shown}"
        );
    }
}
