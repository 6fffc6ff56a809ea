//! `[[server]]` as it stands in a file, and as it is shown.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use supervise::Spec;
use supervise::adopt::Survival;
use supervise::spec::{Readiness, RestartPolicy, Runs, StartTimes, StopTimes, Transport, Value};

use super::life::Ready;
use super::restart::Read;
use super::{HIDDEN, LogLimits};
use crate::config::limits::LimitsSection;
use crate::config::word::Word;
use crate::config::{Size, Span};

/// A server that mcpvisor runs (`command`), or one of others that it is to know (`url`, `container`).
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct ServerSection {
    /// Its name, unique among all: 1 to 64 letters, digits, dots, dashes and underscores.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// What is run: program and arguments as a list, or a program by itself. No shell reads it.
    #[schemars(with = "Option<CommandForms>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// Arguments, where `command` is a program by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub args: Option<Vec<String>>,
    /// Address of a server that somebody else runs, with `http://` or `https://`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Name or id of the container of a server that a container engine runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// Variables of its environment: text, `{ file = ".." }` or `{ variable = ".." }`. Values are never shown.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    pub env: BTreeMap<String, ValueForm>,
    /// Its working directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// The user that it runs as; only root may run one as another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// How clients talk to it: `stdio` (the default) or `http`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport: Option<Word<Transport>>,
    /// Is it started with the daemon? `true` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autostart: Option<bool>,
    /// Names of servers that must run before it starts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub depends_on: Vec<String>,
    /// What makes it ready: `alive` (the default), `probe` (a stdio server answers `initialize`), or
    /// `{ port = 3000 }` (an `http` server listens there).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<ReadyForm>,
    /// How long its start may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<StartSection>,
    /// What happens when it ends by itself: `never`, `on-failure` (the default), `always`, or a table.
    #[schemars(with = "Option<RestartForms>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart: Option<RestartSection>,
    /// How long its stop may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<StopSection>,
    /// What it may use; each key goes before that of `[limits]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<LimitsSection>,
    /// What becomes of it when mcpvisor was killed: `adopt` (the default) takes it over where it still runs,
    /// `end` ends it. A stdio server cannot be taken over, since its pipes ended with mcpvisor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survival: Option<Word<Survival>>,
    /// How much of what it writes to its standard error is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<LogSection>,
}

/// The value of a variable: text, or where it is.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(untagged)]
pub(super) enum ValueForm {
    Text(&'static str),
    File { file: String },
    Variable { variable: String },
}

/// What makes a server ready.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[serde(untagged)]
#[schemars(deny_unknown_fields)]
pub(super) enum ReadyForm {
    /// In a word.
    Word(Word<Ready>),
    /// By its port.
    Port {
        /// The port, from 1 to 65535.
        #[schemars(range(min = 1))]
        port: u16,
    },
}

/// How long a start may take.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub(super) struct StartSection {
    /// Without any progress, from `1s` to `1h`. A download is progress.
    quiet: Span,
    /// In all, from `1s` to `24h`; not shorter than `quiet`.
    cap: Span,
    /// With `ready = "alive"`, alive for so long is running; from `1ms` to `60s`.
    settle: Span,
}

/// What happens when it ends by itself.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub(super) struct RestartSection {
    /// Which ends are followed by a restart.
    policy: Word<RestartPolicy>,
    /// Exit codes that are no failure.
    #[schemars(inner(range(min = 0, max = 255)))]
    success: Vec<i32>,
    /// The pause before the second restart, from `100ms` to `24h`; before the first there is none.
    pause: Span,
    /// What each further pause is longer by, from 1 to 100.
    #[schemars(range(min = 1.0, max = 100.0))]
    pause_factor: f64,
    /// The longest pause; not shorter than `pause`.
    pause_cap: Span,
    /// The share that each pause is longer or shorter by chance, up to 0.5.
    #[schemars(range(min = 0.0, max = 0.5))]
    jitter: f64,
    /// What has been well for so long begins anew, from `1s` to `24h`.
    reset_after: Span,
    /// So many failures `within` a time, and it is tried slowly; from 1 to 1000.
    #[schemars(range(min = 1, max = 1000))]
    failures: u32,
    /// The time in which failures are counted, from `1s` to `24h`.
    within: Span,
    /// Time between two slow tries; not shorter than `pause_cap`, up to `24h`.
    slow: Span,
}

/// How long a stop may take.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub(super) struct StopSection {
    /// From the end of its standard input to SIGTERM, up to `10m`; only of stdio servers.
    stdin_grace: Span,
    /// From SIGTERM to SIGKILL, from `100ms` to `10m`.
    kill_after: Span,
}

/// How much of a log is kept.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub(super) struct LogSection {
    /// Size at which the file is set aside, from `64KiB` to `1GiB`.
    max_size: Size,
    /// How many files are kept aside, up to 100.
    #[schemars(range(max = 100))]
    files: u32,
}

/// The forms in which `command` may be written.
#[derive(schemars::JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "describes what is read elsewhere")]
enum CommandForms {
    Program(String),
    Words(#[schemars(length(min = 1))] Vec<String>),
}

/// The forms in which `restart` may be written.
#[derive(schemars::JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "describes what is read elsewhere")]
enum RestartForms {
    Word(Word<RestartPolicy>),
    Table(RestartSection),
}

impl ServerSection {
    /// With all that a server has which is run.
    pub(super) fn of_command(self, spec: &Spec, restart: &Read) -> Self {
        let Runs {
            environment,
            directory,
            user,
            transport,
            ..
        } = &spec.runs;
        let env = environment.iter();
        Self {
            command: Some(shown(&spec.runs)),
            env: env
                .map(|(name, value)| (name.clone(), form(value)))
                .collect(),
            directory: directory.clone(),
            user: user.clone(),
            transport: Some(Word(*transport)),
            depends_on: spec.depends_on.clone(),
            ready: Some(match spec.readiness {
                Readiness::None => ReadyForm::Word(Word(Ready::Alive)),
                Readiness::Probe => ReadyForm::Word(Word(Ready::Probe)),
                Readiness::Port(port) => ReadyForm::Port { port },
            }),
            start: Some(StartSection::of(&spec.start)),
            restart: Some(RestartSection::of(restart)),
            stop: Some(StopSection::of(&spec.stop)),
            ..self
        }
    }
}

/// Program and arguments without what looks secret.
fn shown(runs: &Runs) -> Vec<String> {
    let words = std::iter::once(&runs.program).chain(&runs.arguments);
    let words: Vec<String> = words.cloned().collect();
    let shown = model::redact::arguments(&words).into_iter();
    let hide = |word: String| word.replace(model::redact::MASK, HIDDEN);
    shown.map(hide).collect()
}

fn form(value: &Value) -> ValueForm {
    match value {
        Value::Plain(_) => ValueForm::Text(HIDDEN),
        Value::File(file) => ValueForm::File { file: file.clone() },
        Value::Variable(variable) => ValueForm::Variable {
            variable: variable.clone(),
        },
    }
}

impl StartSection {
    fn of(times: &StartTimes) -> Self {
        Self {
            quiet: Span(times.quiet),
            cap: Span(times.cap),
            settle: Span(times.settle),
        }
    }
}

impl StopSection {
    fn of(times: &StopTimes) -> Self {
        Self {
            stdin_grace: Span(times.grace_eof),
            kill_after: Span(times.kill_after),
        }
    }
}

impl RestartSection {
    fn of(read: &Read) -> Self {
        let restart = &read.restart;
        let span = |time: Duration| Span(time);
        Self {
            policy: Word(restart.policy),
            success: restart.success.iter().copied().collect(),
            pause: span(restart.backoff.base()),
            pause_factor: read.factor,
            pause_cap: span(restart.backoff.cap()),
            jitter: read.jitter,
            reset_after: span(restart.reset_after),
            failures: restart.limit.failures.get(),
            within: span(restart.limit.within),
            slow: span(restart.slow),
        }
    }
}

impl LogSection {
    pub(super) fn of(log: LogLimits) -> Self {
        Self {
            max_size: Size(log.max_size),
            files: log.files,
        }
    }
}

impl Default for StartSection {
    fn default() -> Self {
        Self::of(&StartTimes::default())
    }
}

impl Default for StopSection {
    fn default() -> Self {
        Self::of(&StopTimes::default())
    }
}

impl Default for RestartSection {
    fn default() -> Self {
        Self::of(&Read::default())
    }
}

impl Default for LogSection {
    fn default() -> Self {
        Self::of(LogLimits::default())
    }
}

impl schemars::JsonSchema for ValueForm {
    fn schema_name() -> Cow<'static, str> {
        "ValueForm".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"anyOf": [
            {"type": "string"},
            {"type": "object", "properties": {"file": {"type": "string"}}, "required": ["file"], "additionalProperties": false},
            {"type": "object", "properties": {"variable": {"type": "string"}}, "required": ["variable"], "additionalProperties": false},
        ]})
    }
}
