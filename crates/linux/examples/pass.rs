//! What a pass costs: makes passes over the machine's processes and prints their CPU time.
//!
//! `pass [--count N] [--warm N] [--interval SECONDS] [--handles N] [--pss] [--files] [--connections]
//! [--budget SHARE] [--watch N]`. By default: cheap figures of all processes, no budget, as many kept
//! files as the limit of descriptors allows. With `--watch` the first N processes are read at
//! each pass and the others at each fifth, as a live view does.
#![expect(clippy::print_stdout, reason = "a program that prints figures")]

use std::io::Error;
use std::time::Duration;

use linux::{Budget, Collector, Options, Pass, ProcRoot, Selection, Wants, clock};

struct Settings {
    count: usize,
    warm: usize,
    watch: Option<usize>,
    interval: Duration,
    options: Options,
    wants: Wants,
}

fn settings() -> Result<Settings, Error> {
    let mut settings = Settings {
        count: 20,
        warm: 3,
        watch: None,
        interval: Duration::ZERO,
        options: Options::one_shot(),
        wants: Wants::cheap(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || {
            let text = arguments.next();
            let value = text.and_then(|text| text.trim_end_matches('s').parse::<f64>().ok());
            value.ok_or_else(|| Error::other(format!("`{argument}` needs a number")))
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a negative or fractional count becomes the nearest sensible one"
        )]
        let mut count = || number().map(|value| value as usize);
        match argument.as_str() {
            "--count" => settings.count = count()?,
            "--warm" => settings.warm = count()?,
            "--watch" => settings.watch = Some(count()?),
            "--handles" => settings.options.handles = Some(count()?),
            "--interval" => {
                settings.interval = Duration::from_secs_f64(number()?.clamp(0.0, 3600.0));
            }
            "--budget" => {
                let cpu_share = number()?;
                settings.options.budget = Some(Budget::of(cpu_share));
            }
            "--pss" => settings.wants.pss = Selection::All,
            "--files" => settings.wants.files = Selection::All,
            "--connections" => settings.wants.connections = Selection::All,
            _ => return Err(Error::other(format!("unknown argument `{argument}`"))),
        }
    }
    Ok(settings)
}

/// The watched processes before all others, and at most passes only they.
fn narrow(wants: &mut Wants, watched: usize, last: &Pass, pass: usize) {
    let programs = last.samples.iter().filter(|s| s.counters.ppid != 2);
    let pids: Vec<u32> = programs.map(|s| s.id.pid).take(watched).collect();
    for costly in [&mut wants.pss, &mut wants.files, &mut wants.connections] {
        if *costly != Selection::None {
            *costly = Selection::only(pids.iter().copied());
        }
    }
    wants.counters = if pass.is_multiple_of(5) {
        Selection::All
    } else {
        Selection::only(pids)
    };
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut settings = settings()?;
    let mut collector = Collector::new(ProcRoot::system()?, settings.options);
    let mut costs = Vec::with_capacity(settings.count);
    let mut last: Option<Pass> = None;
    let mut processes = 0;
    for pass in 0..settings.warm + settings.count {
        if let Some(last) = &last {
            if let Some(watched) = settings.watch {
                narrow(&mut settings.wants, watched, last, pass);
            }
            #[expect(clippy::disallowed_methods, reason = "nothing else happens here")]
            std::thread::sleep(settings.interval);
        }
        let before = clock::process_cpu_ns();
        let result = collector.pass(clock::now(), &settings.wants);
        let cost = (clock::process_cpu_ns() - before) as f64 / 1e3;
        processes = result.samples.len();
        if pass >= settings.warm {
            costs.push(cost);
        }
        last = Some(result);
    }
    let Some(last) = last.filter(|_| !costs.is_empty()) else {
        return Ok(());
    };
    let mean = costs.iter().sum::<f64>() / costs.len() as f64;
    costs.sort_by(f64::total_cmp);
    let median = costs[costs.len() / 2];
    println!("processes          {processes}");
    println!("CPU a pass         {median:.0} µs median, {mean:.0} µs mean");
    println!(
        "CPU a process      {:.2} µs",
        median / processes.max(1) as f64
    );
    println!(
        "lowest, highest    {:.0}, {:.0} µs",
        costs[0],
        costs[costs.len() - 1]
    );
    println!("last pass          {:?}", last.cost);
    println!("given up           {:?}", last.shed);
    for unavailable in &last.unavailable {
        println!(
            "unavailable        {}: {}",
            unavailable.what, unavailable.why
        );
    }
    let status = std::fs::read_to_string("/proc/self/status")?;
    for line in status
        .lines()
        .filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM"))
    {
        println!("{line}");
    }
    Ok(())
}
