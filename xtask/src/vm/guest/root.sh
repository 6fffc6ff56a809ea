#!/bin/bash
# The checks as root, in a service that has no group of its own to give.
. /checks/lib.sh

export HOME=/root
work=$(mktemp -d)
systemctl=systemctl
kind=
unit=/etc/systemd/system/mcpvisor.service

made_by_systemd='.scope`, made by systemd,'

# A service that systemd has delegated its group to, and whose guard is alone in it, needs no scope.
own_group_is_used() {
    delegated mcpvisor run -v --name own --pids 20 -- true 2>"$work/own" || fail "$(cat "$work/own")"
    wants 'the kernel holds 20 tasks' "$work/own"
    place_is '' "$work/own"
    # The shell's own words of the guard that is killed are no news.
    delegated /checks/delegated.sh "$work" 2>/dev/null
}

delegated() {
    systemd-run --quiet --wait --pipe --collect --property Delegate=yes "$@"
}

# Somebody without a manager runs the server without a limit, and is told so.
nobody_to_ask() {
    setpriv --reuid bob --regid bob --clear-groups \
        env -i PATH="$PATH" HOME=/home/bob mcpvisor run --memory 64MiB -- sh -c 'exit 5' 2>"$work/bob"
    code=$?
    [ "$code" = 5 ] || fail "it ended with $code: $(cat "$work/bob")"
    wants 'the systemd of user 1001 cannot be asked' "$work/bob"
    wants 'not enforced' "$work/bob"
}

program_of_others_is_refused() {
    cp /usr/local/bin/mcpvisor /home/ada/mcpvisor
    chown ada /home/ada/mcpvisor
    /home/ada/mcpvisor service install >"$work/unsafe" 2>&1
    code=$?
    rm /home/ada/mcpvisor
    [ "$code" = 73 ] || fail "it ended with $code: $(cat "$work/unsafe")"
    wants 'would become root by it' "$work/unsafe"
    gone "$unit" || fail 'the unit is there'
}

runs_as_it_should() {
    pid=$(property MainPID)
    tr '\0' '\n' <"/proc/$pid/environ" | grep -qx 'HOME=/root' || fail 'no HOME'
    [ "$(stat -c %a /var/lib/mcpvisor)" = 700 ] || fail 'the state directory is open to others'
    [ "$(property Delegate)" = yes ] || fail 'nothing is delegated'
    systemd-analyze security --no-pager mcpvisor.service | tail -n 1
}

# A process in its group for which there is no memory left ends, and the service does not.
service_survives_oom() {
    pid=$(property MainPID)
    place=/sys/fs/cgroup$(property ControlGroup)
    systemctl set-property --runtime mcpvisor.service MemoryMax=200M MemorySwapMax=0
    # The daemon may have moved to a group below its own by now.
    own=/sys/fs/cgroup$(cut -d : -f 3 "/proc/$pid/cgroup")
    sh -c "echo 0 >'$own/cgroup.procs' && exec dd if=/dev/zero of=/dev/null bs=300M count=1" >/dev/null 2>&1
    kills=$(keyed oom_kill "$place/memory.events")
    [ "$kills" -ge 1 ] || fail 'nothing was killed'
    systemctl set-property --runtime mcpvisor.service MemoryMax=infinity MemorySwapMax=infinity
    rm -rf /run/systemd/system.control/mcpvisor.service.d
    systemctl daemon-reload
    sleep 1
    is_active || fail "it is $(property ActiveState), $(property Result)"
    [ "$(property MainPID)" = "$pid" ] || fail 'the daemon itself was killed'
}

# A server that is to be adopted outlives a crash, in the same group with the same limits, where systemd
# can start the daemon beside that group (254). Before, servers end with the daemon, and it is up again.
servers_outlive_a_crash() {
    mkdir -p /root/.config/mcpvisor
    printf '%s\n' '[[server]]' 'name = "kept"' 'command = ["sleep", "981"]' 'transport = "http"' \
        'survival = "adopt"' 'limits = { memory_max = "64MiB" }' >/root/.config/mcpvisor/mcpvisor.toml
    mcpvisor service install >"$work/adopt" 2>&1 || fail "$(cat "$work/adopt")"
    soon group kept mcpvisor.service || fail 'no group'
    place=$(group kept mcpvisor.service)
    soon members "$place" 1 || fail 'nobody is in it'
    server=$(cat "$place/cgroup.procs")
    pid=$(property MainPID)
    kill -KILL "$pid"
    soon restarted_after "$pid" || fail "$(property ActiveState), $(property Result): $(journal)"
    if [ "$(systemctl --version | awk 'NR == 1 { print $2 }')" -ge 254 ]; then
        wants KillMode=process "$unit"
        [ "$(cat "$place/cgroup.procs")" = "$server" ] || fail 'the server was not left'
        [ "$(cat "$place/memory.max")" = 67108864 ] || fail 'its limit is gone'
    else
        wants 'needs systemd 254' "$work/adopt"
        gone "/proc/$server" || fail 'the server is left'
        soon group kept mcpvisor.service || fail 'no group again'
    fi
}

journal() {
    journalctl --no-pager --quiet --unit mcpvisor.service --lines 8 --output cat
}

as_user() {
    # A session of logind as one who logs in gets it: its group belongs to root.
    systemd-run --quiet --wait --collect --property PAMName=login --property User=ada \
        --property WorkingDirectory=/home/ada /checks/user.sh
}

chmod 666 "$REPORT"
check root-memory memory_is_limited "$made_by_systemd"
check root-pids pids_are_limited "$made_by_systemd"
check root-cpu cpu_is_limited "$made_by_systemd"
check root-killed-guard killed_guard_is_cleaned_up_after
check root-own-group own_group_is_used
check root-nothing-left nothing_is_left
check nobody-to-ask nobody_to_ask
check service-program-of-others program_of_others_is_refused
check service-install service_is_installed runs_as_it_should
check service-unit-verified unit_is_right
check service-changed-unit changed_unit_is_kept
check service-crash crash_is_restarted
check service-watchdog hang_is_restarted /run/systemd/system/mcpvisor.service.d
check service-oom service_survives_oom
check service-adopts servers_outlive_a_crash
check service-uninstall service_is_uninstalled
check user-session as_user
say 'checks done'
sync
systemctl poweroff -ff
