//! Rules read and written, defaults, and whatever people may type.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::Path;
use std::time::Duration;

use alerting::dispatch::Outlet;
use alerting::rule::{
    Combine, Condition, How, Profile, Rule, Scope, Source, Threshold, Thresholds, Wishes, pack,
};
use alerting::{Matcher, Unit};
use proptest::prelude::*;

use super::{as_toml, rules_of};
use crate::config::{Config, Problems, parse, schema};

fn read(text: &str) -> Config {
    let config = parse(text, Path::new("/etc/mcpvisor"));
    config.unwrap_or_else(|problems| panic!("{problems}\n{text}"))
}

fn rule(text: &str, name: &str) -> Rule {
    let rules = rules_of(text).unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    rules.into_iter().find(|rule| rule.name == name).unwrap()
}

/// The rule `mine` of these lines.
fn mine(lines: &str) -> Rule {
    rule(&format!("[[rule]]\nname = \"mine\"\n{lines}"), "mine")
}

fn levels(rule: &Rule) -> Thresholds {
    match rule.condition {
        Condition::Threshold { levels, .. } => levels,
        _ => panic!("{rule:?} has no thresholds"),
    }
}

fn threshold(value: f64, clear: f64, seconds: u64) -> Threshold {
    Threshold {
        value,
        clear,
        hold: Duration::from_secs(seconds),
    }
}

fn conditions(all: &[&str]) -> Vec<Matcher> {
    all.iter().map(|text| text.parse().unwrap()).collect()
}

/// What is said of a text, line by line.
fn said(text: &str) -> Vec<String> {
    let problems = parse(text, Path::new("/etc")).err();
    let list = problems.as_ref().map(Problems::list).unwrap_or_default();
    list.iter().map(ToString::to_string).collect()
}

#[test]
fn every_rule_of_the_pack_is_its_own_section() {
    let usual = pack(&Wishes::default());
    let strict = pack(&Wishes {
        profile: Profile::Strict,
        ..Wishes::default()
    });
    for rule in usual.iter().chain(&strict) {
        let text = as_toml(rule);
        let again = self::rule(&text, &rule.name);
        // Words about it are those of the pack in force.
        let expected = Rule {
            what: again.what.clone(),
            why: again.why.clone(),
            ..rule.clone()
        };
        assert_eq!(again, expected, "{text}");
    }
    for rule in &usual {
        assert_eq!(&self::rule(&as_toml(rule), &rule.name), rule);
    }
    let text = "[alerts]\nprofile = \"strict\"\n";
    assert_eq!(rules_of(text).unwrap(), strict);
    assert_eq!(rules_of("[weather]\n").unwrap(), usual);
    assert_eq!(read("").alerts.rules, usual);
}

#[test]
fn a_rule_of_the_pack_by_another_name_says_the_same() {
    for rule in pack(&Wishes::default()) {
        let other = Rule {
            name: "another".to_owned(),
            ..rule.clone()
        };
        let text = as_toml(&other);
        let again = self::rule(&text, "another");
        let expected = Rule {
            what: again.what.clone(),
            why: String::new(),
            ..other
        };
        assert_eq!(again, expected, "{text}");
    }
}

#[test]
fn only_what_is_given_changes() {
    let base = rule("", "high_memory");
    let text =
        "[[rule]]\nname = \"high_memory\"\nabove = { critical = \"1GB\", error = \"600MB\" }\n";
    let changed = rule(text, "high_memory");
    let expected = [
        None,
        Some(threshold(300e6, 270e6, 15)),
        Some(threshold(600e6, 540e6, 15)),
        Some(threshold(1e9, 900e6, 15)),
    ];
    assert_eq!(levels(&changed), expected, "a distance is kept");
    assert_eq!(
        Rule {
            condition: base.condition.clone(),
            ..changed
        },
        base
    );

    let text = "[[rule]]\nname = \"high_cpu\"\nfor = { critical = \"10s\" }\nabove = { warning = false }\n";
    let changed = levels(&rule(text, "high_cpu"));
    assert_eq!(changed[1], None);
    assert_eq!(changed[3].unwrap().hold, Duration::from_secs(10));

    let text = "[[rule]]\nname = \"low_success_rate\"\nmin_traffic = 50\n";
    let traffic = rule(text, "low_success_rate").traffic.unwrap();
    assert!((traffic.at_least - 50.0).abs() < 1e-9);
    let same = rule("", "low_success_rate").traffic.unwrap();
    assert_eq!(traffic.figure, same.figure);

    let text = "[[rule]]\nname = \"orphan\"\nenabled = false\n";
    let rules = rules_of(text).unwrap();
    assert!(rules.iter().all(|rule| rule.name != "orphan"));
    assert_eq!(rules.len() + 1, rules_of("").unwrap().len());
}

#[test]
fn another_figure_has_other_words() {
    let text = "[[rule]]\nname = \"open_files_near_limit\"\nmetric = \"worst_threads\"\nat_least = { warning = 100, critical = 200 }\n";
    let changed = rule(text, "open_files_near_limit");
    assert_eq!(changed.summary, "");
    assert_eq!(changed.what, "worst threads");
    assert_eq!(changed.unit, Unit::Count);
    let text = "[[rule]]\nname = \"open_files_near_limit\"\nfor = \"1m\"\n";
    let base = rule("", "open_files_near_limit");
    let changed = rule(text, "open_files_near_limit");
    assert_eq!((changed.summary, changed.what), (base.summary, base.what));
}

#[test]
fn conditions_go_where_their_labels_are() {
    let rule = mine(
        "metric = \"operations_total\"\nrate = \"1m\"\nper = \"operations_total\"\nabove = \"10%\"\n\
         match = [\"server=memory\", \"outcome!=cancelled\"]\nonly = [\"outcome=error\"]\nmin_traffic = 20\n",
    );
    assert_eq!(rule.matchers, conditions(&["server=memory"]));
    let Source::Figure {
        figure,
        per: Some(per),
    } = &rule.source
    else {
        panic!("{rule:?}")
    };
    let both = conditions(&["outcome!=cancelled", "outcome=error"]);
    assert_eq!(figure.only, both);
    assert_eq!(per.only, conditions(&["outcome!=cancelled"]));
    assert_eq!(per.how, How::Rate(Duration::from_mins(1)));
    assert_eq!(rule.traffic.unwrap().figure.only, per.only);
    assert_eq!(rule.unit, Unit::Ratio);

    let rule = mine("metric = \"up\"\nbelow = 1\nmatch = { owner = \"Cur*\", server = \"a.b\" }\n");
    let expected = conditions(&["owner=~\"Cur.*\"", "server=a.b"]);
    assert!(expected.iter().all(|one| rule.matchers.contains(one)));
}

#[test]
fn what_is_not_said_follows_from_the_metric() {
    for (lines, scope, unit, combine) in [
        (
            "metric = \"up\"\nbelow = 1",
            Scope::Server,
            Unit::Count,
            Combine::Sum,
        ),
        (
            "metric = \"worst_fd_ratio\"\nabove = \"70%\"",
            Scope::Process,
            Unit::Ratio,
            Combine::Max,
        ),
        (
            "metric = \"disk_free_ratio\"\nbelow = \"5%\"",
            Scope::Machine,
            Unit::Ratio,
            Combine::Min,
        ),
        (
            "metric = \"owner_sessions\"\nabove = 5",
            Scope::Owner,
            Unit::Count,
            Combine::Sum,
        ),
        (
            "metric = \"gateway_queue_depth\"\nabove = 5",
            Scope::Gateway,
            Unit::Count,
            Combine::Sum,
        ),
        (
            "metric = \"mcpvisor_containers\"\nabove = 5",
            Scope::Container,
            Unit::Count,
            Combine::Sum,
        ),
        (
            "metric = \"process_cpu_seconds_total\"\nrate = \"1m\"\nabove = \"2%\"",
            Scope::Machine,
            Unit::Ratio,
            Combine::Sum,
        ),
        (
            "metric = \"io_bytes_total\"\nrate = \"1m\"\nabove = \"1MB\"",
            Scope::Server,
            Unit::BytesPerSecond,
            Combine::Sum,
        ),
        (
            "metric = \"resident_memory_bytes\"\nper = \"host_memory_bytes\"\nabove = \"10%\"",
            Scope::Server,
            Unit::Ratio,
            Combine::Sum,
        ),
        (
            "metric = \"resident_memory_bytes\"\nper = \"processes\"\nabove = \"10MB\"",
            Scope::Server,
            Unit::Bytes,
            Combine::Sum,
        ),
        (
            "metric = \"threads\"\nper = \"processes\"\nabove = 50",
            Scope::Server,
            Unit::Count,
            Combine::Sum,
        ),
        (
            "metric = \"resident_memory_bytes\"\nreaches = { limit = \"1GB\", over = \"1h\" }\nbelow = \"1h\"",
            Scope::Server,
            Unit::Seconds,
            Combine::Sum,
        ),
    ] {
        let rule = mine(lines);
        let Source::Figure { figure, .. } = &rule.source else {
            panic!("{rule:?}")
        };
        assert_eq!(
            (rule.scope, rule.unit, figure.combine),
            (scope, unit, combine),
            "{lines}"
        );
        let level = levels(&rule)[1].unwrap();
        assert_eq!(
            (level.value, level.hold),
            (level.clear, Duration::ZERO),
            "{lines}"
        );
        assert_eq!(rule.kind, "resource_limit");
    }
    assert_eq!(
        mine("metric = \"up\"\nabsent = \"5m\"").condition,
        Condition::Absent {
            severity: model::Severity::Warning,
            hold: Duration::from_mins(5),
        }
    );
    // A counter need not say over which time it is missing.
    mine("metric = \"restarts_total\"\nabsent = \"5m\"");
    assert_eq!(mine("finding = \"orphan\"").kind, "orphan");
}

fn outlets(text: &str) -> Vec<Outlet> {
    read(text).alerts.plan.outlets
}

#[test]
fn receivers_of_people_get_digests_and_those_of_escalations_wait() {
    let all = "[[receiver]]\nname = \"chat\"\nkind = \"slack\"\nurl = \"https://example.org/x\"\n\
               [[receiver]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"https://example.org/x\"\n";
    let [chat, hook] = &outlets(all)[..] else {
        panic!("two receivers")
    };
    assert_eq!(chat.digest[0], Duration::from_hours(24));
    assert_eq!(hook.digest, [Duration::ZERO; 4]);
    assert_eq!(
        (chat.on_demand, chat.per_minute, chat.resolved),
        (false, 20, true)
    );
    let step = "[[escalation]]\nafter = \"5m\"\nreceivers = [\"chat\"]\n";
    assert!(outlets(&format!("{all}{step}"))[0].on_demand);
    let route = "[[route]]\nreceivers = [\"chat\"]\n";
    assert!(!outlets(&format!("{all}{step}{route}"))[0].on_demand);
    let given = all.replacen("kind = \"slack\"", "kind = \"slack\"\non_demand = false", 1);
    assert!(!outlets(&format!("{given}{step}"))[0].on_demand);
}

#[test]
fn bounds_hold() {
    let many = |section: &str, lines: &str, count: usize| {
        let one = |at| format!("[[{section}]]\n{}", lines.replace('#', &format!("{at}")));
        (0..count).map(one).collect::<String>()
    };
    for (section, lines, most) in [
        ("rule", "name = \"r#\"\nfinding = \"orphan\"\n", 500),
        ("receiver", "name = \"r#\"\nkind = \"desktop\"\n", 32),
        ("route", "continue = true\n", 100),
        ("mute", "name = \"m#\"\nfrom = \"22:00\"\n", 100),
    ] {
        assert_eq!(said(&many(section, lines, most)), [""; 0], "{section}");
        let over = said(&many(section, lines, most + 1));
        let words = format!(
            "there are {} `[[{section}]]`; at most {most} are read",
            most + 1
        );
        assert!(over.len() == 1 && over[0].contains(&words), "{over:?}");
    }
    let conditions = vec!["\"server=a\""; 33].join(", ");
    let text = format!("[[rule]]\nname = \"orphan\"\nmatch = [{conditions}]\n");
    assert!(said(&text)[0].contains("33 conditions are too many"));
}

/// Values of all sorts, right and wrong for the keys that they may stand behind.
fn any_value() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "\"300MB\"",
        "\"80%\"",
        "\"5m\"",
        "\"1MB/s\"",
        "\"12/s\"",
        "\"\"",
        "\"(hidden)\"",
        "\"server=memory\"",
        "\"resident_memory_bytes\"",
        "\"restarts_total\"",
        "\"orphan\"",
        "\"critical\"",
        "\"webhook\"",
        "\"http://a.example/x\"",
        "\"22:00\"",
        "\"Europe/Berlin\"",
        "\"../../x\"",
        "\"a=~(\"",
        "\"{server\"",
        "\"}{\"",
        "\"ops\"",
        "\"high_memory\"",
        "\"server\"",
        "true",
        "false",
        "0",
        "-1",
        "5",
        "1e308",
        "nan",
        "inf",
        "0x1F",
        "99999999999999999999",
        "2026-01-01",
        "22:00:00",
        "[]",
        "{}",
        "[[]]",
        "[\"server=a\", 5, {}]",
        "{ warning = 1, critical = \"2MB\" }",
        "{ info = false, error = [] }",
        "{ limit = \"1GB\", over = \"1h\" }",
        "{ at_least = 3, over = \"9d\" }",
        "{ file = \"x\" }",
        "{ \"\" = \"\", \"a b\" = { env = \"$X\" } }",
        "\"\\u0000\\u202e\"",
    ]);
    prop_oneof![
        4 => words.prop_map(str::to_owned),
        1 => "[a-z0-9_*?=~!{}%]{0,20}".prop_map(|text| format!("\"{text}\"")),
        1 => any::<f64>().prop_map(|number| format!("{number:?}")),
    ]
}

fn any_section() -> impl Strategy<Value = String> {
    let keys = schema::keys().iter();
    let mut names: Vec<&str> = keys.clone().map(|key| key.section.as_str()).collect();
    names.dedup();
    let of_alerts: Vec<&'static str> = names
        .into_iter()
        .filter(|name| {
            keys.clone()
                .any(|key| key.section == *name && key.is_repeated)
        })
        .collect();
    prop::sample::select(of_alerts).prop_flat_map(move |section| {
        let keys: Vec<&str> = keys
            .clone()
            .filter(|key| key.section == section)
            .map(|key| key.name.as_str())
            .collect();
        let lines = prop::collection::btree_map(prop::sample::select(keys), any_value(), 0..8);
        let begun = (lines, any::<bool>(), any::<u16>());
        begun.prop_map(move |(mut lines, is_begun, number)| {
            let needed: &[(&str, &str)] = match section {
                _ if !is_begun => &[],
                "rule" => &[("metric", "\"up\""), ("below", "1")],
                "receiver" => &[("kind", "\"desktop\"")],
                "mute" => &[("from", "\"22:00\"")],
                "escalation" => &[("after", "\"5m\""), ("receivers", "[\"ops\"]")],
                "server" => &[("command", "\"x\"")],
                _ => &[],
            };
            for (key, value) in needed {
                lines.entry(*key).or_insert_with(|| (*value).to_owned());
            }
            if is_begun && ["rule", "receiver", "mute", "server"].contains(&section) {
                lines.insert("name", format!("\"x{number}\""));
            }
            let lines = lines
                .iter()
                .map(|(key, value)| format!("{key} = {value}\n"));
            let header = if section == "limits" {
                format!("[limits.x{number}]")
            } else {
                format!("[[{section}]]")
            };
            format!("{header}\n{}", lines.collect::<String>())
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_is_written_is_read_or_told(sections in prop::collection::vec(any_section(), 1..6)) {
        let text = sections.concat();
        let lines = text.matches('\n').count();
        match parse(&text, Path::new("/etc")) {
            Ok(config) => {
                let shown = config.effective();
                let again = parse(&shown, Path::new("/etc"));
                prop_assert!(again == Ok(config) || shown.contains("(hidden)"), "{text}\n{shown}");
            }
            Err(problems) => for problem in problems.list() {
                prop_assert!(problem.line.is_some_and(|line| (1..=lines).contains(&line)), "{problem}\n{text}");
                prop_assert!(!problem.to_string().contains(char::is_control), "{problem:?}");
            }
        }
    }

    #[test]
    fn rules_read_back(
        name in "[a-z]{1,8}",
        at in 0_usize..100,
        values in prop::collection::btree_set(0_u32..1_000_000, 1..5),
        hold in 0_u64..600,
        downward in any::<bool>(),
    ) {
        let metrics: Vec<_> = model::metric::METRICS.iter().collect();
        let metric = metrics[at % metrics.len()];
        let how = match metric.kind {
            model::MetricKind::Counter => "increase = \"5m\"\n",
            _ => "",
        };
        let mut values: Vec<String> = values.iter().map(ToString::to_string).collect();
        if downward {
            values.reverse();
        }
        let names = ["info", "warning", "error", "critical"].iter().zip(&values);
        let table: Vec<String> = names.map(|(name, value)| format!("{name} = {value}")).collect();
        let side = if downward { "below" } else { "at_least" };
        let text = format!(
            "[[rule]]\nname = \"my_{name}\"\nmetric = \"{}\"\n{how}{side} = {{ {} }}\nfor = {hold}\n",
            metric.name,
            table.join(", ")
        );
        let config = read(&text);
        prop_assert!(parse(&config.effective(), Path::new("/etc")) == Ok(config.clone()), "{}", config.effective());
    }
}
