//! What happens to each request, in this order; whatever fails, the steps below it do not happen.
//!
//! | step | over TCP | over the unix socket | refusal |
//! |---|---|---|---|
//! | who connected | anybody | same uid or root, and no proxy | 403 |
//! | target | bounded, a plain path | the same | 414, 400, 405 |
//! | host | one of our names | - | 400, 403 |
//! | base path | taken off | taken off if it is there | 404 |
//! | origin | one of our pages, or no page | - | 403 |
//! | access | unless the path is open | by the connection | 401, 429 |
//! | body | JSON, bounded, in time | the same | 415, 413, 408 |
//! | handler | in time, panics caught | the same | 503, 500 |
//!
//! A handler is called only for a request that has passed all checks and whose body is complete. GET and
//! HEAD change nothing in any handler: that is a rule for those who write them, since the checks above
//! let a browser's navigation through.
//!
//! Each answer then gets its headers, errors without a body get one, and event streams end when we shut
//! down or when what the client showed is revoked.

use std::panic::AssertUnwindSafe;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use http::header::{CONNECTION, HOST, LOCATION, TRANSFER_ENCODING};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Request, StatusCode};
use hyper::body::Incoming;
use tower::Service as _;

use crate::access::{Grant, SIGN_IN_PATH, Verdict};
use crate::arrival::Arrival;
use crate::body;
use crate::counters::Reason;
use crate::edge::{Edge, Peer};
use crate::hosts::{Authority, Scheme};
use crate::paths::{self, Exposure};
use crate::problem::Problem;
use crate::{finish, origin, proxy};

/// A request that is not passed on, and what is counted for it.
pub(crate) type Refused = (Reason, Problem);

/// Answers a request. `last` says that the connection shall not be used again.
pub(crate) async fn answer(
    edge: &Edge,
    peer: &Peer,
    request: Request<Incoming>,
    last: bool,
) -> Response {
    let path = request.uri().path().to_owned();
    // Where two lengths contradict each other, what follows on the connection may be part of the body.
    let close = last || request.headers().contains_key(TRANSFER_ENCODING);
    let mut seen = Seen {
        exposure: Exposure::Protected,
        grant: None,
    };
    let mut response = match pass(edge, peer, request, &mut seen).await {
        Ok(response) => response,
        Err((reason, problem)) => {
            tracing::debug!(reason = reason.name(), %peer, "refused");
            edge.counters.refused(reason);
            problem.into_response()
        }
    };
    finish::complete(&mut response, &path, seen.exposure);
    if close {
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    edge.counters.answered(response.status());
    finish::end_with(edge, seen.grant, response)
}

/// What is known about a request also where it is refused.
struct Seen {
    exposure: Exposure,
    grant: Option<Grant>,
}

async fn pass(
    edge: &Edge,
    peer: &Peer,
    request: Request<Incoming>,
    seen: &mut Seen,
) -> Result<Response, Refused> {
    let (mut parts, incoming) = request.into_parts();
    check_peer(peer, &parts)?;
    check_target(edge, &parts)?;
    let arrival = check_host(edge, peer, &parts)?;
    if let Some(elsewhere) = take_base_path_off(edge, peer, &mut parts)? {
        return Ok(elsewhere);
    }
    seen.exposure = expose(edge, parts.uri.path());
    check_origin(edge, peer, &arrival, &parts, seen.exposure)?;
    seen.grant = check_access(edge, peer, &arrival, &parts, seen.exposure)?;
    let limits = &edge.settings.limits;
    let most = match seen.grant {
        Some(_) => limits.body,
        None => limits.body_without_access,
    };
    let bytes = body::receive(&parts, incoming, most, limits.body_timeout).await?;
    if let Some(grant) = &seen.grant {
        parts.extensions.insert(grant.actor.clone());
    }
    parts.extensions.insert(arrival);
    Ok(call(edge, Request::from_parts(parts, Body::from(bytes))).await)
}

fn check_peer(peer: &Peer, parts: &Parts) -> Result<(), Refused> {
    let Peer::Unix { trusted, .. } = peer else {
        return Ok(());
    };
    if !trusted {
        let detail = "only the user who runs this program, and root, may use the unix socket";
        return Err((Reason::Peer, Problem::forbidden(detail)));
    }
    let forwarded = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host"];
    if forwarded
        .iter()
        .any(|name| parts.headers.contains_key(*name))
    {
        // The proxy's user would vouch for everybody who reaches the proxy.
        let detail = "a proxy must use the TCP address, not the unix socket";
        return Err((Reason::Peer, Problem::forbidden(detail)));
    }
    Ok(())
}

fn check_target(edge: &Edge, parts: &Parts) -> Result<(), Refused> {
    let refuse = |problem| Err((Reason::Target, problem));
    if parts.method == Method::CONNECT || parts.method == Method::TRACE {
        let allow = "GET, HEAD, POST, PUT, PATCH, DELETE";
        return refuse(Problem::method_not_allowed(allow));
    }
    let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
    let limit = edge.settings.limits.uri;
    if path.len() + query.len() > limit {
        let detail = format!("the request target is longer than {limit} bytes");
        return refuse(Problem::new(StatusCode::URI_TOO_LONG, detail));
    }
    match paths::check(path) {
        Ok(()) => Ok(()),
        Err(error) => refuse(Problem::bad_request(error.to_string())),
    }
}

/// Checks the name under which the client found us, and notes how it did.
fn check_host(edge: &Edge, peer: &Peer, parts: &Parts) -> Result<Arrival, Refused> {
    let Peer::Tcp {
        remote,
        local,
        scheme,
    } = peer
    else {
        return Ok(Arrival {
            client: None,
            scheme: Scheme::Http,
            base_url: edge.base_url.clone(),
        });
    };
    let bad = |detail: String| (Reason::Host, Problem::bad_request(detail));
    let mut lines = parts.headers.get_all(HOST).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return Err(bad("there must be one `Host` header".to_owned()));
    };
    let read = |text: &str| {
        Authority::parse(text).map_err(|error| bad(format!("the host is malformed: {error}")))
    };
    let host = read(line.to_str().unwrap_or("\u{fffd}"))?;
    if let Some(target) = parts.uri.authority()
        && read(target.as_str())? != host
    {
        let detail = "`Host` and the request target name different hosts";
        return Err(bad(detail.to_owned()));
    }
    let trusted = &edge.settings.trusted_proxies;
    let client = proxy::client(&parts.headers, *remote, *scheme, trusted);
    let forwarded = client.host.as_deref().map(read).transpose()?;
    // What the proxy was asked for must be ours, and what it asks us for as well.
    let direct = edge.hosts.judge(&host, *local, *scheme);
    let direct = direct.or_else(|| edge.hosts.judge(&host, *local, client.scheme));
    let public = forwarded.as_ref().unwrap_or(&host);
    let known = edge.hosts.judge(public, *local, client.scheme);
    let known = known.or_else(|| forwarded.is_none().then_some(direct).flatten());
    if direct.is_none() || known.is_none() {
        let detail = "this is no name of ours; if it should be, add it to `allowed_hosts`";
        return Err((Reason::Host, Problem::forbidden(detail)));
    }
    let scheme = client.scheme;
    Ok(Arrival {
        client: Some(client.address),
        scheme,
        base_url: format!("{}://{public}{}", scheme.name(), edge.base_path),
    })
}

/// Takes the base path off the target. Answers itself where just its last slash is missing, since the
/// page's relative links need it.
fn take_base_path_off(
    edge: &Edge,
    peer: &Peer,
    parts: &mut Parts,
) -> Result<Option<Response>, Refused> {
    let base = edge.base_path.as_str();
    let path = parts.uri.path();
    let rest = path.strip_prefix(base);
    let rest = match rest {
        Some("") if !base.is_empty() => {
            let location = HeaderValue::from_str(&format!("{base}/"));
            let location = location.unwrap_or(HeaderValue::from_static("/"));
            let headers = [(LOCATION, location)];
            return Ok(Some(
                (StatusCode::PERMANENT_REDIRECT, headers).into_response(),
            ));
        }
        Some(rest) if rest.starts_with('/') => rest,
        // Programs of this machine know nothing of the proxy.
        _ if matches!(peer, Peer::Unix { .. }) => path,
        _ => {
            let detail = format!("everything is below {base}/");
            return Err((Reason::Outside, Problem::not_found(detail)));
        }
    };
    let target = match parts.uri.query() {
        Some(query) => format!("{rest}?{query}"),
        None => rest.to_owned(),
    };
    // Without scheme and host, so that routing and handlers see one form only.
    let target: PathAndQuery = target.parse().map_err(|_| {
        (
            Reason::Target,
            Problem::bad_request("the target is no path"),
        )
    })?;
    parts.uri = target.into();
    Ok(None)
}

fn expose(edge: &Edge, path: &str) -> Exposure {
    if path == SIGN_IN_PATH {
        return Exposure::Open;
    }
    edge.paths.judge(path)
}

fn check_origin(
    edge: &Edge,
    peer: &Peer,
    arrival: &Arrival,
    parts: &Parts,
    exposure: Exposure,
) -> Result<(), Refused> {
    let Peer::Tcp { local, .. } = peer else {
        return Ok(());
    };
    let asked = origin::Asked {
        method: &parts.method,
        exposure,
        local: *local,
        scheme: arrival.scheme,
    };
    origin::check(&parts.headers, asked, &edge.hosts)
        .map_err(|error| (Reason::Origin, Problem::forbidden(error.to_string())))
}

/// Who asks; nobody on an open path where no token is shown. A wrong token is refused there too: else
/// such a path would tell, without a limit, whether a token is right.
fn check_access(
    edge: &Edge,
    peer: &Peer,
    arrival: &Arrival,
    parts: &Parts,
    exposure: Exposure,
) -> Result<Option<Grant>, Refused> {
    if let Peer::Unix { uid, pid, .. } = peer {
        return Ok(Some(Grant::of_socket(*uid, *pid)));
    }
    let Some(from) = arrival.client else {
        return Ok(None);
    };
    match edge.access.judge(&parts.headers, from) {
        Verdict::Granted { grant, save } => {
            if save {
                let access = edge.access.clone();
                tokio::task::spawn_blocking(move || {
                    if let Err(error) = access.save() {
                        tracing::warn!("when sign-ins were used last is not stored: {error}");
                    }
                });
            }
            Ok(Some(grant))
        }
        Verdict::Missing if exposure != Exposure::Protected => Ok(None),
        Verdict::Missing => {
            let detail = "send the token in `Authorization: Bearer TOKEN`; it is in the file `token` \
                of the state directory. A browser signs in by the link that is printed at start";
            Err((Reason::Token, Problem::unauthorized(detail)))
        }
        Verdict::Wrong => Err(wrong_token(edge.access.failed(from))),
    }
}

/// `wait` are the seconds to wait after too many wrong ones.
fn wrong_token(wait: Option<u64>) -> Refused {
    if let Some(seconds) = wait {
        let detail = "too many wrong tokens; a right one is still accepted";
        return (Reason::Rate, Problem::too_many_requests(detail, seconds));
    }
    let detail = "the token is wrong, or the sign-in has expired or was revoked";
    (Reason::Token, Problem::unauthorized(detail))
}

/// Calls the handler, within its time, and survives its panic.
async fn call(edge: &Edge, request: Request<Body>) -> Response {
    let path = request.uri().path().to_owned();
    let mut router = edge.router.clone();
    let handled = AssertUnwindSafe(async move { router.call(request).await }).catch_unwind();
    match tokio::time::timeout(edge.settings.limits.request_timeout, handled).await {
        Ok(Ok(Ok(response))) => response,
        Ok(Err(_)) => {
            edge.counters.panicked();
            tracing::error!("the handler of {path} panicked; this is a defect of this program");
            Problem::internal("the program failed here; its log says more").into_response()
        }
        Err(_) => {
            edge.counters.timed_out();
            tracing::warn!("the handler of {path} was not done in time");
            Problem::unavailable("this took too long and was given up")
                .retry_after(5)
                .into_response()
        }
    }
}
