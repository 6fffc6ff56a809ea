//! Secrets in sections: written down, in a file, or in the environment. None is ever quoted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use alerting::receivers::{Secret, SecretSource};
use toml::de::DeValue;

use super::HIDDEN;
use crate::config::document::Placed;
use crate::config::invalid::{Invalid, quotable};
use crate::config::section::Section;
use crate::config::value::{FromValue as _, text};

/// The three keys of a secret: itself, its file, its variable.
pub(super) type Keys = [&'static str; 3];

/// Entries of a table of secrets at most.
const MOST: usize = 32;

/// Reads a secret from whichever of its keys is there.
pub(super) fn read(section: &mut Section<'_>, keys: Keys, folder: &Path) -> Option<SecretSource> {
    let [here, file, env] = keys;
    let mut given = keys.into_iter().filter(|key| section.has(key));
    let (first, second) = (given.next(), given.next());
    if let (Some(first), Some(second)) = (first, second) {
        section.blame(
            second,
            format!("it is given twice; leave `{first}` or `{second}` out"),
        );
    }
    let here = section.value(here).map(toml::Spanned::get_ref).map(value);
    let here = match (keys[0], here) {
        (_, None) => None,
        (_, Some(Ok(source))) => Some(source),
        (key, Some(Err(invalid))) => {
            section.blame(key, invalid.concealed().to_string());
            None
        }
    };
    let file = section.optional::<PathBuf>(file);
    let file = file.map(|file| SecretSource::File(folder.join(file)));
    let env = section.with(env, |value| variable(text(value, "MCPVISOR_SECRET")?));
    here.or(file).or(env)
}

fn value(value: &DeValue<'_>) -> Result<SecretSource, Invalid> {
    let secret = text(value, "..")?;
    let wrong = |why: &str| Err(Invalid::unquoted(why));
    if secret == HIDDEN {
        return wrong(
            "is what `mcpvisor config show` puts in the place of a secret; write the secret, or the file it is in",
        );
    }
    if secret.trim().is_empty() {
        return wrong("is empty");
    }
    if secret.chars().any(char::is_control) {
        return wrong("has control characters or line ends in it");
    }
    Ok(SecretSource::Value(Secret::new(secret)))
}

fn variable(name: &str) -> Result<SecretSource, Invalid> {
    let first = name.chars().next().is_some_and(|c| !c.is_ascii_digit());
    if first && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Ok(SecretSource::Env(name.to_owned()));
    }
    // Perhaps it is the secret itself.
    Err(Invalid::unquoted(
        "is no name of a variable; write it without `$`: letters, digits and underscores",
    ))
}

/// Reads a table of secrets by name.
pub(super) fn table(
    section: &mut Section<'_>,
    key: &'static str,
    folder: &Path,
) -> BTreeMap<String, SecretSource> {
    let mut found = BTreeMap::new();
    for (name, entry) in section.entries(key, r#"{ NAME = "..", OTHER = { file = ".." } }"#) {
        match source(entry, folder) {
            Ok(source) => {
                found.insert(name, source);
            }
            Err(invalid) => {
                let key = format!("{key}.{}", quotable(&name));
                section.note(&key, Some(entry.span()), invalid.to_string());
            }
        }
    }
    let count = found.len();
    section.require(key, count <= MOST, || {
        format!("{count} are too many; {MOST} are the most")
    });
    found
}

fn source(entry: &Placed<'_>, folder: &Path) -> Result<SecretSource, Invalid> {
    let DeValue::Table(table) = entry.get_ref() else {
        return value(entry.get_ref()).map_err(Invalid::concealed);
    };
    let mut entries = table.iter();
    let (Some((key, place)), None) = (entries.next(), entries.next()) else {
        return Err(Invalid::unquoted(
            "must be text, `{ file = \"..\" }` or `{ env = \"..\" }`",
        ));
    };
    match key.get_ref().as_ref() {
        "file" => Ok(SecretSource::File(
            folder.join(PathBuf::from_value(place.get_ref())?),
        )),
        "env" => variable(text(place.get_ref(), "MCPVISOR_SECRET")?),
        _ => Err(Invalid::unquoted(
            "must be text, `{ file = \"..\" }` or `{ env = \"..\" }`",
        )),
    }
}
