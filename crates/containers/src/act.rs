//! Orders to an engine about one container: remove, stop, restart, limits.
//!
//! Before each try the container is compared with the one that was decided about. A try has a deadline,
//! and the next is more patient (10, 20, 30 s); what each call of each try said is in the report, and the
//! end is what an inspection shows afterwards, not what a call promised.

mod limits;
mod remove;
mod report;
mod restart;
mod target;

pub use limits::{Enforced, LimitOutcome, Wanted, set_limits};
pub use remove::{Planned, remove};
pub use report::{Attempt, Outcome, Patience, Report, Step};
pub use restart::{restart, stop};
pub use target::Target;
