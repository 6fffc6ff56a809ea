//! The values in force as TOML.

use super::Config;

impl Config {
    /// All values in force as TOML that could be a configuration file. Sections and keys that are
    /// empty by default and were not given are missing.
    pub fn effective(&self) -> String {
        // Sections of text, numbers and lists of text: all of it is TOML.
        toml::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::{Config, parse};

    #[test]
    fn what_is_shown_reads_back() {
        let text = "[daemon]\nlisten = \"[::1]:0\"\nallowed_hosts = [\"a.example:8443\"]\n\
                    trusted_proxies = [\"10.0.0.0/8\"]\nbase_path = \"/x\"\n\
                    [log]\nfile = \"x\\\"y.log\"\n[tls]\ncert = \"c\"\nkey = \"k\"\n\
                    [clean]\nnever_touch = [\"a\\nb\"]\n[budget]\ncpu = \"0.5%\"\n";
        let config = parse(text, Path::new("/etc")).ok();
        for config in config.into_iter().chain([Config::default()]) {
            let shown = config.effective();
            assert!(
                shown.contains("[history]\nmax_disk = \"1GiB\"\nraw = \"48h\"\n"),
                "{shown}"
            );
            assert_eq!(parse(&shown, Path::new("/elsewhere")), Ok(config));
        }
    }
}
