//! A first look at a text, which tells the readers that there is nothing for them.
//! Most arguments are short words and plain options, and end here.

/// Which readers may find anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// There is a URL or an `@`: work for `url`.
    pub(super) addresses: bool,
    /// There is something between a name and a value: work for `shell`.
    pub(super) names: bool,
    /// There is a word long enough for a token: work for `shapes`.
    pub(super) shapes: bool,
    /// How many spaces, `=` and `:` there are.
    pub(super) separators: usize,
}

/// The shortest word that is recognised by its shape, in bytes: `-----BEGIN`.
pub(super) const SHORTEST_TOKEN: usize = 10;

/// What the text has, in one pass.
pub(super) fn of(text: &str) -> Survey {
    let mut survey = Survey::default();
    let (mut run, mut longest) = (0_usize, 0_usize);
    let mut colon = false;
    for &byte in text.as_bytes() {
        if is_token(byte) {
            run += 1;
            continue;
        }
        longest = longest.max(run);
        run = 0;
        match byte {
            b'@' => survey.addresses = true,
            b':' => {
                colon = true;
                survey.separators += 1;
            }
            b'=' | 0..=b' ' => survey.separators += 1,
            _ => {}
        }
    }
    survey.shapes = longest.max(run) >= SHORTEST_TOKEN;
    survey.names = survey.separators > 0;
    survey.addresses |= colon && text.contains("://");
    survey
}

/// Bytes of a word that could be a token: base64 without `/` and `=`, and `~`.
pub(super) const fn is_token(byte: u8) -> bool {
    KINDS[byte as usize] & TOKEN != 0
}

/// Bytes of a word that may be a path, or a token with dots.
pub(super) const fn is_chunk(byte: u8) -> bool {
    KINDS[byte as usize] & (TOKEN | JOINT) != 0
}

/// Bytes of a name: of an option, a variable, a header, a key.
pub(super) const fn is_name(byte: u8) -> bool {
    KINDS[byte as usize] & NAME != 0
}

const TOKEN: u8 = 1;
const JOINT: u8 = 2;
const NAME: u8 = 4;

/// The kinds of each byte: looked up for every byte of every command line.
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "it is below 256")]
        let character = byte as u8;
        if character.is_ascii_alphanumeric() || matches!(character, b'-' | b'_') {
            kinds[byte] = TOKEN | NAME;
        } else if matches!(character, b'+' | b'~') {
            kinds[byte] = TOKEN;
        } else if character == b'.' {
            kinds[byte] = JOINT | NAME;
        } else if matches!(character, b'/' | b'@' | b'%') {
            kinds[byte] = JOINT;
        }
        byte += 1;
    }
    kinds
};

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn plain_words_need_no_reader() {
        for word in ["", "-y", "--verbose", "npx", "stdio", "src/main.rs", "日本"] {
            let survey = of(word);
            assert!(
                !survey.addresses && !survey.names && !survey.shapes,
                "{word}"
            );
        }
        assert!(of("a@b").addresses && of("a://b").addresses && !of("a:b").addresses);
        assert!(of("a=b").names && of("a b").names && of("a:b").names);
        assert!(of("/x/0123456789").shapes);
    }
}
