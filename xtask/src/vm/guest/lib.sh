# Sourced by the scripts of checks, which run in the guest.
#
# A check is a function. Where it fails it prints why; what it prints else is a remark on the result. Each
# gives one line to the second serial port, which is all that the host reads:
#
#     check NAME ok[: REMARK]
#     check NAME failed: WHY
#
# Lines that begin with `check NAME` are the list of what the host waits for.

REPORT=/dev/ttyS1

check() {
    name=$1
    shift
    if words=$("$@" 2>&1 </dev/null); then
        say "check $name ok${words:+: $words}"
    else
        say "check $name failed: $words"
    fi
}

say() {
    printf '%s\n' "$(printf '%s' "$1" | tr '\n\t\r' '   ' | cut -c 1-1500)" >"$REPORT"
}

fail() {
    printf '%s' "$*"
    exit 1
}

# WORDS FILE
wants() {
    grep -qF -- "$1" "$2" || fail "no '$1' in: $(cat "$2")"
}

# COMMAND...: whether it succeeds within half a minute.
soon() {
    until_then=$((SECONDS + 30))
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$until_then" ] || return 1
        sleep 0.1
    done
}

# NAME [UNIT]: the group of a server below that of a unit, a guard's own scope if none is named.
group() {
    found=$(find /sys/fs/cgroup -type d -path "*/${2:-*.scope}/mcpvisor-*$1-*" | head -n 1)
    [ -n "$found" ] && echo "$found"
}

gone() {
    [ ! -e "$1" ]
}

members() {
    [ "$(wc -l <"$1/cgroup.procs")" -ge "$2" ]
}

# The number after KEY in FILE.
keyed() {
    awk -v key="$1" '$1 == key { print $2 }' "$2"
}

# === Limits, for whoever calls ===

# WHERE: what the guard says of the place, empty for nothing.
memory_is_limited() {
    mcpvisor run -v --name hog --memory 48MiB -- sh -c 'dd if=/dev/zero of=/dev/null bs=200M count=1; true' \
        >/dev/null 2>"$work/hog"
    code=$?
    [ "$code" = 137 ] || fail "it ended with $code: $(cat "$work/hog")"
    wants 'the kernel holds 48.0 MiB (cgroup v2' "$work/hog"
    wants 'because its memory limit was reached' "$work/hog"
    place_is "$1" "$work/hog"
}

place_is() {
    if [ -n "$1" ]; then
        wants "$1" "$2"
    elif grep -q 'runs in the scope' "$2"; then
        fail "a scope was made without need: $(cat "$2")"
    fi
}

pids_are_limited() {
    # bash tries again for a while where it cannot fork.
    mcpvisor run -v --name forks --pids 8 --timeout 5s -- \
        bash -c 'for i in {1..60}; do sleep 60 & done; wait' >/dev/null 2>"$work/forks" &
    guard=$!
    soon group forks || fail "no group: $(cat "$work/forks")"
    tasks=$(group forks)/pids.current
    most=0
    while now=$(cat "$tasks" 2>/dev/null); do
        [ "$now" -le "$most" ] || most=$now
    done
    wait "$guard"
    code=$?
    [ "$code" = 124 ] || fail "it ended with $code: $(cat "$work/forks")"
    [ "$most" = 8 ] || fail "there were $most at a time"
    wants 'because its limit of tasks was reached' "$work/forks"
    place_is "$1" "$work/forks"
}

cpu_is_limited() {
    mcpvisor run -v --name spins --cpus 0.2 --timeout 6s -- sh -c 'while :; do :; done' \
        >/dev/null 2>"$work/spins" &
    guard=$!
    soon group spins || fail "no group: $(cat "$work/spins")"
    statistics=$(group spins)/cpu.stat
    sleep 1
    before="$(keyed usage_usec "$statistics") $(cut -d ' ' -f 1 /proc/uptime)"
    sleep 3
    after="$(keyed usage_usec "$statistics") $(cut -d ' ' -f 1 /proc/uptime)"
    share=$(echo "$before $after" | awk '{ printf "%.2f", ($3 - $1) / 1e6 / ($4 - $2) }')
    wait "$guard"
    awk "BEGIN { exit !($share > 0.02 && $share < 0.3) }" || fail "it used $share processors"
    wants 'because its limit of processors was reached' "$work/spins"
    place_is "$1" "$work/spins"
    echo "$share of a processor"
}

# A guard that is killed takes its server with it; the next one ends what else is left of it.
killed_guard_is_cleaned_up_after() {
    mcpvisor run --name killed --memory 64MiB -- \
        sh -c 'setsid sleep 987 & setsid sleep 986 & exec sleep 985' >/dev/null 2>&1 &
    guard=$!
    soon group killed || fail 'no group'
    left=$(group killed)
    soon members "$left" 3 || fail "too few in it: $(cat "$left/cgroup.procs")"
    kill -KILL "$guard"
    wait "$guard" 2>/dev/null
    members "$left" 2 || fail 'nothing is left to be cleaned up'
    mcpvisor run --name next --memory 64MiB -- true || fail 'the next guard fails'
    soon gone "$left" || fail "still there: $(cat "$left/cgroup.procs")"
}

# Neither a unit nor a group is left of all guards so far.
nothing_is_left() {
    soon none_is_left || fail "units: $(scopes) groups: $(find /sys/fs/cgroup -name 'mcpvisor-*' | tr '\n' ' ')"
}

none_is_left() {
    [ -z "$(scopes)" ] && [ -z "$(find /sys/fs/cgroup -name 'mcpvisor-*')" ]
}

scopes() {
    $systemctl list-units --all --plain --no-legend 'mcpvisor-*'
}

# What a start costs: mean of some, in milliseconds.
start_costs() {
    echo "$(mean_of mcpvisor run --memory 64MiB -- true) ms with a limit," \
        "$(mean_of mcpvisor run -- true) ms without, $(mean_of true) ms for a program itself"
}

mean_of() {
    begin=$(date +%s%N)
    for _ in 1 2 3 4; do env "$@" || fail "$* fails"; done
    end=$(date +%s%N)
    echo "$begin $end" | awk '{ printf "%.0f", ($2 - $1) / 4e6 }'
}

# === The service: `systemctl` and `service` are set by who calls ===

property() {
    $systemctl show --property "$1" --value mcpvisor.service
}

is_active() {
    [ "$(property ActiveState)" = active ]
}

service_is_installed() {
    mcpvisor service install $kind >"$work/install" 2>&1 || fail "$(cat "$work/install")"
    is_active || fail "it is $(property ActiveState)"
    [ "$(property UnitFileState)" = enabled ] || fail "it is $(property UnitFileState)"
    # Said by the daemon itself, together with READY=1.
    [ "$(property StatusText)" = 'watching MCP servers' ] || fail "it says '$(property StatusText)'"
    mcpvisor service status $kind --json >"$work/status" || fail "status: $(cat "$work/status")"
    wants '"unit_file": "ours"' "$work/status"
    mcpvisor status >"$work/daemon" || fail "no daemon answers: $(cat "$work/daemon")"
    "$@"
}

unit_is_right() {
    systemd-analyze $kind verify "$unit" >"$work/verify" 2>&1 || fail "$(cat "$work/verify")"
    [ ! -s "$work/verify" ] || fail "$(cat "$work/verify")"
}

changed_unit_is_kept() {
    echo '# changed' >>"$unit"
    mcpvisor service install $kind >"$work/again" 2>&1
    code=$?
    [ "$code" = 73 ] || fail "it ended with $code: $(cat "$work/again")"
    mcpvisor service uninstall $kind >"$work/again" 2>&1
    code=$?
    [ "$code" = 73 ] || fail "uninstall ended with $code: $(cat "$work/again")"
    wants '# changed' "$unit"
    mcpvisor service install $kind --force >"$work/again" 2>&1 || fail "$(cat "$work/again")"
    ! grep -q '# changed' "$unit" || fail 'it is still changed'
    is_active || fail "it is $(property ActiveState)"
}

restarted_after() {
    is_active && [ "$(property MainPID)" != "$1" ] && [ "$(property NRestarts)" -ge 1 ]
}

crash_is_restarted() {
    pid=$(property MainPID)
    kill -KILL "$pid"
    soon restarted_after "$pid" || fail "$(property ActiveState), $(property Result)"
}

# FOLDER: of drop-ins. The watchdog is shortened, so that the test is.
hang_is_restarted() {
    mkdir -p "$1"
    printf '[Service]\nWatchdogSec=6s\n' >"$1/shorter.conf"
    $systemctl daemon-reload
    $systemctl restart mcpvisor.service || fail 'it does not restart'
    pid=$(property MainPID)
    begin=$(date +%s)
    kill -STOP "$pid"
    soon restarted_after "$pid" || fail "$(property ActiveState), $(property Result)"
    gone "/proc/$pid" || fail 'the one that hung is still there'
    rm -r "$1"
    $systemctl daemon-reload
    echo "after $(($(date +%s) - begin)) s"
}

service_is_uninstalled() {
    pid=$(property MainPID)
    place=/sys/fs/cgroup$(property ControlGroup)
    [ -d "$place" ] || fail "no group $place"
    mcpvisor service uninstall $kind >"$work/uninstall" 2>&1 || fail "$(cat "$work/uninstall")"
    gone "$unit" || fail 'the unit is still there'
    gone "/proc/$pid" || fail 'the daemon is still there'
    soon gone "$place" || fail "the group is still there: $(cat "$place/cgroup.procs")"
    [ "$(property LoadState)" = not-found ] || fail "systemd still has it: $(property LoadState)"
    links=$(find "${unit%/*}" -name 'mcpvisor*')
    [ -z "$links" ] || fail "left: $links"
    mcpvisor service uninstall $kind >"$work/uninstall" 2>&1 || fail "again: $(cat "$work/uninstall")"
    wants "there is no $unit" "$work/uninstall"
    mcpvisor service status $kind >"$work/status" 2>&1
    code=$?
    [ "$code" = 3 ] || fail "status ends with $code: $(cat "$work/status")"
}
