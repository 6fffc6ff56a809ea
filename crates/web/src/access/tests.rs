//! The life of tokens, links and sign-ins without a network.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::sync::atomic::{AtomicI64, Ordering};

use tempfile::TempDir;

use super::*;

const START: i64 = 1_800_000_000;

/// A state directory and a clock that only moves when it is told to.
struct Place {
    folder: TempDir,
    seconds: Arc<AtomicI64>,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            seconds: Arc::new(AtomicI64::new(START)),
        }
    }

    fn open(&self) -> Access {
        let seconds = Arc::clone(&self.seconds);
        let now = move || Timestamp::from_second(seconds.load(Ordering::Relaxed)).unwrap();
        Access::open(self.folder.path(), Clock::of(now)).unwrap()
    }

    fn pass(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }

    fn token(&self) -> String {
        fs::read_to_string(self.folder.path().join(TOKEN_FILE)).unwrap()
    }
}

fn home() -> IpAddr {
    IpAddr::from([127, 0, 0, 1])
}

fn link_secret(access: &Access) -> String {
    let link = access.link("http://127.0.0.1:3001").unwrap();
    link.url.split_once("#sign-in=").unwrap().1.to_owned()
}

fn sign_in(access: &Access, secret: &str) -> Option<SignedIn> {
    let browser = Browser {
        user_agent: String::new(),
        address: "127.0.0.1".to_owned(),
    };
    let outcome = access.sign_in(secret, browser).unwrap();
    outcome.map(|(signed_in, _)| signed_in)
}

/// Who that is, or the word for why not.
fn judge(access: &Access, lines: &[&str]) -> String {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(AUTHORIZATION, line.parse().unwrap());
    }
    match access.judge(&headers, home()) {
        Verdict::Missing => "missing".to_owned(),
        Verdict::Wrong => "wrong".to_owned(),
        Verdict::Granted { grant, .. } => grant.actor.to_string(),
    }
}

#[test]
fn credentials() {
    let place = Place::new();
    let access = place.open();
    let token = place.token();
    let granted = "token from 127.0.0.1";
    for (line, expected) in [
        (format!("Bearer {token}"), granted),
        (format!("bearer {token}"), granted),
        (format!("BEARER  {token} "), granted),
        (format!("Bearer {}", token.to_uppercase()), "wrong"),
        (format!("Bearer {token}0"), "wrong"),
        (format!("Bearer {}", &token[1..]), "wrong"),
        ("Bearer ".to_owned(), "wrong"),
        (format!("Bearer {}", "a".repeat(2000)), "wrong"),
        ("Basic dXNlcjpwYXNz".to_owned(), "missing"),
        (token.clone(), "missing"),
        ("Bearer".to_owned(), "missing"),
    ] {
        assert_eq!(judge(&access, &[&line]), expected, "{line}");
    }
    assert_eq!(judge(&access, &[]), "missing");
    let right = format!("Bearer {token}");
    assert_eq!(judge(&access, &[&right, "Bearer other"]), "wrong");
}

#[test]
fn a_browser_signs_in_once_by_a_link_and_stays() {
    let place = Place::new();
    let access = place.open();
    let secret = link_secret(&access);
    let signed_in = sign_in(&access, &secret).unwrap();
    assert!(sign_in(&access, &secret).is_none());
    // The link's own secret is no credential.
    assert_eq!(judge(&access, &[&format!("Bearer {secret}")]), "wrong");
    let line = format!("Bearer {}", signed_in.secret);
    let expected = format!("sign-in {} from 127.0.0.1", signed_in.id);
    assert_eq!(judge(&access, &[&line]), expected);
    drop(access);
    let again = place.open();
    assert_eq!(judge(&again, &[&line]), expected);
    assert!(again.revoke(&signed_in.id).unwrap());
    assert!(!again.revoke(&signed_in.id).unwrap());
    assert_eq!(judge(&again, &[&line]), "wrong");
    assert_eq!(judge(&place.open(), &[&line]), "wrong");
}

#[test]
fn links_and_sign_ins_expire() {
    let place = Place::new();
    let access = place.open();
    let late = link_secret(&access);
    place.pass(600);
    assert!(sign_in(&access, &late).is_none());
    let signed_in = sign_in(&access, &link_secret(&access)).unwrap();
    let line = format!("Bearer {}", signed_in.secret);
    place.pass(29 * 86_400);
    assert_ne!(judge(&access, &[&line]), "wrong");
    access.save().unwrap();
    place.pass(29 * 86_400);
    assert_ne!(judge(&place.open(), &[&line]), "wrong");
    place.pass(2 * 86_400);
    // The copy that was opened above has not been told of the last use.
    assert_eq!(judge(&access, &[&line]), "wrong");
    assert!(access.sign_ins().is_empty());
}

#[test]
fn damaged_sign_ins_are_set_aside() {
    let place = Place::new();
    let path = place.folder.path().join(SIGN_INS_FILE);
    private_file::replace(&path, b"{\"version\": 1, \"sign_ins\": [{").unwrap();
    let access = place.open();
    assert!(access.sign_ins().is_empty());
    assert!(!path.exists());
    assert!(path.with_extension("json.damaged").exists());
    assert!(sign_in(&access, &link_secret(&access)).is_some());
    assert_eq!(place.open().sign_ins().len(), 1);
}

#[test]
fn a_replaced_token_counts_after_a_reload() {
    let place = Place::new();
    let access = place.open();
    let old = format!("Bearer {}", place.token());
    let path = place.folder.path().join(TOKEN_FILE);
    let changes = access.changes();
    fs::write(&path, "short").unwrap();
    assert!(access.reload().is_err());
    assert_eq!(judge(&access, &[&old]), "token from 127.0.0.1");
    assert!(!changes.has_changed().unwrap());
    fs::write(&path, "a".repeat(40)).unwrap();
    access.reload().unwrap();
    assert_eq!(judge(&access, &[&old]), "wrong");
    let new = format!("Bearer {}", "a".repeat(40));
    assert_eq!(judge(&access, &[&new]), "token from 127.0.0.1");
    assert!(changes.has_changed().unwrap());
}

#[test]
fn a_sign_in_that_cannot_be_stored_is_none() {
    let place = Place::new();
    let access = place.open();
    let secret = link_secret(&access);
    // A folder in the file's place cannot be replaced by a file, by root neither.
    fs::create_dir(place.folder.path().join(SIGN_INS_FILE)).unwrap();
    let browser = Browser {
        user_agent: String::new(),
        address: String::new(),
    };
    let error = access.sign_in(&secret, browser).err().unwrap();
    assert!(error.to_string().contains(SIGN_INS_FILE), "{error}");
    assert!(access.sign_ins().is_empty());
}
