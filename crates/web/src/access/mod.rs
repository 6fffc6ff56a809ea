//! Who may ask: whoever shows the token, whoever was signed in by a link, and at the unix socket the
//! same user and root.
//!
//! The token lies in a file of the state directory; reading it is the proof of being allowed to. A
//! browser cannot read files, so it gets a link with a secret that works once, and exchanges that for a
//! secret of its own, which can be listed and revoked. There are no cookies: browsers send those to
//! every port of a host, and on foreign pages' behalf. What is kept in memory and in files of secrets
//! is their hash.

mod actor;
mod limit;
mod link;
mod private_file;
mod routes;
mod secret;
mod sign_ins;
mod token;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use tokio::sync::watch;

pub use actor::Actor;
pub(crate) use actor::Grant;
pub use link::LINK_LIFE;
pub use private_file::FileError;
pub(crate) use routes::routes;
pub use routes::{LinkView, SIGN_IN_PATH, SignInRequest, SignInView, SignedIn};
pub use sign_ins::{MOST as MOST_SIGN_INS, SIGN_INS_FILE, UNUSED_LIFE};
pub use token::TOKEN_FILE;

use crate::clock::Clock;
use crate::sync::lock;
use actor::Proof;
use limit::Failures;
use link::Links;
use secret::{Hashed, new_id, new_secret};
use sign_ins::{Browser, SignIns};

/// Far more than [`MOST_SIGN_INS`] need.
const LONGEST_FILE: u64 = 256 * 1024;

/// Longer credentials are wrong without being looked at.
const LONGEST_CREDENTIAL: usize = 1024;

/// Decides who may ask. Clones share everything.
#[derive(Clone)]
pub struct Access(Arc<Shared>);

struct Shared {
    folder: PathBuf,
    clock: Clock,
    token: Mutex<Hashed>,
    links: Mutex<Links>,
    sign_ins: Mutex<SignIns>,
    /// The revision of the sign-ins that is in the file; held while the file is written, so that an
    /// older state never replaces a newer one.
    saved: Mutex<u64>,
    failures: Mutex<Failures>,
    /// Tells long answers that something was revoked.
    changed: watch::Sender<u64>,
    observer: OnceLock<Observer>,
}

type Observer = Box<dyn Fn(&AccessEvent) + Send + Sync>;

/// Something that belongs into an audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessEvent {
    /// A link was made.
    LinkMade {
        /// For whom.
        by: Actor,
    },
    /// A browser exchanged a link for a secret of its own.
    SignedIn {
        /// The new sign-in.
        id: String,
        /// Where the browser is; nothing over the unix socket.
        from: Option<IpAddr>,
        /// Sign-ins that were dropped to make room.
        replaced: Vec<String>,
    },
    /// A sign-in was ended.
    Revoked {
        /// Which one.
        id: String,
        /// By whom.
        by: Actor,
    },
}

/// Why access cannot be decided.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// A file of ours is unusable.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file holds something else.
    #[error(
        "{} holds no token: it must be at least 32 visible ASCII characters without a space; remove \
         the file, and a token is made",
        path.display()
    )]
    Token {
        /// The file.
        path: PathBuf,
    },
    /// The kernel gave no random bytes.
    #[error("no random bytes from the kernel: {0}")]
    Random(std::io::Error),
}

/// What credentials are worth.
pub(crate) enum Verdict {
    /// There are none.
    Missing,
    /// They are not ours.
    Wrong,
    /// They are.
    Granted {
        grant: Grant,
        /// Whether [`Access::save`] should be called.
        save: bool,
    },
}

impl Access {
    /// Opens the state directory, which is made where it is missing, and so is the token. Damaged
    /// sign-ins are set aside, and browsers must sign in anew.
    pub fn open(folder: &Path, clock: Clock) -> Result<Self, AccessError> {
        private_file::make_folder(folder)?;
        let token = token::open(folder)?;
        let sign_ins = read_sign_ins(&folder.join(SIGN_INS_FILE))?;
        Ok(Self(Arc::new(Shared {
            folder: folder.to_owned(),
            clock,
            token: Mutex::new(token),
            links: Mutex::default(),
            sign_ins: Mutex::new(sign_ins),
            saved: Mutex::new(0),
            failures: Mutex::new(Failures::new(tokio::time::Instant::now())),
            changed: watch::Sender::new(0),
            observer: OnceLock::new(),
        })))
    }

    /// Calls this for each event from now on; only the first observer counts. It runs on the thread
    /// that answers, so it must not take long.
    pub fn observe(&self, observer: impl Fn(&AccessEvent) + Send + Sync + 'static) {
        self.0.observer.set(Box::new(observer)).ok();
    }

    /// Reads the token again. Where that fails, the old one stays good.
    pub fn reload(&self) -> Result<(), AccessError> {
        let token = token::open(&self.0.folder)?;
        *lock(&self.0.token) = token;
        self.tell_revoked();
        Ok(())
    }

    /// Where the token is, for messages.
    pub fn token_path(&self) -> PathBuf {
        self.0.folder.join(TOKEN_FILE)
    }

    /// A link that signs a browser in, once, within [`LINK_LIFE`]. `base` is the URL of the page.
    pub fn link(&self, base: &str) -> Result<LinkView, AccessError> {
        let secret = new_secret().map_err(AccessError::Random)?;
        let now = self.0.clock.now();
        let expires_at = lock(&self.0.links).add(&secret, now);
        let url = link::url(base, &secret);
        Ok(LinkView { url, expires_at })
    }

    /// The sign-ins that are good now.
    pub fn sign_ins(&self) -> Vec<SignInView> {
        let mut sign_ins = lock(&self.0.sign_ins);
        let list = sign_ins.list(self.0.clock.now()).iter();
        list.map(SignInView::from).collect()
    }

    /// Ends a sign-in, also its event streams; whether there was such a one. An error means that it is
    /// ended until we are restarted, because the file could not be written.
    pub fn revoke(&self, id: &str) -> Result<bool, AccessError> {
        let removed = lock(&self.0.sign_ins).remove(id);
        if removed {
            self.tell_revoked();
            self.save()?;
        }
        Ok(removed)
    }

    /// Exchanges a link's secret; nothing where the secret is wrong, used or expired.
    fn sign_in(
        &self,
        link_secret: &str,
        browser: Browser,
    ) -> Result<Option<(SignedIn, Vec<String>)>, AccessError> {
        let now = self.whole_seconds();
        let (id, secret) = (self.free_id()?, new_secret().map_err(AccessError::Random)?);
        if !lock(&self.0.links).take(link_secret, self.0.clock.now()) {
            return Ok(None);
        }
        let replaced = lock(&self.0.sign_ins).add(id.clone(), &secret, browser, now);
        if !replaced.is_empty() {
            self.tell_revoked();
        }
        // What is not on disk would be lost by a restart: better no sign-in than one that vanishes.
        if let Err(error) = self.save() {
            lock(&self.0.sign_ins).remove(&id);
            return Err(error);
        }
        let expires_at = now.saturating_add(UNUSED_LIFE).unwrap_or(Timestamp::MAX);
        let signed_in = SignedIn {
            id,
            secret,
            expires_at,
        };
        Ok(Some((signed_in, replaced)))
    }

    fn free_id(&self) -> Result<String, AccessError> {
        loop {
            let id = new_id().map_err(AccessError::Random)?;
            if !lock(&self.0.sign_ins).contains(&id) {
                return Ok(id);
            }
        }
    }

    /// Judges `Authorization: Bearer ..`. Other schemes are none of ours: a proxy may use them.
    pub(crate) fn judge(&self, headers: &HeaderMap, from: IpAddr) -> Verdict {
        let mut lines = headers.get_all(AUTHORIZATION).iter();
        let (first, second) = (lines.next(), lines.next());
        let Some(credential) = first.and_then(|line| bearer(line.as_bytes())) else {
            return Verdict::Missing;
        };
        if second.is_some() || credential.len() > LONGEST_CREDENTIAL {
            return Verdict::Wrong;
        }
        let hash = Hashed::of(credential);
        if lock(&self.0.token).is(&hash) {
            let actor = Actor::Token { from };
            let proof = Proof::Token(hash);
            let grant = Grant { actor, proof };
            return Verdict::Granted { grant, save: false };
        }
        let found = lock(&self.0.sign_ins).find(&hash, self.whole_seconds());
        let Some((id, save)) = found else {
            return Verdict::Wrong;
        };
        let grant = Grant {
            actor: Actor::SignIn {
                id: id.clone(),
                from,
            },
            proof: Proof::SignIn(id),
        };
        Verdict::Granted { grant, save }
    }

    /// Whether what was shown then would still do now.
    pub(crate) fn is_still_good(&self, grant: &Grant) -> bool {
        match &grant.proof {
            Proof::Token(hash) => lock(&self.0.token).is(hash),
            Proof::SignIn(id) => lock(&self.0.sign_ins).contains(id),
            Proof::Socket => true,
        }
    }

    /// Changes whenever something was revoked.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    /// Counts a wrong credential; the seconds to wait where there were too many.
    pub(crate) fn failed(&self, from: IpAddr) -> Option<u64> {
        lock(&self.0.failures).add(from, tokio::time::Instant::now())
    }

    /// Writes the sign-ins if the file is behind. Waits for the disk.
    pub(crate) fn save(&self) -> Result<(), AccessError> {
        let mut saved = lock(&self.0.saved);
        let (revision, json) = {
            let mut sign_ins = lock(&self.0.sign_ins);
            (sign_ins.revision, sign_ins.write_json())
        };
        if revision != *saved {
            private_file::replace(&self.0.folder.join(SIGN_INS_FILE), &json)?;
            *saved = revision;
        }
        Ok(())
    }

    fn tell(&self, event: &AccessEvent) {
        if let Some(observer) = self.0.observer.get() {
            observer(event);
        }
    }

    fn tell_revoked(&self) {
        self.0.changed.send_modify(|count| *count += 1);
    }

    /// Fractions of a second would only make the file and the lists harder to read.
    fn whole_seconds(&self) -> Timestamp {
        let now = self.0.clock.now();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }
}

impl std::fmt::Debug for Access {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Access({})", self.0.folder.display())
    }
}

/// The credential behind `Bearer`, in any case, and one space.
fn bearer(line: &[u8]) -> Option<&str> {
    let line = std::str::from_utf8(line).ok()?;
    let (scheme, credential) = line.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| credential.trim())
}

/// The sign-ins in the file, or none where it is damaged: then it is set aside.
fn read_sign_ins(path: &Path) -> Result<SignIns, AccessError> {
    let Some(bytes) = private_file::read(path, LONGEST_FILE)? else {
        return Ok(SignIns::default());
    };
    SignIns::from_json(&bytes).or_else(|reason| {
        let aside = path.with_extension("json.damaged");
        std::fs::rename(path, &aside).map_err(|source| FileError::Write {
            path: aside.clone(),
            source,
        })?;
        tracing::warn!(
            "{} is damaged ({reason}) and was set aside as {}: browsers must sign in anew",
            path.display(),
            aside.display()
        );
        Ok(SignIns::default())
    })
}

#[cfg(test)]
mod tests;
