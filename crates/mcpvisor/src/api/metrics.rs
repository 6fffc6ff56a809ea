//! `/metrics`: what the last look measured, as Prometheus reads it.
//!
//! A page is written once for each look and format, plain and compressed, and then only copied: many
//! scrapers cost what one does.

use std::io::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use bytes::Bytes;
use export::{Format, Limit};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use web::Problem;

use super::describe::{Api, Operation};
use super::{Shared, current};
use crate::daemon::Snapshot;

/// A page of one look in one format.
pub struct Page {
    plain: Bytes,
    compressed: Bytes,
}

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    api.route(
        Operation::new(
            "get",
            "/metrics",
            "Everything that is measured, for Prometheus",
        )
        .about("Prometheus text or OpenMetrics, as `Accept` asks for. Needs no token.")
        .tag("metrics")
        .answer_as::<String>(200, "All series of the last look.", "text/plain")
        .problem(503, "The machine has not been looked at yet.")
        .open(),
        get(metrics),
    )
}

async fn metrics(State(shared): State<Shared>, headers: HeaderMap) -> Result<Response, Problem> {
    let snapshot = current(&shared)?;
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    let format = export::negotiate(accept);
    let page = snapshot.page(format);
    let compressed = headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(takes_gzip);
    let kind = [
        (CONTENT_TYPE, format.content_type()),
        (VARY, "Accept, Accept-Encoding"),
    ];
    Ok(if compressed {
        let encoding = [(CONTENT_ENCODING, "gzip")];
        (kind, encoding, page.compressed.clone()).into_response()
    } else {
        (kind, page.plain.clone()).into_response()
    })
}

/// `gzip`, unless its weight is zero.
fn takes_gzip(coding: &str) -> bool {
    let mut parts = coding.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let refused = parts.any(|weight| {
        weight
            .strip_prefix("q=")
            .is_some_and(|weight| weight.parse() == Ok(0.0))
    });
    name.eq_ignore_ascii_case("gzip") && !refused
}

impl Page {
    /// Writes the page of a look; tells how many series were left out.
    pub(crate) fn write(snapshot: &Snapshot, format: Format) -> (Arc<Self>, usize) {
        let mut text = String::with_capacity(64 << 10);
        let measurements = &snapshot.observation.measurements;
        let written = export::encode(measurements, format, Limit::default(), &mut text);
        let mut packed = GzEncoder::new(Vec::with_capacity(16 << 10), Compression::fast());
        // Writing to memory does not fail.
        let packed = packed
            .write_all(text.as_bytes())
            .and_then(|()| packed.finish())
            .unwrap_or_default();
        let page = Self {
            plain: Bytes::from(text),
            compressed: Bytes::from(packed),
        };
        (Arc::new(page), written.dropped())
    }
}

#[cfg(test)]
mod tests {
    use super::takes_gzip;

    #[test]
    fn weights() {
        assert!(takes_gzip(" gzip") && takes_gzip("gzip;q=0.5") && takes_gzip("GZIP"));
        assert!(!takes_gzip("gzip; q=0") && !takes_gzip("br") && !takes_gzip("gzip;q=0.0"));
    }
}
