//! The crate from outside: against recorded answers of engines, and against a real dockerd that each live
//! test starts for itself. Without one they say so and pass.

mod breaks;
mod dockerd;
mod judged;
mod orders;
mod processes;
mod reading;
mod recorded;
mod replay;

use dockerd::Dockerd;
use testbed::real::or_skip;

/// One engine for all that leaves it whole: starting one costs seconds.
#[test]
fn a_living_engine() {
    let Some(dockerd) = or_skip(Dockerd::start(false)) else {
        return;
    };
    reading::list_and_figures(&dockerd);
    reading::events_and_oom(&dockerd);
    reading::one_look(&dockerd);
    judged::owners_and_orphans(&dockerd);
    judged::files_with_ids(&dockerd);
    judged::mounted_credentials(&dockerd);
    orders::limits(&dockerd);
    orders::restart_and_stop(&dockerd);
    orders::removal(&dockerd);
    orders::removal_while_the_engine_hangs(&dockerd);
}
