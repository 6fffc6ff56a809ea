//! From text to a [`Config`], or to everything that is wrong with the text.

use std::path::Path;

use super::document::Document;
use super::limits::Limits;
use super::policy::PolicySetting;
use super::problem::Problems;
use super::sections::{Budget, Clean, Daemon, History, Log, Tls};
use super::{Alerts, Config, servers};

/// Parses a configuration. Relative paths in it begin at `folder`, that of its file.
pub fn parse(text: &str, folder: &Path) -> Result<Config, Problems> {
    let mut document = Document::parse(text).map_err(Problems::one)?;
    let has_tls = document.has("tls");
    let mut config = Config {
        daemon: document.section("daemon", |section| Daemon::read(section, has_tls)),
        tls: document.section("tls", |section| Tls::read(section, folder)),
        history: document.section("history", History::read),
        budget: document.section("budget", Budget::read),
        log: document.section("log", |section| Log::read(section, folder)),
        clean: document.section("clean", Clean::read),
        alerts: Alerts::read(&mut document, folder),
        ..Config::default()
    };
    let rules = config.alerts.rule_names();
    config.policy = document.section("policy", |section| PolicySetting::read(section, &rules));
    let profile = config.policy.profile;
    config.limits = document.tables("limits", |section| Limits::read(section, profile));
    config.servers = servers::read(&mut document, folder, &config.limits);
    document.finish()?;
    Ok(config)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn said(text: &str) -> Vec<String> {
        let problems = parse(text, Path::new("/etc")).err();
        let list = problems.as_ref().map(Problems::list).unwrap_or_default();
        list.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn nothing_is_needed() {
        assert_eq!(parse("", Path::new("/etc")), Ok(Config::default()));
    }

    /// What stands beside a key in a section that there may be several times, so that it is read.
    fn besides(section: &str) -> &'static [&'static str] {
        match section {
            "rule" => &[
                "metric = \"resident_memory_bytes\"",
                "metric = \"resident_memory_bytes\"\nat_least = 1",
                "finding = \"orphan\"",
                "metric = \"resident_memory_bytes\"\nabsent = \"1m\"",
                "",
            ],
            "receiver" => &[
                "kind = \"webhook\"",
                "kind = \"slack\"",
                "kind = \"email\"",
                "kind = \"command\"",
                "kind = \"file\"",
                "",
            ],
            "server" => &["command = \"x\"", ""],
            _ => &[""],
        }
    }

    #[test]
    fn every_key_of_the_schema_is_read() {
        for key in super::super::schema::keys() {
            // A date is the value that no key takes.
            let line = format!("{} = 2026-01-01\n", key.name);
            let texts: Vec<String> = if key.is_named {
                vec![format!("[{}.a]\n{line}", key.section)]
            } else if key.is_repeated {
                let besides = besides(&key.section).iter();
                let name = match key.name.as_str() {
                    "name" => "",
                    _ if ["rule", "receiver", "mute", "server"].contains(&key.section.as_str()) => {
                        "name = \"x\""
                    }
                    _ => "",
                };
                let text = |besides| format!("[[{}]]\n{name}\n{besides}\n{line}", key.section);
                besides.map(text).collect()
            } else {
                vec![format!("[{}]\n{line}", key.section)]
            };
            let named = if key.is_named { ".a" } else { "" };
            let place = format!(
                "key `{}{named}.{}`: the value must be",
                key.section, key.name
            );
            let all: Vec<Vec<String>> = texts.iter().map(|text| said(text)).collect();
            let is_told = |said: &String| said.contains(&place);
            assert!(all.iter().flatten().any(is_told), "{texts:?}{all:#?}");
        }
    }

    #[test]
    fn all_problems_are_told_in_the_order_of_lines() {
        let text =
            "[history]\nraw = \"5 sec\"\n[clean]\nnever_tuch = []\n[daemon]\ninterval = true\n";
        assert_eq!(
            said(text),
            [
                "line 2, key `history.raw`: `5 sec` is no duration; write `500ms`, `60s`, `5m`, `2h` or `1d`; did you mean `5s`?",
                "line 4, key `clean.never_tuch`: there is no such key; did you mean `never_touch`?",
                "line 6, key `daemon.interval`: the value must be text in quotes such as `\"5s\"`, not true or false",
            ]
        );
    }

    #[test]
    fn paths_begin_at_the_folder() {
        let text = "[tls]\ncert = \"a.pem\"\nkey = \"/b.key\"\n";
        let tls = parse(text, Path::new("/etc/mcpvisor"))
            .ok()
            .and_then(|config| config.tls);
        let paths = tls.map(|tls| (tls.cert, tls.key));
        assert_eq!(paths, Some(("/etc/mcpvisor/a.pem".into(), "/b.key".into())));
    }
}
