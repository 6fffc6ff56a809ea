//! Options in a text, and the words behind them of which they say what they are.

use super::name::{Name, Separator};
use super::{Announced, Reader};
use crate::redact::headers;
use crate::redact::names::{self, Meaning};
use crate::redact::options::{self, Takes};
use crate::redact::values::{self, Syntax};

impl<'a> Reader<'a, '_> {
    /// An option. Nothing is returned for one that is read like any other name.
    pub(super) fn read_option(&mut self, name: &Name<'a>) -> Option<usize> {
        let end = name.range.end;
        if let Some((takes, length)) = options::takes_attached(name.option(), self.program) {
            let start = name.range.start + length;
            return match takes {
                Takes::Variable if name.separator == (Separator::Equals { loose: false }) => {
                    Some(self.hide(&self.value(&name.without_start(length)), Meaning::Variable))
                }
                Takes::Header if matches!(name.separator, Separator::Colon { .. }) => {
                    Some(self.hide_header(&name.without_start(length)))
                }
                Takes::Secret(meaning) => {
                    Some(self.hide(&values::value(self.bytes, start, Syntax::Shell), meaning))
                }
                Takes::UserAndPassword => {
                    Some(self.hide_password(&values::value(self.bytes, start, Syntax::Shell)))
                }
                _ => None,
            };
        }
        if name.separator == Separator::None {
            return Some(end);
        }
        let within_quote = values::opening_quote(self.bytes, name.value)
            .map_or(name.value, |(_, depth)| name.value + depth + 1);
        let Some(takes) = options::takes(name.option(), self.program) else {
            return Some(end);
        };
        let announced = match takes {
            Takes::Secret(meaning)
                if matches!(name.separator, Separator::Space | Separator::Comma) =>
            {
                let value = self.value(name);
                if options::is_option(&self.bytes[value.inner.clone()]) {
                    return Some(end);
                }
                return Some(self.hide_named(&value, meaning));
            }
            Takes::UserAndPassword => return Some(self.hide_password(&self.value(name))),
            Takes::Header => Announced::Header,
            Takes::Variable => Announced::Variable,
            Takes::VariableAndValue => Announced::VariableAndValue,
            Takes::Command => {
                self.command = Some(within_quote);
                return Some(end);
            }
            Takes::Identifier => return Some(end),
            Takes::Secret(_) => return None,
        };
        if matches!(self.bytes.get(within_quote), Some(b'{' | b'[')) {
            let value = values::value(self.bytes, within_quote, Syntax::Json);
            return Some(self.hide(&value, Meaning::Variable));
        }
        self.announced = Some((within_quote, announced));
        Some(end)
    }

    /// Says of the next word that it is a name to be set.
    pub(super) fn announce_setting(&mut self, at: usize) {
        let length = self.bytes[at..]
            .iter()
            .take_while(|byte| **byte > b' ')
            .count();
        self.announced = Some((at + length, Announced::Setting));
    }

    pub(super) fn read_announced(
        &mut self,
        announced: Announced,
        name: &Name<'a>,
    ) -> Option<usize> {
        match (announced, name.separator) {
            (
                Announced::Variable | Announced::VariableAndValue,
                Separator::Equals { loose: false } | Separator::Colon { quoted: false, .. },
            ) if names::is_variable(name.text()) => {
                Some(self.hide(&self.value(name), Meaning::Variable))
            }
            (Announced::VariableAndValue, Separator::Space) => {
                Some(self.hide(&self.value(name), Meaning::Variable))
            }
            // `set -gx NAME value`
            (Announced::Setting, Separator::Space) if name.is_option() => {
                self.announce_setting(name.value);
                Some(name.range.end)
            }
            (Announced::Setting, Separator::Space) => {
                let meaning = names::meaning(name.text())?;
                Some(self.hide(&self.value(name), meaning))
            }
            (Announced::Header, Separator::Colon { .. } | Separator::Equals { loose: false }) => {
                if headers::is_harmless(name.text()) {
                    return Some(name.range.end);
                }
                Some(self.hide_header(name))
            }
            _ => None,
        }
    }
}
