//! Which names announce a secret, whatever way they are written: `--api-key`, `apiKey`,
//! `X-Api-Key`, `API_KEY`, `-Dspring.datasource.password`.
//!
//! A name is split into words. The last one says what the value is: `token-file` is a
//! file and `auth-type` a type, whatever stands before. Otherwise one secret word is
//! enough, and `key` is secret unless the word before says what it opens nothing of.

mod containers;
mod lists;
mod parameters;
mod words;

use lists::{ends_in_secret, is_address, is_measure, is_neutral, is_secret_word, is_switch};
pub(super) use parameters::is_secret_parameter;
pub(super) use words::Words;

/// What the value behind a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A secret.
    Secret,
    /// The value of an environment variable: never shown, whatever it is.
    Variable,
    /// A secret, or the path of a file that holds it: `--key`, `--credentials`.
    SecretOrPath,
    /// An address with user info, or parameters with a password: `--dsn`.
    Address,
    /// An address whose path is the password: `--webhook-url`.
    Hook,
}

/// What a name says of its value; nothing for a name that announces no secret.
pub(super) fn meaning(name: &[u8]) -> Option<Meaning> {
    Words::of(name).meaning()
}

impl Words {
    /// What the name says of its value.
    pub(super) fn meaning(&self) -> Option<Meaning> {
        let last = self.last();
        let squashed = self.squashed();
        // Ids that open something.
        if last == b"id" && (squashed.ends_with(b"accesskeyid") || squashed == b"mcpsessionid") {
            return Some(Meaning::Secret);
        }
        if self.count() > 1 && is_switch(self.word(0)) {
            return None;
        }
        if self.any(|word| matches!(word, b"webhook" | b"webhooks"))
            && matches!(
                last,
                b"webhook" | b"webhooks" | b"url" | b"urls" | b"uri" | b"address"
            )
        {
            return Some(Meaning::Hook);
        }
        if is_address(squashed) {
            return Some(Meaning::Address);
        }
        if is_neutral(last) {
            return None;
        }
        if matches!(last, b"key" | b"keys") {
            return self.key();
        }
        if matches!(last, b"token" | b"tokens") && self.any(is_measure) {
            return None;
        }
        match last {
            b"credential" | b"credentials" | b"creds" | b"privatekey" => {
                Some(Meaning::SecretOrPath)
            }
            b"pass" | b"pat" | b"otp" | b"sas" => Some(Meaning::Secret),
            b"pin" | b"pw" if self.count() == 1 => Some(Meaning::Secret),
            _ if self.any(is_secret_word) || ends_in_secret(squashed) => Some(Meaning::Secret),
            // Also the X11 cookie file and a working directory.
            b"auth" | b"pwd" => Some(Meaning::SecretOrPath),
            _ => None,
        }
    }

    /// A name that ends in `key`.
    fn key(&self) -> Option<Meaning> {
        let several = self.last() == b"keys";
        let before = self
            .count()
            .checked_sub(2)
            .map_or(&b""[..], |at| self.word(at));
        match before {
            b"api" | b"access" | b"account" | b"admin" | b"app" | b"application" | b"auth"
            | b"encryption" | b"hmac" | b"license" | b"master" | b"secret" | b"shared"
            | b"signing" | b"storage" | b"subscription" => Some(Meaning::Secret),
            b"private" => Some(Meaning::SecretOrPath),
            b"public" | b"primary" | b"foreign" | b"sort" | b"partition" | b"cache" | b"hot"
            | b"idempotency" | b"routing" | b"row" | b"shortcut" | b"meta" | b"map" | b"group"
            | b"object" | b"index" | b"lookup" | b"registry" | b"translation" | b"hash"
            | b"range" | b"any" | b"press" | b"sequence" | b"pub" | b"trial" => None,
            _ if several => None,
            _ => Some(Meaning::SecretOrPath),
        }
    }
}

/// Whether the name is written as environment variables are: `A`, `_B`, `API_KEY2`.
pub(super) fn is_upper_case(name: &[u8]) -> bool {
    name.first()
        .is_some_and(|first| first.is_ascii_uppercase() || *first == b'_')
        && name
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
}

/// Whether the name could be a variable's: letters, digits, `_` and `.`.
pub(super) fn is_variable(name: &[u8]) -> bool {
    name.first()
        .is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_')
        && name
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::{Meaning, meaning};

    #[test]
    fn the_last_word_decides() {
        for name in [
            "token-file",
            "auth-type",
            "password-store",
            "apiKeyHeader",
            "max-tokens",
            "no-auth",
            "keyboard",
            "author",
            "tokenizer",
            "monkey",
            "public-key",
            "disable-password-generation",
            "password-stdin",
            "COMPASS",
        ] {
            assert_eq!(meaning(name.as_bytes()), None, "{name}");
        }
        for name in [
            "token",
            "apiKey",
            "API_KEY",
            "x-api-key",
            "APIKey",
            "dbpassword",
            "spring.datasource.password2",
            "_authToken",
            "client_secret",
            "aws-access-key-id",
            "Mcp-Session-Id",
            "Set-Cookie",
        ] {
            assert_eq!(meaning(name.as_bytes()), Some(Meaning::Secret), "{name}");
        }
        for (name, expected) in [
            ("key", Meaning::SecretOrPath),
            ("tls-key", Meaning::SecretOrPath),
            ("SENTRY_DSN", Meaning::Address),
            ("databaseUrl", Meaning::Address),
            ("connection-string", Meaning::Address),
            ("slack-webhook-url", Meaning::Hook),
        ] {
            assert_eq!(meaning(name.as_bytes()), Some(expected), "{name}");
        }
    }
}
