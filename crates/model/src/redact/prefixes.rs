//! Tokens whose first characters say whose they are. Services do so that leaked tokens
//! can be found; here it also finds those that are short, or not random enough.

/// How a token goes on behind its prefix.
#[derive(Clone, Copy)]
enum Body {
    /// At least so many letters, digits, `-` and `_`.
    Any(usize),
    /// The same, of which one at least is a capital or a digit: the prefix is also the
    /// start of ordinary names, such as `sk-learn` or `npm_config`.
    Mixed(usize),
    /// At least so many letters and digits, one of them a capital or a digit.
    Plain(usize),
    /// The same as [`Body::Any`], with dots.
    Dotted(usize),
    /// Just so many capitals and digits.
    Capitals(usize),
}

use Body::{Any, Capitals, Dotted, Mixed, Plain};

/// The prefixes, in order. All of them are documented by the services that issue the
/// tokens.
const PREFIXES: &[(&str, Body)] = &[
    ("AGE-SECRET-KEY-1", Any(20)),
    ("AIza", Any(20)),
    ("AKIA", Capitals(16)),
    ("ASIA", Capitals(16)),
    ("ATATT3", Any(20)),
    ("CFPAT-", Any(20)),
    ("EAACEdEose0cBA", Any(10)),
    ("FO1_", Any(20)),
    ("FlyV1_", Any(20)),
    ("PMAK-", Any(20)),
    ("SG.", Dotted(20)),
    ("apify_api_", Any(16)),
    ("bb_live_", Any(12)),
    ("bb_test_", Any(12)),
    ("cal_live_", Any(16)),
    ("ctx7sk-", Any(8)),
    ("ctx7sk_", Any(8)),
    ("dapi", Plain(32)),
    ("dckr_pat_", Any(12)),
    ("doo_v1_", Any(16)),
    ("dop_v1_", Any(16)),
    ("e2b_", Mixed(20)),
    ("eyJ", Dotted(17)),
    ("fc-", Mixed(20)),
    ("figd_", Any(12)),
    ("fw_", Mixed(20)),
    ("gho_", Any(10)),
    ("ghp_", Any(10)),
    ("ghr_", Any(10)),
    ("ghs_", Any(10)),
    ("ghu_", Any(10)),
    ("github_pat_", Any(10)),
    ("glc_", Any(20)),
    ("glcbt-", Any(10)),
    ("gldt-", Any(10)),
    ("gloas-", Any(10)),
    ("glpat-", Any(10)),
    ("glptt-", Any(10)),
    ("glrt-", Any(10)),
    ("glsa_", Any(16)),
    ("gsk_", Mixed(16)),
    ("hf_", Mixed(16)),
    ("hvb.", Any(16)),
    ("hvs.", Any(16)),
    ("lin_api_", Any(12)),
    ("lin_oauth_", Any(12)),
    ("lsv2_", Any(16)),
    ("nfp_", Any(20)),
    ("npm_", Plain(30)),
    ("ntn_", Mixed(16)),
    ("nvapi-", Any(16)),
    ("ops_eyJ", Dotted(10)),
    ("pcsk_", Mixed(16)),
    ("phc_", Mixed(20)),
    ("phx_", Mixed(20)),
    ("pk_live_", Any(10)),
    ("pk_test_", Any(10)),
    ("pplx-", Mixed(16)),
    ("pscale_pw_", Any(10)),
    ("pscale_tkn_", Any(10)),
    ("pypi-", Mixed(32)),
    ("r8_", Mixed(16)),
    ("re_", Mixed(20)),
    ("rk_live_", Any(10)),
    ("rk_test_", Any(10)),
    ("rnd_", Mixed(20)),
    ("sb_secret_", Any(10)),
    ("sbp_", Mixed(20)),
    ("secret_", Mixed(32)),
    ("sgp_", Mixed(20)),
    ("shpat_", Any(16)),
    ("shpca_", Any(16)),
    ("shpss_", Any(16)),
    ("sk-", Mixed(12)),
    ("sk_", Mixed(16)),
    ("sk_live_", Any(10)),
    ("sk_test_", Any(10)),
    ("sntrys_", Any(16)),
    ("sntryu_", Any(16)),
    ("sq0atp-", Any(10)),
    ("sq0csp-", Any(10)),
    ("tfp_", Mixed(20)),
    ("tgp_v1_", Any(16)),
    ("tskey-", Any(12)),
    ("tvly-", Mixed(12)),
    ("whsec_", Any(10)),
    ("xai-", Mixed(20)),
    ("xapp-", Any(10)),
    ("xoxa-", Any(10)),
    ("xoxb-", Any(10)),
    ("xoxc-", Any(10)),
    ("xoxd-", Any(10)),
    ("xoxe-", Any(10)),
    ("xoxe.", Dotted(10)),
    ("xoxp-", Any(10)),
    ("xoxr-", Any(10)),
    ("xoxs-", Any(10)),
    ("ya29.", Dotted(16)),
];

/// For each first byte, which of [`PREFIXES`] start with it: from, to.
const STARTS: [(usize, usize); 256] = {
    let mut starts = [(0, 0); 256];
    let mut at = 0;
    while at < PREFIXES.len() {
        let first = PREFIXES[at].0.as_bytes()[0] as usize;
        if starts[first].1 == 0 {
            starts[first].0 = at;
        }
        at += 1;
        starts[first].1 = at;
    }
    starts
};

/// The length of the token that starts here, if a known prefix does.
pub(super) fn token_length(rest: &[u8]) -> Option<usize> {
    let (first, second) = (*rest.first()?, *rest.get(1)?);
    let (from, to) = STARTS[usize::from(first)];
    PREFIXES[from..to]
        .iter()
        .filter(|(prefix, _)| prefix.as_bytes()[1] == second && rest.starts_with(prefix.as_bytes()))
        .find_map(|(prefix, body)| Some(prefix.len() + body.length(&rest[prefix.len()..])?))
}

impl Body {
    /// The length of the body, if it is one.
    fn length(self, rest: &[u8]) -> Option<usize> {
        let word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let (length, enough) = match self {
            Any(least) | Mixed(least) => (run(rest, word), least),
            Plain(least) => (run(rest, u8::is_ascii_alphanumeric), least),
            Dotted(least) => (run(rest, |byte| word(byte) || *byte == b'.'), least),
            Capitals(exactly) => {
                let length = run(rest, u8::is_ascii_alphanumeric);
                let capital = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
                let fits = length == exactly && rest[..length].iter().all(capital);
                return fits.then_some(length);
            }
        };
        let body = &rest[..length];
        let signs = body
            .iter()
            .filter(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
            .count();
        let mixed = signs >= 2 || !matches!(self, Mixed(_) | Plain(_));
        (length >= enough && mixed).then_some(length)
    }
}

fn run(bytes: &[u8], is: impl Fn(&u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| is(byte)).count()
}

#[cfg(test)]
mod tests {
    use super::{PREFIXES, token_length};

    #[test]
    fn tokens_have_a_body() {
        assert_eq!(token_length(b"ghp_0123456789 x"), Some(14));
        assert_eq!(token_length(b"AKIAQ3EGZKD5HNMXTB7W"), Some(20));
        assert_eq!(
            token_length(b"eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln"),
            Some(40)
        );
    }

    #[test]
    fn prefixes_are_in_order() {
        assert!(PREFIXES.is_sorted_by_key(|(prefix, _)| prefix.as_bytes()[0]));
    }

    #[test]
    fn names_that_start_alike_are_none() {
        for name in [
            "sk-learn-contrib-extras",
            "npm_config_registry",
            "pypi-attestations",
            "AKIA",
            "hf_transfer",
            "fc-cache",
            "r8_",
            "secret_key",
        ] {
            assert_eq!(token_length(name.as_bytes()), None, "{name}");
        }
    }
}
