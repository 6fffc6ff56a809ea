//! Names of series as they are written: `mcpvisor_server_up{server="memory",owner="Cursor"}`.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{LabelValues, Metric};

/// Why a name stands for no series.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSeries {
    /// It is not of the form.
    #[error("`{0}` names no series; write `NAME{{label=\"value\", ...}}`")]
    Form(String),
    /// There is no such metric.
    #[error("there is no metric `{0}`; docs/metrics.md lists all")]
    Metric(String),
    /// The metric has no such label.
    #[error("`{metric}` has no label `{label}`; it has {}", listed(metric))]
    Label {
        /// The metric.
        metric: &'static str,
        /// What was written.
        label: String,
    },
    /// A label is missing.
    #[error("`{metric}` needs the label `{label}` too; it has {}", listed(metric))]
    Missing {
        /// The metric.
        metric: &'static str,
        /// What was not written.
        label: &'static str,
    },
}

/// A metric and values for all of its labels. The prefix of the name may be left out.
pub fn parsed(text: &str) -> Result<(&'static Metric, LabelValues), BadSeries> {
    let bad = || BadSeries::Form(shortened(text));
    let text = text.trim();
    let (name, labels) = match text.split_once('{') {
        None => (text, BTreeMap::new()),
        Some((name, rest)) => (name.trim(), labels(rest).ok_or_else(bad)?),
    };
    if name.is_empty() {
        return Err(bad());
    }
    let metric = Metric::named(name).ok_or_else(|| BadSeries::Metric(shortened(name)))?;
    labelled(
        metric,
        labels
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
    )
    .map(|values| (metric, values))
}

/// Label values in the metric's order; all of its labels and no others must be there.
pub fn labelled<'a>(
    metric: &'static Metric,
    labels: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<LabelValues, BadSeries> {
    let given: BTreeMap<&str, &str> = labels.into_iter().collect();
    if let Some(label) = given.keys().find(|label| !metric.labels.contains(label)) {
        return Err(BadSeries::Label {
            metric: metric.name,
            label: shortened(label),
        });
    }
    let values = metric.labels.iter().map(|label| {
        let value = given.get(label).ok_or(BadSeries::Missing {
            metric: metric.name,
            label,
        })?;
        Ok(Arc::<str>::from(*value))
    });
    values.collect()
}

/// Labels between braces, without the opening one.
fn labels(text: &str) -> Option<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut rest = text.trim_start();
    loop {
        if let Some(after) = rest.strip_prefix('}') {
            return after.trim().is_empty().then_some(found);
        }
        let (name, value) = rest.split_once('=')?;
        let (value, after) = quoted(value.trim_start())?;
        if found.insert(name.trim().to_owned(), value).is_some() {
            return None;
        }
        rest = after.trim_start();
        match rest.strip_prefix(',') {
            Some(after) => rest = after.trim_start(),
            None if rest.starts_with('}') => {}
            None => return None,
        }
    }
}

/// A text in quotes, and what comes after it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            c if c == quote => return Some((value, &text[at + 1..])),
            c => value.push(c),
        }
    }
    None
}

fn listed(metric: &str) -> String {
    let labels = Metric::named(metric).map_or(&[][..], |metric| metric.labels);
    if labels.is_empty() {
        return "none".to_owned();
    }
    let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
    labels.join(", ")
}

fn shortened(text: &str) -> String {
    let clean = text.chars().filter(|c| !c.is_control());
    clean.take(80).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn labels_come_in_the_order_of_the_table() {
        for text in [
            r#"mcpvisor_server_up{server="memory",owner="Claude Code"}"#,
            r#" up { owner = "Claude Code" , server='memory', } "#,
        ] {
            let (metric, labels) = parsed(text).unwrap();
            assert_eq!(metric.name, "mcpvisor_server_up");
            let values: Vec<&str> = labels.iter().map(|value| &**value).collect();
            assert_eq!(values, ["memory", "Claude Code"], "{text}");
        }
        let (_, labels) = parsed(r#"up{server="a\"b,{}\\",owner=""}"#).unwrap();
        assert_eq!(&*labels[0], "a\"b,{}\\");
        assert!(parsed("mcpvisor_containers").unwrap().1.is_empty());
        assert!(parsed("mcpvisor_containers{}").unwrap().1.is_empty());
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, words) in [
            ("", "names no series"),
            ("{server=\"a\"}", "names no series"),
            ("up{server=\"a\"", "names no series"),
            ("up{server=a,owner=\"b\"}", "names no series"),
            ("up{server=\"a\" owner=\"b\"}", "names no series"),
            ("up{server=\"a\",server=\"b\"}", "names no series"),
            ("up{server=\"a\",owner=\"b\"} 1", "names no series"),
            ("upp{server=\"a\"}", "there is no metric `upp`"),
            ("up{server=\"a\"}", "needs the label `owner` too"),
            (
                "up{server=\"a\",job=\"b\"}",
                "has no label `job`; it has `server`, `owner`",
            ),
            (
                "containers{server=\"a\"}",
                "has no label `server`; it has none",
            ),
        ] {
            let error = parsed(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
