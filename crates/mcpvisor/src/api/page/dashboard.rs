//! The files of the dashboard, as the build script has made and compressed them.
//!
//! Names with a hash never change their contents and are kept by browsers for a year. The page itself
//! is asked for again each time, by its tag, so that an update is seen at once.

use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderName, StatusCode};

use super::super::Shared;
use super::super::describe::Api;

include!(concat!(env!("OUT_DIR"), "/dashboard.rs"));

/// A file of the dashboard.
#[derive(Debug)]
pub(super) struct File {
    /// Below which path it is answered.
    path: &'static str,
    /// Its content type.
    kind: &'static str,
    /// Its entity tag, in quotation marks.
    tag: &'static str,
    /// Its name changes with its contents.
    is_hashed: bool,
    /// It is a script or a style, whose sizes have a bound.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the test of the sizes"))]
    counts: bool,
    plain: &'static [u8],
    gzip: &'static [u8],
}

/// Paths that need no token.
pub(in crate::api) fn paths() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|file| file.path)
}

pub(in crate::api) fn routes(api: Api<Shared>) -> Api<Shared> {
    FILES.iter().fold(api, |api, file| {
        let answer = move |headers: HeaderMap| async move { file.answer(&headers) };
        api.hidden(file.path, get(answer))
    })
}

impl File {
    fn answer(&self, asked: &HeaderMap) -> Response {
        let caching = if self.is_hashed {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        let always = [
            (ETAG, self.tag),
            (CACHE_CONTROL, caching),
            (VARY, "accept-encoding"),
        ];
        if names(asked, &IF_NONE_MATCH, |tag| {
            tag == "*" || tag.trim_start_matches("W/") == self.tag
        }) {
            return (StatusCode::NOT_MODIFIED, always).into_response();
        }
        let takes_gzip = names(asked, &ACCEPT_ENCODING, |coding| {
            let mut parts = coding.split(';');
            let name = parts.next().unwrap_or_default().trim();
            let is_refused = parts.any(|part| {
                let weight = part.trim().strip_prefix("q=");
                weight.and_then(|weight| weight.parse().ok()) == Some(0.0_f32)
            });
            name.eq_ignore_ascii_case("gzip") && !is_refused
        });
        let kind = [(CONTENT_TYPE, self.kind)];
        if takes_gzip {
            let coding = [(CONTENT_ENCODING, "gzip")];
            return (always, kind, coding, self.gzip).into_response();
        }
        (always, kind, self.plain).into_response()
    }
}

/// Whether one of the entries of a header with commas is such.
fn names(headers: &HeaderMap, name: &HeaderName, is_it: impl Fn(&str) -> bool) -> bool {
    let values = headers.get_all(name).into_iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|entry| is_it(entry.trim()))
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::expect_used,
        clippy::print_stderr,
        reason = "a test fails by panicking, and says what it measured"
    )]

    use super::*;

    fn page() -> &'static File {
        let page = FILES.iter().find(|file| file.path == "/");
        page.expect("there is a page")
    }

    fn ask(file: &File, headers: &[(HeaderName, &'static str)]) -> Response {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), http::HeaderValue::from_static(value)));
        file.answer(&headers.collect())
    }

    #[test]
    fn scripts_and_styles_are_small() {
        let bytes: usize = FILES
            .iter()
            .filter(|file| file.counts)
            .map(|file| file.gzip.len())
            .sum();
        eprintln!("{}", env!("DASHBOARD_SIZE"));
        assert!(bytes <= 60 * 1024, "{bytes} bytes of 61440");
    }

    #[test]
    fn the_page_runs_nothing_of_its_own_and_names_no_host() {
        let text = String::from_utf8_lossy(page().plain);
        assert!(!text.contains("style="), "{text}");
        assert!(!text.contains("://"), "{text}");
        for script in text.split("<script").skip(1) {
            assert!(script.contains("src=\"./assets/"), "{script}");
        }
    }

    #[test]
    fn what_a_browser_has_is_not_sent_again() {
        let tag = page().tag;
        for (have, expected) in [
            (tag, StatusCode::NOT_MODIFIED),
            ("*", StatusCode::NOT_MODIFIED),
            ("\"other\"", StatusCode::OK),
        ] {
            let answer = ask(page(), &[(IF_NONE_MATCH, have)]);
            assert_eq!(answer.status(), expected, "{have}");
            assert_eq!(answer.headers()[CACHE_CONTROL], "no-cache");
        }
    }

    #[test]
    fn gzip_is_for_those_who_take_it() {
        for (takes, expected) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("identity", false),
        ] {
            let answer = ask(page(), &[(ACCEPT_ENCODING, takes)]);
            let is_packed = answer.headers().contains_key(CONTENT_ENCODING);
            assert_eq!(is_packed, expected, "{takes}");
        }
    }

    #[test]
    fn hashed_names_are_kept_for_long() {
        for file in FILES.iter().filter(|file| file.is_hashed) {
            let answer = ask(file, &[]);
            let kept = answer.headers()[CACHE_CONTROL].to_str().unwrap_or_default();
            assert!(kept.contains("immutable"), "{}", file.path);
        }
    }
}
