//! One thread for each user that is read as: taking over rights is for good, so a thread
//! serves one user, and is kept because there is more to read.
//!
//! A thread whose file system hangs cannot be ended. It stays the user's only one and
//! is known as stuck until it comes back, so a user can hold up one thread and no caller for
//! longer than [`PATIENCE`], once.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, RecvTimeoutError, SyncSender, TrySendError},
    },
    thread,
    time::Duration,
};

use super::{Identity, must_switch};

/// How long a caller waits.
const PATIENCE: Duration = Duration::from_secs(5);
/// Requests that may wait for one thread.
const QUEUE: usize = 64;
/// Users with a thread; an idle one's is ended for the next.
const MOST: usize = 64;

type Job = Box<dyn FnOnce() + Send>;

struct Worker {
    jobs: SyncSender<Job>,
    /// Number of the job that was handed over last.
    last: u64,
    pace: Arc<Pace>,
}

/// Jobs are numbered from 1 and done in order, so that a job that its caller has given up
/// just when it was done is not mistaken for one that hangs.
#[derive(Default)]
struct Pace {
    done: AtomicU64,
    given_up: AtomicU64,
}

impl Pace {
    fn is_stuck(&self) -> bool {
        self.given_up.load(Ordering::Acquire) > self.done.load(Ordering::Acquire)
    }
}

static WORKERS: Mutex<BTreeMap<u32, Worker>> = Mutex::new(BTreeMap::new());

/// Runs `work` with the rights of user `uid` and waits for it, at most five seconds.
///
/// As root it is run by a thread that took over the user's rights: their groups are read
/// when it is started. `TimedOut` means that `work` may still be done, later.
pub fn run_as<T: Send + 'static>(
    uid: u32,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    run_within(uid, PATIENCE, work)
}

fn run_within<T: Send + 'static>(
    uid: u32,
    patience: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let (result, wait) = mpsc::sync_channel(1);
    let job: Job = Box::new(move || {
        // Nobody waits any more: the result is of no use.
        drop(result.send(work()));
    });
    let (number, pace) = submit(uid, job)?;
    match wait.recv_timeout(patience) {
        Ok(value) => Ok(value),
        Err(RecvTimeoutError::Timeout) => {
            pace.given_up.fetch_max(number, Ordering::AcqRel);
            Err(hangs(uid))
        }
        Err(RecvTimeoutError::Disconnected) => {
            forget(uid);
            Err(io::Error::other(format!(
                "the work done as user {uid} panicked"
            )))
        }
    }
}

/// Hands the job to the user's thread, which is started if there is none.
fn submit(uid: u32, job: Job) -> io::Result<(u64, Arc<Pace>)> {
    let mut workers = WORKERS.lock().unwrap_or_else(PoisonError::into_inner);
    if !workers.contains_key(&uid) {
        if workers.len() >= MOST {
            // An idle thread ends when its queue is dropped; a stuck one must stay known.
            let idle = workers
                .iter()
                .find(|(_, worker)| !worker.pace.is_stuck())
                .map(|(uid, _)| *uid);
            workers.remove(&idle.ok_or_else(|| hangs(uid))?);
        }
        workers.insert(uid, start(uid)?);
    }
    let Some(worker) = workers
        .get_mut(&uid)
        .filter(|worker| !worker.pace.is_stuck())
    else {
        return Err(hangs(uid));
    };
    match worker.jobs.try_send(job) {
        Ok(()) => {
            worker.last += 1;
            Ok((worker.last, Arc::clone(&worker.pace)))
        }
        Err(TrySendError::Full(_)) => Err(hangs(uid)),
        Err(TrySendError::Disconnected(_)) => {
            workers.remove(&uid);
            Err(io::Error::other(format!(
                "the thread that reads as user {uid} has ended"
            )))
        }
    }
}

fn start(uid: u32) -> io::Result<Worker> {
    let (jobs, queue) = mpsc::sync_channel::<Job>(QUEUE);
    let (ready, started) = mpsc::sync_channel(1);
    let pace = Arc::new(Pace::default());
    let progress = Arc::clone(&pace);
    let identity = must_switch(uid).then(|| Identity::of(uid));
    thread::Builder::new()
        .name(format!("as-user-{uid}"))
        .stack_size(256 << 10)
        .spawn(move || {
            let assumed = identity.map_or(Ok(()), |identity| identity.assume());
            let failed = assumed.is_err();
            drop(ready.send(assumed));
            if failed {
                return;
            }
            for job in queue {
                job();
                progress.done.fetch_add(1, Ordering::AcqRel);
            }
        })?;
    started
        .recv()
        .unwrap_or_else(|_| Err(io::Error::other("a thread ended before it began")))?;
    Ok(Worker {
        jobs,
        last: 0,
        pace,
    })
}

fn forget(uid: u32) {
    let mut workers = WORKERS.lock().unwrap_or_else(PoisonError::into_inner);
    workers.remove(&uid);
}

fn hangs(uid: u32) -> io::Error {
    io::Error::new(
        io::ErrorKind::TimedOut,
        format!("reading as user {uid} hangs: a file system does not answer"),
    )
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::{io, sync::mpsc, time::Duration};

    use super::{run_as, run_within};

    /// Users that exist on no machine; without root nothing is switched, with root it is.
    const HANGING: u32 = 3_000_000_001;
    const PANICKING: u32 = 3_000_000_002;

    #[test]
    fn a_hanging_read_holds_up_nobody_and_is_forgiven() {
        let (release, hang) = mpsc::sync_channel::<()>(1);
        let slow = run_within(HANGING, Duration::from_millis(20), move || hang.recv());
        assert_eq!(slow.unwrap_err().kind(), io::ErrorKind::TimedOut);
        let next = run_as(HANGING, || ()).unwrap_err();
        assert_eq!(next.kind(), io::ErrorKind::TimedOut, "refused at once");
        release.send(()).unwrap();
        let answered = (0..500).any(|_| {
            std::thread::park_timeout(Duration::from_millis(2));
            run_as(HANGING, || 7).is_ok_and(|value| value == 7)
        });
        assert!(answered, "the thread came back and is used again");
    }

    #[test]
    #[expect(clippy::panic, reason = "that is the case")]
    fn a_panic_costs_one_job() {
        let failed = run_as(PANICKING, || -> u8 { panic!("for the test") });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::Other);
        assert_eq!(run_as(PANICKING, || 5).unwrap(), 5);
    }
}
