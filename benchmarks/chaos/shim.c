/* Loaded with LD_PRELOAD: a clock that can be set and a disk that can be filled, for one process.
 *
 * PLUMBLINE_CHAOS names a file of 16 bytes, shared: int64 nanoseconds to add to the real-time clock, int64
 * that is not 0 while the disk is full. PLUMBLINE_CHAOS_DISK names the folder that is then full (where a small
 * file system could not be mounted). CLOCK_MONOTONIC is left alone, as by every clock that is set.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *control;
static const char *disk;
static int (*real_clock)(clockid_t, struct timespec *);

__attribute__((constructor)) static void attach(void) {
    const char *path = getenv("PLUMBLINE_CHAOS");
    disk = getenv("PLUMBLINE_CHAOS_DISK");
    real_clock = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void *page = mmap(NULL, 16, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (page != MAP_FAILED) control = page;
}

int clock_gettime(clockid_t id, struct timespec *at) {
    int result = real_clock ? real_clock(id, at) : (int)syscall(SYS_clock_gettime, id, at);
    if (result == 0 && control && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
        int64_t total = (int64_t)at->tv_sec * 1000000000 + at->tv_nsec + control[0];
        at->tv_sec = total / 1000000000;
        at->tv_nsec = total % 1000000000;
    }
    return result;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec now;
    (void)zone;
    int result = clock_gettime(CLOCK_REALTIME, &now);
    if (result == 0) at->tv_sec = now.tv_sec, at->tv_usec = now.tv_nsec / 1000;
    return result;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}

static int full(int fd) {
    char link[64], path[4096];
    if (!control || !control[1] || !disk) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return strncmp(path, disk, strlen(disk)) == 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FULL_OR(call) return full(fd) ? (errno = ENOSPC, -1) : call

ssize_t write(int fd, const void *data, size_t size) { FULL_OR(REAL(write)(fd, data, size)); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { FULL_OR(REAL(pwrite)(fd, data, size, at)); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    FULL_OR(REAL(pwrite64)(fd, data, size, at));
}
