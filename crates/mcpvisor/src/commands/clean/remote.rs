//! `clean` where a daemon runs: it plans and carries out, we show and ask.
//!
//! The daemon holds the processes of the plan from the moment it answers, so what a person says yes
//! to is what is ended.

use std::time::Duration;

use hyper::Method;

use super::{ATTEMPTS, Arguments};
use crate::cli::Setting;
use crate::client::{Client, ClientError};
use crate::exit;
use crate::observe::pause;
use crate::output::is_interactive;
use crate::render;
use crate::report::{CleanReport, CleanRequest, PlanReport};

/// Where it is asked.
const PATH: &str = "/api/v1/clean";

/// Runs the command through the daemon.
pub(super) fn run(setting: &Setting, arguments: &Arguments, client: &Client) -> anyhow::Result<u8> {
    let mut document = plan(client, arguments)?;
    if !arguments.apply {
        show(setting, arguments, &document, true)?;
        return Ok(exit::FINE);
    }
    if let Some(id) = &arguments.plan_id {
        let done = if document.plan.plan_id == *id {
            apply(client, arguments, id)?
        } else {
            CleanReport {
                outcome: "changed".into(),
                ..document
            }
        };
        return end(setting, arguments, &done, false);
    }
    if let Some(wait) = longest_wait(&document.plan) {
        super::tell_wait(setting, super::waiting(&document.plan), wait);
        super::wait_for(setting, wait);
        document = plan(client, arguments)?;
    }
    let ask = is_interactive() && !arguments.yes && !arguments.json;
    for _ in 1..ATTEMPTS {
        if document.plan.is_empty() {
            return end(setting, arguments, &document, false);
        }
        if ask && !super::confirmed(&setting.output, &document.plan) {
            document.outcome = "declined".into();
            return end(setting, arguments, &document, true);
        }
        let done = apply(client, arguments, &document.plan.plan_id)?;
        // What a person has seen is carried out as it was, or not at all.
        if ask || done.outcome != "changed" || done.applied {
            return end(setting, arguments, &done, ask);
        }
        pause(Duration::from_millis(200));
        document = plan(client, arguments)?;
    }
    document.outcome = "changed".into();
    end(setting, arguments, &document, false)
}

fn request(arguments: &Arguments) -> CleanRequest {
    CleanRequest {
        grace_seconds: arguments.grace.map(|span| span.0.as_secs_f64()),
        older_than_seconds: arguments.older_than.map(|span| span.0.as_secs_f64()),
        kill_after_seconds: arguments.kill_after.map(|span| span.0.as_secs_f64()),
        only: arguments.only.clone(),
        exclude: arguments.exclude.clone(),
        all_users: arguments.all_users,
        ..CleanRequest::default()
    }
}

fn plan(client: &Client, arguments: &Arguments) -> Result<CleanReport, ClientError> {
    client.send(&Method::POST, PATH, &request(arguments))
}

fn apply(client: &Client, arguments: &Arguments, id: &str) -> Result<CleanReport, ClientError> {
    let request = CleanRequest {
        apply: true,
        plan_id: Some(id.to_owned()),
        ..request(arguments)
    };
    match client.send(&Method::POST, PATH, &request) {
        // The world has changed: the plan that it gives now tells how.
        Err(ClientError::Refused { status: 409, .. }) => Ok(CleanReport {
            outcome: "changed".into(),
            ..plan(client, arguments)?
        }),
        other => other,
    }
}

/// The longest that a refused instance would have to wait until only its grace is over, seconds.
fn longest_wait(plan: &PlanReport) -> Option<f64> {
    let of_processes = plan
        .refused
        .iter()
        .filter_map(|refused| match refused.reasons.as_slice() {
            [only] => only.wait_seconds,
            _ => None,
        });
    let of_containers = plan
        .containers_refused
        .iter()
        .filter_map(|refused| refused.wait_seconds);
    of_processes.chain(of_containers).max_by(f64::total_cmp)
}

fn show(
    setting: &Setting,
    arguments: &Arguments,
    document: &CleanReport,
    next: bool,
) -> anyhow::Result<()> {
    if arguments.json {
        return setting.output.json(document, true);
    }
    let mut page = render::clean::plan(&document.plan, &setting.output);
    if next {
        let options = super::repeated(arguments);
        page.push_str(&render::clean::next_step(
            &document.plan,
            &options,
            &setting.output,
        ));
    } else {
        page.push_str(&render::clean::result(document, &setting.output));
    }
    setting.output.text(&page)?;
    Ok(())
}

/// Shows what became of it; `shown`: the plan has been shown.
fn end(
    setting: &Setting,
    arguments: &Arguments,
    document: &CleanReport,
    shown: bool,
) -> anyhow::Result<u8> {
    if shown && !arguments.json {
        setting
            .output
            .text(&render::clean::result(document, &setting.output))?;
    } else {
        show(setting, arguments, document, false)?;
    }
    let refused = document.plan.leaves_something();
    Ok(match &*document.outcome {
        "changed" => exit::ERROR,
        "done" | "nothing_to_do" | "declined" if !refused => exit::FINE,
        _ => exit::WARNING,
    })
}
