//! Whether a unit file is one that we wrote: its first line has a hash of the rest.

use sha2::{Digest as _, Sha256};

const MARK: &str = "# Written by `mcpvisor service install`, seal ";

/// Whose a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// We wrote it, and nobody has changed it.
    Ours,
    /// We wrote it, and it was changed.
    Edited,
    /// It came from elsewhere.
    Foreign,
}

/// The text of a file with `body`.
pub fn seal(body: &str) -> String {
    format!("{MARK}{}\n{body}", hash(body))
}

/// Whose a text is.
pub fn origin(text: &str) -> Origin {
    let Some((seal, body)) = text
        .strip_prefix(MARK)
        .and_then(|rest| rest.split_once('\n'))
    else {
        return Origin::Foreign;
    };
    if seal == hash(body) {
        Origin::Ours
    } else {
        Origin::Edited
    }
}

fn hash(body: &str) -> String {
    let hash = Sha256::digest(body.as_bytes());
    let digits: Vec<String> = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

#[cfg(test)]
mod tests {
    use super::{Origin, origin, seal};

    #[test]
    fn a_change_anywhere_shows() {
        let text = seal("[Unit]\nDescription=x\n");
        assert_eq!(origin(&text), Origin::Ours);
        for edited in [
            text.replace("=x", "=y"),
            format!("{text}\n"),
            text.replace("seal ", "seal 0"),
        ] {
            assert_eq!(origin(&edited), Origin::Edited, "{edited}");
        }
        assert_eq!(origin(&text[1..]), Origin::Foreign);
        assert_eq!(origin(""), Origin::Foreign);
        assert_eq!(origin("[Unit]\nDescription=x\n"), Origin::Foreign);
    }
}
