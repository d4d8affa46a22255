/* The firmware as a process: for computers that run Linux, and for trying it without a board.
 *
 *   colonnade-posix pty FOLDER          a pseudo-terminal, whose name it prints
 *   colonnade-posix tcp:PORT FOLDER     whoever connects to PORT of this computer, one at a time
 *   colonnade-posix stdio FOLDER        standard input and output; ends with the input
 *   colonnade-posix /dev/ttyS0 FOLDER   a serial line, 921,600 baud, which may be out for a while
 *
 * Slots are files in FOLDER, which is made if it is not there, mapped where flash would be: what is
 * programmed stays though the process is killed at once, and has reached the disk before
 * `cln_port_store` returns. A second process with the same FOLDER is refused. */
#define _GNU_SOURCE 1 /* NOLINT: its name is the system's */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cln_port.h"
#include "posix_line.h"

#define PAGE ((size_t)0x10000) /* the largest that a Linux may map by */
#define MODEL_BYTES ((size_t)0x40000)
#define STATE_BYTES PAGE

static uint8_t flash[2 * MODEL_BYTES + 2 * STATE_BYTES] __attribute__((aligned(PAGE)));

const cln_slot cln_port_slots[CLN_SLOTS] = {
    {flash, MODEL_BYTES},
    {flash + MODEL_BYTES, MODEL_BYTES},
    {flash + 2 * MODEL_BYTES, STATE_BYTES},
    {flash + 2 * MODEL_BYTES + STATE_BYTES, STATE_BYTES},
};

static const char *const slot_files[CLN_SLOTS] = {"model-a", "model-b", "state-a", "state-b"};

static struct timespec started;

void cln_posix_give_up(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)(now.tv_sec - started.tv_sec) * 1000000000u + (uint64_t)now.tv_nsec -
           (uint64_t)started.tv_nsec;
}

uint64_t cln_port_now(void)
{
    return nanoseconds() / 1000u;
}

uint64_t cln_port_ticks(void)
{
    return nanoseconds();
}

uint64_t cln_port_chance(void)
{
    uint64_t chance;
    if (getentropy(&chance, sizeof chance) != 0) {
        cln_posix_give_up("getentropy");
    }
    return chance;
}

uint32_t cln_port_stack(void)
{
    return 0;
}

uint32_t cln_port_ram(void)
{
    return 0;
}

int cln_port_store(unsigned slot, uint32_t offset, const void *bytes, uint32_t count)
{
    if (slot >= CLN_SLOTS) {
        return -1;
    }
    uint8_t *to = flash + (cln_port_slots[slot].bytes - flash);
    uint32_t size = cln_port_slots[slot].size;
    if (bytes == NULL) {
        memset(to, 0xFF, size);
        return msync(to, size, MS_SYNC);
    }
    if (offset > size || count > size - offset || offset % CLN_PORT_PAGE || count % CLN_PORT_PAGE) {
        return -1;
    }
    const uint8_t *from = bytes;
    for (uint32_t i = 0; i < count; ++i) {
        to[offset + i] &= from[i];
    }
    size_t begin = offset - offset % PAGE;
    return msync(to + begin, offset + count - begin, MS_SYNC);
}

/* A process drives no motors: whoever adds some stops them here. */
void cln_port_stop(void)
{
}

/* Map a slot onto its file, which is made, erased, if it is not there. The file stays open, and so
 * this process's alone, as long as it lives. */
static void open_slot(const char *folder, unsigned slot)
{
    static uint8_t erased[PAGE];
    char path[4096];
    const cln_slot *s = &cln_port_slots[slot];
    int length = snprintf(path, sizeof path, "%s/%s", folder, slot_files[slot]);
    if (length < 0 || (size_t)length >= sizeof path) {
        fprintf(stderr, "the name of the folder is too long\n");
        exit(1);
    }
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) {
        cln_posix_give_up(path);
    }
    if (flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        fprintf(stderr, "%s: another process uses it as its flash\n", folder);
        exit(1);
    }
    memset(erased, 0xFF, sizeof erased);
    off_t had = lseek(file, 0, SEEK_END);
    for (size_t at = had > 0 ? (size_t)had / PAGE * PAGE : 0; at < s->size;) {
        size_t left = s->size - at;
        ssize_t wrote = pwrite(file, erased, left < PAGE ? left : PAGE, (off_t)at);
        if (wrote <= 0) {
            cln_posix_give_up(path);
        }
        at += (size_t)wrote; /* less than was given: the disk is almost full */
    }
    /* a hole that finds no room on the disk when it is first written would kill the process */
    int refused = posix_fallocate(file, 0, (off_t)s->size);
    if (refused != 0 && refused != EOPNOTSUPP && refused != EINVAL) {
        errno = refused;
        cln_posix_give_up(path);
    }
    void *at = flash + (s->bytes - flash);
    if (mmap(at, s->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) != at) {
        cln_posix_give_up(path);
    }
}

int main(int count, char **words)
{
    if (count != 3 || !cln_posix_is_line(words[1])) {
        fprintf(stderr, "usage: %s pty|tcp:PORT|stdio|DEVICE FOLDER, with PORT 0 to 65535\n",
                words[0]);
        return 2;
    }
    clock_gettime(CLOCK_MONOTONIC, &started);
    signal(SIGPIPE, SIG_IGN);
    if (mkdir(words[2], 0777) != 0 && errno != EEXIST) {
        cln_posix_give_up(words[2]);
    }
    for (unsigned slot = 0; slot < CLN_SLOTS; ++slot) {
        open_slot(words[2], slot);
    }
    cln_posix_open_line(words[1]);
    cln_main();
    return 1;
}
