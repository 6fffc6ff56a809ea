//! The hardened HTTP edge: listeners, access, limits and live events. It knows nothing of what is
//! served; the caller gives it a router and the list of paths that need no access.
//!
//! Theory of operation: [`bind`] checks the settings and opens the sockets, so that everything that is
//! wrong is said before anything is served. [`Bound::serve`] accepts connections over TCP, TLS and a
//! unix socket; each request passes the checks in the order that `guard` lists, and reaches a handler
//! only after all of them, with an [`Actor`] and an [`Arrival`] among its extensions. Whatever is
//! refused is answered with a [`Problem`]. A [`Hub`] publishes events to any number of clients. All
//! bounds are in [`Limits`] and [`HubLimits`]; what they turn away is in [`Counters`] and [`HubCounts`].
#![forbid(unsafe_code)]

mod access;
mod arrival;
mod bind;
mod body;
mod clock;
mod counters;
mod edge;
mod extract;
mod finish;
mod guard;
mod headers;
mod hosts;
mod origin;
mod paths;
mod prefix;
mod problem;
mod proxy;
mod serve;
mod settings;
mod sse;
mod stall;
mod sync;
mod tls;
mod unix;

pub use access::{
    Access, AccessError, AccessEvent, Actor, FileError, LINK_LIFE, LinkView, MOST_SIGN_INS,
    SIGN_IN_PATH, SIGN_INS_FILE, SignInRequest, SignInView, SignedIn, TOKEN_FILE, UNUSED_LIFE,
};
pub use arrival::Arrival;
pub use bind::{BindError, Bound, Handle, bind};
pub use clock::Clock;
pub use counters::{Counters, Counts, Reason};
pub use edge::Site;
pub use extract::{Json, Path, Query};
pub use headers::page_policy;
pub use hosts::{HostError, Scheme};
pub use paths::{Exposure, Paths};
pub use prefix::{Prefix, PrefixError};
pub use problem::{PROBLEM_JSON, Problem, ProblemDetails};
pub use settings::{DEFAULT_PORT, Limits, Settings, TlsFiles};
pub use sse::{Event, Hub, HubCounts, HubLimits, Message, Start};
pub use tls::TlsError;
pub use unix::{LONGEST_SOCKET_PATH, SocketError};
