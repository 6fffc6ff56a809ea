//! `mcpvisor silence`: alerts that nobody needs to hear of for a while.

use alerting::Matcher;
use hyper::Method;

use super::watch::{daemon, failure};
use crate::api::{SilenceReport, SilenceRequest, Silences};
use crate::cli::Setting;
use crate::client::escaped;
use crate::config::Span;
use crate::exit;
use crate::render;

/// `silence`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Silence alerts whose labels satisfy all conditions.
    Add {
        /// Conditions: `server="memory"`, `severity=~"warning|info"`, `alertname=high_cpu`.
        #[arg(required = true, value_name = "CONDITION")]
        matchers: Vec<Matcher>,
        /// How long.
        #[arg(long = "for", short = 'd', default_value = "2h", value_name = "TIME")]
        duration: Span,
        /// Why, for others.
        #[arg(long, short, default_value = "")]
        comment: String,
        /// As JSON (schema/silence.v1.json).
        #[arg(long)]
        json: bool,
    },
    /// List silences.
    List {
        /// Those that are over, too.
        #[arg(long)]
        expired: bool,
        /// As JSON (schema/silences.v1.json).
        #[arg(long)]
        json: bool,
    },
    /// End a silence.
    Expire {
        /// Its id.
        id: String,
    },
}

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Arguments) -> anyhow::Result<u8> {
    match &arguments.command {
        Command::Add {
            matchers,
            duration,
            comment,
            json,
        } => {
            let request = SilenceRequest {
                matchers: matchers.clone(),
                starts_at: None,
                ends_at: None,
                seconds: Some(duration.0.as_secs().max(1)),
                comment: comment.clone(),
            };
            let made: SilenceReport = daemon(setting)?
                .send(&Method::POST, "/api/v1/silences", &request)
                .map_err(|error| failure(&error))?;
            if *json {
                setting.output.json(&made, true)?;
            } else {
                let silence = &made.silence;
                setting.output.text(&format!(
                    "Silence {} holds until {}. It ends earlier with `mcpvisor silence expire {}`.\n",
                    silence.id, silence.ends_at, silence.id
                ))?;
            }
        }
        Command::List { expired, json } => {
            let mut found: Silences = daemon(setting)?
                .get("/api/v1/silences")
                .map_err(|error| failure(&error))?;
            found
                .silences
                .retain(|silence| *expired || silence.state != "expired");
            if *json {
                setting.output.json(&found, true)?;
            } else {
                let page = render::alerts::silences(
                    &found.silences,
                    linux::clock::now().wall,
                    &setting.output,
                );
                setting.output.text(&page)?;
            }
        }
        Command::Expire { id } => {
            daemon(setting)?
                .delete(&format!("/api/v1/silences/{}", escaped(id)))
                .map_err(|error| failure(&error))?;
            setting
                .output
                .text(&format!("Silence {} is over.\n", model::text::safe(id)))?;
        }
    }
    Ok(exit::FINE)
}
