//! Names that sections have, and words that they use.

use std::collections::BTreeSet;

use crate::config::invalid::quotable;
use crate::config::schema;
use crate::config::section::Section;

/// Longest name, characters.
const MOST: usize = 100;

/// All keys of a section.
pub(super) fn keys_of(section: &str) -> impl Iterator<Item = &'static str> {
    let keys = schema::keys()
        .iter()
        .filter(move |key| key.section == section);
    keys.map(|key| key.name.as_str())
}

/// The name of a section, which no other section of the kind may have.
pub(super) fn unique(section: &mut Section<'_>, seen: &mut BTreeSet<String>) -> Option<String> {
    let is_there = section.has("name");
    let name = section.optional::<String>("name");
    if !is_there {
        section.blame_all("it has no `name`".to_owned());
    }
    let name = name?;
    if !is_word(&name) {
        section.blame("name", fault_of_word(&name));
        return None;
    }
    if !seen.insert(name.clone()) {
        section.blame(
            "name",
            format!("there is another one with the name `{name}`"),
        );
        return None;
    }
    Some(name)
}

/// Is it fit for a name that stands in labels, tables and commands?
pub(super) fn is_word(name: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    !name.is_empty() && name.chars().count() <= MOST && name.chars().all(fits)
}

/// Why it is not.
pub(super) fn fault_of_word(name: &str) -> String {
    if name.is_empty() {
        return "it is empty".to_owned();
    }
    let shown = quotable(name);
    if name.chars().count() > MOST {
        return format!("`{shown}` is longer than {MOST} characters");
    }
    let fault = format!("`{shown}` is no name; take letters, digits, `_`, `-`, `.` and `:`");
    let words: Vec<&str> = name
        .split(|c: char| !is_word(&c.to_string()))
        .filter(|word| !word.is_empty())
        .collect();
    match words.as_slice() {
        [] => fault,
        words => format!("{fault}; did you mean `{}`?", words.join("_")),
    }
}
