//! Starting and ending: lock, history, listeners, the thread that looks, signals.
//!
//! ```text
//! lock ─► history ─► listeners bound ─► looker ─► link printed, READY=1
//! SIGTERM, SIGINT ─► looker stops, listeners drain ─► history closed ─► lock released
//! ```
//!
//! Whatever fails before the link is printed ends the program with a message; whatever thread ends
//! afterwards ends it too, so that a service manager can start it anew.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use history::History;
use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use web::{Access, AccessEvent, BindError, Bound, Clock, Hub, Site};

use super::handle::Daemon;
use super::lock::{Lock, LockError};
use super::looker::Looker;
use super::port;
use super::signals::Signal;
use crate::api;
use crate::cli::Setting;
use crate::config::{Config, Source};
use crate::exit::{self, Failure};
use crate::logging;
use crate::output::Output;

/// Threads that wait for the disk.
const BLOCKING_THREADS: usize = 4;
/// Events that are kept for listeners that come back.
const EVENTS: usize = 2048;
/// How often the configuration file is looked at, and systemd told that all is well.
const TICK: Duration = Duration::from_secs(2);
/// The looker is given up if it has not shown itself for this long, nanoseconds: a look may wait for
/// a process that the kernel holds, and carrying out a plan shows itself.
const STUCK_NS: u64 = 120_000_000_000;

/// What is there before anybody is answered.
struct Started {
    /// Held until all of it has ended.
    _lock: Lock,
    daemon: Arc<Daemon>,
    bound: Bound,
    access: Access,
    log: Arc<logging::Handle>,
    source: Source,
    listen: Option<SocketAddr>,
}

/// Runs until it is told to end. `listen` goes before the configuration.
pub fn run(setting: &Setting, listen: Option<SocketAddr>) -> anyhow::Result<u8> {
    // Before the first thread: an arena that is there stays. Where it is not heeded it only costs memory.
    linux::allocator::share_one_arena();
    let started = start(setting, listen)?;
    let link = started
        .access
        .link(&started.bound.base_url())
        .map_err(|error| Failure::new(exit::SOFTWARE, error.to_string()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        // Each thread keeps memory of its own: a few that read the history are enough.
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_name("http")
        .enable_all()
        .build()?;
    let history = started.daemon.history().clone();
    started.daemon.watch_containers(runtime.handle());
    started
        .daemon
        .keep_servers()
        .map_err(|error| Failure::new(exit::CANNOT_CREATE, error.to_string()))?;
    let (looker, looker_ended) = spawn_looker(setting, &started)?;
    setting.output.text(&format!(
        "mcpvisor watches this machine. Open this link in a browser; it works once:\n\n  {}\n\n",
        link.url
    ))?;
    tracing::info!("listening at {}", started.bound.base_url());
    let served = runtime.block_on(serve(started, looker_ended));
    let looked = looker.join();
    runtime.shutdown_timeout(Duration::from_millis(500));
    if let Err(error) = history.close() {
        tracing::error!("the history was not closed cleanly: {error}");
    }
    match (served?, looked) {
        (Why::Told, Ok(Ok(()))) => Ok(exit::FINE),
        (_, Ok(Err(failure))) => Err(failure.into()),
        (why, _) => Err(Failure::new(
            exit::SOFTWARE,
            format!(
                "{}; this is a fault of mcpvisor, and its log may say more",
                match why {
                    Why::Told => "the thread that looks failed while it ended",
                    Why::Looker | Why::Keeper => why.words(),
                }
            ),
        )
        .into()),
    }
}

/// Takes the lock and opens everything, in an order in which nothing is touched before it is ours.
fn start(setting: &Setting, listen: Option<SocketAddr>) -> anyhow::Result<Started> {
    let source = setting.source.clone();
    let config = Arc::new(with(setting.config.clone(), listen));
    let state = setting.state.clone();
    let folder = state.folder().to_owned();
    state.create().map_err(|error| {
        Failure::new(
            exit::CANNOT_CREATE,
            format!(
                "the state directory {} cannot be used: {error}",
                folder.display()
            ),
        )
    })?;
    let lock = Lock::take(&folder).map_err(|error| {
        let code = match error {
            LockError::Held { .. } => exit::UNAVAILABLE,
            LockError::Io { .. } => exit::CANNOT_CREATE,
        };
        Failure::new(code, error.to_string())
    })?;
    let log = logging::start(&config.log)
        .map_err(|error| Failure::new(exit::CANNOT_CREATE, error.to_string()))?;
    let log = Arc::new(log);
    let bound = bind(&config, &state.socket())?;
    let access = Access::open(&folder, Clock::system())
        .map_err(|error| Failure::new(exit::CONFIG, error.to_string()))?;
    let history = open_history(&config, &folder, |words| tracing::warn!("{words}"))?;
    let file = source
        .exists()
        .then(|| source.path().map(|path| path.display().to_string()))
        .flatten();
    let daemon = Daemon::new(state, config, file, history, Hub::new(EVENTS))?;
    let daemon = Arc::new(daemon);
    daemon.set_itself();
    daemon.set_url(bound.base_url());
    daemon.set_edge(bound.handle());
    daemon.set_log(Arc::clone(&log));
    observe_access(&access, &daemon);
    Ok(Started {
        _lock: lock,
        daemon,
        bound,
        access,
        log,
        source,
        listen,
    })
}

/// The thread that looks.
type LookerThread = JoinHandle<Result<(), Failure>>;

/// Starts the thread that looks; the receiver hears of its end, however that comes.
fn spawn_looker(
    setting: &Setting,
    started: &Started,
) -> std::io::Result<(LookerThread, oneshot::Receiver<()>)> {
    let (ended, looker_ended) = oneshot::channel::<()>();
    let daemon = Arc::clone(&started.daemon);
    let setting = Setting {
        config: (*daemon.config()).clone(),
        source: started.source.clone(),
        state: setting.state.clone(),
        output: Output::log(),
    };
    let looker = std::thread::Builder::new()
        .name("looker".to_owned())
        .spawn(move || {
            let _ended = ended;
            Looker::open(&daemon, &setting)?.run();
            Ok(())
        })?;
    Ok((looker, looker_ended))
}

/// Answers until there is a reason to end.
async fn serve(mut started: Started, looker_ended: oneshot::Receiver<()>) -> anyhow::Result<Why> {
    let site = Site {
        router: api::router(Arc::clone(&started.daemon)),
        paths: api::paths(),
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let edge = started.bound.serve(site, started.access.clone(), async {
        // An error is the end of the sender, which is the same.
        drop(stopped.await);
    });
    let edge = tokio::spawn(edge);
    let mut attendant = Attendant {
        daemon: &started.daemon,
        access: &started.access,
        log: &started.log,
        source: &mut started.source,
        listen: started.listen,
    };
    let status = NotifyState::Status("watching MCP servers");
    drop(sd_notify::notify(&[NotifyState::Ready, status]));
    let why = attendant.attend(looker_ended).await;
    drop(sd_notify::notify(&[NotifyState::Stopping]));
    tracing::info!("ending: {}", why.words());
    end_servers(&started.daemon).await;
    started.daemon.signal(Signal::Stop);
    drop(stop);
    edge.await??;
    Ok(why)
}

/// Stops the servers that are kept; while that takes, questions about them are answered.
async fn end_servers(daemon: &Arc<Daemon>) {
    let daemon = Arc::clone(daemon);
    let ended = tokio::task::spawn_blocking(move || {
        if let Some(keeper) = daemon.keeper() {
            keeper.end();
        }
    });
    if ended.await.is_err() {
        tracing::error!("servers that were kept may be left");
    }
}

/// Why it ends.
enum Why {
    /// It was told to.
    Told,
    /// The looker ended or hangs.
    Looker,
    /// The keeper of servers has failed.
    Keeper,
}

impl Why {
    fn words(&self) -> &'static str {
        match self {
            Self::Told => "told to",
            Self::Looker => "the thread that looks has ended",
            Self::Keeper => "the thread that keeps servers has failed",
        }
    }
}

/// Attends to signals, changes of the configuration, and the end of the looker.
struct Attendant<'a> {
    daemon: &'a Daemon,
    access: &'a Access,
    log: &'a logging::Handle,
    source: &'a mut Source,
    listen: Option<SocketAddr>,
}

impl Attendant<'_> {
    async fn attend(&mut self, mut looker_ended: oneshot::Receiver<()>) -> Why {
        let (Ok(mut terminate), Ok(mut interrupt), Ok(mut hang_up)) = (
            signal(SignalKind::terminate()),
            signal(SignalKind::interrupt()),
            signal(SignalKind::hangup()),
        ) else {
            tracing::error!("signals cannot be waited for");
            return Why::Looker;
        };
        let mut tick = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                _ = terminate.recv() => return Why::Told,
                _ = interrupt.recv() => return Why::Told,
                _ = hang_up.recv() => self.hang_up(),
                _ = &mut looker_ended => return Why::Looker,
                _ = tick.tick() => {
                    self.tick();
                    if self.daemon.keeper().is_some_and(keeper::Handle::has_failed) {
                        return Why::Keeper;
                    }
                }
            }
        }
    }

    /// SIGHUP: everything that is in files is read again.
    fn hang_up(&mut self) {
        drop(sd_notify::notify(&[NotifyState::Reloading]));
        if let Err(error) = self.log.reopen() {
            tracing::error!("the log file was not opened again: {error}");
        }
        if let Err(error) = self.access.reload() {
            tracing::error!("the token was not read again: {error}");
        }
        if let Some(Err(error)) = self.daemon.edge_handle().map(web::Handle::reload) {
            tracing::error!("the certificate was not read again: {error}");
        }
        self.reload();
        drop(sd_notify::notify(&[NotifyState::Ready]));
    }

    fn tick(&mut self) {
        if self.source.has_changed() {
            self.reload();
        }
        for notice in self.daemon.history().notices() {
            tracing::warn!("history: {}", notice.text);
        }
        let pulse = self.daemon.last_pulse();
        let silent = linux::clock::boot_ns().saturating_sub(pulse);
        if pulse == 0 || silent < STUCK_NS {
            drop(sd_notify::notify(&[NotifyState::Watchdog]));
        } else {
            tracing::error!("no look for {} s", silent / 1_000_000_000);
        }
    }

    /// Reads the configuration again; what is wrong with it is told, and the old one stays.
    fn reload(&mut self) {
        match self.source.read() {
            Ok(config) => {
                let config = Arc::new(with(config, self.listen));
                let old = self.daemon.config();
                if old.daemon.listen != config.daemon.listen || old.tls != config.tls {
                    tracing::warn!("another address or certificate file is taken after a restart");
                }
                if let Err(error) = self.log.apply(&config.log) {
                    tracing::error!("{error}; the log goes on as before");
                }
                tracing::info!("configuration read again");
                self.daemon.configure(config);
            }
            Err(fault) => {
                tracing::error!("{fault}; the old configuration stays in force");
                self.daemon.refuse_configuration(fault.to_string());
            }
        }
    }
}

/// The configuration with what the command line says.
fn with(mut config: Config, listen: Option<SocketAddr>) -> Config {
    config.daemon.listen = listen.unwrap_or(config.daemon.listen);
    config
}

fn bind(config: &Config, socket: &Path) -> Result<Bound, Failure> {
    let daemon = &config.daemon;
    let proxies = daemon
        .trusted_proxies
        .iter()
        .map(|network| network.to_string().parse())
        .collect::<Result<Vec<web::Prefix>, _>>()
        .map_err(|error| Failure::new(exit::CONFIG, error.to_string()))?;
    let settings = web::Settings {
        listen: daemon.listen,
        tls: config.tls.as_ref().map(|tls| web::TlsFiles {
            cert: tls.cert.clone(),
            key: tls.key.clone(),
        }),
        socket: Some(socket.to_owned()),
        allowed_hosts: daemon
            .allowed_hosts
            .iter()
            .map(|host| host.as_str().to_owned())
            .collect(),
        base_path: daemon.base_path.as_str().to_owned(),
        trusted_proxies: proxies,
        limits: web::Limits {
            // Carrying out a plan waits for the longest time to SIGKILL that HTTP may ask for.
            request_timeout: Duration::from_secs(330),
            ..web::Limits::default()
        },
    };
    web::bind(settings).map_err(|error| match &error {
        BindError::InUse { listen } => Failure::new(exit::UNAVAILABLE, port::taken(*listen)),
        BindError::NotLoopback { .. } | BindError::Tls(_) => {
            Failure::new(exit::CONFIG, error.to_string())
        }
        _ => Failure::new(exit::UNAVAILABLE, error.to_string()),
    })
}

/// Opens the history of a state directory as the configuration wants it. `note` is told what people
/// should hear about it. The caller holds the lock.
pub fn open_history(
    config: &Config,
    folder: &Path,
    note: impl Fn(&str),
) -> Result<History, Failure> {
    let options = history::Options {
        max_disk: config.history.max_disk.0,
        raw: config.history.raw.0,
        five_minutes: config.history.five_minutes.0,
        hours: config.history.hours.0,
        stale_after: (config.daemon.interval.0 * 4).max(Duration::from_mins(1)),
        ..history::Options::new(folder.join("history.db"))
    };
    let (history, notices) = History::open(options, linux::clock::now().wall)
        .map_err(|error| Failure::new(exit::CANNOT_CREATE, error.to_string()))?;
    for notice in notices {
        note(&format!("history: {}", notice.text));
    }
    Ok(history)
}

/// Signing in and out is audited like every other command.
fn observe_access(access: &Access, daemon: &Arc<Daemon>) {
    let daemon = Arc::downgrade(daemon);
    access.observe(move |event| {
        let Some(daemon) = daemon.upgrade() else {
            return;
        };
        let (actor, command, target) = match event {
            AccessEvent::LinkMade { by } => (by.to_string(), "make a sign-in link", String::new()),
            AccessEvent::SignedIn { id, from, .. } => {
                let from = from.map_or_else(|| "unix socket".to_owned(), |from| from.to_string());
                (format!("link from {from}"), "sign in", id.clone())
            }
            AccessEvent::Revoked { id, by } => (by.to_string(), "sign out", id.clone()),
        };
        // The entry waits for the disk, and the answer need not.
        tokio::task::spawn_blocking(move || daemon.audit(&actor, command, &target, Ok(())));
    });
}
