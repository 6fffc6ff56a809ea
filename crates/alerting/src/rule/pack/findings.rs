//! A rule for each kind of finding; those that are merely worth knowing raise no alert.

use model::metric::table as metrics;
use model::{FindingKind, Severity};

use super::{MINUTE, NOW, SETTLED, rule};
use crate::rule::{Condition, Figure, Rule, Scope, Side, Source};

pub(super) fn finding(kind: FindingKind) -> Rule {
    let hold = match kind {
        // The finding itself says when it is sure.
        FindingKind::Hot | FindingKind::LogGrowth | FindingKind::FdsNearLimit => NOW,
        // A client that starts or ends has servers in between for seconds.
        FindingKind::NotRunning => MINUTE,
        _ => SETTLED,
    };
    let name = kind.name();
    Rule {
        source: Source::Finding(kind),
        condition: Condition::Found {
            least: Severity::Warning,
            hold,
        },
        what: name.replace('_', " "),
        why: format!(
            "`mcpvisor doctor` reports `{name}`; findings that are only worth knowing raise no alert."
        ),
        ..rule(
            name,
            name,
            Scope::Server,
            Figure::of(metrics::FINDINGS),
            Side::AtLeast,
            [None; 4],
        )
    }
}
