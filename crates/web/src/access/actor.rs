//! Who asks. Every command is carried out in the name of an actor, and the audit log shows it.

use std::fmt;
use std::net::IpAddr;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

use super::secret::Hashed;
use crate::problem::Problem;

/// Somebody who has shown that they may ask. As an argument of a handler it is always there on
/// protected paths; on open ones, take an `Option<Actor>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Knows the token.
    Token {
        /// Where the request came from.
        from: IpAddr,
    },
    /// A browser that was signed in by a link.
    SignIn {
        /// Which one.
        id: String,
        /// Where the request came from.
        from: IpAddr,
    },
    /// A process of the same user or of root, over the unix socket.
    Socket {
        /// Its user.
        uid: u32,
        /// The process that connected.
        pid: i32,
    },
}

impl fmt::Display for Actor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token { from } => write!(formatter, "token from {from}"),
            Self::SignIn { id, from } => write!(formatter, "sign-in {id} from {from}"),
            Self::Socket { uid, pid } => write!(formatter, "uid {uid} (pid {pid})"),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Actor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let actor = parts.extensions.get::<Self>().cloned();
        actor.ok_or_else(|| Problem::unauthorized("this needs a token"))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Actor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

/// An actor and what it showed, so that a long answer can end when that is no longer worth anything.
#[derive(Clone)]
pub(crate) struct Grant {
    pub(crate) actor: Actor,
    pub(super) proof: Proof,
}

#[derive(Clone)]
pub(super) enum Proof {
    Token(Hashed),
    SignIn(String),
    Socket,
}

impl Grant {
    /// The other end of the unix socket, whose credentials the kernel vouches for.
    pub(crate) fn of_socket(uid: u32, pid: i32) -> Self {
        Self {
            actor: Actor::Socket { uid, pid },
            proof: Proof::Socket,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_shown_as_in_the_audit() {
        let from = IpAddr::from([127, 0, 0, 1]);
        let id = "3f2a9c".to_owned();
        for (actor, expected) in [
            (Actor::Token { from }, "token from 127.0.0.1"),
            (Actor::SignIn { id, from }, "sign-in 3f2a9c from 127.0.0.1"),
            (Actor::Socket { uid: 0, pid: 123 }, "uid 0 (pid 123)"),
        ] {
            assert_eq!(actor.to_string(), expected);
        }
    }
}
