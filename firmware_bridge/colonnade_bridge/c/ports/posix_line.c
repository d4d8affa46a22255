/* The line of the firmware as a process: what its bytes come in by and go out by. */
#define _GNU_SOURCE 1 /* NOLINT: its name is the system's */

#include "posix_line.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "cln_port.h"

#define RETRY_US 10000u /* between looks at a line that nobody holds */
#define TAKES_MS 50     /* after which who does not read is not waited for */

#define FIRST_PAUSE_US 50000u /* before a device that was unplugged is opened again, then doubled */
#define LONGEST_PAUSE_US 1000000u

static struct {
    int in, out;        /* descriptors, -1 where nobody is connected */
    int listener;       /* waits for the next who connects, or -1 */
    int ends;           /* whether the process ends with its input */
    const char *device; /* what is opened again when it was unplugged, or NULL */
    uint64_t next_try;  /* when, us */
    uint32_t pause;     /* after which it is tried once more, us */
} line = {-1, -1, -1, 0, NULL, 0, FIRST_PAUSE_US};

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

/* Whether there is something to read, to accept or to hang up within so long; a terminal that
 * nobody holds says at once that it hung up, and is given time. */
static int await(uint32_t wait_us)
{
    uint64_t until = cln_port_now() + wait_us;
    for (;;) {
        uint64_t now = cln_port_now();
        uint64_t left = now < until ? until - now : 0u;
        struct pollfd ear = {line.in >= 0 ? line.in : line.listener, POLLIN, 0};
        int heard = poll(&ear, 1, (int)((left + 999u) / 1000u));
        if (heard > 0 &&
            ((ear.revents & POLLIN) || line.ends || line.listener >= 0 || line.device)) {
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

static void open_pty(void)
{
    line.in = line.out = posix_openpt(O_RDWR | O_NOCTTY);
    if (line.in < 0 || grantpt(line.in) != 0 || unlockpt(line.in) != 0) {
        cln_posix_give_up("pty");
    }
    make_raw(line.in);
    printf("%s\n", ptsname(line.in));
}

/* Text that cln_posix_is_line let pass. */
static void open_tcp(const char *port)
{
    struct sockaddr_in here;
    socklen_t size = sizeof here;
    int on = 1;
    memset(&here, 0, sizeof here);
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    here.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    line.listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(line.listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(line.listener, (struct sockaddr *)&here, size) != 0 || listen(line.listener, 1) != 0 ||
        getsockname(line.listener, (struct sockaddr *)&here, &size) != 0) {
        cln_posix_give_up("tcp");
    }
    printf("%u\n", (unsigned)ntohs(here.sin_port));
}

int cln_posix_is_line(const char *name)
{
    if (strncmp(name, "tcp:", 4) != 0) {
        return 1;
    }
    const char *port = name + 4;
    size_t digits = strspn(port, "0123456789");
    return digits > 0 && port[digits] == 0 && strtoul(port, NULL, 10) <= UINT16_MAX;
}

void cln_posix_open_line(const char *name)
{
    if (strcmp(name, "stdio") == 0) {
        line.in = STDIN_FILENO;
        line.out = STDOUT_FILENO;
        line.ends = 1;
    } else if (strcmp(name, "pty") == 0) {
        open_pty();
    } else if (strncmp(name, "tcp:", 4) == 0) {
        open_tcp(name + 4);
    } else {
        line.device = name;
        if (!plug_in()) {
            cln_posix_give_up(name);
        }
    }
    fflush(stdout);
}
