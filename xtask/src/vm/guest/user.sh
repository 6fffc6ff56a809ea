#!/bin/bash
# The checks as an ordinary user in a session, with a manager of the user's own.
. /checks/lib.sh

work=$(mktemp -d)
systemctl='systemctl --user'
kind=--user
unit=$HOME/.config/systemd/user/mcpvisor.service
export XDG_RUNTIME_DIR=/run/user/1000

made_by_ours='.scope`, made by the systemd of user 1000,'

# That is what the rest is about: nobody can make a group here but root.
session_is_roots() {
    own=$(cut -d : -f 3 /proc/self/cgroup)
    case $own in
    */session-*.scope) ;;
    *) fail "the session is in $own" ;;
    esac
    ! mkdir "/sys/fs/cgroup$own/x" 2>/dev/null || fail 'groups can be made in it'
}

# Clients start servers with hardly any environment.
bare_environment_is_enough() {
    env -i PATH="$PATH" HOME="$HOME" \
        mcpvisor run -v --name bare --memory 64MiB -- true 2>"$work/bare" || fail "$(cat "$work/bare")"
    wants "$made_by_ours" "$work/bare"
    wants 'the kernel holds' "$work/bare"
}

# systemd's own socket is there without a bus.
no_bus_is_needed() {
    systemctl --user stop dbus.socket dbus.service
    gone /run/user/1000/bus || mv /run/user/1000/bus /run/user/1000/no-bus
    mcpvisor run -v --name nobus --memory 64MiB -- true 2>"$work/nobus" || fail "$(cat "$work/nobus")"
    [ ! -e /run/user/1000/no-bus ] || mv /run/user/1000/no-bus /run/user/1000/bus
    systemctl --user start dbus.socket
    wants "$made_by_ours" "$work/nobus"
    wants 'the kernel holds' "$work/nobus"
}

# A scope beside one that is limited would not be limited: it is not made. Who is alone sets limits within.
limits_are_not_escaped() {
    within='systemd-run --user --quiet --scope --property MemoryMax=300M'
    $within mcpvisor run -v --name alone --pids 9 -- true 2>"$work/alone" || fail "$(cat "$work/alone")"
    place_is '' "$work/alone"
    wants 'the kernel holds 9 tasks' "$work/alone"
    $within sh -c 'mcpvisor run -v --name with --pids 9 -- true; echo $?' >"$work/code" 2>"$work/with"
    [ "$(cat "$work/code")" = 0 ] || fail "$(cat "$work/with")"
    wants 'memory.max` limits us to `314572800`' "$work/with"
    wants 'not enforced' "$work/with"
}

hint_is_given() {
    wants 'loginctl enable-linger' "$work/install"
    tr '\0' '\n' <"/proc/$(property MainPID)/environ" | grep -qx "HOME=$HOME" || fail 'no HOME'
}

check user-place session_is_roots
check user-memory memory_is_limited "$made_by_ours"
check user-pids pids_are_limited "$made_by_ours"
check user-cpu cpu_is_limited "$made_by_ours"
check user-killed-guard killed_guard_is_cleaned_up_after
check user-bare-environment bare_environment_is_enough
check user-without-bus no_bus_is_needed
check user-limits-not-escaped limits_are_not_escaped
check user-start-costs start_costs
check user-nothing-left nothing_is_left
check user-service-install service_is_installed hint_is_given
check user-service-unit-verified unit_is_right
check user-service-watchdog hang_is_restarted "$XDG_RUNTIME_DIR/systemd/user/mcpvisor.service.d"
check user-service-uninstall service_is_uninstalled
