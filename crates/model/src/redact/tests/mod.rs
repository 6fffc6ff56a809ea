//! Redaction as a whole: command lines that must stay, secrets that must go, and what
//! must hold for any input.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod corpus;
mod properties;

use std::borrow::Cow;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{MASK, arguments, text, url};

/// Arguments from a line that is quoted as for a shell.
fn split(line: &str) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut argument: Option<String> = None;
    let mut quote = None;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('"'), '\\') => argument.get_or_insert_default().extend(characters.next()),
            (None, '"' | '\'') => {
                quote = Some(c);
                argument.get_or_insert_default();
            }
            (None, ' ') => arguments.extend(argument.take()),
            (_, c) => argument.get_or_insert_default().push(c),
        }
    }
    arguments.extend(argument);
    arguments
}

#[track_caller]
fn redacts(line: &str, expected: &str) {
    assert_eq!(arguments(&split(line)), split(expected));
}

#[test]
fn what_is_no_secret_stays_readable() {
    redacts(
        r#"sh -c "FOO_TOKEN=abc npx -y x --api-key k https://u:p@h/""#,
        r#"sh -c "FOO_TOKEN=<redacted> npx -y x --api-key <redacted> https://<redacted>@h/""#,
    );
    redacts(
        r#"bash -c "ssh h \"A='b c' d\" && e""#,
        r#"bash -c "ssh h \"A='<redacted>' d\" && e""#,
    );
    redacts(
        r#"x '{"apiKey":"a, b","headers":{"X":"y"},"port":80}'"#,
        r#"x '{"apiKey":"<redacted>","headers":{<redacted>},"port":80}'"#,
    );
    redacts(
        "curl -H 'Authorization: Bearer abc' -H 'Cookie: a=b' -u ana:abc https://h/?a=1&token=abc&b=2",
        "curl -H 'Authorization: Bearer <redacted>' -H 'Cookie: <redacted>' -u ana:<redacted> https://h/?a=1&token=<redacted>&b=2",
    );
    redacts(
        "docker run -e A=b --env=c=d -p 1:2 x",
        "docker run -e A=<redacted> --env=c=<redacted> -p 1:2 x",
    );
    redacts(
        "server --token --verbose --secret - file",
        "server --token --verbose --secret - file",
    );
}

#[test]
fn a_title_is_read_as_a_command_line() {
    let title = ["npm exec some-server --api-key abc --port 80".to_owned()];
    assert_eq!(
        arguments(&title),
        ["npm exec some-server --api-key <redacted> --port 80"]
    );
}

#[test]
fn urls_keep_what_tells_them_apart() {
    for (given, expected) in [
        (
            "https://u:p@h.example:8443/mcp?x=1#y",
            "https://<redacted>@h.example:8443/mcp?x=1#y",
        ),
        (
            "https://h/mcp?api_key=a b&x=1",
            "https://h/mcp?api_key=<redacted>&x=1",
        ),
        (
            "localhost:3000/mcp?token=a",
            "localhost:3000/mcp?token=<redacted>",
        ),
        ("u:p@localhost:3000/mcp", "<redacted>@localhost:3000/mcp"),
        ("http://[::1]:3001/mcp", "http://[::1]:3001/mcp"),
        ("unix:///run/mcp.sock", "unix:///run/mcp.sock"),
        ("", ""),
    ] {
        assert_eq!(url(given), expected);
    }
}

/// Texts of one unit over and over, of which a careless reader looks at all for each.
const HOSTILE: &[&str] = &[
    "a",
    "=",
    "a=",
    "A=",
    "a://",
    "a://?x=a",
    "://",
    ":",
    "@",
    "a:b@",
    "token=\"",
    "dsn=\"a://",
    "\\\"",
    "$(",
    "A=$(",
    "{\"env\":{",
    "key:/a",
    "--key /a ",
    "a/",
    "a=/",
    "-",
    "-----BEGIN ",
    "?a=",
    "&a=b",
    "Bearer ",
    "Authorization: ",
    "'A='",
    "a:b@c.de ",
    "Cookie: a; ",
    "A=\"b\"c",
    "--token=",
    "--header ",
    "x\\ ",
    "é=",
    "-----BEGIN PRIVATE KEY-----",
    "Aa1",
    "0a",
    "A='",
    "--env \"",
    "<redacted>",
    "a=a;",
    "http://a/a",
    "a=%7",
    "set a ",
    "set -a ",
    "\"value\":",
    "eyJ.",
    "sk-",
    "\\",
    "a\\",
    "--env \"{",
    "env a",
    "//a:b@",
];

#[test]
fn hostile_texts_take_time_in_proportion_to_their_length() {
    type Reader = fn(&str);
    let readers: [(&str, Reader); 3] = [
        ("text", |given| drop(text(given))),
        ("url", |given| drop(url(given))),
        ("arguments", |given| {
            drop(arguments(&["x".into(), given.into()]));
        }),
    ];
    for unit in HOSTILE {
        let short = unit.repeat(256 / unit.len());
        let long = short.repeat(8);
        for (name, reader) in readers {
            let (mut least, mut most) = (Duration::MAX, Duration::MAX);
            // Eight times the length takes eight times as long, or else sixty-four. A busy
            // machine, which takes the processor away in between, gets further attempts.
            let in_proportion = (0..100).any(|attempt| {
                if attempt > 0 {
                    rest();
                }
                least = least.min(time(|| reader(&short)));
                most = most.min(time(|| reader(&long)));
                most < least * 24 + Duration::from_micros(200)
            });
            assert!(
                in_proportion,
                "{name} of {unit:?}: {least:?}, then {most:?}"
            );
        }
    }
}

/// Gives the processor away, to be let run for longer at once afterwards.
#[expect(clippy::disallowed_methods, reason = "there is nothing to wait for")]
fn rest() {
    sleep(Duration::from_millis(1));
}

#[expect(
    clippy::disallowed_methods,
    reason = "what is measured is the code itself"
)]
fn time(run: impl Fn()) -> Duration {
    let started = Instant::now();
    run();
    started.elapsed()
}

#[test]
fn clean_text_is_borrowed() {
    for clean in [
        "",
        "--port",
        "@modelcontextprotocol/server-memory",
        "/usr/bin/node",
        "a b",
        "日本",
    ] {
        assert!(matches!(text(clean), Cow::Borrowed(_)), "{clean}");
    }
    assert!(matches!(
        text("--token=<redacted>"),
        Cow::Borrowed("--token=<redacted>")
    ));
    assert_eq!(MASK, "<redacted>");
}
