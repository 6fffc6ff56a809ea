//! Rules with other values: what is given on the command line, written into the sections of the
//! configuration and read as those are.

use alerting::Rule;
use alerting::rule::{Condition, SEVERITIES, Side};
use toml::{Table, Value};

use crate::cli::Setting;
use crate::commands::rules::unknown;
use crate::config::alerts::rules_of;
use crate::exit::{self, Failure};

/// The rules in force, with what is changed in them.
pub(super) fn rules(setting: &Setting, changes: &[String]) -> Result<Vec<Rule>, Failure> {
    let rules = setting.config.alerts.rules.clone();
    if changes.is_empty() {
        return Ok(rules);
    }
    let path = setting.source.path().filter(|_| setting.source.exists());
    let text = path.map_or_else(|| Ok(String::new()), std::fs::read_to_string);
    let text = text.map_err(|error| {
        Failure::new(
            exit::CONFIG,
            format!("the configuration cannot be read again: {error}"),
        )
    })?;
    changed(&text, &rules, changes)
}

fn changed(text: &str, rules: &[Rule], changes: &[String]) -> Result<Vec<Rule>, Failure> {
    let mut document: Table = toml::from_str(text).map_err(|error| {
        Failure::new(
            exit::CONFIG,
            format!("the configuration is no TOML: {}", error.message()),
        )
    })?;
    document.retain(|name, _| ["alerts", "rule"].contains(&name));
    for change in changes {
        let given = Change::of(change, rules)?;
        given.write(&mut document).ok_or_else(|| wrong(change))?;
    }
    let text = toml::to_string(&document).map_err(|error| {
        Failure::new(
            exit::SOFTWARE,
            format!("the changed rules cannot be written: {error}"),
        )
    })?;
    rules_of(&text).map_err(|problems| {
        // Lines are those of a text that nobody wrote.
        let said = problems
            .list()
            .iter()
            .map(|problem| format!("`{}`: {}", problem.key, problem.message));
        let said: Vec<String> = said.collect();
        Failure::new(exit::USAGE, format!("--set: {}", said.join("; ")))
    })
}

/// A value that is changed.
struct Change<'a> {
    rule: &'a str,
    /// Severities that the rule has thresholds for.
    levels: Vec<&'static str>,
    keys: Vec<&'a str>,
    value: Value,
}

impl<'a> Change<'a> {
    fn of(text: &'a str, rules: &[Rule]) -> Result<Self, Failure> {
        let (path, value) = text.split_once('=').ok_or_else(|| wrong(text))?;
        let mut keys = path.split('.').map(str::trim);
        let name = keys.next().unwrap_or_default();
        let mut keys: Vec<&str> = keys.collect();
        if name.is_empty() || keys.is_empty() || keys.iter().any(|key| key.is_empty()) {
            return Err(wrong(text));
        }
        let rule = rules.iter().find(|rule| rule.name == name);
        let rule = rule.ok_or_else(|| unknown(name, rules))?;
        let levels = match &rule.condition {
            Condition::Threshold { levels, .. } => {
                let levels = SEVERITIES
                    .iter()
                    .zip(levels)
                    .filter(|(_, level)| level.is_some());
                levels.map(|(severity, _)| severity.name()).collect()
            }
            Condition::Absent { .. } | Condition::Found { .. } => Vec::new(),
        };
        let is_severity = SEVERITIES.iter().any(|severity| severity.name() == keys[0]);
        if is_severity && let Condition::Threshold { side, .. } = rule.condition {
            keys.insert(0, key_of(side));
        }
        Ok(Self {
            rule: name,
            levels,
            keys,
            value: value_of(value.trim()),
        })
    }

    /// Writes it into the rule's section, or into one that it makes.
    fn write(self, document: &mut Table) -> Option<()> {
        let sections = document
            .entry("rule")
            .or_insert_with(|| Value::Array(Vec::new()));
        let sections = sections.as_array_mut()?;
        let is_own =
            |section: &Value| section.get("name").and_then(Value::as_str) == Some(self.rule);
        let at = sections.iter().position(is_own).unwrap_or_else(|| {
            let name = Value::String(self.rule.to_owned());
            sections.push(Value::Table(Table::from_iter([("name".to_owned(), name)])));
            sections.len() - 1
        });
        let mut place = sections.get_mut(at)?.as_table_mut()?;
        let (last, way) = self.keys.split_last()?;
        for key in way {
            let inner = place
                .entry(*key)
                .or_insert_with(|| Value::Table(Table::new()));
            if !inner.is_table() {
                // A single value is that of all severities, or the warning.
                let bare = std::mem::replace(inner, Value::Table(Table::new()));
                put_bare(inner.as_table_mut()?, key, &self.levels, &bare);
            }
            place = inner.as_table_mut()?;
        }
        place.insert((*last).to_owned(), self.value);
        Some(())
    }
}

fn put_bare(table: &mut Table, key: &str, levels: &[&str], value: &Value) {
    let is_of_all = ["for", "clear"].contains(&key);
    let names = if is_of_all { levels } else { &["warning"] };
    for name in names {
        table.insert((*name).to_owned(), value.clone());
    }
}

/// The key of thresholds on this side.
fn key_of(side: Side) -> &'static str {
    match side {
        Side::Above => "above",
        Side::AtLeast => "at_least",
        Side::Below => "below",
        Side::AtMost => "at_most",
    }
}

/// A value of TOML, else text.
fn value_of(text: &str) -> Value {
    let parsed = toml::from_str::<Table>(&format!("value = {text}"));
    let value = parsed.ok().and_then(|mut table| table.remove("value"));
    value.unwrap_or_else(|| Value::String(text.to_owned()))
}

fn wrong(text: &str) -> Failure {
    let text = model::text::safe(text);
    let words = format!(
        "--set: `{text}` changes nothing; write `RULE.KEY=VALUE`, such as `high_memory.warning=400MB`"
    );
    Failure::new(exit::USAGE, words)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use alerting::rule::{Wishes, pack};

    use super::*;

    fn high_memory(text: &str, changes: &[&str]) -> Result<String, String> {
        let base = rules_of(text).unwrap();
        let changes: Vec<String> = changes.iter().map(|change| (*change).to_owned()).collect();
        let rules = changed(text, &base, &changes).map_err(|failure| failure.message)?;
        let rule = rules
            .iter()
            .find(|rule| rule.name == "high_memory")
            .unwrap();
        Ok(crate::api::condition(rule))
    }

    #[test]
    fn other_values_take_the_place_of_those_in_force() {
        let own = "[[rule]]\nname = \"high_memory\"\nabove = \"200MB\"\nfor = \"1m\"\n[daemon]\ninterval = \"2s\"\n";
        for (text, changes, condition) in [
            (
                "",
                vec!["high_memory.warning=400MB"],
                "above 400 MB for 15s (warning), 500 MB for 15s (critical)",
            ),
            (
                "",
                vec!["high_memory.above.warning = 400e6"],
                "above 400 MB for 15s (warning), 500 MB for 15s (critical)",
            ),
            (
                "",
                vec!["high_memory.for=30s", "high_memory.critical=false"],
                "above 300 MB for 30s (warning)",
            ),
            (
                own,
                vec!["high_memory.critical=700MB"],
                "above 200 MB for 1m 00s (warning), 700 MB for 1m 00s (critical)",
            ),
            (
                own,
                vec!["high_memory.warning=250MB"],
                "above 250 MB for 1m 00s (warning), 500 MB for 1m 00s (critical)",
            ),
            (
                own,
                vec!["high_memory.for.critical=5s"],
                "above 200 MB for 1m 00s (warning), 500 MB for 5s (critical)",
            ),
        ] {
            assert_eq!(
                high_memory(text, &changes).as_deref(),
                Ok(condition),
                "{changes:?}"
            );
        }
    }

    #[test]
    fn what_cannot_be_is_said() {
        for (change, words) in [
            ("high_memory", "write `RULE.KEY=VALUE`"),
            ("high_memory=400MB", "write `RULE.KEY=VALUE`"),
            ("high_memory.=400MB", "write `RULE.KEY=VALUE`"),
            ("high_memry.warning=400MB", "did you mean `high_memory`?"),
            ("high_memory.warning=lots", "--set: `rule"),
            ("high_memory.wraning=400MB", "no such key"),
            ("high_memory.warning=600MB", "`critical`"),
        ] {
            let said = high_memory("", &[change]).unwrap_err();
            assert!(said.contains(words), "{change}: {said}");
        }
    }

    #[test]
    fn other_rules_stay_as_they_are() {
        let base = pack(&Wishes::default());
        let rules = changed("", &base, &["high_memory.warning=400MB".to_owned()]).unwrap();
        let differ = base
            .iter()
            .zip(&rules)
            .filter(|(before, after)| before != after);
        let names: Vec<&str> = differ.map(|(rule, _)| rule.name.as_str()).collect();
        assert_eq!((rules.len(), names), (base.len(), vec!["high_memory"]));
    }
}
