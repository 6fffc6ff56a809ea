// The processes that `bench contain` has started, stopped and contained.
//
//   tree NOTES idle|explode|nasty [--count N] [--pause-us N] [--on-signal] [--heed-eof] [--life SECONDS]
//
// Each process that tells where it is appends a line "WHAT PID MONOTONIC_NS" to NOTES, with one write.
//   idle     waits to be ended.
//   explode  starts children that only wait, COUNT of them, with a pause between two; when a fork is
//            refused it tries again a millisecond later, as what runs away does. Only the root is noted.
//   nasty    deaf to SIGTERM, SIGINT, SIGHUP and the end of its input, with three more like it: a child, a
//            child that leads a session of its own, and the orphan of a child that has ended, in a session
//            of its own too. All four are noted.
// With --on-signal the explosion begins at SIGUSR1. With --heed-eof the root ends when its input does.
// Every process ends by itself after LIFE seconds (120).
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int notes;
static unsigned life = 120;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void note(const char *what) {
    struct timespec now;
    char line[96];
    clock_gettime(CLOCK_MONOTONIC, &now);
    int length = snprintf(line, sizeof line, "%s %d %lld\n", what, (int)getpid(),
                          now.tv_sec * 1000000000LL + now.tv_nsec);
    if (write(notes, line, (size_t)length) != length) fail("notes");
}

static void wait_for_the_end(void) {
    alarm(life); // not inherited by children
    for (;;) pause();
}

// Waits; returns early, and ends the process, if its input has ended and that is heeded.
static void rest(long microseconds, int heeds_eof) {
    struct pollfd input = {.fd = heeds_eof ? STDIN_FILENO : -1, .events = POLLIN};
    struct timespec time = {microseconds / 1000000, microseconds % 1000000 * 1000};
    char byte[256];
    if (ppoll(&input, 1, &time, NULL) > 0 && read(STDIN_FILENO, byte, sizeof byte) <= 0) exit(0);
}

static void explode(int count, long pause_us, int on_signal, int heeds_eof) {
    sigset_t set;
    int which;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    if (on_signal) sigprocmask(SIG_BLOCK, &set, NULL);
    alarm(life);
    note("root");
    if (on_signal) sigwait(&set, &which);
    while (count > 0) {
        pid_t child = fork();
        if (child == 0) wait_for_the_end();
        if (child > 0) count--;
        if (child < 0 || pause_us > 0) rest(child < 0 ? 1000 : pause_us, heeds_eof);
    }
    for (;;) rest(1000000, heeds_eof);
}

static void go_deaf(const char *what) {
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    note(what);
    wait_for_the_end();
}

static void nasty(void) {
    if (fork() == 0) go_deaf("child");
    if (fork() == 0) {
        setsid();
        go_deaf("session");
    }
    if (fork() == 0) {
        setsid();
        if (fork() == 0) go_deaf("orphan");
        _exit(0);
    }
    go_deaf("root");
}

int main(int count_of_words, char **words) {
    int count = 1, on_signal = 0, heeds_eof = 0;
    long pause_us = 0;
    if (count_of_words < 3) {
        fprintf(stderr, "tree NOTES idle|explode|nasty [options]\n");
        return 64;
    }
    for (int word = 3; word < count_of_words; word++) {
        const char *next = word + 1 < count_of_words ? words[word + 1] : "";
        if (strcmp(words[word], "--on-signal") == 0) on_signal = 1;
        else if (strcmp(words[word], "--heed-eof") == 0) heeds_eof = 1;
        else if (strcmp(words[word], "--count") == 0) count = atoi(next), word++;
        else if (strcmp(words[word], "--pause-us") == 0) pause_us = atol(next), word++;
        else if (strcmp(words[word], "--life") == 0) life = (unsigned)atoi(next), word++;
        else return 64;
    }
    notes = open(words[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (notes < 0) fail(words[1]);
    if (strcmp(words[2], "explode") == 0) explode(count, pause_us, on_signal, heeds_eof);
    if (strcmp(words[2], "nasty") == 0) nasty();
    alarm(life);
    note("root");
    for (;;) rest(1000000, heeds_eof);
}
