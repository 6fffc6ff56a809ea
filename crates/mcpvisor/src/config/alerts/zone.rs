//! Time zones by their names: from the database of the system, else from the one that comes with us.

use jiff::tz::{self, TimeZone};

use crate::config::invalid::Invalid;
use crate::config::nearest::nearest;

/// The time zone of a name such as `Europe/Berlin`.
pub(super) fn named(name: &str) -> Result<TimeZone, Invalid> {
    // Names of zones are compared without case; what is shown should be as everybody writes it.
    let found = TimeZone::get(name).ok();
    if let Some(zone) = found.filter(|zone| zone.iana_name() == Some(name)) {
        return Ok(zone);
    }
    let known: Vec<String> = tz::db().available().map(|zone| zone.to_string()).collect();
    // Old names without a region (`Eire`) are near to anything short.
    let places = known.iter().filter(|known| known.contains('/'));
    let same = known.iter().find(|zone| zone.eq_ignore_ascii_case(name));
    let right = same
        .map(String::as_str)
        .or_else(|| nearest(name, places.map(String::as_str)));
    let why = "is no time zone that this machine knows; write it like `Europe/Berlin` or `UTC`";
    Err(Invalid::new(name, why).or_rather(right.map(str::to_owned)))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn zones_and_their_right_spelling() {
        let zone = named("Asia/Kolkata").unwrap();
        let noon: jiff::Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
        assert_eq!(noon.to_zoned(zone).time(), jiff::civil::time(17, 30, 0, 0));
        assert_eq!(named("UTC").unwrap(), TimeZone::UTC);
        for (name, right) in [
            ("Europe/Berlim", Some("Europe/Berlin")),
            ("europe/berlin", Some("Europe/Berlin")),
            ("Europe", None),
            ("../Europe/Berlin", Some("Europe/Berlin")),
            ("/etc/passwd", None),
            ("", None),
        ] {
            let error = named(name).unwrap_err();
            assert_eq!(error.right(), right, "{name}");
        }
    }
}
