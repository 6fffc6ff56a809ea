//! Accepts connections and speaks HTTP/1.1 on them. Each listener has its own bound on connections at a
//! time; what comes beyond is told so and closed. When asked to stop, nothing is accepted any more,
//! event streams end at once, idle connections are closed, and requests under way get some time.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::response::Response;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tower_http::compression::predicate::{NotForContentType, Predicate as _, SizeAbove};
use tower_http::compression::{CompressionLayer, CompressionLevel};

use crate::access::{self, Access};
use crate::bind::Bound;
use crate::counters::{Connected, Reason};
use crate::edge::{Edge, Peer, Site};
use crate::guard;
use crate::hosts::Scheme;
use crate::stall::Stall;
use crate::tls::Tls;

/// Shorter answers gain nothing from being compressed, in bytes.
const WORTH_COMPRESSING: u64 = 1024;

/// After a failed accept, so that a lack of file descriptors does not become a busy loop.
const PAUSE: Duration = Duration::from_millis(100);

/// To a client for whom there is no room.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\n\
    Cache-Control: no-store\r\nContent-Length: 0\r\n\r\n";

impl Bound {
    /// Serves until `shutdown` is done, and then until the last request is answered or its time is over.
    /// An error means that a socket could not be used at all.
    pub async fn serve(
        self,
        site: Site,
        access: Access,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let base_url = self.base_url();
        let tcp = TcpListener::from_std(self.tcp)?;
        let (unix, _file) = match self.unix {
            Some((listener, file)) => (Some(UnixListener::from_std(listener)?), Some(file)),
            None => (None, None),
        };
        let (stop, stopped) = watch::channel(false);
        let edge = Arc::new(Edge {
            hosts: self.hosts,
            base_path: self.base_path,
            base_url,
            router: complete_router(site.router, &access),
            paths: site.paths,
            access,
            counters: self.counters,
            stop: stopped.clone(),
            settings: self.settings,
        });
        let limits = &edge.settings.limits;
        let slots = Arc::new(Semaphore::new(limits.connections));
        let socket_slots = Arc::new(Semaphore::new(limits.socket_connections));
        let accepting = async {
            let tcp = accept_tcp(&edge, tcp, self.tls, &slots);
            let unix = async {
                match unix {
                    Some(unix) => accept_unix(&edge, unix, &socket_slots).await,
                    None => std::future::pending().await,
                }
            };
            tokio::join!(tcp, unix);
        };
        tokio::select! {
            () = accepting => {}
            () = shutdown => {}
        }
        stop.send_replace(true);
        // Each connection ends itself within the grace; a little more for the ends to be seen.
        let patience = limits.shutdown_grace + Duration::from_millis(500);
        let all = async {
            let counts = [limits.connections, limits.socket_connections].map(as_permits);
            let [tcp, unix] = counts;
            tokio::join!(slots.acquire_many(tcp), socket_slots.acquire_many(unix))
        };
        if tokio::time::timeout(patience, all).await.is_err() {
            tracing::warn!("some connections did not end in time and are cut");
        }
        Ok(())
    }
}

fn as_permits(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The caller's routes, ours, and compression. What is streamed is not compressed: an event would wait
/// in the compressor for the next one.
fn complete_router(router: axum::Router, access: &Access) -> axum::Router {
    let worth_it =
        SizeAbove::new(WORTH_COMPRESSING).and(NotForContentType::new("text/event-stream"));
    let compression = CompressionLayer::new()
        .gzip(true)
        .quality(CompressionLevel::Fastest)
        .compress_when(worth_it);
    router
        .merge(access::routes(access.clone()))
        .layer(compression)
}

async fn accept_tcp(
    edge: &Arc<Edge>,
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    slots: &Arc<Semaphore>,
) {
    loop {
        let (stream, remote) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                pause(edge, &error).await;
                continue;
            }
        };
        let Some(place) = place(edge, slots) else {
            // A client of TLS would not understand it.
            if tls.is_none() {
                stream.try_write(FULL).ok();
            }
            continue;
        };
        let (edge, tls) = (Arc::clone(edge), tls.clone());
        tokio::spawn(async move {
            let _place = place;
            if let Err(error) = tcp_connection(&edge, stream, remote, tls).await {
                tracing::debug!(%remote, "connection ended: {error}");
            }
        });
    }
}

async fn tcp_connection(
    edge: &Arc<Edge>,
    stream: TcpStream,
    remote: std::net::SocketAddr,
    tls: Option<Arc<Tls>>,
) -> io::Result<()> {
    let local = stream.local_addr()?;
    // Events are small and shall arrive at once.
    stream.set_nodelay(true)?;
    let peer = |scheme| Peer::Tcp {
        remote,
        local,
        scheme,
    };
    let Some(tls) = tls else {
        return speak(edge, stream, peer(Scheme::Http)).await;
    };
    let handshake = TlsAcceptor::from(tls.config()).accept(stream);
    let limit = edge.settings.limits.handshake_timeout;
    let mut stop = edge.stop.clone();
    let done = tokio::select! {
        done = tokio::time::timeout(limit, handshake) => done,
        _ = stop.wait_for(|stop| *stop) => return Ok(()),
    };
    let stream = match done {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            edge.counters.handshake_failed();
            return Err(error);
        }
        Err(_) => {
            edge.counters.handshake_failed();
            return Err(io::ErrorKind::TimedOut.into());
        }
    };
    speak(edge, stream, peer(Scheme::Https)).await
}

async fn accept_unix(edge: &Arc<Edge>, listener: UnixListener, slots: &Arc<Semaphore>) {
    let own = rustix::process::geteuid().as_raw();
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                pause(edge, &error).await;
                continue;
            }
        };
        let Some(place) = place(edge, slots) else {
            stream.try_write(FULL).ok();
            continue;
        };
        let edge = Arc::clone(edge);
        tokio::spawn(async move {
            let _place = place;
            if let Err(error) = unix_connection(&edge, stream, own).await {
                tracing::debug!("connection of the unix socket ended: {error}");
            }
        });
    }
}

async fn unix_connection(edge: &Arc<Edge>, stream: UnixStream, own: u32) -> io::Result<()> {
    // `SO_PEERCRED`: the kernel's word for who called `connect`.
    let credentials = stream.peer_cred()?;
    let uid = credentials.uid();
    let peer = Peer::Unix {
        uid,
        pid: credentials.pid().unwrap_or(0),
        trusted: uid == own || uid == 0,
    };
    speak(edge, stream, peer).await
}

/// A place among the connections, counted until it is given back.
fn place(edge: &Edge, slots: &Arc<Semaphore>) -> Option<(OwnedSemaphorePermit, Connected)> {
    let connected = edge.counters.connected();
    if let Ok(permit) = Arc::clone(slots).try_acquire_owned() {
        return Some((permit, connected));
    }
    edge.counters.refused(Reason::Connections);
    None
}

async fn pause(edge: &Edge, error: &io::Error) {
    edge.counters.accept_failed();
    tracing::warn!("a connection could not be accepted: {error}");
    tokio::time::sleep(PAUSE).await;
}

/// Speaks HTTP on a connection until its end, or until we stop.
async fn speak<S>(edge: &Arc<Edge>, stream: S, peer: Peer) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let limits = &edge.settings.limits;
    let served = AtomicU64::new(0);
    let service = service_fn(|request: Request<Incoming>| {
        let number = served.fetch_add(1, Ordering::Relaxed) + 1;
        let last = number >= edge.settings.limits.requests_per_connection || *edge.stop.borrow();
        let peer = &peer;
        async move {
            let response: Response = guard::answer(edge, peer, request, last).await;
            Ok::<_, std::convert::Infallible>(response)
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_buf_size(limits.head)
        .max_header_size(limits.head)
        .max_headers(limits.headers);
    let stream = TokioIo::new(Stall::new(stream, limits.write_timeout));
    let mut connection = std::pin::pin!(http.serve_connection(stream, service));
    let mut stop = edge.stop.clone();
    tokio::select! {
        ended = connection.as_mut() => {
            return ended.map_err(|error| {
                edge.counters.ended(&error);
                io::Error::other(error)
            });
        }
        _ = stop.wait_for(|stop| *stop) => {}
    }
    connection.as_mut().graceful_shutdown();
    match tokio::time::timeout(limits.shutdown_grace, connection).await {
        Ok(ended) => ended.map_err(io::Error::other),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}
