//! The reader of JSON against what `serde_json` and `json5` make of the same text.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use proptest::prelude::*;

use super::parse;
use crate::declared::format::KeyPath;
use crate::declared::node::{Node, Value};
use crate::declared::problem::ProblemKind;

const ALL: &[KeyPath] = &[&[]];

fn plain(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Number(text) => text
            .parse::<f64>()
            .map_or(serde_json::Value::Null, Into::into),
        Value::Text(text) => text.clone().into(),
        Value::List(nodes) => nodes.iter().map(plain).collect(),
        Value::Map(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), plain(&entry.node)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

/// All numbers as floats, which is how [`plain`] compares them.
fn floats(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Number(number) => number.as_f64().into(),
        serde_json::Value::Array(values) => values.into_iter().map(floats).collect(),
        serde_json::Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (key, floats(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other,
    }
}

/// Both readers agree about a text.
fn agrees(text: &str) {
    let expected: serde_json::Value = json5::from_str(text).unwrap();
    assert_eq!(
        plain(&parse(text, ALL).unwrap()),
        floats(expected),
        "{text}"
    );
}

#[test]
fn json5_is_read() {
    for text in [
        "{a: 1, $b: 'it\\'s', \"c\": [1, 2,],}",
        "// first\n{ /* a * / b */ \"a\": null }\n// last",
        "{\"a\": \"line \\\n goes on\"}",
        "{\"a\": \"\\u0041\\x42\\ud83d\\ude00\\v\\0\\q\"}",
        "[+1.5, -2, .5, 5., 1e3]",
        "\u{a0}{\u{feff}ключ: true}",
        "'x'",
    ] {
        agrees(text);
    }
}

#[test]
fn faults_have_a_place() {
    for (text, line, column, message) in [
        (
            "{\"a\": 1",
            1,
            8,
            "the file ends, but `{` of line 1 is not closed",
        ),
        (
            "{\n \"a\": [1,\n",
            3,
            1,
            "the file ends, but `[` of line 2 is not closed",
        ),
        ("{\"a\" 1}", 1, 6, "expected `:` after the key"),
        (
            "{\"a\": 1 \"b\": 2}",
            1,
            9,
            "expected `,` or `}` after the value",
        ),
        ("[1 2]", 1, 4, "expected `,` or `]` after the value"),
        (
            "{\"ü\": secret}",
            1,
            7,
            "expected a value: text needs quotes",
        ),
        (
            "{\n\"a\": \"open,\n\"b\": 1}",
            2,
            6,
            "this string is not closed on its line",
        ),
        (
            "{} x",
            1,
            4,
            "expected the end of the file after the first value",
        ),
        ("/* ", 1, 1, "this comment is not closed"),
        (
            "[\"\\u00g0\"]",
            1,
            3,
            "an escape in a string is not complete",
        ),
        ("{\"a\":}", 1, 6, "expected a value"),
        ("{\"a\":", 1, 6, "the file ends where a value should be"),
        ("{,}", 1, 2, "expected a key or `}`"),
        ("0x", 1, 1, "expected a value: text needs quotes"),
    ] {
        let fault = parse(text, ALL).unwrap_err();
        assert_eq!(fault.message, message, "{text}");
        assert_eq!(
            (fault.line, fault.column),
            (Some(line), Some(column)),
            "{text}"
        );
    }
}

#[test]
fn values_know_their_line() {
    let node = parse("{\n\n \"a\": {\n  \"b\":\n  1}}", ALL).unwrap();
    let Value::Map(entries) = &node.value else {
        panic!("{node:?}")
    };
    assert_eq!((entries[0].line, entries[0].node.line), (3, 3));
    assert_eq!(node.get("a").unwrap().get("b").unwrap().line, 5);
}

#[test]
fn only_what_is_wanted_is_kept() {
    let text = r#"{"mcpServers": {"a": [1]}, "projects": {"/x": {"mcpServers": {"b": 2}, "history": [{}]}},
        "cache": {"mcpServers": {"c": 3}}, "list": [{"mcpServers": 4}]}"#;
    let node = parse(text, &[&["mcpServers"], &["projects", "*", "mcpServers"]]).unwrap();
    let expected = r#"{"mcpServers": {"a": [1]}, "projects": {"/x": {"mcpServers": {"b": 2}}}}"#;
    assert_eq!(node_text(&node), node_text(&parse(expected, ALL).unwrap()));
}

fn node_text(node: &Node) -> String {
    plain(node).to_string()
}

#[test]
fn unwanted_values_cost_nothing_and_are_checked() {
    let many = format!(
        "{{\"cache\": [{}], \"mcpServers\": {{}}}}",
        "0,".repeat(400_000)
    );
    assert!(parse(&many, &[&["mcpServers"]]).is_ok());
    let fault = parse(&many, ALL).unwrap_err();
    assert_eq!(fault.kind, ProblemKind::TooMany);
    assert!(parse("{\"cache\": [0 0]}", &[&["mcpServers"]]).is_err());
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(|number| f64::from(number).into()),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::hash_map(any::<String>(), inner, 0..6)
                .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #[test]
    fn json_is_read_as_serde_json_does(value in any_json()) {
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            prop_assert_eq!(&plain(&parse(&text, ALL).unwrap()), &value);
        }
    }

    #[test]
    fn text_near_json_never_panics(text in "[\\[\\]{}:,\"'\\\\/*a1.\n u0-9éx-]{0,60}") {
        let read = parse(&text, ALL);
        // What the other reader accepts, so does this one.
        if json5::from_str::<serde_json::Value>(&text).is_ok() {
            prop_assert!(read.is_ok(), "{:?}", read);
        }
    }
}
