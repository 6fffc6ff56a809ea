//! The commented file that `config init` writes: every key that has a default, with what it is for, and
//! examples of the sections that there may be several times.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::{Config, Tls, schema};

const HEAD: &str = "\
# Configuration of mcpvisor. Every key has a default, shown here: remove the `#` before a key to
# change it. Rules, receivers, limits and servers come after that, as examples. `mcpvisor config check` tells
# what is wrong with this file, and a running daemon reads it again when it changes.
";

/// Sections that there may be several times: they have no defaults to show, so these are examples.
const EXAMPLES: &str = include_str!("examples.toml");

/// The file. As it stands it changes nothing.
pub fn template() -> String {
    let mut file = HEAD.to_owned();
    let mut section = String::new();
    for line in specimen().effective().lines() {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            name.clone_into(&mut section);
            file.push('\n');
            push_comment(&mut file, &schema::section_description(name));
            file.push_str(line);
            file.push('\n');
        } else if let Some((name, _)) = line.split_once(" = ") {
            let mut keys = schema::keys().iter();
            let key = keys.find(|key| key.section == section && key.name == name);
            push_comment(&mut file, key.map_or("", |key| &key.description));
            // Writing to a `String` cannot fail.
            let _written = writeln!(file, "# {line}");
        }
    }
    file.push('\n');
    for line in EXAMPLES.lines() {
        // What explains an example is a comment there already.
        let mark = if line.is_empty() || line.starts_with('#') {
            ""
        } else {
            "# "
        };
        let _written = writeln!(file, "{mark}{line}");
    }
    file
}

fn push_comment(file: &mut String, text: &str) {
    for line in text.lines() {
        let _written = writeln!(file, "# {line}");
    }
}

/// The defaults, with examples where there is none.
fn specimen() -> Config {
    let mut config = Config {
        tls: Some(Tls {
            cert: PathBuf::from("server.pem"),
            key: PathBuf::from("server.key"),
        }),
        ..Config::default()
    };
    config.log.file = Some(PathBuf::from("/var/log/mcpvisor.log"));
    config
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::parse;

    #[test]
    fn the_file_changes_nothing() {
        assert_eq!(parse(&template(), Path::new("/etc")), Ok(Config::default()));
    }

    #[test]
    fn without_its_marks_it_holds_every_key() {
        let template = template();
        let keys = schema::keys().iter().filter(|key| !key.is_repeated);
        let keys: Vec<&str> = keys.map(|key| key.name.as_str()).collect();
        let is_key = |line: &str| {
            let name = line.split(" = ").next().unwrap_or_default();
            line.contains(" = ") && keys.contains(&name)
        };
        let own = template.lines().count() - EXAMPLES.lines().count();
        let bare: Vec<&str> = template
            .lines()
            .take(own)
            .map(|line| {
                line.strip_prefix("# ")
                    .filter(|rest| is_key(rest))
                    .unwrap_or(line)
            })
            .collect();
        assert_eq!(parse(&bare.join("\n"), Path::new("")), Ok(specimen()));
        let told = bare.iter().filter(|line| is_key(line)).count();
        assert_eq!(told, keys.len());
    }

    #[test]
    fn the_examples_are_right() {
        let config = parse(EXAMPLES, Path::new("/etc/mcpvisor"));
        assert_eq!(config.as_ref().err(), None);
        // All that the sections can be is in one of them.
        let examples: Vec<&str> = EXAMPLES
            .lines()
            .filter(|line| line.starts_with('['))
            .collect();
        for key in schema::keys().iter().filter(|key| key.is_repeated) {
            let header = if key.is_named {
                format!("[{}.", key.section)
            } else {
                format!("[[{}]]", key.section)
            };
            let mut examples = examples.iter();
            assert!(examples.any(|line| line.starts_with(&header)), "{header}");
        }
        let marked = template();
        assert!(EXAMPLES.lines().all(|line| marked.contains(line)));
    }
}
