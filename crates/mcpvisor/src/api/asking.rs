//! How handlers reach the thread that looks.

use std::sync::Arc;

use tokio::sync::oneshot;
use web::Problem;

use crate::daemon::orders::{Order, Reply};
use crate::daemon::{Daemon, Snapshot};

impl Daemon {
    /// Gives an order and waits for its answer.
    pub(super) async fn order<T>(
        &self,
        make: impl FnOnce(Reply<T>) -> Order,
    ) -> Result<T, Problem> {
        let (reply, answer) = oneshot::channel();
        self.orders().put(make(reply)).map_err(|_| {
            self.figures().refuse_order();
            Problem::unavailable("too many orders are waiting; try again").retry_after(1)
        })?;
        answer
            .await
            .map_err(|_| Problem::unavailable("mcpvisor is shutting down"))
    }

    /// The last look, or one that is taken now.
    pub(super) async fn look(&self, fresh: bool) -> Result<Arc<Snapshot>, Problem> {
        if fresh {
            let asked_ns = linux::clock::boot_ns();
            return self.order(|reply| Order::Look { asked_ns, reply }).await;
        }
        current(self)
    }
}

/// The last look.
pub(super) fn current(daemon: &Daemon) -> Result<Arc<Snapshot>, Problem> {
    daemon.snapshot().ok_or_else(|| {
        Problem::unavailable("the machine has not been looked at yet; try again").retry_after(1)
    })
}
