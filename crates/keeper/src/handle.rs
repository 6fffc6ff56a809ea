//! The keeper as others hold it: orders in, notices and views out.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use arc_swap::ArcSwap;
use linux::inbox::Inbox;
use linux::{ProcRoot, RootError};

use crate::keeper::{Basics, Keeper};
use crate::notice::Notice;
use crate::view::View;
use crate::wanted::Wanted;

/// Notices that wait to be taken, at most; what is more is counted.
const MOST_NOTICES: usize = 4096;

/// What a keeper needs.
pub struct Settings {
    /// Where its records and logs are.
    pub folder: PathBuf,
    /// Servers that are kept.
    pub wanted: Vec<Wanted>,
    /// Make control groups where that is possible. Without them limits are not enforced, and what belongs
    /// to a server is found by its mark.
    pub groups: bool,
    /// Told to servers as our version.
    pub version: String,
    /// Called after each change, by the keeper's thread: it must not wait.
    pub changed: Box<dyn Fn() + Send + Sync>,
}

/// The keeper could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its folder.
    #[error("servers cannot be kept: {}: {source}", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// Something that it waits with.
    #[error("servers cannot be kept: {0}")]
    System(#[from] io::Error),
    /// No `/proc`.
    #[error(transparent)]
    Proc(#[from] RootError),
}

/// An order.
#[derive(Debug)]
pub(crate) enum Order {
    Start(String),
    Stop(String),
    Restart(String),
}

/// What the keeper's thread and its holders share.
pub(crate) struct Shared {
    pub(crate) orders: Inbox<(u64, Order)>,
    /// The configuration to take into force; a newer one replaces one that waits.
    configured: Mutex<Option<Vec<Wanted>>>,
    is_to_end: AtomicBool,
    pub(crate) view: ArcSwap<View>,
    notices: Mutex<VecDeque<Notice>>,
    dropped: AtomicU64,
    changed: Box<dyn Fn() + Send + Sync>,
}

impl Shared {
    pub(crate) fn tell(&self, notice: Notice) {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        if notices.len() >= MOST_NOTICES {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        notices.push_back(notice);
    }

    pub(crate) fn take_configuration(&self) -> Option<Vec<Wanted>> {
        let mut waiting = self
            .configured
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        waiting.take()
    }

    pub(crate) fn is_to_end(&self) -> bool {
        self.is_to_end.load(Ordering::Acquire)
    }

    pub(crate) fn publish(&self, view: View) {
        self.view.store(Arc::new(view));
        (self.changed)();
    }
}

/// A keeper that runs.
pub struct Handle {
    shared: Arc<Shared>,
    tickets: Mutex<u64>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

impl Handle {
    /// Takes over what an earlier keeper of this folder left, then starts what is wanted. Only one keeper
    /// may have a folder.
    ///
    /// # Errors
    /// The folder cannot be used, or the thread not be started.
    pub fn start(settings: Settings) -> Result<Self, StartError> {
        let shared = Arc::new(Shared {
            orders: Inbox::new()?,
            configured: Mutex::default(),
            is_to_end: AtomicBool::new(false),
            view: ArcSwap::from_pointee(View::default()),
            notices: Mutex::default(),
            dropped: AtomicU64::new(0),
            changed: settings.changed,
        });
        let root = ProcRoot::system()?;
        let keeper = Keeper::open(
            root,
            &settings.folder,
            Basics {
                version: settings.version,
                groups: settings.groups,
            },
            Arc::clone(&shared),
            settings.wanted,
        )
        .map_err(|source| StartError::Folder {
            folder: settings.folder,
            source,
        })?;
        let thread = std::thread::Builder::new()
            .name("keeper".to_owned())
            .spawn(move || keeper.run())?;
        Ok(Self {
            shared,
            tickets: Mutex::default(),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Orders a start, with what it depends on. Answers the number that
    /// [`View::orders_done`] reaches when it was begun; `None` if too many orders wait.
    pub fn order_start(&self, name: &str) -> Option<u64> {
        self.put(Order::Start(name.to_owned()))
    }

    /// Orders a stop.
    pub fn order_stop(&self, name: &str) -> Option<u64> {
        self.put(Order::Stop(name.to_owned()))
    }

    /// Orders a restart.
    pub fn order_restart(&self, name: &str) -> Option<u64> {
        self.put(Order::Restart(name.to_owned()))
    }

    /// Takes another configuration into force, before orders that come after it: only what changed in what
    /// it runs is restarted.
    pub fn configure(&self, wanted: Vec<Wanted>) {
        let mut waiting = self
            .shared
            .configured
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *waiting = Some(wanted);
        drop(waiting);
        self.shared.orders.ring();
    }

    /// The thread has ended without being told to: a fault of ours, and nobody keeps servers any more.
    pub fn has_failed(&self) -> bool {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        thread.as_ref().is_some_and(JoinHandle::is_finished)
    }

    /// Servers as they are.
    pub fn view(&self) -> Arc<View> {
        self.shared.view.load_full()
    }

    /// What has happened since it was asked last, and how many notices were lost in all.
    pub fn take_notices(&self) -> (Vec<Notice>, u64) {
        let mut notices = self
            .shared
            .notices
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let dropped = self.shared.dropped.load(Ordering::Relaxed);
        (notices.drain(..).collect(), dropped)
    }

    /// Stops all servers, those first that others depend on last, and ends the thread once nothing of
    /// them is left. What was wanted is started again next time.
    pub fn end(&self) {
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(thread) = thread else { return };
        self.shared.is_to_end.store(true, Ordering::Release);
        self.shared.orders.ring();
        if thread.join().is_err() {
            tracing::error!("the thread that keeps servers has failed; what it kept may be left");
        }
    }

    fn put(&self, order: Order) -> Option<u64> {
        // Held until it is put, so that orders are carried out in the order of their numbers.
        let mut last = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        *last += 1;
        self.shared
            .orders
            .put((*last, order))
            .is_ok()
            .then_some(*last)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.end();
    }
}
