//! One URL: its user info, its path and its parameters.

use std::ops::Range;

use crate::redact::names;
use crate::redact::randomness;
use crate::redact::spans::Spans;

/// A URL in a text.
pub(super) struct Url<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) scheme: Range<usize>,
    /// Where the authority starts.
    pub(super) authority: usize,
    /// Where the URL ends, or another one within it starts.
    pub(super) end: usize,
    /// Where it ends with what is within it.
    pub(super) region: usize,
}

impl Url<'_> {
    /// Notes the secrets. Returns where reading goes on: behind the last of them, which
    /// may swallow another URL.
    pub(super) fn read(&self, spans: &mut Spans) -> usize {
        let host = match self.user_info() {
            Some(at) => {
                if !self.is_plain_user(at) {
                    spans.add(self.authority..at);
                }
                at + 1
            }
            None => self.authority,
        };
        let path = self.position(host, |byte| matches!(byte, b'/' | b'?' | b'#'));
        let query = self.position(path, |byte| matches!(byte, b'?' | b'#'));
        if self.has_web_path() {
            self.segments(host..path, path..query, spans);
        }
        self.parameters(host, spans)
    }

    /// Where the first byte of a kind is, else the end.
    fn position(&self, from: usize, is: impl Fn(u8) -> bool) -> usize {
        let length = self.bytes[from..self.end]
            .iter()
            .take_while(|byte| !is(**byte))
            .count();
        from + length
    }

    fn scheme(&self) -> &[u8] {
        &self.bytes[self.scheme.clone()]
    }

    /// Where the `@` behind user info is.
    fn user_info(&self) -> Option<usize> {
        let bytes = self.bytes;
        let last = |to: usize| {
            let at = bytes[self.authority..to]
                .iter()
                .rposition(|byte| *byte == b'@');
            at.map(|at| self.authority + at)
        };
        let end = self.position(self.authority, |byte| {
            matches!(byte, b'/' | b'?' | b'#' | b'\\')
        });
        let within = last(end);
        let authority = &bytes[self.authority..end];
        let colon = authority.iter().position(|byte| *byte == b':');
        let odd_port = within.is_none()
            && !authority.starts_with(b"[")
            && colon.is_some_and(|colon| {
                authority[colon + 1..]
                    .iter()
                    .any(|byte| !byte.is_ascii_digit() && *byte != b',')
            });
        let opaque = is_database(self.scheme()) || odd_port && !self.scheme.is_empty();
        if opaque {
            last(self.end).or(within)
        } else {
            within
        }
    }

    /// A user without a password whose name everybody knows: `git@`.
    fn is_plain_user(&self, at: usize) -> bool {
        let user = &self.bytes[self.authority..at];
        let remote_shell =
            self.scheme().windows(3).any(|window| window == b"ssh") || self.scheme() == b"sftp";
        user == b"git"
            || remote_shell
                && user.len() < 20
                && user.iter().all(|byte| {
                    byte.is_ascii_lowercase()
                        || byte.is_ascii_digit()
                        || matches!(byte, b'-' | b'_' | b'.')
                })
    }

    /// Whether the path is a server's: not a file's, a package's or an extension's.
    fn has_web_path(&self) -> bool {
        let scheme = self.scheme();
        scheme.is_empty()
            || scheme.windows(4).any(|window| window == b"http")
            || matches!(scheme, b"ws" | b"wss" | b"sse")
    }

    /// Notes segments of the path that nobody can guess, and all behind a webhook's name.
    fn segments(&self, host: Range<usize>, path: Range<usize>, spans: &mut Spans) {
        let host = &self.bytes[host];
        // A path of a file rather than an address.
        if self.scheme.is_empty() && host.is_empty() {
            return;
        }
        let mut hook = host.starts_with(b"hooks.") || host.ends_with(b".webhook.office.com");
        let files = host.ends_with(b"files.pythonhosted.org");
        let mut before: &[u8] = b"";
        let mut at = path.start;
        while at < path.end {
            let start = at + usize::from(self.bytes[at] == b'/');
            let length = self.bytes[start..path.end]
                .iter()
                .take_while(|byte| **byte != b'/')
                .count();
            let range = start..start + length;
            at = range.end.max(at + 1);
            let segment = &self.bytes[range.clone()];
            if hook
                && (8..).contains(&segment.len())
                && segment
                    .iter()
                    .any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
            {
                spans.add(range.start..path.end);
                return;
            }
            if is_key(segment, before) && !files {
                spans.add(range);
            }
            hook |= matches!(segment, b"webhook" | b"webhooks" | b"webhookb2" | b"hooks");
            before = segment;
        }
    }

    /// Notes the values of parameters in the path, the query and the fragment. Returns
    /// where the last one ends.
    fn parameters(&self, from: usize, spans: &mut Spans) -> usize {
        let bytes = self.bytes;
        let ends = |byte: &u8| matches!(byte, b'&' | b'#');
        let (mut start, mut at) = (from, from);
        let (mut named, mut query) = (false, false);
        while at < self.end {
            match bytes[at] {
                b'&' | b'#' => (start, named) = (at + 1, false),
                b'?' if !query => (start, named, query) = (at + 1, false, true),
                b'?' | b';' | b'/' | b',' => start = at + 1,
                b'=' => {
                    let secret = names::is_secret_parameter(&bytes[start..at]);
                    // Only the first `=` of a parameter: each byte is looked at once.
                    let first = !std::mem::replace(&mut named, true);
                    let to = if secret { self.region } else { self.end };
                    if secret || first {
                        let rest = &bytes[at + 1..to];
                        let length = rest.iter().position(ends).unwrap_or(rest.len());
                        if secret || hides_another(&rest[..length]) {
                            spans.add(at + 1..at + 1 + length);
                            at += 1 + length;
                            continue;
                        }
                    }
                    start = at + 1;
                }
                _ => {}
            }
            at += 1;
        }
        at.max(self.end)
    }
}

/// Schemes whose passwords are often not encoded.
fn is_database(scheme: &[u8]) -> bool {
    [
        &b"postgres"[..],
        b"mysql",
        b"mariadb",
        b"mongodb",
        b"redis",
        b"valkey",
        b"amqp",
        b"mssql",
        b"sqlserver",
        b"oracle",
        b"clickhouse",
        b"cockroach",
        b"cassandra",
        b"neo4j",
        b"bolt",
        b"snowflake",
        b"ftp",
        b"smtp",
        b"imap",
        b"ldap",
        b"mqtt",
        b"nats",
        b"socks",
    ]
    .into_iter()
    .any(|start| {
        scheme
            .windows(start.len())
            .any(|window| window.eq_ignore_ascii_case(start))
    })
}

/// Whether a segment of a path is a key: a UUID, a long number or string made by a
/// generator, a bot's token. Commits are none.
fn is_key(segment: &[u8], before: &[u8]) -> bool {
    let commit = matches!(
        before,
        b"commit"
            | b"commits"
            | b"blob"
            | b"tree"
            | b"raw"
            | b"archive"
            | b"tar.gz"
            | b"zip"
            | b"tarball"
            | b"zipball"
    );
    if commit {
        return false;
    }
    if segment.len() >= 12
        && matches!(
            before,
            b"key" | b"apikey" | b"api_key" | b"token" | b"secret"
        )
    {
        return true;
    }
    if let Some(bot) = segment.strip_prefix(b"bot") {
        let digits = bot.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits >= 6 && bot.get(digits) == Some(&b':') {
            return true;
        }
    }
    segment
        .split(|byte| {
            matches!(
                byte,
                b'.' | b':' | b'@' | b',' | b'=' | b'%' | b'~' | b'!' | b';'
            )
        })
        .any(|part| {
            randomness::is_uuid(part)
                || randomness::is_hexadecimal(part)
                || randomness::looks_random(part, 16)
        })
}

/// Whether a value holds a further URL with user info, or an object, both encoded.
fn hides_another(value: &[u8]) -> bool {
    let has = |what: &[u8]| {
        value
            .windows(what.len())
            .any(|window| window.eq_ignore_ascii_case(what))
    };
    let starts = |what: &[u8]| {
        value
            .get(..what.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(what))
    };
    starts(b"%7B") || has(b"%3A%2F%2F") && has(b"%40")
}
