//! Plans that somebody was shown, with their processes held by pidfd until the plan is applied or the time
//! is over: between the two requests a pid can be recycled, a pidfd cannot.

use linux::control::Target;

/// Plans at most; the latest stay.
const MOST: usize = 4;
/// How long a plan is held, nanoseconds.
const TIME_NS: u64 = 600_000_000_000;

/// Plans that are held, the latest first.
#[derive(Default)]
pub(super) struct Held(Vec<Plan>);

struct Plan {
    id: String,
    targets: Vec<Target>,
    until_ns: u64,
}

impl Held {
    /// Holds a plan's processes from now on; a plan without any is not held.
    pub(super) fn hold(&mut self, id: &str, targets: Vec<Target>, now: u64) {
        self.0.retain(|plan| plan.id != id && now < plan.until_ns);
        self.0.truncate(MOST - 1);
        if targets.is_empty() {
            return;
        }
        let plan = Plan {
            id: id.to_owned(),
            targets,
            until_ns: now.saturating_add(TIME_NS),
        };
        self.0.insert(0, plan);
    }

    /// Hands a plan's processes out.
    pub(super) fn take(&mut self, id: &str) -> Option<Vec<Target>> {
        let at = self.0.iter().position(|plan| plan.id == id)?;
        Some(self.0.remove(at).targets)
    }
}
