//! What only Podman's own interface says of a container.
//!
//! Its copy of Docker's interface writes `false` for everything about attaching, whatever was asked for,
//! and does not tell pods. Its own has the command line that made the container: of that only one thing is
//! read, whether it asked for a detached one. In doubt it did.

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Container;
use crate::engine::EngineError;

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Raw {
    is_infra: bool,
    pod: String,
    config: Config,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Config {
    create_command: Option<Making>,
}

/// The command that made it, as far as it is of interest.
struct Making {
    is_run: bool,
    is_detached: bool,
}

/// Forgets what the copied interface says and Podman does not mean.
pub(crate) fn forget(container: &mut Container) {
    container.manner.attached = None;
}

/// Adds what the answer to `GET /libpod/containers/ID/json` says.
pub(crate) fn add(container: &mut Container, answer: &[u8]) -> Result<(), EngineError> {
    let raw: Raw = serde_json::from_slice(answer)
        .map_err(|error| EngineError::garbled("GET /libpod/containers/ID/json", &error))?;
    container.is_infrastructure |= raw.is_infra || !raw.pod.is_empty();
    // Made over the interface, there is no command: then nobody knows.
    container.manner.attached = raw
        .config
        .create_command
        .filter(|making| making.is_run)
        .map(|making| !making.is_detached);
    Ok(())
}

impl<'de> Deserialize<'de> for Making {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;

        impl<'de> Visitor<'de> for Words {
            type Value = Making;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the words of a command")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut words: A) -> Result<Making, A::Error> {
                let mut making = Making {
                    is_run: false,
                    is_detached: false,
                };
                while let Some(word) = words.next_element()? {
                    match word {
                        Word::Run => making.is_run = true,
                        Word::MayDetach => making.is_detached = true,
                        Word::Other => {}
                    }
                }
                Ok(making)
            }
        }

        deserializer.deserialize_seq(Words)
    }
}

enum Word {
    Run,
    MayDetach,
    Other,
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Look;

        impl Visitor<'_> for Look {
            type Value = Word;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a word")
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Word, E> {
                // `-d`, `-dit`, `--detach=true`; a `d` that is a value makes it kept, which is safe.
                let is_short =
                    word.starts_with('-') && !word.starts_with("--") && word.contains('d');
                Ok(match word {
                    "run" => Word::Run,
                    _ if is_short || word.starts_with("--detach") => Word::MayDetach,
                    _ => Word::Other,
                })
            }
        }

        deserializer.deserialize_str(Look)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::samples::container;

    fn attached(command: &str) -> Option<bool> {
        let words: Vec<&str> = command.split(' ').collect();
        let answer = serde_json::json!({"Config": {"CreateCommand": words}}).to_string();
        let mut container = container("a");
        add(&mut container, answer.as_bytes()).unwrap();
        container.manner.attached
    }

    #[test]
    fn what_asked_to_be_detached() {
        assert_eq!(attached("podman run -i --rm mcp/time"), Some(true));
        for detached in [
            "run -d x",
            "run -itd x",
            "run --detach x",
            "run --detach=true x",
        ] {
            assert_eq!(
                attached(&format!("podman {detached}")),
                Some(false),
                "{detached}"
            );
        }
        assert_eq!(attached("podman create -i x"), None);
    }

    #[test]
    fn without_a_command_nobody_knows() {
        let mut made = container("a");
        add(
            &mut made,
            br#"{"Config":{"CreateCommand":null},"Pod":"abc"}"#,
        )
        .unwrap();
        assert_eq!(made.manner.attached, None);
        assert!(made.is_infrastructure, "a pod keeps it");
    }
}
