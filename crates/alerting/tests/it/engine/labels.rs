//! Conditions on labels, labels that tell objects apart, names that anybody may choose.

use alerting::engine::What;
use alerting::rule::{Figure, Scope, Side, Source};
use alerting::{Matcher, Rule, Unit};
use model::metric::table as metrics;

use super::world::{SERVER, World, level, memory_rule, packed, set_memory, threshold_rule};

fn open_files(matchers: &[&str]) -> Rule {
    let figure = Figure::of(metrics::SERVER_OPEN_FDS);
    let levels = [None, level(100.0, 0), None, None];
    Rule {
        matchers: matchers
            .iter()
            .map(|text| text.parse::<Matcher>().unwrap())
            .collect(),
        ..threshold_rule("open_files", Scope::Server, figure, Side::Above, levels)
    }
}

fn set_files(world: &mut World, server: &str, kind: &str, value: f64) {
    world.set(metrics::SERVER_OPEN_FDS, &[server, SERVER[1], kind], value);
}

#[test]
fn of_all_kinds_they_add_up() {
    let mut world = World::new(vec![open_files(&[])]);
    set_files(&mut world, "memory", "socket", 60.0);
    set_files(&mut world, "memory", "file", 40.0);
    assert_eq!(world.run(60), []);
    set_files(&mut world, "memory", "pipe", 1.0);
    assert_eq!(world.next(5).unwrap().2.value, Some(101.0));
}

/// A condition on a label that does not tell objects apart chooses series.
#[test]
fn of_some_kinds() {
    for (condition, value) in [
        ("kind=socket", Some(101.0)),
        ("kind=\"file\"", None),
        ("kind!=file", Some(106.0)),
        ("kind=~\"s.*|pipe\"", Some(106.0)),
        ("kind!~\"s.*\"", None),
    ] {
        let mut world = World::new(vec![open_files(&[condition])]);
        set_files(&mut world, "memory", "socket", 101.0);
        set_files(&mut world, "memory", "pipe", 5.0);
        set_files(&mut world, "memory", "file", 90.0);
        let told = world.next(30).and_then(|(_, _, alert)| alert.value);
        assert_eq!(told, value, "{condition}");
    }
}

#[test]
fn of_some_servers() {
    for (conditions, names) in [
        (&["server=memory"][..], &["memory"][..]),
        (&["server!=memory"], &["github", "time"]),
        (
            &["server=~\"git.*|time\"", "kind=socket"],
            &["github", "time"],
        ),
        (&["server=~\"git.*|time\"", "kind=file"], &[]),
        (&["owner=Cursor"], &[]),
        // No label of such objects: empty.
        (&["gateway="], &["github", "memory", "time"]),
        (&["gateway=mcp-hub"], &[]),
    ] {
        let mut world = World::new(vec![open_files(conditions)]);
        for name in ["memory", "github", "time"] {
            set_files(&mut world, name, "socket", 200.0);
        }
        world.run(30);
        let alerts = world.engine.alerts();
        let mut told: Vec<&str> = alerts
            .map(|alert| alert.labels["server"].as_str())
            .collect();
        told.sort_unstable();
        assert_eq!(told, names, "{conditions:?}");
    }
}

#[test]
fn each_disk_by_itself() {
    let mut world = World::new(packed("disk_space", alerting::rule::Profile::Default));
    for (disk, free) in [("/", 0.5), ("/home", 0.15), ("/data", 0.05)] {
        world.set(metrics::DISK_FREE_RATIO, &[disk], free);
    }
    let told = world.run(60);
    let mut told: Vec<&str> = told
        .iter()
        .map(|(_, told)| told.alert.summary.as_str())
        .collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            "free space on /data: 5 %, below 10 %",
            "free space on /home: 15 %, below 20 %",
        ]
    );
}

/// Divided by a figure that has only some of the labels.
#[test]
fn a_part_of_its_owners() {
    let figure = Figure::of(metrics::SERVER_RESIDENT_MEMORY_BYTES);
    let per = Figure::of(metrics::OWNER_RESIDENT_MEMORY_BYTES);
    let levels = [None, level(0.5, 0), None, None];
    let rule = Rule {
        unit: Unit::Ratio,
        source: Source::Figure {
            figure: figure.clone(),
            per: Some(per),
        },
        ..threshold_rule("part", Scope::Server, figure, Side::Above, levels)
    };
    let mut world = World::new(vec![rule]);
    set_memory(&mut world, 60.0);
    world.set(metrics::OWNER_RESIDENT_MEMORY_BYTES, &[SERVER[1]], 120.0);
    assert_eq!(world.run(60), []);
    world.set(metrics::OWNER_RESIDENT_MEMORY_BYTES, &[SERVER[1]], 100.0);
    let (_, _, alert) = world.next(5).unwrap();
    assert_eq!(
        (alert.value, alert.shown.as_deref()),
        (Some(0.6), Some("60 %"))
    );
}

#[test]
fn labels_of_the_rule() {
    let mut rule = memory_rule();
    for (name, value) in [
        ("team", "tools"),
        ("severity", "page"),
        ("alertname", "x"),
        ("server", "y"),
    ] {
        rule.labels.insert(name.to_owned(), value.to_owned());
    }
    let mut world = World::new(vec![rule]);
    set_memory(&mut world, 250.0);
    let (_, _, alert) = world.next(60).unwrap();
    let labels: Vec<(&str, &str)> = alert
        .labels
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    assert_eq!(
        labels,
        [
            ("alertname", "memory_rule"),
            ("owner", "Claude Code"),
            ("server", "memory"),
            ("severity", "critical"),
            ("team", "tools"),
        ]
    );
}

/// Names that look the same to people are still two.
#[test]
fn hostile_names() {
    let names = [
        "mem\u{1b}[2Jory",
        "mem[2Jory",
        "mem\u{202e}[2Jory",
        "\"}{server}",
        "a, b (c): 1",
    ];
    let mut rule = memory_rule();
    rule.summary = "{server} has {value}, {nothing}{unknown label} {".to_owned();
    let mut world = World::new(vec![
        memory_rule(),
        Rule {
            name: "own".to_owned(),
            ..rule
        },
    ]);
    for name in names {
        world.set(metrics::SERVER_UP, &[name, "x"], 1.0);
        world.set(metrics::SERVER_RESIDENT_MEMORY_BYTES, &[name, "x"], 250.0);
    }
    let told = world.run(60);
    assert_eq!(told.len(), names.len() * 2);
    let mut seen = std::collections::BTreeSet::new();
    for (_, told) in &told {
        assert_eq!(told.what, What::Fired);
        assert!(seen.insert(told.alert.fingerprint.clone()));
        assert!(!told.alert.summary.chars().any(char::is_control));
        assert!(!told.alert.labels["server"].contains('\u{202e}'));
    }
    let own = told.iter().map(|(_, told)| &told.alert);
    let own = own.filter(|alert| alert.rule == "own" && alert.labels["server"].starts_with('"'));
    let texts: Vec<&str> = own.map(|alert| alert.summary.as_str()).collect();
    assert_eq!(texts, ["\"}{server} has 250 B,  {"]);
}
