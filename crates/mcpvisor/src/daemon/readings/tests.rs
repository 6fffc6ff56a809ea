//! The thread and what becomes of its answers.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use model::Measurement;

use super::errand::Errand;
use super::reader::{Answer, Reader};
use super::{measure, of_the_look};
use crate::top::tests::sample;

fn errand(now_ns: u64, state: &std::path::Path) -> Errand {
    Errand {
        now_ns,
        now: 0,
        state: state.to_owned(),
        homes: Vec::new(),
        servers: Vec::new(),
        writers: Vec::new(),
        ports: Vec::new(),
        databases: Vec::new(),
    }
}

fn names(answer: &Answer, now: u64) -> Vec<&'static str> {
    let mut out = Vec::new();
    measure(answer, now, &mut out);
    out.iter().map(|one| one.metric.name).collect()
}

#[test]
fn a_reading_counts_for_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let seconds = |count: u64| count * 1_000_000_000;
    assert_eq!(names(&Answer::default(), seconds(5)), [""; 0]);
    let mut reader = Reader::new(0);
    let answer = reader.carry_out(errand(seconds(100), folder.path()));
    let both = ["mcpvisor_disk_free_bytes", "mcpvisor_disk_free_ratio"];
    assert_eq!(names(&answer, seconds(100)), both);
    assert_eq!(names(&answer, seconds(189)), both);
    assert_eq!(names(&answer, seconds(190)), [""; 0], "the thread hangs");

    // It is read anew when it is due, and not before.
    let gone = folder.path().join("gone");
    let answer = reader.carry_out(errand(seconds(110), &gone));
    assert_eq!(names(&answer, seconds(110)), both);
    let answer = reader.carry_out(errand(seconds(130), &gone));
    assert_eq!(names(&answer, seconds(130)), [""; 0]);
}

#[test]
fn databases_of_a_gateway_are_as_large_as_the_largest() {
    let folder = tempfile::tempdir().unwrap();
    let uid = rustix::process::geteuid().as_raw();
    let database = |name: &str, gateway: &str| super::gateways::Database {
        gateway: gateway.to_owned(),
        uid,
        path: folder.path().join(name),
    };
    std::fs::write(folder.path().join("a.db"), [0; 300]).unwrap();
    std::fs::write(folder.path().join("b.db"), [0; 5_000]).unwrap();
    let errand = Errand {
        databases: vec![
            database("a.db", "mcpproxy-go"),
            database("b.db", "mcpproxy-go"),
            database("none.db", "docker/mcp-gateway"),
        ],
        ..errand(1, folder.path())
    };
    let answer = Reader::new(0).carry_out(errand);
    let mut out: Vec<Measurement> = Vec::new();
    measure(&answer, 1, &mut out);
    let found: Vec<_> = out
        .iter()
        .filter(|one| one.metric.name == "mcpvisor_gateway_database_bytes")
        .map(|one| (&*one.labels[0], one.value))
        .collect();
    assert_eq!(found, [("mcpproxy-go", 5_000.0)]);
}

#[test]
fn containers_are_counted_without_any_file() {
    let mut out = Vec::new();
    of_the_look(&sample::picture(), &mut out);
    let found: Vec<_> = out.iter().map(|one| (one.metric.name, one.value)).collect();
    assert_eq!(found, [("mcpvisor_containers", 0.0)]);
    assert_eq!(out[0].labels, Arc::from([]));
}
