//! From text to a [`Config`], or to everything that is wrong with the text.

use std::path::Path;

use super::Config;
use super::document::Document;
use super::problem::Problems;
use super::sections::{Budget, Clean, Daemon, History, Log, Tls};

/// Parses a configuration. Relative paths in it begin at `folder`, that of its file.
pub fn parse(text: &str, folder: &Path) -> Result<Config, Problems> {
    let mut document = Document::parse(text).map_err(Problems::one)?;
    let has_tls = document.has("tls");
    let config = Config {
        daemon: document.section("daemon", |section| Daemon::read(section, has_tls)),
        tls: document.section("tls", |section| Tls::read(section, folder)),
        history: document.section("history", History::read),
        budget: document.section("budget", Budget::read),
        log: document.section("log", |section| Log::read(section, folder)),
        clean: document.section("clean", Clean::read),
    };
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

    #[test]
    fn every_key_of_the_schema_is_read() {
        for key in super::super::schema::keys() {
            // A date is the value that no key takes.
            let text = format!("[{}]\n{} = 2026-01-01\n", key.section, key.name);
            let all = said(&text);
            let place = format!("key `{}.{}`: the value must be", key.section, key.name);
            assert!(
                all.iter().any(|said| said.contains(&place)),
                "{text}{all:?}"
            );
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
