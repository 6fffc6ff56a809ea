//! Whether a request comes from a page of ours. Browsers say which page sent a request in `Origin`,
//! and how it relates to the target in `Sec-Fetch-Site`; programs send neither. A foreign page may do
//! one thing only: lead a person to a page of ours by a link.

use std::net::SocketAddr;

use http::{HeaderMap, Method};

use crate::hosts::{AllowedHosts, Authority, Known, Scheme};
use crate::paths::Exposure;

/// Why a browser's request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OriginError {
    #[error("there is more than one `Origin`")]
    Several,
    #[error("this page may not use this interface; open the one that this program serves")]
    Foreign,
    #[error("`Sec-Fetch-Site` says that another site sent this request")]
    CrossSite,
}

/// What is asked for, and over what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a Method,
    pub(crate) exposure: Exposure,
    pub(crate) local: SocketAddr,
    pub(crate) scheme: Scheme,
}

/// Checks both headers.
pub(crate) fn check(
    headers: &HeaderMap,
    asked: Asked<'_>,
    allowed: &AllowedHosts,
) -> Result<(), OriginError> {
    let mut origins = headers.get_all(http::header::ORIGIN).iter();
    if let Some(origin) = origins.next() {
        if origins.next().is_some() {
            return Err(OriginError::Several);
        }
        let origin = origin.to_str().map_err(|_| OriginError::Foreign)?;
        if !is_own(origin, asked, allowed) {
            return Err(OriginError::Foreign);
        }
    }
    let mut sites = headers.get_all("sec-fetch-site").iter();
    match (sites.next().map(http::HeaderValue::as_bytes), sites.next()) {
        (None | Some(b"same-origin" | b"none"), None) => Ok(()),
        _ if is_visit(headers, asked) => Ok(()),
        _ => Err(OriginError::CrossSite),
    }
}

/// `scheme://host[:port]` with a host of ours. Behind a proxy that ends TLS the scheme that we see is
/// not the browser's, so a configured name may come with `https` always.
fn is_own(origin: &str, asked: Asked<'_>, allowed: &AllowedHosts) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false; // also `null`
    };
    let (Some(scheme), Ok(authority)) = (Scheme::parse(scheme), Authority::parse(authority)) else {
        return false;
    };
    match allowed.judge(&authority, asked.local, scheme) {
        Some(Known::Own) => scheme == asked.scheme,
        Some(Known::Configured) => scheme == asked.scheme || scheme == Scheme::Https,
        None => false,
    }
}

/// A person follows a link to one of our pages, in a window of its own rather than in a frame.
fn is_visit(headers: &HeaderMap, asked: Asked<'_>) -> bool {
    let is = |name: &str, value: &str| headers.get(name).is_some_and(|own| own == value);
    asked.exposure == Exposure::Page
        && (asked.method == Method::GET || asked.method == Method::HEAD)
        && is("sec-fetch-mode", "navigate")
        && is("sec-fetch-dest", "document")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use http::HeaderName;

    use super::*;

    fn check_with(
        lines: &[(&str, &str)],
        method: &Method,
        exposure: Exposure,
        scheme: Scheme,
    ) -> Result<(), OriginError> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, value.parse().unwrap());
        }
        let allowed = AllowedHosts::parse(&["dash.example.org".to_owned()]).unwrap();
        let local = "127.0.0.1:3001".parse().unwrap();
        let asked = Asked {
            method,
            exposure,
            local,
            scheme,
        };
        check(&headers, asked, &allowed)
    }

    #[test]
    fn origins() {
        use OriginError::{Foreign, Several};
        let cases: [(&[&str], Result<(), OriginError>); 16] = [
            (&[], Ok(())),
            (&["http://127.0.0.1:3001"], Ok(())),
            (&["http://localhost:3001"], Ok(())),
            (&["http://[::1]:3001"], Ok(())),
            (&["http://dash.example.org"], Ok(())),
            (&["https://dash.example.org"], Ok(())),
            (&["https://localhost:3001"], Err(Foreign)),
            (&["http://localhost:3002"], Err(Foreign)),
            (&["http://localhost"], Err(Foreign)),
            (&["http://evil.example"], Err(Foreign)),
            (&["null"], Err(Foreign)),
            (&[""], Err(Foreign)),
            (&["file://"], Err(Foreign)),
            (&["chrome-extension://abcdef"], Err(Foreign)),
            (&["http://localhost:3001/"], Err(Foreign)),
            (
                &["http://localhost:3001", "http://evil.example"],
                Err(Several),
            ),
        ];
        for (origins, expected) in cases {
            let lines: Vec<_> = origins.iter().map(|origin| ("origin", *origin)).collect();
            let answer = check_with(&lines, &Method::GET, Exposure::Protected, Scheme::Http);
            assert_eq!(answer, expected, "{origins:?}");
        }
        let secure = |origin| {
            let lines = [("origin", origin)];
            check_with(&lines, &Method::GET, Exposure::Protected, Scheme::Https)
        };
        assert_eq!(secure("https://localhost:3001"), Ok(()));
        assert_eq!(secure("http://localhost:3001"), Err(Foreign));
    }

    #[test]
    fn sites() {
        let link = [
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ];
        let frame = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
        let image = [("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")];
        let (get, post) = (Method::GET, Method::POST);
        let (page, open, protected) = (Exposure::Page, Exposure::Open, Exposure::Protected);
        for (site, rest, method, exposure, passes) in [
            ("same-origin", image, &post, protected, true),
            ("none", link, &get, protected, true),
            ("same-site", image, &get, open, false),
            ("cross-site", image, &get, page, false),
            ("cross-site", link, &get, page, true),
            ("same-site", link, &get, page, true),
            ("cross-site", frame, &get, page, false),
            ("cross-site", link, &post, page, false),
            ("cross-site", link, &get, open, false),
            ("cross-site", link, &get, protected, false),
            ("anything", image, &get, protected, false),
        ] {
            let lines = [&[("sec-fetch-site", site)], &rest[..]].concat();
            let answer = check_with(&lines, method, exposure, Scheme::Http);
            assert_eq!(answer.is_ok(), passes, "{site} {method} {exposure:?}");
        }
        let twice = [("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")];
        assert!(check_with(&twice, &get, protected, Scheme::Http).is_err());
    }
}
