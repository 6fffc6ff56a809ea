//! `[tls]`.

use std::path::{Path, PathBuf};

use crate::config::section::Section;

/// Certificate and key for HTTPS, both or none. Without them the daemon listens on loopback only.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, extend("dependentRequired" = {"cert": ["key"], "key": ["cert"]}))]
pub struct Tls {
    /// Certificate chain in PEM, leaf first; a relative path begins at the configuration's folder.
    /// None by default.
    #[schemars(extend("examples" = ["server.pem"]))]
    pub cert: PathBuf,
    /// Private key of the certificate in PEM; a relative path begins at the configuration's
    /// folder. None by default.
    #[schemars(extend("examples" = ["server.key"]))]
    pub key: PathBuf,
}

impl Tls {
    pub(in crate::config) fn read(section: &mut Section<'_>, folder: &Path) -> Option<Self> {
        let (has_cert, has_key) = (section.has("cert"), section.has("key"));
        let cert: Option<PathBuf> = section.optional("cert");
        let key: Option<PathBuf> = section.optional("key");
        section.require("cert", has_key || !has_cert, || {
            "a certificate is of no use without `tls.key`, its private key".to_owned()
        });
        section.require("key", has_cert || !has_key, || {
            "a private key is of no use without `tls.cert`, its certificate".to_owned()
        });
        Some(Self {
            cert: folder.join(cert?),
            key: folder.join(key?),
        })
    }
}
