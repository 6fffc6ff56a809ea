//! The requests about access itself: signing in, listing and revoking sign-ins, making a link.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::USER_AGENT;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get, post};
use axum::{Extension, Router};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::sign_ins::{Browser, SignIn};
use super::{Access, AccessError, AccessEvent, Actor};
use crate::arrival::Arrival;
use crate::extract::{Json, Path};
use crate::problem::Problem;

/// Where a browser exchanges a link's secret; the only mutation that is open.
pub const SIGN_IN_PATH: &str = "/api/sign-in";

/// The most of a browser's name that is kept, in characters.
const LONGEST_USER_AGENT: usize = 200;

/// `POST /api/sign-in`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    /// From the link's fragment.
    pub secret: String,
}

/// The answer to it: the browser's own secret, which is never shown again.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SignedIn {
    /// The sign-in's name in lists and in the audit.
    pub id: String,
    /// To be sent as `Authorization: Bearer SECRET`.
    pub secret: String,
    /// When it ends, if it is not used before; each use puts that off.
    pub expires_at: Timestamp,
}

/// A browser that is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignInView {
    /// Six hexadecimal digits.
    pub id: String,
    /// When the browser was signed in.
    pub created_at: Timestamp,
    /// When it asked last.
    pub last_used_at: Timestamp,
    /// When it ends unless it is used.
    pub expires_at: Timestamp,
    /// What the browser called itself.
    pub user_agent: String,
    /// Where it was when it signed in.
    pub address: String,
    /// Whether it is the one that asks.
    #[serde(default)]
    pub current: bool,
}

/// A link that signs a browser in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinkView {
    /// To be opened in a browser. The secret stands behind `#`.
    pub url: String,
    /// When it stops working.
    pub expires_at: Timestamp,
}

impl From<&SignIn> for SignInView {
    fn from(sign_in: &SignIn) -> Self {
        Self {
            id: sign_in.id.clone(),
            created_at: sign_in.created_at,
            last_used_at: sign_in.last_used_at,
            expires_at: sign_in.expires_at(),
            user_agent: sign_in.user_agent.clone(),
            address: sign_in.address.clone(),
            current: false,
        }
    }
}

pub(crate) fn routes(access: Access) -> Router {
    Router::new()
        .route(SIGN_IN_PATH, post(sign_in))
        .route("/api/v1/sign-ins", get(list))
        .route("/api/v1/sign-ins/link", post(make_link))
        .route("/api/v1/sign-ins/{id}", delete(revoke))
        .with_state(access)
}

async fn sign_in(
    State(access): State<Access>,
    Extension(arrival): Extension<Arrival>,
    request: Request,
) -> Result<Response, Problem> {
    let agent = request.headers().get(USER_AGENT);
    let browser = Browser {
        user_agent: agent
            .map(|value| readable(&String::from_utf8_lossy(value.as_bytes())))
            .unwrap_or_default(),
        address: match arrival.client {
            Some(address) => address.to_string(),
            None => "unix socket".to_owned(),
        },
    };
    let Json(asked): Json<SignInRequest> = Json::of(request).await?;
    let exchange = access.clone();
    let outcome = blocking(move || exchange.sign_in(&asked.secret, browser)).await?;
    let Some((signed_in, replaced)) = outcome.map_err(|error| unsaved(&error))? else {
        return Err(wrong_link(&access, arrival.client));
    };
    access.tell(&AccessEvent::SignedIn {
        id: signed_in.id.clone(),
        from: arrival.client,
        replaced,
    });
    Ok((StatusCode::CREATED, axum::Json(signed_in)).into_response())
}

fn wrong_link(access: &Access, client: Option<IpAddr>) -> Problem {
    let wait = client.and_then(|client| access.failed(client));
    match wait {
        Some(seconds) => Problem::too_many_requests("too many wrong secrets; wait", seconds),
        None => Problem::unauthorized(
            "this link was used before, has expired, or is none; make a new one",
        ),
    }
}

async fn list(State(access): State<Access>, actor: Actor) -> axum::Json<Vec<SignInView>> {
    let mut all = access.sign_ins();
    if let Actor::SignIn { id, .. } = &actor {
        for each in &mut all {
            each.current = each.id == *id;
        }
    }
    axum::Json(all)
}

async fn revoke(
    State(access): State<Access>,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let (ended, name) = (access.clone(), id.clone());
    match blocking(move || ended.revoke(&name)).await? {
        Ok(false) => return Err(Problem::not_found("there is no such sign-in")),
        Ok(true) => access.tell(&AccessEvent::Revoked { id, by: actor }),
        Err(error) => {
            access.tell(&AccessEvent::Revoked { id, by: actor });
            return Err(Problem::internal(format!(
                "it is revoked, but would be good again after a restart: {error}"
            )));
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn make_link(
    State(access): State<Access>,
    Extension(arrival): Extension<Arrival>,
    actor: Actor,
) -> Result<Response, Problem> {
    if matches!(actor, Actor::SignIn { .. }) {
        return Err(Problem::forbidden(
            "a browser cannot sign others in; use the token or the unix socket",
        ));
    }
    let link = access.link(&arrival.base_url);
    let link = link.map_err(|error| Problem::unavailable(error.to_string()))?;
    access.tell(&AccessEvent::LinkMade { by: actor });
    Ok((StatusCode::CREATED, axum::Json(link)).into_response())
}

/// Runs what waits for the disk beside the threads that answer.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Problem::internal("the work was not finished"))
}

fn unsaved(error: &AccessError) -> Problem {
    Problem::unavailable(format!("the sign-in could not be stored: {error}"))
}

/// One short line without characters that a terminal or a page would act on.
fn readable(text: &str) -> String {
    let hidden = |each: char| {
        each.is_control()
            || matches!(each, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
    };
    text.chars()
        .filter(|each| !hidden(*each))
        .take(LONGEST_USER_AGENT)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browsers_name_is_short_and_plain() {
        assert_eq!(readable("Mozilla/5.0 (X11)"), "Mozilla/5.0 (X11)");
        assert_eq!(readable("a\u{1b}[31m\tb\u{202e}c\u{200b}"), "a[31mbc");
        assert_eq!(readable(&"é".repeat(500)).chars().count(), 200);
    }
}
