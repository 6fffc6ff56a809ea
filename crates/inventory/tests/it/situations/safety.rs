//! Every rule of cleaning: a case that is refused for the right reason, and a near twin that is not.

use crate::support::check;

const INIT: &str = "1 0 1 1 S 0 90000 - comm=systemd : /sbin/init
    900 1 900 900 S 1000 80000 - comm=systemd cgroup=/user.slice/user-1000.slice/user@1000.service/init.scope : /usr/lib/systemd/systemd --user";

/// A server whose owner died long ago and which nobody uses: `more` and `lines` say what differs.
fn orphan(more: &str, lines: &str) -> String {
    format!(
        "{INIT}
         2001 900 1500 1500 S 1000 7000 - 0=pipe:7r 1=pipe:8w {more} : node /srv/demo/node_modules/.bin/mcp-server-memory /data
         @writer 2001 no
         @seen 2001 memory gone=3600
         {lines}"
    )
}

const FOUND: &str = "memory of unknown gone: orphan 2001";

#[track_caller]
fn cleaned(more: &str, lines: &str) {
    check(&orphan(more, lines), &format!("{FOUND}\nclean 2001"));
}

#[track_caller]
fn kept(more: &str, lines: &str, reasons: &str) {
    check(
        &orphan(more, lines),
        &format!("{FOUND}\nkeep 2001: {reasons}"),
    );
}

#[test]
fn an_orphan_that_nobody_uses_is_cleaned() {
    cleaned("", "");
}

#[test]
fn owner_alive() {
    let picture = "900 0 900 900 S 1000 80000 - 20=pipe:7w 21=pipe:8r : claude
        2001 900 900 900 S 1000 7000 - 0=pipe:7r 1=pipe:8w : node /srv/demo/node_modules/.bin/mcp-server-memory";
    let running = "mcp-server-memory of Claude Code 900: running 2001";
    check(picture, running);
    // Not even when somebody asks for it by name.
    check(
        &format!("{picture}\n@wish grace=0 only=mcp-server-memory"),
        &format!("{running}\nkeep 2001: owner_alive stdio_in_use"),
    );
}

#[test]
fn grace() {
    let picture = |seen: &str, grace: &str| {
        format!(
            "{INIT}
             2001 900 1500 1500 S 1000 7000 - 0=pipe:7r 1=pipe:8w : node /srv/demo/node_modules/.bin/mcp-server-memory
             @writer 2001 no
             {seen}
             {grace}"
        )
    };
    let found = "mcp-server-memory of unknown gone: orphan 2001\n";
    for (seen, grace, verdict) in [
        // Nobody knows since when: it may be a second.
        ("", "", "keep 2001: grace"),
        ("@seen 2001 mcp-server-memory", "", "keep 2001: grace"),
        (
            "@seen 2001 mcp-server-memory gone=59",
            "",
            "keep 2001: grace",
        ),
        ("@seen 2001 mcp-server-memory gone=61", "", "clean 2001"),
        (
            "@seen 2001 mcp-server-memory gone=61",
            "@wish grace=300",
            "keep 2001: grace",
        ),
        ("", "@wish grace=0", "clean 2001"),
    ] {
        check(&picture(seen, grace), &format!("{found}{verdict}"));
    }
}

#[test]
fn younger_than_asked_for() {
    cleaned("", "@wish older=6999");
    kept("", "@wish older=7001", "younger");
}

#[test]
fn standard_input_held_by_somebody() {
    // A program that is no known client holds the pipe: then that is the owner.
    check(
        &orphan(
            "",
            "2500 900 2500 2500 S 1000 9000 - 9=pipe:7w : /usr/bin/supervise-tools",
        ),
        "mcp-server-memory of supervise-tools 2500: running 2001"
            .replace("mcp-server-memory", "memory")
            .as_str(),
    );
    // It holds only the reading end: nobody can say anything to the server any more.
    cleaned(
        "",
        "2500 900 2500 2500 S 1000 9000 - 9=pipe:7r : /usr/bin/supervise-tools",
    );
    // Somebody still reads what it says.
    kept(
        "",
        "2500 900 2500 2500 S 1000 9000 - 9=pipe:8r : /usr/bin/supervise-tools",
        "stdio_in_use",
    );
}

#[test]
fn standard_input_on_a_socket_pair() {
    let picture = |peer: &str, lines: &str| {
        format!(
            "{INIT}
             2001 900 1500 1500 S 1000 7000 - 0=sock:12>{peer} 1=sock:12>{peer} : node /srv/demo/node_modules/.bin/mcp-server-memory
             @seen 2001 memory gone=3600
             {lines}"
        )
    };
    check(&picture("0", ""), &format!("{FOUND}\nclean 2001"));
    check(
        &picture(
            "15",
            "2500 900 2500 2500 S 1000 9000 - 9=sock:15>12 : node agent.js",
        ),
        "memory of agent.js 2500: running 2001",
    );
    // The other end exists, and nobody whom we may look into has it: root's process, perhaps.
    check(
        &picture("15", ""),
        &format!("{FOUND}\nkeep 2001: stdio_in_use"),
    );
    // The kernel did not say.
    check(
        &picture("?", ""),
        &format!("{FOUND}\nkeep 2001: cannot_judge"),
    );
}

#[test]
fn standard_input_held_by_a_process_that_cannot_be_looked_into() {
    let picture = |answer: &str| {
        format!(
            "{INIT}
             70 1 70 70 S 0 9000 - fds=? conns=? : /usr/sbin/agentd
             2001 900 1500 1500 S 1000 7000 - 0=pipe:7r 1=pipe:8w : node /srv/demo/node_modules/.bin/mcp-server-memory
             @seen 2001 memory gone=3600
             {answer}"
        )
    };
    check(
        &picture("@writer 2001 yes"),
        &format!("{FOUND}\nkeep 2001: stdio_in_use"),
    );
    check(&picture(""), &format!("{FOUND}\nkeep 2001: cannot_judge"));
    check(&picture("@writer 2001 no"), &format!("{FOUND}\nclean 2001"));
}

/// The Python SDK moves its two ends out of the way of what the server prints.
#[test]
fn a_conversation_on_other_descriptors() {
    let picture = |wires: &str, lines: &str| {
        format!(
            "{INIT}
             2001 900 1500 1500 S 1000 7000 - {wires} : /srv/demo/venv/bin/python3 /srv/demo/venv/bin/mcp-server-time
             @seen 2001 time gone=3600
             {lines}"
        )
    };
    let moved = "0=null 1=/log 2=/log 6=pipe:7r 7=pipe:8w";
    let found = "time of unknown gone: orphan 2001";
    check(
        &picture(
            moved,
            "2500 900 2500 2500 S 1000 9000 - 9=pipe:7w : node agent.js",
        ),
        "time of agent.js 2500: running 2001",
    );
    check(
        &picture(moved, "@writer 2001 no"),
        &format!("{found}\nclean 2001"),
    );
    check(
        &picture(moved, "@writer 2001 yes"),
        &format!("{found}\nkeep 2001: stdio_in_use"),
    );
    check(
        &picture(moved, ""),
        &format!("{found}\nkeep 2001: cannot_judge"),
    );
    // Moved in another way than that SDK does: still somebody can speak to it.
    for (elsewhere, holder) in [
        ("0=null 1=/log 2=/other 6=pipe:7r", "9=pipe:7w"),
        ("0=null 1=/log 2=/other 6=sock:12>15", "9=sock:15>12"),
    ] {
        check(
            &picture(
                elsewhere,
                &format!("2500 900 2500 2500 S 1000 9000 - {holder} : node agent.js"),
            ),
            &format!("{found}\nkeep 2001: not_sure stdio_in_use"),
        );
    }
    // A daemon that has inherited the ends of a pipeline that is gone.
    check(
        &picture(&format!("{moved} listen=8000"), "@writer 2001 no"),
        &format!("{found}\nkeep 2001: may_be_daemon"),
    );
}

#[test]
fn descriptors_that_cannot_be_read() {
    kept("fds=?", "", "cannot_judge");
}

#[test]
fn a_terminal_that_is_still_open() {
    let picture = |tty: &str| {
        format!(
            "{INIT}
             2001 900 1500 1500 S 1000 7000 - 0={tty} 1={tty} : node /srv/demo/node_modules/.bin/mcp-server-memory
             @seen 2001 memory gone=3600"
        )
    };
    check(
        &picture("tty"),
        &format!("{FOUND}\nkeep 2001: not_sure stdio_in_use"),
    );
}

/// What it has asked of others keeps nobody waiting for it.
#[test]
fn outgoing_connections_do_not_protect() {
    cleaned(
        "out=5432:33>34",
        "60 1 60 60 S 105 9000 - listen=5432 in=5432:34>33 cgroup=/system.slice/postgresql.service : /usr/lib/postgresql/15/bin/postgres",
    );
}

#[test]
fn incoming_connections_protect() {
    let peer = "2500 900 2500 2500 S 1000 9000 - out=8080:32>31 : /usr/bin/curl";
    kept("listen=8080 in=8080:31>32", peer, "peers_connected");
    // Somebody from elsewhere.
    kept("listen=8080 in=8080:31>?", "", "peers_connected");
    // It listens, but nobody has come, and its pipe says that it was started by a client.
    cleaned("listen=8080", "");
    // The peer has hung up.
    cleaned("listen=8080 in=8080:31>0", "");
}

/// A lock that a living server of the same name waits for or shares: who of them writes?
#[test]
fn shared_locks_protect() {
    let sibling = |file: &str| {
        format!(
            "3000 900 3000 3000 S 1000 500 - 20=sock:61>62 : claude
             3001 3000 3000 3000 S 1000 400 - 0=sock:62>61 1=sock:62>61 5={file} : node /srv/demo/node_modules/.bin/mcp-server-memory /data
             @lock 2001 /data/store.lock
             @declared Claude·Code /home/user/.claude.json memory npx -y @modelcontextprotocol/server-memory /data"
        )
    };
    let both = "memory of Claude Code 3000: running 3001 [user]
        memory of Claude Code gone: orphan 2001 [user]";
    check(
        &orphan("5=/data/store.lock", &sibling("/data/store.lock")),
        &format!("{both}\nkeep 2001: shared_with_sibling"),
    );
    check(
        &orphan("5=/data/store.lock", &sibling("/data/other.lock")),
        &format!("{both}\nclean 2001"),
    );
}

/// An orphan's descendants that have become something of the user's own stay.
#[test]
fn what_has_become_the_users_own_is_spared() {
    let picture = |child: &str| {
        format!(
            "{INIT}
             2001 900 1500 1500 S 1000 7000 - 0=pipe:7r 1=pipe:8w : node /srv/demo/node_modules/.bin/desktop-commander-mcp
             2100 2001 1500 1500 S 1000 7000 - : git gc
             {child}
             @writer 2001 no
             @seen 2001 commander gone=3600"
        )
    };
    for (child, spared, stray) in [
        (
            "2200 2001 2200 2200 S 1000 600 pts/4 0=tty : bash\n2201 2200 2201 2200 S 1000 500 pts/4 0=tty : vim notes",
            true,
            "2200! 2201!",
        ),
        (
            "2200 2001 1500 1500 S 1000 600 - : /usr/lib/firefox/firefox\n2201 2200 1500 1500 S 1000 500 - : /usr/lib/firefox/firefox -contentproc",
            true,
            "2200 2201",
        ),
        (
            "2200 2001 1500 1500 S 1000 600 - : /usr/share/code/code /home/user/project\n2201 2200 1500 1500 S 1000 500 - : /usr/share/code/code --type=renderer",
            true,
            "2200 2201",
        ),
        (
            "2200 2001 2200 2200 S 1000 600 - listen=3000 in=3000:31>? : node server.js\n2201 2200 2200 2200 S 1000 500 - : esbuild",
            true,
            "2200! 2201!",
        ),
        (
            "2200 2001 2200 2200 S 1000 600 - : tmux: server\n2201 2200 2201 2201 S 1000 500 pts/7 0=tty : bash",
            true,
            "2200! 2201!",
        ),
        // A browser that nobody sees, and a server of its own that nobody talks to, go.
        (
            "2200 2001 1500 1500 S 1000 600 - : /usr/lib/chromium/chromium --headless\n2201 2200 1500 1500 S 1000 500 - : /usr/lib/chromium/chromium --type=gpu-process",
            false,
            "2200 2201",
        ),
        (
            "2200 2001 2200 2200 S 1000 600 - listen=3000 : node server.js\n2201 2200 2200 2200 S 1000 500 - : esbuild",
            false,
            "2200! 2201!",
        ),
    ] {
        let (all, rest) = if spared {
            ("", "\nspare 2200")
        } else {
            (" 2200 2201", "")
        };
        check(
            &picture(child),
            &format!(
                "commander of unknown gone: orphan 2001 + 2100 {stray}\nclean 2001 2100{all}{rest}"
            ),
        );
    }
}

#[test]
fn containers_and_services() {
    let id = "0123456789abcdef".repeat(4);
    for (cgroup, reason) in [
        ("/system.slice/mcp-memory.service", Some("system_service")),
        ("/machine.slice/machine-build.scope", Some("system_service")),
        (
            "/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-code-2411.scope",
            None,
        ),
        ("/user.slice/user-1000.slice/session-4.scope", None),
        (
            "/user.slice/user-1000.slice/user@1000.service/init.scope",
            None,
        ),
        ("/", None),
        // A login without a session of its own.
        ("/system.slice/ssh.service", None),
    ] {
        match reason {
            Some(reason) => kept(&format!("cgroup={cgroup}"), "", reason),
            None => cleaned(&format!("cgroup={cgroup}"), ""),
        }
    }
    // Inside the same container as we are ourselves, it is no reason.
    let me = |container: &str| {
        format!("77 900 77 77 S 1000 5 - container={container} : mcpvisor clean\n@me 77 1000")
    };
    cleaned(&format!("container={id}"), &me(&id));
    check(
        &orphan(&format!("container={id}"), "@wish only=memory"),
        "memory of container 0123456789ab service: running 2001\nkeep 2001: in_container",
    );
}

/// Terminals' own servers stay whatever hangs below or above them.
#[test]
fn terminal_multiplexers_and_logins() {
    for keeper in ["tmux:·server", "/usr/bin/SCREEN", "sshd:·user@pts/3"] {
        let picture = format!(
            "{INIT}
             1800 900 1800 1800 S 1000 9000 - comm={} : {keeper}
             1801 1800 1801 1801 S 1000 9000 pts/3 0=tty : -bash
             1802 1801 1802 1801 S 1000 8000 pts/3 0=tty 1=tty : node /srv/demo/node_modules/.bin/mcp-server-memory
             @wish grace=0",
            match keeper {
                "/usr/bin/SCREEN" => "SCREEN",
                "tmux:·server" => "tmux:·server",
                _ => "sshd",
            }
        );
        check(&picture, "mcp-server-memory of bash 1801: running 1802");
    }
}

/// Somebody runs mcpvisor inside of what an orphan has opened.
#[test]
fn our_own_ancestors() {
    let me = |parent: u32| {
        format!("2100 {parent} 1500 1500 S 1000 5 - : /usr/bin/mcpvisor clean\n@me 2100 1000")
    };
    check(
        &orphan("", &me(2001)),
        &format!("{FOUND} + 2100\nkeep 2001: our_ancestor"),
    );
    cleaned("", &me(900));
}

#[test]
fn other_users() {
    cleaned("", "@me 77 1000");
    kept("", "@me 77 1001", "other_user");
    kept("", "@me 77 0", "other_user");
    cleaned("", "@me 77 0\n@wish all-users");
    // It is root's to decide, not anybody's who would like to.
    kept("", "@me 77 1001\n@wish all-users", "other_user");
    // One process of another user within is enough.
    check(
        &orphan("", "2002 2001 1500 1500 S 1001 600 - : helper"),
        &format!("{FOUND} + 2002\nkeep 2001: other_user"),
    );
    check(
        &orphan("", "2002 2001 1500 1500 S ? 600 - : helper"),
        &format!("{FOUND} + 2002\nkeep 2001: cannot_judge"),
    );
}

#[test]
fn never_touch() {
    for word in ["memory", "node", "/data", "mcp-server-mem"] {
        kept("", &format!("@wish never={word}"), "never_touch");
    }
    cleaned("", "@wish never=postgres");
    cleaned("", "@wish never=");
}

#[test]
fn exclude_and_only() {
    check(&orphan("", "@wish exclude=memory"), FOUND);
    check(&orphan("", "@wish only=time"), FOUND);
    cleaned("", "@wish only=orphan");
    cleaned("", "@wish only=2001");
}

/// The name says little, and nothing else says more.
#[test]
fn not_sure_enough() {
    let picture = |program: &str| {
        format!(
            "{INIT}
             2001 900 1500 1500 S 1000 7000 - 0=/home/user/in.txt 1=/home/user/out.txt : {program}
             @seen 2001 notes gone=3600"
        )
    };
    check(
        &picture("/home/user/bin/notes-mcp"),
        "notes of unknown gone: orphan 2001\nkeep 2001: not_sure",
    );
    check(
        &picture("/home/user/bin/notes-mcp-server"),
        "notes of unknown gone: orphan 2001\nkeep 2001: not_sure",
    );
}

/// A person started it over HTTP and logged out: it is meant to go on.
#[test]
fn servers_that_run_by_themselves() {
    let picture = |wires: &str| {
        format!(
            "{INIT}
             2001 900 1500 1500 S 1000 7000 - {wires} : node /srv/demo/node_modules/.bin/mcp-server-everything streamableHttp
             @seen 2001 everything gone=3600"
        )
    };
    let found = "everything of unknown gone: orphan 2001";
    check(
        &picture("0=null 1=/home/user/nohup.out listen=3001"),
        &format!("{found}\nkeep 2001: may_be_daemon"),
    );
    // Its terminal was closed under it.
    check(
        &picture("0=tty-gone 1=tty-gone listen=3001"),
        &format!("{found}\nkeep 2001: not_sure"),
    );
    // Nobody can reach it.
    check(
        &picture("0=null 1=null"),
        &format!("{found}\nkeep 2001: not_sure"),
    );
    // Whether it listens was not read.
    check(
        &picture("0=null 1=null conns=?"),
        &format!("{found}\nkeep 2001: not_sure may_be_daemon"),
    );
}

/// Two orphans that talk to each other keep each other alive for nobody.
#[test]
fn orphans_that_hold_each_others_pipes() {
    let picture = |third: &str| {
        format!(
            "{INIT}
             2001 900 1500 1500 S 1000 7000 - 0=pipe:7r 1=pipe:8w : node /srv/demo/node_modules/.bin/mcp-server-memory
             2002 900 1500 1500 S 1000 7000 - 0=pipe:9r 1=pipe:10w 5=pipe:8r : node /srv/demo/node_modules/.bin/mcp-server-everything
             {third}
             @writer 2001 no
             @writer 2002 no
             @seen 2001 memory gone=3600
             @seen 2002 everything gone=3600"
        )
    };
    let found = "everything of unknown gone: orphan 2002\nmemory of unknown gone: orphan 2001";
    check(&picture(""), &format!("{found}\nclean 2001\nclean 2002"));
    // Somebody uses one of them: it stays, and then the other is in use too.
    check(
        &picture("2500 900 2500 2500 S 1000 9000 - 5=pipe:10r : /usr/bin/less"),
        &format!("{found}\nkeep 2001: stdio_in_use\nkeep 2002: stdio_in_use"),
    );
}
