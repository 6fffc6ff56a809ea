//! Where pictures come from and where plans go: what `top` needs of the rest of the program.

use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Duration;

use inventory::plan::Plan;
use model::ProcessId;

use crate::picture::Picture;

/// Looks at the machine, and does to it what was confirmed.
///
/// The source keeps the time of its looks: `top` waits for keys, for [`Self::wake_fd`] and at most
/// for [`Self::due_in`], and then calls [`Self::next`] with no time to wait.
pub trait Source {
    /// The next picture. Waits at most `timeout` for it to be due, less when events make a new one;
    /// `None` if none was due. Takes in what is waiting at [`Self::wake_fd`], whatever it answers.
    fn next(&mut self, timeout: Duration) -> anyhow::Result<Option<Arc<Picture>>>;

    /// Time until the next picture is due as things are: the rest of the interval, the moment in
    /// which a burst of events is let to settle, or zero after [`Self::apply`].
    fn due_in(&self) -> Duration;

    /// Kernel process events: readable when there may be reason for a new picture.
    fn wake_fd(&self) -> Option<BorrowedFd<'_>>;

    /// Takes a picture this often from now on.
    fn set_interval(&mut self, interval: Duration);

    /// Plans to stop the instance with this root. Nothing is done yet.
    fn plan_stop(&mut self, root: ProcessId) -> anyhow::Result<Plan>;

    /// Carries out the plan with this id, the last picture's or the last of [`Self::plan_stop`],
    /// if the world still gives the same plan; answers what was done, one fact a line.
    fn apply(&mut self, plan_id: &str) -> anyhow::Result<Vec<String>>;
}
