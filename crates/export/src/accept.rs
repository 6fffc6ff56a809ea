//! Content negotiation: what the `Accept` header of a scraper asks for (RFC 9110, 12.5.1).

use crate::Format;

/// Most media ranges that are looked at; Prometheus sends six.
const RANGES: usize = 32;

/// The format that the client prefers among ours.
///
/// `OpenMetrics` is only given to who names it and likes it at least as much as plain text; everyone
/// else, whoever accepts nothing of ours included, gets Prometheus text, which all readers know.
pub fn negotiate(accept: Option<&str>) -> Format {
    let ranges = || accept.unwrap_or("").split(',').take(RANGES).map(Range::of);
    let open_metrics = ranges()
        .filter(Range::is_open_metrics)
        .map(|range| range.weight)
        .max();
    let text = ranges().filter_map(|range| Some((range.likeness_to_text()?, range.weight)));
    // The range that says most about plain text decides, whatever its weight.
    let text = text.max().map(|(_, weight)| weight);
    match open_metrics {
        Some(weight) if weight > 0 && Some(weight) >= text => Format::OpenMetrics,
        _ => Format::PrometheusText,
    }
}

/// One media range with its parameters.
struct Range<'a> {
    /// `text/plain`, without parameters.
    kind: &'a str,
    /// Parameter `version`.
    version: Option<&'a str>,
    /// Parameter `q` in thousandths.
    weight: u16,
}

impl<'a> Range<'a> {
    fn of(text: &'a str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let mut range = Self {
            kind: parts.next().unwrap_or(""),
            version: None,
            weight: 1000,
        };
        for part in parts {
            let Some((name, value)) = part.split_once('=') else {
                continue;
            };
            let value = value.trim().trim_matches('"');
            match name.trim() {
                name if name.eq_ignore_ascii_case("q") => range.weight = weight(value),
                name if name.eq_ignore_ascii_case("version") => range.version = Some(value),
                _ => {}
            }
        }
        range
    }

    /// Version 1.0.0 is the only one written; a client that names none takes it.
    fn is_open_metrics(&self) -> bool {
        self.kind
            .eq_ignore_ascii_case("application/openmetrics-text")
            && self.version.is_none_or(|version| version == "1.0.0")
    }

    /// How exactly the range names Prometheus text; `None` if it does not.
    fn likeness_to_text(&self) -> Option<u8> {
        if self.kind.eq_ignore_ascii_case("text/plain") {
            Some(if self.version == Some("0.0.4") { 3 } else { 2 })
        } else if self.kind.eq_ignore_ascii_case("text/*") {
            Some(1)
        } else {
            (self.kind == "*/*").then_some(0)
        }
    }
}

/// Thousandths of a `q` value; what is none counts as refused.
fn weight(value: &str) -> u16 {
    let number = value.parse::<f32>().unwrap_or(0.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped; what is no number becomes 0"
    )]
    let thousandths = (number.clamp(0.0, 1.0) * 1000.0).round() as u16;
    thousandths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_scrapers_send() {
        for (accept, expected) in [
            // Prometheus 2.42.
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                Format::OpenMetrics,
            ),
            // Prometheus 3 with its order of protocols.
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.1",
                Format::OpenMetrics,
            ),
            ("application/openmetrics-text", Format::OpenMetrics),
            (
                "Application/OpenMetrics-Text; Version=\"1.0.0\"",
                Format::OpenMetrics,
            ),
            ("*/*", Format::PrometheusText),
            (
                "text/html,application/xhtml+xml,*/*;q=0.8",
                Format::PrometheusText,
            ),
            ("", Format::PrometheusText),
        ] {
            assert_eq!(negotiate(Some(accept)), expected, "{accept}");
        }
        assert_eq!(negotiate(None), Format::PrometheusText);
    }

    #[test]
    fn weights_decide() {
        let open_metrics = "application/openmetrics-text";
        for (rest, expected) in [
            (";q=0", Format::PrometheusText),
            (";q=0.5,text/plain;q=0.6", Format::PrometheusText),
            (";q=0.6,text/plain;q=0.5", Format::OpenMetrics),
            (";q=0.5,*/*", Format::PrometheusText),
            (",*/*", Format::OpenMetrics),
            (";q=0.5,text/plain;q=0.1,*/*", Format::OpenMetrics),
            (";version=0.0.1", Format::PrometheusText),
            (";q=high", Format::PrometheusText),
        ] {
            let accept = format!("{open_metrics}{rest}");
            assert_eq!(negotiate(Some(&accept)), expected, "{accept}");
        }
    }

    #[test]
    fn a_header_of_any_length_is_answered() {
        let accept = "x/y;q=1,".repeat(100_000) + "application/openmetrics-text";
        assert_eq!(negotiate(Some(&accept)), Format::PrometheusText);
    }
}
