//! Headers of every answer: what browsers shall not do with it. A handler may set a stricter or a
//! fitting one itself (a page needs scripts); what it set stays.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, SERVER, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::paths::Exposure;

/// For answers to programs: nothing in them may run, load or be framed.
const NOTHING: &str =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// For pages: only our own files, no inline scripts, no frames.
const OWN_FILES: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
    frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// The `Content-Security-Policy` of pages. The guard sets it on every path that was declared as a
/// page, so a handler needs it only to build a page elsewhere.
pub fn page_policy() -> HeaderValue {
    HeaderValue::from_static(OWN_FILES)
}

/// Adds what is missing.
pub(crate) fn protect(headers: &mut HeaderMap, exposure: Exposure) {
    let is_page = exposure == Exposure::Page;
    // Under `no-referrer` some browsers send a page's own requests with `Origin: null`, which is refused.
    let (policy, referrer) = if is_page {
        (OWN_FILES, "same-origin")
    } else {
        (NOTHING, "no-referrer")
    };
    let always = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, referrer),
        (X_FRAME_OPTIONS, "DENY"),
        (CONTENT_SECURITY_POLICY, policy),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=()",
        ),
    ];
    for (name, value) in always {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if is_page {
        // A page may be kept, but is asked for again: after an update the old one would not fit.
        headers
            .entry(CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-cache"));
    } else {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    // Which version runs is told in the body of the health check only.
    headers.remove(SERVER);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_get_nothing_to_run() {
        let mut headers = HeaderMap::new();
        headers.insert(SERVER, HeaderValue::from_static("x"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public"));
        protect(&mut headers, Exposure::Protected);
        assert_eq!(headers[CONTENT_SECURITY_POLICY], NOTHING);
        assert_eq!(headers[CACHE_CONTROL], "no-store");
        assert_eq!(headers[X_FRAME_OPTIONS], "DENY");
        assert_eq!(headers[REFERRER_POLICY], "no-referrer");
        assert!(!headers.contains_key(SERVER));
    }

    #[test]
    fn pages_keep_what_they_say() {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=60"));
        protect(&mut headers, Exposure::Page);
        assert_eq!(headers[CONTENT_SECURITY_POLICY], page_policy());
        assert_eq!(headers[CACHE_CONTROL], "max-age=60");
        assert_eq!(headers[REFERRER_POLICY], "same-origin");
        assert!(!OWN_FILES.contains("unsafe"));
    }
}
