//! A small reader of both formats, strict about what ours may contain.

use std::collections::BTreeMap;

/// One line with a value.
#[derive(Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

/// The lines with values; panics on whatever is no page.
pub(crate) fn read(page: &str) -> Vec<Line> {
    assert!(page.is_empty() || page.ends_with('\n'), "no last newline");
    page.split_terminator('\n')
        .filter(|line| !line.starts_with('#'))
        .map(line)
        .collect()
}

fn line(text: &str) -> Line {
    let name_end = text.find(['{', ' ']).unwrap();
    let (name, rest) = text.split_at(name_end);
    let mut labels = BTreeMap::new();
    let mut rest = rest;
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        loop {
            let (label, after) = rest.split_once("=\"").unwrap();
            let (value, after) = quoted(after);
            assert!(labels.insert(label.to_owned(), value).is_none(), "{text}");
            let Some(more) = after.strip_prefix(',') else {
                rest = after.strip_prefix('}').unwrap();
                break;
            };
            rest = more;
        }
    }
    let value = rest.strip_prefix(' ').unwrap();
    Line {
        name: name.to_owned(),
        labels,
        value: value.parse().unwrap(),
    }
}

/// The value before the closing quote, and what follows it.
fn quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return (value, &text[at + 1..]),
            '\\' => match characters.next().unwrap().1 {
                'n' => value.push('\n'),
                c @ ('"' | '\\') => value.push(c),
                c => panic!("no such escape: \\{c}"),
            },
            c => value.push(c),
        }
    }
    panic!("a value without an end: {text}")
}
