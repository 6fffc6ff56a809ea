//! Where the value of a name is, and what of it is hidden.

use super::Reader;
use super::name::{Name, Separator};
use crate::redact::headers;
use crate::redact::names::{self, Meaning};
use crate::redact::options;
use crate::redact::values::{self, Syntax, Value};

impl Reader<'_, '_> {
    /// The value of a name, by how both are quoted.
    pub(super) fn value(&self, name: &Name) -> Value {
        let syntax = match name.separator {
            Separator::Colon { quoted: true, .. } | Separator::Comma => Syntax::Json,
            _ if matches!(self.bytes.get(name.value), Some(b'{' | b'[')) => Syntax::Json,
            _ => Syntax::Shell,
        };
        let opening = values::opening_quote(self.bytes, name.value);
        let closed = values::opening_quote(self.bytes, name.range.end).is_some();
        if !closed && opening.is_some() && opening == name.outer_quote() {
            // The quote before the name closes here: nothing is announced.
            return Value {
                inner: name.value..name.value,
                next: name.value,
            };
        }
        if opening.is_none()
            && let Some((quote, depth)) = self.outer_quote(name)
        {
            return values::quoted(self.bytes, name.value, quote, depth);
        }
        values::value(self.bytes, name.value, syntax)
    }

    /// The quote around a name and its value: `"NAME=a value"`, but not around a whole
    /// command that starts with the name.
    pub(super) fn outer_quote(&self, name: &Name) -> Option<(u8, usize)> {
        let together = matches!(
            name.separator,
            Separator::Equals { loose: false } | Separator::Colon { quoted: false, .. }
        );
        if !together || self.command == Some(name.range.start) {
            return None;
        }
        name.outer_quote()
    }

    /// Hides a value as far as its meaning says. Returns where to go on reading.
    pub(super) fn hide(&mut self, value: &Value, meaning: Meaning) -> usize {
        match values::hidden(meaning, &self.bytes[value.inner.clone()]) {
            Some(hidden) => {
                let start = value.inner.start;
                self.spans.add(start + hidden.start..start + hidden.end);
                value.next
            }
            None => value.inner.start,
        }
    }

    /// [`Self::hide`], but a variable that a shell will put in is no secret, and the
    /// scheme before a credential is not yet the secret.
    pub(super) fn hide_named(&mut self, value: &Value, meaning: Meaning) -> usize {
        let bytes = &self.bytes[value.inner.clone()];
        if bytes.strip_prefix(b"$").is_some_and(names::is_upper_case) {
            return value.next;
        }
        if headers::is_scheme(bytes) && value.next == value.inner.end {
            return self.hide_behind_scheme(value);
        }
        self.hide(value, meaning)
    }

    /// A value that is only the scheme before a credential: `--auth Bearer X`.
    pub(super) fn hide_behind_scheme(&mut self, scheme: &Value) -> usize {
        let hidden = headers::next_word(self.bytes, scheme.next);
        if options::is_option(&self.bytes[hidden.clone()]) {
            return scheme.next;
        }
        let value = values::value(self.bytes, hidden.start, Syntax::Shell);
        let next = value.next.max(scheme.next);
        if !values::is_harmless(&self.bytes[value.inner.clone()]) {
            self.spans.add(value.inner);
        }
        next
    }

    /// Hides the value of a header, except for the scheme before a credential.
    pub(super) fn hide_header(&mut self, name: &Name) -> usize {
        let hidden = if let Some((quote, depth)) = self.outer_quote(name) {
            let value = values::quoted(self.bytes, name.value, quote, depth);
            headers::credential(self.bytes, value.inner)
        } else if values::opening_quote(self.bytes, name.value).is_some() {
            values::value(self.bytes, name.value, Syntax::Shell).inner
        } else {
            headers::credential_in_text(self.bytes, name.value)
        };
        let next = hidden.end.max(name.range.end);
        if !values::is_harmless(&self.bytes[hidden.clone()]) {
            self.spans.add(hidden);
        }
        next
    }

    /// Hides what follows the name of a user.
    pub(super) fn hide_password(&mut self, value: &Value) -> usize {
        if let Some(length) = values::user_length(&self.bytes[value.inner.clone()]) {
            self.spans.add(value.inner.start + length..value.inner.end);
        }
        value.next
    }
}
