//! The paths that the edge answers itself, described with the rest.

use web::{LinkView, SignInRequest, SignInView, SignedIn};

use super::Shared;
use super::describe::{Api, Operation};

pub(super) fn describe(api: Api<Shared>) -> Api<Shared> {
    api.describe_only(
        Operation::new("post", "/api/sign-in", "Sign a browser in")
            .about("Exchanges the secret of a link, once, for a secret of the browser's own.")
            .tag("access")
            .body::<SignInRequest>()
            .answer::<SignedIn>(201, "The browser's own secret.")
            .problem(401, "The link has been used, or is too old.")
            .problem(413, "The body is too long.")
            .problem(415, "The body is not JSON.")
            .problem(422, "The body is not as it should be.")
            .problem(429, "Too many wrong secrets.")
            .open(),
    )
    .describe_only(
        Operation::new("get", "/api/v1/sign-ins", "Browsers that are signed in")
            .tag("access")
            .answer::<Vec<SignInView>>(200, "All of them, without their secrets."),
    )
    .describe_only(
        Operation::new("delete", "/api/v1/sign-ins/{id}", "Sign a browser out")
            .tag("access")
            .nothing(204, "Its secret is worth nothing any more.")
            .problem(404, "There is no such sign-in."),
    )
    .describe_only(
        Operation::new(
            "post",
            "/api/v1/sign-ins/link",
            "Make a link that signs a browser in",
        )
        .about("Browsers that were signed in by a link cannot make another.")
        .tag("access")
        .answer::<LinkView>(201, "The link."),
    )
}
