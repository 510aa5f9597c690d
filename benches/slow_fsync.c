/* Makes fsync and fdatasync slower, as on the disk of a field machine. Preloaded into the server by `load`.
 *
 *   SLOW_FSYNC_US       microseconds that each call waits before it does its work
 *   SLOW_FSYNC_COUNTER  a file of at least 8 bytes, in which the calls are counted: shows that this is in effect
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static long delay_us;
static _Atomic uint64_t *calls;
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);

__attribute__((constructor)) static void begin(void) {
    real_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    const char *delay = getenv("SLOW_FSYNC_US");
    delay_us = delay ? atol(delay) : 0;
    const char *counter = getenv("SLOW_FSYNC_COUNTER");
    int file = counter ? open(counter, O_RDWR) : -1;
    if (file >= 0) {
        void *page = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (page != MAP_FAILED) calls = page;
        close(file);
    }
}

static void wait_first(void) {
    struct timespec wait = {delay_us / 1000000, (delay_us % 1000000) * 1000};
    while (delay_us > 0 && nanosleep(&wait, &wait) != 0) {
    }
    if (calls) atomic_fetch_add(calls, 1);
}

int fsync(int file) {
    wait_first();
    return real_fsync(file);
}

int fdatasync(int file) {
    wait_first();
    return real_fdatasync(file);
}
