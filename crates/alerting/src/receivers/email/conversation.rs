//! The conversation with a mail server, from connecting until it has taken the mail.
//!
//! Where encryption is asked for, nothing of ours is sent before it: a server that offers no STARTTLS, or
//! whose certificate is not trusted, gets neither password nor mail. A recipient that is refused does not
//! keep the others from theirs: one full mailbox must not silence everybody.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::message::Mailbox;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;

use super::super::deadline::{self, Stage};
use super::super::settings::{Email, Encryption};
use super::super::{Delivered, Failure, Secret, tls};
use super::lane::Lane;

/// Ways to log in; both send the password, so only over an encrypted connection or to this machine.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// After the mail was taken we say goodbye, but do not wait longer than this for it.
const GOODBYE: Duration = Duration::from_secs(1);

/// A mail on its way to a server.
pub(super) struct Conversation<'a> {
    /// Which server, and how.
    pub(super) email: &'a Email,
    /// The password, where one is set.
    pub(super) password: Option<Secret>,
    /// How we call ourselves.
    pub(super) hello: ClientId,
    /// Who sends it.
    pub(super) from: &'a Mailbox,
    /// Who gets it.
    pub(super) to: &'a [Mailbox],
    /// The mail itself.
    pub(super) mail: &'a [u8],
}

impl Conversation<'_> {
    /// All of it, at most for `timeout`.
    pub(super) fn hold(&self, timeout: Duration) -> Result<Delivered, Failure> {
        let stage = Stage::default();
        deadline::within(timeout, &self.place(), &stage, self.talk(timeout, &stage))
    }

    fn place(&self) -> String {
        format!("{}:{}", self.email.host, self.email.port)
    }

    async fn talk(&self, timeout: Duration, stage: &Stage) -> Result<Delivered, Failure> {
        let mut connection = self.connect(timeout, stage).await?;
        self.log_in(&mut connection, stage).await?;
        stage.set("handing over the mail");
        let failed = |error: Error| self.failure(&error, stage);
        let sender = Some(self.from.email.clone());
        connection
            .command(Mail::new(sender, vec![]))
            .await
            .map_err(failed)?;
        let refused = self.recipients(&mut connection, stage).await?;
        connection.command(Data).await.map_err(failed)?;
        let taken = connection.message(self.mail).await.map_err(failed)?;
        // It has the mail. Whatever happens now, sending it again would only double it.
        drop(tokio::time::timeout(GOODBYE, connection.command(Quit)).await);
        let mut answer = format!("{} answered {}", self.place(), taken.code());
        if let Some(words) = taken.first_word() {
            answer = format!("{answer} {words}");
        }
        if !refused.is_empty() {
            answer = format!("{answer}, but refused {}", refused.join("; "));
        }
        Ok(Delivered::new(self.masked(answer)))
    }

    async fn connect(
        &self,
        timeout: Duration,
        stage: &Stage,
    ) -> Result<AsyncSmtpConnection, Failure> {
        let email = self.email;
        let broken = |what: &dyn std::fmt::Display| {
            Failure::temporary(format!("{}: {what} ({})", self.place(), stage.get()))
        };
        let stream = deadline::connect(&email.host, email.port, timeout, stage)
            .await
            .map_err(|error| broken(&error))?;
        let peer = stream.peer_addr().map_err(|error| broken(&error))?;
        let failed = |error: Error| self.failure(&error, stage);
        if email.tls == Encryption::Implicit {
            stage.set("agreeing on TLS");
            let roots = tls::roots(email.ca_file.as_deref())?;
            let connector = TlsConnector::from(tls::client(roots)?);
            let name = ServerName::try_from(email.host.clone())
                .map_err(|error| Failure::permanent(format!("{}: {error}", self.place())))?;
            let stream = connector
                .connect(name, stream)
                .await
                .map_err(|error| broken(&tls::explain(&error)))?;
            stage.set("waiting for its greeting");
            let lane = Box::new(Lane::new(stream, peer));
            return AsyncSmtpConnection::connect_with_transport(lane, &self.hello)
                .await
                .map_err(failed);
        }
        stage.set("waiting for its greeting");
        let lane = Box::new(Lane::new(stream, peer));
        let mut connection = AsyncSmtpConnection::connect_with_transport(lane, &self.hello)
            .await
            .map_err(failed)?;
        if email.tls == Encryption::StartTls {
            if !connection.can_starttls() {
                return Err(broken(
                    &"it offers no STARTTLS, so nothing was sent; `tls` says how to connect",
                ));
            }
            stage.set("agreeing on TLS");
            let parameters = self.tls_parameters()?;
            connection
                .starttls(parameters, &self.hello)
                .await
                .map_err(failed)?;
        }
        Ok(connection)
    }

    fn tls_parameters(&self) -> Result<TlsParameters, Failure> {
        let unfit = |error: Error| Failure::permanent(format!("TLS cannot be used: {error}"));
        let mut builder = TlsParameters::builder(self.email.host.clone())
            .certificate_store(CertificateStore::None);
        for root in tls::roots(self.email.ca_file.as_deref())? {
            // A system's store may hold certificates that cannot be used; they are skipped.
            if let Ok(certificate) = Certificate::from_der(root.to_vec()) {
                builder = builder.add_root_certificate(certificate);
            }
        }
        builder.build_rustls().map_err(unfit)
    }

    async fn log_in(
        &self,
        connection: &mut AsyncSmtpConnection,
        stage: &Stage,
    ) -> Result<(), Failure> {
        let (Some(username), Some(password)) = (&self.email.username, &self.password) else {
            return Ok(());
        };
        stage.set("logging in");
        let credentials = Credentials::new(username.clone(), password.expose().to_owned());
        let answer = connection.auth(&MECHANISMS, &credentials).await;
        answer
            .map(drop)
            .map_err(|error| self.failure(&error, stage))
    }

    /// Names the recipients; those that were refused, if not all were.
    async fn recipients(
        &self,
        connection: &mut AsyncSmtpConnection,
        stage: &Stage,
    ) -> Result<Vec<String>, Failure> {
        let mut refused = Vec::new();
        let mut failures = Vec::new();
        for mailbox in self.to {
            let rcpt = Rcpt::new(mailbox.email.clone(), vec![]);
            match connection.command(rcpt).await {
                Ok(_) => {}
                Err(error) if error.status().is_some() => {
                    let failure = self.failure(&error, stage);
                    refused.push(format!("{} ({failure})", mailbox.email));
                    failures.push(failure);
                }
                Err(error) => return Err(self.failure(&error, stage)),
            }
        }
        if refused.len() < self.to.len() {
            return Ok(refused);
        }
        // One that may be taken later is worth another attempt.
        let later = failures.iter().position(Failure::is_temporary);
        let failure = (!failures.is_empty()).then(|| failures.swap_remove(later.unwrap_or(0)));
        Err(failure.unwrap_or_else(|| Failure::permanent("there is nobody to send mail to")))
    }

    /// What an error of the conversation means: what the server refuses for good (5xx) would be refused
    /// again; anything else may become better, also certificates, which an operator mends.
    fn failure(&self, error: &Error, stage: &Stage) -> Failure {
        let what = self.masked(tls::explain(error));
        let message = format!("{}: {what} ({})", self.place(), stage.get());
        if error.is_permanent() {
            Failure::permanent(message)
        } else {
            Failure::temporary(message)
        }
    }

    /// A text of the server's without what it must not repeat.
    fn masked(&self, said: String) -> String {
        let (Some(username), Some(password)) = (&self.email.username, &self.password) else {
            return said;
        };
        // As it is, and as it was sent by either mechanism.
        let text = password.expose();
        let encoded = [
            STANDARD.encode(format!("\0{username}\0{text}")),
            STANDARD.encode(text),
        ];
        let said = password.mask(&said);
        encoded
            .into_iter()
            .fold(said, |said, encoded| Secret::new(encoded).mask(&said))
    }
}
