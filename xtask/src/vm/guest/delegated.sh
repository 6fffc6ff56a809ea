#!/bin/bash
# In a service that its group is delegated to: WORK, a folder.
#
# A guard that is killed leaves its group there, and the next one ends it by `cgroup.kill`: what is in it
# heeds no SIGTERM. Each guard is started in the leaf, as `DelegateSubgroup=` has it, since the first has
# switched controllers on above.
. /checks/lib.sh

work=$1
own=/sys/fs/cgroup$(cut -d : -f 3 /proc/self/cgroup)
mkdir "$own/script" "$own/mcpvisor-supervisor"
echo $$ >"$own/script/cgroup.procs"

guard() {
    sh -c 'echo $$ >"$0/mcpvisor-supervisor/cgroup.procs" && exec "$@"' "$own" \
        mcpvisor run -v --name leaf --pids 20 -- "$@" 2>>"$work/leaf"
}

printf '%s\n' '#!/bin/sh' 'trap "" TERM HUP; sleep 983 & wait' >"$work/deaf"
printf '%s\n' '#!/bin/sh' "setsid $work/deaf & exec sleep 984" >"$work/server"
chmod +x "$work/deaf" "$work/server"
guard "$work/server" &
soon group leaf "${own##*/}" || fail "no group: $(cat "$work/leaf")"
left=$(group leaf "${own##*/}")
soon members "$left" 3 || fail "too few in it: $(cat "$left/cgroup.procs")"
kill -KILL "$(cat "$own/mcpvisor-supervisor/cgroup.procs")"
soon members "$left" 2 || fail 'nothing is left to be cleaned up'
deaf=$(pidof -x "$work/deaf") || fail 'the one that heeds nothing is gone already'
guard true || fail "the second fails: $(cat "$work/leaf")"
gone "$left" || fail "still there: $(cat "$left/cgroup.procs")"
for pid in $deaf; do
    gone "/proc/$pid" || fail "process $pid is still there"
done
wants 'the kernel holds 20 tasks' "$work/leaf"
place_is '' "$work/leaf"
