//! What a real mcp-hub 4.2.1 with real servers showed, before and after it was killed.

use crate::support::check;

const DECLARED: &str = "
    @declared mcp-hub /srv/demo/hub/config.json everything npx -y @modelcontextprotocol/server-everything
    @declared mcp-hub /srv/demo/hub/config.json memory npx -y @modelcontextprotocol/server-memory env=MEMORY_FILE_PATH
    @declared mcp-hub /srv/demo/hub/config.json time /srv/demo/venv/bin/mcp-server-time --local-timezone UTC
    @declared mcp-hub /srv/demo/hub/config.json deaf sh -c python3·/srv/demo/hub/deaf.py;·true";

/// Servers share the hub's group and session.
#[test]
fn a_hub_with_three_servers() {
    check(
        &format!(
            "11368 1 11368 11360 S 1000 100 pts/1 : bash
             11372 11368 11372 11372 S 1000 90 - 20=sock:120>100 21=sock:121>101 22=sock:122>102 cwd=/srv/demo : node node_modules/mcp-hub/dist/cli.js --port 37373 --config /srv/demo/hub/config.json --watch
             11396 11372 11372 11372 S 1000 89 - 0=sock:100>120 1=sock:100>120 : npm·exec·@modelcontextprotocol/server-everything
             11402 11372 11372 11372 S 1000 89 - 0=sock:101>121 1=sock:101>121 : /srv/demo/venv/bin/python3 /srv/demo/venv/bin/mcp-server-time --local-timezone UTC
             11403 11372 11372 11372 S 1000 89 - 0=sock:102>122 1=sock:102>122 : npm·exec·@modelcontextprotocol/server-memory
             11419 11403 11372 11372 S 1000 88 - 0=sock:102>122 1=sock:102>122 : sh -c mcp-server-memory
             11420 11419 11372 11372 S 1000 88 - 0=sock:102>122 1=sock:102>122 : node /srv/demo/node_modules/.bin/mcp-server-memory
             11421 11396 11372 11372 S 1000 88 - 0=sock:100>120 1=sock:100>120 : sh -c mcp-server-everything
             11422 11421 11372 11372 S 1000 88 - 0=sock:100>120 1=sock:100>120 : node /srv/demo/node_modules/.bin/mcp-server-everything
             {DECLARED}
             @findings not_running orphan stray undeclared
             @wish grace=0"
        ),
        "everything of mcp-hub 11372: running 11396>11421>11422 [gateway]
         memory of mcp-hub 11372: running 11403>11419>11420 [gateway]
         time of mcp-hub 11372: running 11402 [gateway]
         deaf of mcp-hub: not_running
         find not_running warning",
    );
}

/// The hub was killed with one server stopped and one deaf: both are left, with their wrappers,
/// and named through the hub's own state file.
#[test]
fn a_killed_hub_leaves_a_stopped_and_a_deaf_server() {
    let orphans = "1 0 1 1 S 0 90000 - comm=init : /sbin/init
        12284 1 12267 12267 S 1000 90 - 0=sock:101>0 1=sock:101>0 : sh -c python3·/srv/demo/hub/deaf.py;·true
        12285 12284 12267 12267 S 1000 90 - 0=sock:101>0 1=sock:101>0 : /usr/bin/python3 /srv/demo/hub/deaf.py
        12288 1 12267 12267 S 1000 90 - 0=sock:102>0 1=sock:102>0 : npm·exec·@modelcontextprotocol/server-memory
        12337 12288 12267 12267 S 1000 89 - 0=sock:102>0 1=sock:102>0 : sh -c mcp-server-memory
        12338 12337 12267 12267 T 1000 89 - 0=sock:102>0 1=sock:102>0 : node /srv/demo/node_modules/.bin/mcp-server-memory
        @hub 12267 37373 /srv/demo/hub/config.json";
    let found = "deaf of mcp-hub gone: orphan 12284>12285 [gateway]
        memory of mcp-hub gone: orphan 12288>12337>12338 [gateway]
        everything of mcp-hub: not_running
        time of mcp-hub: not_running";
    check(
        &format!("{orphans}\n{DECLARED}\n@findings orphan stopped not_running stale_state"),
        &format!(
            "{found}
             keep 12284: grace
             keep 12288: grace
             find orphan warning 12284 12285
             find orphan warning 12288 12337 12338
             find stopped warning 12338
             find stale_state info"
        ),
    );
    check(
        &format!("{orphans}\n{DECLARED}\n@wish grace=0"),
        &format!("{found}\nclean 12284 12285\nclean 12288 12337 12338"),
    );
}

/// Well-behaved servers end with their hub; the kernel's first process takes a moment over them.
#[test]
fn what_ended_with_the_hub_is_no_orphan() {
    check(
        "1 0 1 1 S 0 90000 - comm=init : /sbin/init
         11402 1 11372 11372 Z 1000 90 - comm=mcp-server-time :
         11487 1 11372 11372 Z 1000 90 - comm=npm·exec·@model :
         @hub 11372 37373 /srv/demo/hub/config.json
         @findings orphan zombie
         @wish grace=0",
        "",
    );
}
