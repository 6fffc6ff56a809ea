//! The answers of `/containers/json` and `/containers/ID/json`, as far as they are read.
//!
//! Field names are the Engine API's. Everything may be missing or `null`: Podman leaves out what it does
//! not have, and versions differ. What is not named here, above all `Config.Env` and `Args`, is skipped by
//! the reader and never becomes a value.

use std::collections::BTreeMap;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{LabelMap, speaks_of_mcp};

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ListEntry {
    pub(super) id: String,
    pub(super) names: Option<Vec<String>>,
    pub(super) image: Option<String>,
    pub(super) created: Option<serde_json::Value>,
    pub(super) labels: Option<LabelMap>,
    pub(super) state: Option<String>,
    pub(super) status: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Inspection {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) created: Option<String>,
    pub(super) path: Option<String>,
    #[serde(rename = "Args")]
    pub(super) arguments: Option<Arguments>,
    pub(super) state: Option<StateFields>,
    pub(super) restart_count: Option<i64>,
    pub(super) image_name: Option<String>,
    pub(super) mounts: Option<Vec<MountFields>>,
    pub(super) config: Option<ConfigFields>,
    pub(super) host_config: Option<HostFields>,
    pub(super) network_settings: Option<NetworkFields>,
    pub(super) is_infra: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct StateFields {
    pub(super) status: Option<String>,
    #[serde(rename = "OOMKilled")]
    pub(super) oom_killed: Option<bool>,
    pub(super) pid: Option<i64>,
    pub(super) exit_code: Option<i64>,
    pub(super) started_at: Option<String>,
    pub(super) finished_at: Option<String>,
    /// Docker, and Podman from 4 on.
    pub(super) health: Option<HealthFields>,
    /// Podman before.
    pub(super) healthcheck: Option<HealthFields>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct HealthFields {
    pub(super) status: Option<String>,
    pub(super) failing_streak: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct MountFields {
    #[serde(rename = "Type")]
    pub(super) kind: Option<String>,
    pub(super) name: Option<String>,
    pub(super) source: Option<String>,
    pub(super) destination: Option<String>,
    #[serde(rename = "RW")]
    pub(super) rw: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ConfigFields {
    pub(super) image: Option<String>,
    pub(super) labels: Option<LabelMap>,
    pub(super) open_stdin: Option<bool>,
    pub(super) stdin_once: Option<bool>,
    pub(super) tty: Option<bool>,
    pub(super) attach_stdin: Option<bool>,
    pub(super) attach_stdout: Option<bool>,
    pub(super) attach_stderr: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct HostFields {
    pub(super) auto_remove: Option<bool>,
    #[serde(rename = "ContainerIDFile")]
    pub(super) container_id_file: Option<String>,
    pub(super) restart_policy: Option<RestartFields>,
    pub(super) memory: Option<i64>,
    pub(super) memory_swap: Option<i64>,
    pub(super) nano_cpus: Option<i64>,
    pub(super) cpu_quota: Option<i64>,
    pub(super) cpu_period: Option<i64>,
    pub(super) pids_limit: Option<i64>,
    pub(super) ulimits: Option<Vec<UlimitFields>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct RestartFields {
    pub(super) name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct UlimitFields {
    pub(super) name: Option<String>,
    pub(super) soft: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct NetworkFields {
    pub(super) ports: Option<BTreeMap<String, Option<Vec<PortFields>>>>,
    pub(super) networks: Option<Names>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct PortFields {
    pub(super) host_ip: Option<String>,
    pub(super) host_port: Option<String>,
}

/// The keys of an object, whatever their values are.
#[derive(Default)]
pub(super) struct Names(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;

        impl<'de> Visitor<'de> for Keys {
            type Value = Names;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                let mut names = Names::default();
                while let Some((name, _)) = map.next_entry::<String, IgnoredAny>()? {
                    names.0.push(name);
                }
                Ok(names)
            }
        }

        deserializer.deserialize_map(Keys)
    }
}

/// Whether arguments name MCP: the only thing that is learnt of them.
#[derive(Default)]
pub(super) struct Arguments {
    pub(super) speak_of_mcp: bool,
}

impl<'de> Deserialize<'de> for Arguments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;

        impl<'de> Visitor<'de> for Words {
            type Value = Arguments;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list of words")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut words: A) -> Result<Arguments, A::Error> {
                let mut found = Arguments::default();
                while let Some(Word(speaks)) = words.next_element()? {
                    found.speak_of_mcp |= speaks;
                }
                Ok(found)
            }
        }

        deserializer.deserialize_seq(Words)
    }
}

struct Word(bool);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Look;

        impl Visitor<'_> for Look {
            type Value = Word;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a word")
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Word, E> {
                Ok(Word(speaks_of_mcp(word)))
            }
        }

        deserializer.deserialize_str(Look)
    }
}
