//! Mail by SMTP: `message` makes it, `html` its second half, `conversation` hands it to a server, and `lane`
//! limits what that may say.

mod conversation;
mod html;
mod lane;
mod message;

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::extension::ClientId;

use super::settings::Email;
use super::{Delivered, Failure, webhook};
use crate::Notice;
use conversation::Conversation;

/// Sends a notice by mail.
pub(super) fn deliver(
    email: &Email,
    notice: &Notice,
    timeout: Duration,
) -> Result<Delivered, Failure> {
    let from = mailbox(&email.from).map_err(Failure::permanent)?;
    let to: Result<Vec<Mailbox>, String> = email.to.iter().map(|to| mailbox(to)).collect();
    let to = to.map_err(Failure::permanent)?;
    let mail = message::message(&from, &to, notice)?.formatted();
    let password = email.password.as_ref();
    let password = password.map(|source| webhook::read("password", source));
    let conversation = Conversation {
        email,
        password: password.transpose()?,
        hello: hello(&notice.host),
        from: &from,
        to: &to,
        mail: &mail,
    };
    conversation.hold(timeout)
}

/// An address, as it is configured. It must be ASCII: not every server takes others.
pub(super) fn mailbox(address: &str) -> Result<Mailbox, String> {
    let wrong =
        || format!("{address:?} is no mail address: `NAME <USER@HOST>` or `USER@HOST` is meant");
    let mailbox: Mailbox = address.parse().map_err(|_| wrong())?;
    let email: &str = mailbox.email.as_ref();
    if email.is_ascii() {
        Ok(mailbox)
    } else {
        Err(wrong())
    }
}

/// How we call ourselves: by this machine's name if it is one that servers take.
fn hello(host: &str) -> ClientId {
    let fits = !host.is_empty()
        && host.len() <= 253
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
    if fits {
        ClientId::Domain(host.to_owned())
    } else {
        ClientId::default()
    }
}
