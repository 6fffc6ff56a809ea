//! Names that say that something with names of its own follows, or only an identifier.

use super::Words;

impl Words {
    /// Whether the name, of an option or of a JSON key, holds environment variables.
    pub(in crate::redact) fn holds_environment(&self) -> bool {
        matches!(
            self.squashed(),
            b"env"
                | b"envs"
                | b"environ"
                | b"environment"
                | b"envvar"
                | b"envvars"
                | b"setenv"
                | b"setenvvars"
                | b"updateenvvars"
                | b"environmentvariables"
                | b"addenv"
                | b"fromliteral"
        )
    }

    /// Whether the name, of an option or of a JSON key, holds HTTP headers.
    pub(in crate::redact) fn holds_headers(&self) -> bool {
        matches!(
            self.squashed(),
            b"header"
                | b"headers"
                | b"httpheader"
                | b"httpheaders"
                | b"extraheader"
                | b"extraheaders"
                | b"requestheaders"
                | b"customheader"
                | b"customheaders"
                | b"proxyheader"
        )
    }

    /// Whether the name says that its value names a thing: `-id`, `guid=`, `--commit`.
    pub(in crate::redact) fn is_identifier(&self) -> bool {
        matches!(
            self.last(),
            b"id"
                | b"uuid"
                | b"guid"
                | b"cid"
                | b"hash"
                | b"sha"
                | b"md"
                | b"digest"
                | b"checksum"
                | b"fingerprint"
                | b"commit"
                | b"rev"
                | b"revision"
                | b"etag"
                | b"container"
                | b"file"
                | b"path"
                | b"build"
        )
    }
}
