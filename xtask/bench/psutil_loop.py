"""The usual monitoring loop with psutil, once a second: what a script on top of it costs."""

import time

import psutil

FIELDS = ["pid", "ppid", "cpu_times", "memory_info", "num_threads", "num_fds", "io_counters", "num_ctx_switches"]

due = time.monotonic()
while True:
    for process in psutil.process_iter(FIELDS):
        process.info["pid"]
    due += 1.0
    time.sleep(max(0.0, due - time.monotonic()))
