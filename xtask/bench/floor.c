// The floor of the collection measurement: the least that a program must do to read the same files of
// every process. It keeps all descriptors open, reads with one pread each, and parses nothing.
//
//   floor [--files stat,status,io,schedstat,fdcount] [--interval-ms 1000] [--passes N]
//
// Each pass lists /proc to learn of new processes, as any collector must. Without --passes it goes on
// until it is killed. A last line tells the processor time that a pass has taken.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MOST_FILES = 8, BUFFER = 1 << 14, NOT_OPEN = -1 };

struct process {
    int pid;
    unsigned seen_in_pass;
    int descriptors[MOST_FILES];
};

static const char *files[MOST_FILES];
static int file_count;
static struct process **by_pid; // indexed by pid, up to the kernel's pid_max
static long pid_limit;
static struct process **known; // the processes that have an entry in by_pid
static size_t known_count, known_room;
static unsigned long bytes_read; // keeps the reads from being for nothing

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int is_fd_count(int file) { return strcmp(files[file], "fdcount") == 0; }

static struct process *meet(int pid) {
    struct process *process = calloc(1, sizeof *process);
    if (!process) fail("calloc");
    process->pid = pid;
    for (int file = 0; file < file_count; file++) {
        char path[64];
        int flags = O_RDONLY | O_CLOEXEC;
        if (is_fd_count(file)) {
            snprintf(path, sizeof path, "/proc/%d/fd", pid);
            flags |= O_DIRECTORY;
        } else {
            snprintf(path, sizeof path, "/proc/%d/%s", pid, files[file]);
        }
        process->descriptors[file] = open(path, flags); // what may not be read stays NOT_OPEN
    }
    if (known_count == known_room) {
        known_room = known_room ? known_room * 2 : 1024;
        known = realloc(known, known_room * sizeof *known);
        if (!known) fail("realloc");
    }
    known[known_count++] = process;
    return by_pid[pid] = process;
}

static void read_files(struct process *process) {
    static char buffer[BUFFER];
    for (int file = 0; file < file_count; file++) {
        int descriptor = process->descriptors[file];
        if (descriptor == NOT_OPEN) continue;
        if (is_fd_count(file)) {
            struct stat status;
            if (fstat(descriptor, &status) == 0) bytes_read += (unsigned long)status.st_size;
        } else {
            ssize_t length = pread(descriptor, buffer, sizeof buffer, 0);
            if (length > 0) bytes_read += (unsigned long)length;
        }
    }
}

static void forget_the_gone(unsigned pass) {
    size_t kept = 0;
    for (size_t i = 0; i < known_count; i++) {
        struct process *process = known[i];
        if (process->seen_in_pass == pass) {
            known[kept++] = process;
            continue;
        }
        for (int file = 0; file < file_count; file++)
            if (process->descriptors[file] != NOT_OPEN) close(process->descriptors[file]);
        by_pid[process->pid] = NULL;
        free(process);
    }
    known_count = kept;
}

static void one_pass(DIR *proc, unsigned pass) {
    struct dirent *entry;
    rewinddir(proc);
    while ((entry = readdir(proc))) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
        int pid = atoi(entry->d_name);
        if (pid >= pid_limit) continue;
        struct process *process = by_pid[pid] ? by_pid[pid] : meet(pid);
        process->seen_in_pass = pass;
        read_files(process);
    }
    forget_the_gone(pass);
}

static void choose_files(char *list) {
    for (char *name = strtok(list, ","); name; name = strtok(NULL, ",")) {
        if (file_count == MOST_FILES) {
            fprintf(stderr, "at most %d files\n", MOST_FILES);
            exit(1);
        }
        files[file_count++] = name;
    }
}

static long highest_pid(void) {
    FILE *file = fopen("/proc/sys/kernel/pid_max", "r");
    long limit = 0;
    if (!file || fscanf(file, "%ld", &limit) != 1) fail("/proc/sys/kernel/pid_max");
    fclose(file);
    return limit + 1;
}

static double processor_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    char every_file[] = "stat,status,io,schedstat,fdcount";
    char *list = every_file;
    long interval_ms = 1000, passes = -1;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--files")) list = argv[i + 1];
        else if (!strcmp(argv[i], "--interval-ms")) interval_ms = atol(argv[i + 1]);
        else if (!strcmp(argv[i], "--passes")) passes = atol(argv[i + 1]);
        else fprintf(stderr, "unknown flag %s\n", argv[i]), exit(1);
    }
    choose_files(list);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    pid_limit = highest_pid();
    by_pid = calloc((size_t)pid_limit, sizeof *by_pid); // touched only where there are processes
    DIR *proc = opendir("/proc");
    if (!by_pid || !proc) fail("start");

    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    one_pass(proc, 1); // opening is not what is measured
    double begin = processor_seconds();
    unsigned pass = 1;
    while (passes < 0 || pass <= (unsigned)passes) {
        next.tv_nsec += interval_ms % 1000 * 1000000;
        next.tv_sec += interval_ms / 1000 + next.tv_nsec / 1000000000;
        next.tv_nsec %= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
        one_pass(proc, ++pass);
    }
    double took = (processor_seconds() - begin) / (pass - 1) * 1e6;
    printf("{\"processes\":%zu,\"cpu_us_per_pass\":%.1f,\"bytes_read\":%lu}\n", known_count, took, bytes_read);
    return 0;
}
