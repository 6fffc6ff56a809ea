//! Situations that users of MCP servers report again and again, each cut down to its processes.

use std::fmt::Write as _;

use crate::support::check;

const DESKTOP: &str = "1 0 1 1 S 0 90000 - comm=systemd : /sbin/init
    900 1 900 900 S 1000 80000 - comm=systemd cgroup=/user.slice/user-1000.slice/user@1000.service/init.scope : /usr/lib/systemd/systemd --user";

/// Five servers of sessions that have crashed, two of one that runs.
#[test]
fn crashed_sessions_leave_servers_under_init() {
    let mut picture = DESKTOP.to_owned();
    for n in 0..5 {
        let (npm, node, session) = (2000 + 10 * n, 2001 + 10 * n, 1500 + n);
        write!(
            picture,
            "\n{npm} 1 {session} {session} S 1000 7000 - 0=sock:{npm}>0 1=sock:{node}>0 : npm·exec·@upstash/context7-mcp
             {node} {npm} {session} {session} S 1000 6999 - 0=sock:{npm}>0 1=sock:{node}>0 : node /home/user/.npm/_npx/1a2b/node_modules/.bin/context7-mcp
             @seen {npm} context7 gone=300"
        )
        .unwrap();
    }
    picture += "
        3000 900 3000 3000 S 1000 900 pts/1 : bash
        3001 3000 3001 3000 S 1000 800 pts/1 0=tty 11=sock:511>501 12=sock:512>502 21=sock:521>601 22=sock:522>602 : claude
        3010 3001 3001 3000 S 1000 790 pts/1 0=sock:501>511 1=sock:502>512 : npm·exec·@upstash/context7-mcp
        3011 3010 3001 3000 S 1000 789 pts/1 0=sock:501>511 1=sock:502>512 : node /home/user/.npm/_npx/1a2b/node_modules/.bin/context7-mcp
        3020 3001 3001 3000 S 1000 790 pts/1 0=sock:601>521 1=sock:602>522 : npm·exec·@modelcontextprotocol/server-memory
        3021 3020 3001 3000 S 1000 789 pts/1 0=sock:601>521 1=sock:602>522 : node /home/user/.npm/_npx/3c4d/node_modules/.bin/mcp-server-memory";
    check(
        &picture,
        "context7-mcp of Claude Code 3001: running 3010>3011
         server-memory of Claude Code 3001: running 3020>3021
         context7 of unknown gone: orphan 2000>2001
         context7 of unknown gone: orphan 2010>2011
         context7 of unknown gone: orphan 2020>2021
         context7 of unknown gone: orphan 2030>2031
         context7 of unknown gone: orphan 2040>2041
         clean 2000 2001
         clean 2010 2011
         clean 2020 2021
         clean 2030 2031
         clean 2040 2041",
    );
}

/// Ten identical pairs under one living app server: nothing of it looks like an orphan.
#[test]
fn ten_pairs_under_one_living_owner() {
    let mut picture = format!(
        "{DESKTOP}
         400 900 400 400 S 1000 9000 - {} : /home/user/.local/bin/codex app-server",
        (0..10)
            .map(|n| format!(
                "{}=pipe:{}w {}=pipe:{}r",
                10 + 2 * n,
                600 + n,
                11 + 2 * n,
                700 + n
            ))
            .collect::<Vec<_>>()
            .join(" ")
    );
    for n in 0..10 {
        let (npm, node, age) = (500 + 2 * n, 501 + 2 * n, 8000 - 600 * n);
        write!(
            picture,
            "\n{npm} 400 400 400 S 1000 {age} - 0=pipe:{i}r 1=pipe:{o}w : npm·exec·@playwright/mcp@latest
             {node} {npm} 400 400 S 1000 {age} - 0=pipe:{i}r 1=pipe:{o}w : node /home/user/.npm/_npx/9f/node_modules/.bin/mcp-server-playwright",
            i = 600 + n,
            o = 700 + n
        )
        .unwrap();
    }
    picture += "\n@findings surplus orphan duplicate\n@wish grace=0";
    let mut expected = String::new();
    for n in 0..10 {
        let state = if n < 9 { "surplus" } else { "running" };
        writeln!(
            expected,
            "playwright of Codex 400: {state} {}>{}",
            500 + 2 * n,
            501 + 2 * n
        )
        .unwrap();
    }
    let pids: Vec<String> = (500..518).map(|pid| pid.to_string()).collect();
    writeln!(expected, "find surplus warning {}", pids.join(" ")).unwrap();
    check(&picture, &expected);
}

/// The wrapper has died, and the desktop's service manager has adopted the server.
#[test]
fn adopted_by_the_users_service_manager() {
    check(
        &format!(
            "{DESKTOP}
             2001 900 1500 1500 S 1000 7000 - cgroup=/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-terminal-77.scope 0=pipe:7r 1=pipe:8w : node /srv/demo/node_modules/.bin/mcp-server-memory
             @writer 2001 no
             @seen 2001 memory gone=61 owner=Claude·Code/1500/8000"
        ),
        "memory of Claude Code gone: orphan 2001
         clean 2001",
    );
}

/// Two registries in a desktop program start the same server, the second one later.
#[test]
fn a_desktop_program_starts_a_server_twice() {
    let pair = |gap: u32| {
        format!(
            "{DESKTOP}
             300 900 300 300 S 1000 5000 - 10=sock:61>71 11=sock:62>72 : /usr/lib/claude-desktop/claude-desktop
             310 300 300 300 S 1000 4900 - 0=sock:71>61 1=sock:71>61 : npm·exec·@modelcontextprotocol/server-memory
             311 310 300 300 S 1000 4900 - 0=sock:71>61 1=sock:71>61 : node /home/user/.npm/_npx/3c4d/node_modules/.bin/mcp-server-memory
             320 300 300 300 S 1000 {age} - 0=sock:72>62 1=sock:72>62 : npm·exec·@modelcontextprotocol/server-memory
             321 320 300 300 S 1000 {age} - 0=sock:72>62 1=sock:72>62 : node /home/user/.npm/_npx/3c4d/node_modules/.bin/mcp-server-memory
             @findings duplicate surplus
             @wish grace=0",
            age = 4900 - gap
        )
    };
    for gap in [0, 45, 120] {
        check(
            &pair(gap),
            "server-memory of Claude Desktop 300: running 310>311
             server-memory of Claude Desktop 300: duplicate 320>321
             find duplicate warning 320 321",
        );
    }
    // An hour later it is no second start: the first was left behind.
    check(
        &pair(3600),
        "server-memory of Claude Desktop 300: surplus 310>311
         server-memory of Claude Desktop 300: running 320>321
         find surplus warning 310 311",
    );
}

/// The first process of a container is a shell and waits for nobody.
#[test]
fn zombies_under_a_shell_as_first_process() {
    let picture = |seconds: u32| {
        format!(
            "1 0 1 1 S 0 90000 - : sh -c run-everything
             11402 1 11372 11372 Z 0 60 - comm=mcp-server-time :
             11487 1 11372 11372 Z 0 60 - comm=npm·exec·@model :
             11488 1 11372 11372 Z 0 60 - comm=make :
             @me 77 0
             @zombie 11402 {seconds}
             @zombie 11487 {seconds}
             @zombie 11488 {seconds}
             @findings zombie orphan"
        )
    };
    // They belong to no instance: there is nothing left to stop.
    check(&picture(3), "");
    check(&picture(11), "find zombie warning 11402 11487 11488");
}

/// The pid of the dead owner belongs to another program by now, which started later.
#[test]
fn the_owners_pid_was_given_out_again() {
    let picture = |age: u32| {
        format!(
            "{DESKTOP}
             1500 900 1500 1500 S 1000 {age} - : /usr/bin/trading-daemon
             2001 900 1500 1500 S 1000 7000 - 0=pipe:7r 1=pipe:8w : node /srv/demo/node_modules/.bin/mcp-server-memory
             @writer 2001 no"
        )
    };
    // What runs under that pid proves that the owner was gone when it started.
    check(
        &picture(6000),
        "mcp-server-memory of unknown gone: orphan 2001\nclean 2001",
    );
    check(
        &picture(61),
        "mcp-server-memory of unknown gone: orphan 2001\nclean 2001",
    );
    check(
        &picture(59),
        "mcp-server-memory of unknown gone: orphan 2001\nkeep 2001: grace",
    );
}

/// Deaf to the end of its input and to signals: an orphan like others, with its wrapper.
#[test]
fn deaf_servers_are_orphans_too() {
    check(
        "1 0 1 1 S 0 90000 - comm=init : /sbin/init
         12284 1 12267 12267 S 1000 100 - 0=pipe:7r 1=pipe:8w : sh -c python3·/srv/demo/hub/deaf.py;·true
         12285 12284 12267 12267 S 1000 100 - 0=pipe:7r 1=pipe:8w exe=/usr/bin/python3 : /usr/bin/python3 /srv/demo/hub/deaf.py
         @declared mcp-hub /srv/demo/hub/config.json deaf sh -c python3·/srv/demo/hub/deaf.py;·true
         @hub 12267 37373 /srv/demo/hub/config.json
         @writer 12284 no
         @writer 12285 no
         @seen 12284 deaf gone=90",
        "deaf of mcp-hub gone: orphan 12284>12285 [gateway]
         clean 12284 12285",
    );
}

/// A grandchild has made a session of its own: a stop of the group would miss it.
#[test]
fn a_grandchild_in_its_own_session_goes_too() {
    check(
        &format!(
            "{DESKTOP}
             2001 900 1500 1500 S 1000 7000 - 0=pipe:7r 1=pipe:8w : node /srv/demo/node_modules/.bin/chrome-devtools-mcp
             2002 2001 1500 1500 S 1000 7000 - : node /srv/demo/node_modules/chrome-devtools-mcp/build/src/telemetry/watchdog/main.js
             2003 2001 2003 2003 S 1000 7000 - 5=pipe:9r : /usr/lib/chromium/chromium --headless --user-data-dir=/tmp/p
             2004 2003 2003 2003 S 1000 7000 - : /usr/lib/chromium/chromium --type=renderer
             @writer 2001 no
             @seen 2001 chrome-devtools gone=61
             @findings stray"
        ),
        "chrome-devtools of unknown gone: orphan 2001 + 2002 2003! 2004!
         clean 2001 2002 2003 2004
         find stray info 2003 2004",
    );
}

/// Descriptors without end, memory without end, a processor without end.
#[test]
fn leaks_show_in_a_single_picture_when_they_are_large() {
    let picture = |figures: &str| {
        format!(
            "{DESKTOP}
             300 900 300 300 S 1000 9000 - 10=sock:61>71 : /usr/bin/cursor
             310 300 300 300 S 1000 7200 - 0=sock:71>61 1=sock:71>61 {figures} : node /srv/demo/node_modules/.bin/chrome-devtools-mcp
             @findings fds_near_limit hot"
        )
    };
    let running = "chrome-devtools-mcp of Cursor 300: running 310";
    check(&picture("open=600/1024"), running);
    check(
        &picture("open=998/1024"),
        &format!("{running}\nfind fds_near_limit error 310"),
    );
    check(&picture("cpu=99 busy=10"), running);
    check(
        &picture("cpu=99 busy=7000"),
        &format!("{running}\nfind hot error 310"),
    );
}

/// An orphan that has grown is worse than one that has not.
#[test]
fn heavy_and_busy_orphans_are_errors() {
    let picture = |figures: &str| {
        format!(
            "{DESKTOP}
             2001 900 1500 1500 S 1000 7200 - 0=pipe:7r 1=pipe:8w {figures} : node /srv/demo/node_modules/.bin/chrome-devtools-mcp
             @writer 2001 no
             @seen 2001 chrome gone=7100
             @findings orphan"
        )
    };
    for (figures, severity) in [
        ("rss=103", "warning"),
        ("rss=1660", "error"),
        ("cpu=97", "error"),
    ] {
        check(
            &picture(figures),
            &format!(
                "chrome of unknown gone: orphan 2001\nclean 2001\nfind orphan {severity} 2001"
            ),
        );
    }
}

/// Behind a bridge the server has died: the bridge goes on answering, but its server is missing.
#[test]
fn a_bridge_without_its_server() {
    check(
        &format!(
            "{DESKTOP}
             400 900 400 400 S 1000 900 - listen=8931 cwd=/srv/demo : /srv/demo/venv/bin/python3 /srv/demo/venv/bin/mcp-proxy --port 8931 --named-server-config servers.json
             @declared mcp-proxy /srv/demo/servers.json time mcp-server-time --local-timezone UTC
             @findings not_running"
        ),
        "time of mcp-proxy: not_running
         find not_running warning",
    );
}

/// The client of `docker run` has died; its container goes on. Only its engine may stop it.
#[test]
fn a_container_that_outlived_its_client() {
    let id = "0123456789abcdef".repeat(4);
    let picture = |extra: &str| {
        format!(
            "1 0 1 1 S 0 90000 - comm=systemd : /sbin/init
             800 1 800 800 S 0 90000 - cgroup=/system.slice/containerd.service : /usr/bin/containerd-shim-runc-v2 -namespace moby
             820 800 820 820 S 0 9000 - container={id} cgroup=/system.slice/docker-{id}.scope 0=pipe:7r 1=pipe:8w : node /app/dist/index.js mcp-server-fetch
             821 820 820 820 S 0 9000 - container={id} cgroup=/system.slice/docker-{id}.scope 0=pipe:9r 1=pipe:10w : /usr/bin/python3 /usr/local/bin/mcp-server-fetch
             @me 77 0
             @wish grace=0 all-users {extra}"
        )
    };
    let named = "mcp-server-fetch of container 0123456789ab service: running 821";
    check(&picture(""), named);
    check(
        &picture("only=mcp-server-fetch"),
        &format!("{named}\nkeep 821: in_container system_service cannot_judge"),
    );
}
