//! Which declaration an instance comes from, and what it is called without one.

use crate::support::check;

const CLIENT: &str = "1 0 1 1 S 0 90000 - comm=systemd : /sbin/init
    300 1 300 300 S 1000 9000 - 10=sock:61>71 11=sock:62>72 12=sock:63>73 : claude";

fn server(pid: u32, age: u32, socket: u32, command: &str) -> String {
    format!(
        "{pid} 300 300 300 S 1000 {age} - 0=sock:{socket}>{} 1=sock:{socket}>{} : {command}",
        socket - 10,
        socket - 10
    )
}

const FILE: &str = "@declared Claude·Code /home/user/.claude.json";
const MEMORY: &str = "node /srv/demo/node_modules/.bin/mcp-server-memory";

/// Two entries that only their environment tells apart: the client starts them in the order of its file.
#[test]
fn entries_that_differ_in_environment_only() {
    let entry = |name: &str| {
        format!("{FILE} env=MEMORY_FILE_PATH {name} npx -y @modelcontextprotocol/server-memory")
    };
    let (first, second) = (server(310, 500, 71, MEMORY), server(320, 499, 72, MEMORY));
    let (memory, memory2) = (entry("memory"), entry("memory2"));
    check(
        &format!("{CLIENT}\n{first}\n{second}\n{memory}\n{memory2}"),
        "memory of Claude Code 300: running 310 [user]
         memory2 of Claude Code 300: running 320 [user]",
    );
    // A third one is one too many of either.
    check(
        &format!(
            "{CLIENT}\n{first}\n{}\n{memory}",
            server(320, 400, 72, MEMORY)
        ),
        "memory of Claude Code 300: running 310 [user]
         memory of Claude Code 300: duplicate 320 [user]",
    );
}

#[test]
fn entries_that_differ_in_arguments() {
    let files = "node /srv/demo/node_modules/.bin/mcp-server-filesystem";
    check(
        &format!(
            "{CLIENT}
             {}
             {}
             {FILE} work npx -y @modelcontextprotocol/server-filesystem /home/user/work
             {FILE} notes npx -y @modelcontextprotocol/server-filesystem /home/user/notes",
            server(310, 500, 71, &format!("{files} /home/user/notes")),
            server(320, 400, 72, &format!("{files} /home/user/work")),
        ),
        "notes of Claude Code 300: running 310 [user]
         work of Claude Code 300: running 320 [user]",
    );
    // Arguments that no entry has: it is another use of the same package.
    check(
        &format!(
            "{CLIENT}
             {}
             {FILE} work npx -y @modelcontextprotocol/server-filesystem /home/user/work",
            server(310, 500, 71, &format!("{files} /tmp")),
        ),
        "mcp-server-filesystem of Claude Code 300: running 310
         work of Claude Code: not_running",
    );
}

#[test]
fn projects_own_entries() {
    check(
        &format!(
            "{CLIENT}
             {}
             @declared Claude·Code /home/user/project/.mcp.json scope=project knowledge npx -y @modelcontextprotocol/server-memory
             @findings undeclared not_running",
            server(310, 500, 71, MEMORY),
        ),
        "knowledge of Claude Code 300: running 310 [project]",
    );
    // Nobody works in that project now.
    check(
        &format!(
            "{CLIENT}
             @declared Claude·Code /home/user/project/.mcp.json scope=project knowledge npx -y @modelcontextprotocol/server-memory
             @findings not_running"
        ),
        "knowledge of Claude Code: not_running",
    );
}

#[test]
fn disabled_entries() {
    let off = format!(
        "{FILE} off memory npx -y @modelcontextprotocol/server-memory\n@findings disabled_running not_running"
    );
    check(
        &format!("{CLIENT}\n{off}"),
        "memory of Claude Code: disabled",
    );
    check(
        &format!("{CLIENT}\n{}\n{off}", server(310, 500, 71, MEMORY)),
        "memory of Claude Code 300: running 310 [user]\nfind disabled_running warning 310",
    );
}

/// Two clients declare the same command: each owns its own run.
#[test]
fn one_command_of_two_clients() {
    check(
        &format!(
            "{CLIENT}
             {}
             400 1 400 400 S 1000 9000 - 10=sock:81>91 : /usr/bin/cursor
             410 400 400 400 S 1000 500 - 0=sock:91>81 1=sock:91>81 : {MEMORY}
             {FILE} memory npx -y @modelcontextprotocol/server-memory
             @declared Cursor /home/user/.cursor/mcp.json brain npx -y @modelcontextprotocol/server-memory",
            server(310, 500, 71, MEMORY)
        ),
        "memory of Claude Code 300: running 310 [user]
         brain of Cursor 400: running 410 [user]",
    );
}

/// A program of one's own that says nothing about what it is: only its declaration does.
#[test]
fn a_script_that_only_its_declaration_knows() {
    let entry = format!("{FILE} weather python3 weather.py cwd=/home/user/tools");
    check(
        &format!(
            "{CLIENT}\n{} \n{entry}",
            server(310, 500, 71, "python3 weather.py")
        ),
        "weather of Claude Code 300: running 310 [user]",
    );
    // The same words elsewhere are somebody else's.
    check(
        &format!(
            "{CLIENT}
             500 1 500 500 S 1000 500 - 0=null cwd=/home/user/other : python3 weather.py
             {FILE} weather python3 weather.py"
        ),
        "weather of Claude Code: not_running",
    );
}

/// The package says what the name hides, and the other way round.
#[test]
fn metadata_of_the_package() {
    let plain = server(310, 500, 71, "node /home/user/tools/dist/index.js");
    check(&format!("{CLIENT}\n{plain}"), "");
    check(
        &format!(
            "{CLIENT}\n{plain}\n@package 310 name=weather-tools sdk=@modelcontextprotocol/sdk entry"
        ),
        "weather-tools of Claude Code 300: running 310",
    );
    check(
        &format!("{CLIENT}\n{plain}\n@package 310 imports=@modelcontextprotocol/sdk"),
        "tools of Claude Code 300: running 310",
    );
    // A build step in a server's own folder: the package depends on the SDK, this file does not run it.
    check(
        &format!(
            "{CLIENT}\n{}\n@package 310 name=mcp-server-weather sdk=@modelcontextprotocol/sdk",
            server(310, 500, 71, "node build.js")
        )
        .replace("0=sock:71>61 1=sock:71>61", "0=tty 1=tty"),
        "",
    );
}

/// Its owner and that owner's file are gone; another session's file has the same command by another
/// name. What was left behind keeps the name that it had.
#[test]
fn who_was_left_behind_keeps_its_name() {
    let hub = "node /srv/demo/node_modules/mcp-hub/dist/cli.js --port 37374 --config hub.json";
    let picture = |declared: &str| {
        format!(
            "1 0 1 1 S 0 90000 - comm=systemd : /sbin/init
             1602 1 1602 1602 S 1000 9000 - : {hub}
             2001 1 1500 1500 S 1000 7000 - 0=pipe:7r 1=pipe:8w : {MEMORY}
             @writer 2001 no
             @seen 2001 notes gone=3600
             @declared mcp-hub /srv/demo/hub.json {declared} npx -y @modelcontextprotocol/server-memory"
        )
    };
    check(
        &picture("keeper"),
        "notes of unknown gone: orphan 2001\nkeeper of mcp-hub: not_running\nclean 2001",
    );
    check(
        &picture("notes"),
        "notes of mcp-hub gone: orphan 2001 [gateway]\nclean 2001",
    );
}

/// A client that goes on without a server that it had: not the same as one that never started it.
#[test]
fn a_server_that_ended_under_its_client() {
    let entry = format!("{FILE} memory npx -y @modelcontextprotocol/server-memory");
    let with = |more: &str| format!("{CLIENT}\n{entry}\n@findings not_running\n{more}");
    check(
        &with(""),
        "memory of Claude Code: not_running
         find not_running info",
    );
    check(
        &with("@ended memory Claude·Code/300/9000"),
        "memory of Claude Code: not_running
         find not_running warning",
    );
    // The same number, but another process: that client has ended as well.
    check(
        &with("@ended memory Claude·Code/300/8999"),
        "memory of Claude Code: not_running
         find not_running info",
    );
    check(
        &with(&format!(
            "@ended memory Claude·Code/300/9000\n{}",
            server(310, 500, 71, MEMORY)
        )),
        "memory of Claude Code 300: running 310 [user]",
    );
}
