//! Servers read into what runs them, limits put together, and secrets that nobody sees.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use supervise::adopt::Survival;
use supervise::spec::{Exit, Hidden, Readiness, RestartPolicy, Transport, Value};
use supervise::{Order, Spec};

use super::{LogLimits, ServerSetting, What};
use crate::config::{Config, OpenFiles, Problems, ServerLimits, parse};

fn read(text: &str) -> Config {
    let config = parse(text, Path::new("/etc/mcpvisor"));
    config.unwrap_or_else(|problems| panic!("{problems}\n{text}"))
}

/// The only server of a text.
fn server(lines: &str) -> ServerSetting {
    let config = read(&format!("[[server]]\nname = \"a\"\n{lines}\n"));
    config.servers.into_iter().next().unwrap()
}

fn spec(lines: &str) -> Spec {
    Spec::clone(server(lines).spec().unwrap())
}

#[test]
fn what_is_not_said_is_as_in_a_bare_specification() {
    let setting = server("command = \"a\"");
    let spec = setting.spec().unwrap();
    assert_eq!(**spec, Spec::new("a", spec.runs.clone()));
    assert_eq!(spec.runs.program, "a");
    assert!(spec.runs.arguments.is_empty() && spec.runs.environment.is_empty());
    assert_eq!(
        (setting.autostart, setting.survival, setting.log),
        (true, Survival::Adopt, LogLimits::default())
    );
    assert_eq!(setting.package, None);
    // All that is shown says the same again.
    let config = read("[[server]]\nname = \"a\"\ncommand = \"a\"\n");
    assert_eq!(read(&config.effective()), config);
}

#[test]
fn what_is_said_arrives() {
    let spec = spec(
        "command = [\"npx\", \"-y\", \"x\"]\ntransport = \"http\"\nready = { port = 3000 }\nuser = \"ada\"\n\
         directory = \"work\"\nstart = { quiet = \"1m\", cap = \"2m\", settle = \"1s\" }\n\
         stop = { stdin_grace = \"3s\", kill_after = \"4s\" }\n\
         restart = { policy = \"always\", success = [0, 7], pause = \"2s\", pause_cap = \"1m\", \
         reset_after = \"5m\", failures = 3, within = \"20m\", slow = \"30m\" }\n\
         env = { A = \"plain\", B = { file = \"b.secret\" }, C = { variable = \"OURS\" } }",
    );
    assert_eq!(
        (spec.runs.program.as_str(), spec.runs.arguments.as_slice()),
        ("npx", &["-y".to_owned(), "x".to_owned()][..])
    );
    assert_eq!(spec.runs.transport, Transport::Http);
    assert_eq!(spec.runs.user.as_deref(), Some("ada"));
    assert_eq!(spec.runs.directory.as_deref(), Some("/etc/mcpvisor/work"));
    let environment: Vec<(&str, &Value)> = spec
        .runs
        .environment
        .iter()
        .map(|(name, value)| (name.as_str(), value))
        .collect();
    assert_eq!(
        environment,
        [
            ("A", &Value::Plain(Hidden("plain".to_owned()))),
            ("B", &Value::File("/etc/mcpvisor/b.secret".to_owned())),
            ("C", &Value::Variable("OURS".to_owned())),
        ]
    );
    assert_eq!(spec.readiness, Readiness::Port(3000));
    let seconds = Duration::from_secs;
    assert_eq!(
        [spec.start.quiet, spec.start.cap, spec.start.settle],
        [seconds(60), seconds(120), seconds(1)]
    );
    assert_eq!(
        [spec.stop.grace_eof, spec.stop.kill_after],
        [seconds(3), seconds(4)]
    );
    let restart = &spec.restart;
    assert_eq!(restart.policy, RestartPolicy::Always);
    assert!(restart.is_success(Exit::Code(7)) && !restart.is_success(Exit::Code(1)));
    assert_eq!(
        [restart.backoff.base(), restart.backoff.cap()],
        [seconds(2), seconds(60)]
    );
    assert_eq!(
        [restart.reset_after, restart.limit.within, restart.slow],
        [seconds(300), seconds(1_200), seconds(1_800)]
    );
    assert_eq!(restart.limit.failures.get(), 3);
}

#[test]
fn a_program_by_itself_has_its_arguments_apart() {
    let together = spec("command = [\"/srv/my server\", \"a b\", \"\"]");
    let apart = spec("command = \"/srv/my server\"\nargs = [\"a b\", \"\"]");
    assert_eq!(together, apart);
}

#[test]
fn what_a_start_fetches_is_known() {
    let setting = server("command = [\"npx\", \"-y\", \"@scope/name@1\"]");
    assert_eq!(setting.package.as_deref(), Some("npm:@scope/name"));
}

#[test]
fn servers_of_others_are_not_run() {
    let config = read(
        "[[server]]\nname = \"u\"\nurl = \"https://a.example/mcp?key=hunter2hunter2\"\n\
         [[server]]\nname = \"c\"\ncontainer = \"box\"\n",
    );
    let [url, container] = &config.servers[..] else {
        panic!("{config:?}")
    };
    let What::Url(address) = &url.what else {
        panic!("{url:?}")
    };
    assert_eq!(address.as_str(), "https://a.example/mcp?key=hunter2hunter2");
    assert_eq!(address.shown(), "https://a.example/mcp?key=(hidden)");
    assert_eq!(container.what, What::Container("box".to_owned()));
    for setting in [url, container] {
        assert!(setting.spec().is_none() && !setting.autostart);
    }
    assert!(!format!("{config:?}").contains("hunter2"), "{config:?}");
}

#[test]
fn every_order_that_is_accepted_is_one() {
    let config = read(
        "[[server]]\nname = \"web\"\ncommand = \"a\"\ndepends_on = [\"db\", \"cache\"]\n\
         [[server]]\nname = \"db\"\ncommand = \"a\"\n\
         [[server]]\nname = \"cache\"\ncommand = \"a\"\ndepends_on = [\"db\"]\n",
    );
    let specs = config.servers.iter().filter_map(ServerSetting::spec);
    let order = Order::of(specs.map(|spec| (spec.name.as_str(), spec.depends_on.as_slice())));
    let order = order.unwrap();
    assert_eq!(order.start().collect::<Vec<_>>(), ["db", "cache", "web"]);
}

#[test]
fn nearer_limits_go_before_farther_ones_key_by_key() {
    let config = read(
        "[limits.default]\nmemory_max = \"1GiB\"\npids_max = 100\ncpu_max = 1\nnofile = 1024\nrun_time = \"8h\"\n\
         [limits.a]\npids_max = 50\ncpu_max = \"none\"\nnofile = \"1024:2048\"\n\
         [limits.containers]\nmemory_max = \"2GiB\"\n\
         [[server]]\nname = \"a\"\ncommand = \"a\"\nlimits = { pids_max = 25, run_time = \"none\", io_weight = 50 }\n\
         [[server]]\nname = \"box\"\ncontainer = \"box\"\nlimits = { cpu_max = 0.5 }\n",
    );
    let own = config.limits_of("a");
    assert_eq!(own.memory_max, Some(1 << 30), "of all");
    assert_eq!(own.cpu, None, "taken away by its name");
    assert_eq!(
        own.nofile,
        Some(OpenFiles {
            soft: 1024,
            hard: 2048
        })
    );
    assert_eq!(
        (own.pids_max, own.io_weight),
        (Some(25), Some(50)),
        "its own"
    );
    assert_eq!(own.run_time, None, "taken away by itself");

    let other = config.limits_of("somebody else's");
    assert_eq!(other.pids_max, Some(100));
    assert_eq!(other.run_time, Some(Duration::from_hours(8)));
    assert_eq!(other.nofile, Some(OpenFiles::same(1024)));

    let container = config.limits_of("box");
    assert_eq!(
        (container.memory_max, container.cpu, container.pids_max),
        (Some(2 << 30), Some(0.5), None),
        "what holds for processes does not for containers"
    );
    assert_eq!(config.limits_of_containers().cpu, None);
    assert_eq!(config.limits.names().collect::<Vec<_>>(), ["a"]);
    assert_eq!(Config::default().limits_of("a"), ServerLimits::default());
}

#[test]
fn bounds_hold() {
    let many = |count: usize| {
        let one = |at| format!("[[server]]\nname = \"s{at}\"\ncommand = \"a\"\n");
        (0..count).map(one).collect::<String>()
    };
    assert_eq!(read(&many(500)).servers.len(), 500);
    let arguments = vec!["\"x\""; 1_001].join(", ");
    let variables: Vec<String> = (0..201).map(|at| format!("V{at} = \"\"")).collect();
    let variables = variables.join(", ");
    let needs: Vec<String> = (0..51).map(|at| format!("\"s{at}\"")).collect();
    let needs = needs.join(", ");
    let limits = (0..501).map(|at| format!("[limits.l{at}]\n"));
    for (text, words) in [
        (
            many(501),
            "there are 501 `[[server]]`; at most 500 are read",
        ),
        (
            format!("[[server]]\nname = \"a\"\ncommand = [{arguments}]\n"),
            "has more than 1000 words",
        ),
        (
            format!("[[server]]\nname = \"a\"\ncommand = \"a\"\nenv = {{ {variables} }}\n"),
            "201 variables are too many; 200 are the most",
        ),
        (
            format!(
                "[[server]]\nname = \"a\"\ncommand = \"a\"\ndepends_on = [{needs}]\n{}",
                many(51)
            ),
            "51 are too many; 50 are the most",
        ),
        (
            limits.collect(),
            "there are 501 of them; at most 500 are read",
        ),
        (
            format!(
                "[[server]]\nname = \"a\"\ncommand = \"a\"\nargs = [\"{}\"]\n",
                "x".repeat((128 << 10) + 1)
            ),
            "longer than 128 KiB",
        ),
        (
            format!(
                "[[server]]\nname = \"a\"\ncommand = \"a\"\nenv = {{ A = \"{}\" }}\n",
                "x".repeat((128 << 10) + 1)
            ),
            "longer than 128 KiB",
        ),
        (
            format!(
                "[[server]]\nname = \"a\"\nurl = \"http://a/{}\"\n",
                "x".repeat(2_000)
            ),
            "longer than any address",
        ),
    ] {
        let problems = parse(&text, Path::new("/etc")).err();
        let told = problems.as_ref().map(Problems::to_string);
        assert!(
            told.as_ref().is_some_and(|told| told.contains(words)),
            "{words}: {told:?}"
        );
        let list = problems.as_ref().map(Problems::list).unwrap_or_default();
        assert!(
            list.iter().all(|problem| problem.line.is_some()),
            "{list:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever a value is, and whatever else is wrong with its server, nobody sees it.
    #[test]
    fn values_of_variables_are_seen_nowhere(
        secret in "[a-z0-9$ {}~/]{0,12}",
        form in 0_usize..9,
        is_wrong in any::<bool>(),
        name in "[A-Z=$ ]{0,3}",
    ) {
        // What no other part of a text has.
        let secret = format!("q7{secret}q7");
        let value = match form {
            0 => format!("\"{secret}\""),
            1 => format!("[\"{secret}\"]"),
            2 => format!("{{ fil = \"{secret}\" }}"),
            3 => format!("{{ env = \"{secret}\" }}"),
            4 => format!("{{ file = \"/a\", \"variable\" = \"{secret}\" }}"),
            5 => format!("\"{secret}\\u0000\""),
            6 => format!("\"${{{secret}}}\""),
            7 => format!("{{ file = {{ a = \"{secret}\" }} }}"),
            _ => format!("'{secret}'"),
        };
        let more = if is_wrong { "ready = 5\ncolour = 1\n" } else { "" };
        let text = format!("[[server]]\nname = \"a\"\ncommand = \"a\"\n{more}env = {{ \"{name}\" = {value} }}\n");
        let seen = match parse(&text, Path::new("/etc")) {
            Ok(config) => {
                let json = serde_json::to_string(&config).unwrap();
                format!("{config:?}\n{json}\n{}", config.effective())
            }
            Err(problems) => format!("{problems}\n{problems:?}"),
        };
        prop_assert!(!seen.contains("q7"), "{text}\n{seen}");
    }
}
