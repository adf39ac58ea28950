/* Loaded with LD_PRELOAD: makes the n-th disk operation on the files of one folder fail.
 *
 *   disk_arm(folder, n, error, kind)   kind 0: only the n-th fails; 1: it and all after; 2: only the n-th, torn
 *   disk_operations()                  how many were seen since
 *
 * A flush that does not fail is not carried out: what a killed process wrote the kernel still has, and thousands
 * of lives need not wait for a disk.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static char watched[4096];
static long seen, fail_at;
static int fail_with, fail_kind;

void disk_arm(const char *folder, long n, int error, int kind) {
    snprintf(watched, sizeof watched, "%s", folder);
    seen = 0, fail_at = n, fail_with = error, fail_kind = kind;
}

long disk_operations(void) { return seen; }

static int fails(int fd) {
    char link[64], path[4096];
    if (!watched[0]) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    if (strncmp(path, watched, strlen(watched)) != 0) return 0;
    seen++;
    return fail_at > 0 && (seen == fail_at || (fail_kind == 1 && seen > fail_at));
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define POSITIONED(name, offset_type)                                              \
    ssize_t name(int fd, const void *data, size_t size, offset_type at) {         \
        if (!fails(fd)) return REAL(name)(fd, data, size, at);                     \
        if (fail_kind == 2 && size > 1) REAL(name)(fd, data, size / 2, at);        \
        errno = fail_with;                                                         \
        return -1;                                                                 \
    }

#define PLAIN(name, parameters, done)                                              \
    int name parameters {                                                          \
        if (!fails(fd)) return done;                                               \
        errno = fail_with;                                                         \
        return -1;                                                                 \
    }

POSITIONED(pwrite, off_t)
POSITIONED(pwrite64, off64_t)
PLAIN(fsync, (int fd), 0)
PLAIN(fdatasync, (int fd), 0)
PLAIN(ftruncate, (int fd, off_t length), REAL(ftruncate)(fd, length))
PLAIN(ftruncate64, (int fd, off64_t length), REAL(ftruncate64)(fd, length))

ssize_t write(int fd, const void *data, size_t size) {
    if (!fails(fd)) return REAL(write)(fd, data, size);
    if (fail_kind == 2 && size > 1) REAL(write)(fd, data, size / 2);
    errno = fail_with;
    return -1;
}
