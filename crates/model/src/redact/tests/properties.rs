//! What must hold whatever the arguments are.

use std::borrow::Cow;

use proptest::prelude::*;

use super::{MASK, arguments, text, url};

/// Pieces that mean something to a reader, so that random texts have structure.
const PIECES: &[&str] = &[
    "--",
    "-",
    "=",
    ":",
    " ",
    "\"",
    "'",
    "`",
    "\\",
    "\\\"",
    "/",
    "://",
    "@",
    "?",
    "&",
    "#",
    ";",
    ",",
    "|",
    "{",
    "}",
    "[",
    "]",
    "$(",
    ")",
    "${",
    "\n",
    "\t",
    "é",
    "日本",
    "\u{202e}",
    "<",
    ">",
    "<redacted>",
    "a",
    "B",
    "7",
    "token",
    "TOKEN",
    "api-key",
    "apiKey",
    "key",
    "password",
    "auth",
    "env",
    "headers",
    "header",
    "-e",
    "-H",
    "-c",
    "-p",
    "-u",
    "set",
    "setenv",
    "curl",
    "mysql",
    "docker",
    "git",
    "sh",
    "Authorization",
    "Bearer",
    "Basic",
    "Cookie",
    "Digest",
    "dsn",
    "webhook-url",
    "https",
    "postgres",
    "h.example",
    "localhost",
    "hooks",
    "webhooks",
    "ghp_0123456789",
    "sk-abcDEF0123456789",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx",
    "Zk81xQv7Lr2Tn90wYc0bXh5d",
    "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    "wJqlrXUtnFEMI/K7MDENG/bPxRfiCYq4MPLEKEYx",
    "4f1c7a52-0b6e-4f0e-9a53-2d8f6c1b7e90",
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "true",
    "file:",
    "sha256:",
    "%40",
    "%3A%2F%2F",
    "1.2.3",
    "app:pw@db.example",
];

fn jumble() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::collection::vec(prop::sample::select(PIECES), 0..14).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
        1 => "[ -~]{0,60}",
    ]
}

/// How an option may be spelled that takes a secret.
const OPTIONS: &[&str] = &[
    "--api-key",
    "--apiKey",
    "--apikey",
    "--API_KEY",
    "--api_key",
    "-api-key",
    "--token",
    "--Token",
    "-token",
    "--access-token",
    "--accessToken",
    "--auth",
    "--auth-token",
    "--authorization",
    "--password",
    "--Password",
    "--passwd",
    "--pass",
    "--db-password",
    "--dbPass",
    "--secret",
    "--client-secret",
    "--clientSecret",
    "--bearer",
    "--bearer-token",
    "--credential",
    "--credentials",
    "--private-key",
    "--connection-string",
    "--connectionString",
    "--dsn",
    "--database-url",
    "--github-token",
    "--jwt",
    "--cookie",
    "--passphrase",
    "--refresh-token",
    "--session-token",
    "--brave-api-key",
    "--key",
    "--secret-key",
    "--webhook",
];

/// A secret: at least eight characters, no path and no address, for which some options
/// have other rules, no option, and not made of the mask.
fn secret() -> impl Strategy<Value = String> {
    "[A-Za-z0-9!#%+*_^~é-]{2}[0-9][A-Za-z0-9!#$%&()*+,.:;?@^_{|}~é-]{5,30}"
        .prop_filter("a reference to a variable", |secret| !secret.contains("${"))
}

/// A secret that a shell would not take apart.
fn word() -> impl Strategy<Value = String> {
    "[A-Za-z0-9+_]{2}[0-9][A-Za-z0-9+_%@.:^~-]{5,30}"
}

fn survives(secret: &str, shown: &str) -> bool {
    let characters: Vec<char> = secret.chars().collect();
    characters
        .windows(8)
        .any(|piece| shown.contains(&piece.iter().collect::<String>()))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn the_count_is_kept_and_twice_is_once(given in prop::collection::vec(jumble(), 0..6)) {
        let once = arguments(&given);
        prop_assert_eq!(once.len(), given.len());
        prop_assert_eq!(arguments(&once), once);
    }

    #[test]
    fn a_text_is_redacted_once(given in jumble()) {
        let once = text(&given).into_owned();
        prop_assert_eq!(text(&once), once.as_str());
        let once = url(&given).into_owned();
        prop_assert_eq!(url(&once), once.as_str());
    }

    #[test]
    fn a_text_without_a_trigger_is_borrowed(given in "[a-z/._][a-z/._-]{0,8}( [a-z]{1,9}){0,6}") {
        prop_assert!(matches!(text(&given), Cow::Borrowed(_)), "{}", text(&given));
    }

    #[test]
    fn an_option_hides_its_value(
        option in prop::sample::select(OPTIONS),
        secret in secret(),
        sign in prop::sample::select(&["=", ":", " "]),
    ) {
        let given = if sign == " " {
            vec!["server".into(), option.into(), secret.clone(), "--port".into()]
        } else {
            vec!["server".into(), format!("{option}{sign}{secret}"), "--port".into()]
        };
        let shown = arguments(&given);
        prop_assert!(!survives(&secret, &shown.join(" ")), "{:?}", shown);
        prop_assert_eq!(shown.last().map(String::as_str), Some("--port"));
    }

    #[test]
    fn an_option_in_a_command_hides_its_value(
        option in prop::sample::select(OPTIONS),
        secret in word(),
        sign in prop::sample::select(&["=", " "]),
        quote in prop::sample::select(&["", "\"", "'", "\\\""]),
    ) {
        let command = format!("npx -y server {option}{sign}{quote}{secret}{quote} --port 80");
        let shown = text(&command);
        prop_assert!(!survives(&secret, &shown), "{}", shown);
        prop_assert!(shown.ends_with(" --port 80"), "{}", shown);
        let given = ["sh".to_owned(), "-c".to_owned(), command];
        let shown = arguments(&given).join(" ");
        prop_assert!(!survives(&secret, &shown), "{}", shown);
    }

    #[test]
    fn a_variable_hides_its_value(name in "[A-Z_][A-Z0-9_]{0,20}", value in ".{8,40}") {
        let hidden = format!("{name}={MASK}");
        let given = [name, value].join("=");
        let docker = ["docker", "run", "-e", &given, "x"].map(str::to_owned);
        prop_assert_eq!(&arguments(&docker)[3], &hidden);
        let env = ["env", &given, "x"].map(str::to_owned);
        prop_assert_eq!(&arguments(&env)[1], &hidden);
    }

    #[test]
    fn user_info_is_hidden(
        scheme in prop::sample::select(&["https", "postgres", "mongodb+srv", "redis", "mysql", "amqp"]),
        user in "[a-z]{0,8}",
        password in "[A-Za-z0-9%+!$^*._~-]{8,20}",
    ) {
        let address = format!("{scheme}://{user}:{password}@db.example/app?x=1");
        let expected = format!("{scheme}://<redacted>@db.example/app?x=1");
        prop_assert_eq!(url(&address), expected.as_str());
        prop_assert_eq!(text(&address), expected.as_str());
    }
}
