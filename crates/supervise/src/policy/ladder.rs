//! Ladders: what is tried against an alert, one step after the other, from mild to harsh.

use std::collections::BTreeMap;
use std::time::Duration;

use model::Severity;
use serde::{Deserialize, Serialize};

/// What can be done, the mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// People are told. This changes nothing, so no limit holds for it, and it is done in `observe` too.
    Notify,
    /// What nobody owns any more is cleaned away.
    CleanOrphans,
    /// The server is restarted.
    RestartServer,
    /// The largest of what the alert is about is ended.
    StopLargest,
    /// The container is restarted, with all that runs in it.
    RestartContainer,
}

impl Step {
    /// All, the mildest first.
    pub const ALL: [Self; 5] = [
        Self::Notify,
        Self::CleanOrphans,
        Self::RestartServer,
        Self::StopLargest,
        Self::RestartContainer,
    ];

    /// The name used in configuration and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Notify => "notify",
            Self::CleanOrphans => "clean_orphans",
            Self::RestartServer => "restart_server",
            Self::StopLargest => "stop_largest",
            Self::RestartContainer => "restart_container",
        }
    }
}

/// A step of a ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    /// What is done.
    pub step: Step,
    /// Only for alerts that are at least this bad.
    pub least: Severity,
    /// Its effect is looked at so long after it was done: if the alert still fires then, the next is tried.
    pub check_after: Duration,
}

/// Why something is no ladder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLadder {
    /// It has no steps.
    #[error("a ladder needs at least one step; write `notify`")]
    Empty,
    /// It goes down, or stays.
    #[error("`{second}` comes after `{first}`; a ladder goes from mild to harsh, each step once")]
    Descends {
        /// A step.
        first: &'static str,
        /// The one after it.
        second: &'static str,
    },
    /// An effect cannot show so soon.
    #[error(
        "the effect of `{step}` is checked after {after:?}; at least a second is needed to see any"
    )]
    TooSoon {
        /// Which step.
        step: &'static str,
        /// After how long.
        after: Duration,
    },
}

/// What is tried against an alert, the mildest first. It has at least one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ladder {
    rungs: Vec<Rung>,
}

impl Ladder {
    /// A ladder of these steps.
    pub fn try_new(rungs: Vec<Rung>) -> Result<Self, BadLadder> {
        if rungs.is_empty() {
            return Err(BadLadder::Empty);
        }
        for (rung, next) in rungs.iter().zip(rungs.iter().skip(1)) {
            if next.step <= rung.step {
                return Err(BadLadder::Descends {
                    first: rung.step.name(),
                    second: next.step.name(),
                });
            }
        }
        let soon = |rung: &&Rung| rung.check_after < Duration::from_secs(1);
        if let Some(rung) = rungs.iter().find(soon) {
            return Err(BadLadder::TooSoon {
                step: rung.step.name(),
                after: rung.check_after,
            });
        }
        Ok(Self { rungs })
    }

    /// The step at this place; `None` above the last.
    pub fn rung(&self, at: usize) -> Option<Rung> {
        self.rungs.get(at).copied()
    }

    /// Its steps, the mildest first.
    pub fn rungs(&self) -> &[Rung] {
        &self.rungs
    }
}

impl Default for Ladder {
    /// All steps: people are told and have a minute, since the rule has waited already; then orphans are
    /// cleaned, and only what is critical costs somebody a server. The other times are those after which a
    /// look or two have seen the effect: cleaning shows at once, a server that was restarted may download
    /// its package, a container starts all that it holds.
    fn default() -> Self {
        let rung = |step, least, minutes| Rung {
            step,
            least,
            check_after: Duration::from_mins(minutes),
        };
        Self {
            rungs: vec![
                rung(Step::Notify, Severity::Info, 1),
                rung(Step::CleanOrphans, Severity::Warning, 1),
                rung(Step::RestartServer, Severity::Critical, 3),
                rung(Step::StopLargest, Severity::Critical, 1),
                rung(Step::RestartContainer, Severity::Critical, 5),
            ],
        }
    }
}

/// Does it act?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// No: it says what it would have done.
    #[default]
    Observe,
    /// Yes.
    Enforce,
}

/// What holds for all ladders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Does it act?
    pub mode: Mode,
    /// Ladders by the name of the rule whose alerts they are for. Other alerts have none.
    pub ladders: BTreeMap<String, Ladder>,
    /// After something was done to an object, other alerts do nothing to it for so long.
    pub cooldown: Duration,
    /// What is done to one object within an hour at most.
    pub per_object: u32,
    /// What is done within an hour at most in all.
    pub in_all: u32,
}

impl Default for Settings {
    /// Observes. Three times an hour for one object: what a third restart has not helped, a fourth will not.
    /// Ten times in all: more at once is a fault of the machine or of a rule, and people must look.
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            ladders: BTreeMap::new(),
            cooldown: Duration::from_mins(10),
            per_object: 3,
            in_all: 10,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ladder(steps: &[(Step, u64)]) -> Result<Ladder, BadLadder> {
        let rungs = steps.iter().map(|(step, seconds)| Rung {
            step: *step,
            least: Severity::Warning,
            check_after: Duration::from_secs(*seconds),
        });
        Ladder::try_new(rungs.collect())
    }

    #[test]
    fn a_ladder_climbs() {
        use Step::{CleanOrphans, Notify, RestartServer};
        assert!(ladder(&[(Notify, 60), (RestartServer, 1)]).is_ok());
        for (steps, says) in [
            (&[][..], "a ladder needs at least one step"),
            (
                &[(RestartServer, 60), (Notify, 60)],
                "`notify` comes after `restart_server`",
            ),
            (
                &[(Notify, 60), (Notify, 60)],
                "`notify` comes after `notify`",
            ),
            (
                &[(Notify, 60), (CleanOrphans, 0)],
                "the effect of `clean_orphans` is checked after 0ns",
            ),
        ] {
            let error = ladder(steps).map(|_| ()).map_err(|error| error.to_string());
            assert!(
                error.clone().is_err_and(|error| error.starts_with(says)),
                "{error:?}"
            );
        }
    }

    #[test]
    fn the_usual_ladder_is_one() {
        let usual = Ladder::default();
        assert_eq!(Ladder::try_new(usual.rungs().to_vec()), Ok(usual.clone()));
        let steps: Vec<Step> = usual.rungs().iter().map(|rung| rung.step).collect();
        assert_eq!(steps, Step::ALL);
    }

    #[test]
    fn names_are_what_serde_writes() {
        for step in Step::ALL {
            assert_eq!(serde_json::to_value(step).ok(), Some(step.name().into()));
        }
    }
}
