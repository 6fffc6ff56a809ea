//! One section of limits.

use schemars::{Schema, SchemaGenerator, json_schema};
use toml::de::DeValue;

use super::ServerLimits;
use super::value::{Limit, OpenFiles, none_or};
use crate::config::invalid::Invalid;
use crate::config::section::Section;
use crate::config::value::{FromValue as _, number, whole};
use crate::config::{Size, Span};

/// All keys.
pub(super) const KEYS: [&str; 10] = [
    "memory_max",
    "memory_high",
    "swap_max",
    "pids_max",
    "cpu_max",
    "io_weight",
    "nofile",
    "processes",
    "instances",
    "run_time",
];
/// Those that an engine does not set for a container, and that are not counted in one.
const NOT_OF_CONTAINERS: [&str; 5] = [
    "memory_high",
    "io_weight",
    "processes",
    "instances",
    "run_time",
];

/// No program starts with less.
const LEAST_MEMORY: Size = Size::mebibytes(4);
/// The kernel has no more tasks (`PID_MAX_LIMIT` on 64 bits).
const MOST_TASKS: u64 = 1 << 22;
/// One millisecond of a tenth of a second is the smallest quota of the kernel.
const LEAST_CPU: f64 = 0.01;
const MOST_CPU: f64 = 10_000.0;
/// Instances of one server; more are no limit.
const MOST_INSTANCES: u64 = 10_000;
const LEAST_RUN: Span = Span::seconds(1);
const MOST_RUN: Span = Span::days(365);

/// What a server may use. `[limits.default]` holds for all that run as processes, `[limits.containers]` for
/// containers, `[limits.NAME]` for one server. Each key of a nearer one goes before that of a farther one;
/// `"none"` takes a limit away.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LimitsSection {
    /// Memory of all processes of an instance, such as `512MiB`, from `4MiB`. Above it the kernel kills.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_max: Option<Limit<Size>>,
    /// Memory above which the kernel reclaims and slows down; not above `memory_max`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_high: Option<Limit<Size>>,
    /// Swap space besides; `0` is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swap_max: Option<Limit<Size>>,
    /// Tasks, threads included, from 1 to 4194304: a server started by `npx` has about 25.
    #[schemars(default, schema_with = "tasks")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pids_max: Option<Limit<u64>>,
    /// Processors, such as `1.5`, from 0.01 to 10000.
    #[schemars(default, schema_with = "processors")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_max: Option<Limit<f64>>,
    /// Share of a busy disk, from 1 to 10000; what nobody has set has 100.
    #[schemars(default, schema_with = "ten_thousand")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub io_weight: Option<Limit<u16>>,
    /// Open files of each process, from 8: `1024`, or `"1024:2048"` for the soft and the hard limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nofile: Option<Limit<OpenFiles>>,
    /// Processes of one instance, from 1 to 4194304.
    #[schemars(default, schema_with = "tasks")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processes: Option<Limit<u32>>,
    /// Instances of one server under one owner, from 1 to 10000.
    #[schemars(default, schema_with = "ten_thousand")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instances: Option<Limit<u32>>,
    /// How long an instance may run, from `1s` to `365d`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_time: Option<Limit<Span>>,
}

impl LimitsSection {
    /// Reads a section that lies over another one.
    pub(in crate::config) fn read(section: &mut Section<'_>, base: Self) -> Self {
        let limits = Self {
            memory_max: limit(section, "memory_max", memory),
            memory_high: limit(section, "memory_high", memory),
            swap_max: limit(section, "swap_max", Size::from_value),
            pids_max: limit(section, "pids_max", |value| whole(value, 64, 1, MOST_TASKS)),
            cpu_max: limit(section, "cpu_max", |value| {
                number(value, 1.5, LEAST_CPU, MOST_CPU)
            }),
            io_weight: limit(section, "io_weight", |value| narrow(value, 100, 10_000)),
            nofile: limit(section, "nofile", OpenFiles::read),
            processes: limit(section, "processes", |value| narrow(value, 8, MOST_TASKS)),
            instances: limit(section, "instances", |value| {
                narrow(value, 2, MOST_INSTANCES)
            }),
            run_time: limit(section, "run_time", run_time),
        };
        let all = limits.over(base);
        let given = ["memory_high", "memory_max"];
        let given = given.into_iter().find(|key| section.has(key));
        if let (Some(Limit::To(high)), Some(Limit::To(max)), Some(key)) =
            (all.memory_high, all.memory_max, given)
        {
            section.require(key, high <= max, || {
                format!(
                    "`memory_high` ({high}) is above `memory_max` ({max}) and never reached; lower it, or raise `memory_max`"
                )
            });
        }
        limits
    }

    /// Reads the section of a container.
    pub(in crate::config) fn read_of_container(section: &mut Section<'_>) -> Self {
        section.refuse(&NOT_OF_CONTAINERS, |key| {
            format!("`{key}` is for servers that run as processes, not for containers")
        });
        Self::read(section, Self::default())
    }

    /// This, and where it says nothing the other.
    pub(in crate::config) fn over(self, other: Self) -> Self {
        Self {
            memory_max: self.memory_max.or(other.memory_max),
            memory_high: self.memory_high.or(other.memory_high),
            swap_max: self.swap_max.or(other.swap_max),
            pids_max: self.pids_max.or(other.pids_max),
            cpu_max: self.cpu_max.or(other.cpu_max),
            io_weight: self.io_weight.or(other.io_weight),
            nofile: self.nofile.or(other.nofile),
            processes: self.processes.or(other.processes),
            instances: self.instances.or(other.instances),
            run_time: self.run_time.or(other.run_time),
        }
    }

    /// What is limited.
    pub(in crate::config) fn resolved(self) -> ServerLimits {
        let bytes = |limit: Option<Limit<Size>>| limit?.to().map(|size| size.0);
        ServerLimits {
            memory_max: bytes(self.memory_max),
            memory_high: bytes(self.memory_high),
            swap_max: bytes(self.swap_max),
            pids_max: self.pids_max.and_then(Limit::to),
            cpu: self.cpu_max.and_then(Limit::to),
            io_weight: self.io_weight.and_then(Limit::to),
            nofile: self.nofile.and_then(Limit::to),
            processes: self.processes.and_then(Limit::to),
            instances: self.instances.and_then(Limit::to),
            run_time: self.run_time.and_then(Limit::to).map(|span| span.0),
        }
    }
}

fn tasks(_: &mut SchemaGenerator) -> Schema {
    none_or(&json_schema!({"type": "integer", "minimum": 1, "maximum": MOST_TASKS}))
}

fn ten_thousand(_: &mut SchemaGenerator) -> Schema {
    none_or(&json_schema!({"type": "integer", "minimum": 1, "maximum": MOST_INSTANCES}))
}

fn processors(_: &mut SchemaGenerator) -> Schema {
    none_or(&json_schema!({"type": "number", "minimum": LEAST_CPU, "maximum": MOST_CPU}))
}

fn limit<T>(
    section: &mut Section<'_>,
    key: &'static str,
    read: impl FnOnce(&DeValue<'_>) -> Result<T, Invalid>,
) -> Option<Limit<T>> {
    section.with(key, |value| Limit::read(value, read))
}

fn memory(value: &DeValue<'_>) -> Result<Size, Invalid> {
    let size = Size::from_value(value)?;
    if size < LEAST_MEMORY {
        let why = format!("is less than any server takes; give it at least {LEAST_MEMORY}");
        return Err(Invalid::new(&size.to_string(), why));
    }
    Ok(size)
}

fn run_time(value: &DeValue<'_>) -> Result<Span, Invalid> {
    let span = Span::from_value(value)?;
    if (LEAST_RUN..=MOST_RUN).contains(&span) {
        return Ok(span);
    }
    let why = format!("is not from {LEAST_RUN} to {MOST_RUN}");
    Err(Invalid::new(&span.to_string(), why))
}

/// A whole number from one that a smaller type holds.
fn narrow<T: TryFrom<u64>>(value: &DeValue<'_>, example: u64, most: u64) -> Result<T, Invalid> {
    let number = whole(value, example, 1, most)?;
    T::try_from(number).map_err(|_| Invalid::new(&number.to_string(), "is too large"))
}
