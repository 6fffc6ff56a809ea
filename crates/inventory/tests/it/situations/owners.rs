//! Whose an instance is, and whether that owner lives: the cases that a look at the parent gets wrong.

use crate::support::check;

const SYSTEM: &str = "1 0 1 1 S 0 90000 - comm=systemd : /sbin/init
    900 1 900 900 S 1000 80000 - comm=systemd : /usr/lib/systemd/systemd --user";

/// An agent in a session whose leader has died holds its servers' pipes: it is their owner.
#[test]
fn an_agent_that_outlived_its_terminal() {
    let picture = |agent: &str| {
        format!(
            "{SYSTEM}
             1600 1 1550 1500 S 1000 7000 - {agent} : python3 agent.py
             2001 1600 1550 1500 S 1000 6000 - 0=pipe:7r 1=pipe:8w : node /srv/demo/node_modules/.bin/mcp-server-memory
             2010 1 1550 1500 S 1000 6000 - 0=pipe:9r 1=pipe:10w : /srv/demo/venv/bin/python3 /srv/demo/venv/bin/mcp-server-time
             @wish grace=0"
        )
    };
    // The wrapper of the second one has died: its pipe still leads to the agent.
    check(
        &picture("5=pipe:7w 6=pipe:8r 7=pipe:9w 8=pipe:10r"),
        "mcp-server-memory of agent.py 1600: running 2001
         mcp-server-time of agent.py 1600: running 2010",
    );
    // The agent has let go of the second one: then nobody has it.
    check(
        &format!("{}\n@writer 2010 no", picture("5=pipe:7w 6=pipe:8r")),
        "mcp-server-memory of agent.py 1600: running 2001
         mcp-server-time of unknown gone: orphan 2010
         clean 2010",
    );
}

/// The kernel does not say who adopts: service managers, small init programs, and others.
#[test]
fn subreapers() {
    for reaper in [
        "700 1 700 700 S 1000 80000 - comm=systemd : /usr/lib/systemd/systemd --user",
        "700 1 700 700 S 1000 80000 - : /usr/bin/tini -- run",
        // A program that asked the kernel for orphans: only the session shows that it did not start this.
        "700 1 700 700 S 1000 80000 - : /usr/lib/desktop-session",
    ] {
        check(
            &format!(
                "1 0 1 1 S 0 90000 - comm=systemd : /sbin/init
                 {reaper}
                 2001 700 1500 1500 S 1000 7000 - 0=pipe:7r 1=pipe:8w : node /srv/demo/node_modules/.bin/mcp-server-memory
                 @writer 2001 no
                 @wish grace=0"
            ),
            "mcp-server-memory of unknown gone: orphan 2001\nclean 2001",
        );
    }
    // In its parent's own session it was born there: the parent started it.
    check(
        "1 0 1 1 S 0 90000 - comm=systemd : /sbin/init
         700 1 700 700 S 1000 80000 - 5=pipe:7w : /usr/lib/desktop-session
         2001 700 700 700 S 1000 7000 - 0=pipe:7r 1=pipe:8w : node /srv/demo/node_modules/.bin/mcp-server-memory
         @wish grace=0",
        "mcp-server-memory of desktop-session 700: running 2001",
    );
    // It leads a session of its own, as some owners make them: that proves nothing.
    check(
        "1 0 1 1 S 0 90000 - comm=systemd : /sbin/init
         700 1 700 700 S 1000 80000 - 5=pipe:7w : /usr/bin/python3 bridge.py
         2001 700 2001 2001 S 1000 7000 - 0=pipe:7r 1=pipe:8w : node /srv/demo/node_modules/.bin/mcp-server-memory
         @wish grace=0",
        "mcp-server-memory of bridge.py 700: running 2001",
    );
}

/// Started by systemd as a service of the user: nobody has left it.
#[test]
fn a_service_of_the_user() {
    check(
        &format!(
            "{SYSTEM}
             2001 900 2001 2001 S 1000 7000 - 0=null 1=sock:5>6 listen=3001 cgroup=/user.slice/user-1000.slice/user@1000.service/app.slice/mcp-memory.service : node /srv/demo/node_modules/.bin/mcp-server-memory
             @wish grace=0"
        ),
        "mcp-server-memory of systemd 900: running 2001",
    );
}

/// A daemon forks twice and its session's leader dies on purpose: its servers are its own.
#[test]
fn an_owner_that_made_itself_a_daemon() {
    check(
        &format!(
            "{SYSTEM}
             1600 1 1590 1590 S 1000 7000 - 5=pipe:7w 6=pipe:8r : /usr/bin/python3 /opt/assistant/daemon.py
             2001 1600 1590 1590 S 1000 6000 - 0=pipe:7r 1=pipe:8w : uvx mcp-server-time
             2002 2001 1590 1590 S 1000 6000 - 0=pipe:7r 1=pipe:8w : /home/user/.cache/uv/archive-v0/x/bin/python /home/user/.cache/uv/archive-v0/x/bin/mcp-server-time
             @wish grace=0"
        ),
        "mcp-server-time of daemon.py 1600: running 2001>2002",
    );
}

/// `npm exec` above the hub was killed; the hub and what it has started go on talking.
#[test]
fn a_hub_whose_wrapper_died() {
    check(
        &format!(
            "{SYSTEM}
             1601 900 1500 1500 S 1000 7000 - : sh -c mcp-hub·--port·37373
             1602 1601 1500 1500 S 1000 7000 - 5=sock:31>21 6=sock:32>22 : node /srv/demo/node_modules/.bin/mcp-hub --port 37373
             2001 1602 1500 1500 S 1000 6000 - 0=sock:21>31 1=sock:21>31 : npm·exec·@modelcontextprotocol/server-memory
             2002 2001 1500 1500 S 1000 6000 - 0=sock:21>31 1=sock:21>31 : node /srv/demo/node_modules/.bin/mcp-server-memory
             2005 1 1500 1500 S 1000 6000 - 0=sock:22>32 1=sock:22>32 : node /srv/demo/node_modules/.bin/mcp-server-everything
             @wish grace=0"
        ),
        "mcp-server-everything of mcp-hub 1602: running 2005
         server-memory of mcp-hub 1602: running 2001>2002",
    );
}

/// One shell line starts two servers: each is an instance, and the shell is nobody's owner.
#[test]
fn a_shell_that_waits_for_two() {
    let picture = |parent: u32, ends: &str, more: &str| {
        format!(
            "{SYSTEM}
             {more}
             2000 {parent} 1500 1500 S 1000 7000 - 0={ends} : sh -c mcp-server-memory·&·mcp-server-everything·&·wait
             2001 2000 1500 1500 S 1000 7000 - 0={ends} 1={ends} : node /srv/demo/node_modules/.bin/mcp-server-memory
             2002 2000 1500 1500 S 1000 7000 - 0={ends} 1={ends} : node /srv/demo/node_modules/.bin/mcp-server-everything
             @wish grace=0"
        )
    };
    check(
        &picture(
            1500,
            "sock:12>15",
            "1500 900 1500 1500 S 1000 8000 - 9=sock:15>12 : claude",
        ),
        "mcp-server-everything of Claude Code 1500: running 2002
         mcp-server-memory of Claude Code 1500: running 2001",
    );
    check(
        &picture(900, "sock:12>0", ""),
        "mcp-server-everything of unknown gone: orphan 2002
         mcp-server-memory of unknown gone: orphan 2001
         clean 2001
         clean 2002",
    );
}

/// Somebody tries a server by hand, in a terminal and under a multiplexer.
#[test]
fn a_server_in_a_terminal() {
    check(
        "1 0 1 1 S 0 90000 - comm=systemd : /sbin/init
         1700 1 1700 1700 S 1000 9000 - comm=tmux:·server : tmux
         1701 1700 1701 1701 S 1000 9000 pts/3 0=tty 1=tty : -zsh
         1702 1701 1702 1701 S 1000 500 pts/3 0=tty 1=tty : npm·exec·@modelcontextprotocol/server-memory
         1703 1702 1702 1701 S 1000 500 pts/3 0=tty 1=tty : node /home/user/.npm/_npx/3c4d/node_modules/.bin/mcp-server-memory
         @wish grace=0",
        "server-memory of zsh 1701: running 1702>1703",
    );
}

/// A client in a terminal: the terminal is where it runs, not who owns its servers.
#[test]
fn the_nearest_known_program_is_the_owner() {
    check(
        &format!(
            "{SYSTEM}
             1701 900 1701 1701 S 1000 9000 pts/3 0=tty 1=tty : bash
             1702 1701 1702 1701 S 1000 500 pts/3 0=tty 5=sock:11>21 : node /usr/lib/node_modules/@anthropic-ai/claude-code/cli.js
             1703 1702 1702 1701 S 1000 400 pts/3 5=sock:12>22 : claude --output-format stream-json
             2001 1702 1702 1701 S 1000 400 pts/3 0=sock:21>11 1=sock:21>11 : node /srv/demo/node_modules/.bin/mcp-server-memory
             2002 1703 1702 1701 S 1000 400 pts/3 0=sock:22>12 1=sock:22>12 : node /srv/demo/node_modules/.bin/mcp-server-memory"
        ),
        "mcp-server-memory of Claude Code 1702: running 2001
         mcp-server-memory of Claude Code 1703: running 2002",
    );
    // An editor starts servers through helpers of its own.
    check(
        &format!(
            "{SYSTEM}
             1800 900 1800 1800 S 1000 9000 - : /usr/share/code/code
             1810 1800 1800 1800 S 1000 9000 - 5=sock:11>21 : /usr/share/code/code --type=utility --utility-sub-type=node.mojom.NodeService
             2001 1810 1800 1800 S 1000 400 - 0=sock:21>11 1=sock:21>11 : npm·exec·@playwright/mcp@latest
             2002 2001 1800 1800 S 1000 400 - 0=sock:21>11 1=sock:21>11 : sh -c playwright-mcp
             2003 2002 1800 1800 S 1000 400 - 0=sock:21>11 1=sock:21>11 : node /home/user/.npm/_npx/9f/node_modules/.bin/playwright-mcp"
        ),
        "playwright of VS Code 1810: running 2001>2002>2003",
    );
}

/// A gateway that a client runs over stdio is that client's server, and has servers of its own.
#[test]
fn a_bridge_is_server_and_owner() {
    check(
        &format!(
            "{SYSTEM}
             1702 900 1702 1702 S 1000 500 - 5=sock:11>21 : /usr/bin/cursor
             2001 1702 1702 1702 S 1000 400 - 0=sock:21>11 1=sock:21>11 : npm·exec·mcp-remote·https://mcp.example.com/sse
             2002 2001 1702 1702 S 1000 400 - 0=sock:21>11 1=sock:21>11 : node /home/user/.npm/_npx/5e/node_modules/.bin/mcp-remote https://mcp.example.com/sse
             3000 900 3000 3000 S 1000 500 - listen=8000 5=sock:51>61 : node /srv/demo/node_modules/.bin/supergateway --stdio mcp-server-memory
             3001 3000 3001 3000 S 1000 500 - 0=sock:61>51 1=sock:61>51 : /bin/sh -c mcp-server-memory
             3002 3001 3001 3000 S 1000 500 - 0=sock:61>51 1=sock:61>51 : node /srv/demo/node_modules/.bin/mcp-server-memory"
        ),
        "mcp-remote of Cursor 1702: running 2001>2002
         mcp-server-memory of supergateway 3000: running 3001>3002",
    );
}

/// The owner lives, but it has closed this server's input: it has forgotten it.
#[test]
fn let_go_by_a_living_owner() {
    let picture = |writer: &str| {
        format!(
            "{SYSTEM}
             400 900 400 400 S 1000 9000 - : /home/user/.local/bin/codex app-server
             2001 400 400 400 S 1000 400 - 0=pipe:7r 1=pipe:8w : node /srv/demo/node_modules/.bin/mcp-server-memory
             {writer}
             @findings surplus
             @wish grace=0"
        )
    };
    check(&picture(""), "mcp-server-memory of Codex 400: running 2001");
    check(
        &picture("@writer 2001 no"),
        "mcp-server-memory of Codex 400: surplus 2001\nfind surplus warning 2001",
    );
}

/// Several hubs with one configuration each start all its servers.
#[test]
fn two_hubs_with_one_configuration() {
    let picture = |second: &str| {
        format!(
            "{SYSTEM}
             1602 900 1602 1602 S 1000 7000 - : node /srv/demo/node_modules/.bin/mcp-hub --port 37373 --config /srv/demo/hub.json
             1603 900 1603 1603 S 1000 6000 - : node /srv/demo/node_modules/.bin/mcp-hub --port 37374 --config {second}
             @findings several_gateways"
        )
    };
    check(
        &picture("/srv/demo/hub.json"),
        "find several_gateways warning 1602 1603",
    );
    check(&picture("/srv/demo/other.json"), "");
}
