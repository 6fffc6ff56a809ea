//! What was measured, as tables.

use super::crash::Crashes;
use super::explosion::Explosion;
use super::fleet::Cost;
use super::keepers::Kind;
use super::others::{By, Contained};
use super::stops::Stops;
use crate::bench::median::{largest, median};
use crate::bench::paper::Table;

fn or_dash(figure: Option<String>) -> String {
    figure.unwrap_or_else(|| "–".to_owned())
}

pub(super) fn explosions(all: &[Explosion]) -> Table {
    let mut table = Table::new(&[
        "an explosion",
        "processes, most",
        "`pids.peak`",
        "order",
        "ms until all are gone",
        "left after 5 s",
    ]);
    table.rows = all
        .iter()
        .map(|told| {
            vec![
                told.name.clone(),
                told.most.to_string(),
                or_dash(told.peak.map(|peak| peak.to_string())),
                told.order.to_owned(),
                or_dash(told.gone_ms.map(|ms| format!("{ms:.0}"))),
                told.left.to_string(),
            ]
        })
        .collect();
    table
}

/// Milliseconds of each.
pub(super) fn within(all: &[Contained]) -> Vec<f64> {
    all.iter().map(|told| told.within_ms).collect()
}

pub(super) fn others(all: &[(By, Vec<Contained>)]) -> Table {
    let mut table = Table::new(&[
        "a server of others explodes",
        "times",
        "processes, most",
        "ms from crossing to contained, median",
        "longest",
        "not contained",
    ]);
    table.rows = all
        .iter()
        .map(|(by, all)| {
            let most = all.iter().map(|told| told.most).max().unwrap_or(0);
            let missed = all.iter().filter(|told| told.is_complete).count();
            vec![
                by.name(),
                all.len().to_string(),
                most.to_string(),
                format!("{:.1}", median(&within(all))),
                format!("{:.1}", largest(&within(all))),
                missed.to_string(),
            ]
        })
        .collect();
    table
}

pub(super) fn crashes(all: &[Crashes]) -> Table {
    let mut table = Table::new(&["crash to next start", "servers", "median ms", "longest ms"]);
    table.rows = all
        .iter()
        .map(|told| {
            vec![
                told.kind.name().to_owned(),
                told.took_ms.len().to_string(),
                format!("{:.1}", median(&told.took_ms)),
                format!("{:.1}", largest(&told.took_ms)),
            ]
        })
        .collect();
    table
}

pub(super) fn stops(all: &[Stops]) -> Table {
    let mut table = Table::new(&[
        "stops of a nasty tree of 4",
        "stops",
        "median ms",
        "longest ms",
        "processes left",
        "later",
    ]);
    table.rows = all
        .iter()
        .map(|told| {
            vec![
                told.kind.name().to_owned(),
                told.times.to_string(),
                format!("{:.0}", median(&told.took_ms)),
                format!("{:.0}", largest(&told.took_ms)),
                told.left.to_string(),
                told.left_later.to_string(),
            ]
        })
        .collect();
    table
}

pub(super) fn fleets(all: &[Cost]) -> Table {
    let mut table = Table::new(&[
        "keeps quiet servers",
        "servers",
        "CPU % of a core",
        "RSS MB",
        "PSS MB",
        "mcpvisor's CPU",
        "mcpvisor's RSS",
    ]);
    let ours = all.iter().find(|cost| cost.kind == Kind::Ours);
    table.rows = all
        .iter()
        .map(|cost| {
            vec![
                cost.kind.name().to_owned(),
                cost.servers.to_string(),
                format!("{:.2}", cost.cpu_percent),
                format!("{:.1}", cost.resident as f64 / 1e6),
                format!("{:.1}", cost.proportional as f64 / 1e6),
                or_dash(ours.map(|ours| format!("{:.2}×", ours.cpu_percent / cost.cpu_percent))),
                or_dash(ours.map(|ours| {
                    format!("{:.2}×", ours.resident as f64 / cost.resident.max(1) as f64)
                })),
            ]
        })
        .collect();
    table
}
