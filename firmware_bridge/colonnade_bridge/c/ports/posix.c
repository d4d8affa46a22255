/* The firmware as a process: for computers that run Linux, and for trying it without a board.
 *
 *   colonnade-posix pty FOLDER          a pseudo-terminal, whose name it prints
 *   colonnade-posix tcp:PORT FOLDER     whoever connects to PORT of this computer, one at a time
 *   colonnade-posix stdio FOLDER        standard input and output; ends with the input
 *   colonnade-posix /dev/ttyS0 FOLDER   a serial line, 921,600 baud; it may be unplugged for a while
 *
 * Slots are files in FOLDER, mapped where flash would be: what is programmed stays though the
 * process is killed at once, and has reached the disk before `cln_port_store` returns. */
#define _GNU_SOURCE 1 /* NOLINT: its name is the system's */

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "cln_port.h"

#define PAGE ((size_t)0x10000) /* the largest that a Linux may map by */
#define MODEL_BYTES ((size_t)0x40000)
#define STATE_BYTES PAGE
#define RETRY_US 10000u /* between looks at a line that nobody holds */
#define TAKES_MS 50     /* after which who does not read is not waited for */

#define FIRST_PAUSE_US 50000u /* before a device that was unplugged is opened again, then doubled */
#define LONGEST_PAUSE_US 1000000u

static uint8_t flash[2 * MODEL_BYTES + 2 * STATE_BYTES] __attribute__((aligned(PAGE)));

const cln_slot cln_port_slots[CLN_SLOTS] = {
    {flash, MODEL_BYTES},
    {flash + MODEL_BYTES, MODEL_BYTES},
    {flash + 2 * MODEL_BYTES, STATE_BYTES},
    {flash + 2 * MODEL_BYTES + STATE_BYTES, STATE_BYTES},
};

static const char *const slot_files[CLN_SLOTS] = {"model-a", "model-b", "state-a", "state-b"};

static struct {
    int in, out;        /* descriptors, -1 where nobody is connected */
    int listener;       /* waits for the next who connects, or -1 */
    int ends;           /* whether the process ends with its input */
    const char *device; /* what is opened again when it was unplugged, or NULL */
    uint64_t next_try;  /* when, us */
    uint32_t pause;     /* after which it is tried once more, us */
} line = {-1, -1, -1, 0, NULL, 0, FIRST_PAUSE_US};

static struct timespec started;

static void give_up(const char *what)
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
        give_up("getentropy");
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

static void rest(uint32_t us)
{
    struct timespec nap = {us / 1000000u, (long)(us % 1000000u) * 1000};
    nanosleep(&nap, NULL);
}

/* Whoever left makes room for the next. */
static void hang_up(void)
{
    if (line.ends) {
        exit(0);
    }
    if (line.listener >= 0 || line.device != NULL) {
        close(line.in);
        line.in = line.out = -1;
        line.next_try = cln_port_now() + line.pause;
    }
}

static void take_up(void)
{
    int on = 1;
    line.in = line.out = accept(line.listener, NULL, NULL);
    if (line.in >= 0) {
        setsockopt(line.in, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
}

/* Bytes as they are, without what terminals do to text, and without modem lines. */
static void make_raw(int terminal)
{
    struct termios how;
    if (tcgetattr(terminal, &how) == 0) {
        cfmakeraw(&how);
        how.c_cflag |= CLOCAL | CREAD;
        cfsetspeed(&how, B921600);
        tcsetattr(terminal, TCSANOW, &how);
    }
}

/* Open the device, which waits for nobody; whether it could be. */
static int plug_in(void)
{
    line.in = line.out = open(line.device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (line.in < 0) {
        line.pause = line.pause < LONGEST_PAUSE_US / 2u ? 2u * line.pause : LONGEST_PAUSE_US;
        line.next_try = cln_port_now() + line.pause;
        return 0;
    }
    make_raw(line.in);
    return 1;
}

/* Whether there is something to read, to accept or to hang up within so long; a terminal that nobody
 * holds says at once that it hung up, and is given time. */
static int await(uint32_t wait_us)
{
    uint64_t until = cln_port_now() + wait_us;
    for (;;) {
        uint64_t now = cln_port_now();
        uint64_t left = now < until ? until - now : 0u;
        struct pollfd ear = {line.in >= 0 ? line.in : line.listener, POLLIN, 0};
        int heard = poll(&ear, 1, (int)((left + 999u) / 1000u));
        if (heard > 0 && ((ear.revents & POLLIN) || line.ends || line.listener >= 0 || line.device)) {
            return 1;
        }
        if (left == 0) {
            return 0;
        }
        if (heard != 0) {
            rest(left < RETRY_US ? (uint32_t)left : RETRY_US);
        }
    }
}

size_t cln_port_read(uint8_t *bytes, size_t room, uint32_t wait_us)
{
    if (line.device != NULL && line.in < 0 && cln_port_now() >= line.next_try) {
        plug_in();
    }
    if (!await(wait_us)) {
        return 0;
    }
    if (line.in < 0) {
        take_up();
        return 0;
    }
    ssize_t count = read(line.in, bytes, room);
    if (count <= 0) {
        if (count == 0 || errno != EAGAIN) {
            hang_up();
        }
        return 0;
    }
    line.pause = FIRST_PAUSE_US;
    return (size_t)count;
}

size_t cln_port_write(const uint8_t *bytes, size_t count)
{
    size_t sent = 0;
    while (sent < count && line.out >= 0) {
        struct pollfd mouth = {line.out, POLLOUT, 0};
        if (poll(&mouth, 1, TAKES_MS) <= 0 || (mouth.revents & (POLLHUP | POLLERR))) {
            break;
        }
        ssize_t taken = write(line.out, bytes + sent, count - sent);
        if (taken <= 0) {
            break;
        }
        sent += (size_t)taken;
    }
    return sent;
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

/* Map a slot onto its file, which is made, erased, if it is not there. */
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
        give_up(path);
    }
    memset(erased, 0xFF, sizeof erased);
    off_t had = lseek(file, 0, SEEK_END);
    for (size_t at = had > 0 ? (size_t)had / PAGE * PAGE : 0; at < s->size; at += PAGE) {
        if (pwrite(file, erased, PAGE, (off_t)at) != (ssize_t)PAGE) {
            give_up(path);
        }
    }
    void *at = flash + (s->bytes - flash);
    if (mmap(at, s->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) != at) {
        give_up(path);
    }
    close(file);
}

static void open_pty(void)
{
    line.in = line.out = posix_openpt(O_RDWR | O_NOCTTY);
    if (line.in < 0 || grantpt(line.in) != 0 || unlockpt(line.in) != 0) {
        give_up("pty");
    }
    make_raw(line.in);
    printf("%s\n", ptsname(line.in));
}

/* Whether the whole text is a port's number, 0 for any that is free. */
static int read_port(const char *text, uint16_t *port)
{
    size_t digits = strspn(text, "0123456789");
    unsigned long number = strtoul(text, NULL, 10);
    *port = (uint16_t)number;
    return digits > 0 && text[digits] == 0 && number <= UINT16_MAX;
}

static void open_tcp(uint16_t port)
{
    struct sockaddr_in here;
    socklen_t size = sizeof here;
    int on = 1;
    memset(&here, 0, sizeof here);
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    here.sin_port = htons(port);
    line.listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(line.listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(line.listener, (struct sockaddr *)&here, size) != 0 || listen(line.listener, 1) != 0 ||
        getsockname(line.listener, (struct sockaddr *)&here, &size) != 0) {
        give_up("tcp");
    }
    printf("%u\n", (unsigned)ntohs(here.sin_port));
}

static void open_line(const char *name, uint16_t port)
{
    if (strcmp(name, "stdio") == 0) {
        line.in = STDIN_FILENO;
        line.out = STDOUT_FILENO;
        line.ends = 1;
    } else if (strcmp(name, "pty") == 0) {
        open_pty();
    } else if (strncmp(name, "tcp:", 4) == 0) {
        open_tcp(port);
    } else {
        line.device = name;
        if (!plug_in()) {
            give_up(name);
        }
    }
    fflush(stdout);
}

int main(int count, char **words)
{
    uint16_t port = 0;
    if (count != 3 || (strncmp(words[1], "tcp:", 4) == 0 && !read_port(words[1] + 4, &port))) {
        fprintf(stderr, "usage: %s pty|tcp:PORT|stdio|DEVICE FOLDER, with PORT 0 to 65535\n", words[0]);
        return 2;
    }
    clock_gettime(CLOCK_MONOTONIC, &started);
    signal(SIGPIPE, SIG_IGN);
    for (unsigned slot = 0; slot < CLN_SLOTS; ++slot) {
        open_slot(words[2], slot);
    }
    open_line(words[1], port);
    cln_main();
    return 1;
}
